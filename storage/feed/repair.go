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
// anew from the rows. One that cannot be opened at all is left out: searches then
// measure every row, and its outbox keeps what it misses for the next start.
func (m *Manager) openOrRepair(ctx context.Context, t *catalog.Table, x *catalog.Index, define Definer) error {
	e, err := define(ctx, t, x)
	if err == nil {
		_, err = m.Open(ctx, t, x, e)
	}
	if errors.Is(err, sidecar.ErrCorrupt) {
		m.log.Error("vector index is damaged; building it anew from the rows", "index", x.Name, "table", t.Name, "error", err)
		began := time.Now()
		if err = m.repair(ctx, t, x, e); err == nil {
			m.log.Info("vector index was built anew", "index", x.Name, "table", t.Name, "took", time.Since(began).Round(time.Millisecond))
		}
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

// repair replaces the files, the manifest and the marks of a damaged index by
// what a build from the rows gives. Nobody writes rows meanwhile. Until the new
// manifest is committed the old one stays, so that a crash ends in a repair again
// and never in an index that lacks rows.
func (m *Manager) repair(ctx context.Context, t *catalog.Table, x *catalog.Index, e table.Entries) error {
	txn, err := table.Begin(ctx, m.eng, kv.TxnOptions{}, nil)
	if err != nil {
		return err
	}
	defer txn.Close()
	fresh, err := m.startAfresh(ctx, t, x, e)
	if err != nil {
		return err
	}
	err = m.refill(ctx, fresh, txn, t, x, e)
	if err = errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	_, err = m.Open(ctx, t, x, e)
	return err
}

// startAfresh opens an empty index in the place of a damaged one.
func (m *Manager) startAfresh(ctx context.Context, t *catalog.Table, x *catalog.Index, e table.Entries) (*sidecar.Index, error) {
	src := newSource(m.eng, t, x, e)
	empty := sidecar.Manifest{}
	if old, err := src.Manifest(ctx); err == nil {
		// No file gets a number that the old manifest still names.
		empty.Next, empty.Generation = old.Next, old.Generation
	} else if !errors.Is(err, sidecar.ErrCorrupt) {
		return nil, err
	}
	if err := m.fs.RemoveAll(m.fs.PathJoin(m.dir, dirName(x.ID))); err != nil {
		return nil, fmt.Errorf("removing the damaged files: %w", err)
	}
	cfg, err := m.config(t, x, e)
	if err != nil {
		return nil, err
	}
	cfg.Source, cfg.NoBackground = emptySource{src, empty}, true
	return sidecar.Open(ctx, cfg)
}

// refill builds the index from the rows and commits its manifest together with
// the removal of the marks that the build covers: all there are.
func (m *Manager) refill(ctx context.Context, ix *sidecar.Index, txn *table.Txn, t *catalog.Table, x *catalog.Index, e table.Entries) error {
	built, err := ix.Build(ctx, uint64(txn.At()), buildSource(txn, t, x, e), m.buildOptions(x))
	if err != nil {
		return err
	}
	return ix.Publish(ctx, built, func(ctx context.Context, mf sidecar.Manifest) error {
		if err := deleteMarks(ctx, txn, x.ID); err != nil {
			return err
		}
		if err := txn.Put(keys.AppendID(nil, keys.Manifest, x.ID), mf.Marshal(nil)); err != nil {
			return err
		}
		_, err := txn.Commit(ctx)
		return err
	})
}

func deleteMarks(ctx context.Context, txn *table.Txn, id catalog.ID) error {
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

// buildOptions reports a long build to the log: no session shows its progress.
func (m *Manager) buildOptions(x *catalog.Index) sidecar.BuildOptions {
	last := time.Now()
	return sidecar.BuildOptions{Progress: func(phase string, done, total int64) {
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			m.log.Info("building vector index", "index", x.Name, "phase", phase, "done", done, "of", total)
		}
	}}
}

// progressEvery is the time between two log lines of a repair.
const progressEvery = 5 * time.Second

// emptySource is the source of an index that starts without anything.
type emptySource struct {
	*source
	manifest sidecar.Manifest
}

// Pending implements sidecar.Source.
func (emptySource) Pending(context.Context, uint64, func(sidecar.Mark, sidecar.Delta) error) error {
	return nil
}

// Manifest implements sidecar.Source.
func (s emptySource) Manifest(context.Context) (sidecar.Manifest, error) { return s.manifest, nil }
