package builtin

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// vectorPair is a batch of random vectors of a type beside one that repeats, and
// the same as vectors of float32s. The values are exact in every type.
func vectorPair(t *testing.T, oid types.OID, seed uint64) (typed, plain []*batch.Col, sel []uint16) {
	t.Helper()
	const rows, dims = 64, 37
	r := rand.New(rand.NewPCG(seed, seed))
	typed = []*batch.Col{newCol(oid, rows), newCol(oid, rows)}
	plain = []*batch.Col{newCol(types.VectorOID, rows), newCol(types.VectorOID, rows)}
	one := func() (types.Datum, types.Datum) {
		v := make([]float32, dims)
		for i := range v {
			if r.IntN(3) > 0 {
				v[i] = float32(r.IntN(255) - 127)
			}
		}
		p := types.Bytes(types.Float32Bytes(v))
		d, err := types.Cast(types.Of(types.VectorOID), types.Of(oid), p, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		return d, p
	}
	query, plainQuery := one()
	for i := range rows {
		d, p := one()
		typed[0].Set(i, d)
		typed[1].Set(i, query)
		plain[0].Set(i, p)
		plain[1].Set(i, plainQuery)
		sel = append(sel, uint16(i))
	}
	return typed, plain, sel
}

func newCol(oid types.OID, rows int) *batch.Col {
	c := &batch.Col{}
	c.Init(types.Of(oid), rows)
	return c
}

// Distances of every type are those of the vectors that its values stand for, and
// cost no allocation a row.
func TestDistancesOfAllTypes(t *testing.T) {
	const seed = 5
	for _, op := range []string{"<->", "<#>", "<=>", "<+>"} {
		want := ExactOperator(op, types.VectorOID, types.VectorOID).Func
		for _, oid := range []types.OID{types.HalfvecOID, types.Int8vecOID, types.SparsevecOID} {
			typed, plain, sel := vectorPair(t, oid, seed)
			o := ExactOperator(op, oid, oid)
			c := &Ctx{Site: &Site{}}
			got, exact := newCol(types.Float8OID, len(sel)), newCol(types.Float8OID, len(sel))
			if err := o.Func.Kernel(c, sel, got, typed); err != nil {
				t.Fatal(err)
			}
			if err := want.Kernel(&Ctx{Site: &Site{}}, sel, exact, plain); err != nil {
				t.Fatal(err)
			}
			for _, i := range sel {
				// sums of integers are exact; cosines divide by square roots
				if math.Abs(got.F[i]-exact.F[i]) > 1e-12*math.Abs(exact.F[i]) {
					t.Fatalf("seed %d: %s of %s: %v, want %v", seed, op, types.TypeName(oid), got.F[i], exact.F[i])
				}
			}
			if n := testing.AllocsPerRun(20, func() { _ = o.Func.Kernel(c, sel, got, typed) }); n != 0 {
				t.Errorf("%s of %s: %v allocations for %d rows", op, types.TypeName(oid), n, len(sel))
			}
		}
	}
}

// A query that changes in place, as memory that is used again does, is seen.
func TestRepeatedQueryIsReadAgain(t *testing.T) {
	f := ExactOperator("<->", types.HalfvecOID, types.HalfvecOID).Func
	c := &Ctx{Site: &Site{}}
	x, y, out := newCol(types.HalfvecOID, 1), newCol(types.HalfvecOID, 1), newCol(types.Float8OID, 1)
	query := []byte{0, 0x3c} // 1
	x.Set(0, types.Bytes([]byte{0, 0}))
	for i, want := range []float64{1, 2} {
		y.Set(0, types.Bytes(query))
		if err := f.Kernel(c, []uint16{0}, out, []*batch.Col{x, y}); err != nil {
			t.Fatal(err)
		}
		if out.F[0] != want {
			t.Errorf("call %d: %v, want %v", i, out.F[0], want)
		}
		query[1] = 0x40 // 2
	}
}

func BenchmarkHalfvecL2(b *testing.B) {
	f := ExactOperator("<->", types.HalfvecOID, types.HalfvecOID).Func
	const dims = 768
	x, y, out := newCol(types.HalfvecOID, 64), newCol(types.HalfvecOID, 64), newCol(types.Float8OID, 64)
	v := make([]byte, 2*dims)
	for i := range dims {
		v[2*i+1] = 0x3c
	}
	var sel []uint16
	for i := range 64 {
		x.Set(i, types.Bytes(append([]byte{}, v...)))
		y.Set(i, types.Bytes(v))
		sel = append(sel, uint16(i))
	}
	c := &Ctx{Site: &Site{}}
	for b.Loop() {
		if err := f.Kernel(c, sel, out, []*batch.Col{x, y}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64/dims, "ns/component")
}
