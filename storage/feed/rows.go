package feed

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// RowFilter decides which rows of a batch belong to a partial index; nil = all.
// Attrs are the columns it needs, Keep narrows the batch's selection.
type RowFilter interface {
	Attrs() []int16
	Keep(ctx context.Context, b *batch.Batch) error
}

// rows streams a table's vectors for a build.
type rows struct {
	txn   *table.Txn
	table *catalog.Table
	attr  int16
	keep  RowFilter
}

func (r *rows) each(ctx context.Context, each func(vectorindex.RowID, uint32, []byte) error) error {
	if r.keep != nil {
		return r.filtered(ctx, each)
	}
	it, err := r.txn.Scan(ctx, keys.Prefix(keys.AppendRowPrefix(nil, r.table.Storage, uint16(r.attr))))
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

// filtered reads whole rows, for a partial index.
func (r *rows) filtered(ctx context.Context, each func(vectorindex.RowID, uint32, []byte) error) error {
	reader := table.NewReader(r.table, append([]int16{r.attr}, r.keep.Attrs()...))
	sc, err := reader.Scan(ctx, kv.Reader(r.txn), 0, ^uint64(0), false)
	if err != nil {
		return err
	}
	defer sc.Close()
	b := &batch.Batch{Cols: make([]batch.Col, 1+len(r.keep.Attrs()))}
	for {
		if err := sc.Next(b, batch.MaxRows); err != nil || b.Len() == 0 {
			return err
		}
		if err := r.keep.Keep(ctx, b); err != nil {
			return err
		}
		if err := reader.LoadVectors(ctx, r.txn, b); err != nil {
			return err
		}
		for _, i := range b.Sel {
			epoch, ok := reader.Epoch(r.attr, int(i))
			if !ok {
				continue
			}
			if err := each(vectorindex.RowID(reader.Rows()[i]), epoch, b.Cols[0].B[i]); err != nil {
				return err
			}
		}
	}
}
