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
	// query begins a search.
	query(q *query, vec []float32)
	// enter turns q to the list of centroid c.
	enter(q *query, c []float32)
	// bounds writes what the distances of the entries at the given places are not
	// below; ords are their ordinals.
	bounds(q *query, raw *dist.Rows, v *listView, places, ords []uint32, out []float32)
}

// query is the reusable state of a search that a coder prepares.
type query struct {
	vec     []float32 // for vectors; normalised for Cosine
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
	return rawCoder{metric: o.Metric}
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

func (c bitCoder) query(q *query, vec []float32) {
	if len(q.rotated) != c.c.Padded() {
		q.rotated = make([]float32, c.c.Padded())
	}
	c.c.Rotate(q.rotated, vec)
}

func (c bitCoder) enter(q *query, centre []float32) { c.c.Prepare(&q.bits, q.rotated, centre) }

func (c bitCoder) bounds(q *query, _ *dist.Rows, v *listView, places, _ []uint32, out []float32) {
	c.c.LowerBounds(&q.bits, &v.codes, places, out)
}

// rawCoder scans the vectors. For Cosine the records are their inverse norms.
type rawCoder struct{ metric dist.Metric }

func (c rawCoder) stride() int {
	if c.metric == dist.Cosine {
		return 4
	}
	return 0
}

func (c rawCoder) rotated() int { return 0 }

func (c rawCoder) centroid(_, _ []float32) {}

func (c rawCoder) encode(_ *encodeMemory, rec []byte, vec, _ []float32) {
	if c.metric == dist.Cosine {
		inv := float32(1 / math.Sqrt(dist.NormSq64(vec))) // infinite says: compare exactly
		binary.LittleEndian.PutUint32(rec, math.Float32bits(inv))
	}
}

func (c rawCoder) query(q *query, vec []float32) {
	q.vec = append(q.vec[:0], vec...)
	if c.metric == dist.Cosine {
		normalise(q.vec)
	}
}

func (c rawCoder) enter(*query, []float32) {}

// rounding is the relative error allowed to float32 sums.
const rounding = 1e-4

func (c rawCoder) bounds(q *query, raw *dist.Rows, v *listView, places, ords []uint32, out []float32) {
	m := c.metric
	if m == dist.Cosine {
		m = dist.InnerProduct
	}
	dist.Gather(m, q.vec, raw, ords, out)
	switch c.metric {
	case dist.Cosine:
		for i, p := range places {
			out[i] = 1 - rounding + out[i]*v.codes.Floats(p, 1)[0]
		}
	case dist.InnerProduct: // the product may cancel: nothing is known but the norms
		for i, o := range ords {
			out[i] -= rounding * float32(math.Sqrt(float64(dist.NormSq(q.vec))*float64(dist.NormSq(raw.Floats(o, len(q.vec))))))
		}
	default:
		for i := range out[:len(ords)] {
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
