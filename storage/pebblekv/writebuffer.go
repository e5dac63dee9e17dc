package pebblekv

import (
	"bytes"
	"math/rand/v2"
	"sync"
)

// writeBuffer holds a transaction's own writes in key order: a skip list
// (Pugh 1990) whose nodes are indexes into flat slices, with the history that
// savepoints need. Nodes are never unlinked, so an iterator may stay on one
// while the transaction goes on writing.
type writeBuffer struct {
	nodes []node
	links []int32 // the towers of all nodes, back to back
	ops   []op
	last  int32 // the node with the greatest key
	// fingers are where keys were inserted last. A statement fills a few ranges in
	// step (rows, vectors, indexes), each in the order of its keys: the next key of
	// a range belongs right behind the last one.
	fingers [fingerCount]finger
	turn    int // the finger that was used last
	height  int
	live    int // nodes that have a write
	bytes   int // memory taken, roughly
	arena   arena
	// long are the values from longValue bytes on, by their op: memory of its own for each,
	// which goes with it, and with headRoom before it.
	long    map[int32][]byte
	longest int // length of the longest value
}

// finger is a node and the last node before or at it on each level, or an
// earlier one: later inserts are not noted.
type finger struct{ preds [maxHeight]int32 }

const (
	fingerCount = 4
	maxHeight   = 12
	headNode    = int32(0)
	none        = int32(-1)
)

type node struct {
	key   []byte
	op    int32 // newest write, none after a rollback
	tower int32 // offset of its links
	back  int32 // the node before, at level 0
}

// op is one write. val is nil for a deletion.
type op struct {
	val  []byte
	pos  int   // position in the transaction's history
	mark int   // position of the newest mark before it
	node int32 // its key
	prev int32 // the write of the same key that a rollback brings back
}

// opOverhead is what a write costs beside its bytes: an op, a node, its links.
const opOverhead = 112

var bufferPool = sync.Pool{New: func() any { return newWriteBuffer() }}

func newWriteBuffer() *writeBuffer {
	b := &writeBuffer{}
	b.reset()
	return b
}

// reset empties the buffer and keeps its memory.
func (b *writeBuffer) reset() {
	clear(b.nodes)
	clear(b.ops)
	b.nodes, b.ops, b.links = b.nodes[:0], b.ops[:0], b.links[:0]
	b.nodes = append(b.nodes, node{op: none, back: none})
	for range maxHeight {
		b.links = append(b.links, none)
	}
	b.last, b.fingers, b.turn = headNode, [fingerCount]finger{}, 0
	b.height, b.live, b.bytes = 1, 0, 0
	b.long, b.longest = nil, 0
	b.arena.reset()
}

func (b *writeBuffer) next(n int32, level int) int32 {
	return b.links[int(b.nodes[n].tower)+level]
}

// seekGE returns the first node with a key not below key, and fills the
// predecessors of every level when preds is not nil: for an insert, which then begins
// at a finger. Readers begin at the head: a finger that nothing was inserted at for long
// has predecessors far behind what others have inserted.
func (b *writeBuffer) seekGE(key []byte, preds *[maxHeight]int32) int32 {
	var start *finger
	if preds != nil {
		start = b.finger(key)
	}
	at, found := headNode, none
	for level := b.height - 1; level >= 0; level-- {
		if start != nil {
			at = start.preds[level]
		}
		for {
			n := b.next(at, level)
			// A node that already stopped the level above stops this one too.
			if n == none || n == found || bytes.Compare(b.nodes[n].key, key) >= 0 {
				found = n
				break
			}
			at = n
		}
		if preds != nil {
			preds[level] = at
		}
	}
	return found
}

// finger returns a finger that key belongs right behind, nil when there is none.
func (b *writeBuffer) finger(key []byte) *finger {
	for range b.fingers {
		if b.turn++; b.turn == fingerCount {
			b.turn = 0
		}
		f := &b.fingers[b.turn]
		at := f.preds[0]
		if at == headNode || bytes.Compare(b.nodes[at].key, key) >= 0 {
			continue
		}
		if n := b.next(at, 0); n == none || bytes.Compare(b.nodes[n].key, key) >= 0 {
			return f
		}
	}
	return nil
}

// get returns the newest write of key.
func (b *writeBuffer) get(key []byte) (*op, bool) {
	if b.live == 0 {
		return nil, false
	}
	n := b.seekGE(key, nil)
	if n == none || b.nodes[n].op == none || !bytes.Equal(b.nodes[n].key, key) {
		return nil, false
	}
	return &b.ops[b.nodes[n].op], true
}

// put records a write; val nil is a deletion. edge is the position of the
// transaction's newest savepoint (mark) or open scan: a write of the same key
// since then can be forgotten, nobody can look between the two.
func (b *writeBuffer) put(key, val []byte, pos, edge, mark int) {
	var preds [maxHeight]int32
	n := b.seekGE(key, &preds)
	if n == none || !bytes.Equal(b.nodes[n].key, key) {
		n = b.insert(key, &preds)
	}
	b.bytes += len(val)
	nd := &b.nodes[n]
	if nd.op != none && b.ops[nd.op].pos >= edge {
		b.ops[nd.op].val = b.keep(val, nd.op)
		return
	}
	if nd.op == none {
		b.live++
	}
	b.bytes += opOverhead
	o := int32(len(b.ops))
	b.ops = append(b.ops, op{val: b.keep(val, o), pos: pos, mark: mark, node: n, prev: nd.op})
	nd.op = o
}

