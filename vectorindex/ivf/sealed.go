package ivf

import (
	"fmt"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// sealed are lists that do not grow, one behind the other. A search finds what belongs
// to a list without following pointers, each of which would be a cache miss.
type sealed struct {
	starts  []uint32 // where the entries of each list begin, and the end
	records []uint32 // where the records of each list begin, and the end
	ords    []uint32
	codes   dist.Rows
	fine    dist.Rows // by place in ords
	shape   shape
}

// newSealed views lists as a file has them; starts are ascending, and end with the
// number of ordinals. It fails (ErrCorrupt) when there are not as many codes.
func newSealed(starts, ords []uint32, codes, fine []byte, s shape) (*sealed, error) {
	x := &sealed{starts: starts, ords: ords, shape: s, records: make([]uint32, len(starts))}
	for i := range starts[1:] {
		x.records[i+1] = x.records[i] + s.records(starts[i+1]-starts[i])
	}
	if want := int(x.records[len(starts)-1]) * s.bytes; len(codes) != want {
		return nil, fmt.Errorf("%w: %d bytes of codes, want %d", ErrCorrupt, len(codes), want)
	}
	x.codes, x.fine = dist.FlatRows(codes, s.bytes), dist.FlatRows(fine, s.fine)
	return x, nil
}

// codeBytes and fineBytes view all codes.
func (x *sealed) codeBytes() []byte { return rowBytes(&x.codes, 0, x.records[len(x.records)-1]) }
func (x *sealed) fineBytes() []byte { return rowBytes(&x.fine, 0, uint32(len(x.ords))) }

func (x *sealed) bytes() int64 {
	return 4*int64(len(x.ords)+len(x.starts)+len(x.records)) + int64(len(x.codeBytes())+len(x.fineBytes()))
}

// settled is x with codes of its own.
func (x *sealed) settled() *sealed {
	own := *x
	own.codes = dist.FlatRows(copied(x.codeBytes()), x.shape.bytes)
	own.fine = dist.FlatRows(copied(x.fineBytes()), x.shape.fine)
	return &own
}

func copied(b []byte) []byte {
	own := dist.Aligned(len(b))
	copy(own, b)
	return own
}

// prefetchCodes is how much of the codes of a list is requested before it is scanned:
// the processor follows the stream after that.
const prefetchCodes = 4096

// prefetch requests the beginning of a list.
func (x *sealed) prefetch(list uint32) {
	if lo, hi := x.records[list], x.records[list+1]; lo < hi && x.shape.bytes > 0 {
		dist.Prefetch(x.codes.Record(lo), min(prefetchCodes, int(hi-lo)*x.shape.bytes))
	}
}
