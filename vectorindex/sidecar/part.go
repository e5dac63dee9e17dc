package sidecar

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// A part is a set of entries numbered by ordinals: a head, which grows, or a
// sealed segment, which does not. An entry is (row, epoch, vector, added, died);
// died is 0 while the entry is alive. Columns are kept in chunks that never move,
// so readers need no lock: they load n once and read below it.
//
// A head is written under the index's apply lock. Its chunk directories are as
// long as its capacity from the start; a chunk is put into its place before n
// says that it has an entry.
type part struct {
	cols   columns
	n      atomic.Uint32 // published entries
	linked atomic.Uint32 // ordinals below it are in the graph (0 without one)
	dead   tombs
	vecs   vectors

	maxAdded atomic.Uint64               // no entry was added later
	number   uint64                      // sealed segments: names the file
	file     *segfile.File               // sealed segments
	meta     SegmentMeta                 // sealed segments; Deletes* under Index.manifestMu
	efforts  atomic.Pointer[effortTable] // sealed segments; nil = not measured
	stored   int64                       // deaths in the newest delete file; under Index.manifestMu

	byRow  rowTable // heads: newest ordinal of each row
	sorted rowOrder // sealed segments: ordinals by row
	ops    opRange  // heads: what was applied while it was the newest

	private bool             // see newHead
	scratch *segfile.Scratch // private parts: has the vectors; nil = memory has them

	budget   *Budget    // sealed segments and those with scratch
	settling sync.Mutex // guards settled
	settled  bool       // there is a copy of what searches touch

	refs     atomic.Int32
	obsolete atomic.Bool // remove the files when the last reference goes
	remove   func()      // removes the files
}

// columns are the fixed attributes of entries by ordinal, in chunks of 2^shift.
type columns struct {
	shift  uint
	mask   uint32
	rows   [][]uint64
	epochs [][]uint32
	added  [][]uint64
	payloads
}

// flatShift makes every ordinal fall into chunk 0.
const flatShift = 32

// headShift is the chunk size of heads: 1024 entries.
const headShift = 10

func (c *columns) row(ord uint32) uint64   { return c.rows[uint64(ord)>>c.shift][ord&c.mask] }
func (c *columns) epoch(ord uint32) uint32 { return c.epochs[uint64(ord)>>c.shift][ord&c.mask] }
func (c *columns) addedAt(ord uint32) uint64 {
	return c.added[uint64(ord)>>c.shift][ord&c.mask]
}

func newColumns(capacity int) columns {
	n := (capacity + 1<<headShift - 1) >> headShift
	return columns{shift: headShift, mask: 1<<headShift - 1,
		rows: make([][]uint64, n), epochs: make([][]uint32, n), added: make([][]uint64, n)}
}

// put writes entry ord, the next one, taking a new chunk when it is the first of one.
func (c *columns) put(ord uint32, row uint64, epoch uint32, added uint64) {
	i, j := ord>>c.shift, ord&c.mask
	if j == 0 {
		if int(i) == len(c.rows) { // only in a private part, see newHead
			c.rows, c.epochs, c.added = append(c.rows, nil), append(c.epochs, nil), append(c.added, nil)
		}
		c.rows[i] = make([]uint64, 1<<c.shift)
		c.epochs[i] = make([]uint32, 1<<c.shift)
		c.added[i] = make([]uint64, 1<<c.shift)
	}
	c.rows[i][j], c.epochs[i][j], c.added[i][j] = row, epoch, added
}

// rowTable finds the newest entry of a row in a head. Earlier ones of the row are
// chained through prev.
type rowTable struct {
	mu     sync.RWMutex
	newest map[uint64]uint32
	prev   []uint32 // by ordinal: the row's entry before, +1; 0 = none
}

func (t *rowTable) put(row uint64, ord uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, ok := t.newest[row]
	if ok {
		old++
	}
	t.prev = append(t.prev, old)
	t.newest[row] = ord
}

// appendOrds appends the ordinals of row to dst, newest first.
func (t *rowTable) appendOrds(dst []uint32, row uint64) []uint32 {
	ord, ok := t.newest[row]
	if !ok {
		return dst
	}
	for next := ord + 1; next != 0; next = t.prev[next-1] {
		dst = append(dst, next-1)
	}
	return dst
}

// rowOrder finds the entries of a row in a sealed segment.
type rowOrder struct {
	rows []uint64 // ascending
	ords []uint32 // ords[i] has rows[i]; nil = i
}

func (o *rowOrder) ord(i int) uint32 {
	if o.ords == nil {
		return uint32(i)
	}
	return o.ords[i]
}

