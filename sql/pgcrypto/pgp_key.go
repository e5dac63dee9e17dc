package pgcrypto

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// keyring is what is given as a key: its public parts, and the secret ones behind them.
type keyring struct {
	public []*packet.PublicKey
	secret map[uint64]*packet.PrivateKey
	mains  int
}

func readKeys(data []byte) (*keyring, error) {
	k := &keyring{secret: map[uint64]*packet.PrivateKey{}}
	r := bytes.NewReader(data)
	for r.Len() > 0 {
		p, err := packet.Read(r)
		if err != nil {
			if len(k.public) > 0 && r.Len() > 0 { // a signature or such of a kind not known
				continue
			}
			break
		}
		switch p := p.(type) {
		case *packet.PublicKey:
			k.add(p)
		case *packet.PrivateKey:
			k.add(&p.PublicKey)
			k.secret[p.KeyId] = p
		}
	}
	switch {
	case len(k.public) == 0:
		return nil, corrupt()
	case k.mains > 1:
		return nil, failed("Several keys given - pgcrypto does not handle keyring")
	}
	return k, nil
}

func (k *keyring) add(p *packet.PublicKey) {
	if !p.IsSubkey {
		k.mains++
	}
	k.public = append(k.public, p)
}

// encrypting is the part that messages are encrypted to: a subkey.
func (k *keyring) encrypting() (*packet.PublicKey, error) {
	for _, p := range k.public {
		if p.IsSubkey && p.PubKeyAlgo.CanEncrypt() {
			return p, nil
		}
	}
	return nil, failed("No encryption key found")
}

// EncryptToKey makes a message that the secret part of a key opens.
func EncryptToKey(data []byte, text bool, key []byte, opts string) ([]byte, error) {
	o, err := optionsOf(opts)
	if err != nil {
		return nil, err
	}
	k, err := readKeys(key)
	if err != nil {
		return nil, err
	}
	if len(k.secret) > 0 {
		return nil, failed("Refusing to encrypt with secret key")
	}
	to, err := k.encrypting()
	if err != nil {
		return nil, err
	}
	session := make([]byte, o.cipher.KeySize())
	if _, err := rand.Read(session); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := packet.SerializeEncryptedKeyAEAD(&out, to, o.cipher, false, session, nil); err != nil {
		return nil, failed("Unknown public-key encryption algorithm")
	}
	if err := message(&out, data, text, o, session); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// DecryptWithKey opens such a message; the password is that of the secret key.
func DecryptWithKey(data []byte, text bool, key, password []byte, opts string) ([]byte, error) {
	k, err := readKeys(key)
	if err != nil {
		return nil, err
	}
	if len(k.secret) == 0 {
		return nil, failed("Cannot decrypt with public key")
	}
	return decrypt(data, text, opts, func(p packet.Packet) ([]byte, packet.CipherFunction, error) {
		e, ok := p.(*packet.EncryptedKey)
		if !ok {
			return nil, 0, corrupt()
		}
		s := k.secretFor(e.KeyId)
		if s == nil {
			return nil, 0, failed("Wrong key")
		}
		if s.Encrypted {
			if password == nil {
				return nil, 0, failed("Need password for secret key")
			}
			if s.Decrypt(password) != nil {
				return nil, 0, corrupt()
			}
		}
		if e.Decrypt(s, nil) != nil {
			return nil, 0, corrupt()
		}
		return e.Key, e.CipherFunc, nil
	})
}

// secretFor is the secret key with an identity; 0 is anybody's.
func (k *keyring) secretFor(id uint64) *packet.PrivateKey {
	if id != 0 {
		return k.secret[id]
	}
	if p, err := k.encrypting(); err == nil {
		return k.secret[p.KeyId]
	}
	return nil
}

// KeyID is the identity of the key that a message is encrypted to, or of a key.
func KeyID(data []byte) (string, error) {
	r := bytes.NewReader(data)
	var sub []*packet.PublicKey
	for {
		p, err := packet.Read(r)
		switch {
		case err == io.EOF && len(sub) > 0:
			return fmt.Sprintf("%016X", sub[0].KeyId), nil
		case err == io.EOF:
			return "", failed("No encryption key found")
		case err != nil && r.Len() == 0:
			return "", corrupt()
		case err != nil:
			continue
		}
		switch p := p.(type) {
		case *packet.SymmetricKeyEncrypted:
			return "SYMKEY", nil
		case *packet.EncryptedKey:
			if p.KeyId == 0 {
				return "ANYKEY", nil
			}
			return fmt.Sprintf("%016X", p.KeyId), nil
		case *packet.PublicKey:
			if p.IsSubkey && p.PubKeyAlgo.CanEncrypt() {
				sub = append(sub, p)
			}
		case *packet.PrivateKey:
			if p.IsSubkey && p.PubKeyAlgo.CanEncrypt() {
				sub = append(sub, &p.PublicKey)
			}
		case *packet.SymmetricallyEncrypted:
			return "", corrupt()
		}
	}
}
