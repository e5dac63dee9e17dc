package quant

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// learned are books of vectors against their mean; each is near to the one before.
func learned(t testing.TB, m dist.Metric, vecs [][]float32, workers int) *Books {
	t.Helper()
	dims := len(vecs[0])
	mean := mean(m, vecs)
	var sample []float32
	o := TrainOptions{Metric: m, Seed: 1, Workers: workers, Centre: func(int) []float32 { return mean }}
	for i, v := range vecs {
		f := normaliser(m, v)
		for j, x := range v {
			sample = append(sample, float32(float64(x)*f)-mean[j])
		}
		o.Near = append(o.Near, int32(i)-1)
	}
	b, err := TrainBooks(context.Background(), o, sample, mean)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.cuts) != Parts(dims)+1 {
		t.Fatalf("%d cuts of %d dimensions", len(b.cuts), dims)
	}
	return b
}

// pqSet is a collection coded against the mean, in blocks and as records.
type pqSet struct {
	c      *PQ
	blocks []byte
	rows   dist.Rows
	ords   []uint32
}

func pqCoded(c *PQ, vecs [][]float32) *pqSet {
	dims := len(vecs[0])
	s := &pqSet{c: c, blocks: make([]byte, (len(vecs)+31)/32*PQBlock(dims))}
	s.rows = dist.FlatRows(make([]byte, len(vecs)*PQStride(dims)), PQStride(dims))
	var m PQCode
	unit := make([]float32, dims)
	for i, v := range vecs {
		c.Unit(unit, v)
		c.Encode(&m, unit, c.books.mean)
		size := PQBlock(dims)
		c.Put(&m, s.blocks[i/32*size:(i/32+1)*size], i%32)
		c.PutRecord(&m, s.rows.Bytes(uint32(i)))
		s.ords = append(s.ords, uint32(i))
	}
	return s
}

// estimate returns estimates and safe bounds by the records and, of what is nearer than
// bound, bounds by the blocks.
func (s *pqSet) estimate(v []float32, bound float32) (est, safe, low []float32, q *PQQuery) {
	n := len(s.ords)
	est, safe, low = make([]float32, n), make([]float32, n), make([]float32, (n+31)/32*32)
	q = &PQQuery{}
	y := make([]float32, len(v))
	s.c.Unit(y, v)
	s.c.PrepareRecords(q, y)
	s.c.Distances(q, &s.rows, s.ords, est)
	s.c.LowerBounds(q, &s.rows, s.ords, safe)
	s.c.Prepare(q, y)
	s.c.Enter(q, s.c.books.mean)
	s.c.Bounds(q, unsafe.Pointer(unsafe.SliceData(s.blocks)), n, bound, low, make([]uint32, (n+31)/32))
	return est, safe, low[:n], q
}

// TestPQBounds: estimates are unbiased, few of the distances that count lie below their
// bounds, and fewer components a code make smaller errors than one centroid for all would.
func TestPQBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	for _, name := range []string{"gauss", "bytes", "offset", "sparse"} {
		for _, dims := range []int{5, 48, 100, 300} {
			all := make([][]float32, 1000)
			for i := range all {
				all[i] = shapes[name](r, dims)
			}
			for _, m := range bitMetrics {
				checkPQBounds(t, r, m, name, all)
			}
		}
	}
}

func checkPQBounds(t *testing.T, r *rand.Rand, m dist.Metric, shape string, vecs [][]float32) {
	t.Helper()
	books := learned(t, m, vecs, 2)
	s := pqCoded(NewPQ(books, m), vecs)
	var sum, abs, count, spread float64
	below, unsafe, counted := 0, 0, 0
	for range 15 {
		v := shapes[shape](r, len(vecs[0]))
		var dists []float64
		mid := 0.0
		for _, x := range vecs {
			dists = append(dists, m.Exact(v, x))
			mid += dists[len(dists)-1] / float64(len(vecs))
		}
		est, safe, low, _ := s.estimate(v, float32(mid))
		for i, d := range dists {
			sum += float64(est[i]) - d
			abs += math.Abs(float64(est[i]) - d)
			spread += math.Abs(d - mid)
			count++
			if d < float64(safe[i]) {
				unsafe++
			}
			if d < mid {
				if counted++; d < float64(low[i]) {
					below++
				}
			}
		}
	}
	if share := float64(below) / float64(counted); share > 0.02 {
		t.Errorf("%s %v dims=%d: %.4f of the distances are below their bounds", shape, m, len(vecs[0]), share)
	}
	most := 1
	if shape == "sparse" { // a sample says less of what is rare where most components are zero
		most = 4
	}
	if unsafe > most {
		t.Errorf("%s %v dims=%d: %d distances are below their safe bounds", shape, m, len(vecs[0]), unsafe)
	}
	if bias := math.Abs(sum / count); bias > 0.2*abs/count {
		t.Errorf("%s %v dims=%d: bias %v, error %v", shape, m, len(vecs[0]), bias, abs/count)
	}
	if abs > 0.8*spread {
		t.Errorf("%s %v dims=%d: error %v where distances differ by %v", shape, m, len(vecs[0]), abs/count, spread/count)
	}
}

