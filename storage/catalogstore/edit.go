package catalogstore

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/space"
	"github.com/loxodb/loxodb/storage/table"
)

// Edit is one statement's change of the catalog: descriptors are written in the
// transaction, and Snap is the catalog that the transaction's next statements
// see. When it commits, what Snap has changed is published: see claim.go.
//
// Descriptors of temporary objects are not stored: Snap alone has them, and the
// session keeps it. Only the storage that they use is noted, so that nothing is
// left when the session has ended, whatever ended it.
type Edit struct {
	Snap    *catalog.Snapshot
	ctx     context.Context // of the statement
	cluster *Cluster
	store   *Store // nil: only what databases share is changed
	txn     *table.Txn

	begun, clustered bool // see begin and shareCluster
}

// Edit starts a change on top of base, the catalog the statement was bound to.
// Any method of the Edit that changes what sessions share may wait for other transactions,
// and may answer table.ErrRestart: base is stale.
func (s *Store) Edit(ctx context.Context, txn *table.Txn, base *catalog.Snapshot) *Edit {
	return &Edit{Snap: base.Draft(), ctx: ctx, cluster: s.cluster, store: s, txn: txn}
}

// whole is the transaction at the root of the store.
func (e *Edit) whole() kv.Txn { return space.Whole(e.txn.Txn) }

// NewID hands out a fresh OID.
func (e *Edit) NewID(ctx context.Context) (catalog.ID, error) { return e.cluster.NewID(ctx) }

func (e *Edit) write(kind byte, id catalog.ID, x any) error {
	val, err := json.Marshal(x)
	if err == nil {
		err = e.lasting(x, val)
	}
	if err != nil {
		return err
	}
	return e.txn.Put(keys.AppendCatalog(nil, kind, id), val)
}

func writeTo(txn kv.Txn, kind byte, id catalog.ID, x any) error {
	val, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return txn.Put(keys.AppendCatalog(nil, kind, id), val)
}

func (e *Edit) remove(kind byte, id catalog.ID) error {
	return e.txn.Delete(keys.AppendCatalog(nil, kind, id))
}

// PutTable adds or replaces a table; writers with older views restart.
func (e *Edit) PutTable(x *catalog.Table) error {
	if x.Temp {
		err := e.noteStorage(x)
		e.Snap.PutTable(x)
		return err
	}
	if err := e.claimTable(x); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutTable(x)
	if err := e.txn.TouchTable(x.ID); err != nil {
		return err
	}
	e.txn.NoteWrite(keys.TableRange(x.Storage)) // whoever has read rows has read them as the table was
	return e.write(kindTable, x.ID, x)
}

// RemoveTable removes a table, its statistics, and later its storage.
func (e *Edit) RemoveTable(x *catalog.Table) error {
	if err := e.Own(catalog.Object{Class: catalog.RelationClass, ID: x.ID}); err != nil {
		return err
	}
	if err := e.PutStats(x.ID, nil); err != nil {
		return err
	}
	if err := e.RemoveRights(catalog.Object{Class: catalog.RelationClass, ID: x.ID}); err != nil {
		return err
	}
	if err := e.RemoveRights(catalog.Object{Class: catalog.TypeClass, ID: x.TypeID}); err != nil {
		return err
	}
	e.Snap.RemoveTable(x)
	for _, i := range x.Indexes {
		if err := e.DropIndexStorage(i); err != nil {
			return err
		}
	}
	if x.IsStored() {
		if err := e.DropTableStorage(x.Storage); err != nil {
			return err
		}
	}
	if x.Temp {
		return nil
	}
	if err := e.txn.TouchTable(x.ID); err != nil {
		return err
	}
	return e.remove(kindTable, x.ID)
}

// DropIndexStorage frees an index's entries once the transaction has committed.
func (e *Edit) DropIndexStorage(x *catalog.Index) error {
	id, r := indexStorage(x)
	return e.markStorage(id, r, false)
}

// DropTableStorage frees the rows kept under a storage ID (TRUNCATE).
func (e *Edit) DropTableStorage(storage catalog.ID) error {
	return e.markStorage(storage, keys.TableRange(storage), false)
}

// indexStorage is where an index keeps its entries, or a vector index its marks.
func indexStorage(x *catalog.Index) (catalog.ID, kv.Range) {
	if x.IsVector() {
		return x.ID, keys.Prefix(keys.AppendID(nil, keys.Outbox, x.ID))
	}
	return x.Storage, keys.IndexRange(x.Storage)
}

// storageMark says of a range of keys that it is to be removed: see Store.Sweep.
type storageMark struct {
	kv.Range
	// Temp: only when the session has ended that has a temporary object there.
	Temp bool `json:",omitempty"`
}

func (e *Edit) markStorage(id catalog.ID, r kv.Range, temp bool) error {
	e.txn.NoteWrite(r)
	return e.write(kindDrop, id, storageMark{r, temp})
}

// noteStorage marks the storage that a temporary table has and did not have before.
func (e *Edit) noteStorage(x *catalog.Table) error {
	old, ok := e.Snap.TableByID(x.ID)
	if x.IsStored() && (!ok || old.Storage != x.Storage) {
		if err := e.markStorage(x.Storage, keys.TableRange(x.Storage), true); err != nil {
			return err
		}
	}
	for _, i := range x.Indexes {
		id, r := indexStorage(i)
		if ok && slices.ContainsFunc(old.Indexes, func(o *catalog.Index) bool { had, _ := indexStorage(o); return had == id }) {
			continue
		}
		if err := e.markStorage(id, r, true); err != nil {
			return err
		}
	}
	return nil
}
