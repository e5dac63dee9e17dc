package catalogstore

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// Edit is one statement's change of the catalog: descriptors are written in the
// transaction, and Snap is the catalog that the transaction's next statements
// see. When it commits, Snap is published.
type Edit struct {
	Snap  *catalog.Snapshot
	store *Store
	txn   *table.Txn
}

// Edit starts a change on top of base, the catalog the statement was bound to.
// Changes of the catalog exclude each other until the transaction ends.
// table.ErrRestart tells that base is stale.
func (s *Store) Edit(ctx context.Context, txn *table.Txn, base *catalog.Snapshot) (*Edit, error) {
	key := keys.AppendCatalog(nil, kindVersion, 0)
	changed, err := txn.Lock(ctx, key, kv.Exclusive, kv.WaitBlock)
	if err != nil {
		return nil, err
	}
	if changed {
		return nil, table.ErrRestart
	}
	if err := txn.Put(key, []byte{1}); err != nil {
		return nil, err
	}
	e := &Edit{Snap: base.Clone(), store: s, txn: txn}
	// Plans made inside the transaction must not be taken for the committed catalog's.
	e.Snap.Version = uncommitted | catalog.Version(edits.Add(1))
	txn.AtCommit(func(ts kv.TS) { s.publish(ts, e.Snap) })
	return e, nil
}

// edits numbers the catalogs that transactions make, so that no two share a version.
var edits atomic.Uint64

// uncommitted marks the version of a catalog that only its transaction sees.
const uncommitted catalog.Version = 1 << 63

// Uncommitted reports a catalog changed by the running transaction: plans made
// with it must not be shared.
func Uncommitted(v catalog.Version) bool { return v&uncommitted != 0 }

// NewID hands out a fresh OID.
func (e *Edit) NewID(ctx context.Context) (catalog.ID, error) { return e.store.NewID(ctx) }

func (e *Edit) write(kind byte, id catalog.ID, x any) error {
	val, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return e.txn.Put(keys.AppendCatalog(nil, kind, id), val)
}

func (e *Edit) remove(kind byte, id catalog.ID) error {
	return e.txn.Delete(keys.AppendCatalog(nil, kind, id))
}

// PutTable adds or replaces a table; writers with older views restart.
func (e *Edit) PutTable(x *catalog.Table) error {
	e.Snap.PutTable(x)
	if err := e.txn.TouchTable(x.ID); err != nil {
		return err
	}
	return e.write(kindTable, x.ID, x)
}

// RemoveTable removes a table, its statistics, and later its storage.
func (e *Edit) RemoveTable(x *catalog.Table) error {
	e.Snap.RemoveTable(x.ID)
	if err := e.PutStats(x.ID, nil); err != nil {
		return err
	}
	if err := e.txn.TouchTable(x.ID); err != nil {
		return err
	}
	for _, i := range x.Indexes {
		if err := e.DropIndexStorage(i); err != nil {
			return err
		}
	}
	if x.Kind == catalog.KindTable {
		if err := e.dropStorage(x.Storage, keys.TableRange(x.Storage)); err != nil {
			return err
		}
	}
	return e.remove(kindTable, x.ID)
}

// DropIndexStorage frees an index's entries once the transaction has committed.
func (e *Edit) DropIndexStorage(x *catalog.Index) error {
	if x.IsVector() {
		return e.dropStorage(x.ID, keys.Prefix(keys.AppendID(nil, keys.Outbox, x.ID)))
	}
	return e.dropStorage(x.Storage, keys.IndexRange(x.Storage))
}

// DropTableStorage frees the rows kept under a storage ID (TRUNCATE).
func (e *Edit) DropTableStorage(storage catalog.ID) error {
	return e.dropStorage(storage, keys.TableRange(storage))
}

// dropStorage remembers a range to remove in the transaction; see Store.Sweep.
func (e *Edit) dropStorage(id catalog.ID, r kv.Range) error {
	val, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return e.txn.Put(keys.AppendCatalog(nil, kindDrop, id), val)
}

// PutSchema, PutSequence, PutRole, PutExtension and PutStats add or replace.
func (e *Edit) PutSchema(x *catalog.Schema) error {
	e.Snap.PutSchema(x)
	return e.write(kindSchema, x.ID, x)
}
func (e *Edit) PutSequence(x *catalog.Sequence) error {
	e.Snap.PutSequence(x)
	return e.write(kindSequence, x.ID, x)
}
func (e *Edit) PutRole(x *catalog.Role) error {
	e.Snap.PutRole(x)
	return e.write(kindRole, x.ID, x)
}
func (e *Edit) PutExtension(x *catalog.Extension) error {
	e.Snap.PutExtension(x)
	return e.write(kindExtension, x.ID, x)
}
func (e *Edit) PutStats(table catalog.ID, x *catalog.TableStats) error {
	e.Snap.PutStats(table, x)
	if x == nil {
		return e.remove(kindStats, table)
	}
	return e.write(kindStats, table, x)
}

// RemoveSchema, RemoveSequence, RemoveRole and RemoveExtension remove.
func (e *Edit) RemoveSchema(x *catalog.Schema) error {
	e.Snap.RemoveSchema(x.ID)
	return e.remove(kindSchema, x.ID)
}
func (e *Edit) RemoveSequence(x *catalog.Sequence) error {
	e.Snap.RemoveSequence(x.ID)
	if err := e.txn.Delete(keys.AppendID(nil, keys.Sequence, x.ID)); err != nil {
		return err
	}
	return e.remove(kindSequence, x.ID)
}
func (e *Edit) RemoveRole(x *catalog.Role) error {
	e.Snap.RemoveRole(x.ID)
	return e.remove(kindRole, x.ID)
}
func (e *Edit) RemoveExtension(x *catalog.Extension) error {
	e.Snap.RemoveExtension(x.Name)
	return e.remove(kindExtension, x.ID)
}
