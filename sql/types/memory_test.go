package types

import (
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// heldMemory is an account of 1,600 bytes over a heap of which dead bytes go when it is collected.
func heldMemory(t *testing.T, alive, dead int64) (collected *int) {
	t.Helper()
	collected = new(int)
	memory.limit = 1600
	memory.heap = func() int64 { return alive + dead }
	memory.collect = func() { dead, *collected = 0, *collected+1 }
	t.Cleanup(func() {
		memory.limit, memory.heap, memory.collect = 0, heapBytes, collect
		memory.promised.Store(0)
		MostMemory()
	})
	return collected
}

// What is dead is collected before somebody hears that there is no room.
func TestRoom(t *testing.T) {
	for _, c := range []struct {
		alive, dead, ask int64
		collects         int
		fits             bool
	}{
		{1000, 500, 100, 0, true}, {1000, 500, 101, 1, true}, {1000, 500, 600, 2, false}, // some has to be left
		{1500, 0, 200, 2, false}, {1590, 0, 5, 0, true},
	} {
		collected := heldMemory(t, c.alive, c.dead)
		err := Room(c.ask)
		if (err == nil) != c.fits || *collected != c.collects {
			t.Errorf("%d alive, %d dead, %d asked for: %v after %d collections", c.alive, c.dead, c.ask, err, *collected)
		}
		if e, ok := pgerr.As(err); err != nil && (!ok || e.Code != "53200" || e.Detail == "" || e.Hint == "") {
			t.Errorf("the error is %v", err)
		}
		if most := MostMemory(); most > 1600 {
			t.Errorf("%d bytes were allowed", most)
		}
	}
}

// What pools keep goes when it is collected for the second time.
func TestPooled(t *testing.T) {
	heldMemory(t, 1000, 500)
	pooled := int64(400)
	heap, collect, collects := memory.heap, memory.collect, 0
	memory.heap = func() int64 { return heap() + pooled }
	memory.collect = func() {
		if collect(); collects > 0 {
			pooled = 0
		}
		collects++
	}
	if err := Room(550); err != nil || collects != 2 {
		t.Errorf("%v after %d collections", err, collects)
	}
}

// What one was promised nobody else gets, until it is there.
func TestPromise(t *testing.T) {
	heldMemory(t, 1000, 0)
	if err := Promise(400); err != nil {
		t.Fatal(err)
	}
	if Promise(300) == nil || Room(300) == nil {
		t.Error("promised twice")
	}
	Promised(400)
	if err := Promise(300); err != nil {
		t.Error(err)
	}
}

// Without a bound nobody is refused, and nothing is measured.
func TestNoBound(t *testing.T) {
	heldMemory(t, 1000, 0)
	memory.limit, memory.heap = 0, nil
	if err := Room(1 << 40); err != nil {
		t.Error(err)
	}
	if err := Promise(1 << 40); err != nil {
		t.Error(err)
	}
	Promised(1 << 40)
}
