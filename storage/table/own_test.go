package table

import (
	"context"
	"errors"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

// A table can be owned with an old view unless its own rows have changed since.
func TestOwnTable(t *testing.T) {
	ctx := context.Background()
	e, changes := memkv.New(), new(Activity)
	begin := func(iso kv.Isolation) *Txn {
		t.Helper()
		x, err := Begin(ctx, e, kv.TxnOptions{Isolation: iso}, nil)
		if err != nil {
			t.Fatal(err)
		}
		x.CountChanges(changes)
		return x
	}
	change := func(storage uint32) {
		t.Helper()
		x := begin(kv.ReadCommitted)
		x.wrote(storage, 1)
		if err := x.Put([]byte{byte(storage)}, []byte{1}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	const one, other = 101, 102
	change(one)
	old := begin(kv.RepeatableRead)
	change(other)
	var outdated *OutdatedError
	if err := old.OwnTable(ctx, 2, other); !errors.As(err, &outdated) || outdated.Table != 2 {
		t.Errorf("owning what has changed since the view: %v", err)
	}
	if err := old.OwnTable(ctx, 1, one); err != nil {
		t.Errorf("owning what has not changed since the view: %v", err)
	}
	if err := old.OwnTable(ctx, 3, 103); err != nil {
		t.Errorf("owning what has never changed: %v", err)
	}
	if err := old.OwnTable(ctx, 4, 0); !errors.As(err, &outdated) {
		t.Errorf("owning what is kept nobody knows where: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	now := begin(kv.RepeatableRead)
	if err := now.OwnTable(ctx, 2, other); err != nil {
		t.Errorf("owning with a new view: %v", err)
	}
	if err := now.Close(); err != nil {
		t.Fatal(err)
	}
}
