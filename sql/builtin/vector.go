package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// vectorFuncs registers the functions and operators of the vector extension.
// Distances are accumulated in float64, as vectorindex/dist defines "exact":
// they are what users see and what decides the order of results.
func vectorFuncs(r *registrar) {
	l2 := func(a, b []float32) float64 { return math.Sqrt(dist.L2Sq64(a, b)) }
	for key, f := range map[string]func(a, b []float32) float64{
		"l2_distance":                   l2,
		"vector_l2_squared_distance":    dist.L2Sq64,
		"inner_product":                 dist.Dot64,
		"vector_negative_inner_product": dist.InnerProduct.Exact,
		"l1_distance":                   dist.L1Exact,
		"vector_spherical_distance":     sphericalDistance,
	} {
		r.kernel(key, distances(f))
	}
	r.kernel("cosine_distance", cosines)
	for rel, suffix := range relationSuffix {
		r.kernel("vector_"+suffix, compareAny(relation(rel)))
	}
	r.eval("vector_dims", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(len(a[0].Bytes()) / 4)), nil
	})
	r.eval("vector_norm", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Float(math.Sqrt(dist.NormSq64(types.Float32s(a[0].Bytes())))), nil
	})
	r.eval("l2_normalize", normalize)
	r.eval("binary_quantize", binaryQuantize)
	r.eval("subvector", subvector)
	r.eval("vector_concat", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, y := a[0].Bytes(), a[1].Bytes()
		if n := (len(x) + len(y)) / 4; n > types.MaxVectorDims {
			return types.Datum{}, tooManyDims()
		}
		out := c.bytes(len(x) + len(y))
		copy(out[copy(out, x):], y)
		return types.Bytes(out), nil
	})
	r.eval("vector_add", elementwise(func(x, y float32) float32 { return x + y }, false))
	r.eval("vector_sub", elementwise(func(x, y float32) float32 { return x - y }, false))
	r.eval("vector_mul", elementwise(func(x, y float32) float32 { return x * y }, true))
	vectorCasts(r)
}

func tooManyDims() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "vector cannot have more than %d dimensions", types.MaxVectorDims)
}

func differentDims(a, b int) error {
	return pgerr.Newf(pgerrcode.DataException, "different vector dimensions %d and %d", a, b)
}

// distances lifts a distance into a column kernel.
func distances(f func(a, b []float32) float64) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.F
		for _, i := range sel {
			if len(x[i]) != len(y[i]) {
				return differentDims(len(x[i])/4, len(y[i])/4)
			}
			o[i] = f(types.Float32s(x[i]), types.Float32s(y[i]))
		}
		return nil
	}
}

// cosines is distances of dist.Cosine64, which computes the norm of a vector
// that repeats on the right, mostly the query, once.
func cosines(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
	x, y, o := args[0].B, args[1].B, out.F
	var last []byte
	norm := 0.0
	for _, i := range sel {
		if len(x[i]) != len(y[i]) {
			return differentDims(len(x[i])/4, len(y[i])/4)
		}
		a, b := types.Float32s(x[i]), types.Float32s(y[i])
		if len(last) != len(y[i]) || len(b) == 0 || &last[0] != &y[i][0] {
			last, norm = y[i], dist.NormSq64(b)
		}
		sim := dist.Dot64(a, b) / math.Sqrt(dist.NormSq64(a)*norm)
		o[i] = 1 - max(-1, min(1, sim)) // NaN stays NaN
	}
	return nil
}

// sphericalDistance is the angle between unit vectors over π.
func sphericalDistance(a, b []float32) float64 {
	return math.Acos(max(-1, min(1, dist.Dot64(a, b)))) / math.Pi
}

// alloc gives room for n components in the arena.
func alloc(c *Ctx, n int) ([]byte, []float32) {
	b := c.bytes(4 * n)
	return b, types.Float32s(b)
}

func normalize(c *Ctx, a []types.Datum) (types.Datum, error) {
	x := types.Float32s(a[0].Bytes())
	b, out := alloc(c, len(x))
	norm := math.Sqrt(dist.NormSq64(x))
	for i, v := range x {
		out[i] = 0
		if norm > 0 {
			out[i] = float32(float64(v) / norm)
		}
		if math.IsInf(float64(out[i]), 0) {
			return types.Datum{}, floatOverflow()
		}
	}
	return types.Bytes(b), nil
}

func binaryQuantize(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x := types.Float32s(a[0].Bytes())
	data := make([]byte, (len(x)+7)/8)
	for i, v := range x {
		if v > 0 {
			data[i/8] |= 0x80 >> (i % 8)
		}
	}
	return types.MakeBits(len(x), data), nil
}

// subvector is subvector(v, start, count), 1-based, clipped to v.
func subvector(_ *Ctx, a []types.Datum) (types.Datum, error) {
	b := a[0].Bytes()
	start, count := a[1].Int(), a[2].Int()
	noDims := func() (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.DataException, "vector must have at least 1 dimension")
	}
	if count < 1 {
		return noDims()
	}
	end := min(start+count, int64(len(b)/4)+1)
	start = max(start, 1)
	if start > int64(len(b)/4) || end <= start {
		return noDims()
	}
	return types.Bytes(b[4*(start-1) : 4*(end-1)]), nil
}

// elementwise lifts + - *; underflow of a product is an error as in pgvector.
func elementwise(f func(x, y float32) float32, underflow bool) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, y := types.Float32s(a[0].Bytes()), types.Float32s(a[1].Bytes())
		if len(x) != len(y) {
			return types.Datum{}, differentDims(len(x), len(y))
		}
		b, out := alloc(c, len(x))
		for i := range x {
			v := f(x[i], y[i])
			switch {
			case v-v != 0:
				return types.Datum{}, floatOverflow()
			case underflow && v == 0 && x[i] != 0 && y[i] != 0:
				return types.Datum{}, floatUnderflow()
			}
			out[i] = v
		}
		return types.Bytes(b), nil
	}
}

// vectorCasts registers the functions behind the casts, for calls by name.
func vectorCasts(r *registrar) {
	r.eval("vector", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return Convert(c, c.argT(0), types.T{OID: types.VectorOID, Mod: int32(a[1].Int())}, a[0], a[2].Bool())
	})
	r.eval("array_to_vector", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return Convert(c, c.argT(0), types.T{OID: types.VectorOID, Mod: int32(a[1].Int())}, a[0], a[2].Bool())
	})
	r.eval("vector_to_float4", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return Convert(c, c.argT(0), types.Of(types.Float4ArrayOID), a[0], a[2].Bool())
	})
}
