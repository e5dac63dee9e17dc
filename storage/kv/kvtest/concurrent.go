package kvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

func testOnCommit(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "1")
	var at kv.TS
	x.OnCommit(func(ts kv.TS) { at = ts })
	if at != 0 {
		t.Fatal("the hook ran before the commit")
	}
	if ts := commit(t, x); ts != at {
		t.Fatalf("hook got %d, commit %d", at, ts)
	}
	x = begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "2")
	x.OnCommit(func(kv.TS) { t.Error("the hook ran without a commit") })
	must(t, x.Close())
}

// hookLog watches hooks run.
type hookLog struct {
	t      *testing.T
	ran    sync.Map // key -> true
	last   atomic.Uint64
	inside atomic.Int32
}

func (h *hookLog) hook(key string) func(kv.TS) {
	return func(ts kv.TS) {
		if h.inside.Add(1) != 1 {
			h.t.Error("two hooks at once")
		}
		if prev := h.last.Swap(uint64(ts)); prev >= uint64(ts) {
			h.t.Errorf("hook of %d ran after that of %d", ts, prev)
		}
		h.ran.Store(key, true)
		h.inside.Add(-1)
	}
}

// commit writes one key and hooks to the commit.
func (h *hookLog) commit(e kv.Engine, key string, hooked bool) {
	x, err := e.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		h.t.Error(err)
		return
	}
	defer x.Close()
	if err := x.Put([]byte(key), []byte("1")); err != nil {
		h.t.Error(err)
	}
	if hooked {
		x.OnCommit(h.hook(key))
	} else {
		h.ran.Store(key, true)
	}
	ts, err := x.Commit(ctx)
	if err != nil {
		h.t.Error(err)
	}
	if n, _ := e.Now(ctx); n < ts {
		h.t.Errorf("acknowledged at %d, but Now is %d", ts, n)
	}
}

// check reads all rows: whoever sees one also sees what its hook did.
func (h *hookLog) check(e kv.Engine) (rows int) {
	x, err := e.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		h.t.Error(err)
		return 0
	}
	defer x.Close()
	it, err := x.Scan(ctx, kv.Range{})
	if err != nil {
		h.t.Error(err)
		return 0
	}
	defer it.Close()
	for it.Next() {
		if _, ok := h.ran.Load(string(it.Key())); !ok {
			h.t.Errorf("row %s is visible at %d before its hook ran", it.Key(), x.At())
		}
		rows++
	}
	return rows
}

// testOnCommitOrder: hooks run in timestamp order, one at a time, and before
// their rows are visible.
func testOnCommitOrder(t *testing.T, e kv.Engine) {
	const workers, each = 8, 40
	h := &hookLog{t: t}
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				select {
				case <-stop:
					return
				default:
					h.check(e)
				}
			}
		}()
	}
	for w := range workers {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for i := range each {
				h.commit(e, fmt.Sprintf("%d-%d", w, i), i%3 != 0) // some without hooks in between
			}
		}()
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if n := h.check(e); n != workers*each {
		t.Fatalf("%d rows, want %d", n, workers*each)
	}
}

const (
	accounts = 12
	balance  = 1000
)

func account(i int) []byte { return fmt.Appendf(nil, "acc%02d", i) }

// testBank moves money between accounts from many goroutines at both isolation
// levels. Every view at any time must show the same total.
func testBank(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	for i := range accounts {
		must(t, x.Put(account(i), binary.BigEndian.AppendUint64(nil, balance)))
	}
	commit(t, x)
	var movers, auditors sync.WaitGroup
	stop := make(chan struct{})
	for a := range 2 {
		auditors.Add(1)
		go func() {
			defer auditors.Done()
			for {
				select {
				case <-stop:
					return
				default:
					audit(t, e, a == 0)
				}
			}
		}()
	}
	var moved, gaveWay atomic.Int64
	for w := range 6 {
		movers.Add(1)
		go func() {
			defer movers.Done()
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			for range 60 {
				level := kv.ReadCommitted
				if rng.IntN(2) == 0 {
					level = kv.RepeatableRead
				}
				err := transfer(e, level, rng)
				switch {
				case err == nil:
					moved.Add(1)
				case errors.Is(err, kv.ErrDeadlock), errors.Is(err, kv.ErrConflict):
					gaveWay.Add(1)
				default:
					t.Error(err)
				}
			}
		}()
	}
	movers.Wait()
	close(stop)
	auditors.Wait()
	audit(t, e, false)
	t.Logf("%d transfers, %d gave way", moved.Load(), gaveWay.Load())
	if moved.Load() == 0 {
		t.Fatal("no transfer succeeded")
	}
}

