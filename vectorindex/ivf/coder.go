package ivf

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// coder is what lists are scanned by. Calls are per list or per run of entries, not
// per entry.
type coder interface {
	// shape is that of the lists' records.
	shape() shape
	// rotated is the length of a centroid as the coder wants it, 0 when it wants none.
	rotated() int
	// centroid writes a centroid as the coder wants it.
	centroid(dst, c []float32)
	// encode leaves in m the code of vec for the list of centroid c, as centroid gave it.
	encode(m *encodeMemory, vec, c []float32)
	// put writes the code in m as an entry of a record and, if the shape has it, as a
	// finer one.
	put(m *encodeMemory, rec []byte, entry int, fine []byte)
	// query begins a search; floats are the components of vec.
	query(q *query, vec []byte, floats []float32)
	// enter turns q to the list of centroid c, which is about far from the query by the
	// ranker's measure. It returns what fineBounds is to be told of the list, until the
	// next but one is entered.
	enter(q *query, c []float32, far float32) (turn int)
	// bounds writes what the distances of the entries ords, whose codes are the records
	// from the given one on, all of one chunk, are not below, and marks those that are not
	// worst or more: bit i mod 32 of marks[i / 32]. They are at most block; out and marks
	// have room for so many.
	bounds(q *query, raw *dist.Vectors, codes *dist.Rows, record uint32, ords []uint32, worst float32, out []float32, marks []uint32)
	// fineBounds writes what the distances of the entries with the given finer codes are
	// not below.
	fineBounds(q *query, turn int, fine *dist.Rows, places []uint32, out []float32)
}

// plain is what coders without finer codes have of these.
type plain struct{}

func (plain) fineBounds(*query, int, *dist.Rows, []uint32, []float32) {}

// block is how many entries a call of bounds takes at most.
const block = 256

// query is the reusable state of a search that a coder prepares.
type query struct {
	raw     dist.Query // the query as given or, for Cosine and Float32, normalised
	unit    []float32
	invNorm float32 // Cosine of other elements
	norm    float64
	rotated []float32
	bits    quant.BitQuery
	blocks  quant.BlockQuery
	pq      quant.PQQuery
	onFar   float32 // Cosine: makes of the ranker's distance the product with a list's centre
	places  [block]uint32
}

// encodeMemory is the memory of one goroutine that encodes.
type encodeMemory struct {
	scratch quant.Scratch
	code    quant.Code
	pq      quant.PQCode
	rotated []float32
	rec     []byte
	norm    float32
}

func newCoder(o *Options) coder {
	switch bits := o.Coding.Bits(); {
	case o.Coding == quant.CodingPQ:
		return pqCoder{metric: o.Metric, dims: o.Dims}
	case quant.HasBlocks(bits):
		return blockCoder{quant.NewBlocks(o.Dims, bits, o.Metric), o.Metric}
	case bits > 0:
		return bitCoder{c: quant.NewRaBitQ(o.Dims, bits, o.Metric)}
	}
	c := rawCoder{metric: o.Metric, walk: o.space()}
	if o.Metric == dist.Cosine {
		c.walk.Metric = dist.InnerProduct
	}
	return c
}

// blockCoder scans RaBitQ codes in blocks.
type blockCoder struct {
	c      *quant.Blocks
	metric dist.Metric
}

// inward is how far from the origin the mean of a list of directions lies, about: codes
// are relative to it, not to the centroid, whose length is 1. On word vectors it saves a
// tenth of the exact distances.
const inward = 0.65

func (c blockCoder) shape() shape { return shape{dist.BlockLen, c.c.Bytes(), c.c.FineBytes()} }

func (c blockCoder) rotated() int { return c.c.Padded() }

func (c blockCoder) centroid(dst, centre []float32) {
	c.c.RotateCentre(dst, centre)
	if c.metric == dist.Cosine {
		for i := range dst {
			dst[i] *= inward
		}
	}
}

func (c blockCoder) encode(m *encodeMemory, vec, centre []float32) {
	m.rotated = turned(&c.c.RaBitQ, m.rotated, vec)
	c.c.Encode(&m.code, m.rotated, centre)
}

func (c blockCoder) put(m *encodeMemory, rec []byte, entry int, fine []byte) {
	c.c.Put(&m.code, rec, entry)
	if len(fine) > 0 {
		c.c.PutFine(&m.code, fine)
	}
}

func (c blockCoder) query(q *query, _ []byte, floats []float32) {
	q.rotated = turned(&c.c.RaBitQ, q.rotated, floats)
	c.c.Prepare(&q.blocks, q.rotated)
	if n := math.Sqrt(dist.NormSq64(floats)); n > 0 {
		q.onFar = float32(-inward / n)
	}
}

func (c blockCoder) enter(q *query, centre []float32, far float32) int {
	return c.c.Enter(&q.blocks, centre, far*q.onFar)
}

func (c blockCoder) fineBounds(q *query, turn int, fine *dist.Rows, places []uint32, out []float32) {
	c.c.FineBounds(&q.blocks, turn, fine, places, out)
}

