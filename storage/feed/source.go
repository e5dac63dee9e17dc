// Package feed connects storage with the live vector indexes: it hands committed
// changes to them, replays outbox marks after a crash, stores their manifests,
// and opens, builds and drops them. It must not know syntax, plans or the server.
package feed

import (
	"context"
	"fmt"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// source is sidecar.Source over a kv.Engine for one index.
type source struct {
	eng     kv.Engine
	index   catalog.ID
	entries *table.EntryReader
}

func newSource(eng kv.Engine, t *catalog.Table, x *catalog.Index, e table.Entries) *source {
	return &source{eng: eng, index: x.ID, entries: table.NewEntryReader(t, x, e)}
}

// Pending implements sidecar.Source: what a marked row has in the index at the
// view is read, or computed, from the row.
func (s *source) Pending(ctx context.Context, asOf uint64, each func(sidecar.Mark, sidecar.Delta) error) error {
	view, err := s.eng.Snapshot(ctx, kv.TS(asOf))
	if err != nil {
		return err
	}
	defer view.Close()
	rows, err := s.eng.Snapshot(ctx, kv.TS(asOf))
	if err != nil {
		return err
	}
	defer rows.Close()
	it, err := view.Scan(ctx, keys.Prefix(keys.AppendID(nil, keys.Outbox, s.index)))
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		row, epoch := keys.OutboxMark(it.Key())
		d := sidecar.Delta{Row: vectorindex.RowID(row), Epoch: epoch}
		err := s.entries.Row(ctx, rows, row, func(n *table.Entry) error {
			d.Epoch, d.Vec, d.Payload = n.Epoch, n.Vec, n.Payload
			return nil
		})
		if err != nil {
			return err
		}
		if err := each(sidecar.Mark{Row: vectorindex.RowID(row), Epoch: epoch}, d); err != nil {
			return err
		}
	}
	return it.Err()
}

// Seal implements sidecar.Source.
func (s *source) Seal(ctx context.Context, done []sidecar.Mark, m sidecar.Manifest) (uint64, error) {
	txn, err := s.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return 0, err
	}
	defer txn.Close()
	for _, d := range done {
		if err := txn.Delete(keys.AppendOutbox(nil, s.index, uint64(d.Row), d.Epoch)); err != nil {
			return 0, err
		}
	}
	if err := txn.Put(manifestKey(s.index), m.Marshal(nil)); err != nil {
		return 0, err
	}
	ts, err := txn.Commit(ctx)
	return uint64(ts), err
}

// Manifest implements sidecar.Source.
func (s *source) Manifest(ctx context.Context) (m sidecar.Manifest, err error) {
	now, err := s.eng.Now(ctx)
	if err != nil {
		return m, err
	}
	view, err := s.eng.Snapshot(ctx, now)
	if err != nil {
		return m, err
	}
	defer view.Close()
	val, ok, err := view.Get(ctx, manifestKey(s.index))
	if err != nil || !ok {
		return m, err
	}
	if err := m.Unmarshal(val); err != nil {
		return m, fmt.Errorf("feed: manifest of index %d: %w", s.index, err)
	}
	return m, nil
}

// Now implements sidecar.Source.
func (s *source) Now(ctx context.Context) (uint64, error) {
	ts, err := s.eng.Now(ctx)
	return uint64(ts), err
}

func manifestKey(index catalog.ID) []byte { return keys.AppendID(nil, keys.Manifest, index) }
