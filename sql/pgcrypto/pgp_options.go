package pgcrypto

import (
	"strconv"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// options are what the last argument of the functions for messages may say.
type options struct {
	cipher      packet.CipherFunction
	compress    packet.CompressionAlgo
	level       int
	crlf, noMDC bool
	unicode     bool
	session     bool // a key of its own, not the one of the password
	mode        int  // of string to key
	count       int
	digest      byte
	keyCipher   packet.CipherFunction
}

// pgpCiphers are the ciphers of messages by name; that of Blowfish is known, but not had.
var pgpCiphers = map[string]packet.CipherFunction{
	"3des": packet.Cipher3DES, "cast5": packet.CipherCAST5, "aes": packet.CipherAES128, "aes128": packet.CipherAES128,
	"aes192": packet.CipherAES192, "aes256": packet.CipherAES256, "bf": 4, "blowfish": 4,
}

// pgpDigests are the numbers of RFC 4880, section 9.4.
var pgpDigests = map[string]byte{"md5": 1, "sha1": 2, "sha-1": 2, "ripemd160": 3, "sha256": 8, "sha384": 9, "sha512": 10}

var pgpDigestNames = map[byte]string{1: "md5", 2: "sha1", 3: "ripemd160", 8: "sha256", 9: "sha384", 10: "sha512"}

func badOption() error { return failed("Illegal argument to function") }

// optionsOf reads a list such as cipher-algo=aes256, compress-algo=1.
func optionsOf(text string) (options, error) {
	o := options{cipher: packet.CipherAES128, level: 6, mode: 3, digest: pgpDigests["sha1"]}
	for _, part := range strings.Split(strings.ToLower(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" || value == "" {
			return o, badOption()
		}
		if err := o.set(key, value); err != nil {
			return o, err
		}
	}
	if o.cipher == 4 {
		return o, failed("encrypt error: Cipher cannot be initialized")
	}
	if o.keyCipher == 0 {
		o.keyCipher = o.cipher
	}
	return o, nil
}

func (o *options) set(key, value string) error {
	switch key {
	case "cipher-algo", "s2k-cipher-algo":
		c, ok := pgpCiphers[value]
		if !ok {
			return failed("Unsupported cipher algorithm")
		}
		if key == "cipher-algo" {
			o.cipher = c
		} else {
			o.keyCipher = c
		}
		return nil
	case "s2k-digest-algo":
		d, ok := pgpDigests[value]
		if !ok {
			return failed("Unsupported digest algorithm")
		}
		o.digest = d
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		n = 0 // as C reads it
	}
	flag := func(to *bool) error {
		*to = n != 0
		return nil
	}
	in := func(to *int, low, high int) error {
		if n < low || n > high {
			return badOption()
		}
		*to = n
		return nil
	}
	switch key {
	case "disable-mdc":
		return flag(&o.noMDC)
	case "sess-key":
		return flag(&o.session)
	case "convert-crlf":
		return flag(&o.crlf)
	case "unicode-mode":
		return flag(&o.unicode)
	case "compress-level":
		return in(&o.level, 0, 9)
	case "s2k-count":
		return in(&o.count, 1024, 65011712)
	case "s2k-mode":
		if n != 0 && n != 1 && n != 3 {
			return badOption()
		}
		o.mode = n
		return nil
	case "compress-algo":
		if n < 0 || n > 2 {
			return badOption()
		}
		o.compress = packet.CompressionAlgo(n)
		return nil
	case "debug", "expect-cipher-algo", "expect-disable-mdc", "expect-sess-key", "expect-s2k-mode", "expect-s2k-digest-algo",
		"expect-s2k-count", "expect-s2k-cipher-algo", "expect-compress-algo", "expect-unicode-mode":
		return nil
	}
	return badOption()
}
