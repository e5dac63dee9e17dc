package table

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Exclusion constraints: no two rows may have keys for which all of the constraint's
// operators hold. The index has an entry for every row, as a plain one has. Rows that can
// exclude each other have the same values of the keys that come first and are compared by
// =, so only those are looked at. Whoever adds or removes an entry locks these values, of
// a constraint without such keys the index; the lock is written, too, so that later owners
// with older views learn that there is something that they do not see.

// excludes reports an index of an exclusion constraint that writers keep.
func (w *Writer) excludes(x *catalog.Index) bool { return len(x.Exclude) > 0 && x.Ready }

// lockExclusion takes the lock of the rows that a key can exclude. Keys with NULLs exclude
// none; ok is false for them.
func (w *Writer) lockExclusion(ctx context.Context, x *catalog.Index, vals []types.Datum) (ok bool, err error) {
	if slices.ContainsFunc(vals, types.Datum.IsNull) {
		return false, nil
	}
	w.locking = nil // by this lock no duplicate is found
	lock := binary.BigEndian.AppendUint32([]byte{keys.KeyLock}, x.Storage)
	for i := range x.Same {
		lock = AppendKeyDatum(lock, &x.Keys[i], vals[i])
	}
	if err := w.txn.lock(ctx, lock, kv.Exclusive, kv.WaitBlock); err != nil {
		return false, err
	}
	return true, w.txn.Delete(lock)
}

// findExcluded looks for a row, but one if that is given, that the row is in conflict
// with by the exclusion constraint of index i; it locks what must not change until the
// row is stored.
func (w *Writer) findExcluded(ctx context.Context, i int, row []types.Datum, but *uint64) (at uint64, found bool, err error) {
	x := w.Table.Indexes[i]
	vals, in, err := w.keyOf(i, row, nil)
	if err != nil || !in {
		return 0, false, err
	}
	if ok, err := w.lockExclusion(ctx, x, vals); err != nil || !ok {
		return 0, false, err
	}
	return w.scanExcluded(ctx, i, vals, but)
}

// scanExcluded is findExcluded for a key whose lock is held.
func (w *Writer) scanExcluded(ctx context.Context, i int, vals []types.Datum, but *uint64) (at uint64, found bool, err error) {
	x := w.Table.Indexes[i]
	prefix := keys.AppendIndexPrefix(nil, x.Storage)
	for k := range x.Same {
		prefix = AppendKeyDatum(prefix, &x.Keys[k], vals[k])
	}
	it, err := w.read.Scan(ctx, keys.Prefix(prefix))
	if err != nil {
		return 0, false, err
	}
	defer it.Close()
	var other []types.Datum
	for it.Next() {
		if at = keys.RowOf(it.Key()); but != nil && at == *but {
			continue
		}
		row, err := w.load(ctx, at)
		if err != nil {
			return 0, false, err
		}
		var in bool
		if other, in, err = w.keyOf(i, row, other[:0]); err != nil {
			return 0, false, err
		}
		if !in || slices.ContainsFunc(other, types.Datum.IsNull) {
			continue
		}
		if found, err = w.defs.Excludes(i, vals, other); err != nil || found {
			return at, found, err
		}
	}
	return 0, false, it.Err()
}

// excluded is PostgreSQL's exclusion violation: row is in conflict with the stored row at.
func (w *Writer) excluded(ctx context.Context, x *catalog.Index, row []types.Datum, at uint64) error {
	return w.exclusion(ctx, x, row, at, "conflicting key value violates exclusion constraint %q", "Key %s conflicts with existing key %s.")
}

func (w *Writer) exclusion(ctx context.Context, x *catalog.Index, row []types.Datum, at uint64, message, detail string) error {
	e := pgerr.Newf(pgerrcode.ExclusionViolation, message, x.Name).OnTable("", w.Table.Name).OnConstraint(x.Name)
	other, err := w.load(ctx, at)
	if err != nil {
		return errors.Join(err, e)
	}
	i := slices.Index(w.Table.Indexes, x)
	key, existing := w.defs.Describe(i, row), w.defs.Describe(i, other)
	if key == "" || existing == "" {
		return e
	}
	return e.WithDetail(detail, key, existing)
}

// addExcluding adds an existing row to the index of an exclusion constraint that is built.
func (w *Writer) addExcluding(ctx context.Context, i int, vals []types.Datum, id uint64) error {
	x := w.Table.Indexes[i]
	if !slices.ContainsFunc(vals, types.Datum.IsNull) {
		at, found, err := w.scanExcluded(ctx, i, vals, nil)
		if err != nil {
			return err
		}
		if found {
			earlier, err := w.load(ctx, at) // of two rows PostgreSQL names the one that it reads first
			if err != nil {
				return err
			}
			return w.exclusion(ctx, x, earlier, id, "could not create exclusion constraint %q", "Key %s conflicts with key %s.")
		}
	}
	w.key, _ = entryKey(w.key[:0], x, vals, id)
	return w.txn.Put(w.key, entryValue(w.val[:0], false, id))
}
