package table

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// Reader decodes rows of one table into batches with a fixed choice of columns.
// Batches it fills are valid until its next Scan.Next or Fetch. One goroutine.
type Reader struct {
	Table  *catalog.Table
	attrs  []int16
	types  []types.T
	decode *rowcodec.ColumnDecoder
	last   int // attribute indexes from here on are not wanted
	plain  []plainCol
	vecs   []vectorCol
	arena  batch.Arena
	rows   []uint64 // RowID of each row of the current batch
	own    []uint32 // the rows' own epochs, when watched
	watch  bool
	system bool // some output columns are system columns
	out    *batch.Batch

	cache   *RowCache
	columns *ColumnCache
	keep    bool // values decoded now may be borrowed
	order   []int
	keyed   [][]byte
	kbuf    []byte
}

// plainCol is an output column that is not a vector.
type plainCol struct {
	out     int
	attr    int // attribute index
	missing types.Datum
}

// vectorCol is a vector column that is read, or of which only the epochs are.
type vectorCol struct {
	out    int // output column, −1 for epochs only
	attr   int // attribute index
	family uint16
	epochs []uint32 // of the rows of the current batch; noEpoch = NULL
}

// NewReader prepares to read the attributes (system columns and RowIDAttr allowed), none
// of the table's own twice.
func NewReader(t *catalog.Table, attrs []int16) *Reader {
	r := &Reader{Table: t, attrs: attrs, decode: rowcodec.NewLayout(t).ColumnDecoder()}
	for i, a := range attrs {
		r.types = append(r.types, AttrType(t, a))
		if a <= 0 {
			r.system = true
			continue
		}
		k := int(a) - 1
		r.last = max(r.last, k+1)
		if t.Columns[k].Type.IsVector() {
			r.vecs = append(r.vecs, vectorCol{out: i, attr: k, family: uint16(a)})
			continue
		}
		r.plain = append(r.plain, plainCol{out: i, attr: k, missing: missing(&t.Columns[k])})
	}
	return r
}

// missing is the value of a column in rows that were written before it was added:
// its constant default.
func missing(c *catalog.Column) types.Datum {
	if c.Missing != nil {
		if v, err := rowcodec.DecodeDatum(c.Type, c.Missing); err == nil {
			return v
		}
	}
	return types.Null
}

// WatchEntry makes EntryEpoch answer for the vector index.
func (r *Reader) WatchEntry(x *catalog.Index) {
	attr := x.VersionAttr()
	if attr == 0 {
		r.watch = true
		return
	}
	for i := range r.vecs {
		if r.vecs[i].family == uint16(attr) {
			return
		}
	}
	r.last = max(r.last, int(attr))
	r.vecs = append(r.vecs, vectorCol{out: -1, attr: int(attr) - 1, family: uint16(attr)})
}

// AttrType is the type of an attribute, system columns and RowIDAttr included.
func AttrType(t *catalog.Table, attr int16) types.T {
	switch attr {
	case catalog.RowIDAttr:
		return types.Of(types.Int8OID)
	case catalog.CtidAttr:
		return types.Of(types.TidOID)
	case catalog.XminAttr, catalog.XmaxAttr:
		return types.Of(types.XidOID)
	case catalog.CminAttr, catalog.CmaxAttr:
		return types.Of(types.CidOID)
	case catalog.TableOidAttr:
		return types.Of(types.OidOID)
	}
	return t.Columns[attr-1].Type
}

// frozen is the xmin of rows that do not say who wrote them (FrozenTransactionId).
const frozen = 2

// XminOf is what xmin shows of a transaction's number: its lower half, as PostgreSQL's
// 32-bit transaction IDs are.
func XminOf(writer uint64) int64 {
	if writer == 0 {
		return frozen
	}
	return int64(uint32(writer))
}

// Types are the output columns' types.
func (r *Reader) Types() []types.T { return r.types }

// Rows are the row numbers of the current batch, by row index.
func (r *Reader) Rows() []uint64 { return r.rows }

// HasVectors reports whether LoadVectors has work to do.
func (r *Reader) HasVectors() bool { return len(r.VectorOutputs()) > 0 }

// VectorOutputs lists the output columns that LoadVectors fills.
func (r *Reader) VectorOutputs() []int {
	var out []int
	for i := range r.vecs {
		if r.vecs[i].out >= 0 {
			out = append(out, r.vecs[i].out)
		}
	}
	return out
}

// EntryEpoch is the epoch that an entry of the watched index has if it is row i's
// of the current batch; ok is false when the row has none because the column is NULL.
func (r *Reader) EntryEpoch(x *catalog.Index, i int) (epoch uint32, ok bool) {
	attr := x.VersionAttr()
	if attr == 0 {
		return r.own[i], true
	}
	for k := range r.vecs {
		if v := &r.vecs[k]; v.family == uint16(attr) {
			if e := v.epochs[i]; e != noEpoch {
				return e, true
			}
			return 0, x.Computed()
		}
	}
	return 0, false
}

func (r *Reader) begin(b *batch.Batch, room int) {
	r.arena.Reset()
	r.out = b
	r.rows = r.rows[:0]
	for i := range b.Cols {
		b.Cols[i].Init(r.types[i], room)
	}
	if r.watch && cap(r.own) < room {
		r.own = make([]uint32, room)
	}
	r.own = r.own[:cap(r.own)]
	for i := range r.vecs {
		if cap(r.vecs[i].epochs) < room {
			r.vecs[i].epochs = make([]uint32, room)
		}
		r.vecs[i].epochs = r.vecs[i].epochs[:room]
	}
	r.aim()
}

