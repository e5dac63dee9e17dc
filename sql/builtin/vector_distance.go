package builtin

import (
	"math"
	mbits "math/bits"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Distances are accumulated in float64, as vectorindex/dist defines "exact": they
// are what users see and what decides the order of results. Halves and bytes are
// float32s exactly, so theirs are those of the vectors that they convert to.

// denseDistances registers the distances of a dense vector type.
func denseDistances(r *registrar, t *vectorType) {
	l2 := func(a, b []float32) float64 { return math.Sqrt(dist.L2Sq64(a, b)) }
	for key, f := range map[string]func(a, b []float32) float64{
		t.prefix + "l2_distance":           l2,
		t.name + "_l2_squared_distance":    dist.L2Sq64,
		t.prefix + "inner_product":         dist.Dot64,
		t.name + "_negative_inner_product": dist.InnerProduct.Exact,
		t.prefix + "l1_distance":           dist.L1Exact,
		t.name + "_spherical_distance":     sphericalDistance,
	} {
		r.kernel(key, distances(t, f))
	}
	r.kernel(t.prefix+"cosine_distance", cosines(t))
}

// sides reads the operands of a distance row by row. The right one, mostly the
// query, is converted once as long as it repeats. It serves one kernel call.
type sides struct {
	*operands
	t    *vectorType
	last []byte
	same bool // the right side is that of the row before
}

// next gives the components of a row's operands, of equal length.
func (s *sides) next(x, y []byte) (a, b []float32, err error) {
	t := s.t.oid
	if len(x) != len(y) {
		return nil, nil, s.t.differentDims(types.VectorDims(t, x), types.VectorDims(t, y))
	}
	s.same = len(s.last) == len(y) && len(y) > 0 && &s.last[0] == &y[0]
	if t == types.VectorOID {
		s.last = y
		return types.Float32s(x), types.Float32s(y), nil
	}
	if s.a = types.Components(t, x, s.a); !s.same {
		s.b, s.last = types.Components(t, y, s.b), y
	}
	return s.a, s.b, nil
}

// distances lifts a distance into a column kernel.
func distances(t *vectorType, f func(a, b []float32) float64) Kernel {
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.F
		s := sides{operands: remembered(c, newOperands), t: t}
		for _, i := range sel {
			a, b, err := s.next(x[i], y[i])
			if err != nil {
				return err
			}
			o[i] = f(a, b)
		}
		return nil
	}
}

// cosines is distances of dist.Cosine64, which computes the norm of a vector
// that repeats on the right once.
func cosines(t *vectorType) Kernel {
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.F
		s := sides{operands: remembered(c, newOperands), t: t}
		norm := 0.0
		for _, i := range sel {
			a, b, err := s.next(x[i], y[i])
			if err != nil {
				return err
			}
			if !s.same {
				norm = dist.NormSq64(b)
			}
			o[i] = dist.CosineOf(dist.Dot64(a, b), dist.NormSq64(a), norm)
		}
		return nil
	}
}

// sphericalDistance is the angle between unit vectors over π.
func sphericalDistance(a, b []float32) float64 {
	return math.Acos(max(-1, min(1, dist.Dot64(a, b)))) / math.Pi
}

// bitDistances registers the distances of bit strings.
func bitDistances(r *registrar) {
	r.kernel("hamming_distance", bitKernel(func(a, b []byte) float64 {
		n := 0
		for i := range a {
			n += mbits.OnesCount8(a[i] ^ b[i])
		}
		return float64(n)
	}))
	// Without a common bit the Jaccard distance is 1, even of two strings of zeros.
	r.kernel("jaccard_distance", bitKernel(func(a, b []byte) float64 {
		both, either := 0, 0
		for i := range a {
			both += mbits.OnesCount8(a[i] & b[i])
			either += mbits.OnesCount8(a[i] | b[i])
		}
		if both == 0 {
			return 1
		}
		return 1 - float64(both)/float64(either)
	}))
}

func bitKernel(f func(a, b []byte) float64) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.F
		for _, i := range sel {
			n, a := types.BitsOf(types.Bytes(x[i]))
			m, b := types.BitsOf(types.Bytes(y[i]))
			if n != m || len(a) != len(b) {
				return pgerr.Newf(pgerrcode.DataException, "different bit lengths %d and %d", n, m)
			}
			o[i] = f(a, b)
		}
		return nil
	}
}
