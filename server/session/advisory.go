package session

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/kv"
)

// advisoryLocks are the locks of pg_advisory_lock and its kin (PostgreSQL
// chapter 13.3.5). They belong to a session, are counted, and outlive transactions
// unless taken for one.
type advisoryLocks struct {
	mu      sync.Mutex
	locks   map[[2]int64]*advisoryLock
	changed chan struct{}  // closed and replaced whenever a lock is released
	waiting []advisoryWait // since changed was made
}

// advisoryWait is a session that waits for a lock.
type advisoryWait struct {
	s      *Session
	key    [2]int64
	shared bool
	since  time.Time
}

type advisoryLock struct {
	exclusive map[*Session]int // at most one session
	shared    map[*Session]int
	xact      map[*Session][2]int // of those, how many are the transaction's: exclusive, shared
}

func newAdvisoryLocks() *advisoryLocks {
	return &advisoryLocks{locks: map[[2]int64]*advisoryLock{}, changed: make(chan struct{})}
}

// AdvisoryLock implements builtin.Session.
func (s *Session) AdvisoryLock(ctx context.Context, key [2]int64, shared, xact, wait bool) (bool, error) {
	a := s.db.advisory
	var bounded context.Context
	for {
		a.mu.Lock()
		if a.take(s, key, shared, xact) {
			a.mu.Unlock()
			return true, nil
		}
		if !wait {
			a.mu.Unlock()
			return false, nil
		}
		changed := a.changed
		a.waiting = append(a.waiting, advisoryWait{s, key, shared, time.Now()})
		s.waiting.Begin(func() []*kv.Waiting { return a.holders(s, key, shared) })
		a.mu.Unlock()
		if bounded == nil { // one wait, however often the lock goes to others
			var stop context.CancelFunc
			bounded, stop = kv.LockWait(ctx)
			defer stop()
		}
		select {
		case <-changed:
		case <-bounded.Done():
			a.giveUp(s)
			return false, kv.WaitError(bounded)
		}
	}
}

// holders are the sessions whose locks exclude one that s wants.
func (a *advisoryLocks) holders(s *Session, key [2]int64, shared bool) (list []*kv.Waiting) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.locks[key]
	if l == nil {
		return nil
	}
	add := func(held map[*Session]int) {
		for o := range held {
			if o != s {
				list = append(list, &o.waiting)
			}
		}
	}
	if add(l.exclusive); !shared {
		add(l.shared)
	}
	return list
}

// giveUp ends a session's wait before it got the lock.
func (a *advisoryLocks) giveUp(s *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = slices.DeleteFunc(a.waiting, func(w advisoryWait) bool { return w.s == s })
	s.waiting.End()
}

// take grants the lock if nobody else's excludes it.
func (a *advisoryLocks) take(s *Session, key [2]int64, shared, xact bool) bool {
	l := a.locks[key]
	if l == nil {
		l = &advisoryLock{exclusive: map[*Session]int{}, shared: map[*Session]int{}, xact: map[*Session][2]int{}}
		a.locks[key] = l
	}
	for o := range l.exclusive {
		if o != s {
			return false
		}
	}
	held, i := l.exclusive, 0
	if shared {
		held, i = l.shared, 1
	} else {
		for o := range l.shared {
			if o != s {
				return false
			}
		}
	}
	held[s]++
	if xact {
		n := l.xact[s]
		n[i]++
		l.xact[s] = n
	}
	return true
}

// AdvisoryUnlock implements builtin.Session; only session locks can be given back.
func (s *Session) AdvisoryUnlock(key [2]int64, shared bool) bool {
	a := s.db.advisory
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.locks[key]; l != nil {
		held, i := l.exclusive, 0
		if shared {
			held, i = l.shared, 1
		}
		if held[s] > l.xact[s][i] {
			a.drop(key, l, s, held, 1)
			return true
		}
	}
	mode := "ExclusiveLock"
	if shared {
		mode = "ShareLock"
	}
	s.notice(&pgerr.Error{Severity: pgerr.Warning, Code: "01000", Message: "you don't own a lock of type " + mode})
	return false
}

// drop gives back n of the locks that s holds.
func (a *advisoryLocks) drop(key [2]int64, l *advisoryLock, s *Session, held map[*Session]int, n int) {
	if held[s] -= n; held[s] <= 0 {
		delete(held, s)
	}
	if len(l.exclusive) == 0 && len(l.shared) == 0 {
		delete(a.locks, key)
	}
	for _, w := range a.waiting {
		w.s.waiting.End()
	}
	clear(a.waiting)
	a.waiting = a.waiting[:0]
	close(a.changed)
	a.changed = make(chan struct{})
}

// AdvisoryUnlockAll implements builtin.Session.
func (s *Session) AdvisoryUnlockAll() {
	a := s.db.advisory
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, l := range a.locks {
		x := l.xact[s]
		if n := l.exclusive[s] - x[0]; n > 0 {
			a.drop(key, l, s, l.exclusive, n)
		}
		if n := l.shared[s] - x[1]; n > 0 {
			a.drop(key, l, s, l.shared, n)
		}
	}
}

// releaseXact gives back the transaction's locks.
func (a *advisoryLocks) releaseXact(s *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, l := range a.locks {
		x, ok := l.xact[s]
		if !ok {
			continue
		}
		delete(l.xact, s)
		if x[0] > 0 {
			a.drop(key, l, s, l.exclusive, x[0])
		}
		if x[1] > 0 {
			a.drop(key, l, s, l.shared, x[1])
		}
	}
}

// releaseAll gives back everything a session holds.
func (a *advisoryLocks) releaseAll(s *Session) {
	a.releaseXact(s)
	s.AdvisoryUnlockAll()
}

// list shows the locks that are held or waited for in pg_locks.
func (a *advisoryLocks) list() []syscat.Lock {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []syscat.Lock
	for key, l := range a.locks {
		for s := range l.exclusive {
			out = append(out, advisoryRow(s, key, false, true))
		}
		for s := range l.shared {
			out = append(out, advisoryRow(s, key, true, true))
		}
	}
	for _, w := range a.waiting {
		row := advisoryRow(w.s, w.key, w.shared, false)
		row.WaitStart = w.since
		out = append(out, row)
	}
	return out
}

func advisoryRow(s *Session, key [2]int64, shared, granted bool) syscat.Lock {
	row := syscat.Lock{Type: "advisory", Mode: "ExclusiveLock", Granted: granted, ObjSubID: 1,
		ClassID: uint32(uint64(key[0]) >> 32), ObjID: uint32(key[0]), PID: s.pid, Virtual: s.virtualXID()}
	if key[1] == int64(int32(key[1])) { // two keys; one, and names, have no such second number
		row.ClassID, row.ObjID, row.ObjSubID = uint32(key[0]), uint32(key[1]), 2
	}
	if shared {
		row.Mode = "ShareLock"
	}
	return row
}

// holder is the session that holds a lock exclusively, nil = none.
func (a *advisoryLocks) holder(key [2]int64) *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.locks[key]; l != nil {
		for s := range l.exclusive {
			return s
		}
	}
	return nil
}

// releaseIn gives back the locks that a session holds exclusively in the space of keys
// with that second number, and says how often it had taken them.
func (a *advisoryLocks) releaseIn(s *Session, space int64) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, l := range a.locks {
		if have := l.exclusive[s] - l.xact[s][0]; key[1] == space && have > 0 {
			n += have
			a.drop(key, l, s, l.exclusive, have)
		}
	}
	return n
}
