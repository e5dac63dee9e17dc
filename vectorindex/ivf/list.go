package ivf

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// shape says how the codes of a list lie: each record holds those of so many entries, a
// power of two, and has so many bytes (0 = there are none). Where that is not all, a
// finer code of each entry has a record of its own.
type shape struct {
	entries uint32
	bytes   int
	fine    int // bytes; 0 = there are none
}

// records is how many records n entries take.
func (s shape) records(n uint32) uint32 { return (n + s.entries - 1) / s.entries }

// size is the number of bytes that the codes of n entries take.
func (s shape) size(n uint32) int { return int(s.records(n)) * s.bytes }

// list is a growing sequence of entries: their ordinals and codes.
type list struct {
	mu    sync.Mutex // writers
	n     atomic.Uint32
	view  atomic.Pointer[listView]
	shape shape
}

// listView is the memory of a list, replaced when it grows. Entry i is valid when the
// list's length, loaded before the view, is above i.
type listView struct {
	codes dist.Rows
	fine  dist.Rows
	ords  [][]uint32
}

const (
	listShift = 6 // entries per chunk, whole records
	listMask  = 1<<listShift - 1
)

func (v *listView) ord(i uint32) uint32 { return v.ords[i>>listShift][i&listMask] }

// newList returns an empty list.
func newList(s shape) *list {
	l := &list{shape: s}
	l.view.Store(&listView{codes: dist.ChunkedRows(nil, chunkRecords(s), s.bytes), fine: dist.ChunkedRows(nil, listShift, s.fine)})
	return l
}

// chunkRecords is the number of records of a chunk, as a shift.
func chunkRecords(s shape) uint { return listShift - uint(bits.Len32(s.entries)-1) }

// append adds an entry, whose code put, if not nil, writes as one of a record and as a
// finer one.
func (l *list) append(ord uint32, put func(rec []byte, entry int, fine []byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, v := l.n.Load(), l.view.Load()
	if n&listMask == 0 {
		grown := &listView{codes: v.codes.Append(dist.Aligned(l.shape.size(1 << listShift)))}
		grown.fine = v.fine.Append(dist.Aligned(l.shape.fine << listShift))
		grown.ords = append(append(make([][]uint32, 0, len(v.ords)+1), v.ords...), make([]uint32, 1<<listShift))
		v = grown
		l.view.Store(v)
	}
	v.ords[n>>listShift][n&listMask] = ord
	if put != nil {
		put(v.codes.Bytes(n/l.shape.entries), int(n%l.shape.entries), v.fine.Bytes(n))
	}
	l.n.Store(n + 1)
}

// bytes is the memory of the list.
func (l *list) bytes() int64 {
	n := uint32(len(l.view.Load().ords)) << listShift
	return int64(n)*int64(4+l.shape.fine) + int64(l.shape.size(n))
}

// each calls do for the first n entries, a chunk at a time, with the place of the first.
func (v *listView) each(n uint32, do func(at uint32, ords []uint32)) {
	for at := uint32(0); at < n; at += 1 << listShift {
		do(at, v.ords[at>>listShift][:min(n-at, 1<<listShift)])
	}
}

// rowBytes views n consecutive records, all of one chunk.
func rowBytes(r *dist.Rows, at, n uint32) []byte {
	if n == 0 || r.Stride() == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.Record(at)), int(n)*r.Stride())
}