// aim sends what is decoded to the columns of the batch.
func (r *Reader) aim() {
	for k := range r.plain {
		c := &r.out.Cols[r.plain[k].out]
		clear(c.Null)
		r.decode.Into(r.plain[k].attr, rowcodec.SinkOf(c))
	}
	for k := range r.vecs {
		v := &r.vecs[k]
		sink := rowcodec.Sink{Epochs: v.epochs}
		if v.out >= 0 {
			sink.Null = r.out.Cols[v.out].Null
			clear(sink.Null)
		}
		r.decode.Into(v.attr, sink)
	}
}

// show puts a stored row at index i of the batch; bytes are copied to the arena.
func (r *Reader) show(i int, row uint64, val []byte) error {
	if r.system || r.watch {
		h, err := rowcodec.HeaderOf(val)
		if err != nil {
			return err
		}
		r.showSystem(i, row, h)
		if r.watch {
			r.own[i] = h.Epoch
		}
	}
	arena := &r.arena
	if r.keep {
		arena = nil
	}
	n, err := r.decode.Decode(val, i, arena)
	if err != nil || n >= r.last {
		return err
	}
	r.showMissing(i, n)
	return nil
}

// showMissing fills row i of the batch where the stored row, with n columns, has none.
func (r *Reader) showMissing(i, n int) {
	for k := range r.vecs {
		if v := &r.vecs[k]; v.attr >= n {
			v.epochs[i] = noEpoch
			if v.out >= 0 {
				r.out.Cols[v.out].Null[i] = true
			}
		}
	}
	for k := range r.plain {
		if p := &r.plain[k]; p.attr >= n {
			r.out.Cols[p.out].Set(i, p.missing)
		}
	}
}

// showSystem fills the system columns of row i of the batch.
func (r *Reader) showSystem(i int, row uint64, h rowcodec.Header) {
	for k, a := range r.attrs {
		if a <= 0 {
			r.systemCol(k, a, i, row, h)
		}
	}
}

// systemCol fills a system column. No version that a statement sees was deleted, and
// nobody can see which statement of its transaction wrote it.
func (r *Reader) systemCol(out int, attr int16, i int, row uint64, h rowcodec.Header) {
	c := &r.out.Cols[out]
	c.Null[i] = false
	switch attr {
	case catalog.RowIDAttr:
		c.I[i] = int64(row)
	case catalog.TableOidAttr:
		c.I[i] = int64(r.Table.ID)
	case catalog.XminAttr:
		c.I[i] = XminOf(h.Writer)
	case catalog.CminAttr, catalog.XmaxAttr, catalog.CmaxAttr:
		c.I[i] = 0
	case catalog.CtidAttr:
		c.Set(i, types.CtidDatum(row))
	}
}

// Scan walks rows in table-key order.
type Scan struct {
	r    *Reader
	iter kv.Iter
	walk *cellWalk // instead of iter, where there is a cache of columns
}

// walkCells is how many row numbers a walk must go over to ask the cache of columns.
const walkCells = 256

// Scan starts a walk over rows lo..hi (both included).
func (r *Reader) Scan(ctx context.Context, from kv.Reader, lo, hi uint64, reverse bool) (*Scan, error) {
	if r.columns != nil && !reverse && hi-lo >= walkCells {
		return &Scan{r: r, walk: newCellWalk(ctx, r, from, lo, hi)}, nil
	}
	rng := RowRange(r.Table, lo, hi)
	rng.Reverse = reverse
	it, err := from.Scan(ctx, rng)
	if err != nil {
		return nil, err
	}
	return &Scan{r: r, iter: it}, nil
}

// RowRange are the keys of rows lo..hi (both included).
func RowRange(t *catalog.Table, lo, hi uint64) kv.Range {
	return kv.Range{
		Start: keys.AppendRow(nil, t.Storage, keys.Scalars, lo),
		End:   append(keys.AppendRow(nil, t.Storage, keys.Scalars, hi), 0),
	}
}

// Use makes r, a reader of the same columns of the same table, the one that decodes
// the following rows: a batch lives until its own reader's next use.
func (s *Scan) Use(r *Reader) { s.r = r }

// Next fills b with at most max rows (all selected), fewer where they are long; none at the
// end. Vector columns have only their NULLs set until LoadVectors.
func (s *Scan) Next(b *batch.Batch, max int) error {
	s.r.begin(b, max)
	n := 0
	if s.walk != nil {
		n, err := s.walk.fill(s.r, b, max)
		b.Sel = batch.Identity(n)
		return err
	}
	for n < max && !s.r.arena.Full() && s.iter.Next() {
		row := keys.RowOf(s.iter.Key())
		if err := s.r.show(n, row, s.iter.Value()); err != nil {
			return err
		}
		s.r.rows = append(s.r.rows, row)
		n++
	}
	b.Sel = batch.Identity(n)
	return s.iter.Err()
}

// Even reports that the walk stands between two cells of the cache of columns: who begins
// there can fill whole ones.
func (s *Scan) Even() bool { return s.walk == nil || s.walk.even() }

// Close ends the walk.
func (s *Scan) Close() error {
	if s.walk != nil {
		return s.walk.close()
	}
	return s.iter.Close()
}
