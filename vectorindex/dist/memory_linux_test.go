package dist

import (
	"runtime"
	"testing"
)

// Memory that is handed out a second time is zero again, whatever pages it has.
func TestAlignedIsZero(t *testing.T) {
	for round := range 4 {
		b := Aligned(hugeFromSize + 3<<20 + 77*round)
		for i, x := range b {
			if x != 0 {
				t.Fatalf("round %d: byte %d is %d", round, i, x)
			}
			b[i] = 0xff
		}
		b = nil
		runtime.GC()
	}
}
