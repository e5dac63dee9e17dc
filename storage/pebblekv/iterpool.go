package pebblekv

import (
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// iterator is a Pebble iterator and the epoch it was opened at: it shows
// everything that was readable then.
type iterator struct {
	*pebble.Iterator
	epoch uint64
}

// iterPool keeps idle iterators. Opening one costs more than the read it
// serves, and as long as nothing is committed one opened earlier is as good. An
// idle iterator pins memtables and files, so those that are out of date go at
// the first opportunity, the rest after a second.
type iterPool struct {
	e     *Engine
	mu    sync.Mutex
	free  []iterator // ascending epochs are not guaranteed
	timer *time.Timer
}

const maxIdleIters = 32

var pointOptions = pebble.IterOptions{UseL6Filters: true}

// get fills dst with an iterator without bounds, opened at epoch or later.
func (p *iterPool) get(dst *iterator, epoch uint64) error {
	p.mu.Lock()
	for n := len(p.free); n > 0; n = len(p.free) {
		*dst = p.free[n-1]
		p.free[n-1] = iterator{}
		p.free = p.free[:n-1]
		if dst.epoch >= epoch {
			p.mu.Unlock()
			return nil
		}
		if err := dst.Close(); err != nil {
			p.mu.Unlock()
			*dst = iterator{}
			return fmt.Errorf("pebblekv: %w", err)
		}
	}
	p.mu.Unlock()
	// The epoch is read before: what the iterator shows may be newer, never older.
	at := p.e.pipe.epoch.Load()
	it, err := p.e.db.NewIter(&pointOptions)
	if err != nil {
		*dst = iterator{}
		return fmt.Errorf("pebblekv: %w", err)
	}
	*dst = iterator{Iterator: it, epoch: at}
	return nil
}

// put takes an iterator back, or closes it, and clears src.
func (p *iterPool) put(src *iterator) {
	it := *src
	*src = iterator{}
	if it.Iterator == nil {
		return
	}
	if it.epoch >= p.e.pipe.epoch.Load() && it.Error() == nil {
		p.mu.Lock()
		if len(p.free) < maxIdleIters {
			p.free = append(p.free, it)
			if p.timer == nil {
				p.timer = time.AfterFunc(time.Second, p.expire)
			}
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
	// The error of a read was reported by the read.
	_ = it.Close()
}

// expire empties the pool; while there is traffic it fills again at once.
func (p *iterPool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	p.clear()
}

func (p *iterPool) clear() {
	for i := range p.free {
		_ = p.free[i].Close()
		p.free[i] = iterator{}
	}
	p.free = p.free[:0]
}

// drain empties the pool for good, before the store is closed.
func (p *iterPool) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.clear()
}
