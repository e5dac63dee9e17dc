package pebblekv

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

// TestPipelineOrder lets commits finish their writes in random order. Nothing
// may become visible before all below it, and hooks run in order, before.
func TestPipelineOrder(t *testing.T) {
	for seed := range uint64(20) {
		c := clock{wall: time.Now}
		p := pipeline{clock: &c}
		rng := rand.New(rand.NewPCG(seed, 1))
		const n = 60
		var mu sync.Mutex
		unwritten := map[kv.TS]bool{}
		var hooked []kv.TS
		check := func(ts kv.TS) {
			mu.Lock()
			defer mu.Unlock()
			for u := range unwritten {
				if kv.TS(p.visible.Load()) >= u {
					t.Errorf("%d is visible, but %d is not written", p.visible.Load(), u)
				}
			}
		}
		var wg sync.WaitGroup
		for range n {
			delay, withHook, ok := rng.IntN(50), rng.IntN(2) == 0, rng.IntN(8) > 0
			var hooks []hook
			if withHook {
				hooks = []hook{{fn: func(ts kv.TS) {
					if kv.TS(p.visible.Load()) >= ts {
						t.Errorf("%d was visible before its hook", ts)
					}
					hooked = append(hooked, ts) // hooks exclude each other
				}}}
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				mu.Lock()
				cm := p.enter(hooks)
				ts := cm.ts
				unwritten[ts] = true
				mu.Unlock()
				for range delay {
					runtime.Gosched()
				}
				check(ts)
				mu.Lock()
				delete(unwritten, ts)
				mu.Unlock()
				p.leave(cm, ok)
				if kv.TS(p.visible.Load()) < ts {
					t.Errorf("left at %d, but visible is %d", ts, p.visible.Load())
				}
				check(ts)
			}()
		}
		wg.Wait()
		if !slices.IsSorted(hooked) {
			t.Errorf("hooks ran out of order: %v", hooked)
		}
		if p.head != nil || p.tail != nil {
			t.Error("the line is not empty")
		}
	}
}

// TestClockBound holds what recovery relies on: when a commit has left, a bound
// not below it is durable, whatever was carried by whom.
func TestClockBound(t *testing.T) {
	wall := time.Now()
	c := clock{wall: func() time.Time { return wall }}
	p := pipeline{clock: &c}
	disk := map[kv.TS]bool{}
	rng := rand.New(rand.NewPCG(1, 2))
	var open []*commit
	for range 5000 {
		wall = wall.Add(time.Duration(rng.IntN(900)) * time.Millisecond)
		if len(open) < 5 && rng.IntN(2) == 0 {
			open = append(open, p.enter(nil))
			continue
		}
		if len(open) == 0 {
			continue
		}
		// Batches reach the log in any order; the pipeline takes them in order.
		for _, i := range rng.Perm(len(open)) {
			if b := open[i]; b.bound != 0 {
				disk[b.bound] = true
				if b.drop != b.bound {
					delete(disk, b.drop)
				}
			}
		}
		for _, cm := range open {
			ts := cm.ts
			p.leave(cm, true)
			var newest kv.TS
			for b := range disk {
				newest = max(newest, b)
			}
			if newest < ts {
				t.Fatalf("commit %d is durable, the bound is %d", ts, newest)
			}
		}
		open = open[:0]
	}
	if len(disk) > 50 {
		t.Fatalf("%d bounds were left on disk", len(disk))
	}
}
