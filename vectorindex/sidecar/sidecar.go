// Package sidecar is the live vector index: a head that takes every committed
// change at once, immutable sealed segments in files, and the background work
// between them (link, seal, merge, recover). It must not know SQL, planning,
// execution, storage or the server: what it needs of storage is the interface
// Source, which storage implements.
//
// # The promise
//
// A search at snapshot R proposes every entry that was alive at R, so that the
// caller, who checks each proposed row, sees every row that qualifies. Wrong
// proposals are allowed, missing ones are not. Everything follows from that:
//
//   - An entry has the timestamps at which it was added and died; both are exact
//     for changes seen by Apply. Snapshots older than Stats.ValidFrom, for which
//     entries may already be gone, are refused with ErrTooOld.
//   - Apply runs before its commit becomes readable and in commit order.
//   - Deaths are kept until Horizon says that no snapshot needs the entry.
//
// # Durability
//
// The head is memory only. Every change is also an outbox mark, written by the
// transaction that made it. A seal writes the head as a segment file and, for
// every older segment in which entries died since, a new delete file; when all of
// them are durable, Source.Seal deletes the marks and replaces the manifest in one
// transaction. Recovery loads the manifest's files and replays the marks that are
// left. A delete file may hold deaths whose marks are still there; replaying them
// changes nothing. Deaths of commits that a crash undoes cannot get there: the
// seal's commit is later in the log than they are.
//
// # Locks
//
// manifestMu (who changes the segment set durably) → applyMu (who changes
// entries) → mu (the current set of parts). Searches take only mu, for a moment.
package sidecar

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
)

// Config fixes a live index. Zero fields get defaults.
type Config struct {
	Spec   vectorindex.Spec
	FS     vfs.FS // nil = the operating system's
	Dir    string // of this index alone; created when missing
	Source Source

	HeadEntries int // a head is sealed when it has as many; default 100,000, of lists 25,000
	GraphMin    int // parts with fewer entries are scanned: no graph, no lists; default 2,048
	TailEntries int // Throttle waits while more entries are not linked; default 20,000
	// SearchedTail is TailEntries while searches come; default 64.
	SearchedTail int
	FanIn        int // segments of one size tier that are merged; default 4
	Workers      int // goroutines of background linking and of merges; default 1
	// Memory bounds, in bytes, what a merge, or a build that is not told otherwise,
	// holds of the entries that it writes; heads are sealed at a quarter of it. At least
	// 16 MiB; default 1 GiB. Less memory gives more and smaller segments.
	Memory int64
	// MemoryNow, if not nil, is asked whenever Memory matters and rules instead of it where
	// it is not 0. It is called with locks held and must be quick.
	MemoryNow func() int64
	// Budget, if not nil, bounds what this index and others hold together. Builds and merges
	// get what they may hold from it, at most what Memory says.
	Budget *Budget
	// SegmentEntries is how many entries a build or a merge writes into one segment at
	// most; default as many as Memory allows.
	SegmentEntries int

	// NoBackground leaves linking, sealing and merging to calls of Flush and
	// Compact: for tests, and for a Build before its index is public.
	NoBackground bool
	// Report gets errors of background work, which is tried again later.
	Report func(error)
	// Watch is asked who is told of the progress of a piece of background work that
	// begins; what it returns may be nil.
	Watch func(work string) func(Progress)
}