func (c blockCoder) bounds(q *query, _ *dist.Vectors, codes *dist.Rows, record uint32, ords []uint32, worst float32, out []float32, marks []uint32) {
	c.c.Bounds(&q.blocks, codes.Record(record), len(ords), worst, out, marks)
}

// turned is vec, rotated, in the memory of dst if that is long enough.
func turned(c *quant.RaBitQ, dst, vec []float32) []float32 {
	if len(dst) != c.Padded() {
		dst = make([]float32, c.Padded())
	}
	c.Rotate(dst, vec)
	return dst
}

// bitCoder scans RaBitQ codes one by one.
type bitCoder struct {
	plain
	c *quant.RaBitQ
}

func (c bitCoder) shape() shape { return shape{1, c.c.Stride(), 0} }

func (c bitCoder) rotated() int { return c.c.Padded() }

func (c bitCoder) centroid(dst, centre []float32) { c.c.RotateCentre(dst, centre) }

func (c bitCoder) encode(m *encodeMemory, vec, centre []float32) {
	m.rotated = turned(c.c, m.rotated, vec)
	if len(m.rec) != c.c.Stride() {
		m.rec = make([]byte, c.c.Stride())
	}
	c.c.Encode(&m.scratch, m.rec, m.rotated, centre)
}

func (c bitCoder) put(m *encodeMemory, rec []byte, _ int, _ []byte) { copy(rec, m.rec) }

func (c bitCoder) query(q *query, _ []byte, floats []float32) {
	q.rotated = turned(c.c, q.rotated, floats)
}

func (c bitCoder) enter(q *query, centre []float32, _ float32) int {
	c.c.Prepare(&q.bits, q.rotated, centre)
	return 0
}

func (c bitCoder) bounds(q *query, _ *dist.Vectors, codes *dist.Rows, record uint32, ords []uint32, worst float32, out []float32, marks []uint32) {
	places := q.places[:len(ords)]
	for i := range places {
		places[i] = record + uint32(i)
	}
	c.c.LowerBounds(&q.bits, codes, places, out)
	mark(out[:len(ords)], worst, marks)
}

// mark marks the bounds that are not worst or more.
func mark(bounds []float32, worst float32, marks []uint32) {
	clear(marks[:(len(bounds)+31)/32])
	for i, b := range bounds {
		if !(b >= worst) {
			marks[i/32] |= 1 << (i % 32)
		}
	}
}

// rawCoder scans the vectors. The records are their inverse norms for Cosine and their
// norms for InnerProduct.
type rawCoder struct {
	plain
	metric dist.Metric
	walk   dist.Space // what is measured: inner products for Cosine
}

func (c rawCoder) shape() shape {
	if c.metric == dist.Cosine || c.metric == dist.InnerProduct {
		return shape{1, 4, 0}
	}
	return shape{1, 0, 0}
}

func (c rawCoder) rotated() int { return 0 }

func (c rawCoder) centroid(_, _ []float32) {}

func (c rawCoder) encode(m *encodeMemory, vec, _ []float32) {
	if c.shape().bytes == 0 {
		return
	}
	n := math.Sqrt(dist.NormSq64(vec))
	if c.metric == dist.Cosine {
		n = 1 / n // infinite for zero: what follows says nothing, and it is compared exactly
	}
	m.norm = float32(n)
}

func (c rawCoder) put(m *encodeMemory, rec []byte, _ int, _ []byte) {
	if len(rec) == 0 {
		return
	}
	binary.LittleEndian.PutUint32(rec, math.Float32bits(m.norm))
}

func (c rawCoder) query(q *query, vec []byte, floats []float32) {
	q.norm, q.invNorm = math.Sqrt(dist.NormSq64(floats)), 1
	if c.metric == dist.Cosine && q.norm > 0 {
		if c.walk.Element == dist.Float32 {
			q.unit = append(q.unit[:0], floats...)
			normalise(q.unit)
			vec = dist.FloatBytes(q.unit)
		} else {
			q.invNorm = float32(1 / q.norm)
		}
	}
	q.raw.Reset(c.walk, vec)
}

func (c rawCoder) enter(*query, []float32, float32) int { return 0 }

// rounding is the relative error allowed to float32 sums.
const rounding = 1e-4

func (c rawCoder) bounds(q *query, raw *dist.Vectors, codes *dist.Rows, record uint32, ords []uint32, worst float32, out []float32, marks []uint32) {
	out = out[:len(ords)]
	q.raw.Distances(raw, ords, out)
	switch c.metric {
	case dist.Cosine:
		for i := range out {
			out[i] = 1 - rounding + out[i]*(q.invNorm*codes.Floats(record+uint32(i), 1)[0])
		}
	case dist.InnerProduct: // the sum may cancel: only the norms bound its error
		for i := range out {
			out[i] -= rounding * float32(q.norm) * codes.Floats(record+uint32(i), 1)[0]
		}
	case dist.Hamming:
	default:
		for i := range out {
			out[i] -= rounding * out[i]
		}
	}
	mark(out, worst, marks)
}

// normalise makes v a unit vector, unless it is zero.
func normalise(v []float32) {
	n := math.Sqrt(dist.NormSq64(v))
	if n == 0 {
		return
	}
	for i, x := range v {
		v[i] = float32(float64(x) / n)
	}
}
