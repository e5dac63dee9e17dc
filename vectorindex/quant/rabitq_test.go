package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// TestRotationKeepsAngles: lengths and products survive, and the energy of one
// component is spread over all.
func TestRotationKeepsAngles(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for _, dims := range []int{1, 3, 64, 65, 100, 128, 200, 320, 768, 1000, 1536} {
		rot := NewRotation(dims, dist.BitDims(dims))
		a, b := shapes["gauss"](r, dims), shapes["gauss"](r, dims)
		ra, rb := make([]float32, rot.Padded()), make([]float32, rot.Padded())
		rot.Apply(ra, a, 1)
		rot.Apply(rb, b, 2)
		scale := math.Sqrt(dist.NormSq64(a) * dist.NormSq64(b))
		if got, want := dist.Dot64(ra, rb), 2*dist.Dot64(a, b); math.Abs(got-want) > 1e-5*scale {
			t.Errorf("dims %d: product %v, want %v", dims, got, want)
		}
		clear(a)
		a[dims/2] = 1
		rot.Apply(ra, a, 1)
		most := float32(0)
		for _, x := range ra {
			most = max(most, abs(x))
		}
		if limit := 5 / math.Sqrt(float64(rot.Padded())); float64(most) > limit {
			t.Errorf("dims %d: a component of %v is left, want at most %v", dims, most, limit)
		}
	}
}

// bitSet is a collection coded against a centre.
type bitSet struct {
	c      *RaBitQ
	rows   dist.Rows
	centre []float32
	errs   []float32
}

func bitCoded(c *RaBitQ, vecs [][]float32, centre []float32) *bitSet {
	s := &bitSet{c: c}
	s.rows = dist.FlatRows(make([]byte, len(vecs)*c.Stride()+16), c.Stride())
	if centre != nil {
		s.centre = make([]float32, c.Padded())
		c.RotateCentre(s.centre, centre)
	}
	var scratch Scratch
	o := make([]float32, c.Padded())
	for i, v := range vecs {
		c.Rotate(o, v)
		s.errs = append(s.errs, c.Encode(&scratch, s.rows.Bytes(uint32(i)), o, s.centre))
	}
	return s
}

// estimate returns the estimates and lower bounds of the distances from v.
func (s *bitSet) estimate(v []float32) (est, low []float32, q *BitQuery) {
	y := make([]float32, s.c.Padded())
	s.c.Rotate(y, v)
	q = &BitQuery{}
	s.c.Prepare(q, y, s.centre)
	ords := make([]uint32, len(s.errs))
	for i := range ords {
		ords[i] = uint32(i)
	}
	est, low = make([]float32, len(ords)), make([]float32, len(ords))
	s.c.Distances(q, &s.rows, ords, est)
	s.c.LowerBounds(q, &s.rows, ords, low)
	return est, low, q
}

var bitMetrics = []dist.Metric{dist.L2, dist.InnerProduct, dist.Cosine}

// TestBitEstimates: estimates are unbiased, one in 740 at most is below its bound,
// and each bit more about halves the error.
func TestBitEstimates(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for _, name := range []string{"gauss", "bytes", "offset", "sparse"} {
		for _, dims := range []int{48, 200} {
			vecs := make([][]float32, 250)
			for i := range vecs {
				vecs[i] = shapes[name](r, dims)
			}
			for _, m := range bitMetrics {
				last := math.Inf(1)
				for bits := 1; bits <= 8; bits++ {
					last = checkBitEstimates(t, r, NewRaBitQ(dims, bits, m), name, vecs, last)
				}
			}
		}
	}
}

