package hnsw

import (
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// rabitqCoder walks on RaBitQ codes, all against one centre.
type rabitqCoder struct {
	bits   int
	c      *quant.RaBitQ
	space  dist.Space
	centre []float32 // rotated; nil = the origin
}

// rabitqQuery is a query, rotated and prepared, and the memory of encoding.
type rabitqQuery struct {
	bits    quant.BitQuery
	rotated []float32
	scratch quant.Scratch
}

func newRabitqCoder(o *Options) rabitqCoder {
	c := rabitqCoder{bits: o.Coding.Bits(), space: o.space(), c: quant.NewRaBitQ(o.Dims, o.Coding.Bits(), o.Metric)}
	if o.Centre != nil {
		c.centre = make([]float32, c.c.Padded())
		c.c.RotateCentre(c.centre, o.Centre)
	}
	return c
}

// centreSample is how many vectors a centre is the mean of.
const centreSample = 10_000

// CentreOn makes the mean of vectors spread over all the centre of RaBitQ codes; a graph of
// another coding stays as it is. Nothing may have been linked, and nothing may be
// linked or searched meanwhile; vectors may be reserved.
func (g *Graph) CentreOn() {
	n := min(g.Len(), centreSample)
	if g.opt.Coding.Bits() == 0 || n == 0 {
		return
	}
	sum := make([]float64, g.opt.Dims)
	var q query
	for i := range n { // not the first ones: rows often come in an order that means something
		ord := uint32(i * g.Len() / n)
		v := q.decoded(g.opt.space(), g.Vector(ord))
		scale := 1.0
		if g.opt.Metric == dist.Cosine {
			if scale = math.Sqrt(dist.NormSq64(v)); scale == 0 {
				continue
			}
		}
		for i, x := range v {
			sum[i] += float64(x) / scale
		}
	}
	g.opt.Centre = make([]float32, g.opt.Dims)
	for i, x := range sum {
		g.opt.Centre[i] = float32(x / float64(n))
	}
	g.code = newRabitqCoder(&g.opt)
}

// rotate leaves vec, rotated, in q.
func (c rabitqCoder) rotate(q *query, vec []byte) []float32 {
	r := &q.rabitq
	if len(r.rotated) != c.c.Padded() {
		r.rotated = make([]float32, c.c.Padded())
	}
	c.c.Rotate(r.rotated, q.decoded(c.space, vec))
	return r.rotated
}

// encode returns the err factor as loss.
func (c rabitqCoder) encode(q *query, t *tables, ord uint32) (lost, norm float32) {
	v := c.rotate(q, t.vector(ord))
	return c.c.Encode(&q.rabitq.scratch, t.codes.Bytes(ord), v, c.centre), float32(math.Sqrt(dist.NormSq64(v)))
}

func (c rabitqCoder) prepare(q *query, vec []byte) {
	c.c.Prepare(&q.rabitq.bits, c.rotate(q, vec), c.centre)
}

// prepareNode finds the vector rotated, as encode has left it.
func (c rabitqCoder) prepareNode(q *query, t *tables, ord uint32) {
	c.c.Prepare(&q.rabitq.bits, q.rabitq.rotated, c.centre)
}

func (c rabitqCoder) distances(q *query, t *tables, ords []uint32, out []float32) {
	c.c.Distances(&q.rabitq.bits, &t.codes, ords, out)
}

func (c rabitqCoder) prefetch(t *tables, ords []uint32) { dist.PrefetchRows(&t.codes, ords) }

func (c rabitqCoder) lowerBound(q *query, est, lost, _ float32) float32 {
	return c.c.LowerBound(&q.rabitq.bits, est, lost)
}

// boundBits is from how many bits on a bound of each record pays: with fewer nearly
// all that a walk found has to be re-ranked either way.
const boundBits = 4

// bounds take each record's own err factor: the greatest of all makes every bound too
// low by far.
func (c rabitqCoder) bounds(q *query, t *tables, ords []uint32, out []float32) bool {
	if c.bits < boundBits {
		return false
	}
	c.c.SafeBounds(&q.rabitq.bits, &t.codes, ords, out)
	return true
}
