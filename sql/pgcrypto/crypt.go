package pgcrypto

//lint:file-ignore SA1019 old algorithms are asked for by name, and OpenPGP has them

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/crypto/blowfish"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// letters are the digits in which hashes of passwords write numbers.
const letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Crypt hashes a password as the salt, or the hash that begins with it, says. goOn is asked
// from time to time whether to go on.
func Crypt(password, salt string, goOn func() error) (string, error) {
	password, _, _ = strings.Cut(password, "\x00")
	switch {
	case strings.HasPrefix(salt, "$2a$"), strings.HasPrefix(salt, "$2x$"):
		return bcrypt(password, salt, goOn)
	case strings.HasPrefix(salt, "$2$"):
		return "", failed("crypt(3) returned NULL")
	case strings.HasPrefix(salt, "$1$"):
		return md5Crypt(password, salt), nil
	case strings.HasPrefix(salt, "_"):
		return extendedDES(password, salt, goOn)
	}
	return traditionalDES(password, salt)
}

func badSalt() error { return badParam("invalid salt") }

// appendNumber writes n letters of six bits each, the lowest first.
func appendNumber(dst []byte, v uint32, n int) []byte {
	for range n {
		dst = append(dst, letters[v&63])
		v >>= 6
	}
	return dst
}

// md5Crypt is the hash of $1$, after the algorithm of FreeBSD's crypt.
func md5Crypt(password, setting string) string {
	const magic, rounds = "$1$", 1000
	salt, _, _ := strings.Cut(setting[len(magic):], "$")
	salt = salt[:min(len(salt), 8)]
	inner := md5.Sum([]byte(password + salt + password))
	text := []byte(password + magic + salt)
	for n := len(password); n > 0; n -= md5.Size {
		text = append(text, inner[:min(n, md5.Size)]...)
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			text = append(text, 0)
		} else {
			text = append(text, password[0])
		}
	}
	sum := md5.Sum(text)
	for i := range rounds {
		text = text[:0]
		first, last := []byte(password), sum[:]
		if i&1 == 0 {
			first, last = last, first
		}
		text = append(text, first...)
		if i%3 != 0 {
			text = append(text, salt...)
		}
		if i%7 != 0 {
			text = append(text, password...)
		}
		sum = md5.Sum(append(text, last...))
	}
	out := []byte(magic + salt + "$")
	for i := range 5 {
		last := i + 12
		if i == 4 {
			last = 5
		}
		out = appendNumber(out, uint32(sum[i])<<16|uint32(sum[i+6])<<8|uint32(sum[last]), 4)
	}
	return string(appendNumber(out, uint32(sum[11]), 2))
}

// bcryptCode is base 64 with bcrypt's letters.
var bcryptCode = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

const (
	bcryptSalt = 16 // bytes, 22 letters
	bcryptHead = 7  // $2a$12$
)

// bcrypt is Blowfish with an expensive schedule of keys (Provos and Mazières).
func bcrypt(password, setting string, goOn func() error) (string, error) {
	if len(setting) < bcryptHead+22 || setting[6] != '$' {
		return "", badSalt()
	}
	cost, err := strconv.Atoi(setting[4:6])
	if err != nil || setting[4] == '+' || setting[4] == '-' || cost < 4 || cost > 31 {
		return "", badSalt()
	}
	salt, err := bcryptCode.DecodeString(setting[bcryptHead : bcryptHead+22])
	if err != nil || len(salt) != bcryptSalt {
		return "", badSalt()
	}
	if setting[2] == 'x' && !ascii(password) {
		return "", pgerr.NotSupported(-1, "crypt() of $2x$ with a password that is not ASCII is not supported")
	}
	key := append([]byte(password), 0)
	b, err := blowfish.NewSaltedCipher(key, salt)
	if err != nil {
		return "", badSalt()
	}
	for i := range uint64(1) << cost {
		blowfish.ExpandKey(key, b)
		blowfish.ExpandKey(salt, b)
		if i&255 == 0 {
			if err := goOn(); err != nil {
				return "", err
			}
		}
	}
	sum := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < len(sum); i += 8 {
		for range 64 {
			b.Encrypt(sum[i:i+8], sum[i:i+8])
		}
	}
	return setting[:bcryptHead] + bcryptCode.EncodeToString(salt) + bcryptCode.EncodeToString(sum[:23]), nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Salt makes a new salt: rounds 0 is the algorithm's own number.
func Salt(kind string, rounds int) (string, error) {
	var low, high, usual int
	switch strings.ToLower(kind) {
	case "des":
	case "md5":
		low, high, usual = 1000, 1000, 1000
	case "xdes":
		low, high, usual = 1, 1<<24-1, 29*25
	case "bf":
		low, high, usual = 4, 31, 6
	default:
		return "", badParam("gen_salt: Unknown salt algorithm")
	}
	if rounds == 0 {
		rounds = usual
	}
	if kind = strings.ToLower(kind); kind == "des" && rounds == 25 {
		rounds = 0 // which is what it has
	}
	if rounds < low || rounds > high || kind == "xdes" && rounds%2 == 0 {
		return "", badParam("gen_salt: Incorrect number of rounds")
	}
	random := make([]byte, bcryptSalt)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	n := uint32(random[0]) | uint32(random[1])<<8 | uint32(random[2])<<16
	switch kind {
	case "des":
		return string(appendNumber(nil, n, 2)), nil
	case "md5":
		m := uint32(random[3]) | uint32(random[4])<<8 | uint32(random[5])<<16
		return string(appendNumber(appendNumber([]byte("$1$"), n, 4), m, 4)), nil
	case "xdes":
		return string(appendNumber(appendNumber([]byte("_"), uint32(rounds), 4), n, 4)), nil
	}
	cost := strconv.Itoa(rounds)
	if rounds < 10 {
		cost = "0" + cost
	}
	return "$2a$" + cost + "$" + bcryptCode.EncodeToString(random), nil
}
