package executor

import "sync/atomic"

// Helpers are the places of all goroutines that work for statements beside their own: as
// many as there are processors, whatever they do, scans that read ahead and searches
// that are begun ahead alike. Nobody waits for a place: who has none goes on alone.
// Safe for concurrent use; nil has no places.
type Helpers struct {
	places int32
	taken  atomic.Int32
}

// NewHelpers makes n places.
func NewHelpers(n int) *Helpers { return &Helpers{places: int32(n)} }

// Places is how many there are; more than one processor is needed for any.
func (h *Helpers) Places() int {
	if h == nil || h.places < 2 {
		return 0
	}
	return int(h.places)
}

// Take takes a place if, after that, so many are still free. A scan, which waits for
// those that read ahead, needs none; a statement that goes on beside its helpers leaves
// one processor to itself.
func (h *Helpers) Take(free int) bool {
	if h.Places() == 0 {
		return false
	}
	if int(h.taken.Add(1))+free > int(h.places) {
		h.taken.Add(-1)
		return false
	}
	return true
}

// Give gives a place back.
func (h *Helpers) Give() { h.taken.Add(-1) }

// Taken is how many places are taken now.
func (h *Helpers) Taken() int { return int(h.taken.Load()) }
