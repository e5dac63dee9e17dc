package pebblekv

import (
	"sync"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

// clock is a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks",
// 2014) for one node: wall microseconds in the upper 52 bits, a counter below,
// strictly increasing even when the wall clock steps back.
type clock struct {
	mu   sync.Mutex
	last kv.TS
	wall func() time.Time
}

const counterBits = 12

// tsOf is the first timestamp of a wall-clock instant.
func tsOf(t time.Time) kv.TS { return kv.TS(max(0, t.UnixMicro())) << counterBits }

// span is the distance of two timestamps d apart.
func span(d time.Duration) kv.TS { return kv.TS(d.Microseconds()) << counterBits }

// next returns a timestamp above all handed out before.
func (c *clock) next() kv.TS { return c.reserve(1) }

// reserve returns the first of n consecutive timestamps of which none was
// handed out before.
func (c *clock) reserve(n int) kv.TS {
	now := tsOf(c.wall())
	c.mu.Lock()
	defer c.mu.Unlock()
	first := max(c.last+1, now)
	c.last = first + kv.TS(n) - 1
	return first
}

// observe makes every later timestamp greater than ts.
func (c *clock) observe(ts kv.TS) {
	c.mu.Lock()
	c.last = max(c.last, ts)
	c.mu.Unlock()
}

// latest is the newest timestamp handed out or observed.
func (c *clock) latest() kv.TS {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func (c *clock) wallTS() kv.TS { return tsOf(c.wall()) }
