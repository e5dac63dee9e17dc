package lockmgr

import (
	"context"
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/kv"
)

// Owner is one transaction as the lock table sees it: its locks in the order
// they were taken, and what it waits for. The zero value is ready for use. Its
// methods are called by the transaction's own goroutine.
type Owner struct {
	// By is what others' waits for this owner name it by; nil for nothing. It is set before
	// the first lock.
	By      *kv.Waiting
	grants  []grant
	waiting atomic.Pointer[waiter]
}

// grant is one step of an owner's lock history.
type grant struct {
	e       *entry
	pos     int
	upgrade bool    // the step turned a shared lock into an exclusive one
	mode    kv.Mode // the mode that was asked for
}

// waiter is one owner's wait: for the lock of an entry, or for another owner.
type waiter struct {
	owner   *Owner
	mode    kv.Mode
	e       *entry        // nil when waiting for target
	target  *Owner        // WaitFor
	ready   chan struct{} // closed when granted
	granted bool          // guarded by the entry's stripe
	shown   *kv.Waiting   // may be nil
}

// withdraw leaves the queue; false means the lock was granted in the meantime.
func (w *waiter) withdraw() bool {
	st := w.e.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if w.granted {
		return false
	}
	w.shown.End()
	for i, q := range w.e.queue {
		if q == w {
			w.e.queue = append(w.e.queue[:i:i], w.e.queue[i+1:]...)
			break
		}
	}
	w.e.settle() // those behind may have been waiting only for w
	return true
}

// blockers appends the owners that w waits for: holders and earlier waiters
// that its mode does not go together with.
func (w *waiter) blockers(dst []*Owner) []*Owner {
	if w.target != nil {
		return append(dst, w.target)
	}
	st := w.e.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if w.granted {
		return dst
	}
	for _, h := range w.e.holders {
		if h.owner != w.owner && (w.mode == kv.Exclusive || h.mode == kv.Exclusive) {
			dst = append(dst, h.owner)
		}
	}
	for _, q := range w.e.queue {
		if q == w {
			break
		}
		if w.mode == kv.Exclusive || q.mode == kv.Exclusive {
			dst = append(dst, q.owner)
		}
	}
	return dst
}

// on is blockers for kv.Waiting.
func (w *waiter) on() (list []*kv.Waiting) {
	for _, o := range w.blockers(nil) {
		if o.By != nil {
			list = append(list, o.By)
		}
	}
	return list
}

// closesCycle reports whether o, which has just begun to wait, waits for
// itself through others. It needs the manager's graph mutex.
func (o *Owner) closesCycle() bool {
	seen := make(map[*Owner]struct{})
	stack := []*Owner{o}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		w := x.waiting.Load()
		if w == nil {
			continue
		}
		before := len(stack)
		stack = w.blockers(stack)
		kept := stack[:before]
		for _, b := range stack[before:] {
			if b == o {
				return true
			}
			if _, ok := seen[b]; !ok {
				seen[b] = struct{}{}
				kept = append(kept, b)
			}
		}
		stack = kept
	}
	return false
}

// WaitFor sleeps until done is closed, on the account that only target can
// close it: a cycle through target is a deadlock.
func (m *Manager) WaitFor(ctx context.Context, o, target *Owner, done <-chan struct{}) error {
	m.graph.Lock()
	shown := kv.WaitingOf(ctx)
	w := &waiter{owner: o, target: target}
	shown.Begin(w.on)
	defer shown.End()
	o.waiting.Store(w)
	defer o.waiting.Store(nil)
	cycle := o.closesCycle()
	m.graph.Unlock()
	if cycle {
		select {
		case <-done: // the other side has just given way
			return nil
		default:
			return kv.ErrDeadlock
		}
	}
	ctx, stop := kv.LockWait(ctx)
	defer stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return kv.WaitError(ctx)
	}
}

// Held is the number of steps in the owner's lock history.
func (o *Owner) Held() int { return len(o.grants) }

// RollbackTo gives back, youngest first, what was acquired at positions >= pos.
func (o *Owner) RollbackTo(pos int) {
	n := len(o.grants)
	for n > 0 && o.grants[n-1].pos >= pos {
		n--
		o.undo(&o.grants[n])
		o.grants[n] = grant{}
	}
	o.grants = o.grants[:n]
}

// ReleaseAll gives back every lock.
func (o *Owner) ReleaseAll() {
	for i := len(o.grants) - 1; i >= 0; i-- {
		o.undo(&o.grants[i])
	}
	o.grants = nil
}

// Drop gives back the exclusive locks for which drop returns true. Locks that
// began as shared ones stay, so that a rollback can still take the upgrade back.
func (o *Owner) Drop(drop func(key string, pos int) bool) {
	kept := o.grants[:0]
	for i := range o.grants {
		g := o.grants[i]
		if g.mode == kv.Exclusive && !g.upgrade && drop(g.e.key, g.pos) {
			o.undo(&g)
			continue
		}
		kept = append(kept, g)
	}
	clear(o.grants[len(kept):])
	o.grants = kept
	if len(kept) == 0 && cap(kept) > 1024 {
		o.grants = nil
	}
}

func (o *Owner) undo(g *grant) {
	st := g.e.st
	st.mu.Lock()
	defer st.mu.Unlock()
	for i := range g.e.holders {
		if g.e.holders[i].owner != o {
			continue
		}
		if g.upgrade {
			g.e.holders[i].mode = kv.Shared
		} else {
			last := len(g.e.holders) - 1
			g.e.holders[i] = g.e.holders[last]
			g.e.holders[last] = holder{}
			g.e.holders = g.e.holders[:last]
		}
		break
	}
	g.e.settle()
}
