package table

import (
	"bytes"
	"context"
	"math"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

const noEpoch = rowcodec.NoEpoch

// loadEpochs reads the epochs of the stored row's vectors into oldEpochs
// (noEpoch = NULL); false when there is no such row.
func (w *Writer) loadEpochs(ctx context.Context, id uint64) (bool, error) {
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, keys.Scalars, id)
	val, ok, err := w.read.Get(ctx, w.key)
	if err != nil || !ok {
		return false, err
	}
	for _, k := range w.vecs {
		w.oldEpochs[k] = noEpoch
	}
	h, err := rowcodec.HeaderOf(val)
	if err != nil {
		return false, err
	}
	w.oldOwn = h.Epoch
	if len(w.vecs) == 0 {
		return true, nil
	}
	if w.epochsOf == nil {
		want := make([]bool, len(w.Table.Columns))
		for _, k := range w.vecs {
			want[k] = true
		}
		w.epochsOf, w.oldVecs = w.layout.Decoder(want), make([]types.Datum, len(want))
	}
	n, err := w.epochsOf.Decode(val, w.oldVecs)
	for _, k := range w.vecs {
		if k < n && !w.oldVecs[k].IsNull() {
			w.oldEpochs[k] = uint32(w.oldVecs[k].Int())
		}
	}
	return true, err
}

func (w *Writer) hadVector(k int) bool { return w.oldEpochs[k] != noEpoch }

// Update replaces a row that LockRow has locked. set tells, by attribute index,
// which columns were assigned; unassigned vector columns keep what is stored
// whatever old and row say. It reports false when the row does not exist.
func (w *Writer) Update(ctx context.Context, id uint64, old, row []types.Datum, set []bool) (bool, error) {
	w.light = true
	ok, err := w.loadEpochs(ctx, id)
	if err != nil || !ok {
		return false, err
	}
	if pk := w.Table.PrimaryAttr; pk != 0 && set[pk-1] && keys.RowFromInt(row[pk-1].Int()) != id {
		return true, w.move(ctx, id, old, row, set)
	}
	if err := w.checkChangedKeys(ctx, id, old, row); err != nil {
		return false, err
	}
	for _, k := range w.vecs {
		if err := w.updateVector(ctx, id, k, row[k], set[k]); err != nil {
			return false, err
		}
	}
	if err := w.updateOwn(ctx, old, row, set); err != nil {
		return false, err
	}
	row = w.updatedRow(row, set)
	if err := w.putScalars(ctx, id, row); err != nil {
		return false, err
	}
	return true, w.updateEntries(ctx, id, old, row)
}

// Light reports that the last Update changed no entry of an index.
func (w *Writer) Light() bool { return w.light }

// updateVector stores an assigned vector column, or keeps its epoch.
func (w *Writer) updateVector(ctx context.Context, id uint64, k int, d types.Datum, set bool) error {
	if !set {
		w.epochs[k] = w.oldEpochs[k]
		return nil
	}
	if !d.IsNull() {
		return w.putVector(ctx, id, k, d)
	}
	w.epochs[k] = noEpoch
	if !w.hadVector(k) {
		return nil
	}
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, uint16(k+1), id)
	return w.txn.Delete(w.key)
}

// updateOwn gives the row a new epoch of its own when it changes what an index
// that goes by it is computed from, or is on.
func (w *Writer) updateOwn(ctx context.Context, old, row []types.Datum, set []bool) (err error) {
	if w.own = 0; !w.ownEpochs {
		return nil
	}
	w.own = w.oldOwn
	for _, x := range w.Table.Indexes {
		if !x.Ready || !x.IsVector() || x.VersionAttr() != 0 {
			continue
		}
		for _, a := range x.EntryAttrs() {
			if w.changes(a, old, row, set) {
				w.own, err = w.freshEpoch(ctx)
				return err
			}
		}
	}
	return nil
}

// changes reports an assignment that may give the column another value.
func (w *Writer) changes(attr int16, old, row []types.Datum, set []bool) bool {
	k := int(attr) - 1
	t := w.Table.Columns[k].Type
	return set[k] && (t.IsVector() || !sameValue(t, old[k], row[k]))
}

// sameValue compares two values of a type bit by bit.
func sameValue(t types.T, a, b types.Datum) bool {
	switch {
	case a.IsNull() || b.IsNull():
		return a.IsNull() && b.IsNull()
	case t.Rep() == types.RepBytes:
		return bytes.Equal(a.Bytes(), b.Bytes())
	case t.Rep() == types.RepFloat:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	}
	return a.Int() == b.Int()
}

