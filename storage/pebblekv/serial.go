package pebblekv

import (
	"context"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/serial"
)

// beginSerial takes the view of a serializable transaction.
func (t *txn) beginSerial(ctx context.Context, e *Engine) error {
	for {
		var err error
		t.serial, err = e.serial.Begin(t.opts.ReadOnly || t.opts.Deferrable, func() (kv.TS, error) {
			err := t.open(e, 0)
			return t.at, err
		})
		if err != nil || t.serial == nil || !t.opts.Deferrable {
			return err
		}
		safe, err := t.serial.Wait(ctx)
		if safe {
			return nil
		}
		t.serial.End()
		t.shut()
		if err != nil {
			return err
		}
		// What makes the view unsafe may not be visible yet.
		e.pipe.leave(e.pipe.enter(nil), false)
	}
}

// wrote reports that there is something to commit.
func (t *txn) wrote() bool { return t.buf != nil && t.buf.live > 0 || t.large != nil }

// enter gives the transaction its place among the commits.
func (t *txn) enter() (*commit, error) {
	if t.serial == nil {
		return t.e.pipe.enter(t.hooks), nil
	}
	var c *commit
	err := t.serial.Commit(true, func() kv.TS {
		c = t.e.pipe.enter(t.hooks)
		return c.ts
	})
	return c, err
}

// Get implements kv.Reader.
func (t *txn) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	if t.serial != nil {
		t.serial.ReadKey(key)
	}
	return t.view.Get(ctx, key)
}

// GetBatch implements kv.Reader.
func (t *txn) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	if t.serial != nil {
		for _, key := range keys {
			t.serial.ReadKey(key)
		}
	}
	return t.view.GetBatch(ctx, keys, each)
}

// Scan implements kv.Reader.
func (t *txn) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	s, err := t.scan(ctx, r)
	if err != nil {
		return nil, err // not a nil *scan in an interface
	}
	if t.serial != nil {
		return t.serial.Walk(s, r), nil
	}
	return s, nil
}

// NoteRead implements kv.Txn.
func (t *txn) NoteRead(r kv.Range) { t.serial.Read(r) }

// NoteWrite implements kv.Txn.
func (t *txn) NoteWrite(r kv.Range) { t.serial.Wrote(r) }

// Doom implements kv.Txn.
func (t *txn) Doom() { t.serial.Doom() }

// Check implements kv.Txn.
func (t *txn) Check() error { return t.serial.Check() }

// Unrecorded implements kv.Txn.
func (t *txn) Unrecorded() kv.Reader {
	if t.serial == nil {
		return t
	}
	return &unrecorded{t}
}

// unrecorded reads as a serializable transaction does, without the notes.
type unrecorded struct{ t *txn }

func (u *unrecorded) At() kv.TS { return u.t.at }

func (u *unrecorded) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	return u.t.view.Get(ctx, key)
}

func (u *unrecorded) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	return u.t.view.GetBatch(ctx, keys, each)
}

func (u *unrecorded) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	s, err := u.t.scan(ctx, r)
	if err != nil {
		return nil, err
	}
	return s, nil
}

var _ kv.Reader = (*unrecorded)(nil)

// newSerial readies the engine for serializable transactions.
func (e *Engine) newSerial() *serial.Manager {
	return serial.New(func() kv.TS { return kv.TS(e.pipe.visible.Load()) })
}
