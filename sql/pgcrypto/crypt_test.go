package pgcrypto

import (
	"strings"
	"testing"
)

func goOn() error { return nil }

// Hashes of passwords are those that PostgreSQL 15 gave.
func TestCrypt(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ password, salt, want string }{
		{"pw", "ab", "abzlUXK5ed5rs"},
		{"", "ab", "abmF1QH4PEr.E"},
		{"é", "ab", "abclsH8ttXiZ6"},
		{long, "ab", "abzDJoqKYZJww"},
		{"pw", "a:", "a:hXJwB2XNXxE"},
		{"pw", "*0", "*04wmgT9jV/Wg"},
		{"pw", "$3$x", "$3TMH4Bnm77zs"},
		{"pw", "_J9..j2zz", "_J9..j2zzClsJj8Iz/2k"},
		{"pw", "$1$abcdefgh", "$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc."},
		{"pw", "$1$", "$1$$F0Fc2lbYpzr3KKdKkM0Wj."},
		{"pw", "$1$abcdefghijkl$x", "$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc."},
		{"pw", "$2a$06$RQiOJ.3ELirrXwxIZY8q0O", "$2a$06$RQiOJ.3ELirrXwxIZY8q0OfJRA4GsWeUtHYSx3JNJrerCfCuSg92C"},
		{"pw", "$2x$06$RQiOJ.3ELirrXwxIZY8q0O", "$2x$06$RQiOJ.3ELirrXwxIZY8q0OfJRA4GsWeUtHYSx3JNJrerCfCuSg92C"},
		{"pw", "$2y$06$RQiOJ.3ELirrXwxIZY8q0O", "$2Nms0pxCfUT."},
		{long, "$2a$04$RQiOJ.3ELirrXwxIZY8q0O", "$2a$04$RQiOJ.3ELirrXwxIZY8q0Or9EigV/TfQcYVI/PY8OHeWiUoJU9Gzu"},
		{"é", "$2a$04$RQiOJ.3ELirrXwxIZY8q0O", "$2a$04$RQiOJ.3ELirrXwxIZY8q0OW.UHTWky06zamOn8SNyANQwoZMj8znG"},
	} {
		got, err := Crypt(c.password, c.salt, goOn)
		if err != nil || got != c.want {
			t.Errorf("%q with %q: %s %v, not %s", c.password, c.salt, got, err, c.want)
		}
		if again, err := Crypt(c.password, c.want, goOn); err != nil || again != c.want {
			t.Errorf("%q with its hash %q: %s %v", c.password, c.want, again, err)
		}
	}
	for _, salt := range []string{"", "a", "_J9..", "$2a$03$RQiOJ.3ELirrXwxIZY8q0O", "$2a$+5$RQiOJ.3ELirrXwxIZY8q0O", "$2a$06$RQi", "$2a$06$RQiOJ.3ELirrXwxIZY8q0!", "$2$06$x"} {
		if got, err := Crypt("pw", salt, goOn); err == nil {
			t.Errorf("%q is a salt: %s", salt, got)
		}
	}
}

func TestSalt(t *testing.T) {
	for _, c := range []struct {
		kind   string
		rounds int
		head   string
		length int
	}{{"des", 0, "", 2}, {"des", 25, "", 2}, {"xdes", 0, "_J9..", 9}, {"xdes", 1001, "_dD..", 9}, {"md5", 1000, "$1$", 11}, {"BF", 0, "$2a$06$", 29}, {"bf", 31, "$2a$31$", 29}} {
		s, err := Salt(c.kind, c.rounds)
		if err != nil || !strings.HasPrefix(s, c.head) || len(s) != c.length {
			t.Errorf("%s %d: %q %v", c.kind, c.rounds, s, err)
		}
	}
	for kind, rounds := range map[string]int{"nope": 0, "bf": 3, "xdes": 2, "md5": 5, "des": 1} {
		if s, err := Salt(kind, rounds); err == nil {
			t.Errorf("%s %d: %s", kind, rounds, s)
		}
	}
}

// Ciphers of the legacy provider of OpenSSL, which PostgreSQL may lack: their published vectors.
func TestOldCiphers(t *testing.T) {
	for _, c := range []struct{ name, key, plain, want string }{
		{"bf-ecb/pad:none", "\x01\x23\x45\x67\x89\xab\xcd\xef", "\x11\x11\x11\x11\x11\x11\x11\x11", "\x61\xf9\xc3\x80\x22\x81\xb0\x96"},
		{"cast5-ecb/pad:none", "\x01\x23\x45\x67\x12\x34\x56\x78\x23\x45\x67\x89\x34\x56\x78\x9a", "\x01\x23\x45\x67\x89\xab\xcd\xef", "\x23\x8b\x4f\xe5\x84\x7e\x44\xb2"},
		{"des-ecb/pad:none", "\x13\x34\x57\x79\x9b\xbc\xdf\xf1", "\x01\x23\x45\x67\x89\xab\xcd\xef", "\x85\xe8\x13\x54\x0f\x0a\xb4\x05"},
	} {
		x, err := CipherOf(c.name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Encrypt([]byte(c.plain), []byte(c.key), nil, "encrypt")
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %x %v, not %x", c.name, got, err, c.want)
		}
		if back, err := x.Decrypt(got, []byte(c.key), nil, "decrypt"); err != nil || string(back) != c.plain {
			t.Errorf("%s: back %x %v", c.name, back, err)
		}
	}
}
