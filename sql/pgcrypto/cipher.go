package pgcrypto

//lint:file-ignore SA1019 old algorithms are asked for by name, and OpenPGP has them

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"strings"

	"golang.org/x/crypto/blowfish"
	"golang.org/x/crypto/cast5"
)

// algorithm is a block cipher: a key is filled with zeros to the next of its sizes.
type algorithm struct {
	new   func(key []byte) (cipher.Block, error)
	sizes []int
	exact bool // longer keys are refused, not cut
}

var algorithms = map[string]algorithm{
	"aes": {aes.NewCipher, []int{16, 24, 32}, false},
	"bf":  {func(k []byte) (cipher.Block, error) { return blowfish.NewCipher(k) }, nil, true},
	"des": {des.NewCipher, []int{8}, false}, "3des": {des.NewTripleDESCipher, []int{24}, false},
	"cast5": {func(k []byte) (cipher.Block, error) { return cast5.NewCipher(k) }, []int{16}, false},
}

var algorithmNames = map[string]string{"rijndael": "aes", "blowfish": "bf", "des3": "3des"}

// Cipher is what a type such as aes-cbc/pad:pkcs says.
type Cipher struct {
	algorithm
	ecb, plain bool // plain: not padded
}

// CipherOf reads a type.
func CipherOf(name string) (*Cipher, error) {
	parts := strings.Split(strings.ToLower(name), "/")
	c := &Cipher{}
	for _, o := range parts[1:] {
		if o == "" {
			continue
		}
		key, value, ok := strings.Cut(o, ":")
		switch {
		case !ok:
			return nil, unusable(name, "Badly formatted type")
		case key != "pad":
			return nil, unusable(name, "Unknown option")
		case value != "pkcs" && value != "none":
			return nil, unusable(name, "No such cipher algorithm")
		}
		c.plain = value == "none"
	}
	base, mode, moded := strings.Cut(parts[0], "-")
	if other := algorithmNames[base]; other != "" {
		base = other
	}
	a, ok := algorithms[base]
	if !ok || moded && mode != "cbc" && mode != "ecb" {
		return nil, unusable(name, "No such cipher algorithm")
	}
	c.algorithm, c.ecb = a, mode == "ecb"
	return c, nil
}

// maxBlowfishKey is how long a key of Blowfish may be.
const maxBlowfishKey = 56

func (c *Cipher) block(key []byte) (cipher.Block, string) {
	if c.exact {
		if len(key) > maxBlowfishKey {
			return nil, "Key was too big"
		}
		if len(key) == 0 {
			key = []byte{0}
		}
	} else {
		size := c.sizes[len(c.sizes)-1]
		for _, s := range c.sizes {
			if len(key) <= s {
				size = s
				break
			}
		}
		key = append(bytes.Clone(key[:min(len(key), size)]), make([]byte, max(0, size-len(key)))...)
	}
	b, err := c.new(key)
	if err != nil {
		return nil, "Cipher cannot be initialized"
	}
	return b, ""
}

// Encrypt encrypts; fn is the function's name for errors. The vector is cut, or filled with zeros.
func (c *Cipher) Encrypt(data, key, vector []byte, fn string) ([]byte, error) {
	b, why := c.block(key)
	if why != "" {
		return nil, failed(fn + " error: " + why)
	}
	size := b.BlockSize()
	data = bytes.Clone(data)
	if !c.plain {
		n := size - len(data)%size
		data = append(data, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	if len(data)%size != 0 {
		return nil, failed(fn + " error: Encryption failed")
	}
	if !c.ecb {
		cipher.NewCBCEncrypter(b, fitted(vector, size)).CryptBlocks(data, data)
		return data, nil
	}
	for i := 0; i < len(data); i += size {
		b.Encrypt(data[i:], data[i:])
	}
	return data, nil
}

// Decrypt is the inverse.
func (c *Cipher) Decrypt(data, key, vector []byte, fn string) ([]byte, error) {
	b, why := c.block(key)
	if why != "" {
		return nil, failed(fn + " error: " + why)
	}
	size := b.BlockSize()
	data = bytes.Clone(data)
	bad := failed(fn + " error: Decryption failed")
	if len(data)%size != 0 {
		return nil, bad
	}
	if c.ecb {
		for i := 0; i < len(data); i += size {
			b.Decrypt(data[i:], data[i:])
		}
	} else {
		cipher.NewCBCDecrypter(b, fitted(vector, size)).CryptBlocks(data, data)
	}
	if c.plain {
		return data, nil
	}
	if len(data) == 0 {
		return nil, bad
	}
	n := int(data[len(data)-1])
	if n == 0 || n > size || !bytes.Equal(data[len(data)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, bad
	}
	return data[:len(data)-n], nil
}

func fitted(vector []byte, size int) []byte {
	out := make([]byte, size)
	copy(out, vector)
	return out
}