// updatedRow is the row to store: whether an unassigned vector column is NULL is
// as it was stored. One whose value the caller has not fetched becomes an empty
// placeholder, which only definitions that do not read it may meet.
func (w *Writer) updatedRow(row []types.Datum, set []bool) []types.Datum {
	w.row = append(w.row[:0], row...)
	for _, k := range w.vecs {
		switch {
		case set[k]:
		case !w.hadVector(k):
			w.row[k] = types.Null
		case row[k].IsNull():
			w.row[k] = types.Bytes([]byte{})
		}
	}
	return w.row
}

// checkChangedKeys locks and checks the keys of unique and exclusion constraints that the
// update changes.
func (w *Writer) checkChangedKeys(ctx context.Context, id uint64, old, row []types.Datum) error {
	for i, x := range w.Table.Indexes {
		if !x.Distinct() && !w.excludes(x) || !w.stored(x) {
			continue
		}
		same, err := w.sameEntry(i, x, old, row, id)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		if w.excludes(x) {
			if x.Deferrable {
				continue
			}
			at, found, err := w.findExcluded(ctx, i, row, &id)
			if err != nil {
				return err
			}
			if found {
				return w.excluded(ctx, x, row, at)
			}
			continue
		}
		at, found, err := w.findEntry(ctx, i, row)
		if err != nil {
			return w.orDuplicate(ctx, err, row)
		}
		if found && at != id {
			return w.duplicate(x, row)
		}
	}
	return nil
}

// sameEntry compares the index keys of two versions of a row; it leaves them in
// w.oldKey and w.key (empty = not in the index).
func (w *Writer) sameEntry(i int, x *catalog.Index, old, row []types.Datum, id uint64) (bool, error) {
	w.oldKey, w.key = w.oldKey[:0], w.key[:0]
	vals, in, err := w.keyOf(i, old, w.vals[:0])
	w.vals = vals
	if err != nil {
		return false, err
	}
	if in {
		w.oldKey, _ = entryKey(w.oldKey, x, vals, id)
	}
	vals, in, err = w.keyOf(i, row, w.vals[:0])
	w.vals = vals
	if err != nil {
		return false, err
	}
	if in {
		w.key, _ = entryKey(w.key, x, vals, id)
	}
	if err := w.checkKey(x); err != nil {
		return false, err
	}
	return bytes.Equal(w.oldKey, w.key), nil
}

func (w *Writer) updateEntries(ctx context.Context, id uint64, old, row []types.Datum) error {
	for i, x := range w.Table.Indexes {
		if x.IsVector() && x.Ready {
			if err := w.vectorDelta(ctx, i, x, old, row, id); err != nil {
				return err
			}
			continue
		}
		if !w.stored(x) {
			continue
		}
		if x.IsInverted() {
			if err := w.updateInverted(i, old, row, id); err != nil {
				return err
			}
			continue
		}
		same, err := w.sameEntry(i, x, old, row, id)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		w.light = false
		switch {
		case len(w.oldKey) == 0:
		case late(x), w.excludes(x):
			err = w.deleteEntry(ctx, i, x, old, id)
		default:
			err = w.txn.Delete(w.oldKey)
		}
		if err != nil {
			return err
		}
		if err := w.insertEntry(ctx, i, x, row, id); err != nil {
			return err
		}
	}
	return nil
}

// move is an update of the table key: the row goes and comes back under another
// number. Unassigned vectors are carried over from storage.
func (w *Writer) move(ctx context.Context, id uint64, old, row []types.Datum, set []bool) error {
	for _, k := range w.vecs {
		if set[k] {
			continue
		}
		row[k] = types.Null
		if w.hadVector(k) {
			key := keys.AppendRow(nil, w.Table.Storage, uint16(k+1), id)
			val, ok, err := w.read.Get(ctx, key)
			if err != nil {
				return err
			}
			if ok {
				_, comps, err := rowcodec.DecodeVector(val)
				if err != nil {
					return err
				}
				row[k] = types.Bytes(slices.Clone(comps))
			}
		}
	}
	w.light = false
	if _, err := w.Delete(ctx, id, old); err != nil {
		return err
	}
	to, err := w.Insert(ctx, row)
	if err == nil {
		w.txn.moved(w.Table.Storage, id, to)
	}
	return err
}
