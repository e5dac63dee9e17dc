package dist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestEntryKeepsOrder(t *testing.T) {
	ds := []float32{float32(math.Inf(-1)), -math.MaxFloat32, -2, -1e-45, 0, 1e-45, 0.5, 2, math.MaxFloat32, float32(math.Inf(1))}
	for i, d := range ds {
		e := MakeEntry(d, 1<<31-2)
		if e.Dist() != d || e.Ord() != 1<<31-2 || (e|EntryMark).Ord() != 1<<31-2 {
			t.Errorf("%v comes back as %v, %d", d, e.Dist(), e.Ord())
		}
		if i > 0 && e <= MakeEntry(ds[i-1], 1<<31-2) {
			t.Errorf("%v is not after %v", d, ds[i-1])
		}
	}
	if nan := MakeEntry(float32(math.NaN()), 0); nan <= MakeEntry(float32(math.Inf(1)), 1<<31-2) {
		t.Error("NaN is not last")
	}
}

// entryGuard stands where nothing may be written.
const entryGuard Entry = 0x1234567890abcdef

// guardedEntries has room for n entries at an odd place and guards behind it.
func guardedEntries(n int) (e []Entry, intact func() bool) {
	all := make([]Entry, n+4)
	for i := range all {
		all[i] = entryGuard
	}
	return all[1 : 1+n : 1+n], func() bool {
		return all[0] == entryGuard && !slices.ContainsFunc(all[1+n:], func(e Entry) bool { return e != entryGuard })
	}
}

// checkSplit compares with an obvious loop.
func checkSplit(t *testing.T, k kernels, r *rand.Rand, n int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32}
	ids, dists := make([]uint32, n), make([]float32, n)
	for i := range ids {
		ids[i], dists[i] = r.Uint32()>>1, float32(r.NormFloat64())
		if r.IntN(6) == 0 {
			dists[i] = special[r.IntN(len(special))]
		}
	}
	bound := ^Entry(0)
	switch {
	case n > 0 && r.IntN(3) == 0: // exactly one of them
		i := r.IntN(n)
		bound = MakeEntry(dists[i], ids[i])
	case r.IntN(2) == 0:
		bound = MakeEntry(float32(r.NormFloat64()), r.Uint32()>>1)
	}
	var wantNearer, wantRest []Entry
	for i, id := range ids {
		if e := MakeEntry(dists[i], id); e < bound {
			wantNearer = append(wantNearer, e)
		} else {
			wantRest = append(wantRest, e)
		}
	}
	nearer, intactNearer := guardedEntries(n + EntrySpare)
	rest, intactRest := guardedEntries(n + EntrySpare)
	got := SplitNearer(ids, dists, bound, nearer, rest)
	if !slices.Equal(nearer[:got], wantNearer) || !slices.Equal(rest[:n-got], wantRest) {
		t.Fatalf("%s: split of %v by %x: %x and %x, want %x and %x", k.name, dists, bound, nearer[:got], rest[:n-got], wantNearer, wantRest)
	}
	if !intactNearer() || !intactRest() {
		t.Fatalf("%s: split of %d writes beyond its room", k.name, n)
	}
}

func checkSort(t *testing.T, k kernels, r *rand.Rand, n int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	e, intact := guardedEntries(n)
	values := 1 + r.IntN(100)
	for i := range e {
		e[i] = MakeEntry(float32(r.IntN(values)-values/2), r.Uint32N(8))
		if r.IntN(20) == 0 {
			e[i] = ^Entry(0)
		}
	}
	want := slices.Clone(e)
	slices.Sort(want)
	SortEntries(e)
	if !slices.Equal(e, want) || !intact() {
		t.Fatalf("%s: sort of %d: %x, want %x", k.name, n, e, want)
	}
}

// checkMerge compares with a stable sort by distance.
func checkMerge(t *testing.T, k kernels, r *rand.Rand, n, m int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	values := 1 + r.IntN(2*(n+m))
	pool := make([]Entry, n+m)
	for i := range pool {
		pool[i] = MakeEntry(float32(r.IntN(values))-10, uint32(i))
	}
	old, news := slices.Clone(pool[:n]), slices.Clone(pool[n:])
	slices.Sort(old)
	slices.Sort(news)
	for i := range old {
		if r.IntN(3) == 0 {
			old[i] |= EntryMark
		}
	}
	want := append(slices.Clone(old), news...)
	slices.SortStableFunc(want, func(a, b Entry) int { return int(a>>32) - int(b>>32) })
	e, intact := guardedEntries(n + m + EntrySpare)
	copy(e, old)
	from, intactFrom := guardedEntries(m + EntrySpare)
	copy(from, news)
	low := MergeEntries(e, n, from[:m], make([]int32, m))
	if !slices.Equal(e[:n+m], want) {
		t.Fatalf("%s: %x into %x: %x, want %x", k.name, news, old, e[:n+m], want)
	}
	if low != slices.Index(want, news[0]) || !slices.Equal(from[:m], news) || !intact() || !intactFrom() {
		t.Fatalf("%s: %d entries into %d: lowest place %d, want %d; or written beyond the room", k.name, m, n, low, slices.Index(want, news[0]))
	}
}

func TestEntriesAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(5, 6))
		for n := range 300 {
			for range 4 {
				checkSplit(t, k, r, n)
				checkSort(t, k, r, n%100)
			}
		}
		for n := range 150 {
			for m := 1; m <= 70; m += 1 + m/9 {
				checkMerge(t, k, r, n, m)
			}
		}
		for range 200 {
			checkMerge(t, k, r, r.IntN(2000), 1+r.IntN(300))
		}
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(uint64(1), uint16(64), uint8(3))
	f.Add(uint64(2), uint16(1000), uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, m uint8) {
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 7))
			checkSplit(t, k, r, int(n)%3000)
			checkSort(t, k, r, int(m))
			checkMerge(t, k, r, int(n)%3000, 1+int(m))
		}
	})
}
