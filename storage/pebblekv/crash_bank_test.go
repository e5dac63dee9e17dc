package pebblekv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
)

// TestCrashBank moves money under locks, now and then in transactions that are
// spilled at every write, and crashes: the total must be right at any moment.
func TestCrashBank(t *testing.T) {
	const accounts, total = 10, 10_000
	for seed := range uint64(4) {
		fs := newCrashFS()
		o := eager()
		o.FS, o.SpillBytes = fs, []int{1, 400, 1 << 20}[seed%3]
		o.TableBytes = []int{0, 1}[seed%2]
		e := open(t, o)
		x := mustBegin(t, e)
		for i := range accounts {
			if err := x.Put(fmt.Appendf(nil, "acc%d", i), fmt.Append(nil, total/accounts)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		x.Close()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 5 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				rng := rand.New(rand.NewPCG(seed, uint64(w)))
				for {
					select {
					case <-stop:
						return
					default:
					}
					if err := moveMoney(e, rng, accounts); err != nil && !errors.Is(err, kv.ErrDeadlock) {
						t.Error(err)
						return
					}
				}
			}()
		}
		rng := rand.New(rand.NewPCG(seed, 99))
		for range 5 {
			time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
			co := o
			co.FS = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rng})
			crashed := open(t, co)
			for _, e := range []*Engine{crashed, e, crashed} {
				sum := 0
				got := contents(t, e, "acc")
				for _, val := range got {
					n, _ := strconv.Atoi(val)
					sum += n
				}
				if sum != total || len(got) != accounts {
					t.Errorf("seed %d: %d accounts hold %d", seed, len(got), sum)
				}
				if e == crashed {
					settle(t, e)
				}
			}
			closeEngine(t, crashed)
		}
		close(stop)
		wg.Wait()
		closeEngine(t, e)
	}
}

// moveMoney transfers between two to four accounts, with detours that are
// rolled back, and does not always commit.
func moveMoney(e *Engine, rng *rand.Rand, accounts int) error {
	x, err := e.Begin(ctx, kv.TxnOptions{NoSync: rng.IntN(4) == 0})
	if err != nil {
		return err
	}
	defer x.Close()
	add := func(i, amount int) error {
		key := fmt.Appendf(nil, "acc%d", i)
		if changed, err := x.Lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
			return err
		} else if changed {
			if err := x.Refresh(ctx); err != nil {
				return err
			}
		}
		val, _, err := x.Get(ctx, key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(val))
		if err != nil {
			return err
		}
		if rng.IntN(10) == 0 { // deleted and put back
			if err := x.Delete(key); err != nil {
				return err
			}
		}
		return x.Put(key, fmt.Append(nil, n+amount))
	}
	for range 1 + rng.IntN(2) {
		amount := rng.IntN(100)
		if err := add(rng.IntN(accounts), amount); err != nil {
			return err
		}
		m := x.Mark()
		if rng.IntN(3) == 0 {
			if err := add(rng.IntN(accounts), 7); err != nil {
				return err
			}
			if err := x.RollbackTo(m); err != nil {
				return err
			}
		}
		if err := add(rng.IntN(accounts), -amount); err != nil {
			return err
		}
	}
	if rng.IntN(6) == 0 {
		return nil
	}
	_, err = x.Commit(ctx)
	return err
}
