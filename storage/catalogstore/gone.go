package catalogstore

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// ownRanges is what belongs to one database within its keyspace, but for the descriptors:
// the first one has its own at the root of the store, beside what all share.
func ownRanges() (out []kv.Range) {
	shared := []byte{keys.Catalog, keys.Database, keys.Meta}
	slices.Sort(shared)
	start := []byte{0}
	for _, k := range shared {
		out = append(out, kv.Range{Start: start, End: []byte{k}})
		start = []byte{k + 1}
	}
	return append(out, kv.Range{Start: start})
}

// ownDescriptors are the ranges of the descriptors that belong to one database.
func ownDescriptors() (out []kv.Range) {
	for k := range 256 {
		if kind := byte(k); !shared(kind) && kind != kindVersion {
			out = append(out, keys.Prefix([]byte{keys.Catalog, kind}))
		}
	}
	return out
}

// storage is everything that a database occupies, as ranges of the whole store.
func (c *Cluster) storage(db catalog.ID) []kv.Range {
	if db != catalog.DatabaseID {
		return []kv.Range{keys.Prefix(keys.AppendDatabase(nil, db))}
	}
	return append(ownRanges(), ownDescriptors()...)
}

// Size is about how many bytes a database occupies in the store.
func (c *Cluster) Size(db catalog.ID) (n int64) {
	e, ok := c.eng.(interface {
		DiskUsage(kv.Range) (uint64, error)
	})
	if !ok {
		return 0
	}
	for _, r := range c.storage(db) {
		size, err := e.DiskUsage(r)
		if err != nil { // the store is being closed
			return n
		}
		n += int64(size)
	}
	return n
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
	if err != nil {
		return err
	}
	c.mu.Lock()
	gone = slices.DeleteFunc(gone, func(id catalog.ID) bool {
		_, made := c.current.DatabaseByID(id)
		return made || c.making[id]
	})
	c.mu.Unlock()
	if len(gone) == 0 {
		return nil
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
