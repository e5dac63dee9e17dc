package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"

	"github.com/jackc/pgerrcode"
)

// vectorType is a vector type as its functions see it. Their code is registered
// under pgvector's names: for vector mostly plain, for the others with the type's
// name before.
type vectorType struct {
	oid    types.OID
	name   string
	prefix string
}

var (
	vectorT  = &vectorType{types.VectorOID, "vector", ""}
	halfvecT = &vectorType{types.HalfvecOID, "halfvec", "halfvec_"}
	int8vecT = &vectorType{types.Int8vecOID, "int8vec", "int8vec_"}
	sparseT  = &vectorType{types.SparsevecOID, "sparsevec", "sparsevec_"}
)

// vectorFuncs registers the functions and operators of the vector extension.
func vectorFuncs(r *registrar) {
	r.eval("vector_index_recall", withSession(indexRecall))
	for _, t := range []*vectorType{vectorT, halfvecT, int8vecT} {
		denseDistances(r, t)
		denseFuncs(r, t)
		r.kernel(t.prefix+"max_sim", maxSim(t, 1))
		r.kernel(t.name+"_negative_max_sim", maxSim(t, -1))
	}
	r.eval("l2_normalize", normalize(vectorT))
	r.eval("halfvec_l2_normalize", normalize(halfvecT))
	sparseFuncs(r)
	bitDistances(r)
	for _, t := range []*vectorType{vectorT, halfvecT, int8vecT, sparseT} {
		for rel, suffix := range relationSuffix {
			r.kernel(t.name+"_"+suffix, compareAny(relation(rel)))
		}
		r.eval(t.name+"_cmp", threeWay)
		vectorInOut(r, t)
	}
	vectorStates(r)
	vectorCasts(r)
}

// denseFuncs registers what a dense vector type has beside distances and order.
func denseFuncs(r *registrar, t *vectorType) {
	r.eval(t.prefix+"vector_dims", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(types.VectorDims(t.oid, a[0].Bytes()))), nil
	})
	norm := "vector_norm"
	if t != vectorT {
		norm = t.prefix + "l2_norm"
	}
	r.eval(norm, func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, _ := remembered(c, newOperands).load(t, a[0].Bytes(), nil)
		return types.Float(math.Sqrt(dist.NormSq64(x))), nil
	})
	r.eval(t.prefix+"binary_quantize", binaryQuantize(t))
	r.eval(t.prefix+"subvector", subvector(t))
	r.eval(t.name+"_concat", concat(t))
	r.eval(t.name+"_add", elementwise(t, func(x, y float32) float32 { return x + y }, false))
	r.eval(t.name+"_sub", elementwise(t, func(x, y float32) float32 { return x - y }, false))
	r.eval(t.name+"_mul", elementwise(t, func(x, y float32) float32 { return x * y }, true))
}

// differentDims is pgvector's error for two vectors that do not go together.
func (t *vectorType) differentDims(a, b int) error {
	return pgerr.Newf(pgerrcode.DataException, "different %s dimensions %d and %d", t.name, a, b)
}

// stored is v as the type keeps it, an infinity when it cannot.
func (t *vectorType) stored(v float32) float32 {
	switch t.oid {
	case types.HalfvecOID:
		return types.HalfToFloat32(types.Float32ToHalf(v))
	case types.Int8vecOID:
		if v < math.MinInt8 || v > math.MaxInt8 {
			return float32(math.Inf(1))
		}
	}
	return v
}

// operands holds the components of a call's arguments where the type's form is
// another. It belongs to one call site.
type operands struct{ a, b, out []float32 }

func newOperands() *operands { return new(operands) }

// load gives the components of two datums of type t; they are valid until the next load.
func (p *operands) load(t *vectorType, x, y []byte) (a, b []float32) {
	if t.oid == types.VectorOID {
		return types.Float32s(x), types.Float32s(y)
	}
	p.a, p.b = types.Components(t.oid, x, p.a), types.Components(t.oid, y, p.b)
	return p.a, p.b
}

// room gives space for n components of a result.
func (p *operands) room(n int) []float32 {
	p.out = grow(p.out[:0], n)
	return p.out
}

// result makes a datum, which lives in the arena, of components that t can store.
func (t *vectorType) result(c *Ctx, v []float32) (types.Datum, error) {
	return types.VectorFrom(t.oid, v, c.bytes(4*len(v)))
}

func normalize(t *vectorType) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		p := remembered(c, newOperands)
		x, _ := p.load(t, a[0].Bytes(), nil)
		out := p.room(len(x))
		norm := math.Sqrt(dist.NormSq64(x))
		for i, v := range x {
			out[i] = 0
			if norm > 0 {
				out[i] = t.stored(float32(float64(v) / norm))
			}
			if math.IsInf(float64(out[i]), 0) {
				return types.Datum{}, floatOverflow()
			}
		}
		return t.result(c, out)
	}
}

