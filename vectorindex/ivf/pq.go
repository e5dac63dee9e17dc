package ivf

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// pqCoder scans codes of product quantization, in blocks. Their books are learned with the
// lists: the coder of an index without lists has none yet.
type pqCoder struct {
	plain
	c      *quant.PQ
	metric dist.Metric
	dims   int
}

func newPQCoder(o *Options, books *quant.Books) pqCoder {
	return pqCoder{c: quant.NewPQ(books, o.Metric), metric: o.Metric, dims: o.Dims}
}

func (c pqCoder) shape() shape {
	return shape{dist.BlockLen, quant.PQBlock(c.dims), 0}
}

func (c pqCoder) rotated() int { return c.dims }

func (c pqCoder) centroid(dst, centre []float32) {
	copy(dst, centre)
	for i, f := 0, inwardOf(c.metric); i < len(dst); i++ {
		dst[i] *= f
	}
}

// inwardOf is how far from the origin the middle of a list is, for a centroid at 1.
func inwardOf(m dist.Metric) float32 {
	if m == dist.Cosine {
		return inward
	}
	return 1
}

func (c pqCoder) encode(m *encodeMemory, vec, centre []float32) {
	m.rotated = slices.Grow(m.rotated[:0], c.dims)[:c.dims]
	c.c.Unit(m.rotated, vec)
	c.c.Encode(&m.pq, m.rotated, centre)
}

func (c pqCoder) put(m *encodeMemory, rec []byte, entry int, _ []byte) { c.c.Put(&m.pq, rec, entry) }

func (c pqCoder) query(q *query, _ []byte, floats []float32) {
	q.rotated = slices.Grow(q.rotated[:0], c.dims)[:c.dims]
	c.c.Unit(q.rotated, floats)
	c.c.Prepare(&q.pq, q.rotated)
}

func (c pqCoder) enter(q *query, centre []float32, _ float32) int {
	c.c.Enter(&q.pq, centre)
	return 0
}

func (c pqCoder) bounds(q *query, _ *dist.Vectors, codes *dist.Rows, record uint32, ords []uint32, worst float32, out []float32, marks []uint32) {
	c.c.Bounds(&q.pq, codes.Record(record), len(ords), worst, out, marks)
}

// learnBooks learns books from the differences of sampled points, normalised for Cosine, from
// the centroids of their lists, and returns the coder by them.
func (x *Index) learnBooks(ctx context.Context, t *trained, points []float32, bo *BuildOptions) (coder, error) {
	d := t.dims
	n := len(points) / d
	size := min(n, quant.BookSample(d))
	mean, sample := make([]float32, d), make([]float32, size*d)
	for i, p := range points {
		mean[i%d] += p / float32(n)
	}
	in := inwardOf(x.opt.Metric)
	l := newLinker(x)
	of, last, near := make([]int, size), map[int]int32{}, make([]int32, size)
	for i := range size {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		point := points[i*n/size*d:][:d]
		l.vec = append(l.vec[:0], point...)
		c := l.nearest(t)
		for j, y := range t.centroid(c) {
			sample[i*d+j] = point[j] - in*y
		}
		of[i], near[i] = c, -1
		if other, ok := last[c]; ok {
			near[i], near[other] = other, int32(i)
		}
		last[c] = int32(i)
	}
	books, err := quant.TrainBooks(ctx, quant.TrainOptions{Metric: x.opt.Metric, Seed: x.opt.Seed,
		Workers: bo.Workers, Near: near, Centre: func(i int) []float32 { return t.centroid(of[i]) }, Progress: bo.Training}, sample, mean)
	if err != nil {
		return nil, err
	}
	return newPQCoder(&x.opt, books), nil
}
