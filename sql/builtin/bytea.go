package builtin

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// byteaFuncs registers chapter 9.5, hashes, and encode and decode.
func byteaFuncs(r *registrar) {
	r.eval("byteacat", text2(concatenated))
	r.evals(byteaSubstr, "bytea_substr", "bytea_substr_no_len")
	r.evals(byteaOverlay, "byteaoverlay", "byteaoverlay_no_len")
	r.eval("byteapos", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(bytes.Index(a[0].Bytes(), a[1].Bytes()) + 1)), nil
	})
	for key, f := range map[string]func(s []byte, set string) []byte{
		"byteatrim": trimBytes(true, true), "bytealtrim": trimBytes(true, false), "byteartrim": trimBytes(false, true),
	} {
		r.eval(key, text2(func(_ *Ctx, s, t []byte) ([]byte, error) { return f(s, string(t)), nil }))
	}
	r.eval("bytea_bit_count", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := 0
		for _, b := range a[0].Bytes() {
			n += bits.OnesCount8(b)
		}
		return types.Int(int64(n)), nil
	})
	bytePositions(r)
	hashFuncs(r)
	r.eval("binary_encode", func(c *Ctx, a []types.Datum) (types.Datum, error) { return encode(c, a[0].Bytes(), a[1].Text()) })
	r.eval("binary_decode", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return decode(a[0].Text(), a[1].Text()) })
	encodingFuncs(r)
}

func byteaSubstr(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, start := a[0].Bytes(), a[1].Int()
	end := int64(len(s)) + 1
	if len(a) > 2 {
		if a[2].Int() < 0 {
			return types.Datum{}, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
		}
		end = min(end, start+a[2].Int())
	}
	start = max(start, 1)
	if end <= start {
		return types.Bytes([]byte{}), nil
	}
	return types.Bytes(s[start-1 : end-1]), nil
}

func byteaOverlay(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, t, start := a[0].Bytes(), a[1].Bytes(), a[2].Int()
	n := int64(len(t))
	if len(a) > 3 {
		n = a[3].Int()
	}
	if start <= 0 {
		return types.Datum{}, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
	}
	at := func(p int64) int64 { return max(0, min(p, int64(len(s)))) }
	out := append([]byte{}, s[:at(start-1)]...)
	out = append(out, t...)
	return types.Bytes(append(out, s[at(start+n-1):]...)), nil
}

func trimBytes(left, right bool) func(s []byte, set string) []byte {
	return func(s []byte, set string) []byte {
		for left && len(s) > 0 && strings.IndexByte(set, s[0]) >= 0 {
			s = s[1:]
		}
		for right && len(s) > 0 && strings.IndexByte(set, s[len(s)-1]) >= 0 {
			s = s[:len(s)-1]
		}
		return s
	}
}

// bytePositions registers get_byte, set_byte, get_bit and set_bit.
func bytePositions(r *registrar) {
	check := func(n, length int64) error {
		if n < 0 || n >= length {
			return pgerr.Newf(pgerrcode.ArraySubscriptError, "index %d out of valid range, 0..%d", n, length-1)
		}
		return nil
	}
	r.eval("byteaGetByte", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n := a[0].Bytes(), a[1].Int()
		if err := check(n, int64(len(s))); err != nil {
			return types.Datum{}, err
		}
		return types.Int(int64(s[n])), nil
	})
	r.eval("byteaSetByte", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n := a[0].Bytes(), a[1].Int()
		if err := check(n, int64(len(s))); err != nil {
			return types.Datum{}, err
		}
		out := append([]byte{}, s...)
		out[n] = byte(a[2].Int())
		return types.Bytes(out), nil
	})
	r.eval("byteaGetBit", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n := a[0].Bytes(), a[1].Int()
		if err := check(n, int64(len(s))*8); err != nil {
			return types.Datum{}, err
		}
		return types.Int(int64(s[n/8] >> (n % 8) & 1)), nil
	})
	r.eval("byteaSetBit", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n, v := a[0].Bytes(), a[1].Int(), a[2].Int()
		if err := check(n, int64(len(s))*8); err != nil {
			return types.Datum{}, err
		}
		if v != 0 && v != 1 {
			return types.Datum{}, badParam("new bit must be 0 or 1")
		}
		out := append([]byte{}, s...)
		out[n/8] = out[n/8]&^(1<<(n%8)) | byte(v)<<(n%8)
		return types.Bytes(out), nil
	})
}

