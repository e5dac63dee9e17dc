package flat

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
)

// collection is n random vectors as the scan sees them, and as plain slices.
type collection struct {
	view  *dist.Vectors
	plain [][]byte
}

func newCollection(rng *rand.Rand, s dist.Space, n int, fill func(i, j int) float32) *collection {
	return newRecords(s, n, s.Size()+rng.IntN(2)*12, fill) // records may be padded
}

func newRecords(s dist.Space, n, stride int, fill func(i, j int) float32) *collection {
	const shift = 7
	store := dist.NewStore(s, shift, 0, func(n int) []byte { return make([]byte, n) })
	c := &collection{}
	var chunks [][]byte
	for i := range n {
		f := make([]float32, s.Dims)
		for j := range f {
			f[j] = fill(i, j)
		}
		v := indextest.Encode(s, f)
		if err := store.Append(v); err != nil {
			panic(err)
		}
		if i&(1<<shift-1) == 0 {
			chunks = append(chunks, make([]byte, stride<<shift))
		}
		copy(chunks[i>>shift][(i&(1<<shift-1))*stride:], v)
		c.plain = append(c.plain, v)
	}
	view := *store.View()
	if s.Element != dist.Sparse {
		view.Rows = dist.ChunkedRows(chunks, shift, stride)
	}
	c.view = &view
	return c
}

func (c *collection) model(q []byte, ok func(ord uint32) bool) []Candidate {
	var all []Candidate
	for i, v := range c.plain {
		if ok(uint32(i)) {
			all = append(all, Candidate{Dist: c.view.Space.Exact(q, v), Ord: uint32(i)})
		}
	}
	slices.SortFunc(all, compare)
	return all
}

// same compares what is defined: the distances in order and the set of ordinals.
func same(a, b []Candidate) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Dist != b[i].Dist && !(math.IsNaN(a[i].Dist) && math.IsNaN(b[i].Dist)) {
			return false
		}
	}
	ords := func(c []Candidate) []uint32 {
		out := make([]uint32, len(c))
		for i := range c {
			out[i] = c[i].Ord
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(ords(a), ords(b))
}

func drain(t *testing.T, c *Cursor) []Candidate {
	t.Helper()
	var got []Candidate
	for {
		n := len(got)
		var err error
		if got, err = c.Next(context.Background(), got); err != nil {
			t.Fatal(err)
		}
		if len(got) == n {
			return got
		}
	}
}

// Draining a cursor gives exactly what sorting everything gives, for every
// metric, batch size, filter and shape of input.
func TestCursorIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	fills := map[string]func(i, j int) float32{
		"random":     func(i, j int) float32 { return rng.Float32()*2 - 1 },
		"duplicates": func(i, j int) float32 { return float32(i % 3) },
		"zeros":      func(i, j int) float32 { return float32(rng.IntN(2) * (i % 2)) },
		"near":       func(i, j int) float32 { return float32(j%5) + 0.5 + 1e-4*rng.Float32() }, // closer than float32 tells
		"tiny":       func(i, j int) float32 { return (rng.Float32() - 0.5) * 1e-25 },
		"huge":       func(i, j int) float32 { return (rng.Float32() - 0.5) * 1e30 },
	}
	for name, fill := range fills {
		for _, dims := range []int{1, 3, 17, 64} {
			for _, sp := range indextest.Spaces(dims) {
				if name == "huge" && sp.Element == dist.Float16 {
					continue // halves are all as large as can be: nothing but near-ties
				}
				n := 1 + rng.IntN(700)
				col := newCollection(rng, sp, n, fill)
				f := make([]float32, dims)
				for j := range f {
					f[j] = rng.Float32() - 0.5
				}
				q := indextest.Encode(sp, f)
				var s Scorer
				s.Reset(sp, q)
				var c Cursor
				for _, batch := range []int{1, 7, 2000} {
					c.Reset(&s, col.view, 0, uint32(n), batch, nil)
					if !same(drain(t, &c), col.model(q, func(uint32) bool { return true })) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong order or set", name, sp, dims, n, batch)
					}
					odd := func(o uint32) bool { return o%2 == 1 && o >= 5 }
					c.Reset(&s, col.view, 5, uint32(n), batch, func(ords []uint32) []uint32 {
						return slices.DeleteFunc(ords, func(o uint32) bool { return !odd(o) })
					})
					if n > 5 && !same(drain(t, &c), col.model(q, odd)) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong under a filter", name, sp, dims, n, batch)
					}
					list := make([]uint32, 0, n)
					for o := 0; o < n; o += 3 {
						list = append(list, uint32(o))
					}
					c.ResetList(&s, col.view, list, batch, nil)
					c.Exclude([]uint32{0, uint32(n) + 100})
					if !same(drain(t, &c), col.model(q, func(o uint32) bool { return o%3 == 0 && o != 0 })) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong for a list", name, sp, dims, n, batch)
					}
				}
			}
		}
	}
}

func TestCancel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	col := newCollection(rng, dist.Space{Dims: 4}, 100, func(i, j int) float32 { return rng.Float32() })
	var s Scorer
	s.Reset(col.view.Space, make([]byte, 16))
	var c Cursor
	c.Reset(&s, col.view, 0, 100, 5, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Next(ctx, nil); err != context.Canceled {
		t.Fatalf("error %v", err)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, sp := range indextest.Spaces(32) {
		col := newRecords(sp, 2000, sp.Size(), func(i, j int) float32 { return rng.Float32() })
		q := col.plain[7]
		var s Scorer
		var c Cursor
		dst := make([]Candidate, 0, 2000)
		got := testing.AllocsPerRun(20, func() {
			s.Reset(sp, q)
			c.Reset(&s, col.view, 0, 2000, 50, nil)
			if _, err := c.Next(context.Background(), dst[:0]); err != nil {
				t.Error(err)
			}
		})
		if got != 0 {
			t.Fatalf("%v: %v allocations", sp, got)
		}
	}
}

func BenchmarkScan128(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 50_000
	col := newCollection(rng, dist.Space{Dims: 128}, n, func(i, j int) float32 { return rng.Float32() })
	var s Scorer
	s.Reset(col.view.Space, make([]byte, 4*128))
	var c Cursor
	var dst []Candidate
	for b.Loop() {
		c.Reset(&s, col.view, 0, n, 50, nil)
		dst, _ = c.Next(context.Background(), dst[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/vector")
}

// BenchmarkScanBeyondCaches reads 136 MB a query: what memory gives, not the caches.
func BenchmarkScanBeyondCaches(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, dims = 340_000, 100
	for _, m := range []dist.Metric{dist.Cosine, dist.L2} {
		b.Run(m.String(), func(b *testing.B) {
			sp := dist.Space{Metric: m, Dims: dims}
			col := newRecords(sp, n, 4*dims, func(i, j int) float32 { return rng.Float32() })
			q := make([]float32, dims)
			q[3] = 1
			var s Scorer
			s.Reset(sp, dist.FloatBytes(q))
			var c Cursor
			var dst []Candidate
			for b.Loop() {
				c.Reset(&s, col.view, 0, n, 50, nil)
				dst, _ = c.Next(context.Background(), dst[:0])
			}
			b.SetBytes(n * dims * 4)
		})
	}
}
