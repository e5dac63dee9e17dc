package ivf

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// list is a growing sequence of entries: their ordinals and code records.
type list struct {
	mu     sync.Mutex // writers
	n      atomic.Uint32
	view   atomic.Pointer[listView]
	stride int
}

// listView is the memory of a list, replaced when it grows. Entry i is valid when the
// list's length, loaded before the view, is above i.
type listView struct {
	codes dist.Rows
	ords  [][]uint32
	shift uint
}

const (
	listShift = 6  // entries per chunk of a growing list
	flat32    = 32 // shift of a view with a single chunk
)

func (v *listView) ord(i uint32) uint32 {
	return v.ords[uint64(i)>>v.shift][i&uint32(uint64(1)<<v.shift-1)]
}

// newList returns an empty list of records of stride bytes (0 = none).
func newList(stride int) *list {
	l := &list{stride: stride}
	l.view.Store(&listView{codes: dist.ChunkedRows(nil, listShift, stride), shift: listShift})
	return l
}

// sealedList views a list that does not grow.
func sealedList(codes []byte, ords []uint32, stride int) *list {
	l := &list{stride: stride}
	l.view.Store(&listView{codes: dist.FlatRows(codes, stride), ords: [][]uint32{ords}, shift: flat32})
	l.n.Store(uint32(len(ords)))
	return l
}

// append adds an entry.
func (l *list) append(ord uint32, rec []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, v := l.n.Load(), l.view.Load()
	if n&(1<<listShift-1) == 0 {
		grown := &listView{codes: v.codes.Append(aligned(l.stride << listShift)), shift: listShift}
		grown.ords = append(append(make([][]uint32, 0, len(v.ords)+1), v.ords...), make([]uint32, 1<<listShift))
		v = grown
		l.view.Store(v)
	}
	v.ords[n>>listShift][n&(1<<listShift-1)] = ord
	copy(v.codes.Bytes(n), rec)
	l.n.Store(n + 1)
}

// bytes is the memory of the list.
func (l *list) bytes() int64 {
	n := int64(l.n.Load())
	if v := l.view.Load(); v.shift == listShift {
		n = int64(len(v.ords)) << listShift
	}
	return n * int64(4+l.stride)
}

// aligned returns n zero bytes that start at a multiple of 64, with room for a kernel
// that reads a whole line.
func aligned(n int) []byte {
	b := make([]byte, n+127)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & 63)
	return b[skip : skip+n]
}

// run is the ordinals of n entries of one chunk, from its first one at on.
func (v *listView) run(at, n uint32) []uint32 { return v.ords[uint64(at)>>v.shift][:n] }
