package builtin

import (
	"bytes"
	"math"
	mbits "math/bits"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// bitFuncs registers chapter 9.6: bit strings.
func bitFuncs(r *registrar) {
	for key, f := range map[string]func(x, y byte) byte{
		"bit_and": func(x, y byte) byte { return x & y },
		"bit_or":  func(x, y byte) byte { return x | y },
		"bitxor":  func(x, y byte) byte { return x ^ y },
	} {
		word := map[string]string{"bit_and": "AND", "bit_or": "OR", "bitxor": "XOR"}[key]
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) { return bitwise(a[0], a[1], word, f) })
	}
	r.eval("bitnot", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, data := types.BitsOf(a[0])
		out := make([]byte, len(data))
		for i, b := range data {
			out[i] = ^b
		}
		return types.MakeBits(n, out), nil
	})
	r.eval("bitcat", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return fromBools(append(bools(a[0]), bools(a[1])...)), nil
	})
	shift := func(sign int64) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			in := bools(a[0])
			out := make([]bool, len(in))
			by := sign * a[1].Int()
			for i := range in {
				if from := int64(i) + by; from >= 0 && from < int64(len(in)) {
					out[i] = in[from]
				}
			}
			return fromBools(out), nil
		}
	}
	r.eval("bitshiftleft", shift(1))
	r.eval("bitshiftright", shift(-1))
	length := func(f func(n int) int) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			n, _ := types.BitsOf(a[0])
			return types.Int(int64(f(n))), nil
		}
	}
	r.eval("bitlength", length(func(n int) int { return n }))
	r.eval("bit_length(bit)", length(func(n int) int { return n }))
	r.eval("bitoctetlength", length(func(n int) int { return (n + 7) / 8 }))
	r.eval("bit_bit_count", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		_, data := types.BitsOf(a[0])
		n := 0
		for _, b := range data {
			n += mbits.OnesCount8(b)
		}
		return types.Int(int64(n)), nil
	})
	r.evals(bitSubstring, "bitsubstr", "bitsubstr_no_len")
	r.evals(bitOverlay, "bitoverlay", "bitoverlay_no_len")
	r.eval("bitposition", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, sub := bools(a[0]), bools(a[1])
		if len(s) == 0 {
			return types.Int(0), nil // nothing is nowhere in nothing
		}
		for i := 0; i+len(sub) <= len(s); i++ {
			if equalBools(s[i:i+len(sub)], sub) {
				return types.Int(int64(i + 1)), nil
			}
		}
		return types.Int(0), nil
	})
	bitAccess(r)
	bitConversions(r)
	bitAggs(r)
}

// bitAggs registers bit_and, bit_or and bit_xor of bit strings.
func bitAggs(r *registrar) {
	for key, f := range map[string]func(x, y byte) byte{
		"bit_and(bit)": func(x, y byte) byte { return x & y },
		"bit_or(bit)":  func(x, y byte) byte { return x | y },
		"bit_xor(bit)": func(x, y byte) byte { return x ^ y },
	} {
		word := map[string]string{"bit_and(bit)": "AND", "bit_or(bit)": "OR", "bit_xor(bit)": "XOR"}[key]
		r.agg(key, func([]types.T) Agg { return &bitAgg{f: f, word: word} })
	}
}

func bitwise(x, y types.Datum, word string, f func(x, y byte) byte) (types.Datum, error) {
	n, a := types.BitsOf(x)
	m, b := types.BitsOf(y)
	if n != m {
		return types.Datum{}, pgerr.Newf(pgerrcode.StringDataLengthMismatch, "cannot %s bit strings of different sizes", word)
	}
	out := make([]byte, len(a))
	for i := range a {
		out[i] = f(a[i], b[i])
	}
	return types.MakeBits(n, out), nil
}

// bools spreads a bit string; fromBools packs it.
func bools(d types.Datum) []bool {
	n, data := types.BitsOf(d)
	l := make([]bool, n)
	for i := range l {
		l[i] = data[i/8]&(0x80>>(i%8)) != 0
	}
	return l
}

