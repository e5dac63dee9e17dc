package types

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Go cannot go on after an allocation that fails, and ends a process that has no memory left.
// So whoever makes something long asks before, or as it grows, whether the memory has room: one
// account for all sessions, which is the heap itself, as nobody could add up what every function,
// operator and connection holds. What is short does not ask.

// Long is from how many bytes on something is long: so often, at least, whoever gathers many
// values asks.
const Long = 1 << 20

// memory is the account.
var memory = account{heap: heapBytes, collect: collect}

type account struct {
	limit    int64        // how large the heap may be for more to be made, 0 = any size
	promised atomic.Int64 // to what is being made
	collects sync.Mutex
	heap     func() int64 // what is alive, and what has not been found to be dead
	collect  func()
	most     atomic.Int64 // the largest of what was allowed
}

// reserve is the part of a bound on the heap for what does not ask, and for what is there twice
// while it grows: the store's blocks and log, garbage of the last milliseconds. A small heap has as
// much of these as another.
func reserve(heap int64) int64 { return max(heap/8, min(heap/4, 96<<20)) }

// Of the bound on the heap, valueShare, as 1/n, is what one value may take that a function builds:
// on its way to the client there are three copies of it; and growShare is what has to be left for
// something of unknown length to grow by.
const (
	valueShare = 4
	growShare  = 16
)

// BoundMemory bounds what all sessions make, by a bound on the heap in bytes. It is called before
// there are sessions.
func BoundMemory(heap int64) {
	if heap == math.MaxInt64 {
		memory.limit, affordable = 0, MaxText
		return
	}
	memory.limit = heap - reserve(heap)
	BoundValues(heap / valueShare)
}

// BoundValues bounds each value that functions build.
func BoundValues(bytes int64) { affordable = int(min(bytes, MaxText)) }

// MostMemory is how large the heap was at most, with what was asked for, when it was allowed since
// it was asked before: a measure for tests.
func MostMemory() int64 { return memory.most.Swap(0) }

func collect() { runtime.GC() }

// heapBytes is what the heap holds.
func heapBytes() int64 {
	s := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s[:])
	return int64(s[0].Value.Uint64())
}

// Promise takes n bytes for something that is about to be made, until Promised gives them back:
// then it is part of the heap. The error is 53200.
func Promise(n int64) error {
	if memory.limit == 0 {
		return nil
	}
	if memory.fits(memory.promised.Add(n)) {
		return nil
	}
	memory.promised.Add(-n)
	return noRoom(n)
}

// Promised ends a promise.
func Promised(n int64) {
	if memory.limit > 0 {
		memory.promised.Add(-n)
	}
}

// Memory is the account for packages that must not know of it, and are given something that can
// promise.
type Memory struct{}

// Promise is Promise.
func (Memory) Promise(n int64) error { return Promise(n) }

// Promised is Promised.
func (Memory) Promised(n int64) { Promised(n) }

// Room is nil, or the error of something of n bytes for which the memory has no room.
func Room(n int64) error {
	if memory.limit == 0 || memory.fits(n+memory.promised.Load()) {
		return nil
	}
	return noRoom(n)
}

// RoomToGrow is nil, or the error of something that cannot grow on.
func RoomToGrow() error { return Room(memory.limit / growShare) }

func noRoom(n int64) error {
	return pgerr.New(pgerrcode.OutOfMemory, "out of memory").
		WithDetail("The server's memory has no room for %d bytes more.", n).
		WithHint("Handle fewer or shorter values at a time, or give the server more memory.")
}

// fits reports that the heap can grow by so many bytes, once what is dead is gone.
func (a *account) fits(n int64) bool {
	if a.allows(a.heap() + n) {
		return true
	}
	a.collects.Lock()
	defer a.collects.Unlock()
	if a.allows(a.heap() + n) { // others have waited for the same
		return true
	}
	// What pools keep goes with the second time. Some room must be left, or the next one would
	// collect again, for little.
	for range 2 {
		a.collect()
		if a.allows(a.heap() + n + a.limit/64) {
			return true
		}
	}
	return false
}

func (a *account) allows(size int64) bool {
	if size > a.limit {
		return false
	}
	for most := a.most.Load(); size > most && !a.most.CompareAndSwap(most, size); most = a.most.Load() {
	}
	return true
}

// Grown tells of a growth by more bytes, to n, that it has come past another multiple of Long: then
// is the time to ask for room.
func Grown(n, more int64) bool { return (n-more)/Long != n/Long }
