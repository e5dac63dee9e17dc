package batch_test

import (
	"bytes"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
)

// Slices stay as they are until Reset, however many chunks they take.
func TestArenaKeepsSlicesApart(t *testing.T) {
	var a batch.Arena
	for round := range 4 {
		var got [][]byte
		for i := range 2000 {
			got = append(got, a.Copy(bytes.Repeat([]byte{byte(i + round)}, i%500)))
		}
		for i, b := range got {
			if !bytes.Equal(b, bytes.Repeat([]byte{byte(i + round)}, i%500)) {
				t.Fatalf("round %d: slice %d was overwritten", round, i)
			}
		}
		a.Reset()
	}
}

// A batch of vectors is larger than a chunk: filling it again allocates nothing.
func TestArenaRefillDoesNotAllocate(t *testing.T) {
	var a batch.Arena
	vec := make([]byte, 400)
	fill := func() {
		for range batch.MaxRows {
			a.Copy(vec)
		}
		a.Reset()
	}
	fill()
	fill()
	if n := testing.AllocsPerRun(10, fill); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
