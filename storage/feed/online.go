package feed

import (
	"context"
	"errors"
	"runtime"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// An index that is built while its table is written goes through three
// transactions. The first stores the descriptor, which searches do not use yet, and
// attaches an empty index: it holds the table's lock, so that every later writer
// knows the index and gives it its changes. Fill then reads the rows at a snapshot
// that is later than that, and the changes since are in the index already. The last
// transaction lets searches use it.

// Attach opens an empty index that gets every change that commits after txn, which
// holds the table's lock exclusively. It is gone again if txn does not commit.
func (m *Manager) Attach(ctx context.Context, txn *table.Txn, t *catalog.Table, x *catalog.Index, e table.Entries) error {
	if _, err := m.Open(ctx, t, x, e); err != nil {
		return err
	}
	txn.AtEnd(func(committed bool) {
		if !committed {
			m.Drop(x.ID)
		}
	})
	return nil
}

// ErrDetached reports an index that was dropped, or could not take a commit,
// while it was filled.
var ErrDetached = errors.New("feed: the index is not attached any more")

// Fill builds an attached index from the rows that are committed now, while
// changes go on. After an error it lacks rows and must not be searched; a Fill that a
// crash ended goes on after the rows that are in segments already.
func (m *Manager) Fill(ctx context.Context, t *catalog.Table, x *catalog.Index, e table.Entries, o sidecar.BuildOptions) error {
	ix, ok := m.Get(x.ID)
	if !ok {
		return ErrDetached
	}
	return m.fill(ctx, ix, t, x, e, o)
}

func (m *Manager) fill(ctx context.Context, ix *sidecar.Index, t *catalog.Table, x *catalog.Index, e table.Entries, o sidecar.BuildOptions) error {
	if o.Workers == 0 {
		o.Workers = runtime.NumCPU()
	}
	state, first := ix.FilledTo()
	switch state {
	case sidecar.Filled:
		return nil
	case sidecar.Filling:
		if first > 0 { // else nothing of it was kept: it begins, perhaps because its files were damaged
			m.log.Info("building a vector index goes on where it was interrupted", "index", x.Name, "table", t.Name,
				"entries", ix.Stats().Entries, "row", first)
		}
	}
	now, err := m.eng.Now(ctx)
	if err != nil {
		return err
	}
	view, err := m.eng.Snapshot(ctx, now)
	if err != nil {
		return err
	}
	defer view.Close()
	return ix.Fill(ctx, uint64(now), buildSource(view, t, x, e, first), o, func(ctx context.Context, mf sidecar.Manifest) error {
		return m.putManifest(ctx, x.ID, mf, nil)
	})
}

// putManifest commits a manifest, with what else belongs into its transaction.
func (m *Manager) putManifest(ctx context.Context, index catalog.ID, mf sidecar.Manifest, also func(kv.Txn) error) error {
	txn, err := m.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	if also != nil {
		if err := also(txn); err != nil {
			return err
		}
	}
	if err := txn.Put(manifestKey(index), mf.Marshal(nil)); err != nil {
		return err
	}
	_, err = txn.Commit(ctx)
	return err
}
