package partition

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var int4 = types.Of(types.Int4OID)

func val(n int) catalog.BoundValue {
	return catalog.BoundValue{Key: types.AppendKey(nil, int4, types.Int(int64(n)), false), Text: fmt.Sprint(n)}
}

var lowest, highest = catalog.BoundValue{Limit: -1}, catalog.BoundValue{Limit: 1}

func table(strategy byte, keys int, bounds ...*catalog.Bound) *Set {
	t := &catalog.Table{Name: "t", Partitioning: &catalog.Partitioning{Strategy: strategy}}
	for range keys {
		t.Partitioning.Keys = append(t.Partitioning.Keys, catalog.PartitionKey{Type: int4})
	}
	var parts []*catalog.Table
	for i, b := range bounds {
		parts = append(parts, &catalog.Table{ID: catalog.ID(i + 1), Bound: b})
	}
	return Of(t, parts)
}

func span(from, to []catalog.BoundValue) *catalog.Bound { return &catalog.Bound{From: from, To: to} }

type bv = []catalog.BoundValue

// sets are partitioned tables whose keys are small numbers and NULL.
var sets = map[string]*Set{
	"range": table('r', 1, span(bv{val(5)}, bv{val(9)}), span(bv{lowest}, bv{val(2)}), span(bv{val(2)}, bv{val(5)}), &catalog.Bound{Default: true}),
	"gaps":  table('r', 1, span(bv{val(3)}, bv{val(4)}), span(bv{val(6)}, bv{highest})),
	"two": table('r', 2, span(bv{val(1), lowest}, bv{val(3), val(4)}), span(bv{val(3), val(4)}, bv{val(3), highest}),
		span(bv{val(5), val(1)}, bv{highest, highest}), &catalog.Bound{Default: true}),
	"list": table('l', 1, &catalog.Bound{Values: bv{val(7), {Null: true}}}, &catalog.Bound{Values: bv{val(1), val(4)}}, &catalog.Bound{Default: true}),
	"hash": table('h', 2, &catalog.Bound{Modulus: 2, Remainder: 1}, &catalog.Bound{Modulus: 4, Remainder: 0}),
}

// TestPruning holds In to Find: no row that is wanted may be in a partition that is left out.
func TestPruning(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	datum := func() types.Datum {
		if r.IntN(6) == 0 {
			return types.Null
		}
		return types.Int(int64(r.IntN(11)))
	}
	left := map[string]int{}
	for name, s := range sets {
		n := len(s.keys)
		for range 3000 {
			w := &Wanted{LoInc: r.IntN(2) == 0, HiInc: r.IntN(2) == 0}
			for range r.IntN(n + 1) {
				vals := []types.Datum{datum()}
				for r.IntN(3) == 0 {
					vals = append(vals, datum())
				}
				w.Prefix = append(w.Prefix, vals)
			}
			if len(w.Prefix) < n {
				if d := datum(); r.IntN(2) == 0 && !d.IsNull() {
					w.Lo = &d
				}
				if d := datum(); r.IntN(2) == 0 && !d.IsNull() {
					w.Hi = &d
				}
			}
			in := s.In(w)
			for _, k := range in {
				if !k {
					left[name]++
				}
			}
			for range 40 {
				key := make([]types.Datum, n)
				for i := range key {
					if key[i] = datum(); i < len(w.Prefix) {
						key[i] = w.Prefix[i][r.IntN(len(w.Prefix[i]))]
					}
				}
				if !w.wants(key) {
					continue
				}
				if p := s.Find(key); p >= 0 && !in[p] {
					t.Fatalf("%s: %+v leaves out partition %d, which has %v", name, w, s.Parts[p].ID, key)
				}
			}
		}
	}
	for name := range sets {
		if left[name] == 0 {
			t.Errorf("%s: nothing was ever left out", name)
		}
	}
}

// wants reports that the range of w takes in the key.
func (w *Wanted) wants(key []types.Datum) bool {
	if w.Lo == nil && w.Hi == nil {
		return true
	}
	d := key[len(w.Prefix)]
	return !d.IsNull() && (w.Lo == nil || d.Int() > w.Lo.Int() || w.LoInc && d.Int() == w.Lo.Int()) &&
		(w.Hi == nil || d.Int() < w.Hi.Int() || w.HiInc && d.Int() == w.Hi.Int())
}

// TestPruningIsSharp: what is left is no more than PostgreSQL leaves, in cases that show it.
func TestPruningIsSharp(t *testing.T) {
	one := func(n int64) *types.Datum { d := types.Int(n); return &d }
	for _, c := range []struct {
		set  string
		w    Wanted
		want string // IDs of the partitions, in the order of bounds
	}{
		{"range", Wanted{Prefix: [][]types.Datum{{types.Int(3)}}}, "[3]"},
		{"range", Wanted{Lo: one(3), Hi: one(8), HiInc: true}, "[3 1]"},
		{"range", Wanted{Lo: one(3), Hi: one(9), HiInc: true}, "[3 1 4]"},
		{"range", Wanted{Lo: one(2), LoInc: true, Hi: one(5)}, "[3]"},
		{"range", Wanted{Prefix: [][]types.Datum{{types.Null}}}, "[4]"},
		{"gaps", Wanted{Lo: one(4), LoInc: true, Hi: one(6)}, "[]"},
		{"two", Wanted{Prefix: [][]types.Datum{{types.Int(3)}}, Lo: one(4), LoInc: true}, "[2]"},
		{"two", Wanted{Prefix: [][]types.Datum{{types.Int(3)}}}, "[1 2 4]"},
		{"list", Wanted{Prefix: [][]types.Datum{{types.Int(4), types.Int(1)}}}, "[2]"},
		{"list", Wanted{Lo: one(5)}, "[1 3]"},
	} {
		s := sets[c.set]
		got := []catalog.ID{}
		for i, in := range s.In(&c.w) {
			if in {
				got = append(got, s.Parts[i].ID)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s %+v: %v, want %s", c.set, c.w, got, c.want)
		}
	}
}
