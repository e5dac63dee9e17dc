package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// sparseFuncs registers the distances and functions of sparsevec.
func sparseFuncs(r *registrar) {
	negative := func(a, b types.Sparse) float64 { return -sparseDot(a, b) }
	l2 := func(a, b types.Sparse) float64 { return math.Sqrt(sparseL2Sq(a, b)) }
	for key, f := range map[string]func(a, b types.Sparse) float64{
		"l2_distance": l2, "l2_squared_distance": sparseL2Sq, "inner_product": sparseDot,
		"negative_inner_product": negative, "cosine_distance": sparseCosine, "l1_distance": sparseL1,
	} {
		r.kernel(sparseT.prefix+key, sparseDistances(f))
	}
	r.eval("sparsevec_l2_norm", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Float(math.Sqrt(dist.NormSq64(types.SparseOf(a[0].Bytes()).Value))), nil
	})
	r.eval("sparsevec_l2_normalize", sparseNormalize)
}

func sparseDistances(f func(a, b types.Sparse) float64) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.F
		for _, i := range sel {
			a, b := types.SparseOf(x[i]), types.SparseOf(y[i])
			if a.Dims != b.Dims {
				return sparseT.differentDims(a.Dims, b.Dims)
			}
			o[i] = f(a, b)
		}
		return nil
	}
}

// merge adds up term over the dimensions in which a or b has an element, in
// ascending order; the other side of a lone element is zero.
func merge(a, b types.Sparse, term func(x, y float64) float64) float64 {
	sum, i, j := 0.0, 0, 0
	for i < len(a.Index) && j < len(b.Index) {
		switch {
		case a.Index[i] == b.Index[j]:
			sum += term(float64(a.Value[i]), float64(b.Value[j]))
			i, j = i+1, j+1
		case a.Index[i] < b.Index[j]:
			sum += term(float64(a.Value[i]), 0)
			i++
		default:
			sum += term(0, float64(b.Value[j]))
			j++
		}
	}
	for ; i < len(a.Index); i++ {
		sum += term(float64(a.Value[i]), 0)
	}
	for ; j < len(b.Index); j++ {
		sum += term(0, float64(b.Value[j]))
	}
	return sum
}

func sparseL2Sq(a, b types.Sparse) float64 {
	return merge(a, b, func(x, y float64) float64 { return float64((x - y) * (x - y)) })
}

func sparseL1(a, b types.Sparse) float64 {
	return merge(a, b, func(x, y float64) float64 { return math.Abs(x - y) })
}

func sparseDot(a, b types.Sparse) float64 {
	return merge(a, b, func(x, y float64) float64 { return float64(x * y) })
}

func sparseCosine(a, b types.Sparse) float64 {
	return dist.CosineOf(sparseDot(a, b), dist.NormSq64(a.Value), dist.NormSq64(b.Value))
}

// sparseNormalize divides by the norm; what becomes zero is no element any more.
// A vector without a norm becomes all zero.
func sparseNormalize(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x := types.SparseOf(a[0].Bytes())
	norm := math.Sqrt(dist.NormSq64(x.Value))
	out := types.Sparse{Dims: x.Dims}
	if !(norm > 0) {
		return out.Datum(), nil
	}
	for i, v := range x.Value {
		u := float32(float64(v) / norm)
		if math.IsInf(float64(u), 0) {
			return types.Datum{}, floatOverflow()
		}
		if u != 0 {
			out.Index, out.Value = append(out.Index, x.Index[i]), append(out.Value, u)
		}
	}
	return out.Datum(), nil
}
