package memkv

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/storage/kv"
)

// beginSerial begins a serializable transaction.
func (e *Engine) beginSerial(ctx context.Context, o kv.TxnOptions) (kv.Txn, error) {
	for {
		var t *txn
		w, err := e.serial.Begin(o.ReadOnly || o.Deferrable, func() (kv.TS, error) {
			var err error
			if t, err = e.begin(o); err != nil {
				return 0, err
			}
			return t.at, nil
		})
		if err != nil {
			return nil, err
		}
		if t.serial = w; w == nil || !o.Deferrable {
			return t, nil
		}
		if safe, err := w.Wait(ctx); safe {
			return t, nil
		} else if err = errors.Join(err, t.Close()); err != nil {
			return nil, err
		}
	}
}

func (t *txn) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	t.serial.ReadKey(key)
	return t.view.Get(ctx, key)
}

func (t *txn) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	for _, key := range keys {
		t.serial.ReadKey(key)
	}
	return t.view.GetBatch(ctx, keys, each)
}

func (t *txn) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	it, err := t.view.Scan(ctx, r)
	if err != nil {
		return nil, err
	}
	return t.serial.Walk(it, r), nil
}

func (t *txn) NoteRead(r kv.Range)   { t.serial.Read(r) }
func (t *txn) NoteWrite(r kv.Range)  { t.serial.Wrote(r) }
func (t *txn) Unrecorded() kv.Reader { return &t.view }
func (t *txn) Doom()                 { t.serial.Doom() }
func (t *txn) Check() error          { return t.serial.Check() }
