package builtin

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// manyOf makes an array of n vectors of small whole numbers, and its components; a nil
// element is NULL.
func manyOf(t *testing.T, rng *rand.Rand, elem types.OID, n, dims int) (array types.Datum, vecs [][]float32) {
	t.Helper()
	var b types.ArrayBuilder
	b.Reset(elem)
	for range n {
		if rng.IntN(4) == 0 {
			b.Append(types.Null)
			continue
		}
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(rng.IntN(19) - 9)
		}
		d, err := types.VectorFrom(elem, v, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Append(d)
		vecs = append(vecs, v)
	}
	return b.Array(), vecs
}

func TestMaxSim(t *testing.T) {
	const seed = 11
	rng := rand.New(rand.NewPCG(seed, 1))
	for elem, array := range map[types.OID]types.OID{types.VectorOID: types.VectorArrayOID,
		types.HalfvecOID: types.HalfvecArrayOID, types.Int8vecOID: types.Int8vecArrayOID} {
		op := ExactOperator("@#", array, array)
		c := &Ctx{Site: &Site{}}
		x, y, out := newCol(array, 1), newCol(array, 1), newCol(types.Float8OID, 1)
		sel, args := []uint16{0}, []*batch.Col{x, y}
		for range 100 {
			dims := 1 + rng.IntN(40)
			document, docs := manyOf(t, rng, elem, rng.IntN(6), dims)
			query, queries := manyOf(t, rng, elem, rng.IntN(6), dims)
			want := 0.0
			for _, q := range queries {
				best := math.Inf(-1)
				for _, d := range docs {
					dot := 0.0
					for i := range q {
						dot += float64(q[i]) * float64(d[i])
					}
					best = max(best, dot)
				}
				want -= best
			}
			x.Set(0, document)
			y.Set(0, query)
			if err := op.Func.Kernel(c, sel, out, args); err != nil {
				t.Fatal(err)
			}
			if out.F[0] != want {
				t.Fatalf("seed %d: %s: %v @# %v is %v, want %v", seed, types.TypeName(elem), docs, queries, out.F[0], want)
			}
		}
		if n := testing.AllocsPerRun(20, func() { _ = op.Func.Kernel(c, sel, out, args) }); n != 0 {
			t.Errorf("%s: %v allocations", types.TypeName(elem), n)
		}
	}
}
