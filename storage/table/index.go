package table

import (
	"context"
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Ordered index entries:
//
//	unique, no NULL key:  prefix key…       → row(8)
//	otherwise:            prefix key… row(8) → 1
//
// A unique constraint that may be looked at late counts as otherwise: see late.go.
//
// Each key column is a NULL byte and types.AppendKey. The byte is 1 (NULL) or 2
// (value), so that NULLs come first, or 3 for NULLS LAST; AppendKey inverts the
// value for DESC.
const (
	nullFirst byte = 1
	notNull   byte = 2
	nullLast  byte = 3
)

// AppendKeyDatum appends one index key column.
func AppendKeyDatum(dst []byte, k *catalog.IndexKey, d types.Datum) []byte {
	if d.IsNull() {
		if k.NullsFirst {
			return append(dst, nullFirst)
		}
		return append(dst, nullLast)
	}
	t := k.Type
	if k.Order != "" {
		t = types.Of(types.ByteaOID)
	}
	return types.AppendKey(append(dst, notNull), t, d, k.Desc)
}

// entryKey appends the index entry's key; distinct tells that uniqueness applies to it.
func entryKey(dst []byte, x *catalog.Index, vals []types.Datum, row uint64) (key []byte, distinct bool) {
	dst = keys.AppendIndexPrefix(dst, x.Storage)
	anyNull := false
	for i := range x.Keys {
		anyNull = anyNull || vals[i].IsNull()
		dst = AppendKeyDatum(dst, &x.Keys[i], vals[i])
	}
	if x.Distinct() && (!anyNull || x.NullsNotDistinct) {
		return dst, true
	}
	return binary.BigEndian.AppendUint64(dst, row), false
}

// EntryRow is the row an index entry points at.
func EntryRow(key, val []byte) uint64 {
	if len(val) == 8 {
		return binary.BigEndian.Uint64(val)
	}
	return keys.RowOf(key)
}

// IndexScan walks an index range; rows come in index order.
type IndexScan struct{ iter kv.Iter }

// ScanIndex starts a walk over the entries of the range.
func ScanIndex(ctx context.Context, from kv.Reader, rng kv.Range) (*IndexScan, error) {
	it, err := from.Scan(ctx, rng)
	if err != nil {
		return nil, err
	}
	return &IndexScan{it}, nil
}

// Walk is a scan over other keys that end with a row's number.
func Walk(it kv.Iter) *IndexScan { return &IndexScan{it} }

// Next appends up to max row numbers to dst; it returns dst unchanged at the end.
func (s *IndexScan) Next(dst []uint64, max int) ([]uint64, error) {
	for n := 0; n < max && s.iter.Next(); n++ {
		dst = append(dst, EntryRow(s.iter.Key(), s.iter.Value()))
	}
	return dst, s.iter.Err()
}

// Close ends the walk.
func (s *IndexScan) Close() error { return s.iter.Close() }

// AppendValuePrefix appends what every key column that is not NULL starts with.
func AppendValuePrefix(dst []byte) []byte { return append(dst, notNull) }
