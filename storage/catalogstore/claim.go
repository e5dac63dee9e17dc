package catalogstore

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// Transactions change one catalog side by side: each works on a draft, and its commit makes
// the draft's changes on what is newest then (publish). What they must not do at the same
// time locks exclude, which are keys beside the descriptors, held until the transaction ends:
//
//   - Whoever changes or removes an object that is committed locks it exclusively.
//   - Whoever makes a name locks that. Who waited for it looks again whether it is free.
//   - Whoever stores a descriptor locks what it newly refers to, shared: it is not changed
//     or dropped before that refers to it for all to see.
//   - Whoever has locked an object exclusively and finds that meanwhile somebody has committed
//     what refers to it starts the statement again, since it may have to look after that, too.
//
// An exclusive lock leaves a tombstone at its key, by which views from before tell that
// the object, or who has the name, may be another one.

// begin readies for the first change that other sessions will see.
func (e *Edit) begin() {
	if e.begun {
		return
	}
	e.begun = true
	e.Snap.Version = newDraftVersion() // plans made with it must not be taken for the committed catalog's
	e.txn.AtCommitLast(e.cluster, func(ts kv.TS) { e.cluster.publish(ts, e) })
}

// drafts numbers the catalogs that transactions make, so that no two share a version.
var drafts atomic.Uint64

// uncommitted marks the version of a catalog that only its transaction sees.
const uncommitted catalog.Version = 1 << 63

func newDraftVersion() catalog.Version { return uncommitted | catalog.Version(drafts.Add(1)) }

// Uncommitted reports a catalog of which the running transaction has changed what
// sessions share: plans made with it must not be shared.
func Uncommitted(v catalog.Version) bool { return v&uncommitted != 0 }

// Follow is a transaction's catalog on top of what is committed by now.
func Follow(draft, committed *catalog.Snapshot) *catalog.Snapshot {
	if draft.StandsOn(committed) {
		return draft
	}
	d := draft.Rebase(committed)
	d.Version = newDraftVersion()
	return d
}

func lockKey(class byte, rest ...byte) []byte {
	return append([]byte{keys.Catalog, kindLock, class}, rest...)
}

func objectKey(o catalog.Object) []byte {
	return binary.BigEndian.AppendUint32(lockKey(byte(o.Class)), o.ID)
}

// The spaces of names: no two objects of one have the same name in a schema.
const (
	relationNames  byte = 'R'
	typeNames      byte = 'Y'
	functionNames  byte = 'F' // those of one name are made one after the other
	collationNames byte = 'O'
	schemaNames    byte = 'N'
	statisticNames byte = 'S'
)

// What belongs to an object and is kept apart has locks of its own.
func statsKey(table catalog.ID) []byte {
	return binary.BigEndian.AppendUint32(lockKey('A'), table)
}

func rightsKey(o catalog.Object) []byte {
	return binary.BigEndian.AppendUint32(lockKey('G', byte(o.Class)), o.ID)
}

// defaultsKey is of all that ALTER DEFAULT PRIVILEGES said.
var defaultsKey = lockKey('D')

// lock takes one of the locks.
func (e *Edit) lock(key []byte, m kv.Mode) error {
	changed, err := e.txn.Lock(e.ctx, key, m, kv.WaitBlock)
	switch {
	case err != nil:
		return err
	case changed:
		return table.ErrRestart
	case m == kv.Exclusive:
		return e.txn.Delete(key)
	}
	return nil
}

// Own locks an object that is to be changed or removed, if others can know it. Statements that
// take long, or ask what depends on the object, call it before they do.
func (e *Edit) Own(o catalog.Object) error {
	if e.store == nil || !e.Snap.IsCommitted(o) {
		return nil
	}
	if err := e.lock(objectKey(o), kv.Exclusive); err != nil {
		return err
	}
	if e.Snap.GainsDependents(e.store.Current(), o) {
		return table.ErrRestart
	}
	return nil
}

// makeName locks a name that an object is to have in a schema.
func (e *Edit) makeName(space byte, schema catalog.ID, name string) error {
	key := binary.BigEndian.AppendUint32(lockKey(space), schema)
	return e.lock(append(key, name...), kv.Exclusive)
}

func (e *Edit) makeNames(schema catalog.ID, name string, spaces ...byte) error {
	for _, s := range spaces {
		if err := e.makeName(s, schema, name); err != nil {
			return err
		}
	}
	return nil
}

// refer locks what a descriptor refers to and did not before.
func (e *Edit) refer(x, before any) error {
	for _, o := range e.Snap.Referred(x, before) {
		if err := e.lock(objectKey(o), kv.Shared); err != nil {
			return err
		}
	}
	return e.lock(anyExtension, kv.Shared)
}

// anyExtension is locked by whoever stores what may use a part of an extension, and
// exclusively by whoever removes or moves one.
var anyExtension = objectKey(catalog.Object{Class: catalog.ExtensionClass})

// ownExtensions keeps others from using parts of extensions.
func (e *Edit) ownExtensions() error {
	if err := e.lock(anyExtension, kv.Exclusive); err != nil {
		return err
	}
	if !e.Snap.StandsOn(e.store.Current()) {
		return table.ErrRestart
	}
	return nil
}

// shareCluster readies for the first change that other databases will see. Such changes
// exclude each other until the transaction ends.
func (e *Edit) shareCluster() error {
	if e.clustered {
		return nil
	}
	txn := e.whole()
	key := keys.AppendCatalog(nil, kindVersion, 1)
	changed, err := txn.Lock(e.ctx, key, kv.Exclusive, kv.WaitBlock)
	if err != nil {
		return err
	}
	if changed {
		return table.ErrRestart
	}
	e.clustered = true
	e.begin()
	return txn.Put(key, []byte{1})
}
