package hnsw

import (
	"math"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// coder is what a graph compares while it walks. Calls are per neighbour list, not
// per neighbour. A coder keeps nothing of its own: its records lie in the graph's
// tables.
type coder interface {
	// stride is the length of a code record in bytes; 0 = the coder has none.
	stride() int
	// encode codes the vector of node ord, which nobody reads yet, and returns what
	// lowerBound needs to know of it: the loss and the norm.
	encode(t *tables, ord uint32) (lost, norm float32)
	// prepare makes q the query vec.
	prepare(q *query, vec []float32)
	// prepareNode makes q the query that node ord stands for.
	prepareNode(q *query, t *tables, ord uint32)
	// distances estimates the distances from q to the nodes ords.
	distances(q *query, t *tables, ords []uint32, out []float32)
	// prefetch asks for what distances will read of ords.
	prefetch(t *tables, ords []uint32)
	// lowerBound is what the distance to a node estimated at est is not below, given
	// the greatest loss and norm of all nodes.
	lowerBound(q *query, est, lost, norm float32) float32
}

// query is a query prepared for one coder, reusable.
type query struct {
	sq  quant.Query
	raw rawQuery
}

func newCoder(o *Options) coder {
	if o.Coding == quant.CodingNone {
		return rawCoder{dims: o.Dims, metric: o.Metric}
	}
	return sq8Coder{quant.NewSQ8(o.Dims, o.Metric)}
}

// sq8Coder walks on 8-bit codes.
type sq8Coder struct{ sq quant.SQ8 }

func (c sq8Coder) stride() int { return c.sq.Stride() }

func (c sq8Coder) encode(t *tables, ord uint32) (lost, norm float32) {
	return c.sq.Encode(t.codes.Bytes(ord), t.vector(ord))
}

func (c sq8Coder) prepare(q *query, vec []float32) { c.sq.Prepare(&q.sq, vec) }

func (c sq8Coder) prepareNode(q *query, t *tables, ord uint32) {
	c.sq.PrepareCode(&q.sq, t.codes.Bytes(ord))
}

func (c sq8Coder) distances(q *query, t *tables, ords []uint32, out []float32) {
	c.sq.Distances(&q.sq, &t.codes, ords, out)
}

func (c sq8Coder) prefetch(t *tables, ords []uint32) { dist.PrefetchRows(&t.codes, ords) }

func (c sq8Coder) lowerBound(q *query, est, lost, norm float32) float32 {
	return c.sq.LowerBound(&q.sq, est, lost, norm)
}

// rawCoder walks on the vectors. For Cosine it keeps their inverse norms in the
// node records.
type rawCoder struct {
	dims   int
	metric dist.Metric
}

// rawQuery is a vector, normalised for Cosine, and its norm.
type rawQuery struct {
	vec  []float32
	norm float32
}

func (c rawCoder) stride() int { return 0 }

func (c rawCoder) encode(t *tables, ord uint32) (lost, norm float32) {
	n := math.Sqrt(dist.NormSq64(t.vector(ord)))
	if c.metric == dist.Cosine {
		atomic.StoreUint32(t.node(ord, nodeInv), math.Float32bits(inverse(n)))
		n = min(n, 1)
	}
	return 0, float32(n)
}

func (c rawCoder) prepare(q *query, vec []float32) {
	n := math.Sqrt(dist.NormSq64(vec))
	q.raw.vec, q.raw.norm = append(q.raw.vec[:0], vec...), float32(n)
	if c.metric != dist.Cosine || n == 0 {
		return
	}
	q.raw.norm = 1
	for i, x := range vec {
		q.raw.vec[i] = float32(float64(x) / n)
	}
}

func (c rawCoder) prepareNode(q *query, t *tables, ord uint32) { c.prepare(q, t.vector(ord)) }

func (c rawCoder) distances(q *query, t *tables, ords []uint32, out []float32) {
	if c.metric != dist.Cosine {
		dist.Gather(c.metric, q.raw.vec, &t.raw, ords, out)
		return
	}
	dist.Gather(dist.InnerProduct, q.raw.vec, &t.raw, ords, out)
	for i, o := range ords {
		out[i] = 1 + out[i]*math.Float32frombits(atomic.LoadUint32(t.node(o, nodeInv)))
	}
}

func (c rawCoder) prefetch(t *tables, ords []uint32) { dist.PrefetchRows(&t.raw, ords) }

// lowerBound allows for the rounding of float32 sums. What overflowed says nothing.
func (c rawCoder) lowerBound(q *query, est, _, norm float32) float32 {
	const guard = 1e-4
	switch {
	case est-est != 0:
		return float32(math.Inf(-1))
	case c.metric == dist.L2 || c.metric == dist.L1:
		return est - guard*est
	}
	return est - guard*(1+q.raw.norm*norm)
}

// inverse is 1/n for the norm n of a vector, 0 for 0. It is NaN, which makes every
// estimate one that says nothing, where float32 has no accurate value.
func inverse(n float64) float32 {
	switch {
	case n == 0:
		return 0
	case n < 1e-30 || n > 1e30:
		return float32(math.NaN())
	}
	return float32(1 / n)
}
