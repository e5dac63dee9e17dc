package executor

import (
	"bytes"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// bounds is a physical.Bounds with its expressions compiled.
type bounds struct {
	def    *physical.Bounds
	prefix []*expr.Program
	lo, hi *expr.Program
}

func newBounds(def *physical.Bounds) (*bounds, error) {
	b := &bounds{def: def}
	for _, m := range def.Prefix {
		p, err := program(m.X)
		if err != nil {
			return nil, err
		}
		b.prefix = append(b.prefix, p)
	}
	var err error
	if b.lo, err = program(def.Lo); err != nil {
		return nil, err
	}
	b.hi, err = program(def.Hi)
	return b, err
}

// match evaluates prefix column k to the values it may have: none when the
// condition is NULL, several for = ANY.
func (b *bounds) match(k int, env *Env, s *expr.Scratch, dst []types.Datum) ([]types.Datum, error) {
	m := &b.def.Prefix[k]
	if m.Null {
		return append(dst, types.Null), nil
	}
	d, err := b.prefix[k].One(&env.Env, s)
	if err != nil || d.IsNull() {
		return dst, err
	}
	if !m.Any {
		return append(dst, d.Clone()), nil
	}
	it := types.NewArrayIter(d)
	for {
		e, ok := it.Next()
		if !ok {
			return dst, nil
		}
		if !e.IsNull() {
			dst = append(dst, e.Clone())
		}
	}
}

// limits evaluates the range; ok is false when an end is NULL (no row matches).
func (b *bounds) limits(env *Env, s *expr.Scratch) (lo, hi types.Datum, ok bool, err error) {
	if b.lo != nil {
		if lo, err = b.lo.One(&env.Env, s); err != nil || lo.IsNull() {
			return lo, hi, false, err
		}
		lo = lo.Clone()
	}
	if b.hi != nil {
		if hi, err = b.hi.One(&env.Env, s); err != nil || hi.IsNull() {
			return lo, hi, false, err
		}
		hi = hi.Clone()
	}
	return lo, hi, true, nil
}

// spans turns the bounds on an integer primary key into row number ranges, in
// the order of the scan and without duplicates.
func (b *bounds) spans(env *Env, s *expr.Scratch, reverse bool, dst []span) ([]span, error) {
	if len(b.prefix) > 0 {
		vals, err := b.match(0, env, s, nil)
		if err != nil {
			return dst, err
		}
		for _, v := range vals {
			if !v.IsNull() {
				row := keys.RowFromInt(v.Int())
				dst = append(dst, span{row, row})
			}
		}
		slices.SortFunc(dst, func(a, b span) int {
			if (a.lo < b.lo) != reverse {
				return -1
			}
			return 1
		})
		return slices.Compact(dst), nil
	}
	lo, hi, ok, err := b.limits(env, s)
	if err != nil || !ok {
		return dst, err
	}
	r := everything
	if b.lo != nil {
		v := lo.Int()
		if !b.def.LoInc {
			if v == math.MaxInt64 {
				return dst, nil
			}
			v++
		}
		r.lo = keys.RowFromInt(v)
	}
	if b.hi != nil {
		v := hi.Int()
		if !b.def.HiInc {
			if v == math.MinInt64 {
				return dst, nil
			}
			v--
		}
		r.hi = keys.RowFromInt(v)
	}
	if r.lo > r.hi {
		return dst, nil
	}
	return append(dst, r), nil
}

// keyRange is a range of index keys.
type keyRange struct{ start, end []byte }

func (r keyRange) kv(reverse bool) kv.Range {
	return kv.Range{Start: r.start, End: r.end, Reverse: reverse}
}

// ranges turns the bounds into index key ranges, in the order of the scan.
func (b *bounds) ranges(env *Env, s *expr.Scratch, x *catalog.Index, reverse bool, dst []keyRange) ([]keyRange, error) {
	prefixes := [][]byte{keys.AppendIndexPrefix(nil, x.Storage)}
	for k := range b.prefix {
		vals, err := b.match(k, env, s, nil)
		if err != nil {
			return dst, err
		}
		var next [][]byte
		for _, p := range prefixes {
			for _, v := range vals {
				next = append(next, table.AppendKeyDatum(slices.Clone(p), &x.Keys[k], v))
			}
		}
		prefixes = next
	}
	if len(prefixes) > 1 {
		slices.SortFunc(prefixes, bytes.Compare)
		prefixes = slices.CompactFunc(prefixes, bytes.Equal)
		if reverse {
			slices.Reverse(prefixes)
		}
	}
	lo, hi, ok, err := b.limits(env, s)
	if err != nil || !ok {
		return dst, err
	}
	for _, p := range prefixes {
		if b.lo == nil && b.hi == nil {
			dst = append(dst, keyRange{p, keys.PrefixEnd(p)})
			continue
		}
		if r := b.ranged(x, p, lo, hi); bytes.Compare(r.start, r.end) < 0 {
			dst = append(dst, r)
		}
	}
	return dst, nil
}

// ranged is the range of the key column after prefix p. NULLs lie outside it.
func (b *bounds) ranged(x *catalog.Index, p []byte, lo, hi types.Datum) keyRange {
	k := &x.Keys[len(b.prefix)]
	hasLo, hasHi, loInc, hiInc := b.lo != nil, b.hi != nil, b.def.LoInc, b.def.HiInc
	if k.Desc {
		lo, hi, hasLo, hasHi, loInc, hiInc = hi, lo, hasHi, hasLo, hiInc, loInc
	}
	values := table.AppendValuePrefix(slices.Clone(p))
	r := keyRange{values, keys.PrefixEnd(values)}
	if hasLo {
		r.start = table.AppendKeyDatum(slices.Clone(p), k, lo)
		if !loInc {
			r.start = keys.PrefixEnd(r.start)
		}
	}
	if hasHi {
		r.end = table.AppendKeyDatum(slices.Clone(p), k, hi)
		if hiInc {
			r.end = keys.PrefixEnd(r.end)
		}
	}
	return r
}