func checkBitEstimates(t *testing.T, r *rand.Rand, c *RaBitQ, shape string, vecs [][]float32, last float64) float64 {
	t.Helper()
	centre := mean(c.metric, vecs)
	s := bitCoded(c, vecs, centre)
	var sum, abs, count float64
	below, unsafe := 0, 0
	safe, ords := make([]float32, len(vecs)), make([]uint32, len(vecs))
	for i := range ords {
		ords[i] = uint32(i)
	}
	for range 25 {
		v := shapes[shape](r, len(vecs[0]))
		est, low, q := s.estimate(v)
		c.SafeBounds(q, &s.rows, ords, safe)
		for i, e := range est {
			exact := c.metric.Exact(v, vecs[i])
			sum += float64(e) - exact
			abs += math.Abs(float64(e) - exact)
			count++
			if exact < float64(low[i]) {
				below++
			}
			if exact < float64(safe[i]) {
				unsafe++
			}
			if safe[i] > low[i] {
				t.Fatalf("safe bound %v above %v", safe[i], low[i])
			}
			if b := c.LowerBound(q, e, s.errs[i]); math.Abs(float64(b-low[i])) > 1e-4*(1+math.Abs(float64(e))) {
				t.Fatalf("bound %v of one, %v of many", b, low[i])
			}
		}
	}
	if share := float64(below) / count; share > 0.003 {
		t.Errorf("%s %v dims=%d bits=%d: %.4f of the distances are below their bounds", shape, c.metric, len(vecs[0]), c.bits, share)
	}
	if unsafe > 1 {
		t.Errorf("%s %v dims=%d bits=%d: %d of %.0f distances are below their safe bounds", shape, c.metric, len(vecs[0]), c.bits, unsafe, count)
	}
	err := abs / count
	rounding := 1e-6 * dist.NormSq64(centre)
	if bias := math.Abs(sum / count); bias > 0.1*err+rounding {
		t.Errorf("%s %v dims=%d bits=%d: bias %v, error %v", shape, c.metric, len(vecs[0]), c.bits, bias, err)
	}
	if err > 0.75*last+rounding && c.bits < 8 { // at 8 bits the query's own 8 bits show
		t.Errorf("%s %v dims=%d bits=%d: error %v after %v", shape, c.metric, len(vecs[0]), c.bits, err, last)
	}
	return err
}

// mean is the centre of the vectors as they are coded.
func mean(m dist.Metric, vecs [][]float32) []float32 {
	c := make([]float32, len(vecs[0]))
	for _, v := range vecs {
		scale := normaliser(m, v) / float64(len(vecs))
		for i, x := range v {
			c[i] += float32(scale * float64(x))
		}
	}
	return c
}

// TestBitsOfOddVectors: zero vectors, the centre itself and huge or tiny vectors are
// coded; what is exact stays exact.
func TestBitsOfOddVectors(t *testing.T) {
	const dims = 70
	r := rand.New(rand.NewPCG(13, 1))
	v := shapes["gauss"](r, dims)
	tiny, huge := make([]float32, dims), make([]float32, dims)
	for i, x := range v {
		tiny[i], huge[i] = x*1e-38, x*1e37
	}
	vecs := [][]float32{make([]float32, dims), v, tiny, huge}
	for _, m := range bitMetrics {
		for bits := 1; bits <= 8; bits++ {
			s := bitCoded(NewRaBitQ(dims, bits, m), vecs, mean(m, [][]float32{v}))
			est, _, _ := s.estimate(v)
			if want := m.Exact(v, v); math.Abs(float64(est[1])-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("%v, %d bits: the centre is %v from itself, want %v", m, bits, est[1], want)
			}
			s.estimate(huge)
			s.estimate(vecs[0])
		}
	}
}

func FuzzBitEncode(f *testing.F) {
	f.Add(float32(1), float32(-2), float32(3e38), float32(-3e38), uint8(3))
	f.Add(float32(0), float32(0), float32(1e-45), float32(0), uint8(0))
	f.Fuzz(func(t *testing.T, x0, x1, x2, x3 float32, bits uint8) {
		v := []float32{x0, x1, x2, x3}
		for _, x := range v {
			if x-x != 0 {
				t.Skip()
			}
		}
		for _, m := range bitMetrics {
			c := NewRaBitQ(4, 1+int(bits%8), m)
			s := bitCoded(c, [][]float32{v, {1, 2, 3, 4}}, nil)
			s.estimate(v)
		}
	})
}

func BenchmarkRaBitQ(b *testing.B) {
	r := rand.New(rand.NewPCG(14, 1))
	for _, dims := range []int{100, 768, 1536} {
		v := shapes["gauss"](r, dims)
		c := NewRaBitQ(dims, 4, dist.L2)
		o := make([]float32, c.Padded())
		rec := make([]byte, c.Stride())
		var s Scratch
		var q BitQuery
		b.Run("rotate", func(b *testing.B) {
			for range b.N {
				c.Rotate(o, v)
			}
		})
		b.Run("encode4", func(b *testing.B) {
			for range b.N {
				c.Encode(&s, rec, o, nil)
			}
		})
		b.Run("prepare", func(b *testing.B) {
			for range b.N {
				c.Prepare(&q, o, nil)
			}
		})
	}
}
