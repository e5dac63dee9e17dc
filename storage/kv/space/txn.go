package space

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/storage/kv"
)

// Txn is a transaction within the part.
type Txn struct {
	reader
	whole kv.Txn
}

var _ kv.Txn = (*Txn)(nil)

// Whole is the transaction of the whole store behind one of a part, or t itself.
func Whole(t kv.Txn) kv.Txn {
	if p, ok := t.(*Txn); ok {
		return p.whole
	}
	return t
}

// Put implements kv.Txn.
func (t *Txn) Put(key, val []byte) error { return t.whole.Put(t.in(key), val) }

// Delete implements kv.Txn.
func (t *Txn) Delete(key []byte) error { return t.whole.Delete(t.in(key)) }

// Lock implements kv.Txn.
func (t *Txn) Lock(ctx context.Context, key []byte, m kv.Mode, w kv.Wait) (bool, error) {
	return t.whole.Lock(ctx, t.in(key), m, w)
}

// Mark implements kv.Txn.
func (t *Txn) Mark() kv.Mark { return t.whole.Mark() }

// RollbackTo implements kv.Txn.
func (t *Txn) RollbackTo(m kv.Mark) error { return t.whole.RollbackTo(m) }

// Refresh implements kv.Txn.
func (t *Txn) Refresh(ctx context.Context) error { return t.whole.Refresh(ctx) }

// Freeze opens a view of the transaction as it is now, where the store can.
func (t *Txn) Freeze() (kv.Snapshot, error) {
	f, ok := t.whole.(interface{ Freeze() (kv.Snapshot, error) })
	if !ok {
		return nil, errors.New("space: the store freezes no transactions")
	}
	s, err := f.Freeze()
	if err != nil {
		return nil, err
	}
	return &snapshot{reader: reader{e: t.e, r: s}, s: s}, nil
}

// NoteRead implements kv.Txn.
func (t *Txn) NoteRead(r kv.Range) { t.whole.NoteRead(t.e.Within(r)) }

// NoteWrite implements kv.Txn.
func (t *Txn) NoteWrite(r kv.Range) { t.whole.NoteWrite(t.e.Within(r)) }

// Unrecorded implements kv.Txn.
func (t *Txn) Unrecorded() kv.Reader { return &reader{e: t.e, r: t.whole.Unrecorded()} }

// Doom implements kv.Txn.
func (t *Txn) Doom() { t.whole.Doom() }

// Check implements kv.Txn.
func (t *Txn) Check() error { return t.whole.Check() }

// OnCommit implements kv.Txn.
func (t *Txn) OnCommit(fn func(kv.TS)) { t.whole.OnCommit(fn) }

// Commit implements kv.Txn.
func (t *Txn) Commit(ctx context.Context) (kv.TS, error) { return t.whole.Commit(ctx) }

// Close implements kv.Txn.
func (t *Txn) Close() error { return t.whole.Close() }
