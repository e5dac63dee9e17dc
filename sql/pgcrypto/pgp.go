package pgcrypto

//lint:file-ignore SA1019 old algorithms are asked for by name, and OpenPGP has them

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/s2k"
)

// nopCloser keeps a buffer open: the writers around it are closed one by one.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// message writes data as a literal, perhaps compressed, encrypted under a session key.
func message(out *bytes.Buffer, data []byte, text bool, o options, key []byte) error {
	var inner bytes.Buffer
	w := io.WriteCloser(nopCloser{&inner})
	if o.compress != packet.CompressionNone {
		var err error
		if w, err = packet.SerializeCompressed(w, o.compress, &packet.CompressionConfig{Level: o.level}); err != nil {
			return err
		}
	}
	if text && o.crlf {
		data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	}
	format := byte('b')
	if text {
		if format = 't'; o.unicode {
			format = 'u'
		}
	}
	if err := literal(w, data, format); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return sealed(out, inner.Bytes(), o, key)
}

// sealed writes the packet of encrypted data: with a sum of it, which the library writes for
// AES only, or without.
func sealed(out *bytes.Buffer, plain []byte, o options, key []byte) error {
	const withSum, withoutSum = 18, 9
	block, err := blockOf(o.cipher, key)
	if err != nil {
		return err
	}
	size := block.BlockSize()
	prefix := make([]byte, size, size+2)
	if _, err := rand.Read(prefix); err != nil {
		return err
	}
	if o.noMDC {
		s, head := packet.NewOCFBEncrypter(block, prefix, packet.OCFBResync)
		s.XORKeyStream(plain, plain)
		out.Write(header(withoutSum, len(head)+len(plain)))
		out.Write(head)
		out.Write(plain)
		return nil
	}
	body := append(append(prefix, prefix[size-2:]...), plain...)
	body = append(body, 0xc0|19, sha1.Size)
	sum := sha1.Sum(body)
	body = append(body, sum[:]...)
	cipher.NewCFBEncrypter(block, make([]byte, size)).XORKeyStream(body, body)
	out.Write(append(header(withSum, 1+len(body)), 1))
	out.Write(body)
	return nil
}

// header begins a packet of the new format.
func header(tag byte, length int) []byte {
	return binary.BigEndian.AppendUint32([]byte{0xc0 | tag, 0xff}, uint32(length))
}

// literal writes a literal packet: format, no name, no time.
func literal(w io.Writer, data []byte, format byte) error {
	head := append(header(11, len(data)+6), format, 0, 0, 0, 0, 0)
	_, err := w.Write(append(head, data...))
	return err
}

