package hnsw

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// Pieces are aligned, zero and nobody else's, and what is not cut off yet is a fraction.
func TestSlabs(t *testing.T) {
	var s slabs
	r := rand.New(rand.NewPCG(1, 1))
	taken := 0
	var pieces [][]byte
	for i := 0; taken < 60<<20; i++ {
		n := 1 + r.IntN(700<<10)
		b := s.take(n)
		if len(b) != n || uintptr(unsafe.Pointer(&b[0]))%64 != 0 {
			t.Fatalf("%d bytes wanted, %d came, at %p", n, len(b), &b[0])
		}
		for _, at := range []int{0, n / 2, n - 1} {
			if b[at] != 0 {
				t.Fatalf("piece %d: byte %d is %d", i, at, b[at])
			}
		}
		for at := range b {
			b[at] = byte(i)
		}
		pieces, taken = append(pieces, b), taken+n
		if left := len(s.free); left > max(slabFrom, s.total/5) {
			t.Fatalf("%d of %d bytes are not used", left, s.total)
		}
	}
	for i, b := range pieces {
		if b[0] != byte(i) || b[len(b)-1] != byte(i) {
			t.Fatalf("piece %d was written by another", i)
		}
	}
	if one := (&slabs{}).take(3 << 20); len(one) != 3<<20 {
		t.Errorf("%d bytes", len(one))
	}
}
