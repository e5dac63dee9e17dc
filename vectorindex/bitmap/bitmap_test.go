package bitmap

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Every operation must agree with a plain map, for dense, sparse and extreme rows.
func TestAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []uint64{100, 1 << 20, 1 << 40, 1 << 63} {
		base := uint64(1) << 63
		b, model := New(), map[uint64]bool{}
		for range 3000 {
			r := base + rng.Uint64N(spread)
			switch rng.IntN(4) {
			case 0:
				b.Remove(r)
				delete(model, r)
			default:
				b.Add(r)
				model[r] = true
			}
			if rng.IntN(100) == 0 {
				probe := b.Probe()
				q := base + rng.Uint64N(spread)
				if probe.Contains(q) != model[q] || b.Contains(q) != model[q] {
					t.Fatalf("spread %d: Contains(%d) differs from the model", spread, q)
				}
			}
		}
		probe := b.Probe()
		for r := range model {
			if !probe.Contains(r) || probe.Contains(r+1) != model[r+1] || probe.Contains(r-1) != model[r-1] {
				t.Fatalf("spread %d: probe differs near %d", spread, r)
			}
		}
		if probe.Contains(0) || probe.Contains(1<<62) {
			t.Fatal("probe reports rows below its base")
		}
		if int(b.Cardinality()) != len(model) {
			t.Fatalf("cardinality %d, want %d", b.Cardinality(), len(model))
		}
		var got []uint64
		b.Iterate(func(r uint64) bool { got = append(got, r); return true })
		if len(got) != len(model) || !slices.IsSorted(got) {
			t.Fatal("iteration is not the sorted set")
		}
		fresh := b.Clone() // has no probe yet
		for _, set := range []*Bitmap{b, fresh} {
			var many []uint64
			it := set.Iter()
			var buf [77]uint64
			for n := it.NextMany(buf[:]); n > 0; n = it.NextMany(buf[:]) {
				many = append(many, buf[:n]...)
			}
			if !slices.Equal(got, many) {
				t.Fatal("NextMany differs from Iterate")
			}
		}
	}
}

func TestSetAlgebra(t *testing.T) {
	a, b := Of(1, 2, 3, 1<<63), Of(2, 3, 4)
	and := a.Clone()
	and.And(b)
	or := a.Clone()
	or.Or(b)
	not := a.Clone()
	not.AndNot(b)
	if and.Cardinality() != 2 || or.Cardinality() != 5 || not.Cardinality() != 2 || a.Cardinality() != 4 {
		t.Fatalf("and %d, or %d, and-not %d, a %d", and.Cardinality(), or.Cardinality(), not.Cardinality(), a.Cardinality())
	}
	a.AddRange(10, 20)
	if a.Cardinality() != 14 || a.IsEmpty() {
		t.Fatal("AddRange")
	}
	a.Reset()
	if !a.IsEmpty() {
		t.Fatal("Reset left rows")
	}
	if p := a.Probe(); p.Contains(0) || p.Contains(1) {
		t.Fatal("an empty set contains something")
	}
}

// A write after Probe must be seen by the next Probe.
func TestProbeIsRebuilt(t *testing.T) {
	b := Of(5)
	if p := b.Probe(); !p.Contains(5) || p.Contains(6) {
		t.Fatal("probe is wrong")
	}
	b.AddMany([]uint64{6, 1 << 50})
	if p := b.Probe(); !p.Contains(6) || !p.Contains(1<<50) || p.Contains(7) {
		t.Fatal("probe is stale after a write")
	}
	if b.Bytes() <= 0 {
		t.Fatal("no size")
	}
}

func BenchmarkProbe(b *testing.B) {
	set := New()
	for i := uint64(0); i < 1_000_000; i += 3 {
		set.Add(1<<63 + i)
	}
	p := set.Probe()
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([]uint64, 4096)
	for i := range rows {
		rows[i] = 1<<63 + rng.Uint64N(1_000_000)
	}
	b.Run("probe", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			if p.Contains(rows[i&4095]) {
				n++
			}
		}
		_ = n
	})
	b.Run("roaring", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			if set.Contains(rows[i&4095]) {
				n++
			}
		}
		_ = n
	})
}
