package flat

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// collection is n random vectors as the scan sees them, and as plain slices.
type collection struct {
	view  Vectors
	plain [][]float32
}

func newCollection(rng *rand.Rand, m dist.Metric, n, dims int, fill func(i, j int) float32) *collection {
	return newRecords(m, n, dims, 4*dims+rng.IntN(2)*12, fill) // records may be padded
}

func newRecords(m dist.Metric, n, dims, stride int, fill func(i, j int) float32) *collection {
	const shift = 7
	c := &collection{view: Vectors{Metric: m, Dims: dims, InvShift: shift}}
	var chunks [][]byte
	for i := range n {
		if i&(1<<shift-1) == 0 {
			chunks = append(chunks, make([]byte, stride<<shift))
			c.view.InvNorm = append(c.view.InvNorm, make([]float32, 1<<shift))
		}
		v := make([]float32, dims)
		for j := range v {
			v[j] = fill(i, j)
		}
		rec := chunks[i>>shift][(i&(1<<shift-1))*stride:]
		copy(unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(rec))), dims), v)
		c.view.InvNorm[i>>shift][i&(1<<shift-1)] = InvNorm(v)
		c.plain = append(c.plain, v)
	}
	c.view.Rows = dist.ChunkedRows(chunks, shift, stride)
	return c
}

func (c *collection) model(q []float32, ok func(ord uint32) bool) []Candidate {
	var all []Candidate
	for i, v := range c.plain {
		if ok(uint32(i)) {
			all = append(all, Candidate{Dist: c.view.Metric.Exact(q, v), Ord: uint32(i)})
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
		for _, m := range []dist.Metric{dist.L2, dist.InnerProduct, dist.Cosine, dist.L1} {
			for _, dims := range []int{1, 3, 17, 64} {
				n := 1 + rng.IntN(700)
				col := newCollection(rng, m, n, dims, fill)
				q := make([]float32, dims)
				for j := range q {
					q[j] = rng.Float32() - 0.5
				}
				var s Scorer
				s.Reset(m, q)
				var c Cursor
				for _, batch := range []int{1, 7, 2000} {
					c.Reset(&s, &col.view, 0, uint32(n), batch, nil)
					if !same(drain(t, &c), col.model(q, func(uint32) bool { return true })) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong order or set", name, m, dims, n, batch)
					}
					odd := func(o uint32) bool { return o%2 == 1 && o >= 5 }
					c.Reset(&s, &col.view, 5, uint32(n), batch, func(ords []uint32) []uint32 {
						return slices.DeleteFunc(ords, func(o uint32) bool { return !odd(o) })
					})
					if n > 5 && !same(drain(t, &c), col.model(q, odd)) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong under a filter", name, m, dims, n, batch)
					}
					list := make([]uint32, 0, n)
					for o := 0; o < n; o += 3 {
						list = append(list, uint32(o))
					}
					c.ResetList(&s, &col.view, list, batch, nil)
					c.Exclude([]uint32{0, uint32(n) + 100})
					if !same(drain(t, &c), col.model(q, func(o uint32) bool { return o%3 == 0 && o != 0 })) {
						t.Fatalf("%s %v dims %d n %d batch %d: wrong for a list", name, m, dims, n, batch)
					}
				}
			}
		}
	}
}

func TestCancel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	col := newCollection(rng, dist.L2, 100, 4, func(i, j int) float32 { return rng.Float32() })
	var s Scorer
	s.Reset(dist.L2, make([]float32, 4))
	var c Cursor
	c.Reset(&s, &col.view, 0, 100, 5, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Next(ctx, nil); err != context.Canceled {
		t.Fatalf("error %v", err)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	col := newCollection(rng, dist.Cosine, 2000, 32, func(i, j int) float32 { return rng.Float32() })
	q := make([]float32, 32)
	q[1] = 1
	var s Scorer
	var c Cursor
	dst := make([]Candidate, 0, 100)
	got := testing.AllocsPerRun(20, func() {
		s.Reset(dist.Cosine, q)
		c.Reset(&s, &col.view, 0, 2000, 50, nil)
		if _, err := c.Next(context.Background(), dst[:0]); err != nil {
			t.Error(err)
		}
	})
	if got != 0 {
		t.Fatalf("%v allocations", got)
	}
}

func BenchmarkScan128(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 50_000
	col := newCollection(rng, dist.L2, n, 128, func(i, j int) float32 { return rng.Float32() })
	q := make([]float32, 128)
	var s Scorer
	s.Reset(dist.L2, q)
	var c Cursor
	var dst []Candidate
	for b.Loop() {
		c.Reset(&s, &col.view, 0, n, 50, nil)
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
			col := newRecords(m, n, dims, 4*dims, func(i, j int) float32 { return rng.Float32() })
			q := make([]float32, dims)
			q[3] = 1
			var s Scorer
			s.Reset(m, q)
			var c Cursor
			var dst []Candidate
			for b.Loop() {
				c.Reset(&s, &col.view, 0, n, 50, nil)
				dst, _ = c.Next(context.Background(), dst[:0])
			}
			b.SetBytes(n * dims * 4)
		})
	}
}
