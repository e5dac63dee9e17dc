package sidecar

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/flat"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// vectors are the resident vectors of a part, once: inside its graph when it has
// one, in chunks of its own otherwise.
type vectors struct {
	dims   int
	stride int
	metric dist.Metric
	graph  *hnsw.Graph // nil: own chunks
	inv    [][]float32 // 1/norm for Cosine, see flat.Vectors; heads: directory of full length
	own    dist.Rows   // own chunks, or a view of the graph's
	cur    atomic.Pointer[flat.Vectors]
}

// strideOf is the distance in bytes between vectors of own chunks and flat
// segments. Vectors lie one behind the other, so that a scan reads one stream of
// memory; padding each to a cache line cost a tenth of the bandwidth at 100
// dimensions, and alignment gained nothing.
func strideOf(dims int) int { return 4 * dims }

func (v *vectors) init(spec *vectorindex.Spec, capacity int) error {
	v.dims, v.metric, v.stride = spec.Dims, spec.Metric, strideOf(spec.Dims)
	if v.metric == dist.Cosine {
		v.inv = make([][]float32, (capacity+1<<headShift-1)>>headShift)
	}
	if spec.Kind == vectorindex.HNSW {
		g, err := newGraph(spec, 0)
		if err != nil {
			return err
		}
		v.graph = g
		v.own = dist.ChunkedRows(nil, groupShift, 4*v.dims)
		v.publish(v.own)
		return nil
	}
	v.own = dist.ChunkedRows(nil, headShift, v.stride)
	v.publish(v.own)
	return nil
}

func (v *vectors) publish(rows dist.Rows) {
	v.cur.Store(&flat.Vectors{Rows: rows, Metric: v.metric, Dims: v.dims, InvNorm: v.inv, InvShift: headShift})
}

// view is valid for the ordinals published before the call.
func (v *vectors) view() *flat.Vectors { return v.cur.Load() }

// append stores the vector of ordinal ord, the next one. Apply lock.
func (v *vectors) append(ord uint32, vec []float32) error {
	i, j := ord>>headShift, ord&(1<<headShift-1)
	if v.graph != nil {
		got, err := v.graph.Reserve(vec)
		if err != nil {
			return err
		}
		if got != ord {
			return fmt.Errorf("sidecar: graph numbered entry %d as %d", ord, got)
		}
		if err := v.follow(ord); err != nil {
			return err
		}
	} else {
		if j == 0 {
			v.own = v.own.Append(segfile.Aligned(v.stride << headShift))
			v.publish(v.own)
		}
		copy(v.own.Floats(ord, v.dims), vec)
	}
	if v.inv != nil {
		if j == 0 {
			if int(i) == len(v.inv) { // only in a private part, see newHead
				v.inv = append(v.inv, nil)
				v.publish(v.view().Rows)
			}
			v.inv[i] = make([]float32, 1<<headShift)
		}
		v.inv[i][j] = flat.InvNorm(vec)
	}
	return nil
}

// groupShift is the chunk size of the view of a growing graph's vectors. A graph
// keeps them in chunks of at least 64.
const groupShift = 6

// follow extends the view of the graph's vectors by entry ord, the newest. It
// checks what the view assumes: that 64 vectors lie one behind the other.
func (v *vectors) follow(ord uint32) error {
	at := firstByte(v.graph.Vector(ord))
	if ord&(1<<groupShift-1) == 0 {
		group := unsafe.Slice((*byte)(at), 4*v.dims<<groupShift)
		v.own = v.own.Append(group)
		v.publish(v.own)
		return nil
	}
	if at != v.own.Record(ord) {
		return fmt.Errorf("sidecar: the graph keeps vector %d apart from its neighbours", ord)
	}
	return nil
}

func (v *vectors) bytes() int64 {
	if v.graph != nil {
		return v.graph.Bytes()
	}
	return int64(v.view().Rows.Chunks()) * int64(v.stride) << headShift
}

// vector is the vector of entry ord, aliasing the part's memory.
func (p *part) vector(ord uint32) []float32 {
	view := p.view()
	return view.Rows.Floats(ord, view.Dims)
}

// finite reports whether every component is a number.
func finite(v []float32) bool {
	for _, x := range v {
		if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
			return false
		}
	}
	return true
}

// sameBits reports whether two vectors are equal bit by bit.
func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// floatBytes views a vector as bytes.
func floatBytes(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}

func firstByte(v []float32) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(v)) }
