package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// MaxSim compares a document and a query that are sets of vectors, one for each token
// (Khattab and Zaharia, arXiv 2004.12832): the sum over the query's vectors of the
// greatest inner product with any of the document's. The document is on the left, the
// query on the right. NULL elements do not count; a document without vectors is
// infinitely unlike any query but the empty one, whose sum is zero.

// multiVector is the vectors of an array, in memory of a call site.
type multiVector struct{ vecs [][]float32 }

// load takes the vectors of an array of type t's. They are valid until the next load
// and as long as array.
func (m *multiVector) load(t *vectorType, array []byte) [][]float32 {
	n := 0
	it := types.NewArrayIter(types.Bytes(array))
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if d.IsNull() {
			continue
		}
		if n == len(m.vecs) {
			m.vecs = append(m.vecs, nil)
		}
		m.vecs[n] = types.Components(t.oid, d.Bytes(), m.vecs[n])
		n++
	}
	return m.vecs[:n]
}

// maxSims is the memory of a call site.
type maxSims struct{ document, query multiVector }

// maxSim makes the kernel of sign · MaxSim.
func maxSim(t *vectorType, sign float64) Kernel {
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		m := remembered(c, func() *maxSims { return new(maxSims) })
		for _, i := range sel {
			sum, err := maxSimOf(t, m.document.load(t, args[0].B[i]), m.query.load(t, args[1].B[i]))
			if err != nil {
				return err
			}
			out.F[i] = sign * sum
		}
		return nil
	}
}

func maxSimOf(t *vectorType, document, query [][]float32) (float64, error) {
	sum := 0.0
	for _, q := range query {
		best := math.Inf(-1)
		for _, d := range document {
			if len(d) != len(q) {
				return 0, t.differentDims(len(d), len(q))
			}
			best = max(best, dist.Dot64(d, q))
		}
		sum += best
	}
	return sum, nil
}
