package serial

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func key(table byte, n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{'t', table}, n) }

func (s *set) has(key []byte) bool {
	var one set
	one.addKey(key)
	one.settle()
	return s.meets(&one) && one.meets(s)
}

func TestSetOfFewKeysIsExact(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var s set
		in := map[uint32]bool{}
		for range rnd.IntN(60) {
			lo := rnd.Uint32N(100)
			if rnd.IntN(3) > 0 {
				s.addKey(key(1, lo))
				in[lo] = true
				continue
			}
			hi := lo + rnd.Uint32N(10)
			s.addSpan(key(1, lo), key(1, hi))
			for i := lo; i < hi; i++ {
				in[i] = true
			}
		}
		s.settle()
		for i := range uint32(120) {
			if s.has(key(1, i)) != in[i] {
				t.Fatalf("key %d: in the set %v, put in %v", i, !in[i], in[i])
			}
		}
		for i := range max(0, len(s.spans)-1) {
			if bytes.Compare(s.spans[i].hi, s.spans[i+1].lo) >= 0 {
				t.Fatalf("spans %x and %x are not apart", s.spans[i], s.spans[i+1])
			}
		}
	}
}

func TestSetWithoutEnd(t *testing.T) {
	var s set
	s.addKey(key(1, 5))
	s.addSpan(key(1, 9), nil)
	s.addKey(key(2, 1))
	s.addSpan(key(1, 7), key(1, 7)) // nothing
	s.settle()
	for n, in := range map[uint32]bool{4: false, 5: true, 6: false, 7: false, 9: true, 10: true} {
		if s.has(key(1, n)) != in {
			t.Errorf("key %d: in the set %v", n, !in)
		}
	}
	if len(s.spans) != 2 || !s.has(key(9, 9)) {
		t.Errorf("spans %v", s.spans)
	}
}

// Beyond its limits the set holds more than was put in, but never less, and joins
// what is close first.
func TestSetIsBounded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var s set
	var all [][]byte
	s.addKey(key(9, 1))
	for range 50_000 {
		k := key(byte(1+rnd.IntN(3)), rnd.Uint32())
		s.addKey(k)
		all = append(all, k)
	}
	s.addKey(key(9, 7))
	s.settle()
	if len(s.spans) > maxSpans || s.bytes > maxBytes {
		t.Fatalf("%d spans of %d bytes", len(s.spans), s.bytes)
	}
	for _, k := range all {
		if !s.has(k) {
			t.Fatalf("key %x was lost", k)
		}
	}
	if s.has(key(9, 5)) || s.has(key(7, 1)) {
		t.Error("keys far from others were joined")
	}
	covered := 0
	for range 1000 {
		if s.has(key(1, rnd.Uint32())) {
			covered++
		}
	}
	if covered > 990 {
		t.Errorf("%d of 1000 random keys count as put in", covered)
	}
	long := bytes.Repeat([]byte{'x'}, 100<<10)
	for i := range byte(5) {
		s.addKey(append(long, i))
	}
	s.settle()
	if s.bytes > maxBytes {
		t.Errorf("%d bytes", s.bytes)
	}
}
