package hnsw

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// pqCoder walks on codes of product quantization, all against the mean of the vectors.
type pqCoder struct {
	c     *quant.PQ
	space dist.Space
}

// pqQuery is a prepared query and the memory of encoding.
type pqQuery struct {
	pq   quant.PQQuery
	code quant.PQCode
	unit []float32
}

func newPQCoder(o *Options) pqCoder { return pqCoder{quant.NewPQ(o.Books, o.Metric), o.space()} }

// unit leaves vec, normalised for Cosine, in q.
func (c pqCoder) unit(q *query, vec []byte) []float32 {
	p := &q.pq
	p.unit = slices.Grow(p.unit[:0], c.space.Dims)[:c.space.Dims]
	c.c.Unit(p.unit, q.decoded(c.space, vec))
	return p.unit
}

// encode returns the error as loss.
func (c pqCoder) encode(q *query, t *tables, ord uint32) (lost, norm float32) {
	v := c.unit(q, t.vector(ord))
	c.c.Encode(&q.pq.code, v, c.c.Books().Mean())
	return c.c.PutRecord(&q.pq.code, t.codes.Bytes(ord)), float32(math.Sqrt(dist.NormSq64(v)))
}

func (c pqCoder) prepare(q *query, vec []byte) { c.c.PrepareRecords(&q.pq.pq, c.unit(q, vec)) }

func (c pqCoder) prepareNode(q *query, t *tables, ord uint32) { c.prepare(q, t.vector(ord)) }

func (c pqCoder) distances(q *query, t *tables, ords []uint32, out []float32) {
	c.c.Distances(&q.pq.pq, &t.codes, ords, out)
}

func (c pqCoder) prefetch(t *tables, ords []uint32) { dist.PrefetchRows(&t.codes, ords) }

func (c pqCoder) lowerBound(q *query, est, lost, _ float32) float32 {
	return c.c.LowerBound(&q.pq.pq, est, lost)
}

func (c pqCoder) bounds(q *query, t *tables, ords []uint32, out []float32) bool {
	c.c.LowerBounds(&q.pq.pq, &t.codes, ords, out)
	return true
}

// Coded returns the graph as it is written: one of product quantization with codes by books
// that are learned from its vectors, which shares everything else with g and cannot grow;
// any other is g itself. Nothing may be reserved or linked meanwhile or later, searches of
// both may run, and every reserved node must be linked. The same vectors, links and seed
// give the same codes. progress, which may be nil, is called from one goroutine at a time.
func (g *Graph) Coded(ctx context.Context, workers int, progress func(done, total int)) (*Graph, error) {
	if g.opt.Coding != quant.CodingPQ || g.opt.Books != nil {
		return g, nil
	}
	g.repair()
	n := g.Len()
	if progress == nil {
		progress = func(int, int) {}
	}
	o := g.opt
	var err error
	if o.Books, err = g.learnBooks(ctx, workers, func(done, total int) { progress(n/2*done/total, n) }); err != nil {
		return nil, err
	}
	x := newGraph(o)
	t := *g.tab.Load()
	stride := strideOf(&o)
	t.codes, t.build = dist.FlatRows(dist.Aligned(n*stride), stride), dist.Rows{}
	x.readOnly = true
	x.reserved.Store(uint32(n))
	x.slots = g.slots
	x.upper.Store(g.upper.Load())
	x.entry.Store(g.entry.Load())
	x.chained.Store(g.chained.Load())
	if err := x.encodeAll(ctx, &t, workers, func(done int) { progress(n/2+done/2, n) }); err != nil {
		return nil, err
	}
	x.tab.Store(&t)
	return x, nil
}

// errUncoded says that a graph has no codes to be written yet.
var errUncoded = errors.New("hnsw: the graph was not coded")

// learnBooks learns from nodes spread over all and, of each, a node that it is linked to.
func (g *Graph) learnBooks(ctx context.Context, workers int, progress func(done, total int)) (*quant.Books, error) {
	t, d, n := g.tab.Load(), g.opt.Dims, g.Len()
	o := quant.TrainOptions{Metric: g.opt.Metric, Seed: g.opt.Seed, Workers: workers, Progress: progress}
	size := min(n, quant.BookSample(d)/2)
	var sample []float32
	var q query
	take := func(ord uint32, near int32) {
		sample = append(sample, q.decoded(g.opt.space(), t.vector(ord))...)
		if v := sample[len(sample)-d:]; g.opt.Metric == dist.Cosine {
			unit(v)
		}
		o.Near = append(o.Near, near)
	}
	var links []uint32
	for i := range size { // not the first ones: rows often come in an order that means something
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		ord, at := uint32(i*n/size), int32(len(o.Near))
		if links = t.list(ord).read(links[:0]); len(links) == 0 {
			take(ord, -1)
			continue
		}
		take(ord, at+1)
		take(links[0], at)
	}
	mean := make([]float32, d)
	for i, x := range sample {
		mean[i%d] += x / float32(len(o.Near))
	}
	for i := range sample {
		sample[i] -= mean[i%d]
	}
	o.Centre = func(int) []float32 { return mean }
	return quant.TrainBooks(ctx, o, sample, mean)
}

// unit makes v a unit vector, unless it is zero.
func unit(v []float32) {
	n := math.Sqrt(dist.NormSq64(v))
	if n == 0 {
		return
	}
	for i, x := range v {
		v[i] = float32(float64(x) / n)
	}
}

// codeBatch is how many nodes are coded at a time.
const codeBatch = 256

// encodeAll codes all nodes into t.
func (g *Graph) encodeAll(ctx context.Context, t *tables, workers int, progress func(done int)) error {
	n := int64(g.Len())
	var next atomic.Int64
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			var q query
			for ctx.Err() == nil {
				lo := next.Add(codeBatch) - codeBatch
				hi := min(lo+codeBatch, n)
				if lo >= hi {
					return
				}
				for ord := uint32(lo); ord < uint32(hi); ord++ {
					lost, norm := g.code.encode(&q, t, ord)
					if lost-lost == 0 {
						g.lost.raise(lost)
					}
					g.norm.raise(norm)
				}
				mu.Lock()
				done += int(hi - lo)
				progress(done)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
