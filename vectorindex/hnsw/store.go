package hnsw

import (
	"math"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// tables is one consistent view of the chunks. It is replaced, never changed,
// when chunks are added.
type tables struct {
	codes dist.Rows     // code records, see coder
	build dist.Rows     // those that links are chosen by, where they are others
	links dist.Rows     // level 0: 2·M ordinals, ended by none
	raw   *dist.Vectors // as they were given
	nodes dist.Rows     // node records, see below
	ruled dist.Rows     // while it grows, a byte: see ruledOf
	shift uint          // chunk size 2^shift nodes, or flat
	limit uint32        // ordinals below it have memory
	m0    int
}

// A node record is four uint32: state (0 = not linked, else 1 + level, with
// isDup), the first upper record (levels 1 to level follow each other), the next
// node of the chain of duplicates (+1; 0 = end), and the float32 inverse norm of the
// vector where a rawCoder needs it, else zero.
const (
	nodeState  = 0
	nodeUpper  = 4
	nodeDup    = 8
	nodeInv    = 12
	nodeStride = 16

	isDup = uint32(1) << 31

	flat        = 32      // shift of a view with a single chunk
	chunkTarget = 1 << 20 // bytes of the largest kind of chunk
)

func newTables(o *Options, codeStride int, shift uint, s *slabs) *tables {
	t := &tables{m0: 2 * o.M, shift: shift}
	t.codes = dist.ChunkedRows(nil, t.shift, codeStride)
	t.build = dist.ChunkedRows(nil, t.shift, buildStrideOf(o))
	t.links = dist.ChunkedRows(nil, t.shift, 8*o.M)
	t.nodes = dist.ChunkedRows(nil, t.shift, nodeStride)
	t.ruled = dist.ChunkedRows(nil, t.shift, 1)
	if o.Capacity > 0 {
		return t.extend(o.Capacity, s)
	}
	return t
}

// extend returns a view with one more chunk of n nodes of every kind.
func (t *tables) extend(n int, s *slabs) *tables {
	u := *t
	u.codes = t.codes.Append(s.take(n * t.codes.Stride()))
	u.build = t.build.Append(s.take(n * t.build.Stride()))
	u.links = t.links.Append(s.take(n * t.links.Stride()))
	u.nodes = t.nodes.Append(s.take(n * nodeStride))
	u.ruled = t.ruled.Append(s.take(n))
	u.limit += uint32(n)
	return &u
}

// chunkShift is how many nodes a chunk has: one for all when the capacity is known.
func chunkShift(o *Options, codeStride int) uint {
	if o.Capacity > 0 {
		return flat
	}
	per := max(codeStride, buildStrideOf(o), o.space().Size(), 8*o.M)
	return uint(max(6, bits.Len(uint(chunkTarget/per))-1))
}

// EntryBytes is what a node of a graph with such options takes while the graph grows, but
// for its vector.
func (o Options) EntryBytes() int64 {
	if o.check() != nil { // it also fills in what is left open
		return 0
	}
	upper := 4 * o.M / max(o.M-1, 1)
	return int64(strideOf(&o) + buildStrideOf(&o) + 8*o.M + nodeStride + 1 + upper)
}

// bytes is the memory of all chunks but those of the vectors.
func (t *tables) bytes() int64 {
	per := t.codes.Stride() + t.build.Stride() + t.links.Stride() + nodeStride + t.ruled.Stride()
	return int64(t.limit) * int64(per)
}

func (t *tables) node(ord uint32, field int) *uint32 {
	return (*uint32)(unsafe.Add(t.nodes.Record(ord), field))
}

func (t *tables) state(ord uint32) uint32 { return atomic.LoadUint32(t.node(ord, nodeState)) }

func (t *tables) dup(ord uint32) uint32 { return atomic.LoadUint32(t.node(ord, nodeDup)) }

// vector is the vector of node ord as it was given.
func (t *tables) vector(ord uint32) []byte { return t.raw.Bytes(ord) }

// ruledOf is how many neighbours at the front of node ord's level-0 list the rule for
// links has chosen together: they ascend, and none is nearer to another than to the node.
// What follows them came later or was filled in. It belongs to whoever may write the list.
func (t *tables) ruledOf(ord uint32) *uint8 { return (*uint8)(t.ruled.Record(ord)) }

// list is a neighbour list: ordinals, ended by none or by its capacity.
type list []uint32

func (t *tables) list(ord uint32) list {
	return unsafe.Slice((*uint32)(t.links.Record(ord)), t.m0)
}

// set replaces the content. Readers see old and new entries mixed for a moment.
func (l list) set(ids []uint32) {
	for i, id := range ids {
		atomic.StoreUint32(&l[i], id)
	}
	if len(ids) < len(l) {
		atomic.StoreUint32(&l[len(ids)], none)
	}
}

// read appends the content to dst.
func (l list) read(dst []uint32) []uint32 {
	for i := range l {
		id := atomic.LoadUint32(&l[i])
		if id == none {
			break
		}
		dst = append(dst, id)
	}
	return dst
}

// add appends id when there is room.
func (l list) add(id uint32) bool {
	for i := range l {
		if atomic.LoadUint32(&l[i]) != none {
			continue
		}
		if i+1 < len(l) {
			atomic.StoreUint32(&l[i+1], none)
		}
		atomic.StoreUint32(&l[i], id)
		return true
	}
	return false
}

// upperTable holds the neighbour lists of the levels above 0, M ordinals each.
type upperTable struct {
	rows  dist.Rows
	limit uint32
	shift uint
	m     int
}

const upperShift = 8 // records per chunk

func newUpperTable(m int) *upperTable {
	return &upperTable{rows: dist.ChunkedRows(nil, upperShift, 4*m), shift: upperShift, m: m}
}

func (u *upperTable) extend(s *slabs) *upperTable {
	v := *u
	v.rows = u.rows.Append(s.take(u.rows.Stride() << upperShift))
	v.limit += 1 << upperShift
	return &v
}

func (u *upperTable) bytes() int64 { return int64(u.limit) * int64(u.rows.Stride()) }

func (u *upperTable) list(slot uint32) list {
	return unsafe.Slice((*uint32)(u.rows.Record(slot)), u.m)
}

// listAt returns the list of a linked node on a level that it has.
func (g *Graph) listAt(t *tables, ord uint32, level int) list {
	if level == 0 {
		return t.list(ord)
	}
	first := atomic.LoadUint32(t.node(ord, nodeUpper))
	return g.upper.Load().list(first + uint32(level-1))
}

// atomicMax is the greatest of the non-negative float32 given to it.
type atomicMax struct{ bits atomic.Uint32 }

func (a *atomicMax) raise(f float32) {
	for b := math.Float32bits(f); ; {
		old := a.bits.Load()
		if old >= b || a.bits.CompareAndSwap(old, b) {
			return
		}
	}
}

func (a *atomicMax) load() float32 { return math.Float32frombits(a.bits.Load()) }
