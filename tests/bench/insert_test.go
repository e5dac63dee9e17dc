package main

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/loxodb/loxodb/tests/bench/sets"
)

// TestInserterFillsItsRequest: the bytes are those of a request made for the rows, and
// none is made anew.
func TestInserterFillsItsRequest(t *testing.T) {
	d := &dataSet{Set: &sets.Set{Dims: 3, Base: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}}}
	in := newInserter(nil, d, 2)
	for _, from := range []int{0, 1, 2, 7} { // 2: the last row and the first
		in.fill(from)
		var params [][]byte
		for i := from; i < from+2; i++ {
			params = append(params, binary.BigEndian.AppendUint64(nil, uint64(i+1)), appendVector(nil, d.Vec(i%d.N())))
		}
		if want := newRequest("insert", params...).bytes; !bytes.Equal(in.req.bytes, want) {
			t.Errorf("from %d: %x, not %x", from, in.req.bytes, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { in.fill(1) }); n != 0 {
		t.Errorf("%v allocations for a statement", n)
	}
}