// keep returns a copy of the value of write o, nil of nil.
func (b *writeBuffer) keep(val []byte, o int32) []byte {
	if b.longest >= longValue {
		delete(b.long, o)
	}
	b.longest = max(b.longest, len(val))
	switch {
	case val == nil:
		return nil
	case len(val) < longValue:
		return b.arena.copy(val)
	case b.long == nil:
		b.long = map[int32][]byte{}
	}
	whole := make([]byte, headRoom+len(val))
	b.long[o] = whole
	copy(whole[headRoom:], val)
	return whole[headRoom:]
}

// behind returns the value of write o with head before it: of a long one in the memory that it
// has, of others in dst.
func (b *writeBuffer) behind(head []byte, o int32, dst []byte) (whole, reuse []byte) {
	if long := b.long[o]; long != nil {
		long = long[headRoom-len(head):]
		copy(long, head)
		return long, dst
	}
	dst = append(append(dst[:0], head...), b.ops[o].val...)
	return dst, dst
}

func (b *writeBuffer) insert(key []byte, preds *[maxHeight]int32) int32 {
	n := int32(len(b.nodes))
	h := 1
	for r := rand.Uint32(); r&3 == 0 && h < maxHeight; r >>= 2 {
		h++
	}
	for b.height < h {
		preds[b.height] = headNode
		b.height++
	}
	b.bytes += len(key)
	nd := node{key: b.arena.copy(key), op: none, tower: int32(len(b.links)), back: preds[0]}
	for level := range h {
		p := &b.links[int(b.nodes[preds[level]].tower)+level]
		b.links = append(b.links, *p)
		// The append may have moved the links: address them anew.
		b.links[int(b.nodes[preds[level]].tower)+level] = n
	}
	b.nodes = append(b.nodes, nd)
	if after := b.links[nd.tower]; after != none {
		b.nodes[after].back = n
	} else {
		b.last = n
	}
	b.point(n, h, preds)
	return n
}

// point moves the finger that led to the new node n of height h on to it, or
// another one when none did.
func (b *writeBuffer) point(n int32, h int, preds *[maxHeight]int32) {
	if b.fingers[b.turn].preds[0] != preds[0] {
		b.turn = (b.turn + 1) % fingerCount
	}
	f := &b.fingers[b.turn]
	f.preds = *preds
	for level := range h {
		f.preds[level] = n
	}
}

// rollback undoes the writes at positions >= pos.
func (b *writeBuffer) rollback(pos int) {
	for i := len(b.ops) - 1; i >= 0 && b.ops[i].pos >= pos; i-- {
		o := &b.ops[i]
		b.nodes[o.node].op = o.prev
		if o.prev == none {
			b.live--
		}
		*o = op{}
		b.ops = b.ops[:i]
		delete(b.long, int32(i))
	}
}

// first, after and before walk the nodes in key order; none is the end.
func (b *writeBuffer) first() int32        { return b.next(headNode, 0) }
func (b *writeBuffer) after(n int32) int32 { return b.next(n, 0) }

func (b *writeBuffer) before(n int32) int32 {
	if p := b.nodes[n].back; p != headNode {
		return p
	}
	return none
}

// seekLT returns the last node with a key below key; a nil key is above all.
func (b *writeBuffer) seekLT(key []byte) int32 {
	if key == nil {
		if b.last == headNode {
			return none
		}
		return b.last
	}
	var preds [maxHeight]int32
	b.seekGE(key, &preds)
	if preds[0] == headNode {
		return none
	}
	return preds[0]
}

// ends returns copies of the least and the greatest key with a write.
func (b *writeBuffer) ends() (first, last []byte) {
	n := b.first()
	for n != none && b.nodes[n].op == none {
		n = b.after(n)
	}
	m := b.seekLT(nil)
	for m != none && b.nodes[m].op == none {
		m = b.before(m)
	}
	if n == none {
		return nil, nil
	}
	return append([]byte{}, b.nodes[n].key...), append([]byte{}, b.nodes[m].key...)
}

// depth is the length of the longest history of a key.
func (b *writeBuffer) depth() int {
	deepest := 0
	for n := b.first(); n != none; n = b.after(n) {
		deepest = max(deepest, b.chain(n))
	}
	return deepest
}

// chain is the number of writes a rollback could still bring to light at n.
func (b *writeBuffer) chain(n int32) int {
	c := 0
	for i := b.nodes[n].op; i != none; i = b.older(i) {
		c++
	}
	return c
}

// older returns the write that a rollback of write i would bring back: the one
// before the newest mark before i. Those in between only scans can see.
func (b *writeBuffer) older(i int32) int32 {
	mark := b.ops[i].mark
	for i = b.ops[i].prev; i != none && b.ops[i].mark == mark; {
		i = b.ops[i].prev
	}
	return i
}

// arena hands out bytes from large blocks, which reset makes free again.
type arena struct {
	blocks [][]byte
	cur    int // index of the block in use
	used   int // bytes of it
}

const (
	minBlock = 4 << 10
	maxBlock = 1 << 20
)

func (a *arena) reset() { a.cur, a.used = 0, 0 }

func (a *arena) size() (n int) {
	for _, b := range a.blocks {
		n += len(b)
	}
	return n
}

func (a *arena) copy(v []byte) []byte {
	for a.cur < len(a.blocks) && len(a.blocks[a.cur])-a.used < len(v) {
		a.cur++
		a.used = 0
	}
	if a.cur == len(a.blocks) {
		size := minBlock << min(len(a.blocks), 8)
		a.blocks = append(a.blocks, make([]byte, max(size, len(v))))
		a.used = 0
	}
	dst := a.blocks[a.cur][a.used : a.used+len(v) : a.used+len(v)]
	a.used += copy(dst, v)
	return dst
}
