package space

import (
	"context"

	"github.com/loxodb/loxodb/storage/kv"
)

// Txn is a transaction within the part; the embedded one is of the whole store.
type Txn struct {
	reader
	kv.Txn
}

var _ kv.Txn = (*Txn)(nil)

// Whole is the transaction of the whole store behind one of a part, or t itself.
func Whole(t kv.Txn) kv.Txn {
	if p, ok := t.(*Txn); ok {
		return p.Txn
	}
	return t
}

// At implements kv.Reader.
func (t *Txn) At() kv.TS { return t.reader.At() }

// Get implements kv.Reader.
func (t *Txn) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	return t.reader.Get(ctx, key)
}

// GetBatch implements kv.Reader.
func (t *Txn) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	return t.reader.GetBatch(ctx, keys, each)
}

// Scan implements kv.Reader.
func (t *Txn) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) { return t.reader.Scan(ctx, r) }

// Put implements kv.Txn.
func (t *Txn) Put(key, val []byte) error { return t.Txn.Put(t.in(key), val) }

// Delete implements kv.Txn.
func (t *Txn) Delete(key []byte) error { return t.Txn.Delete(t.in(key)) }

// Lock implements kv.Txn.
func (t *Txn) Lock(ctx context.Context, key []byte, m kv.Mode, w kv.Wait) (bool, error) {
	return t.Txn.Lock(ctx, t.in(key), m, w)
}

// NoteRead implements kv.Txn.
func (t *Txn) NoteRead(r kv.Range) { t.Txn.NoteRead(t.e.Within(r)) }

// NoteWrite implements kv.Txn.
func (t *Txn) NoteWrite(r kv.Range) { t.Txn.NoteWrite(t.e.Within(r)) }

// Unrecorded implements kv.Txn.
func (t *Txn) Unrecorded() kv.Reader { return &reader{e: t.e, r: t.Txn.Unrecorded()} }