// TestBooksAreReproducible: whatever the number of workers, and after being written.
func TestBooksAreReproducible(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	vecs := make([][]float32, 300)
	for i := range vecs {
		vecs[i] = shapes["gauss"](r, 40)
	}
	b := learned(t, dist.L2, vecs, 1)
	form := b.AppendTo(nil)
	if !bytes.Equal(form, learned(t, dist.L2, vecs, 3).AppendTo(nil)) {
		t.Error("other books with other workers")
	}
	read, err := ReadBooks(form, 40)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read.AppendTo(nil), form) || read.Bytes() != b.Bytes() {
		t.Error("the books that were read differ")
	}
	for _, bad := range [][]byte{form[:len(form)-4], append(bytes.Clone(form), 0, 0, 0, 0), nil} {
		if _, err := ReadBooks(bad, 40); !errors.Is(err, ErrBooks) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	for at, word := range map[int][4]byte{0: {0, 0, 0xc0, 0x7f}, 4: {0, 0, 0x80, 0xff}, 8: {1}, 12: {0, 0, 0, 1}, len(form) - 4: {0, 0, 0x80, 0x7f}} {
		bad := bytes.Clone(form)
		copy(bad[at:], word[:])
		if _, err := ReadBooks(bad, 40); !errors.Is(err, ErrBooks) {
			t.Errorf("word %d: %v", at/4, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := TrainBooks(ctx, TrainOptions{Near: make([]int32, 1)}, make([]float32, 40), make([]float32, 40)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCuts: every component is in one part, and what varies much is in a small one.
func TestCuts(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 1))
	for range 300 {
		dims := 1 + r.IntN(400)
		sample := make([]float32, 20*dims)
		for i := range sample {
			if i%dims > r.IntN(dims) {
				sample[i] = float32(r.NormFloat64() * math.Exp(10*r.NormFloat64()))
			}
		}
		got := cuts(sample, dims, Parts(dims))
		if len(got) != Parts(dims)+1 || got[0] != 0 || int(got[len(got)-1]) != dims {
			t.Fatalf("%d dimensions: %v", dims, got)
		}
		for i, c := range got[1:] {
			if c <= got[i] {
				t.Fatalf("%d dimensions: %v", dims, got)
			}
		}
	}
	sample := make([]float32, 100*40)
	for i := range sample {
		sample[i] = float32(r.NormFloat64())
		if i%40 < 4 {
			sample[i] *= 30
		}
	}
	for i, c := range cuts(sample, 40, Parts(40))[:5] {
		if int(c) != i {
			t.Errorf("cut %d at %d", i, c)
		}
	}
}

// TestPQOfOddVectors: zero vectors, the mean itself and huge or tiny vectors are coded, and
// what overflows says nothing instead of something wrong.
func TestPQOfOddVectors(t *testing.T) {
	const dims = 70
	r := rand.New(rand.NewPCG(24, 1))
	v := shapes["gauss"](r, dims)
	tiny, huge := make([]float32, dims), make([]float32, dims)
	for i, x := range v {
		tiny[i], huge[i] = x*1e-38, x*1e37
	}
	vecs := [][]float32{make([]float32, dims), v, tiny, huge, shapes["gauss"](r, dims)}
	for _, m := range bitMetrics {
		s := pqCoded(NewPQ(learned(t, m, vecs, 1), m), vecs)
		for _, q := range vecs {
			_, safe, low, _ := s.estimate(q, math.MaxFloat32)
			for i, x := range vecs {
				d := m.Exact(q, x)
				if float64(safe[i]) > d+1e-5*(1+math.Abs(d)) || float64(low[i]) > d+1e-5*(1+math.Abs(d)) {
					t.Errorf("%v: %d is at %v, bounded by %v and %v", m, i, d, safe[i], low[i])
				}
			}
		}
	}
}

func FuzzPQ(f *testing.F) {
	f.Add(float32(1), float32(-2), float32(3e38), float32(-3e38))
	f.Add(float32(0), float32(0), float32(1e-45), float32(0))
	f.Fuzz(func(t *testing.T, x0, x1, x2, x3 float32) {
		v := []float32{x0, x1, x2, x3}
		for _, x := range v {
			if x-x != 0 {
				t.Skip()
			}
		}
		for _, m := range bitMetrics {
			b := learned(t, m, [][]float32{v, {1, 2, 3, 4}}, 1)
			if _, err := ReadBooks(b.AppendTo(nil), 4); err != nil {
				t.Fatal(err)
			}
			pqCoded(NewPQ(b, m), [][]float32{v, {1, 2, 3, 4}}).estimate(v, 1)
		}
	})
}