func fromBools(l []bool) types.Datum {
	data := make([]byte, (len(l)+7)/8)
	for i, b := range l {
		if b {
			data[i/8] |= 0x80 >> (i % 8)
		}
	}
	return types.MakeBits(len(l), data)
}

func equalBools(a, b []bool) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func bitSubstring(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, start := bools(a[0]), a[1].Int()
	end := int64(len(s)) + 1
	if len(a) > 2 {
		if a[2].Int() < 0 {
			return types.Datum{}, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
		}
		end = min(end, start+a[2].Int())
	}
	start = max(start, 1)
	if end <= start {
		return fromBools(nil), nil
	}
	return fromBools(s[start-1 : end-1]), nil
}

func bitOverlay(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, t, start := bools(a[0]), bools(a[1]), a[2].Int()
	n := int64(len(t))
	if len(a) > 3 {
		n = a[3].Int()
	}
	if start <= 0 {
		return types.Datum{}, pgerr.New(pgerrcode.SubstringError, "negative substring length not allowed")
	}
	if start+n > math.MaxInt32 {
		return types.Datum{}, outOfRange("integer")
	}
	at := func(p int64) int64 { return max(0, min(p, int64(len(s)))) }
	out := append(append([]bool{}, s[:at(start-1)]...), t...)
	return fromBools(append(out, s[at(start+n-1):]...)), nil
}

// bitAccess registers get_bit and set_bit.
func bitAccess(r *registrar) {
	check := func(n int64, length int) error {
		if n < 0 || n >= int64(length) {
			return pgerr.Newf(pgerrcode.ArraySubscriptError, "bit index %d out of valid range (0..%d)", n, length-1)
		}
		return nil
	}
	r.eval("bitgetbit", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := bools(a[0])
		if err := check(a[1].Int(), len(s)); err != nil {
			return types.Datum{}, err
		}
		return types.Int(bit(s[a[1].Int()])), nil
	})
	r.eval("bitsetbit", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := bools(a[0])
		if err := check(a[1].Int(), len(s)); err != nil {
			return types.Datum{}, err
		}
		if v := a[2].Int(); v != 0 && v != 1 {
			return types.Datum{}, badParam("new bit must be 0 or 1")
		}
		s[a[1].Int()] = a[2].Int() == 1
		return fromBools(s), nil
	})
}

// bitConversions registers the functions behind casts of bit strings, and the
// length coercions bpchar(x, n, explicit) and the like.
func bitConversions(r *registrar) {
	sized := func(t types.OID) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			explicit := len(a) < 3 || a[2].Bool()
			return Convert(c, c.argT(0), types.T{OID: t, Mod: int32(a[1].Int())}, a[0], explicit)
		}
	}
	r.evals(sized(types.BitOID), "bit", "bitfromint4", "bitfromint8")
	r.eval("varbit", sized(types.VarbitOID))
	r.eval("bpchar", sized(types.BpcharOID))
	r.eval("varchar", sized(types.VarcharOID))
	for key, t := range map[string]types.OID{"bittoint4": types.Int4OID, "bittoint8": types.Int8OID} {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.Of(t), a[0], true)
		})
	}
}

// bitAgg folds bit strings of one length.
type bitAgg struct {
	f    func(x, y byte) byte
	word string // as errors call it
	val  [][]byte
	size int64
}

func (a *bitAgg) Grow(n int) { a.val = grow(a.val, n) }

func (a *bitAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g, d := groups[i], args[0].Datum(int(i))
		if a.val[g] == nil {
			a.val[g] = bytes.Clone(d.Bytes())
			a.size += int64(len(d.Bytes()))
			continue
		}
		v, err := bitwise(types.Bytes(a.val[g]), d, a.word, a.f)
		if err != nil {
			return err
		}
		a.val[g] = v.Bytes()
	}
	return nil
}

func (a *bitAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.val[g] == nil {
		return types.Null, nil
	}
	return types.Bytes(a.val[g]), nil
}

func (a *bitAgg) Bytes() int64 { return int64(24*cap(a.val)) + a.size }