// transfer locks two accounts in random order, so that deadlocks happen.
func transfer(e kv.Engine, level kv.Isolation, rng *rand.Rand) error {
	x, err := e.Begin(ctx, kv.TxnOptions{Isolation: level, NoSync: rng.IntN(2) == 0})
	if err != nil {
		return err
	}
	defer x.Close()
	from, to := rng.IntN(accounts), rng.IntN(accounts)
	amount := uint64(rng.IntN(50))
	m := x.Mark()
	for _, i := range []int{from, to} {
		changed, err := x.Lock(ctx, account(i), kv.Exclusive, kv.WaitBlock)
		if err != nil {
			return err
		}
		if changed {
			if err := x.Refresh(ctx); err != nil {
				return err
			}
		}
	}
	if rng.IntN(10) == 0 { // a statement that fails and is taken back
		if err := x.RollbackTo(m); err != nil {
			return err
		}
		_, err := x.Commit(ctx)
		return err
	}
	if err := add(x, from, -amount); err != nil {
		return err
	}
	if err := add(x, to, amount); err != nil {
		return err
	}
	_, err = x.Commit(ctx)
	return err
}

func add(x kv.Txn, i int, amount uint64) error {
	val, ok, err := x.Get(ctx, account(i))
	if err != nil || !ok {
		return fmt.Errorf("account %d: %v, %w", i, ok, err)
	}
	return x.Put(account(i), binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(val)+amount))
}

func audit(t *testing.T, e kv.Engine, reverse bool) {
	x, err := e.Begin(ctx, kv.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer x.Close()
	it, err := x.Scan(ctx, kv.Range{Start: []byte("acc"), End: []byte("acd"), Reverse: reverse})
	if err != nil {
		t.Error(err)
		return
	}
	defer it.Close()
	n, sum := 0, uint64(0)
	for it.Next() {
		n++
		sum += binary.BigEndian.Uint64(it.Value())
	}
	if it.Err() != nil || n != accounts || sum != accounts*balance {
		t.Errorf("at %d: %d accounts hold %d, want %d and %d (%v)", x.At(), n, sum, accounts, accounts*balance, it.Err())
	}
}

// testCounters increments one hot key: no update may be lost.
func testCounters(t *testing.T, e kv.Engine) {
	const workers, each = 6, 30
	set(t, e, "n", string(binary.BigEndian.AppendUint64(nil, 0)))
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range each {
				if err := increment(e); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	s := snap(t, e, now(t, e))
	defer s.Close()
	val, _, err := s.Get(ctx, []byte("n"))
	must(t, err)
	if n := binary.BigEndian.Uint64(val); n != workers*each {
		t.Fatalf("counter is %d, want %d", n, workers*each)
	}
}

// testCountersBehindSlowCommits: a commit that has to wait for an earlier one
// to become visible must not give its locks away before.
func testCountersBehindSlowCommits(t *testing.T, e kv.Engine) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				x, err := e.Begin(ctx, kv.TxnOptions{NoSync: true})
				if err != nil {
					t.Error(err)
					return
				}
				x.Put(fmt.Appendf(nil, "slow%d", w), fmt.Append(nil, i))
				x.OnCommit(func(kv.TS) { time.Sleep(time.Millisecond) })
				if _, err := x.Commit(ctx); err != nil {
					t.Error(err)
				}
				x.Close()
			}
		}()
	}
	testCounters(t, e)
	close(stop)
	wg.Wait()
}

func increment(e kv.Engine) error {
	x, err := e.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer x.Close()
	changed, err := x.Lock(ctx, []byte("n"), kv.Exclusive, kv.WaitBlock)
	if err != nil {
		return err
	}
	if changed {
		if err := x.Refresh(ctx); err != nil {
			return err
		}
	}
	val, _, err := x.Get(ctx, []byte("n"))
	if err != nil {
		return err
	}
	if err := x.Put([]byte("n"), binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(val)+1)); err != nil {
		return err
	}
	_, err = x.Commit(ctx)
	return err
}

// testSnapshotIsStable reads one snapshot again and again while its keys are
// overwritten and deleted, and whatever the engine collects is collected.
func testSnapshotIsStable(t *testing.T, e kv.Engine) {
	const n = 50
	x := begin(t, e, kv.TxnOptions{})
	for i := range n {
		put(t, x, fmt.Sprintf("k%02d", i), "first")
	}
	commit(t, x)
	s := snap(t, e, now(t, e))
	wanted := dump(t, s, kv.Range{})
	for round := range 20 {
		x := begin(t, e, kv.TxnOptions{NoSync: true})
		for i := range n {
			if (i+round)%3 == 0 {
				put(t, x, fmt.Sprintf("k%02d", i), "")
			} else {
				put(t, x, fmt.Sprintf("k%02d", i), fmt.Sprint(round))
			}
		}
		commit(t, x)
		wantScan(t, s, kv.Range{}, wanted)
		want(t, s, "k07", "first")
	}
	must(t, s.Close())
}
