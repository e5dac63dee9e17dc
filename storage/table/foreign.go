package table

import (
	"context"
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// A referenced key has a lock of its own, beside the row's: rows that refer to it
// hold it shared, whoever deletes or changes the key takes it exclusively. So
// other columns of a referenced row can be updated meanwhile (PostgreSQL's
// FOR KEY SHARE against FOR NO KEY UPDATE).
func appendKeyLock(dst []byte, x *catalog.Index, vals []types.Datum) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, keys.KeyLock), x.Storage)
	for i := range x.Keys {
		dst = AppendKeyDatum(dst, &x.Keys[i], vals[i])
	}
	return dst
}

// HoldReferenced locks the key vals of the referenced table's unique index x
// against deletion and reports whether a row has it. The lock keeps that true, and so
// it is not a read that a serializable transaction answers for.
func HoldReferenced(ctx context.Context, txn *Txn, t *catalog.Table, x *catalog.Index, vals []types.Datum) (bool, error) {
	if err := txn.lock(ctx, appendKeyLock(nil, x, vals), kv.Shared, kv.WaitBlock); err != nil {
		return false, err
	}
	_, ok, err := FindUnique(ctx, txn.Unrecorded(), t, x, vals)
	return ok, err
}

// ReleaseReferenced tells that the key vals ceases to exist: it waits for
// transactions that hold it, and makes later holders see the change.
func ReleaseReferenced(ctx context.Context, txn *Txn, x *catalog.Index, vals []types.Datum) error {
	key := appendKeyLock(nil, x, vals)
	if err := txn.lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	return txn.Delete(key)
}

// FindUnique looks a full key up in a unique index (or the table key).
func FindUnique(ctx context.Context, from kv.Reader, t *catalog.Table, x *catalog.Index, vals []types.Datum) (row uint64, ok bool, err error) {
	if x.Primary && t.PrimaryAttr != 0 {
		row = keys.RowFromInt(vals[0].Int())
		_, ok, err = from.Get(ctx, keys.AppendRow(nil, t.Storage, keys.Scalars, row))
		return row, ok, err
	}
	key, distinct := entryKey(nil, x, vals, 0)
	if !distinct {
		return 0, false, nil
	}
	val, ok, err := from.Get(ctx, key)
	if err != nil || !ok {
		return 0, false, err
	}
	return binary.BigEndian.Uint64(val), true, nil
}
