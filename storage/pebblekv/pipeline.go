package pebblekv

import (
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/kv"
)

// pipeline publishes commits in timestamp order. A committer enters and gets
// its timestamp, writes its batch (concurrently with others: Pebble lets them
// share one fsync), and leaves. A timestamp becomes visible when its commit and
// all before it have left and their hooks have run, so that visible never skips
// a commit that might still appear below it.
type pipeline struct {
	clock   *clock
	visible atomic.Uint64
	// epoch grows whenever something new can be read from the store: before a
	// commit becomes visible, and after a chunk was spilled. Iterators carry the
	// epoch they were opened at.
	epoch atomic.Uint64

	mu    sync.Mutex
	head  *commit
	tail  *commit
	bound clockBound
}

// commit is one transaction on its way through the pipeline.
type commit struct {
	ts    kv.TS
	hooks []hook
	// turn is signalled when the commit was published for its owner, or is at
	// the head of the line and must run its own hooks.
	turn      chan struct{}
	written   bool
	published bool
	next      *commit
	bound     kv.TS // clock bound to persist along, 0 = none
	drop      kv.TS // older bound that it replaces
}

var commitPool = sync.Pool{New: func() any { return &commit{turn: make(chan struct{}, 1)} }}

// enter assigns the next commit timestamp.
func (p *pipeline) enter(hooks []hook) *commit {
	c := commitPool.Get().(*commit)
	c.hooks = hooks
	p.mu.Lock()
	defer p.mu.Unlock()
	c.ts = p.clock.next()
	c.bound, c.drop = p.bound.plan(c.ts)
	if p.tail == nil {
		p.head = c
	} else {
		p.tail.next = c
	}
	p.tail = c
	return c
}

// leave reports that the batch was written (ok) or given up, waits until all
// earlier commits are published, runs the hooks, and publishes.
func (p *pipeline) leave(c *commit, ok bool) {
	p.mu.Lock()
	c.written = true
	if !ok {
		c.hooks = nil
	}
	for p.head != c && !c.published {
		p.mu.Unlock()
		<-c.turn
		p.mu.Lock()
	}
	if !c.published {
		if len(c.hooks) > 0 {
			// Nobody else pops the head while it has hooks.
			p.mu.Unlock()
			for _, h := range c.hooks {
				h.fn(c.ts)
			}
			p.mu.Lock()
		}
		p.publish(c)
		p.publishReady()
	}
	if ok {
		p.bound.durable(c.bound)
	}
	p.mu.Unlock()
	select { // a turn that came while it was no longer needed
	case <-c.turn:
	default:
	}
	*c = commit{turn: c.turn}
	commitPool.Put(c)
}

// publish takes the head off the line and makes it visible.
func (p *pipeline) publish(c *commit) {
	p.head = c.next
	if p.head == nil {
		p.tail = nil
	}
	p.epoch.Add(1)
	p.visible.Store(uint64(c.ts))
	c.published = true
}

// publishReady publishes what waits behind the old head and has no hooks, on
// behalf of its owners, and gives a head with hooks its turn.
func (p *pipeline) publishReady() {
	for c := p.head; c != nil && c.written; c = p.head {
		if len(c.hooks) > 0 {
			c.turn <- struct{}{}
			return
		}
		p.publish(c)
		c.turn <- struct{}{}
	}
}

// advance makes ts visible though nothing was committed at it.
func (p *pipeline) advance(ts kv.TS) {
	p.clock.observe(ts)
	p.leave(p.enter(nil), false)
}

// clockBound keeps a timestamp on disk that no restart may fall behind. It is
// written along with the first commit that passes the one before, so it costs
// no fsync of its own and is durable no later than that commit.
type clockBound struct {
	planned kv.TS
	safe    kv.TS // durable
}

// plan returns the bound that the commit at ts must carry and the one it
// replaces. Until a bound is durable every commit above the last one carries it.
func (b *clockBound) plan(ts kv.TS) (bound, drop kv.TS) {
	if ts <= b.safe {
		return 0, 0
	}
	if ts > b.planned {
		b.planned = ts + span(clockSlack)
	}
	return b.planned, b.safe
}

func (b *clockBound) durable(bound kv.TS) { b.safe = max(b.safe, bound) }

// covers reports whether no restart will hand out ts or anything before it.
func (p *pipeline) covers(ts kv.TS) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ts <= p.bound.safe
}
