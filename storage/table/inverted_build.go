package table

import (
	"context"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// bulk gathers the entries of an inverted index that is built: the rows of each part, so
// that entries are written in the order of their keys, which costs a fraction of what
// writing them as rows have them does, and nothing needs sorting but the parts.
type bulk struct {
	index int
	rows  map[string]*[]uint64 // ascending, as the table's rows come
	held  int                  // bytes, about
}

// bulkBytes bounds what is gathered; what is too much becomes several runs.
var bulkBytes = 64 << 20 // less in tests

// partBytes is about what a part takes beside itself and its rows.
const partBytes = 120

// gather takes the row apart for index i, and writes what was gathered when it is much.
func (w *Writer) gather(ctx context.Context, i int, row []types.Datum, id uint64) error {
	parts, err := w.partsOf(&w.parts, i, row)
	if err != nil {
		return err
	}
	if w.bulk == nil {
		w.bulk = &bulk{index: i, rows: map[string]*[]uint64{}}
	}
	b := w.bulk
	for _, p := range parts {
		list := b.rows[string(p)]
		if list == nil {
			list = new([]uint64)
			b.rows[string(p)] = list
			b.held += len(p) + partBytes
		}
		before := cap(*list)
		*list = append(*list, id)
		b.held += 8 * (cap(*list) - before)
	}
	if b.held < bulkBytes {
		return nil
	}
	return w.writeParts(ctx)
}

// Finish writes what AddEntry has put off.
func (w *Writer) Finish(ctx context.Context) error {
	switch {
	case w.run != nil:
		i := w.run.index
		err := w.writeRun(ctx)
		if w.run = nil; err == nil && w.excludes(w.Table.Indexes[i]) {
			err = w.checkExcluding(ctx, i)
		}
		return err
	case w.bulk != nil:
		return w.writeParts(ctx)
	}
	return nil
}

// writeParts writes the entries of the parts that were gathered.
func (w *Writer) writeParts(ctx context.Context) error {
	b := w.bulk
	w.bulk = nil
	parts := make([]string, 0, len(b.rows))
	for p := range b.rows {
		parts = append(parts, p)
	}
	slices.SortFunc(parts, strings.Compare)
	w.val = entryValue(w.val[:0], false, 0)
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, id := range *b.rows[p] {
			if err := w.txn.Put(w.partKey(b.index, []byte(p), id), w.val); err != nil {
				return err
			}
		}
	}
	return nil
}
