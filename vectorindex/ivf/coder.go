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
	// stride is the length of a record; 0 = the lists have none.
	stride() int
	// rotated is the length of a centroid as the coder wants it, 0 when it wants none.
	rotated() int
	// centroid writes a centroid as the coder wants it.
	centroid(dst, c []float32)
	// encode writes the record of vec for the list of centroid c, as centroid gave it.
	encode(m *encodeMemory, rec []byte, vec, c []float32)
	// query begins a search; floats are the components of vec.
	query(q *query, vec []byte, floats []float32)
	// enter turns q to the list of centroid c.
	enter(q *query, c []float32)
	// bounds writes what the distances of the entries at the given places are not
	// below; ords are their ordinals.
	bounds(q *query, raw *dist.Vectors, v *listView, places, ords []uint32, out []float32)
}

// query is the reusable state of a search that a coder prepares.
type query struct {
	raw     dist.Query // the query as given or, for Cosine and Float32, normalised
	unit    []float32
	invNorm float32 // Cosine of other elements
	norm    float64
	rotated []float32
	bits    quant.BitQuery
}

// encodeMemory is the memory of one goroutine that encodes.
type encodeMemory struct {
	scratch quant.Scratch
	rotated []float32
}

func newCoder(o *Options) coder {
	if bits := o.Coding.Bits(); bits > 0 {
		return bitCoder{quant.NewRaBitQ(o.Dims, bits, o.Metric)}
	}
	c := rawCoder{metric: o.Metric, walk: o.space()}
	if o.Metric == dist.Cosine {
		c.walk.Metric = dist.InnerProduct
	}
	return c
}

// bitCoder scans RaBitQ codes.
type bitCoder struct{ c *quant.RaBitQ }

func (c bitCoder) stride() int { return c.c.Stride() }

func (c bitCoder) rotated() int { return c.c.Padded() }

func (c bitCoder) centroid(dst, centre []float32) { c.c.RotateCentre(dst, centre) }

func (c bitCoder) encode(m *encodeMemory, rec []byte, vec, centre []float32) {
	if len(m.rotated) != c.c.Padded() {
		m.rotated = make([]float32, c.c.Padded())
	}
	c.c.Rotate(m.rotated, vec)
	c.c.Encode(&m.scratch, rec, m.rotated, centre)
}

func (c bitCoder) query(q *query, _ []byte, floats []float32) {
	if len(q.rotated) != c.c.Padded() {
		q.rotated = make([]float32, c.c.Padded())
	}
	c.c.Rotate(q.rotated, floats)
}

func (c bitCoder) enter(q *query, centre []float32) { c.c.Prepare(&q.bits, q.rotated, centre) }

func (c bitCoder) bounds(q *query, _ *dist.Vectors, v *listView, places, _ []uint32, out []float32) {
	c.c.LowerBounds(&q.bits, &v.codes, places, out)
}

// rawCoder scans the vectors. The records are their inverse norms for Cosine and their
// norms for InnerProduct.
type rawCoder struct {
	metric dist.Metric
	walk   dist.Space // what is measured: inner products for Cosine
}

func (c rawCoder) stride() int {
	if c.metric == dist.Cosine || c.metric == dist.InnerProduct {
		return 4
	}
	return 0
}

func (c rawCoder) rotated() int { return 0 }

func (c rawCoder) centroid(_, _ []float32) {}

func (c rawCoder) encode(_ *encodeMemory, rec []byte, vec, _ []float32) {
	if c.stride() == 0 {
		return
	}
	n := math.Sqrt(dist.NormSq64(vec))
	if c.metric == dist.Cosine {
		n = 1 / n // infinite for zero: what follows says nothing, and it is compared exactly
	}
	binary.LittleEndian.PutUint32(rec, math.Float32bits(float32(n)))
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

func (c rawCoder) enter(*query, []float32) {}

// rounding is the relative error allowed to float32 sums.
const rounding = 1e-4

func (c rawCoder) bounds(q *query, raw *dist.Vectors, v *listView, places, ords []uint32, out []float32) {
	q.raw.Distances(raw, ords, out)
	switch c.metric {
	case dist.Cosine:
		for i, p := range places {
			out[i] = 1 - rounding + out[i]*(q.invNorm*v.codes.Floats(p, 1)[0])
		}
	case dist.InnerProduct: // the sum may cancel: only the norms bound its error
		for i, p := range places {
			out[i] -= rounding * float32(q.norm) * v.codes.Floats(p, 1)[0]
		}
	case dist.Hamming:
	default:
		for i := range ords {
			out[i] -= rounding * out[i]
		}
	}
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
