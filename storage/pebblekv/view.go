package pebblekv

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/loxodb/loxodb/storage/kv"
)

// view is a read position: a timestamp, and for a transaction its own writes on
// top. Snapshots and transactions embed it.
type view struct {
	e *Engine
	sight
	epoch uint64       // an iterator opened at this epoch or later has all the view needs
	buf   *writeBuffer // own writes in memory, nil when there are none
	scans int          // open scans, which may stand on buf
	it    iterator     // the point iterator, kept between calls
	seek  []byte
	gap   *gap // of a transaction that locks keys
	ended bool

	next, prev *view    // in viewSet
	seekBuf    [64]byte // what seek starts with
}

// viewSet knows the open views, so that the collector spares what they see.
type viewSet struct {
	mu        sync.Mutex
	head      *view
	n         int
	collected kv.TS // versions superseded at or before it may be gone
	sealed    bool
}

// open registers the view at a timestamp, 0 meaning now.
func (v *view) open(e *Engine, at kv.TS) error {
	s := &e.views
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return kv.ErrClosed
	}
	if at == 0 {
		at = kv.TS(e.pipe.visible.Load())
	} else if at < s.collected {
		return fmt.Errorf("%w: %d, versions are kept from %d on", kv.ErrSnapshotTooOld, at, s.collected)
	}
	v.seek = v.seekBuf[:0]
	v.e, v.at, v.chunks, v.epoch = e, at, &e.chunks, e.pipe.epoch.Load()
	v.next = s.head
	if s.head != nil {
		s.head.prev = v
	}
	s.head = v
	s.n++
	return nil
}

// shut unregisters the view and gives its iterator back.
func (v *view) shut() {
	v.e.iters.put(&v.it)
	s := &v.e.views
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.prev != nil {
		v.prev.next = v.next
	} else {
		s.head = v.next
	}
	if v.next != nil {
		v.next.prev = v.prev
	}
	v.next, v.prev = nil, nil
	s.n--
}

// move sets the view to now.
func (v *view) move() {
	s := &v.e.views
	s.mu.Lock()
	v.at = max(v.at, kv.TS(v.e.pipe.visible.Load()))
	epoch := v.e.pipe.epoch.Load()
	s.mu.Unlock()
	if epoch != v.epoch {
		v.epoch = epoch
		v.e.iters.put(&v.it)
	}
}

// horizon raises collected to the oldest timestamp anyone may still read at,
// but not above limit, and returns it.
func (s *viewSet) horizon(limit kv.TS, p *pipeline) kv.TS {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := min(limit, kv.TS(p.visible.Load()))
	for v := s.head; v != nil; v = v.next {
		h = min(h, v.at)
	}
	s.collected = max(s.collected, h)
	return h
}

// seal refuses further views if there are none, else returns how many.
func (s *viewSet) seal() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = s.n == 0
	return s.n
}

func (s *viewSet) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// At implements kv.Reader.
func (v *view) At() kv.TS { return v.at }

// Get implements kv.Reader.
func (v *view) Get(_ context.Context, key []byte) ([]byte, bool, error) {
	if v.ended {
		return nil, false, kv.ErrClosed
	}
	if v.buf != nil {
		if o, ok := v.own(key); ok {
			return o.val, o.val != nil, nil
		}
	}
	if err := v.pin(v.epoch); err != nil {
		return nil, false, err
	}
	val, err := v.stored(key)
	return val, val != nil, err
}

// GetBatch implements kv.Reader. Ascending keys let the iterator step instead
// of seeking anew.
func (v *view) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	if v.ended {
		return kv.ErrClosed
	}
	if err := v.pin(v.epoch); err != nil {
		return err
	}
	own := v.buf != nil && v.buf.live > 0
	for i, key := range keys {
		if i&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var val []byte
		var err error
		o, mine := (*op)(nil), false
		if own {
			o, mine = v.own(key)
		}
		if mine {
			val = o.val
		} else if val, err = v.stored(key); err != nil {
			return err
		}
		if err := each(i, val); err != nil {
			return err
		}
	}
	return nil
}

// pin makes v.it an iterator that was opened at epoch or later.
func (v *view) pin(epoch uint64) error {
	if v.it.Iterator != nil && v.it.epoch >= epoch {
		return nil
	}
	v.e.iters.put(&v.it)
	return v.e.iters.get(&v.it, epoch)
}

// stored returns the value of key in the store as this view sees it, nil when
// there is none. It is valid until the next use of v.it.
func (v *view) stored(key []byte) ([]byte, error) {
	if v.gap.covers(key, v.epoch) {
		return nil, nil
	}
	from := v.at
	if v.large != nil {
		from = math.MaxUint64 // own provisional versions may lie above the view
	}
	v.seek = appendVersion(v.seek[:0], key, from)
	it, found := v.it.Iterator, false
	for ok := it.SeekPrefixGE(v.seek); ok; ok = it.Next() {
		found = true
		val, err := it.ValueAndErr()
		if err != nil {
			return nil, fmt.Errorf("pebblekv: get: %w", err)
		}
		h, err := decodeHeader(val)
		if err != nil {
			return nil, fmt.Errorf("%w: value of %x", err, key)
		}
		if !v.sees(&h, keyTS(it.Key())) {
			continue
		}
		if h.tombstone() {
			return nil, nil
		}
		return val[h.size:], nil
	}
	err := it.Error()
	if err == nil && !found {
		err = v.gap.missed(&v.it, key)
	}
	if err != nil {
		return nil, fmt.Errorf("pebblekv: get: %w", err)
	}
	return nil, nil
}

// sight decides which versions are part of a view.
type sight struct {
	at     kv.TS
	chunks *chunkTable
	large  *largeTxn // the transaction's own spilled writes, nil when there are none
	last   *chunk    // the chunk looked up last: neighbours tend to share one
	limit  int       // of a frozen transaction: own writes from here on are not seen; else 0
}

// sees decides whether a version stored at ts is part of the view.
func (s *sight) sees(h *header, ts kv.TS) bool {
	if !h.provisional() {
		return ts <= s.at
	}
	if s.last == nil || s.last.id != h.chunk {
		if s.last = s.chunks.get(h.chunk); s.last == nil {
			return false
		}
	}
	switch f, commit := s.last.judge(h.pos); f {
	case settled:
		return commit <= s.at
	case pending:
		return s.large != nil && s.last.txn.Load() == s.large && (s.limit == 0 || h.pos < uint64(s.limit))
	default:
		return false
	}
}

// snapshot implements kv.Snapshot.
type snapshot struct{ view }

func (s *snapshot) Close() error {
	if !s.ended {
		s.ended = true
		s.shut()
	}
	return nil
}
