package table

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// An entry of a vector index is (row, epoch, vector). The epoch names the version
// of what the vector comes from, so that one comparison tells whether a proposed
// entry is the row's at a view:
//
//   - of an index on a vector column, and of one on an expression that reads nothing
//     but one vector column, it is the epoch of the column's value, 0 for NULL;
//   - of an index on any other expression, or on a column that is stored among the
//     scalars (bit strings), or with included columns, it is the row's own epoch, which
//     changes with every column that such an expression reads or that is included. Rows
//     written before there was such an index have the epoch 0.
//
// With included columns an entry carries their values as its payload
// (rowcodec.Payload), which row and epoch name as they do the vector.
//
// The vector of an expression is stored nowhere: the expression is immutable, so
// whoever needs it computes it from the row (the writer, a build, a replay of
// outbox marks, an exact search).

// Entries say what a vector index holds of a table's rows when that is not simply
// a column of every row. They are used by one goroutine.
type Entries interface {
	// Attrs are the columns of the batches that Keep and Vectors are given.
	Attrs() []int16
	// KeepReadsVectors reports that Keep needs the vector columns loaded.
	KeepReadsVectors() bool
	// Keep narrows the selection to the rows that are in the index.
	Keep(b *batch.Batch) error
	// Vectors is the indexed value of the selected rows, NULL for no entry. It is
	// borrowed until the next call.
	Vectors(b *batch.Batch) (*batch.Col, error)
}

// Entry is what a vector index holds of a row.
type Entry struct {
	Row     uint64
	Epoch   uint32
	Vec     []byte
	Payload []byte // the values of included columns; nil without such
}

// EntryReader reads what a vector index holds of a table at a view.
type EntryReader struct {
	index    *catalog.Index
	entries  Entries
	reader   *Reader
	batch    batch.Batch
	included []int // places of the included columns in the batch
	form     *rowcodec.Payload
	vals     []types.Datum
	payload  []byte
}

// NewEntryReader reads the entries of x; entries may be nil for a whole column.
func NewEntryReader(t *catalog.Table, x *catalog.Index, entries Entries) *EntryReader {
	if entries == nil {
		entries = wholeColumn{x.Keys[0].Attr}
	}
	attrs := slices.Clone(entries.Attrs())
	e := &EntryReader{index: x, entries: entries}
	for _, a := range x.Include {
		at := slices.Index(attrs, a)
		if at < 0 {
			at = len(attrs)
			attrs = append(attrs, a)
		}
		e.included = append(e.included, at)
	}
	if len(e.included) > 0 {
		e.form = PayloadOf(t, x)
	}
	e.reader = NewReader(t, attrs)
	e.reader.WatchEntry(x)
	e.batch.Cols = make([]batch.Col, len(attrs))
	return e
}

// wholeColumn are the entries of an index on a column of every row.
type wholeColumn struct{ attr int16 }

func (c wholeColumn) Attrs() []int16                           { return []int16{c.attr} }
func (wholeColumn) KeepReadsVectors() bool                     { return false }
func (wholeColumn) Keep(*batch.Batch) error                    { return nil }
func (wholeColumn) Vectors(b *batch.Batch) (*batch.Col, error) { return &b.Cols[0], nil }

// PayloadOf is the form of the payloads of a vector index's entries: the included
// columns in their order.
func PayloadOf(t *catalog.Table, x *catalog.Index) *rowcodec.Payload {
	ts := make([]types.T, len(x.Include))
	for i, a := range x.Include {
		ts[i] = t.Columns[a-1].Type
	}
	return rowcodec.NewPayload(ts)
}

// Each walks the entries at the view, from row first on. The entry is borrowed for the call.
func (e *EntryReader) Each(ctx context.Context, from kv.Reader, first uint64, each func(*Entry) error) error {
	sc, err := e.reader.Scan(ctx, from, first, ^uint64(0), false)
	if err != nil {
		return err
	}
	defer sc.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := sc.Next(&e.batch, batch.MaxRows); err != nil || e.batch.Len() == 0 {
			return err
		}
		if err := e.emit(ctx, from, each); err != nil {
			return err
		}
	}
}

// Row calls each with the row's entry at the view, or not at all when it has none.
func (e *EntryReader) Row(ctx context.Context, from kv.Reader, row uint64, each func(*Entry) error) error {
	if err := e.reader.Fetch(ctx, from, []uint64{row}, &e.batch); err != nil {
		return err
	}
	return e.emit(ctx, from, each)
}

// emit hands out the entries of the batch.
func (e *EntryReader) emit(ctx context.Context, from kv.Reader, each func(*Entry) error) error {
	b := &e.batch
	early := e.entries.KeepReadsVectors()
	if early {
		if err := e.reader.LoadVectors(ctx, from, b); err != nil {
			return err
		}
	}
	if err := e.entries.Keep(b); err != nil || b.Len() == 0 {
		return err
	}
	if !early {
		if err := e.reader.LoadVectors(ctx, from, b); err != nil {
			return err
		}
	}
	col, err := e.entries.Vectors(b)
	if err != nil {
		return err
	}
	for _, i := range b.Sel {
		epoch, ok := e.reader.EntryEpoch(e.index, int(i))
		if !ok || col.Null[i] {
			continue
		}
		n := Entry{Row: e.reader.Rows()[i], Epoch: epoch, Vec: types.Elements(col.T.OID, col.Datum(int(i))), Payload: e.carried(b, int(i))}
		if err := each(&n); err != nil {
			return err
		}
	}
	return nil
}

