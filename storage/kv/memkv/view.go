package memkv

import (
	"context"

	"github.com/loxodb/loxodb/storage/kv"
)

// view reads the committed data at one timestamp under a transaction's own
// writes (nil for a snapshot). Values are immutable once stored, so they are
// handed out without copying.
type view struct {
	e      *Engine
	at     kv.TS
	own    *writeSet
	closed bool
}

func (v *view) At() kv.TS { return v.at }

func (v *view) Get(_ context.Context, key []byte) ([]byte, bool, error) {
	if v.closed {
		return nil, false, kv.ErrClosed
	}
	if v.own != nil {
		if val, ok := v.own.get(string(key)); ok {
			return val, val != nil, nil
		}
	}
	v.e.mu.Lock()
	defer v.e.mu.Unlock()
	vs, _ := v.e.data.get(string(key))
	val := visibleAt(vs, v.at)
	return val, val != nil, nil
}

func (v *view) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	for i, key := range keys {
		val, _, err := v.Get(ctx, key)
		if err != nil {
			return err
		}
		if err := each(i, val); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (v *view) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	if v.closed {
		return nil, kv.ErrClosed
	}
	fixed := view{e: v.e, at: v.at, own: v.own}
	if v.own != nil {
		v.own.scans++
	}
	return &iter{ctx: ctx, v: fixed, r: r}, nil
}

// iter finds each pair anew from the bound that the last one left behind.
type iter struct {
	ctx  context.Context
	v    view
	r    kv.Range // shrinks as the walk goes on
	n    int
	key  []byte
	val  []byte
	err  error
	done bool

	closed bool
}

func (it *iter) Next() bool {
	if it.done || (it.r.Limit > 0 && it.n == it.r.Limit) {
		it.done = true
		return false
	}
	if it.err = it.ctx.Err(); it.err != nil {
		it.done = true
		return false
	}
	for {
		key, val, ok := it.step()
		if !ok {
			it.done = true
			return false
		}
		if it.r.Reverse {
			it.r.End = []byte(key)
		} else {
			it.r.Start = append([]byte(key), 0)
		}
		if val != nil {
			it.key, it.val = []byte(key), val
			it.n++
			return true
		}
	}
}

// step returns the outermost key left in the range and its value, nil when it
// is not visible or deleted.
func (it *iter) step() (key string, val []byte, ok bool) {
	e := it.v.e
	e.mu.Lock()
	defer e.mu.Unlock()
	key, ok = outermost(&e.data, it.r)
	if ok {
		val = visibleAt(e.data.vals[key], it.v.at)
	}
	if it.v.own == nil {
		return key, val, ok
	}
	own, has := outermost(&it.v.own.sortedMap, it.r)
	if has && (!ok || own == key || (own < key) != it.r.Reverse) {
		return own, it.v.own.vals[own], true
	}
	return key, val, ok
}

func outermost[V any](m *sortedMap[V], r kv.Range) (string, bool) {
	lo, hi := m.span(r)
	if lo == hi {
		return "", false
	}
	if r.Reverse {
		return m.keys[hi-1], true
	}
	return m.keys[lo], true
}

func (it *iter) Key() []byte   { return it.key }
func (it *iter) Value() []byte { return it.val }
func (it *iter) Err() error    { return it.err }

func (it *iter) Close() error {
	if !it.closed && it.v.own != nil {
		it.v.own.scans--
	}
	it.closed, it.done = true, true
	return nil
}

// snapshot implements kv.Snapshot.
type snapshot struct{ view }

func (s *snapshot) Close() error {
	if !s.closed {
		s.closed = true
		s.e.release()
	}
	return nil
}
