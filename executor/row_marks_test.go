package executor

import (
	"math/rand/v2"
	"testing"
)

// A set of rows has those that were added, whatever their order, until it is cleared.
func TestRowMarks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var m rowMarks
	for range 3 {
		have := map[uint64]bool{}
		for i := range 5000 {
			row := uint64(i)
			if i%3 == 0 {
				row = rng.Uint64() >> rng.IntN(64)
			}
			if added := m.mark(row); added == have[row] {
				t.Fatalf("row %d: added %v, had %v", row, added, have[row])
			}
			have[row] = true
		}
		m.clear()
	}
}
