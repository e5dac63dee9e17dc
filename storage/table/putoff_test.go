package table

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

func TestPutOff(t *testing.T) {
	ctx := context.Background()
	e := memkv.New()
	x, err := Begin(ctx, e, kv.TxnOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Begin(ctx, e, kv.TxnOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	put := func(x *Txn, from, to uint32) {
		for n := from; n < to; n++ {
			if err := x.PutOff(binary.BigEndian.AppendUint32(nil, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// left reads the notes and is done with those that drop chooses.
	left := func(x *Txn, drop func(n uint32) bool) (all []uint32) {
		err := x.EachPutOff(ctx, func(note []byte) (bool, error) {
			n := binary.BigEndian.Uint32(note)
			all = append(all, n)
			return drop(n), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	none := func(uint32) bool { return false }
	if x.HasPutOff() {
		t.Error("notes before the first")
	}
	const n = 2*putOffBatch + 7
	put(x, 0, n)
	put(other, 0, 3)
	m := x.Savepoint()
	put(x, n, n+5)
	if err := x.RollbackTo(m); err != nil {
		t.Fatal(err)
	}
	put(x, 2*n, 2*n+1)
	if all := left(x, func(n uint32) bool { return n%2 == 1 }); len(all) != n+1 || all[0] != 0 || all[n-1] != n-1 || all[n] != 2*n {
		t.Fatalf("%d notes: %v", len(all), all)
	}
	if all := left(x, none); len(all) != n/2+2 {
		t.Fatalf("%d notes are left", len(all))
	}
	stop := errors.New("stop")
	if err := x.EachPutOff(ctx, func([]byte) (bool, error) { return false, stop }); !errors.Is(err, stop) {
		t.Fatalf("got %v", err)
	}
	left(x, func(uint32) bool { return true })
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if all := left(other, none); len(all) != 3 {
		t.Fatalf("the other transaction has %d notes", len(all))
	}
	_, _ = x.Close(), other.Close()
	now, _ := e.Now(ctx)
	s, err := e.Snapshot(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	it, err := s.Scan(ctx, keys.Prefix([]byte{keys.PutOff}))
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	if it.Next() {
		t.Error("a note has outlived its transaction")
	}
}
