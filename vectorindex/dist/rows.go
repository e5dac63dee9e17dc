package dist

import (
	"fmt"
	"unsafe"
)

// Rows is a view of equally long records: record o lies in chunk o>>shift at
// byte offset (o mod 2^shift)·stride. A growing collection adds chunks and
// never moves one, so a view taken before a growth stays valid for the records
// that existed then. One chunk of any size is the flat case. Chunks must be
// 4-byte aligned; kernels are fastest when chunk and stride are multiples of 64.
type Rows struct {
	chunks []unsafe.Pointer
	shift  uint
	stride int
}

// flatShift makes every 32-bit ordinal fall into chunk 0.
const flatShift = 32

// FlatRows views data as consecutive records of stride bytes. The caller keeps
// data unchanged in length and place while the view is used.
func FlatRows(data []byte, stride int) Rows {
	return Rows{chunks: []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(data))}, shift: flatShift, stride: stride}
}

// ChunkedRows views chunks of 2^shift records of stride bytes each. The slice is
// kept, not copied. It panics when a chunk is shorter than that (a programming
// error: kernels would read beyond it); a sole chunk may have any length when
// shift is 32.
func ChunkedRows(chunks [][]byte, shift uint, stride int) Rows {
	ptrs := make([]unsafe.Pointer, len(chunks))
	for i, c := range chunks {
		if shift < flatShift && len(c) < stride<<shift {
			panic(fmt.Sprintf("dist: chunk %d has %d bytes, want %d", i, len(c), stride<<shift))
		}
		ptrs[i] = unsafe.Pointer(unsafe.SliceData(c))
	}
	return Rows{chunks: ptrs, shift: shift, stride: stride}
}

// Append returns a view with one more chunk. The receiver stays valid.
func (r Rows) Append(chunk []byte) Rows {
	ptrs := make([]unsafe.Pointer, len(r.chunks)+1)
	copy(ptrs, r.chunks)
	ptrs[len(r.chunks)] = unsafe.Pointer(unsafe.SliceData(chunk))
	return Rows{chunks: ptrs, shift: r.shift, stride: r.stride}
}

// Stride returns the length of a record in bytes.
func (r *Rows) Stride() int { return r.stride }

// Chunks returns the number of chunks.
func (r *Rows) Chunks() int { return len(r.chunks) }

// Record returns the address of record ord, which must exist.
func (r *Rows) Record(ord uint32) unsafe.Pointer {
	c := r.chunks[uint64(ord)>>r.shift]
	return unsafe.Add(c, int(ord&r.mask())*r.stride)
}

func (r *Rows) mask() uint32 { return uint32(uint64(1)<<r.shift - 1) }

// Bytes returns record ord as bytes, aliasing the chunk.
func (r *Rows) Bytes(ord uint32) []byte {
	return unsafe.Slice((*byte)(r.Record(ord)), r.stride)
}

// Floats returns the first n float32 of record ord, aliasing the chunk.
func (r *Rows) Floats(ord uint32, n int) []float32 {
	return unsafe.Slice((*float32)(r.Record(ord)), n)
}