func binaryQuantize(t *vectorType) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, _ := remembered(c, newOperands).load(t, a[0].Bytes(), nil)
		data := make([]byte, (len(x)+7)/8)
		for i, v := range x {
			if v > 0 {
				data[i/8] |= 0x80 >> (i % 8)
			}
		}
		return types.MakeBits(len(x), data), nil
	}
}

// subvector is subvector(v, start, count), 1-based, clipped to v.
func subvector(t *vectorType) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b := a[0].Bytes()
		dims := int64(types.VectorDims(t.oid, b))
		start, count := a[1].Int(), a[2].Int()
		end := min(start+count, dims+1)
		start = max(start, 1)
		if count < 1 || start > dims || end <= start {
			return types.Datum{}, types.CheckVectorDims(t.oid, 0)
		}
		size := int64(len(b)) / dims
		return types.Bytes(b[size*(start-1) : size*(end-1)]), nil
	}
}

func concat(t *vectorType) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, y := a[0].Bytes(), a[1].Bytes()
		if err := types.CheckVectorDims(t.oid, types.VectorDims(t.oid, x)+types.VectorDims(t.oid, y)); err != nil {
			return types.Datum{}, err
		}
		out := c.bytes(len(x) + len(y))
		copy(out[copy(out, x):], y)
		return types.Bytes(out), nil
	}
}

// elementwise lifts + - *; underflow of a product is an error as in pgvector.
func elementwise(t *vectorType, f func(x, y float32) float32, underflow bool) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		p := remembered(c, newOperands)
		x, y := p.load(t, a[0].Bytes(), a[1].Bytes())
		if len(x) != len(y) {
			return types.Datum{}, t.differentDims(len(x), len(y))
		}
		out := p.room(len(x))
		for i := range x {
			v := t.stored(f(x[i], y[i]))
			switch {
			case v-v != 0:
				return types.Datum{}, floatOverflow()
			case underflow && v == 0 && x[i] != 0 && y[i] != 0:
				return types.Datum{}, floatUnderflow()
			}
			out[i] = v
		}
		return t.result(c, out)
	}
}

// vectorInOut registers a type's input and output functions, for calls by name.
func vectorInOut(r *registrar, t *vectorType) {
	r.eval(t.name+"_in", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.ParseText(types.T{OID: t.oid, Mod: int32(a[2].Int())}, a[0].Text(), c.Format)
	})
	r.eval(t.name+"_out", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendText(nil, types.Of(t.oid), a[0], c.Format)), nil
	})
	r.eval(t.name+"_typmod_in", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return typmodIn(t.oid, a[0])
	})
	r.eval(t.name+"_send", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendBinary(nil, types.Of(t.oid), a[0])), nil
	})
}

// typmodIn is a modifier from the cstring[] that a typmodin function gets.
func typmodIn(oid types.OID, list types.Datum) (types.Datum, error) {
	switch {
	case types.ArrayNDims(list) != 1:
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "typmod array must be one-dimensional")
	case types.ArrayHasNull(list):
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "typmod array must not contain nulls")
	}
	var args []int32
	for it := types.NewArrayIter(list); ; {
		e, ok := it.Next()
		if !ok {
			break
		}
		n, err := types.ParseText(types.Of(types.Int4OID), e.Text(), nil)
		if err != nil {
			return types.Datum{}, err
		}
		args = append(args, int32(n.Int()))
	}
	mod, err := types.TypmodIn(oid, args)
	return types.Int(int64(mod)), err
}

// vectorCasts registers the functions behind the casts, for calls by name: the
// vector types' own with a modifier, and those to arrays.
func vectorCasts(r *registrar) {
	to := func(target types.OID) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.T{OID: target, Mod: int32(a[1].Int())}, a[0], a[2].Bool())
		}
	}
	all := []*vectorType{vectorT, halfvecT, int8vecT, sparseT}
	for _, t := range all {
		r.evals(to(t.oid), t.name, "array_to_"+t.name)
		for _, from := range all {
			if from != t {
				r.eval(from.name+"_to_"+t.name, to(t.oid))
			}
		}
	}
	for key, array := range map[string]types.OID{
		"vector_to_float4": types.Float4ArrayOID, "halfvec_to_float4": types.Float4ArrayOID, "int8vec_to_int2": types.Int2ArrayOID,
	} {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.Of(array), a[0], a[2].Bool())
		})
	}
}
