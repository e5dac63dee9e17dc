package pebblekv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// collector removes, in the background and in small batches, what no reader can
// reach: versions below a newer one that everybody sees, deletions with nothing
// below them, and what was rolled back. It learns from commits where to look
// and sleeps when there is nothing.
type collector struct {
	e     *Engine
	queue gcQueue
	wake  chan struct{}
	quit  chan struct{}
	done  chan struct{}

	// Used by the collector's goroutine only.
	cur    dirtyRange
	active bool // cur is being swept
	ranges bool // the last step looked at ranges first

	retention atomic.Int64 // time.Duration
	busy      atomic.Bool  // something was taken from the queue and is not finished
}

const (
	// gatherPauses, in units of gcPause, lets the writes of hot keys come together
	// before a sweep.
	gatherPauses = 25
	// blockedPauses is how often a collector that waits for a reader looks again.
	blockedPauses = 100

	keysPerBatch     = 512
	versionsPerBatch = 4096
	maxBatchBytes    = 1 << 20
)

func (g *collector) init(e *Engine) {
	g.e = e
	g.retention.Store(int64(e.opts.RetentionWindow))
	g.wake = make(chan struct{}, 1)
	g.quit = make(chan struct{})
	g.done = make(chan struct{})
}

func (g *collector) start() { go g.run() }

// stop ends the goroutine and waits for it.
func (g *collector) stop() {
	close(g.quit)
	<-g.done
}

func (g *collector) kick() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// committed queues the buffered writes of a transaction that is visible now.
func (g *collector) committed(t *txn) {
	if t.buf != nil && t.buf.live > 0 {
		g.queue.addWrites(t.buf, kv.TS(g.e.pipe.visible.Load()))
		g.kick()
	}
}

// decided queues the key range of a chunk, committed or not.
func (g *collector) decided(c *chunk) {
	r := dirtyRange{first: c.first, last: c.last}
	if o := c.outcome.Load(); o == abortedTS {
		r.gone = []kv.TS{c.id}
	} else {
		r.ts = kv.TS(o)
	}
	g.queue.addRange(r)
	g.kick()
}

// recovered takes up a chunk that was found at open.
func (g *collector) recovered(c *chunk) {
	if c.outcome.Load() == abortedTS {
		g.decided(c)
	}
}

func (g *collector) recoverDirty(saved []byte, crashed bool, now kv.TS) {
	if crashed {
		g.queue.addRange(dirtyRange{ts: now})
	} else if saved != nil {
		g.queue.load(saved, now)
	}
	if _, n := g.queue.len(); n > 0 {
		g.kick()
	}
}

func (g *collector) saveDirty(b *pebble.Batch) {
	if g.active {
		g.queue.addRange(g.cur)
	}
	g.queue.save(b)
}

// run sweeps until there is nothing left that may be swept, then sleeps.
func (g *collector) run() {
	defer close(g.done)
	var blocked <-chan time.Time
	for {
		select {
		case <-g.quit:
			return
		case <-g.wake:
			if !g.pause(gatherPauses * g.e.opts.gcPause) {
				return
			}
		case <-blocked:
		}
		for {
			began := time.Now()
			worked, err := g.step()
			if err != nil {
				g.e.opts.Logger.Errorf("pebblekv: garbage collection: %v", err)
			}
			if !worked || err != nil {
				break
			}
			// Rest as long as the work took: half a core is enough.
			if !g.pause(max(g.e.opts.gcPause, time.Since(began))) {
				return
			}
		}
		blocked = nil
		if keys, ranges := g.queue.len(); keys > 0 || ranges > 0 || g.active {
			blocked = time.After(blockedPauses * g.e.opts.gcPause)
		}
	}
}

// pause sleeps; false means it is time to end.
func (g *collector) pause(d time.Duration) bool {
	select {
	case <-g.quit:
		return false
	case <-time.After(d):
		return true
	}
}

// horizon is the timestamp up to which superseded versions may go.
func (g *collector) horizon() kv.TS {
	limit := kv.TS(g.e.pipe.visible.Load())
	if w := max(time.Duration(g.retention.Load()), g.e.opts.grace); w > 0 {
		limit = min(limit, tsOf(g.e.opts.now().Add(-w)))
	}
	return g.e.views.horizon(limit, &g.e.pipe)
}

// step sweeps one batch of keys or one part of a range; false when nothing can
// be swept now.
func (g *collector) step() (worked bool, err error) {
	h := g.horizon()
	s := sweep{e: g.e, horizon: h}
	g.busy.Store(true)
	defer func() { g.busy.Store(g.active) }()
	// Keys and ranges take turns, so that neither starves the other.
	g.ranges = !g.ranges
	if g.ranges {
		if worked, err := g.stepRange(&s); worked {
			return true, err
		}
	}
	if keys := g.queue.takeKeys(keysPerBatch, h); len(keys) > 0 {
		if err := s.keys(keys); err != nil {
			g.queue.addRange(dirtyRange{first: keys[0], last: keys[len(keys)-1]}) // not forgotten
			return true, err
		}
		return true, nil
	}
	return g.stepRange(&s)
}

func (g *collector) stepRange(s *sweep) (worked bool, err error) {
	if !g.active {
		if g.cur, g.active = g.queue.takeRange(s.horizon); !g.active {
			return false, nil
		}
	}
	next, done, err := s.rangeFrom(g.cur.first, g.cur.last)
	if err != nil {
		return true, err
	}
	g.cur.first = next
	if done {
		g.active = false
		return true, g.forget(g.cur.gone)
	}
	return true, nil
}