func (c *Config) ensureDefaults() {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
	def(&c.GraphMin, 2048)
	def(&c.TailEntries, 20_000)
	def(&c.SearchedTail, 64)
	def(&c.FanIn, 4)
	def(&c.Workers, 1)
	def(&c.Spec.M, 16)
	def(&c.Spec.EfConstruction, 64)
	if c.Spec.Kind == vectorindex.IVF {
		def(&c.HeadEntries, 25_000) // they are scanned
	}
	def(&c.HeadEntries, 100_000)
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	if c.SegmentEntries <= 0 || c.SegmentEntries > maxEntries {
		c.SegmentEntries = maxEntries
	}
	if c.Watch == nil {
		c.Watch = func(string) func(Progress) { return nil }
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
}

// memory is what a merge may hold now, in bytes.
func (c *Config) memory() int64 {
	m := c.Memory
	if c.MemoryNow != nil {
		if now := c.MemoryNow(); now != 0 {
			m = now
		}
	}
	return max(c.Budget.within(m), leastMemory)
}

func (c *Config) validate() error {
	if err := c.Spec.Space().Validate(); err != nil {
		return fmt.Errorf("sidecar: %w", err)
	}
	switch {
	case c.Source == nil:
		return errors.New("sidecar: no source")
	case c.Spec.Kind > vectorindex.IVF:
		return fmt.Errorf("sidecar: unknown kind %d", c.Spec.Kind)
	case c.HeadEntries < 1 || c.HeadEntries > maxEntries:
		return fmt.Errorf("sidecar: heads of %d entries; want 1 to %d", c.HeadEntries, maxEntries)
	case c.FanIn < 2:
		return fmt.Errorf("sidecar: merging %d segments; want at least 2", c.FanIn)
	}
	return nil
}

const maxEntries = 1 << 30 // ordinals are uint32, and the graph keeps one bit

// Index is a live index. All methods are safe for concurrent use.
type Index struct {
	cfg    Config
	dir    string
	ctx    context.Context // of background work
	cancel context.CancelFunc
	done   sync.WaitGroup
	wake   chan struct{} // a head has work
	tidy   chan struct{} // the segment set changed
	moved  notifier      // linking or sealing made progress

	linkedTotal atomic.Int64 // entries linked since Open
	lastBatch   atomic.Int64 // deltas of the newest Apply
	failing     atomic.Bool  // the last seal failed
	demand      demand
	pace        pace

	sealing    semaphore // one step of background work on heads at a time
	merging    semaphore // one merge at a time
	manifestMu semaphore // guards manifest and the files it names
	manifest   Manifest
	nextNumber atomic.Uint64

	applyMu sync.Mutex
	log     opLog
	scratch []uint32
	applied atomic.Uint64
	horizon atomic.Uint64

	mu  sync.Mutex
	cur *partSet // nil after Close

	searchers sync.Pool
	recent    recent
	history   recallHistory
}

var _ vectorindex.Index = (*Index)(nil)

// partSet is an immutable set of parts, newest first. A search holds a reference
// to the set, the set to its parts, so files stay mapped while they are read.
type partSet struct {
	head      *part
	frozen    []*part // full heads that wait for their seal
	segs      []*part
	validFrom uint64
	refs      atomic.Int32
}

// each calls f with all parts, newest first, until it returns false.
func (s *partSet) each(f func(p *part) bool) {
	if !f(s.head) {
		return
	}
	for _, p := range s.frozen {
		if !f(p) {
			return
		}
	}
	for _, p := range s.segs {
		if !f(p) {
			return
		}
	}
}

func (s *partSet) release() {
	if s.refs.Add(-1) == 0 {
		s.each(func(p *part) bool { p.release(); return true })
	}
}

// acquire returns the current set with a reference, which the caller releases.
func (ix *Index) acquire() (*partSet, error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.cur == nil {
		return nil, vectorindex.ErrClosed
	}
	ix.cur.refs.Add(1)
	return ix.cur, nil
}

// install makes next the current set. The caller holds applyMu.
func (ix *Index) install(next *partSet) error {
	next.refs.Store(1)
	next.each(func(p *part) bool { p.refs.Add(1); return true })
	ix.mu.Lock()
	old := ix.cur
	closed := old == nil
	if !closed {
		ix.cur = next
	}
	ix.mu.Unlock()
	if closed {
		next.release()
		return vectorindex.ErrClosed
	}
	old.release()
	return nil
}

// Close stops background work. Open searches go on and must still be closed;
// files are released when the last one is. What is not sealed stays in the outbox.
func (ix *Index) Close() error {
	ix.cancel()
	ix.done.Wait()
	ix.mu.Lock()
	old := ix.cur
	ix.cur = nil
	ix.mu.Unlock()
	if old == nil {
		return vectorindex.ErrClosed
	}
	old.release()
	ix.cfg.Budget.leave(ix)
	return nil
}

// Applied is the timestamp of the newest change that the index has taken.
func (ix *Index) Applied() uint64 { return ix.applied.Load() }

// Horizon says that no snapshot older than ts will be searched any more: entries
// that died at or before ts may be forgotten by the next merges. It never moves back.
func (ix *Index) Horizon(ts uint64) {
	for {
		old := ix.horizon.Load()
		if ts <= old {
			return
		}
		if ix.horizon.CompareAndSwap(old, ts) {
			poke(ix.tidy)
			poke(ix.wake)
			return
		}
	}
}

// Stats describes the index now; after Close it is zero.
func (ix *Index) Stats() vectorindex.Stats {
	set, err := ix.acquire()
	if err != nil {
		return vectorindex.Stats{}
	}
	defer set.release()
	st := vectorindex.Stats{Segments: len(set.segs), ValidFrom: set.validFrom}
	st.Effort, st.Lists = set.usualEffort()
	set.each(func(p *part) bool {
		n, dead := int64(p.n.Load()), p.dead.dead.Load()
		st.Entries += n - dead
		st.Dead += dead
		st.Bytes += p.bytes()
		if p.file != nil {
			st.DiskBytes += p.file.Size()
			return true
		}
		st.HeadEntries += n
		if p.graph() != nil {
			st.Unindexed += n - int64(p.linked.Load())
		}
		return true
	})
	return st
}

// Manifest returns the newest manifest that this index knows to be committed.
func (ix *Index) Manifest(ctx context.Context) (Manifest, error) {
	if err := ix.manifestMu.acquire(ctx); err != nil {
		return Manifest{}, err
	}
	defer ix.manifestMu.release()
	return ix.manifest.clone(), nil
}

// semaphore is a mutex that gives up when the context does.
type semaphore chan struct{}

func (s semaphore) acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s semaphore) release() { <-s }

// notifier wakes everybody who waits for the next change.
type notifier struct {
	mu sync.Mutex
	ch chan struct{}
}

func (n *notifier) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

func (n *notifier) broadcast() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}

// poke wakes a background loop without ever waiting for it.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