// hashFuncs registers md5 and the SHA-2 family.
func hashFuncs(r *registrar) {
	sum := func(name string, size func() hash.Hash, show func(dst, sum []byte) []byte) {
		r.eval(name, text1(func(c *Ctx, s []byte) ([]byte, error) {
			h := size()
			if err := c.pieces(s, func(part []byte) { h.Write(part) }); err != nil {
				return nil, err
			}
			return show(nil, h.Sum(nil)), nil
		}))
	}
	plain := func(dst, sum []byte) []byte { return append(dst, sum...) }
	sum("md5_text", md5.New, hex.AppendEncode)
	sum("md5_bytea", md5.New, hex.AppendEncode)
	sum("sha224_bytea", sha256.New224, plain)
	sum("sha256_bytea", sha256.New, plain)
	sum("sha384_bytea", sha512.New384, plain)
	sum("sha512_bytea", sha512.New, plain)
}

func encode(c *Ctx, s []byte, how string) (types.Datum, error) {
	p := progress{c: c}
	switch strings.ToLower(how) {
	case "hex":
		return types.Bytes(hex.AppendEncode([]byte{}, s)), nil
	case "escape":
		out := []byte{}
		for _, b := range s {
			switch {
			case b == '\\':
				out = append(out, '\\', '\\')
			case b == 0 || b >= 0x80:
				out = append(out, '\\', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
			default:
				out = append(out, b)
			}
			if err := p.add(1); err != nil {
				return types.Datum{}, err
			}
		}
		return types.Bytes(out), nil
	case "base64": // lines of 76 characters
		const line = 57
		out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(s))+len(s)/line)
		for len(s) > line {
			out = append(base64.StdEncoding.AppendEncode(out, s[:line]), '\n')
			if err := p.add(line); err != nil {
				return types.Datum{}, err
			}
			s = s[line:]
		}
		return types.Bytes(base64.StdEncoding.AppendEncode(out, s)), nil
	}
	return types.Datum{}, unknownEncoding(how)
}

func unknownEncoding(how string) error {
	return badParam("unrecognized encoding: \"%s\"", how)
}

func decode(s, how string) (types.Datum, error) {
	switch strings.ToLower(how) {
	case "hex":
		return types.ParseText(types.Of(types.ByteaOID), `\x`+s, types.DefaultFormat)
	case "escape":
		if strings.HasPrefix(s, `\x`) {
			return types.Datum{}, pgerr.New(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
		return types.ParseText(types.Of(types.ByteaOID), s, types.DefaultFormat)
	case "base64":
		return decodeBase64(s)
	}
	return types.Datum{}, unknownEncoding(how)
}

// decodeBase64 reads base64 as PostgreSQL does: padding says how many bytes its group gives,
// and any behind it.
func decodeBase64(s string) (types.Datum, error) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	out := make([]byte, 0, len(s)/4*3)
	group, n, give := uint32(0), 0, 3
	for i := 0; i < len(s); i++ {
		c, v := s[i], 0
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '=':
			if give == 3 {
				if n < 2 {
					return types.Datum{}, badParam("unexpected \"=\" while decoding base64 sequence")
				}
				give = n - 1
			}
		default:
			if v = strings.IndexByte(digits, c); v < 0 {
				_, size := utf8.DecodeRuneInString(s[i:])
				return types.Datum{}, badParam("invalid symbol \"%s\" found while decoding base64 sequence", s[i:i+size])
			}
		}
		group = group<<6 | uint32(v)
		if n++; n == 4 {
			out = append(out, []byte{byte(group >> 16), byte(group >> 8), byte(group)}[:give]...)
			group, n = 0, 0
		}
	}
	if n != 0 {
		return types.Datum{}, badParam("invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return types.Bytes(out), nil
}
