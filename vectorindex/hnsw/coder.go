package hnsw

import (
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// coder is what a graph compares while it walks. Calls are per neighbour list, not
// per neighbour. A coder keeps nothing of its own: its records lie in the graph's
// tables.
type coder interface {
	// encode codes the vector of node ord, which nobody reads yet, and returns what
	// lowerBound needs to know of it: the loss and the norm. q is scratch.
	encode(q *query, t *tables, ord uint32) (lost, norm float32)
	// prepare makes q the query vec.
	prepare(q *query, vec []byte)
	// prepareNode makes q the query that node ord stands for. Search coders may rely on q
	// having encoded it just before.
	prepareNode(q *query, t *tables, ord uint32)
	// distances estimates the distances from q to the nodes ords.
	distances(q *query, t *tables, ords []uint32, out []float32)
	// prefetch asks for what distances will read of ords.
	prefetch(t *tables, ords []uint32)
	// lowerBound is what the distance to a node estimated at est is not below, given
	// the greatest loss and norm of all nodes.
	lowerBound(q *query, est, lost, norm float32) float32
	// bounds writes what the distances to the nodes ords, which were estimated before,
	// are not below, where lowerBound would say much less; false otherwise.
	bounds(q *query, t *tables, ords []uint32, out []float32) bool
}

// query is a query prepared for one coder, reusable.
type query struct {
	sq     quant.Query
	raw    rawQuery
	rabitq rabitqQuery
	pq     pqQuery
	floats []float32 // a vector of other elements, decoded
}

// decoded is the vector v of numbers as float32.
func (q *query) decoded(s dist.Space, v []byte) []float32 {
	if s.Element == dist.Float32 {
		return dist.Floats(v)
	}
	q.floats = s.AppendFloats(q.floats[:0], v)
	return q.floats
}

// newCoders returns what searches go by and what links are chosen by. A graph over
// RaBitQ codes has 8-bit codes besides while it grows, so that its links are as good as
// those chosen by the vectors, in half the time. One of product quantization walks on
// 8-bit codes as long as it grows, see Graph.Coded.
func newCoders(o *Options) (search, build coder) {
	if o.Coding == quant.CodingNone {
		raw := newRawCoder(o.space())
		return raw, raw
	}
	if o.Books != nil {
		c := newPQCoder(o)
		return c, c
	}
	sq := sq8Coder{quant.NewSQ8(o.Dims, o.Metric), o.space(), o.Coding.Bits() > 0}
	if sq.apart {
		return newRabitqCoder(o), sq
	}
	return sq, sq
}

// Of codes of at least shortWalkBits the walks of insertions go by those of searches, which
// are shorter than those that links are chosen by, and find the same candidates; fewer bits
// would not. Vectors of fewer dimensions gain nothing, and lose a thousandth of recall.
const shortWalkBits, shortWalkDims = 4, 256

func (g *Graph) shortWalks() bool {
	return g.opt.Coding.Bits() >= shortWalkBits && g.opt.Dims >= shortWalkDims
}

// buildStrideOf is the length of the code records that links are chosen by where searches
// go by others; 0 = both go by the same.
func buildStrideOf(o *Options) int {
	if o.Coding.Bits() == 0 {
		return 0
	}
	return dist.CodeStride(o.Dims)
}

// strideOf is the length of a code record in bytes; 0 = there are none.
func strideOf(o *Options) int {
	switch bits := o.Coding.Bits(); {
	case bits > 0:
		return quant.RaBitQStride(o.Dims, bits)
	case o.Coding == quant.CodingNone:
		return 0
	case o.Books != nil:
		return quant.PQStride(o.Dims)
	}
	return dist.CodeStride(o.Dims)
}

// sq8Coder walks on 8-bit codes.
type sq8Coder struct {
	sq    quant.SQ8
	space dist.Space
	apart bool // the codes are those that links are chosen by, searches have others
}

func (c *sq8Coder) codes(t *tables) *dist.Rows {
	if c.apart {
		return &t.build
	}
	return &t.codes
}

func (c sq8Coder) encode(q *query, t *tables, ord uint32) (lost, norm float32) {
	return c.sq.Encode(c.codes(t).Bytes(ord), q.decoded(c.space, t.vector(ord)))
}

func (c sq8Coder) prepare(q *query, vec []byte) { c.sq.Prepare(&q.sq, q.decoded(c.space, vec)) }

func (c sq8Coder) prepareNode(q *query, t *tables, ord uint32) {
	c.sq.PrepareCode(&q.sq, c.codes(t).Bytes(ord))
}

func (c sq8Coder) distances(q *query, t *tables, ords []uint32, out []float32) {
	c.sq.Distances(&q.sq, c.codes(t), ords, out)
}

func (c sq8Coder) prefetch(t *tables, ords []uint32) { dist.PrefetchRows(c.codes(t), ords) }

func (c sq8Coder) bounds(*query, *tables, []uint32, []float32) bool { return false }

func (c sq8Coder) lowerBound(q *query, est, lost, norm float32) float32 {
	return c.sq.LowerBound(&q.sq, est, lost, norm)
}

// CodedBytes is what Coded takes for each node of a graph of product quantization.
func CodedBytes(dims int) int { return quant.PQStride(dims) }
