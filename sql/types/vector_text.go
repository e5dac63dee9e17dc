package types

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// parse reads "[1,2,3]" into components appended to dst, or a sparse vector's
// text, and checks the dimensions against the modifier.
func (k *vectorType) parse(s string, mod int32) (Datum, error) {
	if k == sparseKind {
		return parseSparse(s, mod)
	}
	b, err := k.parseDense(make([]byte, 0, k.sizeHint(s, mod)), s)
	if err != nil {
		return Datum{}, err
	}
	return k.coerce(Bytes(b), mod)
}

// sizeHint is a capacity that the parsed vector fits in most of the time.
func (k *vectorType) sizeHint(s string, mod int32) int {
	if mod > 0 {
		return k.size * int(mod)
	}
	return k.size * (1 + min(strings.Count(s, ","), k.maxDims))
}

// parseDense is pgvector's vector_in and halfvec_in: components appended to dst.
func (k *vectorType) parseDense(dst []byte, s string) ([]byte, error) {
	i := skipSpace(s, 0)
	if i == len(s) || s[i] != '[' {
		return nil, badVector(k.name, s, "Vector contents must start with \"[\".")
	}
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == ']' {
		return nil, k.checkDims(0, -1)
	}
	for dim := 0; ; dim++ {
		if dim == k.maxDims {
			return nil, k.tooManyDims()
		}
		i = skipSpace(s, i)
		v, n := float32(0), 0
		if k == vectorKind { // the usual number of the usual type, in line
			v, n = parseFloat32Fast(s[i:])
		}
		if n > 0 {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		} else {
			var err error
			if dst, n, err = k.readComponent(dst, s, i); err != nil {
				return nil, err
			}
		}
		i += n
		if i < len(s) && s[i] == ',' {
			i++
			continue
		}
		i = skipSpace(s, i)
		if i == len(s) {
			return nil, badInput(k.name, s)
		}
		if s[i] == ']' {
			break
		}
		if s[i] != ',' {
			return nil, badInput(k.name, s)
		}
		i++
	}
	if i = skipSpace(s, i+1); i < len(s) {
		return nil, badVector(k.name, s, "Junk after closing right brace.")
	}
	return dst, nil
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// badVector is 22P02 with a detail.
func badVector(typ, s, detail string) error {
	return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typ, s).WithDetail("%s", detail)
}

// readComponent appends the component at s[i:], whose text is n bytes long.
func (k *vectorType) readComponent(dst []byte, s string, i int) (out []byte, n int, err error) {
	if k == int8vecKind {
		return readInt8(dst, s, i)
	}
	v, n := parseFloat32Fast(s[i:])
	if n == 0 {
		if v, n, err = parseFloat32Slow(k.name, s, i); err != nil {
			return nil, 0, err
		}
		if err := k.checkElement(v); err != nil {
			return nil, 0, err
		}
	}
	if k == vectorKind {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v)), n, nil
	}
	h := Float32ToHalf(v)
	if halfIsInf(h) {
		return nil, 0, outOfRange(k.name, s[i:i+n])
	}
	return binary.LittleEndian.AppendUint16(dst, h), n, nil
}

// readInt8 reads what strtol accepts. A fraction is left behind, where no
// separator is, so that the caller refuses it.
func readInt8(dst []byte, s string, i int) (out []byte, n int, err error) {
	v, n := signedPrefix(s[i:])
	if n == 0 {
		return nil, 0, badInput(int8vecKind.name, s)
	}
	if v < math.MinInt8 || v > math.MaxInt8 {
		return nil, 0, outOfRange(int8vecKind.name, s[i:i+n])
	}
	return append(dst, byte(int8(v))), n, nil
}

// signedPrefix reads the integer at the start of s, which is n bytes long, clipped
// to ±MaxInt32; n is 0 when there is none.
func signedPrefix(s string) (v int64, n int) {
	i := 0
	neg := i < len(s) && s[i] == '-'
	if neg || i < len(s) && s[i] == '+' {
		i++
	}
	start := i
	for ; i < len(s) && isDigit(s[i]); i++ {
		v = min(v*10+int64(s[i]-'0'), math.MaxInt32)
	}
	if i == start {
		return 0, 0
	}
	if neg {
		v = -v
	}
	return v, i
}

// appendText prints "[1,2,3]", or a sparse vector.
func (k *vectorType) appendText(dst, b []byte) []byte {
	if k == sparseKind {
		return appendSparse(dst, b)
	}
	dst = append(dst, '[')
	for i := range len(b) / k.size {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFloat32(dst, k.component(b, i))
	}
	return append(dst, ']')
}
