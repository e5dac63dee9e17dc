package table

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// Conflict names the existing row and the index, unique or of an exclusion constraint, that
// an insert runs into.
type Conflict struct {
	Row   uint64
	Index *catalog.Index
}

// FindConflict locks the row's unique keys and looks for rows that hold one
// already; only limits the check to some indexes (nil = all).
func (w *Writer) FindConflict(ctx context.Context, row []types.Datum, only []*catalog.Index) (*Conflict, error) {
	for i, x := range w.Table.Indexes {
		if !chosen(x, only) {
			continue
		}
		if w.excludes(x) {
			if x.Deferrable { // see addLateExcluding
				continue
			}
			at, found, err := w.findExcluded(ctx, i, row, nil)
			if err != nil {
				return nil, err
			}
			if found {
				return &Conflict{at, x}, nil
			}
			continue
		}
		if !x.Distinct() || !x.Ready {
			continue
		}
		if x.Primary && w.Table.PrimaryAttr != 0 {
			id := keys.RowFromInt(row[w.Table.PrimaryAttr-1].Int())
			found, err := w.lockAndFindRow(ctx, x, id)
			if err != nil {
				return nil, err
			}
			if found {
				return &Conflict{id, x}, nil
			}
			continue
		}
		at, found, err := w.findEntry(ctx, i, row)
		if err != nil {
			return nil, err
		}
		if found {
			return &Conflict{at, x}, nil
		}
	}
	return nil, nil
}

func chosen(x *catalog.Index, only []*catalog.Index) bool {
	if len(only) == 0 {
		return true
	}
	for _, o := range only {
		if o.ID == x.ID {
			return true
		}
	}
	return false
}

func (w *Writer) lockAndFindRow(ctx context.Context, x *catalog.Index, row uint64) (bool, error) {
	w.locking = x
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, keys.Scalars, row)
	if err := w.txn.lock(ctx, w.key, kv.Exclusive, kv.WaitBlock); err != nil {
		return false, err
	}
	_, ok, err := w.read.Get(ctx, w.key)
	return ok, err
}

// findEntry locks the row's key in unique index i and looks it up.
func (w *Writer) findEntry(ctx context.Context, i int, row []types.Datum) (at uint64, found bool, err error) {
	x := w.Table.Indexes[i]
	vals, in, err := w.keyOf(i, row, w.vals[:0])
	w.vals = vals
	if err != nil || !in {
		return 0, false, err
	}
	var distinct bool
	if w.key, distinct = entryKey(w.key[:0], x, vals, 0); !distinct {
		return 0, false, nil
	}
	if err := w.checkKey(x); err != nil {
		return 0, false, err
	}
	w.locking = x
	if err := w.txn.lock(ctx, w.key, kv.Exclusive, kv.WaitBlock); err != nil {
		return 0, false, err
	}
	val, ok, err := w.read.Get(ctx, w.key)
	if err != nil || !ok {
		return 0, false, err
	}
	if len(val) != 8 {
		return 0, false, fmt.Errorf("table: unique entry of index %s: %w", x.Name, rowcodec.ErrCorrupt)
	}
	return binary.BigEndian.Uint64(val), true, nil
}

// duplicate is PostgreSQL's unique violation.
func (w *Writer) duplicate(x *catalog.Index, row []types.Datum) error {
	e := pgerr.Newf(pgerrcode.UniqueViolation, "duplicate key value violates unique constraint %q", x.Name).
		OnTable("", w.Table.Name).OnConstraint(x.Name)
	key := w.defs.Describe(slices.Index(w.Table.Indexes, x), row)
	if key == "" {
		return e
	}
	return e.WithDetail("Key %s already exists.", key)
}

// orDuplicate is the error of a row whose unique key in w.key could not be locked:
// where the view is too old for the key, because a row that has been committed since
// has it, the row is a duplicate whatever the view. A transaction for which reads
// count would learn from that of a commit that it does not see.
func (w *Writer) orDuplicate(ctx context.Context, err error, row []types.Datum) error {
	if !errors.Is(err, kv.ErrConflict) || w.locking == nil {
		return err
	}
	w.txn.NoteWrite(kv.Range{Start: w.key, End: append(slices.Clone(w.key), 0)})
	if err := w.txn.Check(); err != nil {
		return err
	}
	latest, lerr := w.txn.Latest(ctx)
	if lerr != nil {
		return lerr
	}
	defer latest.Close()
	if _, ok, gerr := latest.Get(ctx, w.key); gerr != nil || !ok {
		return errors.Join(gerr, err)
	}
	w.txn.Doom()
	return w.duplicate(w.locking, row)
}

// taken reports that a row has the key in w.key, or its late kind, already.
func (w *Writer) taken(ctx context.Context, x *catalog.Index, vals []types.Datum, distinct bool, id uint64) (bool, error) {
	if distinct {
		_, ok, err := w.read.Get(ctx, w.key)
		return ok, err
	}
	if !late(x) {
		return false, nil
	}
	prefix, unique := lateKey(x, vals)
	if !unique {
		return false, nil
	}
	n, err := countRows(ctx, w.read, prefix, &id)
	return n > 0, err
}