// carried is the payload of row i of the batch, borrowed until the next call.
func (e *EntryReader) carried(b *batch.Batch, i int) []byte {
	if e.form == nil {
		return nil
	}
	e.vals = e.vals[:0]
	for _, k := range e.included {
		e.vals = append(e.vals, b.Cols[k].Datum(i))
	}
	e.payload = e.form.Append(e.payload[:0], e.vals)
	return e.payload
}

// vectorDelta records the change of a vector index entry: old nil = insert, row
// nil = delete. It leaves the outbox mark that recovery replays.
func (w *Writer) vectorDelta(ctx context.Context, i int, x *catalog.Index, old, row []types.Datum, id uint64) error {
	had, has := false, false // the versions may have entries
	var err error
	if old != nil && w.mayHave(x, w.oldEpochs) {
		if had, err = w.defs.In(i, old); err != nil {
			return err
		}
	}
	if row != nil && (x.Computed() || !row[x.Keys[0].Attr-1].IsNull()) {
		if has, err = w.defs.In(i, row); err != nil {
			return err
		}
	}
	d := Delta{Index: x.ID, Row: id}
	if has {
		d.Epoch = w.entryEpoch(x, w.epochs, w.own)
		if had && d.Epoch == w.entryEpoch(x, w.oldEpochs, w.oldOwn) {
			return nil // the vector itself did not change
		}
		if d.Vec, err = w.elements(ctx, i, x, row, id); err != nil {
			return err
		}
		if d.Payload, err = w.carried(ctx, i, x, row, id); err != nil {
			return err
		}
	}
	if d.Vec == nil {
		if !had {
			return nil
		}
		if d.Epoch, err = w.freshEpoch(ctx); err != nil {
			return err
		}
	}
	w.light = false
	w.txn.deltas = append(w.txn.deltas, d)
	w.key = keys.AppendOutbox(w.key[:0], x.ID, id, d.Epoch)
	return w.txn.Put(w.key, []byte{1})
}

// mayHave reports whether a version with these epochs can be in the index.
func (w *Writer) mayHave(x *catalog.Index, epochs []uint32) bool {
	return x.Computed() || epochs[x.Keys[0].Attr-1] != noEpoch
}

// entryEpoch is the epoch that a version's entry has.
func (w *Writer) entryEpoch(x *catalog.Index, epochs []uint32, own uint32) uint32 {
	a := x.VersionAttr()
	if a == 0 {
		return own
	}
	if e := epochs[a-1]; e != noEpoch {
		return e
	}
	return 0
}

// elements are the vector that the index holds of the row, in memory of their
// own; nil when it is NULL. An unassigned column's placeholder stands for what is
// stored.
func (w *Writer) elements(ctx context.Context, i int, x *catalog.Index, row []types.Datum, id uint64) ([]byte, error) {
	if x.Computed() {
		vals, err := w.defs.Key(i, row, w.vals[:0])
		w.vals = vals
		if err != nil || vals[0].IsNull() {
			return nil, err
		}
		return slices.Clone(types.Elements(x.Keys[0].Type.OID, vals[0])), nil
	}
	d, err := w.assignedOrStored(ctx, row, id, int(x.Keys[0].Attr)-1)
	if err != nil || d.IsNull() {
		return nil, err
	}
	if k := &x.Keys[0]; k.Dims > 0 { // the column takes any
		if err := checkDimensions(x, k.Dims, d); err != nil {
			return nil, err
		}
	}
	return slices.Clone(d.Bytes()), nil
}

// checkDimensions refuses a value that an index of dims dimensions cannot hold.
func checkDimensions(x *catalog.Index, dims int, d types.Datum) error {
	class, ok := opclass.Of(x)
	if !ok {
		return nil
	}
	return opclass.CheckDimensions(dist.Space{Element: class.Element, Dims: dims}, d, true)
}

// assignedOrStored is column k of a row that is written, where a vector column may have
// a placeholder for what is stored. Bytes are valid until the transaction is used again.
func (w *Writer) assignedOrStored(ctx context.Context, row []types.Datum, id uint64, k int) (types.Datum, error) {
	if d := row[k]; d.IsNull() || !w.Table.Columns[k].Type.IsVector() || len(d.Bytes()) > 0 {
		return d, nil
	}
	return w.StoredVector(ctx, id, k)
}

// carried is the payload of the row's entry in index i, in memory of its own; nil when
// no columns are included.
func (w *Writer) carried(ctx context.Context, i int, x *catalog.Index, row []types.Datum, id uint64) ([]byte, error) {
	if len(x.Include) == 0 {
		return nil, nil
	}
	if w.payloads[i] == nil {
		w.payloads[i] = PayloadOf(w.Table, x)
	}
	w.vals = w.vals[:0]
	for _, a := range x.Include {
		d, err := w.assignedOrStored(ctx, row, id, int(a)-1)
		if err != nil {
			return nil, err
		}
		if w.Table.Columns[a-1].Type.IsVector() {
			d = d.Clone()
		}
		w.vals = append(w.vals, d)
	}
	return w.payloads[i].Append(nil, w.vals), nil
}

// StoredVector reads vector column k of a row; NULL when it has none. The bytes
// are valid until the transaction is used again.
func (w *Writer) StoredVector(ctx context.Context, id uint64, k int) (types.Datum, error) {
	val, ok, err := w.read.Get(ctx, keys.AppendRow(nil, w.Table.Storage, uint16(k+1), id))
	if err != nil || !ok {
		return types.Null, err
	}
	_, comps, err := rowcodec.DecodeVector(val)
	return types.Bytes(comps), err
}
