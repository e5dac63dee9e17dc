package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// Entries of an inverted index: for each part of a row's values (package gin)
//
//	prefix part row(8) → 1
//
// One key a part and row, not a list of rows a part: writers of rows that have a part in
// common do not meet, versions are those of the rows, and nothing is read to write.

// partsOf takes a row's keys in index i apart, into e.
func (w *Writer) partsOf(e *gin.Entries, i int, row []types.Datum) ([][]byte, error) {
	e.Reset()
	vals, in, err := w.keyOf(i, row, w.vals[:0])
	w.vals = vals
	if err != nil || !in {
		return nil, err
	}
	x := w.Table.Indexes[i]
	for k := range x.Keys {
		class, ok := gin.ByName(x.Keys[k].OpClass)
		if !ok {
			return nil, fmt.Errorf("table: operator class %q of index %s: %w", x.Keys[k].OpClass, x.Name, rowcodec.ErrCorrupt)
		}
		e.Add(class, k, x.Keys[k].Type, vals[k])
	}
	return e.Sorted(), nil
}

// partKey makes the key of a part's entry.
func (w *Writer) partKey(i int, part []byte, id uint64) []byte {
	w.key = append(keys.AppendIndexPrefix(w.key[:0], w.Table.Indexes[i].Storage), part...)
	w.key = binary.BigEndian.AppendUint64(w.key, id)
	return w.key
}

func (w *Writer) putInverted(i int, row []types.Datum, id uint64) error {
	parts, err := w.partsOf(&w.parts, i, row)
	if err != nil {
		return err
	}
	w.val = entryValue(w.val[:0], false, id)
	for _, p := range parts {
		if err := w.entry(i, p, id, false); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) deleteInverted(i int, old []types.Datum, id uint64) error {
	parts, err := w.partsOf(&w.parts, i, old)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := w.entry(i, p, id, true); err != nil {
			return err
		}
	}
	return nil
}

// updateInverted writes what two versions of a row do not have in common.
func (w *Writer) updateInverted(i int, old, row []types.Datum, id uint64) error {
	gone, err := w.partsOf(&w.oldParts, i, old)
	if err != nil {
		return err
	}
	come, err := w.partsOf(&w.parts, i, row)
	if err != nil {
		return err
	}
	w.val = entryValue(w.val[:0], false, id)
	for len(gone) > 0 || len(come) > 0 {
		c := 0
		switch {
		case len(gone) == 0:
			c = 1
		case len(come) == 0:
			c = -1
		default:
			c = bytes.Compare(gone[0], come[0])
		}
		switch {
		case c < 0:
			err, gone = w.entry(i, gone[0], id, true), gone[1:]
		case c > 0:
			err, come = w.entry(i, come[0], id, false), come[1:]
		default:
			gone, come = gone[1:], come[1:]
			continue
		}
		w.light = false
		if err != nil {
			return err
		}
	}
	return nil
}

// ScanPart starts a walk over the rows that have a part in an inverted index, in
// ascending order, or, given the beginning of one, any part that begins so, in no order.
func ScanPart(ctx context.Context, from kv.Reader, x *catalog.Index, part []byte) (*IndexScan, error) {
	return ScanIndex(ctx, from, keys.Prefix(append(keys.AppendIndexPrefix(nil, x.Storage), part...)))
}
