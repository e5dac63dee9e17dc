package hnsw

import "github.com/loxodb/loxodb/vectorindex/dist"

// slabs is the memory of a graph's chunks. A chunk is smaller than a large page of the
// system, and walks jump over all of them, so that with small pages most steps have to look
// an address up. Chunks are cut from slabs that grow with the graph and have large pages
// from slabFrom on; what is not cut off yet costs addresses, not memory.
type slabs struct {
	free  []byte
	total int // bytes of all slabs
}

const (
	slabFrom = 4 << 20  // bytes of the least slab of a graph that has as many
	slabMost = 32 << 20 // bytes of the greatest
)

// take returns n zero bytes at a multiple of 64.
func (s *slabs) take(n int) []byte {
	whole := (n + 63) &^ 63
	if len(s.free) < whole {
		size := max(whole, s.next())
		s.free = dist.Aligned(size)
		s.total += size
	}
	b := s.free[:n:n]
	s.free = s.free[whole:]
	return b
}

// next is how large the next slab is: what is left of the last one is at most a fifth of all.
func (s *slabs) next() int {
	if s.total < slabFrom {
		return 0
	}
	return min(max(s.total/4, slabFrom), slabMost)
}
