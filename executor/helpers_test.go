package executor

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestHelpers(t *testing.T) {
	h := NewHelpers(3)
	for range 2 {
		if !h.Take(1) {
			t.Fatal("two of three places cannot be had")
		}
	}
	if h.Take(1) {
		t.Fatal("the last place was to stay free")
	}
	if last, more := h.Take(0), h.Take(0); !last || more || h.Taken() != 3 {
		t.Fatalf("%d of three places are taken", h.Taken())
	}
	h.Give()
	if !h.Take(0) {
		t.Fatal("a place that was given back cannot be had")
	}
	for _, none := range []*Helpers{nil, NewHelpers(1), NewHelpers(0)} {
		if none.Places() != 0 || none.Take(0) {
			t.Fatal("a helper without a second processor")
		}
	}
}

// TestHelpersNeverTooMany: however many ask at once.
func TestHelpersNeverTooMany(t *testing.T) {
	h := NewHelpers(2)
	var now, most atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				if !h.Take(0) {
					continue
				}
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				now.Add(-1)
				h.Give()
			}
		})
	}
	all.Wait()
	if most.Load() > 2 || most.Load() == 0 || h.Taken() != 0 {
		t.Fatalf("%d at once, %d are still taken", most.Load(), h.Taken())
	}
}
