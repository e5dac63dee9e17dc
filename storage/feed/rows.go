package feed

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// buildSource streams what an index holds of a table, from row first on and in the
// order of rows, for a build.
func buildSource(from kv.Reader, t *catalog.Table, x *catalog.Index, e table.Entries, first uint64) sidecar.Rows {
	if e == nil && len(x.Include) == 0 {
		return wholeFamily(from, t, x, first)
	}
	r := table.NewEntryReader(t, x, e)
	return func(ctx context.Context, each func(*sidecar.Delta) error) error {
		return r.Each(ctx, from, first, func(n *table.Entry) error {
			return each(&sidecar.Delta{Row: vectorindex.RowID(n.Row), Epoch: n.Epoch, Vec: n.Vec, Payload: n.Payload})
		})
	}
}

// wholeFamily reads a vector column's own keys alone: they hold the epoch, too.
func wholeFamily(from kv.Reader, t *catalog.Table, x *catalog.Index, first uint64) sidecar.Rows {
	return func(ctx context.Context, each func(*sidecar.Delta) error) error {
		family := uint16(x.Keys[0].Attr)
		it, err := from.Scan(ctx, kv.Range{
			Start: keys.AppendRow(nil, t.Storage, family, first), End: keys.PrefixEnd(keys.AppendRowPrefix(nil, t.Storage, family)),
		})
		if err != nil {
			return err
		}
		defer it.Close()
		for it.Next() {
			epoch, comps, err := rowcodec.DecodeVector(it.Value())
			if err != nil {
				return err
			}
			if err := each(&sidecar.Delta{Row: vectorindex.RowID(keys.RowOf(it.Key())), Epoch: epoch, Vec: comps}); err != nil {
				return err
			}
		}
		return it.Err()
	}
}