// EncryptWithPassword makes a message that a password opens.
func EncryptWithPassword(data []byte, text bool, password []byte, opts string) ([]byte, error) {
	o, err := optionsOf(opts)
	if err != nil {
		return nil, err
	}
	if len(password) == 0 {
		return nil, badOption()
	}
	spec, derive, err := stringToKey(o)
	if err != nil {
		return nil, err
	}
	derived := make([]byte, o.keyCipher.KeySize())
	body := append([]byte{4, byte(o.keyCipher)}, spec...)
	if !o.session {
		body[1], derived = byte(o.cipher), make([]byte, o.cipher.KeySize())
	}
	derive(derived, password)
	key := derived
	if o.session {
		key = make([]byte, o.cipher.KeySize())
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		wrapped, err := sealedKey(o, derived, key)
		if err != nil {
			return nil, err
		}
		body = append(body, wrapped...)
	}
	var out bytes.Buffer
	out.Write([]byte{0xc0 | 3, byte(len(body))})
	out.Write(body)
	if err := message(&out, data, text, o, key); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sealedKey is a session key under that of the password: CFB without a vector.
func sealedKey(o options, derived, key []byte) ([]byte, error) {
	b, err := blockOf(o.keyCipher, derived)
	if err != nil {
		return nil, err
	}
	out := append([]byte{byte(o.cipher)}, key...)
	cipher.NewCFBEncrypter(b, make([]byte, b.BlockSize())).XORKeyStream(out, out)
	return out, nil
}

func blockOf(c packet.CipherFunction, key []byte) (cipher.Block, error) {
	name := map[packet.CipherFunction]string{packet.Cipher3DES: "3des", packet.CipherCAST5: "cast5"}[c]
	if name == "" {
		name = "aes"
	}
	b, why := (&Cipher{algorithm: algorithms[name]}).block(key)
	if why != "" {
		return nil, failed("encrypt error: " + why)
	}
	return b, nil
}

// stringToKey is how a password becomes a key (RFC 4880, section 3.7), and that written down.
func stringToKey(o options) (spec []byte, derive func(out, password []byte), err error) {
	h := func() hash.Hash { return hashes[pgpDigestNames[o.digest]]() }
	spec = []byte{byte(o.mode), o.digest}
	if o.mode == 0 {
		return spec, func(out, in []byte) { s2k.Simple(out, h(), in) }, nil
	}
	salt := make([]byte, 9)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, err
	}
	salt, random := salt[:8], salt[8]
	spec = append(spec, salt...)
	if o.mode == 1 {
		return spec, func(out, in []byte) { s2k.Salted(out, h(), in, salt) }, nil
	}
	coded := 96 + random%32 // 65,536 to 253,952
	if o.count != 0 {
		for coded = 0; coded < 255 && decodedCount(coded) < o.count; coded++ {
		}
	}
	return append(spec, coded), func(out, in []byte) { s2k.Iterated(out, h(), in, salt, decodedCount(coded)) }, nil
}

func decodedCount(c byte) int { return (16 + int(c&15)) << (c>>4 + 6) }

func corrupt() error { return failed("Wrong key or corrupt data") }

// DecryptWithPassword opens such a message.
func DecryptWithPassword(data []byte, text bool, password []byte, opts string) ([]byte, error) {
	return decrypt(data, text, opts, func(p packet.Packet) ([]byte, packet.CipherFunction, error) {
		ske, ok := p.(*packet.SymmetricKeyEncrypted)
		if !ok {
			return nil, 0, corrupt()
		}
		key, c, err := ske.Decrypt(password)
		if err != nil {
			return nil, 0, corrupt()
		}
		return key, c, nil
	})
}

// decrypt reads a message whose key open finds.
func decrypt(data []byte, text bool, opts string, open func(packet.Packet) ([]byte, packet.CipherFunction, error)) ([]byte, error) {
	o, err := optionsOf(opts)
	if err != nil {
		return nil, err
	}
	var key []byte
	var c packet.CipherFunction
	r := bytes.NewReader(data)
	for {
		p, err := packet.Read(r)
		if err != nil {
			return nil, corrupt()
		}
		switch p := p.(type) {
		case *packet.SymmetricKeyEncrypted, *packet.EncryptedKey:
			if key != nil {
				continue
			}
			if key, c, err = open(p); err != nil {
				return nil, err
			}
		case *packet.SymmetricallyEncrypted:
			if key == nil {
				return nil, corrupt()
			}
			body, err := p.Decrypt(c, key)
			if err != nil {
				return nil, corrupt()
			}
			return contents(body, text, o.crlf)
		case *packet.Marker:
		default:
			return nil, corrupt()
		}
	}
}

// contents is the literal of a decrypted message, whose sum is checked at its end.
func contents(body io.ReadCloser, text, crlf bool) ([]byte, error) {
	p, err := packet.Read(body)
	if z, ok := p.(*packet.Compressed); ok && err == nil {
		p, err = packet.Read(z.Body)
	}
	l, ok := p.(*packet.LiteralData)
	if err != nil || !ok {
		return nil, corrupt()
	}
	const most = 1 << 30 // as long as a value may be
	out, err := io.ReadAll(io.LimitReader(l.Body, most))
	if err != nil || len(out) == most || body.Close() != nil {
		return nil, corrupt()
	}
	if text && l.IsBinary {
		return nil, failed("Not text data")
	}
	if text && crlf {
		out = bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))
	}
	return out, nil
}
