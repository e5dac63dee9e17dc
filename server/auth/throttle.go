package auth

import (
	"sync"
	"time"
)

const (
	freeFailures   = 3 // typing errors are answered at once
	firstDelay     = 250 * time.Millisecond
	longestDelay   = 5 * time.Second
	forgetAfter    = 10 * time.Minute
	mostRemembered = 10_000
)

// Throttle slows down guessing: each failure for the same key beyond the first
// few is answered later than the one before. Safe for concurrent use; the zero
// value is ready.
type Throttle struct {
	mu   sync.Mutex
	seen map[string]failures
	now  func() time.Time // replaced by tests; nil means time.Now
}

type failures struct {
	count int
	last  time.Time
}

// Failed records a failure for key (who tried, from where) and returns how long
// to wait before saying so.
func (t *Throttle) Failed(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	if t.seen == nil {
		t.seen = map[string]failures{}
	}
	f := t.seen[key]
	if now.Sub(f.last) > forgetAfter {
		f.count = 0
	}
	if _, known := t.seen[key]; !known && len(t.seen) >= mostRemembered {
		t.forget(now)
	}
	f.count++
	f.last = now
	t.seen[key] = f
	if f.count <= freeFailures {
		return 0
	}
	return min(firstDelay<<min(f.count-freeFailures-1, 10), longestDelay)
}

// Succeeded forgets the failures of key.
func (t *Throttle) Succeeded(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}

// forget makes room: it drops what is old, or everything when nothing is.
func (t *Throttle) forget(now time.Time) {
	for k, f := range t.seen {
		if now.Sub(f.last) > forgetAfter {
			delete(t.seen, k)
		}
	}
	if len(t.seen) >= mostRemembered {
		clear(t.seen)
	}
}

func (t *Throttle) clock() time.Time {
	if t.now != nil {
		return t.now()
	}
	return time.Now()
}
