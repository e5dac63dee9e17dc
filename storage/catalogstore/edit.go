package catalogstore

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/space"
	"github.com/loxodb/loxodb/storage/table"
)

// Edit is one statement's change of the catalog: descriptors are written in the
// transaction, and Snap is the catalog that the transaction's next statements
// see. When it commits, Snap's shared part is published.
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
	// shares and sharesCluster: see share and shareCluster; hooked: publish is called.
	shares, sharesCluster, hooked bool
}

// Edit starts a change on top of base, the catalog the statement was bound to.
// Any method of the Edit that changes what sessions share may answer
// table.ErrRestart: base is stale.
func (s *Store) Edit(ctx context.Context, txn *table.Txn, base *catalog.Snapshot) *Edit {
	return &Edit{Snap: base.Clone(), ctx: ctx, cluster: s.cluster, store: s, txn: txn}
}

// whole is the transaction at the root of the store.
func (e *Edit) whole() kv.Txn { return space.Whole(e.txn.Txn) }

// share readies for the first change that other sessions will see. Such changes
// exclude each other until the transaction ends; those of temporary objects
// concern nobody else and wait for nobody.
func (e *Edit) share() error {
	if e.shares {
		return nil
	}
	if err := e.claim(e.txn.Txn, 0); err != nil {
		return err
	}
	e.shares = true
	return nil
}

// shareCluster is share for the first change that other databases will see.
func (e *Edit) shareCluster() error {
	if e.sharesCluster {
		return nil
	}
	if err := e.claim(e.whole(), 1); err != nil {
		return err
	}
	e.sharesCluster = true
	return nil
}

// claim excludes other changes of the catalog, or of what databases share.
func (e *Edit) claim(txn kv.Txn, id catalog.ID) error {
	key := keys.AppendCatalog(nil, kindVersion, id)
	changed, err := txn.Lock(e.ctx, key, kv.Exclusive, kv.WaitBlock)
	if err != nil {
		return err
	}
	if changed {
		return table.ErrRestart
	}
	if err := txn.Put(key, []byte{1}); err != nil {
		return err
	}
	// Plans made inside the transaction must not be taken for the committed catalog's.
	e.Snap.Version = uncommitted | catalog.Version(edits.Add(1))
	if !e.hooked {
		e.hooked = true
		e.txn.AtCommit(func(ts kv.TS) { e.cluster.publish(ts, e) })
	}
	return nil
}

// edits numbers the catalogs that transactions make, so that no two share a version.
var edits atomic.Uint64

// uncommitted marks the version of a catalog that only its transaction sees.
const uncommitted catalog.Version = 1 << 63

// Uncommitted reports a catalog of which the running transaction has changed what
// sessions share: plans made with it must not be shared.
func Uncommitted(v catalog.Version) bool { return v&uncommitted != 0 }

// NewID hands out a fresh OID.
func (e *Edit) NewID(ctx context.Context) (catalog.ID, error) { return e.cluster.NewID(ctx) }

func (e *Edit) write(kind byte, id catalog.ID, x any) error { return writeTo(e.txn.Txn, kind, id, x) }

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
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutTable(x)
	if err := e.txn.TouchTable(x.ID); err != nil {
		return err
	}
	e.txn.NoteWrite(keys.TableRange(x.Storage)) // whoever has read rows has read them as the table was
	return e.write(kindTable, x.ID, x)
}

// RemoveTable removes a table, its statistics, and later its storage.
func (e *Edit) RemoveTable(x *catalog.Table) error {
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

// PutSchema, PutSequence, PutExtension and PutStats add or replace.
func (e *Edit) PutSchema(x *catalog.Schema) error {
	if !x.Temp {
		if err := e.share(); err != nil {
			return err
		}
	}
	e.Snap.PutSchema(x)
	if x.Temp {
		return nil
	}
	return e.write(kindSchema, x.ID, x)
}
func (e *Edit) PutSequence(x *catalog.Sequence) error {
	if x.Temp { // its position is not stored either
		e.Snap.PutSequence(x)
		return nil
	}
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutSequence(x)
	return e.write(kindSequence, x.ID, x)
}

// PutType stores a type. A new one can be used at once; what a known one is called
// becomes known to values with the commit.
func (e *Edit) PutType(x *catalog.Type) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutType(x)
	if types.Lookup(x.ID) == nil {
		types.Register(x.Infos()...)
	}
	return e.write(kindType, x.ID, x)
}

// RemoveType removes a type. Values of it may still be on their way: it stays registered.
func (e *Edit) RemoveType(x *catalog.Type) error {
	if err := e.RemoveRights(catalog.Object{Class: catalog.TypeClass, ID: x.ID}); err != nil {
		return err
	}
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveType(x.ID)
	return e.remove(kindType, x.ID)
}

// PutCollation stores a collation.
func (e *Edit) PutCollation(x *catalog.Collation) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutCollation(x)
	return e.write(kindCollation, x.ID, x)
}

// RemoveCollation removes a collation.
func (e *Edit) RemoveCollation(id catalog.ID) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveCollation(id)
	return e.remove(kindCollation, id)
}

// PutFunction stores a function.
func (e *Edit) PutFunction(x *catalog.Function) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutFunction(x)
	return e.write(kindFunction, x.ID, x)
}

// RemoveFunction removes a function.
func (e *Edit) RemoveFunction(id catalog.ID) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveFunction(id)
	if err := e.RemoveRights(catalog.Object{Class: catalog.FunctionClass, ID: id}); err != nil {
		return err
	}
	return e.remove(kindFunction, id)
}

// NewTypeID draws an OID for a type: see types.FirstTypeOID.
func (e *Edit) NewTypeID() (catalog.ID, error) { return newTypeID() }

func (e *Edit) PutExtension(x *catalog.Extension) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.PutExtension(x)
	return e.write(kindExtension, x.ID, x)
}
func (e *Edit) PutStats(table catalog.ID, x *catalog.TableStats) error {
	temp := e.Snap.IsTemp(table)
	if !temp {
		if err := e.share(); err != nil {
			return err
		}
	}
	e.Snap.PutStats(table, x)
	switch {
	case temp:
		return nil
	case x == nil:
		return e.remove(kindStats, table)
	}
	return e.write(kindStats, table, x)
}

// RemoveSchema, RemoveSequence and RemoveExtension remove.
func (e *Edit) RemoveSchema(x *catalog.Schema) error {
	if err := e.RemoveRights(catalog.Object{Class: catalog.SchemaClass, ID: x.ID}); err != nil {
		return err
	}
	for _, d := range e.Snap.DefaultRights() {
		if d.Schema != x.ID {
			continue
		}
		if err := e.RemoveDefaultRights(d.ID); err != nil {
			return err
		}
	}
	if x.Temp {
		e.Snap.RemoveSchema(x)
		return nil
	}
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveSchema(x)
	return e.remove(kindSchema, x.ID)
}
func (e *Edit) RemoveSequence(x *catalog.Sequence) error {
	if err := e.RemoveRights(catalog.Object{Class: catalog.SequenceClass, ID: x.ID}); err != nil {
		return err
	}
	if x.Temp {
		e.Snap.RemoveSequence(x)
		return nil
	}
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveSequence(x)
	if err := e.txn.Delete(keys.AppendID(nil, keys.Sequence, x.ID)); err != nil {
		return err
	}
	return e.remove(kindSequence, x.ID)
}

func (e *Edit) RemoveExtension(x *catalog.Extension) error {
	if err := e.share(); err != nil {
		return err
	}
	e.Snap.RemoveExtension(x.Name)
	return e.remove(kindExtension, x.ID)
}
