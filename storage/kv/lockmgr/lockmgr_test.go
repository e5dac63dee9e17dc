package lockmgr

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

var ctx = context.Background()

func acquire(t *testing.T, m *Manager, o *Owner, key string, mode kv.Mode, pos int, wanted error) {
	t.Helper()
	if _, err := m.Acquire(ctx, o, []byte(key), mode, kv.WaitNever, pos); !errors.Is(err, wanted) {
		t.Fatalf("lock %s: %v, want %v", key, err, wanted)
	}
}

func TestEntriesAreFreed(t *testing.T) {
	m := New()
	var a, b Owner
	for i := range 2000 {
		acquire(t, m, &a, fmt.Sprint(i), kv.Exclusive, i, nil)
	}
	if m.Len() != 2000 || a.Held() != 2000 {
		t.Fatalf("%d entries, %d held", m.Len(), a.Held())
	}
	a.RollbackTo(1000)
	if m.Len() != 1000 {
		t.Fatalf("%d entries after the rollback", m.Len())
	}
	acquire(t, m, &b, "1500", kv.Exclusive, 0, nil)
	acquire(t, m, &b, "500", kv.Exclusive, 0, kv.ErrLocked)
	a.ReleaseAll()
	b.ReleaseAll()
	if m.Len() != 0 {
		t.Fatalf("%d entries after the end", m.Len())
	}
}

func TestDrop(t *testing.T) {
	m := New()
	var a, b Owner
	acquire(t, m, &a, "x", kv.Exclusive, 1, nil)
	acquire(t, m, &a, "s", kv.Shared, 2, nil)
	acquire(t, m, &a, "u", kv.Shared, 3, nil)
	acquire(t, m, &a, "u", kv.Exclusive, 4, nil)
	acquire(t, m, &a, "y", kv.Exclusive, 5, nil)
	a.Drop(func(key string, pos int) bool { return key != "y" })
	acquire(t, m, &b, "x", kv.Exclusive, 0, nil)
	acquire(t, m, &b, "s", kv.Exclusive, 0, kv.ErrLocked)
	acquire(t, m, &b, "u", kv.Shared, 0, kv.ErrLocked)
	acquire(t, m, &b, "y", kv.Shared, 0, kv.ErrLocked)
	a.RollbackTo(4)
	acquire(t, m, &b, "u", kv.Shared, 0, nil)
	acquire(t, m, &b, "y", kv.Shared, 0, nil)
	a.ReleaseAll()
	b.ReleaseAll()
	if m.Len() != 0 {
		t.Fatalf("%d entries", m.Len())
	}
}

func TestWaitFor(t *testing.T) {
	m := New()
	var a, b Owner
	acquire(t, m, &a, "k", kv.Exclusive, 0, nil)
	done := make(chan struct{})
	result := make(chan error, 1)
	go func() { result <- m.WaitFor(ctx, &a, &b, done) }()
	for a.waiting.Load() == nil {
		time.Sleep(time.Millisecond)
	}
	if _, err := m.Acquire(ctx, &b, []byte("k"), kv.Shared, kv.WaitBlock, 0); !errors.Is(err, kv.ErrDeadlock) {
		t.Fatalf("got %v", err)
	}
	close(done)
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	c, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.WaitFor(c, &a, &b, make(chan struct{})); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

const stressKeys = 10

// stress counts who holds what, to catch locks that should exclude each other.
type stress struct {
	t                    *testing.T
	m                    *Manager
	writers, readers     [stressKeys]atomic.Int32
	deadlocks, cancelled atomic.Int32
}

// enter and leave keep count of one held lock.
func (s *stress) enter(k int, mode kv.Mode) {
	if mode == kv.Shared {
		if s.readers[k].Add(1); s.writers[k].Load() != 0 {
			s.t.Error("a reader beside a writer")
		}
	} else if s.writers[k].Add(1) != 1 || s.readers[k].Load() != 0 {
		s.t.Error("an exclusive lock is not alone")
	}
}

func (s *stress) leave(k int, mode kv.Mode) {
	if mode == kv.Shared {
		s.readers[k].Add(-1)
	} else {
		s.writers[k].Add(-1)
	}
}

// run is one transaction: a few locks, then the end.
func (s *stress) run(rng *rand.Rand) {
	var o Owner
	defer o.ReleaseAll()
	held := map[int]kv.Mode{}
	defer func() { // before ReleaseAll
		for k, mode := range held {
			s.leave(k, mode)
		}
	}()
	for pos := range 1 + rng.IntN(4) {
		k, mode := rng.IntN(stressKeys), kv.Mode(rng.IntN(2))
		before, had := held[k]
		if had && (before == kv.Exclusive || mode == kv.Shared) {
			continue
		}
		if had { // while it upgrades
			s.leave(k, kv.Shared)
			delete(held, k)
		}
		c, cancel := ctx, context.CancelFunc(func() {})
		if rng.IntN(10) == 0 {
			c, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(200))*time.Microsecond)
		}
		_, err := s.m.Acquire(c, &o, fmt.Append(nil, k), mode, kv.Wait(rng.IntN(8)/7), pos)
		cancel()
		switch {
		case err == nil:
			s.enter(k, mode)
			held[k] = mode
		case errors.Is(err, kv.ErrDeadlock):
			s.deadlocks.Add(1)
			return
		case errors.Is(err, context.DeadlineExceeded):
			s.cancelled.Add(1)
			return
		case !errors.Is(err, kv.ErrLocked):
			s.t.Error(err)
		}
		if rng.IntN(3) == 0 {
			time.Sleep(time.Duration(rng.IntN(50)) * time.Microsecond)
		}
	}
}

// TestStress takes locks at random from many owners: no two may hold what
// excludes each other, everyone gets on, and nothing is left behind.
func TestStress(t *testing.T) {
	s := &stress{t: t, m: New()}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(uint64(w), 5))
			for range 400 {
				s.run(rng)
			}
		}()
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		t.Fatal("owners wait for ever")
	}
	if s.m.Len() != 0 {
		t.Fatalf("%d entries are left", s.m.Len())
	}
	t.Logf("%d deadlocks, %d cancelled", s.deadlocks.Load(), s.cancelled.Load())
}
