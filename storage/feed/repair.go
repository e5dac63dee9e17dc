package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Definer returns what a partial index, or one on an expression, holds of the rows
// of its table; nil for any other. Each call returns entries of its own.
type Definer func(ctx context.Context, t *catalog.Table, x *catalog.Index) (table.Entries, error)

// openOrRepair opens an index at start-up. One whose files are damaged is built
// anew from the rows, and one of which that was interrupted is built to its end. One
// that cannot be opened at all is left out: searches then measure every row, and its
// outbox keeps what it misses for the next start.
func (m *Manager) openOrRepair(ctx context.Context, t *catalog.Table, x *catalog.Index, define Definer) error {
	began := time.Now()
	var ix *sidecar.Index
	e, err := define(ctx, t, x)
	if err == nil {
		ix, err = m.Open(ctx, t, x, e)
	}
	if errors.Is(err, sidecar.ErrCorrupt) {
		m.log.Error("vector index is damaged; building it anew from the rows", "index", x.Name, "table", t.Name, "error", err)
		if err = m.startAfresh(ctx, t, x, e); err == nil {
			ix, err = m.Open(ctx, t, x, e)
		}
	}
	if err == nil && x.Valid {
		err = m.complete(ctx, ix, t, x, e, began)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		m.log.Error("vector index cannot be used; searches measure every row until REINDEX or a start that succeeds",
			"index", x.Name, "table", t.Name, "error", err)
	}
	return nil
}

// complete fills an index that searches may use and that lacks rows. Nobody searches
// before it returns; one that it could not fill is unknown to searches.
func (m *Manager) complete(ctx context.Context, ix *sidecar.Index, t *catalog.Table, x *catalog.Index, e table.Entries, began time.Time) error {
	if state, _ := ix.FilledTo(); state != sidecar.Filling {
		return nil
	}
	err := m.fill(ctx, ix, t, x, e, sidecar.BuildOptions{Progress: logged(m.log, "building a vector index", x)})
	if err == nil {
		m.log.Info("vector index was built anew", "index", x.Name, "table", t.Name, "took", time.Since(began).Round(time.Millisecond))
		return nil
	}
	m.detach(x.ID)
	return errors.Join(err, ix.Close())
}

// startAfresh puts an empty index, to be filled, in the place of a damaged one: its
// manifest says so, and the marks that the filling will cover go, all there are, for
// nobody writes rows meanwhile.
func (m *Manager) startAfresh(ctx context.Context, t *catalog.Table, x *catalog.Index, e table.Entries) error {
	fresh := sidecar.Manifest{Filled: sidecar.Filling}
	if old, err := newSource(m.eng, t, x, e).Manifest(ctx); err == nil {
		// No file gets a number that the old manifest still names.
		fresh.Next, fresh.Generation = old.Next, old.Generation+1
	} else if !errors.Is(err, sidecar.ErrCorrupt) {
		return err
	}
	if err := m.fs.RemoveAll(m.fs.PathJoin(m.dir, dirName(x.ID))); err != nil {
		return fmt.Errorf("removing the damaged files: %w", err)
	}
	return m.putManifest(ctx, x.ID, fresh, func(txn kv.Txn) error { return deleteMarks(ctx, txn, x.ID) })
}

func deleteMarks(ctx context.Context, txn kv.Txn, id catalog.ID) error {
	it, err := txn.Scan(ctx, keys.Prefix(keys.AppendID(nil, keys.Outbox, id)))
	if err != nil {
		return err
	}
	var marks [][]byte
	for it.Next() {
		marks = append(marks, append([]byte(nil), it.Key()...))
	}
	if err := errors.Join(it.Err(), it.Close()); err != nil {
		return err
	}
	for _, k := range marks {
		if err := txn.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
