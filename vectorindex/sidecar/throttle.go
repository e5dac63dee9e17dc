package sidecar

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loxodb/loxodb/vectorindex"
)

// throttleMax bounds how long one call of Throttle waits.
const throttleMax = time.Second

// maxFrozen is how many full heads may wait for their seal before writers wait.
const maxFrozen = 4

// Throttle holds a writer back while too many entries wait for their place in the
// graph, or too many heads for their seal: until as many entries were linked as
// the last transaction brought, so that small writers hardly wait behind a bulk
// load, and sustained writers are slowed to the speed of linking. How many are too many
// depends on whether anybody searches: every search looks at all that wait. While
// searches come it also leaves them processors, see pace. It never waits longer than two
// seconds. Call it before the transaction takes locks.
func (ix *Index) Throttle(ctx context.Context) error {
	if ix.cfg.NoBackground {
		return nil
	}
	if err := ix.catchUp(ctx); err != nil {
		return err
	}
	return ix.wait(ctx, ix.pace.left(time.Now()))
}

// catchUp waits until few enough entries wait for their place in the graph.
func (ix *Index) catchUp(ctx context.Context) error {
	target := ix.linkedTotal.Load() + ix.lastBatch.Load()
	var timeout <-chan time.Time
	for {
		changed := ix.moved.wait()
		behind, err := ix.behind()
		if err != nil || !behind || !ix.failing.Load() && ix.linkedTotal.Load() >= target {
			return err
		}
		if timeout == nil {
			t := time.NewTimer(throttleMax)
			defer t.Stop()
			timeout = t.C
			poke(ix.wake)
		}
		select {
		case <-changed:
		case <-timeout:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-ix.ctx.Done():
			return vectorindex.ErrClosed
		}
	}
}

// behind reports whether background work has fallen behind the bounds.
func (ix *Index) behind() (bool, error) {
	set, err := ix.acquire()
	if err != nil {
		return false, err
	}
	defer set.release()
	waiting := 0
	set.each(func(p *part) bool {
		n := p.n.Load()
		if p.file == nil && p.graph() != nil && int(n) >= ix.cfg.GraphMin {
			waiting += int(n - p.linked.Load())
		}
		return true
	})
	most := ix.cfg.TailEntries
	if ix.searched() {
		most = min(most, ix.cfg.SearchedTail)
	}
	return waiting > most || len(set.frozen) > maxFrozen || ix.overdue(set), nil
}

// overdue says that full heads hold more than their share of a bound on memory.
func (ix *Index) overdue(set *partSet) bool {
	limit, held := ix.cfg.Budget.Limit(), int64(0)
	if limit == 0 || len(set.frozen) == 0 {
		return false
	}
	for _, p := range set.frozen {
		held += p.bytes()
	}
	return held > limit/8
}

// wait waits for so long; 0 = not at all.
func (ix *Index) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-ix.ctx.Done():
		return vectorindex.ErrClosed
	}
}

// searched reports whether searches come.
func (ix *Index) searched() bool { return ix.demand.look(ix.recent.seen.Load(), time.Now()) }

// demand is whether searches come, for those who write.
type demand struct {
	mu    sync.Mutex
	since time.Time
	seen  uint64 // searches before since
	much  bool
}

// As many searches a second count as demand; it is looked at once in a window.
const (
	demandRate   = 20
	demandWindow = 250 * time.Millisecond
)

// look reports whether searches come, of which there were so many until now.
func (d *demand) look(seen uint64, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if past := now.Sub(d.since); past >= demandWindow {
		d.much = float64(seen-d.seen) >= demandRate*past.Seconds()
		d.since, d.seen = now, seen
	}
	return d.much
}

// pace makes writers pause for a share of the time that linking takes: on two processors
// a stream of searches keeps one busy and linking the other, and whatever else happens
// there makes a search wait for a processor.
type pace struct {
	share float64      // of the time of linking
	until atomic.Int64 // nanoseconds since begin
	ways  atomic.Int64 // how often linking gave way
}

var begin = time.Now()

// restShare is the share on one processor; on more there is more room.
const restShare = 2.0

func newPace() pace { return pace{share: restShare / float64(runtime.NumCPU())} }

// restLeast is the shortest pause: entries that come one by one are linked while their
// writer waits for the disk.
const restLeast = 500 * time.Microsecond

// linked notes that linking took so long while searches came.
func (p *pace) linked(took time.Duration, now time.Time) {
	at := now.Sub(begin)
	until := max(at, time.Duration(p.until.Load())) + time.Duration(p.share*float64(took))
	p.until.Store(int64(min(until, at+throttleMax)))
}

// left is how long a writer pauses.
func (p *pace) left(now time.Time) time.Duration {
	if d := time.Duration(p.until.Load()) - now.Sub(begin); d >= restLeast {
		return d
	}
	return 0
}

// giveWay is called after each entry that is linked while searches come.
func (p *pace) giveWay() {
	p.ways.Add(1)
	giveWay()
}
