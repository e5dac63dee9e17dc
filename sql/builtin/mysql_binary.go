package builtin

import (
	"slices"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's functions of strings give a binary string, whose characters are its bytes, where one
// of their arguments is one (its manual, "Binary String Functions"): CONCAT(x'ff', 'a').

// bytesOfBytes is the type of their results.
func bytesOfBytes(args []types.OID) types.OID {
	if slices.Contains(args, types.ByteaOID) {
		return types.ByteaOID
	}
	return types.TextOID
}

// byBytes makes a function of texts one of binary strings, too: it is called with each byte as
// the character of that number.
func byBytes(eval Eval) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if c.Site == nil || !slices.ContainsFunc(c.Site.Args, isBytea) {
			return eval(c, a)
		}
		wide := make([]types.Datum, len(a))
		for i, d := range a {
			switch t := c.argT(i); {
			case d.IsNull() || !isBytea(t) && !isTextType(t.OID):
				wide[i] = d
			default:
				wide[i] = types.Bytes(widened(d.Bytes()))
			}
		}
		d, err := eval(c, wide)
		if err != nil || d.IsNull() {
			return d, err
		}
		return types.Bytes(narrowed(d.Bytes())), nil
	}
}

func isBytea(t types.T) bool { return t.OID == types.ByteaOID }

func widened(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/4)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

func narrowed(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out, b = append(out, byte(r)), b[n:]
	}
	return out
}
