package catalogstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Dropped is storage that nobody needs any more: a table's rows or an index's entries,
// or all that a vector index has in the store.
type Dropped struct {
	ID     catalog.ID
	Vector bool
}

// maxSwept bounds how much one Sweep takes on.
const maxSwept = 4096

// Sweep removes the storage of tables and indexes whose drop committed before
// every view that is still open. each is told of what is about to go: from then on
// nobody may write there. Sweep is called now and then; a crash before it leaves the
// work to the next start.
func (s *Store) Sweep(ctx context.Context, oldest kv.TS, each func(Dropped)) error {
	view, err := s.eng.Snapshot(ctx, oldest)
	if err != nil {
		return err
	}
	defer view.Close()
	var marks [][]byte
	var ranges []kv.Range
	err = eachMark(ctx, view, func(key []byte, m *storageMark) error {
		if m.Temp || len(marks) == maxSwept {
			return nil
		}
		d := Dropped{ID: markID(key), Vector: m.Start[0] == keys.Outbox}
		each(d)
		marks, ranges = append(marks, append([]byte(nil), key...)), append(ranges, m.Range)
		if d.Vector {
			ranges = append(ranges, keys.Prefix(keys.AppendID(nil, keys.Manifest, d.ID)))
		}
		return nil
	})
	if err != nil || len(marks) == 0 {
		return err
	}
	if err := s.eng.DropRanges(ctx, ranges...); err != nil {
		return err
	}
	txn, err := s.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	for _, k := range marks {
		if err := txn.Delete(k); err != nil {
			return err
		}
	}
	_, err = txn.Commit(ctx)
	return err
}

// markID is the storage that the key of a mark is about.
func markID(key []byte) catalog.ID { return catalog.ID(binary.BigEndian.Uint32(key[2:])) }

// eachMark calls each with the marks that a view has.
func eachMark(ctx context.Context, view kv.Reader, each func(key []byte, m *storageMark) error) error {
	it, err := view.Scan(ctx, keys.Prefix([]byte{keys.Catalog, kindDrop}))
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		var m storageMark
		if err := json.Unmarshal(it.Value(), &m); err != nil {
			return fmt.Errorf("catalogstore: %w", err)
		}
		if err := each(it.Key(), &m); err != nil {
			return err
		}
	}
	return it.Err()
}

// DropTemp gives the storage of a session's temporary objects to Sweep, when the
// session has ended. What is lost with a crash is found at the next start.
func (s *Store) DropTemp(ctx context.Context, temp *catalog.Layer) error {
	snap := catalog.NewSnapshot().WithTemp(temp)
	txn, err := s.eng.Begin(ctx, kv.TxnOptions{NoSync: true})
	if err != nil {
		return err
	}
	defer txn.Close()
	mark := func(id catalog.ID, r kv.Range) error {
		val, err := json.Marshal(storageMark{Range: r})
		if err != nil {
			return err
		}
		return txn.Put(keys.AppendCatalog(nil, kindDrop, id), val)
	}
	for _, t := range snap.TempTables() {
		if t.IsStored() {
			err = mark(t.Storage, keys.TableRange(t.Storage))
		}
		for _, x := range t.Indexes {
			if err == nil {
				err = mark(indexStorage(x))
			}
		}
		if err != nil {
			return err
		}
	}
	_, err = txn.Commit(ctx)
	return err
}

// abandonTemp gives Sweep what the sessions of an earlier run had, when that run
// did not end all of them.
func (s *Store) abandonTemp(ctx context.Context) error {
	txn, err := s.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	left := map[string][]byte{}
	err = eachMark(ctx, txn, func(key []byte, m *storageMark) (err error) {
		if m.Temp {
			left[string(key)], err = json.Marshal(storageMark{Range: m.Range})
		}
		return err
	})
	if err != nil || len(left) == 0 {
		return err
	}
	for key, val := range left {
		if err := txn.Put([]byte(key), val); err != nil {
			return err
		}
	}
	_, err = txn.Commit(ctx)
	return err
}
