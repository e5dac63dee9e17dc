// Package auth proves who a client is: SCRAM-SHA-256 (RFC 5802, RFC 7677) as
// PostgreSQL speaks it, the stored form of passwords, and the rule for when a
// password may be missing. It must not know frames, sessions or where roles are
// kept.
package auth

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// Mechanism is the SASL mechanism's name and the verifier's prefix.
	Mechanism = "SCRAM-SHA-256"
	// DefaultIterations is PostgreSQL's.
	DefaultIterations = 4096

	saltLen = 16
	keyLen  = sha256.Size
	// maxIterations keeps a stored verifier from asking a client for minutes of work.
	maxIterations = 10_000_000
)

// ErrVerifier is returned for a string that is not a SCRAM-SHA-256 verifier.
var ErrVerifier = errors.New("auth: not a SCRAM-SHA-256 verifier")

// Verifier is what the server keeps of a password: it proves the password but
// does not contain it.
type Verifier struct {
	Iterations           int
	Salt                 []byte
	StoredKey, ServerKey []byte // 32 bytes each
}

// NewVerifier derives a verifier from the password with a fresh random salt.
func NewVerifier(password string) (Verifier, error) {
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return Verifier{}, fmt.Errorf("auth: reading randomness: %w", err)
	}
	return derive(password, salt, DefaultIterations)
}

// derive computes RFC 5802 §3: SaltedPassword, ClientKey, StoredKey, ServerKey.
func derive(password string, salt []byte, iterations int) (Verifier, error) {
	salted, err := pbkdf2.Key(sha256.New, Prepare(password), salt, iterations, keyLen)
	if err != nil {
		return Verifier{}, fmt.Errorf("auth: deriving a key: %w", err)
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	return Verifier{
		Iterations: iterations,
		Salt:       salt,
		StoredKey:  stored[:],
		ServerKey:  mac(salted, "Server Key"),
	}, nil
}

// String is the form of pg_authid.rolpassword.
func (v Verifier) String() string {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", Mechanism, v.Iterations, b64(v.Salt), b64(v.StoredKey), b64(v.ServerKey))
}

// ParseVerifier reads the form that String writes; the error is ErrVerifier.
func ParseVerifier(s string) (Verifier, error) {
	rest, ok := strings.CutPrefix(s, Mechanism+"$")
	if !ok {
		return Verifier{}, ErrVerifier
	}
	head, keys, ok1 := strings.Cut(rest, "$")
	iterations, salt, ok2 := strings.Cut(head, ":")
	stored, server, ok3 := strings.Cut(keys, ":")
	if !ok1 || !ok2 || !ok3 {
		return Verifier{}, ErrVerifier
	}
	var v Verifier
	var err error
	if v.Iterations, err = strconv.Atoi(iterations); err != nil || v.Iterations < 1 || v.Iterations > maxIterations {
		return Verifier{}, ErrVerifier
	}
	for _, f := range []struct {
		dst  *[]byte
		text string
		want int
	}{{&v.Salt, salt, 0}, {&v.StoredKey, stored, keyLen}, {&v.ServerKey, server, keyLen}} {
		*f.dst, err = base64.StdEncoding.DecodeString(f.text)
		if err != nil || len(*f.dst) == 0 || f.want != 0 && len(*f.dst) != f.want {
			return Verifier{}, ErrVerifier
		}
	}
	return v, nil
}

// Hash is the form in which a role's password is stored: a verifier and an MD5 hash as they
// are, anything else derived into a verifier (CREATE ROLE … PASSWORD accepts all of them).
// It is "" for the empty password, in whatever form.
func Hash(role, password string) (string, error) {
	if IsMD5(password) {
		if sum := md5.Sum([]byte(role)); password == "md5"+hex.EncodeToString(sum[:]) {
			return "", nil
		}
		return password, nil
	}
	v, err := ParseVerifier(password)
	if err == nil {
		if v.Check("") {
			return "", nil
		}
		return password, nil
	}
	if password == "" {
		return "", nil
	}
	if v, err = NewVerifier(password); err != nil {
		return "", err
	}
	return v.String(), nil
}

// IsMD5 reports a stored password of PostgreSQL's older form, which is a hash of the role's
// name, too. Nobody can log in by it here.
func IsMD5(stored string) bool {
	digits, ok := strings.CutPrefix(stored, "md5")
	return ok && len(digits) == 2*md5.Size && strings.Trim(digits, "0123456789abcdef") == ""
}

// Check reports whether the password is the verifier's, in constant time.
func (v Verifier) Check(password string) bool {
	w, err := derive(password, v.Salt, v.Iterations)
	return err == nil && hmac.Equal(w.ServerKey, v.ServerKey)
}

func mac(key []byte, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return h.Sum(nil)
}
