package pgcrypto

//lint:file-ignore SA1019 old algorithms are asked for by name, and OpenPGP has them

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/ripemd160"
)

// hashes are the digests by the first of their names.
var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha512-224": sha512.New512_224, "sha512-256": sha512.New512_256,
	"sha3-224": func() hash.Hash { return sha3.New224() }, "sha3-256": func() hash.Hash { return sha3.New256() },
	"sha3-384": func() hash.Hash { return sha3.New384() }, "sha3-512": func() hash.Hash { return sha3.New512() },
	"shake128": func() hash.Hash { return &shake{sha3.NewSHAKE128(), 16} }, "shake256": func() hash.Hash { return &shake{sha3.NewSHAKE256(), 32} },
	"blake2b512": func() hash.Hash { h, _ := blake2b.New512(nil); return h },
	"blake2s256": func() hash.Hash { h, _ := blake2s.New256(nil); return h },
	"ripemd160":  ripemd160.New,
	"md5-sha1":   func() hash.Hash { return &both{md5.New(), sha1.New()} },
}

// hashNames are other names of them.
var hashNames = map[string]string{
	"ssl3-md5": "md5", "rsa-md5": "md5", "sha-1": "sha1", "ssl3-sha1": "sha1", "rsa-sha1": "sha1",
	"sha-224": "sha224", "sha2-224": "sha224", "rsa-sha224": "sha224", "sha-256": "sha256", "sha2-256": "sha256", "rsa-sha256": "sha256",
	"sha-384": "sha384", "sha2-384": "sha384", "rsa-sha384": "sha384", "sha-512": "sha512", "sha2-512": "sha512", "rsa-sha512": "sha512",
	"sha-512/224": "sha512-224", "sha2-512/224": "sha512-224", "sha-512/256": "sha512-256", "sha2-512/256": "sha512-256",
	"shake-128": "shake128", "shake-256": "shake256", "rmd160": "ripemd160", "ripemd": "ripemd160", "ripemd-160": "ripemd160",
}

// shake is an extendable function cut to the length that its name stands for.
type shake struct {
	*sha3.SHAKE
	size int
}

func (s *shake) Size() int { return s.size }

func (s *shake) Sum(b []byte) []byte {
	out := make([]byte, s.size)
	_, _ = s.Read(out)
	return append(b, out...)
}

// both is one digest behind another.
type both struct {
	hash.Hash
	second hash.Hash
}

func (d *both) Write(b []byte) (int, error) {
	_, _ = d.second.Write(b)
	return d.Hash.Write(b)
}

func (d *both) Sum(b []byte) []byte { return d.second.Sum(d.Hash.Sum(b)) }
func (d *both) Size() int           { return d.Hash.Size() + d.second.Size() }
func (d *both) Reset()              { d.Hash.Reset(); d.second.Reset() }

func hashOf(name string) (func() hash.Hash, error) {
	n := strings.ToLower(name)
	if other := hashNames[n]; other != "" {
		n = other
	}
	if f := hashes[n]; f != nil {
		return f, nil
	}
	return nil, unusable(name, "No such hash algorithm")
}

// Digest is the digest of data by the algorithm of a name.
func Digest(data []byte, name string) ([]byte, error) {
	f, err := hashOf(name)
	if err != nil {
		return nil, err
	}
	h := f()
	_, _ = h.Write(data)
	return h.Sum(nil), nil
}

// HMAC is the same with a key.
func HMAC(data, key []byte, name string) ([]byte, error) {
	f, err := hashOf(name)
	if err != nil {
		return nil, err
	}
	h := hmac.New(f, key)
	_, _ = h.Write(data)
	return h.Sum(nil), nil
}
