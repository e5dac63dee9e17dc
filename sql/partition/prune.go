package partition

import (
	"bytes"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Wanted is what a query says of the key: the values that its first columns may have,
// then a range of the next one.
type Wanted struct {
	Prefix       [][]types.Datum
	Lo, Hi       *types.Datum
	LoInc, HiInc bool
}

// maxPoints bounds the combinations of values that are looked at one by one.
const maxPoints = 1024

// In tells of each partition whether it can have rows that are wanted.
func (s *Set) In(w *Wanted) []bool {
	in := make([]bool, len(s.Parts))
	points := [][]types.Datum{nil}
	cut := false
	for _, vals := range w.Prefix {
		if len(points)*len(vals) > maxPoints {
			cut = true
			break
		}
		var next [][]types.Datum
		for _, p := range points {
			for _, v := range vals {
				next = append(next, append(slices.Clone(p), v))
			}
		}
		points = next
	}
	lo, hi := w.Lo, w.Hi
	if cut {
		lo, hi = nil, nil
	}
	for _, p := range points {
		switch {
		case len(p) == len(s.keys):
			if i := s.Find(p); i >= 0 {
				in[i] = true
			}
		case s.strategy == 'h' || len(p) == 0 && lo == nil && hi == nil:
			return all(in)
		case s.strategy == 'l':
			s.listed(in, w)
		default:
			s.ranged(in, p, w, lo, hi)
		}
	}
	return in
}

func all(in []bool) []bool {
	for i := range in {
		in[i] = true
	}
	return in
}

// listed marks the lists with a value in the range of w.
func (s *Set) listed(in []bool, w *Wanted) {
	t := s.keys[0].KeyType()
	within := func(key []byte) bool {
		if w.Lo != nil {
			if c := bytes.Compare(key, types.AppendKey(nil, t, *w.Lo, false)); c < 0 || c == 0 && !w.LoInc {
				return false
			}
		}
		if w.Hi != nil {
			if c := bytes.Compare(key, types.AppendKey(nil, t, *w.Hi, false)); c > 0 || c == 0 && !w.HiInc {
				return false
			}
		}
		return true
	}
	for i, p := range s.Parts {
		in[i] = in[i] || i == s.def || slices.ContainsFunc(p.Bound.Values, func(v catalog.BoundValue) bool { return !v.Null && within(v.Key) })
	}
}

// ranged marks the ranges that meet the keys that begin with prefix and go on between lo and hi.
func (s *Set) ranged(in []bool, prefix []types.Datum, w *Wanted, lo, hi *types.Datum) {
	var from, to []catalog.BoundValue
	for i, d := range prefix {
		if d.IsNull() {
			if s.def >= 0 {
				in[s.def] = true
			}
			return
		}
		from = append(from, catalog.BoundValue{Key: types.AppendKey(nil, s.keys[i].KeyType(), d, false)})
	}
	to = slices.Clone(from)
	t := s.keys[len(prefix)].KeyType()
	if lo != nil {
		from = append(from, catalog.BoundValue{Key: types.AppendKey(nil, t, *lo, false)})
	}
	if hi != nil {
		to = append(to, catalog.BoundValue{Key: types.AppendKey(nil, t, *hi, false)})
	}
	from, to = s.ended(from, lo != nil && !w.LoInc), s.ended(to, hi == nil || w.HiInc)
	covered := from // as far as ranges follow each other without a gap
	for i, p := range s.Parts {
		if i == s.def {
			continue
		}
		if CompareBounds(p.Bound.From, to) < 0 && CompareBounds(from, p.Bound.To) < 0 {
			in[i] = true
		}
		if CompareBounds(p.Bound.From, covered) <= 0 && CompareBounds(covered, p.Bound.To) < 0 {
			covered = p.Bound.To
		}
	}
	// NULL in a column that is not asked for is in no range.
	nulls := lo == nil && hi == nil || len(prefix)+1 < len(s.keys)
	if s.def >= 0 && (nulls || CompareBounds(covered, to) < 0) {
		in[s.def] = true
	}
}

// ended fills a bound up to all columns: the place after, or before, all keys that begin so.
func (s *Set) ended(b []catalog.BoundValue, after bool) []catalog.BoundValue {
	limit := -1
	if after {
		limit = 1
	}
	for len(b) < len(s.keys) {
		b = append(b, catalog.BoundValue{Limit: limit})
	}
	if after && b[len(b)-1].Limit == 0 { // just after one key: as near as bytes can be
		last := &b[len(b)-1]
		last.Key = append(slices.Clone(last.Key), 0)
	}
	return b
}
