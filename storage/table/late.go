package table

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Unique constraints that may be looked at late (DEFERRABLE). Their entries carry the
// row number, as two rows may have one key for a while. Whoever adds or removes one
// locks the key itself, with the lock that foreign keys have on other unique indexes:
// they cannot refer to these. It is written, too, so that later owners of the lock
// with older views learn that there is something that they do not see.

// late reports a unique constraint's index that may be looked at late.
func late(x *catalog.Index) bool { return x.Deferrable && len(x.Exclude) == 0 }

// lateKey is what a row has in such an index; unique is false for keys with NULLs,
// which may come any number of times.
func lateKey(x *catalog.Index, vals []types.Datum) (prefix []byte, unique bool) {
	prefix = keys.AppendIndexPrefix(nil, x.Storage)
	for i := range x.Keys {
		if vals[i].IsNull() && !x.NullsNotDistinct {
			return nil, false
		}
		prefix = AppendKeyDatum(prefix, &x.Keys[i], vals[i])
	}
	return prefix, true
}

// lockLate takes the lock of a key that gets or loses a row.
func (w *Writer) lockLate(ctx context.Context, x *catalog.Index, vals []types.Datum) error {
	key := appendKeyLock(nil, x, vals)
	if err := w.txn.lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	return w.txn.Delete(key)
}

// addLate readies for a new entry of row id: it locks the key, and tells Twice when
// another row has it.
func (w *Writer) addLate(ctx context.Context, x *catalog.Index, vals, row []types.Datum, id uint64) error {
	prefix, unique := lateKey(x, vals)
	if !unique {
		return nil
	}
	if err := w.lockLate(ctx, x, vals); err != nil {
		return err
	}
	n, err := countRows(ctx, w.read, prefix, &id)
	if err != nil || n == 0 {
		return err
	}
	if w.Twice == nil {
		return w.duplicate(x, row)
	}
	return w.Twice(x, vals)
}

// countRows counts the rows, but one if that is given, that have a key, to two.
func countRows(ctx context.Context, from kv.Reader, prefix []byte, but *uint64) (n int, err error) {
	r := keys.Prefix(prefix)
	r.Limit = 3
	it, err := from.Scan(ctx, r)
	if err != nil {
		return 0, err
	}
	defer it.Close()
	for n < 2 && it.Next() {
		if but == nil || keys.RowOf(it.Key()) != *but {
			n++
		}
	}
	return n, it.Err()
}

// IsTwice reports that more than one row has the key vals in the index of a unique
// constraint that may be looked at late.
func IsTwice(ctx context.Context, from kv.Reader, x *catalog.Index, vals []types.Datum) (bool, error) {
	prefix, unique := lateKey(x, vals)
	if !unique {
		return false, nil
	}
	n, err := countRows(ctx, from, prefix, nil)
	return n > 1, err
}
