package executor

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// found is a row and its distance.
type found struct {
	dist float64
	row  uint64
}

// foundBytes is the size of a found.
const foundBytes = 16

// compare orders by distance as SQL orders float8, NaN last, then by row.
func (f found) compare(g found) int {
	if c := types.CompareFloats(f.dist, g.dist); c != 0 {
		return c
	}
	return cmp.Compare(f.row, g.row)
}

func (f found) before(g found) bool { return f.compare(g) < 0 }

// nearest keeps the first max of the rows shown to it: a heap with the last of
// them on top.
type nearest struct {
	max  int64
	heap []found
}

// reset forgets all rows, and the memory of very many.
func (n *nearest) reset(max int64) {
	if cap(n.heap) > keptFound {
		n.heap = nil
	}
	n.max, n.heap = max, n.heap[:0]
}

// keptFound is how many rows a heap keeps memory for.
const keptFound = 1 << 12

// takes reports whether push would keep the row.
func (n *nearest) takes(f found) bool {
	return int64(len(n.heap)) < n.max || f.before(n.heap[0])
}

// push adds a row, in the place of the last when there are enough; it returns
// how many bytes the heap has grown by.
func (n *nearest) push(f found) int64 {
	if int64(len(n.heap)) < n.max {
		room := cap(n.heap)
		n.heap = append(n.heap, f)
		n.up(len(n.heap) - 1)
		return int64(cap(n.heap)-room) * foundBytes
	}
	if f.before(n.heap[0]) {
		n.heap[0] = f
		n.down(0)
	}
	return 0
}

func (n *nearest) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !n.heap[parent].before(n.heap[i]) {
			return
		}
		n.heap[i], n.heap[parent] = n.heap[parent], n.heap[i]
		i = parent
	}
}

func (n *nearest) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(n.heap) {
			return
		}
		if child+1 < len(n.heap) && n.heap[child].before(n.heap[child+1]) {
			child++
		}
		if !n.heap[i].before(n.heap[child]) {
			return
		}
		n.heap[i], n.heap[child] = n.heap[child], n.heap[i]
		i = child
	}
}

// sorted orders the rows, first ones first; the heap is used up.
func (n *nearest) sorted() []found {
	slices.SortFunc(n.heap, found.compare)
	return n.heap
}
