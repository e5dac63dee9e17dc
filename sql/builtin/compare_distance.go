package builtin

import (
	"bytes"
	"cmp"

	"github.com/loxodb/loxodb/sql/types"
)

// byteDistances registers the btree support functions that say how far the first
// bytes that differ are apart, not only which is greater. A text ends as C's strings
// do where a collation compares it.
func byteDistances(r *registrar) {
	for _, k := range []string{"bttextcmp", "btnamecmp"} {
		r.eval(k, distance(stringDistance, plainBytes))
	}
	r.eval("bpcharcmp", distance(stringDistance, trimmedBytes))
	r.eval("bttext_pattern_cmp", distance(memoryDistance, plainBytes))
	r.eval("btbpchar_pattern_cmp", distance(memoryDistance, trimmedBytes))
	r.evals(distance(memoryDistance, plainBytes), "byteacmp", "uuid_cmp", "btnametextcmp", "bttextnamecmp")
	r.evals(func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, x := types.BitsOf(a[0])
		m, y := types.BitsOf(a[1])
		d := memoryDistance(x, y)
		if bytes.HasPrefix(x, y) || bytes.HasPrefix(y, x) {
			d = cmp.Compare(n, m)
		}
		return types.Int(int64(d)), nil
	}, "bitcmp")
	r.eval("btint2cmp", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Int(a[0].Int() - a[1].Int()), nil })
	r.eval("btcharcmp", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(uint8(a[0].Int())) - int64(uint8(a[1].Int()))), nil
	})
}

func plainBytes(d types.Datum) []byte   { return d.Bytes() }
func trimmedBytes(d types.Datum) []byte { return trimBlanks(d.Bytes()) }

func distance(f func(x, y []byte) int, of func(types.Datum) []byte) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(f(of(a[0]), of(a[1])))), nil
	}
}

// memoryDistance compares as memcmp does, then by length.
func memoryDistance(x, y []byte) int {
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int(x[i]) - int(y[i])
		}
	}
	return cmp.Compare(len(x), len(y))
}

// stringDistance compares as strcmp does.
func stringDistance(x, y []byte) int {
	n := min(len(x), len(y))
	for i := range n {
		if x[i] != y[i] {
			return int(x[i]) - int(y[i])
		}
	}
	switch {
	case len(x) > n:
		return int(x[n])
	case len(y) > n:
		return -int(y[n])
	}
	return 0
}
