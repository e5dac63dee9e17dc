package quant

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Blocks is RaBitQ for entries that are scanned together: codes of 1 or 2 bits a
// component in blocks of dist.BlockLen. With 4 bits there are blocks of 2 bits to scan
// and, for what these leave open, a record of 4 bits for each entry.
//
// What codes are multiplied with is, but for L2, the query itself and not its difference
// from the centre, so that it is prepared once for all centres.
type Blocks struct {
	RaBitQ         // of the blocks
	fine   *RaBitQ // of the records; nil = there are none
}

// HasBlocks reports whether there are blocks of codes of so many bits.
func HasBlocks(bits int) bool { return bits == 1 || bits == 2 || bits == nibble }

// blockSpread and fineSpread are how many standard deviations the bounds of blocks and of
// records allow for. A neighbour is lost only where its bound fails by more than what it
// is nearer than the last one looked for, so that fewer than Spread lose as little: on
// 340,479 word vectors one neighbour in 2,000.
const (
	blockSpread = 2.5
	fineSpread  = 2.5
)

// NewBlocks returns the coder for vectors of dims components; see NewRaBitQ.
func NewBlocks(dims, bits int, metric dist.Metric) *Blocks {
	if !HasBlocks(bits) {
		panic("quant: no blocks of such codes")
	}
	scan := min(bits, 2)
	rot := NewRotation(dims, dist.BlockDims(dims, scan))
	c := &Blocks{RaBitQ: *newRaBitQ(scan, metric, rot)}
	if bits == nibble {
		c.fine = newRaBitQ(nibble, metric, rot)
	}
	return c
}

// Bytes is the length of a block.
func (c *Blocks) Bytes() int { return dist.BlockBytes(c.rot.dims, c.bits, c.adds()) }

// FineBytes is the length of a record; 0 = there are none.
func (c *Blocks) FineBytes() int {
	if c.fine == nil {
		return 0
	}
	return c.fine.Stride()
}

// adds says that entries have a summand of their own, which inner products do not need.
func (c *Blocks) adds() bool { return c.metric == dist.L2 }

// Code is an entry's code, not yet in its place.
type Code struct {
	scratch     Scratch
	block, fine []byte // codes, a component a byte
	ofBlock     factors
	ofFine      factors
}

// Encode makes e the code of the rotated vector o against the rotated centre.
func (c *Blocks) Encode(e *Code, o, centre []float32) {
	e.ofBlock = c.encode(&e.scratch, o, centre)
	e.block = append(e.block[:0], e.scratch.code...)
	if c.fine != nil {
		e.ofFine = c.fine.encode(&e.scratch, o, centre)
		e.fine = append(e.fine[:0], e.scratch.code...)
	}
}

// Put makes e entry number of a block. Bytes of other entries are not written.
func (c *Blocks) Put(e *Code, block []byte, entry int) {
	f := &e.ofBlock
	dist.PutInBlock(block, entry, e.block, c.bits,
		dist.BlockFactors{Add: float32(f.normSq), Scale: float32(f.scale), Err: float32(f.err)}, c.adds())
}

// PutFine makes e the record rec.
func (c *Blocks) PutFine(e *Code, rec []byte) {
	at, f := dist.PackNibbles(rec, e.fine), &e.ofFine
	add := 0.0
	if c.adds() {
		add = f.normSq
	}
	for i, x := range [3]float64{add, f.scale, f.err} {
		binary.LittleEndian.PutUint32(rec[at+4*i:], math.Float32bits(float32(x)))
	}
	clear(rec[at+dist.BitTail:])
}

// BlockQuery is a query prepared for blocks. It is reusable: preparing again keeps its
// memory. It serves one goroutine at a time.
type BlockQuery struct {
	y     []float32 // rotated; the caller's
	diff  []float32
	table []byte
	code  []int8
	k     [4]float32 // of blocks
	turn  int
	fine  [2]fineQuery // of records, of the last two centres
}

// fineQuery is what records are compared with.
type fineQuery struct {
	pairs []int8
	k     [4]float32
}

// Prepare makes q the rotated query y, which it keeps.
func (c *Blocks) Prepare(q *BlockQuery, y []float32) {
	if n := c.rot.padded; len(q.diff) != n {
		q.diff, q.table = make([]float32, n), make([]byte, dist.TableBytes(n, c.bits))
		q.code = make([]int8, n)
		for i := range q.fine {
			q.fine[i].pairs = make([]int8, dist.NibbleQuery(n))
		}
	}
	q.y = y
	if c.metric != dist.L2 {
		most, normSq := dist.Residual(q.diff, y, c.origin)
		c.fill(q, y, -1, most, normSq)
		other := &q.fine[1-q.turn]
		copy(other.pairs, q.fine[q.turn].pairs)
		other.k = q.fine[q.turn].k
	}
}

// Enter turns q to what was coded against the rotated centre. For Cosine the product of
// the centre with y is given, which may be rounded to 8 bits: that error is small beside
// those of the codes. It returns what FineBounds is to be told until the next but one
// centre is entered.
func (c *Blocks) Enter(q *BlockQuery, centre []float32, onCentre float32) (turn int) {
	q.turn = 1 - q.turn
	switch c.metric {
	case dist.L2:
		most, normSq := dist.Residual(q.diff, q.y, centre)
		c.fill(q, q.diff, -2, most, normSq)
		q.k[0] = normSq - 2e-6*(normSq+dist.NormSq(centre))
	case dist.Cosine:
		q.k[0] = 1 - onCentre - 4e-6
	default:
		q.k[0] = -dist.Dot(q.y, centre)
	}
	q.fine[q.turn].k[0] = q.k[0]
	return q.turn
}

// fill prepares the products of the codes with v, which count f times.
func (c *Blocks) fill(q *BlockQuery, v []float32, f, most, normSq float32) {
	norm, sum := float32(math.Sqrt(float64(normSq))), float32(0)
	for _, x := range v {
		sum += x
	}
	step := dist.BlockStep(c.bits, most)
	inv := inverse(&step)
	least := dist.FillTable(q.table, v, c.bits, inv)
	middle := float32(int(1)<<c.bits-1) / 2
	q.k[1], q.k[2], q.k[3] = f*step, f*(least-middle*sum), f*blockSpread*norm
	if c.fine == nil {
		return
	}
	step = most / 127
	inv = inverse(&step)
	rounded := dist.Round8(q.code, v, inv)
	fine := &q.fine[q.turn]
	dist.PutNibbleQuery(fine.pairs, q.code)
	fine.k[1], fine.k[2], fine.k[3] = f*step, -f*step*7.5*float32(rounded), f*fineSpread*norm
}

// Bounds writes what the distances of the first n entries of consecutive blocks are not
// below, and marks those below bound; see dist.Blocks.
func (c *Blocks) Bounds(q *BlockQuery, blocks unsafe.Pointer, n int, bound float32, out []float32, marks []uint32) {
	dist.Blocks(q.table, &q.k, blocks, c.adds(), n, bound, out, marks)
}

// FineBounds writes what the distances of the entries with the given records are not
// below.
func (c *Blocks) FineBounds(q *BlockQuery, turn int, rows *dist.Rows, ords []uint32, out []float32) {
	fine := &q.fine[turn]
	dist.Nibbles(fine.pairs, c.rot.padded, &fine.k, rows, ords, out)
}
