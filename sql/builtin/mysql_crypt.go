package builtin

import (
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/rand"
	"encoding/binary"
	"io"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// Encryption, compression and random bytes.

var mysqlCryptFuncs = []mysqlFunc{
	{name: "aes_encrypt", args: "bb", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(aesECB(a[0].Bytes(), a[1].Bytes())), nil
	}},
	{name: "aes_decrypt", args: "bb", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		plain, ok := aesECBOpen(a[0].Bytes(), a[1].Bytes())
		if !ok {
			return null()
		}
		return types.Bytes(plain), nil
	}},
	{name: "compress", args: "b", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b := a[0].Bytes()
		if len(b) == 0 {
			return types.Bytes(nil), nil
		}
		out := bytes.NewBuffer(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
		w := zlib.NewWriter(out)
		_, _ = w.Write(b)
		_ = w.Close()
		return types.Bytes(out.Bytes()), nil
	}},
	{name: "uncompress", args: "b", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b := a[0].Bytes()
		if len(b) == 0 {
			return types.Bytes(nil), nil
		}
		if len(b) <= 4 {
			return null()
		}
		size := int64(binary.LittleEndian.Uint32(b))
		r, err := zlib.NewReader(bytes.NewReader(b[4:]))
		if err != nil {
			return null()
		}
		out, err := io.ReadAll(io.LimitReader(r, size+1))
		if err != nil || int64(len(out)) != size {
			return null()
		}
		return types.Bytes(out), nil
	}},
	{name: "uncompressed_length", args: "b", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b := a[0].Bytes()
		if len(b) < 5 {
			return types.Int(0), nil
		}
		return types.Int(int64(binary.LittleEndian.Uint32(b) & 0x3fffffff)), nil
	}},
	{name: "random_bytes", args: "i", ret: types.ByteaOID, volatility: Volatile, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := a[0].Int()
		if n < 1 || n > 1024 {
			return types.Datum{}, badParam("length value is out of range in 'random_bytes'")
		}
		b := make([]byte, n)
		_, err := rand.Read(b)
		return types.Bytes(b), err
	}},
	{name: "soundex", args: "t", ret: types.TextOID, eval: mysqlText(func(a []string) string { return soundex(a[0]) })},
}

// aesKey folds a key of any length into the 16 bytes of aes-128-ecb, MySQL's default.
func aesKey(key []byte) []byte {
	out := make([]byte, 16)
	for i, b := range key {
		out[i%16] ^= b
	}
	return out
}

func aesECB(plain, key []byte) []byte {
	block, err := aes.NewCipher(aesKey(key))
	if err != nil {
		panic(err) // the key has 16 bytes
	}
	pad := 16 - len(plain)%16
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	for i := 0; i < len(out); i += 16 {
		block.Encrypt(out[i:], out[i:])
	}
	return out
}

func aesECBOpen(text, key []byte) ([]byte, bool) {
	if len(text) == 0 || len(text)%16 != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(aesKey(key))
	if err != nil {
		panic(err) // the key has 16 bytes
	}
	out := bytes.Clone(text)
	for i := 0; i < len(out); i += 16 {
		block.Decrypt(out[i:], out[i:])
	}
	pad := int(out[len(out)-1])
	if pad < 1 || pad > 16 || !bytes.HasSuffix(out, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, false
	}
	return out[:len(out)-pad], true
}

// soundexCodes are the sounds of A to Z; 0 for vowels.
const soundexCodes = "01230120022455012623010202"

// soundex is SOUNDEX: the first letter and the sounds that follow, at least three.
func soundex(s string) string {
	var out []byte
	last := byte(0)
	for _, r := range strings.ToUpper(s) {
		if r < 'A' || r > 'Z' {
			continue
		}
		code := soundexCodes[r-'A']
		switch {
		case out == nil:
			out = append(out, byte(r))
		case code != '0' && code != last:
			out = append(out, code)
		}
		if code != '0' || len(out) == 1 {
			last = code
		}
	}
	for out != nil && len(out) < 4 {
		out = append(out, '0')
	}
	return string(out)
}
