package feed

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// buildSource streams what an index holds of a table, from row first on and in the
// order of rows, for a build.
func buildSource(from kv.Reader, t *catalog.Table, x *catalog.Index, e table.Entries, first uint64) func(context.Context, func(vectorindex.RowID, uint32, []byte) error) error {
	if e == nil {
		return wholeFamily(from, t, x, first)
	}
	r := table.NewEntryReader(t, x, e)
	return func(ctx context.Context, each func(vectorindex.RowID, uint32, []byte) error) error {
		return r.Each(ctx, from, first, func(row uint64, epoch uint32, vec []byte) error {
			return each(vectorindex.RowID(row), epoch, vec)
		})
	}
}

// wholeFamily reads a vector column's own keys alone: they hold the epoch, too.
func wholeFamily(from kv.Reader, t *catalog.Table, x *catalog.Index, first uint64) func(context.Context, func(vectorindex.RowID, uint32, []byte) error) error {
	return func(ctx context.Context, each func(vectorindex.RowID, uint32, []byte) error) error {
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
			if err := each(vectorindex.RowID(keys.RowOf(it.Key())), epoch, comps); err != nil {
				return err
			}
		}
		return it.Err()
	}
}
