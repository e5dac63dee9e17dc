package pebblekv

import (
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/kv"
)

type counters struct {
	commits atomic.Uint64
	spills  atomic.Uint64
	swept   atomic.Uint64
	removed atomic.Uint64
}

// Stats is a picture of the engine's work, for monitoring.
type Stats struct {
	Commits  uint64 // transactions with writes since Open
	Spills   uint64 // chunks that large transactions wrote ahead of their commit
	Swept    uint64 // versions the collector looked at
	Removed  uint64 // versions it removed
	Visible  kv.TS  // newest visible commit
	Horizon  kv.TS  // reads below it are refused
	Views    int    // open snapshots and transactions
	Locks    int    // locked keys
	Chunks   int    // chunk records in memory
	GCKeys   int    // keys waiting for the collector
	GCRanges int    // key ranges waiting for the collector
}

// Stats returns the present counters.
func (e *Engine) Stats() Stats {
	s := Stats{
		Commits: e.stats.commits.Load(), Spills: e.stats.spills.Load(),
		Swept: e.stats.swept.Load(), Removed: e.stats.removed.Load(),
		Visible: kv.TS(e.pipe.visible.Load()), Views: e.views.len(),
		Locks: e.locks.Len(), Chunks: e.chunks.len(),
	}
	e.views.mu.Lock()
	s.Horizon = e.views.collected
	e.views.mu.Unlock()
	s.GCKeys, s.GCRanges = e.gc.queue.len()
	return s
}
