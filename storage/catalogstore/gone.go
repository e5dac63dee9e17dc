package catalogstore

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// ownKinds are the kinds of keys and of descriptors that belong to one database: what the
// first one has at the root of the store, beside what all share.
var (
	ownKinds       = []byte{keys.Sequence, keys.Rows, keys.Index, keys.Lock, keys.KeyLock, keys.PutOff, keys.Outbox, keys.Manifest}
	ownDescriptors = []byte{kindSchema, kindTable, kindSequence, kindType, kindCollation, kindExtension, kindStats, kindDrop}
)

// storage is everything that a database occupies, as ranges of the whole store.
func (c *Cluster) storage(db catalog.ID) []kv.Range {
	if db != catalog.DatabaseID {
		return []kv.Range{keys.Prefix(keys.AppendDatabase(nil, db))}
	}
	var out []kv.Range
	for _, k := range ownKinds {
		out = append(out, keys.Prefix([]byte{k}))
	}
	for _, k := range ownDescriptors {
		out = append(out, keys.Prefix([]byte{keys.Catalog, k}))
	}
	return out
}

// RemoveDatabase removes a database's descriptor, what roles have set in it, and later its
// storage. Nobody has it open.
func (e *Edit) RemoveDatabase(x *catalog.Database) error {
	if err := e.shareCluster(); err != nil {
		return err
	}
	for _, r := range e.Snap.AllRoleSettings() {
		if r.In(x.ID) != nil {
			if err := e.PutRoleSettings(r.WithIn(x.ID, nil)); err != nil {
				return err
			}
		}
	}
	e.Snap.RemoveDatabase(x.ID)
	for _, r := range e.cluster.storage(x.ID) {
		e.txn.NoteWrite(r)
	}
	if err := writeTo(e.whole(), kindGone, x.ID, struct{}{}); err != nil {
		return err
	}
	return e.whole().Delete(keys.AppendCatalog(nil, kindDatabase, x.ID))
}

// SweepGone removes the storage of databases whose drop committed before every view that
// is still open.
func (c *Cluster) SweepGone(ctx context.Context, oldest kv.TS) error {
	view, err := c.eng.Snapshot(ctx, oldest)
	if err != nil {
		return err
	}
	defer view.Close()
	var gone []catalog.ID
	err = eachOf(ctx, view, kindGone, func(id catalog.ID, _ []byte) error {
		gone = append(gone, id)
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	for _, id := range gone {
		if err := c.eng.DropRanges(ctx, c.storage(id)...); err != nil {
			return err
		}
	}
	txn, err := c.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	for _, id := range gone {
		if err := txn.Delete(keys.AppendCatalog(nil, kindGone, id)); err != nil {
			return err
		}
	}
	_, err = txn.Commit(ctx)
	return err
}
