package pebblekv

import (
	"context"

	"github.com/loxodb/loxodb/storage/kv"
)

// frozen is a transaction as it was at a moment: its view then, and of its own writes
// those before that.
type frozen struct {
	view
	t *txn
}

// Freeze implements kv.Txn. It counts as a scan: what it sees of the write buffer is
// neither replaced nor, after a spill, given to others.
func (t *txn) Freeze() (kv.Snapshot, error) {
	if t.ended {
		return nil, kv.ErrClosed
	}
	f := &frozen{t: t}
	if err := f.open(t.e, t.at); err != nil {
		return nil, err
	}
	f.large, f.buf = t.large, t.buf
	f.limit = t.pos
	t.scanned = t.pos
	t.scans++
	return f, nil
}

// Get implements kv.Reader.
func (f *frozen) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	if f.t.serial != nil {
		f.t.serial.ReadKey(key)
	}
	return f.view.Get(ctx, key)
}

// GetBatch implements kv.Reader.
func (f *frozen) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	if f.t.serial != nil {
		for _, key := range keys {
			f.t.serial.ReadKey(key)
		}
	}
	return f.view.GetBatch(ctx, keys, each)
}

// Scan implements kv.Reader.
func (f *frozen) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	s, err := f.view.scan(ctx, r)
	if err != nil {
		return nil, err
	}
	s.pos = f.limit
	if f.t.serial != nil {
		return f.t.serial.Walk(s, r), nil
	}
	return s, nil
}

// Close implements kv.Snapshot.
func (f *frozen) Close() error {
	if !f.ended {
		f.ended = true
		f.t.scans--
		f.shut()
	}
	return nil
}

// own is the transaction's write of a key that the view sees.
func (v *view) own(key []byte) (*op, bool) {
	o, ok := v.buf.get(key)
	if !ok || v.limit == 0 {
		return o, ok
	}
	for o.pos >= v.limit {
		if o.prev == none {
			return nil, false
		}
		o = &v.buf.ops[o.prev]
	}
	return o, true
}
