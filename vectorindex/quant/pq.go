package quant

import (
	"math"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// PQ codes vectors by books: of what a vector x differs from a centre c, r, each part is
// replaced by the nearest of the part's sixteen centroids, and the whole, r̂, is scaled so
// that the error e = r − s·r̂ is orthogonal to r. For L2
//
//	‖y − x‖² = ‖y − c‖² + ‖r‖² − 2s⟨y − c, r̂⟩ − 2⟨y − x, e⟩
//
// where all but the last summand is known. That is bounded by chance: ⟨y − x, e⟩ has the
// a deviation of so many times ‖y − x‖·‖e‖, which the training has measured. It shrinks with the distance
// itself: the nearer an entry is, the more its estimate is worth. Cosine is half of that for
// vectors that are normalised. For InnerProduct what is left out is ⟨y, e⟩.
//
// ⟨y − c, r̂⟩ is ⟨y − m, r̂⟩ − ⟨c − m, r̂⟩ for the mean m of all: the second is known when x
// is coded, so one table a query serves all centres. It serves L2, InnerProduct and
// Cosine. It holds nothing that changes; any number of goroutines may use it.
type PQ struct {
	books  *Books
	metric dist.Metric
	factor float64 // of squared distances in the metric's
}

// NewPQ returns the coder by some books.
func NewPQ(b *Books, metric dist.Metric) *PQ {
	c := &PQ{books: b, metric: metric, factor: 1}
	if metric == dist.Cosine {
		c.factor = 0.5
	}
	return c
}

// Books are what the coder codes by.
func (c *PQ) Books() *Books { return c.books }

// Unit writes the vector v, normalised for Cosine as coded vectors and queries are, to dst.
func (c *PQ) Unit(dst, v []float32) {
	f := normaliser(c.metric, v)
	for i, x := range v {
		dst[i] = float32(float64(x) * f)
	}
}

// PQBlock is the length of a block of codes, PQStride that of a record.
func PQBlock(dims int) int  { return dist.NibbleBlock(Parts(dims)) }
func PQStride(dims int) int { return dist.PairStride(Parts(dims)) }

// PQCode is an entry's code, not yet in its place.
type PQCode struct {
	code          []byte // a nibble a byte, whole groups of four
	sums          []float32
	r             []float32
	scale         float64
	normSq, errSq float64 // of what is coded, of the error
	add           float64
	factors       dist.BlockFactors
}

// Encode makes m the code of the vector v (normalised for Cosine) against the centre.
func (c *PQ) Encode(m *PQCode, v, centre []float32) {
	if len(m.r) != len(centre) {
		m.r = make([]float32, len(centre))
	}
	for i, x := range v {
		m.r[i] = x - centre[i]
	}
	c.books.encode(m, c.metric, m.r, centre)
	err := math.Sqrt(m.errSq)
	m.factors = dist.BlockFactors{Add: float32(c.factor * m.add), Scale: float32(m.scale), Err: float32(err)}
	if x := m.factors.Add; x-x != 0 {
		m.factors.Add = float32(math.NaN()) // what overflowed says nothing
	}
}

// encode leaves in m the code of r, a difference from the centre.
func (b *Books) encode(m *PQCode, metric dist.Metric, r, centre []float32) {
	parts := b.parts()
	if len(m.sums) != dist.Centroids*parts {
		m.sums, m.code = make([]float32, dist.Centroids*parts), make([]byte, (parts+3)&^3)
	}
	dist.BookSums(r, b.centroids, b.cuts, m.sums)
	var dot, codeSq, off float64 // of r̂: with r, with itself, with m or c − m
	for p := range parts {
		at := dist.Centroids * p
		code := nearestOf(m.sums[at:], b.half[at:])
		m.code[p] = code
		dot += float64(m.sums[at+int(code)])
		codeSq += 2 * float64(b.half[at+int(code)])
		for j := b.cuts[p]; j < b.cuts[p+1]; j++ {
			o := b.mean[j]
			if metric != dist.InnerProduct {
				o = centre[j] - o
			}
			off += float64(b.centroids[dist.Centroids*j+uint32(code)]) * float64(o)
		}
	}
	m.normSq, m.scale = float64(dist.NormSq(r)), 0
	if dot > 0 {
		m.scale = float64(dist.RoundScale(float32(m.normSq / dot)))
	}
	// And what the sums may be wrong by.
	m.errSq = max(m.normSq-2*m.scale*dot+m.scale*m.scale*codeSq, 0) + 1e-6*m.normSq
	if m.add = -m.scale * off; metric != dist.InnerProduct {
		// Scales are rounded: e is not quite orthogonal.
		m.add = m.normSq - 2*(m.normSq-m.scale*dot) + 2*m.scale*off
	}
}

// Put makes m entry number of a block. Bytes of other entries are not written.
func (c *PQ) Put(m *PQCode, block []byte, entry int) {
	dist.PutInBlock(block, entry, m.code, 4, m.factors, true)
}

// PutRecord makes m a record, and returns its error.
func (c *PQ) PutRecord(m *PQCode, rec []byte) (err float32) {
	dist.PutPairs(rec, m.code[:c.books.parts()], m.factors)
	return dist.PairErr(rec, c.books.parts())
}

// PQQuery is a query prepared for a coder. It is reusable: preparing again keeps its
// memory. It serves one goroutine at a time.
type PQQuery struct {
	y       []float32 // the caller's
	diff    []float32
	sums    []float32 // what each part adds, and zeros
	nibbles []byte
	k       [4]float32
	norm    float32 // of y
	far     float32 // squared distance of the centre
	off     float32 // of y from the mean
	slack   float32 // for the rounding of float32
}

func (c *PQ) prepare(q *PQQuery, y []float32) {
	if len(q.diff) != len(y) {
		q.diff = make([]float32, len(y))
	}
	if n := dist.PairTables(c.books.parts()); len(q.sums) != n {
		q.sums = make([]float32, n)
	}
	q.y = y
	q.norm = float32(math.Sqrt(float64(dist.NormSq(y))))
	f := float32(-2 * c.factor)
	if c.metric == dist.InnerProduct {
		f = -1
	}
	for i, x := range y {
		q.diff[i] = f * (x - c.books.mean[i])
	}
	q.off = float32(math.Sqrt(float64(dist.NormSq(q.diff)))) / -f
	dist.BookSums(q.diff, c.books.centroids, c.books.cuts, q.sums)
}

// Prepare makes q the query y (normalised for Cosine), which it keeps, for blocks.
func (c *PQ) Prepare(q *PQQuery, y []float32) {
	c.prepare(q, y)
	parts := c.books.parts()
	if n := dist.NibbleTables(parts); len(q.nibbles) != n {
		q.nibbles = make([]byte, n)
	}
	q.k[1], q.k[2] = dist.FillNibbles(q.nibbles, q.sums[:dist.Centroids*parts])
	// An entry of a table is up to half a step off, evenly spread.
	q.k[2] -= blockSpread * q.k[1] * float32(math.Sqrt(float64(parts)/12))
}

// Enter turns q to what was coded against the centre.
func (c *PQ) Enter(q *PQQuery, centre []float32) {
	if c.metric == dist.InnerProduct {
		dot, normSq := dist.DotNorm(q.y, centre)
		q.k[0] = -dot
		q.slack = 4e-6 * (q.norm + q.off) * (float32(math.Sqrt(float64(normSq))) + q.norm + q.off)
		return
	}
	f := float32(c.factor)
	q.far = dist.L2Sq(q.y, centre)
	q.k[0], q.slack = f*q.far, f*4e-6*(q.far+q.off*q.off)
	if c.metric == dist.Cosine {
		q.slack += 1e-6 // vectors were rounded when they were normalised
	}
}

// Bounds writes what the distances of the first n entries of consecutive blocks are not
// below, if they are below bound, and marks those; see dist.Blocks.
func (c *PQ) Bounds(q *PQQuery, blocks unsafe.Pointer, n int, bound float32, out []float32, marks []uint32) {
	b := c.books
	width := float32(1)
	if c.metric == dist.InnerProduct {
		width = q.product()
	} else {
		near := min(q.far, bound/float32(c.factor))
		if near != near {
			near = q.far
		}
		width = float32(2*c.factor) * float32(math.Sqrt(float64(max(near, 0))))
	}
	k := q.k
	k[0], k[3] = k[0]-q.slack, -b.few*width
	dist.Blocks(q.nibbles, &k, blocks, true, n, bound, out, marks)
}

// PrepareRecords makes q the query y (normalised for Cosine), which it keeps, for records
// against the mean.
func (c *PQ) PrepareRecords(q *PQQuery, y []float32) {
	c.prepare(q, y)
	c.Enter(q, c.books.mean)
}

// Distances writes estimates of the metric's distance from q to the records ords of rows.
func (c *PQ) Distances(q *PQQuery, rows *dist.Rows, ords []uint32, out []float32) {
	dist.Pairs(q.sums, &[2]float32{q.k[0], 1}, rows, ords, out)
}

// product is what the error of an inner product is bounded by for an error of 1; errors are at
// least a thousandth of what is coded, so the rounding of float32 is in it.
func (q *PQQuery) product() float32 { return q.norm + 1e-3*q.off }

// LowerBound is what a distance is not below but for one in a million, given its estimate
// and its error, or more than that.
func (c *PQ) LowerBound(q *PQQuery, est, err float32) float32 {
	est -= q.slack
	a := c.books.none * err
	low := est - a*q.product()
	if c.metric != dist.InnerProduct {
		// est is at most D + 2·a·√D for the squared distance D.
		f := float32(c.factor)
		root := float32(math.Sqrt(float64(a*a+max(est, 0)/f))) - a
		low = f * root * root
	}
	if low-low != 0 { // overflowed: it says nothing
		return float32(math.Inf(-1))
	}
	return low - 1e-5*abs(low)
}

// LowerBounds writes the bounds of the records ords of rows.
func (c *PQ) LowerBounds(q *PQQuery, rows *dist.Rows, ords []uint32, out []float32) {
	c.Distances(q, rows, ords, out)
	for i, o := range ords {
		out[i] = c.LowerBound(q, out[i], dist.PairErr(rows.Bytes(o), c.books.parts()))
	}
}