// forget drops the records of chunks of which no version is left.
func (g *collector) forget(ids []kv.TS) error {
	if len(ids) == 0 {
		return nil
	}
	b := g.e.db.NewBatch()
	defer b.Close()
	for _, id := range ids {
		_ = b.Delete(chunkKey(id), nil)
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return err
	}
	for _, id := range ids {
		g.e.chunks.remove(id)
	}
	return nil
}

// sweep removes garbage with respect to one horizon.
type sweep struct {
	e       *Engine
	horizon kv.TS
	it      *pebble.Iterator
	b       *pebble.Batch
	seen    int    // versions looked at
	removed uint64 // versions in b
	name    []byte // prefix of the key being swept
	grave   []byte // a deletion that goes when all below it is gone
}

func (s *sweep) open(o *pebble.IterOptions) (err error) {
	if s.it, err = s.e.db.NewIter(o); err != nil {
		return err
	}
	s.b = s.e.db.NewBatch()
	return nil
}

// flush applies the removals so far, together with the horizon: whoever finds
// versions missing after a restart also finds out since when.
func (s *sweep) flush() error {
	if s.removed == 0 {
		return nil
	}
	s.e.views.mu.Lock()
	collected := s.e.views.collected
	s.e.views.mu.Unlock()
	_ = s.b.Set(collectedKey, binary.BigEndian.AppendUint64(nil, uint64(collected)), nil)
	if err := s.e.db.Apply(s.b, pebble.NoSync); err != nil {
		return err
	}
	s.e.stats.removed.Add(s.removed)
	s.removed = 0
	s.b.Reset()
	return nil
}

var collectedKey = appendPrefix(nil, tagMeta, []byte{'g'})

func (s *sweep) close() error {
	err := s.flush()
	_ = s.b.Close()
	if cerr := s.it.Close(); err == nil {
		err = cerr
	}
	s.e.stats.swept.Add(uint64(s.seen))
	return err
}

// keys sweeps single keys, which are ascending.
func (s *sweep) keys(keys [][]byte) (err error) {
	if err := s.open(&pebble.IterOptions{UseL6Filters: true}); err != nil {
		return err
	}
	defer func() {
		if cerr := s.close(); err == nil {
			err = cerr
		}
	}()
	for _, key := range keys {
		s.name = appendPrefix(s.name[:0], tagData, key)
		if s.it.SeekPrefixGE(s.name) {
			if _, err := s.chain(); err != nil {
				return err
			}
		}
		if err := s.it.Error(); err != nil {
			return err
		}
	}
	return nil
}

// rangeFrom sweeps the keys from first to last (nil: to the end) until a batch
// is full, and returns where to go on.
func (s *sweep) rangeFrom(first, last []byte) (next []byte, done bool, err error) {
	o := &pebble.IterOptions{LowerBound: appendPrefix(nil, tagData, first), UpperBound: []byte{tagData + 1, 0}}
	if last != nil {
		o.UpperBound = appendPrefix(nil, tagData, append(bytes.Clone(last), 0))
	}
	if err := s.open(o); err != nil {
		return nil, false, err
	}
	defer func() {
		if cerr := s.close(); err == nil {
			err = cerr
		}
	}()
	for ok := s.it.First(); ok; {
		key := s.it.Key()
		if !wellFormed(key) {
			return nil, false, fmt.Errorf("%w: key %x", errCorrupt, key)
		}
		s.name = append(s.name[:0], key[:len(key)-suffixLen]...)
		if s.seen >= versionsPerBatch {
			return bytes.Clone(userKey(key)), false, nil
		}
		if ok, err = s.chain(); err != nil {
			return nil, false, err
		}
	}
	return nil, true, s.it.Error()
}

// chain sweeps the versions of the key s.name, newest first, from the
// iterator's position on, and returns whether the iterator stands on the next key.
func (s *sweep) chain() (more bool, err error) {
	covered := false // everybody sees a version above this one
	s.grave = s.grave[:0]
	ok := true
	for ; ok; ok = s.it.Next() {
		key := s.it.Key()
		if !bytes.HasPrefix(key, s.name) || len(key) != len(s.name)+suffixLen {
			break
		}
		s.seen++
		val, err := s.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		h, err := decodeHeader(val)
		if err != nil {
			return false, fmt.Errorf("%w: value of %x", err, key)
		}
		f, ts, _ := s.e.chunks.judge(&h, keyTS(key))
		switch {
		case f == pending:
			continue
		case f == settled && ts > s.horizon:
			continue
		case f == settled && !covered:
			covered = true
			if h.tombstone() {
				s.grave = append(s.grave, key...)
			}
			continue
		}
		if err := s.remove(key); err != nil {
			return false, err
		}
	}
	if len(s.grave) > 0 {
		if err := s.remove(s.grave); err != nil {
			return false, err
		}
	}
	return ok, s.it.Error()
}

func (s *sweep) remove(key []byte) error {
	_ = s.b.Delete(key, nil)
	s.removed++
	if s.b.Len() > maxBatchBytes {
		return s.flush()
	}
	return nil
}

// Oldest implements kv.Engine.
func (e *Engine) Oldest() kv.TS { return e.gc.horizon() }
