package executor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/types"
)

// sortable makes values of a type, many of them equal or alike in their first bytes.
var sortable = []struct {
	t    types.T
	make func(r *rand.Rand) types.Datum
}{
	{types.Of(types.Int4OID), func(r *rand.Rand) types.Datum { return types.Int(int64(r.IntN(2000) - 1000)) }},
	{types.Of(types.Int8OID), func(r *rand.Rand) types.Datum { return types.Int(int64(r.Uint64())) }},
	{types.Of(types.OidOID), func(r *rand.Rand) types.Datum { return types.Int(int64(r.Uint32())) }},
	{types.Of(types.BoolOID), func(r *rand.Rand) types.Datum { return types.Int(int64(r.IntN(2))) }},
	{types.Of(types.Float8OID), func(r *rand.Rand) types.Datum {
		odd := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1, -1}
		if i := r.IntN(20); i < len(odd) {
			return types.Float(odd[i])
		}
		return types.Float(r.NormFloat64())
	}},
	{types.Of(types.TextOID), func(r *rand.Rand) types.Datum {
		return types.String(strings.Repeat("abcdefgh", r.IntN(4)) + strings.Repeat(string(rune('x'+r.IntN(3))), r.IntN(11)))
	}},
	{types.Of(types.TextOID), func(r *rand.Rand) types.Datum { return types.String(fmt.Sprint("the same beginning ", r.IntN(9000))) }},
	{types.Of(types.ByteaOID), func(r *rand.Rand) types.Datum { return types.Bytes(make([]byte, r.IntN(12))) }},
	{types.Of(types.BpcharOID), func(r *rand.Rand) types.Datum {
		return types.String(strings.Repeat("b", r.IntN(3)) + strings.Repeat(" ", r.IntN(3)))
	}},
	{types.Of(types.NumericOID), func(r *rand.Rand) types.Datum {
		d, err := types.ParseText(types.Of(types.NumericOID), fmt.Sprintf("%d.%03d", r.IntN(40)-20, r.IntN(1000)), nil)
		if err != nil {
			panic(err)
		}
		return d
	}},
}

// TestSortRows holds the sort by prefixes against a stable sort by comparisons.
func TestSortRows(t *testing.T) {
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		o, s := &order{}, (*rowStore)(nil)
		var made []func(*rand.Rand) types.Datum
		for range 1 + r.IntN(3) {
			c := sortable[r.IntN(len(sortable))]
			o.keys = append(o.keys, physical.SortKey{Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
			o.types, made = append(o.types, c.t), append(made, c.make)
		}
		// A column before the keys, as aggregates have.
		s = newRowStore(append([]types.T{types.Of(types.Int8OID)}, o.types...))
		nulls := r.IntN(4)
		for range []int{0, 1, 2, radixFrom - 1, radixFrom, 1500, 9000}[r.IntN(7)] {
			row := []types.Datum{types.Int(0)}
			for _, f := range made {
				if nulls > 0 && r.IntN(5) < nulls {
					row = append(row, types.Null)
					continue
				}
				row = append(row, f(r))
			}
			if err := s.appendRow(row); err != nil {
				t.Fatal(err)
			}
		}
		got, err := sortRows(nil, s, o, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]uint32, s.n)
		for i := range want {
			want[i] = uint32(i)
		}
		slices.SortStableFunc(want, func(a, b uint32) int { return o.compare(s.cols[1:], int(a), s.cols[1:], int(b)) })
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %d rows by %v %v in another order", seed, s.n, o.types, o.keys)
		}
	}
}

// TestSortBudget refuses the memory of a sort that the statement does not have, and
// gives back what it took.
func TestSortBudget(t *testing.T) {
	o := &order{keys: make([]physical.SortKey, 1), types: []types.T{types.Of(types.Int8OID)}}
	s := newRowStore(o.types)
	b := NewBudget(60_000)
	s.reset(b)
	for i := range 1000 {
		if err := s.appendRow([]types.Datum{types.Int(int64(-i))}); err != nil {
			t.Fatal(err)
		}
	}
	held := b.used.Load()
	if _, err := sortRows(nil, s, o, 0, nil); err != nil || b.used.Load() != held {
		t.Fatal(err, b.used.Load(), held)
	}
	b.limit = held + 2*sortEntrySize*999
	if _, err := sortRows(nil, s, o, 0, nil); err == nil || b.used.Load() != held {
		t.Fatal(err, b.used.Load(), held)
	}
}

// TestSortShared sorts with a helper as without.
func TestSortShared(t *testing.T) {
	env := &Env{Workers: 1, Helpers: NewHelpers(2), Counters: make([]Counter, 1)}
	for _, c := range sortable {
		r := rand.New(rand.NewPCG(7, 7))
		o := &order{keys: []physical.SortKey{{Desc: true}, {}}, types: []types.T{c.t, types.Of(types.Int4OID)}}
		s := newRowStore(o.types)
		for i := range sharedFrom + 5000 {
			row := []types.Datum{c.make(r), types.Int(int64(r.IntN(3)))}
			if i%50 == 0 {
				row[0] = types.Null
			}
			if err := s.appendRow(row); err != nil {
				t.Fatal(err)
			}
		}
		want, err := sortRows(nil, s, o, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sortRows(nil, s, o, 0, &sortCrew{env, 0})
		if err != nil || !slices.Equal(got, want) || env.Helpers.Taken() != 0 || env.Counters[0].Workers != 1 {
			t.Fatalf("%v: another order with a helper: %v", c.t, err)
		}
		env.Counters[0].Workers = 0
	}
	defer func() {
		if p, ok := recover().(*workerPanic); !ok || p.what == "" {
			t.Error("a helper's panic was lost")
		}
	}()
	both(func() {}, func() { panic("helper") })
}

func BenchmarkSortRows(b *testing.B) {
	for _, c := range sortable {
		r := rand.New(rand.NewPCG(1, 1))
		o := &order{keys: make([]physical.SortKey, 1), types: []types.T{c.t}}
		s := newRowStore(o.types)
		for range 100_000 {
			if err := s.appendRow([]types.Datum{c.make(r)}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(types.TypeName(c.t.OID), func(b *testing.B) {
			for b.Loop() {
				if _, err := sortRows(nil, s, o, 0, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
