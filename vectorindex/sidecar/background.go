package sidecar

import (
	"context"
	"sync"
	"time"

	"github.com/loxodb/loxodb/vectorindex"
)

// linkBatch is how many entries each worker links between two looks at what is most
// urgent, and between two wake-ups of waiting writers.
const linkBatch = 32

// retryAfter is the pause after a failed seal or merge.
const retryAfter = time.Second

// awake is how long a thread of background work waits for more before it ends.
const awake = time.Second

// runHeads links and seals until Close, on a thread that yields while there is work.
func (ix *Index) runHeads() {
	defer ix.done.Done()
	for {
		select {
		case <-ix.wake:
		case <-ix.ctx.Done():
			return
		}
		apart(func() {
			for ix.heads(); ix.again(); {
				ix.heads()
			}
		})
	}
}

// apart calls do on a thread of its own that yields, and waits.
func apart(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		yielding()
		do()
	}()
	<-done
}

// again waits for more work on heads; false when none comes for a while.
func (ix *Index) again() bool {
	t := time.NewTimer(awake)
	defer t.Stop()
	select {
	case <-ix.wake:
		return true
	case <-t.C:
	case <-ix.ctx.Done():
	}
	return false
}

// heads does all work on heads that there is.
func (ix *Index) heads() {
	for {
		more, err := ix.step(ix.ctx, purgeShare)
		ix.failing.Store(err != nil)
		if ix.ctx.Err() != nil {
			return
		}
		if err != nil {
			ix.cfg.Report(err)
			ix.pause()
		} else if !more {
			return
		}
	}
}

func (ix *Index) pause() {
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ix.ctx.Done():
	}
}

// step does the most urgent piece of work on heads; false when there is none. A full
// head of which more than a share can be forgotten is not linked, but written anew.
func (ix *Index) step(ctx context.Context, share float64) (more bool, err error) {
	if err := ix.sealing.acquire(ctx); err != nil {
		return false, err
	}
	defer ix.sealing.release()
	set, err := ix.acquire()
	if err != nil {
		return false, err
	}
	defer set.release()
	if n := len(set.frozen); n > 0 {
		oldest := set.frozen[n-1]
		horizon := ix.horizon.Load()
		dead := oldest.isDead(horizon, share)
		if !dead && ix.link(oldest, linkBatch) {
			ix.moved.broadcast()
			return true, nil
		}
		return true, ix.seal(ctx, oldest, horizon, dead)
	}
	if ix.stale(set.head, ix.horizon.Load()) {
		return true, ix.freeze(set.head)
	}
	if ix.link(set.head, linkBatch) {
		ix.moved.broadcast()
		return true, nil
	}
	return false, nil
}

// link links at most limit of the part's waiting entries for each of Config.Workers
// goroutines; false when none waits. Entries below linked are all in the graph.
func (ix *Index) link(p *part, limit uint32) bool {
	g, n, lo := p.graph(), p.n.Load(), p.linked.Load()
	if g == nil || int(n) < ix.cfg.GraphMin || lo >= n {
		return false
	}
	began, searched := time.Now(), ix.searched()
	workers := uint32(max(ix.cfg.Workers, 1))
	hi := min(n, lo+limit*workers)
	if lo == 0 {
		g.CentreOn()
	}
	share := func(first uint32) {
		for ord := first; ord < hi; ord += workers {
			// The entry is reserved and not linked yet, so this cannot fail; if it
			// did, the graph would deliver the entry after everything it reaches.
			if err := g.Link(ord); err != nil {
				ix.cfg.Report(err)
			}
			if searched {
				ix.pace.giveWay()
			}
		}
	}
	var wg sync.WaitGroup
	for w := uint32(1); w < workers && lo+w < hi; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			yielding()
			share(lo + w)
		}()
	}
	share(lo)
	wg.Wait()
	p.linked.Store(hi)
	ix.linkedTotal.Add(int64(hi - lo))
	if now := time.Now(); ix.searched() {
		ix.pace.linked(now.Sub(began), now)
	}
	return true
}

// seal replaces a full head by its segment, without what can be forgotten if so asked.
func (ix *Index) seal(ctx context.Context, p *part, horizon uint64, without bool) error {
	ix.applyMu.Lock()
	from := ix.log.end()
	c := change{from: from, frozen: p, done: ix.marks(p.ops)}
	asOf := ix.applied.Load()
	ix.applyMu.Unlock()
	if without {
		return ix.sealWithout(ctx, p, horizon, asOf, c)
	}
	var o BuildOptions
	o.ensureDefaults(&ix.cfg)
	if ix.cfg.Budget != nil { // lists are found from a sample that takes a part of it
		o.Memory = 2 * ix.headBytes()
	}
	add, err := ix.writePart(ctx, p, asOf, &o, ix.unwatched())
	if err != nil {
		return err
	}
	if add != nil {
		c.add = []*part{add}
	}
	return ix.sealChange(ctx, c)
}

// marks lists the outbox marks of a range of ops, each once. Apply lock.
func (ix *Index) marks(r opRange) []Mark {
	ops := ix.log.since(r.lo)[:r.hi-r.lo]
	seen := make(map[Mark]struct{}, len(ops))
	out := make([]Mark, 0, len(ops))
	for i := range ops {
		m := Mark{Row: vectorindex.RowID(ops[i].row), Epoch: ops[i].mark}
		if _, ok := seen[m]; !ok {
			seen[m] = struct{}{}
			out = append(out, m)
		}
	}
	return out
}

// Flush seals everything that was applied before the call, with background work
// running or not. Afterwards the outbox holds no mark of it.
func (ix *Index) Flush(ctx context.Context) error { return ix.flush(ctx, purgeShare) }

// flush is Flush; see step for the share.
func (ix *Index) flush(ctx context.Context, share float64) error {
	ix.applyMu.Lock()
	set, err := ix.acquire()
	if err != nil {
		ix.applyMu.Unlock()
		return err
	}
	if set.head.ops.lo < ix.log.end() {
		set, err = ix.rotate(set)
	}
	upto := set.head.ops.lo
	set.release()
	ix.applyMu.Unlock()
	for err == nil {
		if set, err = ix.acquire(); err != nil {
			return err
		}
		n := len(set.frozen)
		left := n > 0 && set.frozen[n-1].ops.hi <= upto
		set.release()
		if !left {
			return nil
		}
		_, err = ix.step(ctx, share)
	}
	return err
}
