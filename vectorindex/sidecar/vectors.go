package sidecar

import (
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// vectors are the resident vectors of a part, once: inside its graph when it has
// one, in a store of its own otherwise, or in its file.
type vectors struct {
	graph *hnsw.Graph   // nil: scanned, or in lists
	lists *ivf.Index    // of a segment of an index of lists that has them
	own   *dist.Store   // of a head without a graph
	file  *dist.Vectors // of a sealed segment, with a graph or without
}

func (v *vectors) init(spec *vectorindex.Spec, scratch *segfile.Scratch) (err error) {
	var alloc func(n int) []byte
	if scratch != nil {
		alloc = scratch.Alloc
	}
	if spec.Kind == vectorindex.HNSW {
		v.graph, err = newGraph(spec, alloc)
		return err
	}
	// Vectors lie one behind the other, so that a scan reads one stream of memory;
	// padding each to a cache line cost a tenth of the bandwidth at 100 dimensions,
	// and alignment gained nothing.
	if alloc == nil {
		alloc = segfile.Aligned
	}
	v.own = dist.NewStore(spec.Space(), headShift, 0, alloc)
	return nil
}

// view is valid for the ordinals published before the call.
func (v *vectors) view() *dist.Vectors {
	switch {
	case v.file != nil:
		return v.file
	case v.graph != nil:
		return v.graph.Vectors()
	}
	return v.own.View()
}

// append stores the vector of the next ordinal. Apply lock.
func (v *vectors) append(vec []byte) error {
	if v.graph == nil {
		return v.own.Append(vec)
	}
	_, err := v.graph.Reserve(vec)
	return err
}

// bytes is the memory of n vectors.
func (v *vectors) bytes(n uint32) int64 {
	if v.graph != nil {
		return v.graph.Bytes()
	}
	return v.view().Memory(n)
}

// vector is the vector of entry ord, aliasing the part's memory.
func (p *part) vector(ord uint32) []byte { return p.view().Bytes(ord) }
