// Package lockmgr is an in-memory table of key locks for kv engines on one
// machine: exclusive and shared locks, first-come-first-served waiting, and
// deadlock detection at the moment a transaction is about to wait. It knows
// keys and owners; it must not know values, versions, timestamps or storage.
//
// The uncontended path takes one striped mutex. Waiting takes a global mutex
// first, so that the wait-for graph is only ever extended by one transaction at
// a time and the one that closes a cycle is certain to see it (Holt, "Some
// Deadlock Properties of Computer Systems", 1972). Releases and grants only
// remove edges, so they need no global mutex.
package lockmgr

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/loxodb/loxodb/storage/kv"
)

const stripeCount = 64

// Manager is a table of locks. All methods are safe for concurrent use.
type Manager struct {
	seed    maphash.Seed
	stripes [stripeCount]stripe
	// graph serialises everything that adds an edge to the wait-for graph.
	// Order: graph before any stripe; at most one stripe at a time.
	graph sync.Mutex
}

type stripe struct {
	mu      sync.Mutex
	entries map[string]*entry
	free    []*entry
}

// entry is the state of one locked key; it exists only while it has holders or
// waiters, and is guarded by the mutex of its stripe.
type entry struct {
	st      *stripe
	key     string
	holders []holder
	queue   []*waiter
	one     [1]holder // room for holders: most locks have one
}

type holder struct {
	owner *Owner
	mode  kv.Mode
}

// New returns an empty lock table.
func New() *Manager {
	m := &Manager{seed: maphash.MakeSeed()}
	for i := range m.stripes {
		m.stripes[i].entries = make(map[string]*entry)
	}
	return m
}

// Len is the number of keys that are locked or waited for.
func (m *Manager) Len() int {
	n := 0
	for i := range m.stripes {
		st := &m.stripes[i]
		st.mu.Lock()
		n += len(st.entries)
		st.mu.Unlock()
	}
	return n
}

func (m *Manager) stripeOf(key []byte) *stripe {
	return &m.stripes[maphash.Bytes(m.seed, key)%stripeCount]
}

// outcome is what one attempt to take a lock came to.
type outcome uint8

const (
	refused  outcome = iota
	held             // the owner had a lock at least as strong
	granted          // a new lock
	upgraded         // the owner's shared lock became exclusive
)

// try takes the lock if nothing stands in the way. It needs st.mu.
func (st *stripe) try(o *Owner, key []byte, mode kv.Mode) (*entry, outcome) {
	e := st.entries[string(key)]
	if e == nil {
		e = st.newEntry(key)
		e.holders = append(e.holders, holder{o, mode})
		return e, granted
	}
	if h := e.holderOf(o); h != nil {
		if h.mode == kv.Exclusive || mode == kv.Shared {
			return e, held
		}
		if len(e.holders) > 1 {
			return e, refused
		}
		h.mode = kv.Exclusive
		return e, upgraded
	}
	// A newcomer never overtakes the queue, or writers would starve.
	if len(e.queue) > 0 || !e.admits(o, mode) {
		return e, refused
	}
	e.holders = append(e.holders, holder{o, mode})
	return e, granted
}

func (st *stripe) newEntry(key []byte) *entry {
	var e *entry
	if n := len(st.free); n > 0 {
		e, st.free = st.free[n-1], st.free[:n-1]
	} else {
		e = &entry{st: st}
		e.holders = e.one[:0]
	}
	e.key = string(key)
	st.entries[e.key] = e
	return e
}

// settle lets waiters in that have become admissible, and frees an idle entry.
// It needs the stripe's mutex.
func (e *entry) settle() {
	for len(e.queue) > 0 {
		w := e.queue[0]
		if !e.admits(w.owner, w.mode) {
			return
		}
		if h := e.holderOf(w.owner); h != nil {
			h.mode = w.mode
		} else {
			e.holders = append(e.holders, holder{w.owner, w.mode})
		}
		e.queue = e.queue[1:]
		w.granted = true
		w.shown.End()
		close(w.ready)
	}
	if len(e.holders) > 0 {
		return
	}
	const maxFree, maxKept = 512, 8
	delete(e.st.entries, e.key)
	e.key, e.queue = "", nil
	if len(e.st.free) < maxFree && cap(e.holders) <= maxKept {
		e.st.free = append(e.st.free, e)
	}
}

func (e *entry) holderOf(o *Owner) *holder {
	for i := range e.holders {
		if e.holders[i].owner == o {
			return &e.holders[i]
		}
	}
	return nil
}

// admits reports whether the holders other than o leave room for mode.
func (e *entry) admits(o *Owner, mode kv.Mode) bool {
	for i := range e.holders {
		h := &e.holders[i]
		if h.owner != o && (mode == kv.Exclusive || h.mode == kv.Exclusive) {
			return false
		}
	}
	return true
}

// Acquire takes the lock of key for o, or waits for it. pos is the owner's own
// clock of its history: RollbackTo(p) later gives back what was acquired at
// positions >= p. fresh is false when o already held a lock at least as strong.
// Errors: kv.ErrLocked (WaitNever), kv.ErrDeadlock,
// kv.ErrLockTimeout, or the context's.
func (m *Manager) Acquire(ctx context.Context, o *Owner, key []byte, mode kv.Mode, wait kv.Wait, pos int) (fresh bool, err error) {
	st := m.stripeOf(key)
	st.mu.Lock()
	e, got := st.try(o, key, mode)
	st.mu.Unlock()
	if got == refused {
		if wait == kv.WaitNever {
			return false, kv.ErrLocked
		}
		if e, got, err = m.acquireWaiting(ctx, st, o, key, mode); err != nil {
			return false, err
		}
	}
	if got == held {
		return false, nil
	}
	o.grants = append(o.grants, grant{e: e, pos: pos, upgrade: got == upgraded, mode: mode})
	return true, nil
}

// acquireWaiting queues o behind the lock and sleeps until it is granted.
func (m *Manager) acquireWaiting(ctx context.Context, st *stripe, o *Owner, key []byte, mode kv.Mode) (*entry, outcome, error) {
	m.graph.Lock()
	st.mu.Lock()
	e, got := st.try(o, key, mode)
	if got != refused {
		st.mu.Unlock()
		m.graph.Unlock()
		return e, got, nil
	}
	w := &waiter{owner: o, mode: mode, e: e, ready: make(chan struct{}), shown: kv.WaitingOf(ctx)}
	w.shown.Begin(w.on)
	got = granted
	if e.holderOf(o) != nil {
		// An upgrade goes before all that wait for this very holder.
		got = upgraded
		e.queue = append([]*waiter{w}, e.queue...)
	} else {
		e.queue = append(e.queue, w)
	}
	st.mu.Unlock()
	o.waiting.Store(w)
	defer o.waiting.Store(nil)
	cycle := o.closesCycle()
	m.graph.Unlock()
	if cycle {
		if w.withdraw() {
			return nil, refused, kv.ErrDeadlock
		}
		return e, got, nil
	}
	ctx, stop := kv.LockWait(ctx)
	defer stop()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if w.withdraw() {
			return nil, refused, kv.WaitError(ctx)
		}
	}
	return e, got, nil
}
