package dist

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Vectors is a view of vectors of one space by ordinal, as they were given (not
// normalised). A view stays valid for the ordinals that existed when it was taken.
type Vectors struct {
	Space Space
	// Rows holds the vectors, each at the start of a record; for Sparse the record is
	// the u32 place of the vector in arena.
	Rows Rows
	// arena holds Sparse vectors, which are multiples of 8 bytes long: record p is
	// the first 8 bytes of the vector in place p. None spans two chunks.
	arena Rows
	// InvNorm, for Cosine but not Sparse, is Space.InvNorm of each vector in chunks
	// of 2^InvShift ordinals (32: one chunk).
	InvNorm  [][]float32
	InvShift uint
}

// FlatVectors views vectors that lie one behind the other, stride bytes apart.
func FlatVectors(s Space, data []byte, stride int) Vectors {
	return Vectors{Space: s, Rows: FlatRows(data, stride), InvShift: flatShift}
}

// FlatSparse views n Sparse vectors in arena by their places, both as a file holds
// them: everything is checked (ErrVector). They may lie in any order.
func FlatSparse(s Space, places, arena []byte) (Vectors, error) {
	v := Vectors{Space: s, Rows: FlatRows(places, placeSize), arena: FlatRows(arena, sparseUnit), InvShift: flatShift}
	units := uint64(len(arena) / sparseUnit)
	for ord := range uint32(len(places) / placeSize) {
		p := uint64(v.place(ord))
		if p >= units {
			return v, fmt.Errorf("%w: vector %d is in place %d of %d", ErrVector, ord, p, units)
		}
		rec := arena[p*sparseUnit:]
		n := uint64(*(*uint32)(unsafe.Add(v.arena.Record(uint32(p)), 4)))
		if n > MaxNonZeros || sparseHead+8*n > uint64(len(rec)) {
			return v, fmt.Errorf("%w: vector %d stores %d components", ErrVector, ord, n)
		}
		if err := s.Check(rec[:sparseHead+8*n]); err != nil {
			return v, fmt.Errorf("vector %d: %w", ord, err)
		}
	}
	return v, nil
}

func (v *Vectors) place(ord uint32) uint32 { return *(*uint32)(v.Rows.Record(ord)) }

// record is the address of vector ord.
func (v *Vectors) record(ord uint32) unsafe.Pointer {
	if v.Space.Element == Sparse {
		return v.arena.Record(v.place(ord))
	}
	return v.Rows.Record(ord)
}

// Bytes is vector ord, aliasing the collection.
func (v *Vectors) Bytes(ord uint32) []byte {
	rec, size := v.record(ord), v.Space.Size()
	if v.Space.Element == Sparse {
		size = sparseHead + 8*int(*(*uint32)(unsafe.Add(rec, 4)))
	}
	return unsafe.Slice((*byte)(rec), size)
}

// prefetchSparse is how much of a sparse vector is requested before it is read: the
// processor follows the stream after that.
const prefetchSparse = 256

// Prefetch asks the processor to load vector ord into its caches. It is a hint.
func (v *Vectors) Prefetch(ord uint32) {
	if v.Space.Element == Sparse {
		Prefetch(v.record(ord), prefetchSparse)
		return
	}
	Prefetch(v.Rows.Record(ord), v.Rows.stride)
}

// InvMask is an ordinal's place in its chunk of InvNorm.
func (v *Vectors) InvMask() uint32 { return uint32(uint64(1)<<v.InvShift - 1) }

// invNorm is that of vector ord.
func (v *Vectors) invNorm(ord uint32) float32 {
	return v.InvNorm[uint64(ord)>>v.InvShift][ord&v.InvMask()]
}

const (
	placeSize  = 4
	sparseUnit = 8 // bytes of a place, see Packed
	// arenaShift makes chunks of 1 MiB, eight times the longest vector.
	arenaShift = 17
)

// ErrFull says that a Store has no more room.
var ErrFull = errors.New("dist: the collection is full")

// Store is a growing collection of vectors in chunks that never move. One writer
// at a time; readers take a View after they have learnt that an ordinal exists.
type Store struct {
	alloc func(n int) []byte
	n     uint32
	limit int    // > 0: as many at most, in one chunk
	place uint32 // the next of arena
	cur   atomic.Pointer[Vectors]
}

// NewStore returns an empty store of vectors of s in chunks of 2^shift. alloc
// returns zero bytes, aligned as kernels like them. With capacity > 0 the store
// holds as many at most, allocated at once in one piece.
func NewStore(s Space, shift uint, capacity int, alloc func(n int) []byte) *Store {
	st := &Store{alloc: alloc, limit: capacity}
	if capacity > 0 {
		shift = flatShift
	}
	stride := s.Size()
	if s.Element == Sparse {
		stride = placeSize
	}
	v := &Vectors{Space: s, Rows: ChunkedRows(nil, shift, stride), InvShift: shift}
	if s.Element == Sparse {
		v.arena = ChunkedRows(nil, arenaShift, sparseUnit)
	}
	if capacity > 0 {
		v = st.grown(v, capacity)
	}
	st.cur.Store(v)
	return st
}

// View is the collection now.
func (st *Store) View() *Vectors { return st.cur.Load() }

// Len is the number of vectors. Only the writer may ask.
func (st *Store) Len() uint32 { return st.n }

// Normed reports whether Vectors keep inverse norms.
func (s Space) Normed() bool { return s.Metric == Cosine && s.Element != Sparse }

// grown returns v with one more chunk of n vectors.
func (st *Store) grown(v *Vectors, n int) *Vectors {
	next := *v
	next.Rows = v.Rows.Append(st.alloc(n * v.Rows.stride))
	if v.Space.Normed() {
		next.InvNorm = append(v.InvNorm[:len(v.InvNorm):len(v.InvNorm)], make([]float32, n))
	}
	return &next
}

// Append adds a vector of the space (see Space.Check), copied; its ordinal is the
// number of vectors before. The error is ErrFull.
func (st *Store) Append(b []byte) error {
	v, ord := st.View(), st.n
	if st.limit > 0 && int(ord) >= st.limit {
		return ErrFull
	}
	if int(uint64(ord)>>v.Rows.shift) == len(v.Rows.chunks) {
		v = st.grown(v, 1<<v.Rows.shift)
	}
	if v.Space.Element == Sparse {
		var ok bool
		if v, ok = st.putSparse(v, ord, b); !ok {
			return ErrFull
		}
	} else {
		copy(v.Rows.Bytes(ord), b)
	}
	if v.Space.Normed() {
		v.InvNorm[uint64(ord)>>v.InvShift][ord&v.Rows.mask()] = v.Space.InvNorm(b)
	}
	st.n++
	if v != st.View() {
		st.cur.Store(v)
	}
	return nil
}

// putSparse stores b in the arena, in the next chunk when it does not fit in this.
func (st *Store) putSparse(v *Vectors, ord uint32, b []byte) (_ *Vectors, ok bool) {
	const chunk = uint64(1) << arenaShift
	at, units := uint64(st.place), uint64(len(b)/sparseUnit)
	if at%chunk+units > chunk {
		at = (at/chunk + 1) * chunk
	}
	if at+units > 1<<32-chunk {
		return v, false
	}
	if int(at/chunk) == len(v.arena.chunks) {
		next := *v
		next.arena = v.arena.Append(st.alloc(sparseUnit << arenaShift))
		v = &next
	}
	copy(unsafe.Slice((*byte)(v.arena.Record(uint32(at))), len(b)), b)
	*(*uint32)(v.Rows.Record(ord)) = uint32(at)
	st.place = uint32(at + units)
	return v, true
}

// Packed tells where the first n Sparse vectors lie when they are stored one behind
// the other: the place of each, and the number of places.
func (v *Vectors) Packed(n uint32) (places []uint32, units uint32) {
	places = make([]uint32, n)
	for ord := range n {
		places[ord] = units
		units += uint32(len(v.Bytes(ord)) / sparseUnit)
	}
	return places, units
}

// Memory returns the bytes of the chunks, allocated ahead included.
func (v *Vectors) Memory(limit uint32) int64 {
	b := int64(limit)*int64(v.Rows.stride) + int64(len(v.arena.chunks))*sparseUnit<<arenaShift
	for _, c := range v.InvNorm {
		b += 4 * int64(len(c))
	}
	return b
}
