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
//
// Of a constraint that may be looked at late (DEFERRABLE) only this transaction's rows can
// exclude others for a while: it remembers that they do.

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
	return w.scanExcluded(ctx, i, keptKey(vals), but)
}

// keptKey makes a key last beyond the computation of others.
func keptKey(vals []types.Datum) []types.Datum {
	for i, d := range vals {
		vals[i] = d.Clone()
	}
	return vals
}

// addLateExcluding readies for a new entry of row id: it locks, and tells Excluded when
// another row excludes it.
func (w *Writer) addLateExcluding(ctx context.Context, i int, row []types.Datum, id uint64) error {
	x := w.Table.Indexes[i]
	at, found, err := w.findExcluded(ctx, i, row, &id)
	if err != nil || !found {
		return err
	}
	if w.Excluded == nil {
		return w.excluded(ctx, x, row, at)
	}
	if w.txn.overlapping == nil {
		w.txn.overlapping = map[catalog.ID]bool{}
	}
	w.txn.overlapping[x.Storage] = true
	return w.Excluded(x, id)
}

// CheckExcluded is the late look at row id, which Excluded was told of: an error if it is
// there and another row still excludes it.
func (w *Writer) CheckExcluded(ctx context.Context, x *catalog.Index, id uint64) error {
	_, ok, err := w.read.Get(ctx, keys.AppendRow(nil, w.Table.Storage, keys.Scalars, id))
	if err != nil || !ok {
		return err
	}
	row, err := w.load(ctx, id)
	if err != nil {
		return err
	}
	at, found, err := w.findExcluded(ctx, slices.Index(w.Table.Indexes, x), row, &id)
	if err != nil || !found {
		return err
	}
	return w.excluded(ctx, x, row, at)
}

// scanExcluded is findExcluded for a key whose lock is held. Ranges of which no two overlap
// lie one behind the other in the index: only the neighbours of the new one can.
func (w *Writer) scanExcluded(ctx context.Context, i int, vals []types.Datum, but *uint64) (at uint64, found bool, err error) {
	x := w.Table.Indexes[i]
	prefix := keys.AppendIndexPrefix(nil, x.Storage)
	for k := range x.Same {
		prefix = AppendKeyDatum(prefix, &x.Keys[k], vals[k])
	}
	all := keys.Prefix(prefix)
	if !w.disjoint(x) {
		return w.lookExcluded(ctx, i, all, vals, but)
	}
	all.Limit = 2 // of which one may be the row itself
	after, before := all, all
	after.Start = AppendKeyDatum(slices.Clone(prefix), &x.Keys[x.Same], vals[x.Same])
	before.End, before.Reverse = after.Start, true
	if at, found, err = w.lookExcluded(ctx, i, after, vals, but); err != nil || found {
		return at, found, err
	}
	return w.lookExcluded(ctx, i, before, vals, but)
}

// disjoint says that the ranges of an index are disjoint at the moment.
func (w *Writer) disjoint(x *catalog.Index) bool { return x.Disjoint && !w.txn.overlapping[x.Storage] }

// lookExcluded looks among the entries of a range, of disjoint ones at the first only.
func (w *Writer) lookExcluded(ctx context.Context, i int, r kv.Range, vals []types.Datum, but *uint64) (at uint64, found bool, err error) {
	it, err := w.read.Scan(ctx, r)
	if err != nil {
		return 0, false, err
	}
	defer it.Close()
	var other []types.Datum
	for it.Next() {
		if at = keys.RowOf(it.Key()); but != nil && at == *but {
			continue
		}
		var any bool
		if other, any, err = w.excludingKey(ctx, i, at, other[:0]); err != nil {
			return 0, false, err
		}
		if any {
			if found, err = w.defs.Excludes(i, vals, other); err != nil || found {
				return at, found, err
			}
		}
		if w.disjoint(w.Table.Indexes[i]) {
			break
		}
	}
	return 0, false, it.Err()
}

// excludingKey is the key of a stored row; any is false for one that excludes none.
func (w *Writer) excludingKey(ctx context.Context, i int, at uint64, dst []types.Datum) (vals []types.Datum, any bool, err error) {
	row, err := w.load(ctx, at)
	if err != nil {
		return dst, false, err
	}
	vals, in, err := w.keyOf(i, row, dst)
	return vals, err == nil && in && !slices.ContainsFunc(vals, types.Datum.IsNull), err
}

// excluded is PostgreSQL's exclusion violation: row is in conflict with the stored row at.
func (w *Writer) excluded(ctx context.Context, x *catalog.Index, row []types.Datum, at uint64) error {
	return w.exclusion(ctx, x, row, at, "conflicting key value violates exclusion constraint %q", "Key %s conflicts with existing key %s.", "Key conflicts with existing key.")
}

func (w *Writer) exclusion(ctx context.Context, x *catalog.Index, row []types.Datum, at uint64, message, detail, hidden string) error {
	e := pgerr.Newf(pgerrcode.ExclusionViolation, message, x.Name).OnTable("", w.Table.Name).OnConstraint(x.Name)
	other, err := w.load(ctx, at)
	if err != nil {
		return errors.Join(err, e)
	}
	i := slices.Index(w.Table.Indexes, x)
	key, existing := w.defs.Describe(i, row), w.defs.Describe(i, other)
	if key == "" || existing == "" { // who writes may not see them
		return e.WithDetail("%s", hidden)
	}
	return e.WithDetail(detail, key, existing)
}

// checkExcluding looks for rows that exclude each other when the index of an exclusion
// constraint has been built.
func (w *Writer) checkExcluding(ctx context.Context, i int) error {
	x := w.Table.Indexes[i]
	it, err := w.read.Scan(ctx, keys.Prefix(keys.AppendIndexPrefix(nil, x.Storage)))
	if err != nil {
		return err
	}
	defer it.Close()
	neighbours := x.Disjoint || x.Same == len(x.Keys)
	var last, vals []types.Datum
	var at, lastAt uint64
	for n := 0; it.Next(); n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at = keys.RowOf(it.Key())
		any, found := false, false
		if vals, any, err = w.excludingKey(ctx, i, at, vals[:0]); err != nil {
			return err
		}
		switch {
		case !any:
			continue
		case !neighbours:
			lastAt, found, err = w.scanExcluded(ctx, i, keptKey(vals), &at)
		case last != nil:
			found, err = w.defs.Excludes(i, last, vals)
		}
		if err != nil {
			return err
		}
		if found {
			return w.notExcluding(ctx, x, min(at, lastAt), max(at, lastAt))
		}
		if neighbours {
			last, vals, lastAt = keptKey(vals), last, at
		}
	}
	return it.Err()
}

// notExcluding is the error of a constraint that stored rows do not keep: PostgreSQL begins
// with the one that it reads first.
func (w *Writer) notExcluding(ctx context.Context, x *catalog.Index, first, second uint64) error {
	row, err := w.load(ctx, first)
	if err != nil {
		return err
	}
	return w.exclusion(ctx, x, row, second, "could not create exclusion constraint %q", "Key %s conflicts with key %s.", "Key conflicts exist.")
}