// seek returns the first index at or after from whose row is not below row. It
// gallops: ascending look-ups cost the logarithm of the distance between them.
func (o *rowOrder) seek(row uint64, from int) int {
	step, hi := 1, from
	for hi < len(o.rows) && o.rows[hi] < row {
		from = hi + 1
		hi += step
		step *= 2
	}
	i, _ := slices.BinarySearch(o.rows[from:min(hi, len(o.rows))], row)
	return from + i
}

// live returns the entry of row that is alive, if there is one. The caller holds
// the apply lock.
func (p *part) live(row uint64, scratch []uint32) (ord uint32, ok bool, _ []uint32) {
	scratch = p.appendOrds(scratch[:0], row)
	for _, o := range scratch {
		if p.dead.get(o) == 0 {
			return o, true, scratch
		}
	}
	return 0, false, scratch
}

// appendOrds appends the ordinals of row's entries to dst.
func (p *part) appendOrds(dst []uint32, row uint64) []uint32 {
	if p.file == nil {
		p.byRow.mu.RLock()
		defer p.byRow.mu.RUnlock()
		return p.byRow.appendOrds(dst, row)
	}
	if n := len(p.sorted.rows); n == 0 || p.sorted.rows[n-1] < row {
		return dst // the common case of new rows, whose numbers ascend
	}
	for i := p.sorted.seek(row, 0); i < len(p.sorted.rows) && p.sorted.rows[i] == row; i++ {
		dst = append(dst, p.sorted.ord(i))
	}
	return dst
}

// kill marks entry ord as dead from ts on. Apply lock.
func (p *part) kill(ord uint32, ts uint64) { p.dead.set(ord, ts) }

// bytes is the resident memory of the part: a mapped file counts as resident, and
// so does what its graph has copied of it.
func (p *part) bytes() int64 {
	b := p.dead.bytes()
	if p.file != nil {
		b += p.file.Size()
		if p.isSettled() {
			b += p.copyBytes()
		}
		return b
	}
	n := p.n.Load()
	b += int64(n)*(8+4+8) + p.cols.payloads.bytes()
	if !p.private {
		b += int64(n) * (4 + 24) // byRow
	}
	if p.scratch != nil {
		_, memory := p.scratch.Sizes()
		b += memory
		if p.vecs.graph == nil {
			return b
		}
	}
	return b + p.vecs.bytes(n)
}

// closeScratch gives the memory of a private part's vectors back when it is written.
func (p *part) closeScratch() {
	if p.scratch != nil {
		p.budget.drop(p.scratch)
		p.scratch.Close()
	}
}

func (p *part) release() {
	if p.refs.Add(-1) != 0 {
		return
	}
	if p.file != nil {
		p.settling.Lock()
		p.settled = false
		p.settling.Unlock()
		p.budget.gone(p)
		p.budget.drop(p.file)
		// Nothing can be done about a failed unmap; the memory stays mapped.
		_ = p.file.Close()
	}
	if p.obsolete.Load() && p.remove != nil {
		p.remove()
	}
}

// newHead returns an empty head for capacity entries. Capacity 0 makes a private
// part, which grows without bound, is read by nobody while it does, and does not
// find entries by row: what builds and merges fill before they write it down. Its vectors
// are in scratch, if that is not nil.
func newHead(spec *vectorindex.Spec, capacity int, scratch *segfile.Scratch) (*part, error) {
	p := &part{cols: newColumns(capacity), dead: newTombs(capacity), private: capacity == 0, scratch: scratch}
	if !p.private {
		p.byRow.newest = make(map[uint64]uint32)
	}
	if spec.Payloads {
		p.cols.carry(capacity)
	}
	if err := p.vecs.init(spec, scratch); err != nil {
		return nil, err
	}
	p.refs.Store(1)
	return p, nil
}

// errHeadFull says that the head has reached its capacity.
var errHeadFull = errors.New("sidecar: head is full")

// append adds an entry to a head. The caller holds the apply lock.
func (p *part) append(d *Delta, ts uint64) error {
	ord := p.n.Load()
	if !p.private && int(ord)>>headShift >= len(p.cols.rows) || ord >= maxEntries {
		return errHeadFull
	}
	if err := p.vecs.append(d.Vec); err != nil {
		return err
	}
	p.cols.put(ord, uint64(d.Row), d.Epoch, ts)
	p.cols.putPayload(ord, d.Payload)
	if p.private {
		p.dead.grow(int(ord) + 1)
	} else {
		p.byRow.put(uint64(d.Row), ord)
	}
	if ts > p.maxAdded.Load() {
		p.maxAdded.Store(ts)
	}
	p.n.Store(ord + 1)
	return nil
}

// view is what searches of a part read of its vectors.
func (p *part) view() *dist.Vectors { return p.vecs.view() }

// graph is the part's graph; nil when it is scanned.
func (p *part) graph() *hnsw.Graph { return p.vecs.graph }
