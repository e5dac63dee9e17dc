package executor

import (
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// rowStore keeps rows in columns: what sorts, joins, WITH queries and
// statements that write hold on to. Bytes are copied.
type rowStore struct {
	types  []types.T
	cols   []batch.Col
	n      int
	arena  batch.Arena
	bytes  int64
	budget *Budget
	sizes  []int // of the columns of a batch that is appended: see measure
}

func newRowStore(ts []types.T) *rowStore {
	s := &rowStore{types: ts, cols: make([]batch.Col, len(ts))}
	for i, t := range ts {
		s.cols[i].Init(t, 1) // not 0, so that the slice of the column's kind is not nil
	}
	s.reset(nil)
	return s
}

// reset empties the store and gives its memory back to the budget.
func (s *rowStore) reset(b *Budget) {
	_ = s.budget.Grow(-s.bytes)
	s.budget, s.n, s.bytes = b, 0, 0
	s.arena.Reset()
	for i := range s.cols {
		c := &s.cols[i]
		c.Null, c.I, c.F, c.B = c.Null[:0], c.I[:0], c.F[:0], c.B[:0]
	}
}

// append copies the batch's selected rows.
func (s *rowStore) append(b *batch.Batch) error {
	if len(b.Sel) == 0 {
		return nil
	}
	grown := s.measure(b)
	if err := s.budget.Grow(grown); err != nil { // before there are copies: of long values it may be gigabytes
		return err
	}
	for k := range s.cols {
		s.appendCol(&s.cols[k], &b.Cols[k], b.Sel, s.sizes[k])
	}
	s.n += len(b.Sel)
	s.bytes += grown
	return nil
}

// measure is what the batch's selected rows count for, with the bytes of each column in sizes.
func (s *rowStore) measure(b *batch.Batch) (n int64) {
	s.sizes = s.sizes[:0]
	for k := range s.cols {
		size, some := 0, 0
		if s.cols[k].B != nil {
			from := &b.Cols[k]
			for _, i := range b.Sel {
				if !from.Null[i] {
					size += len(from.B[i])
					some++
				}
			}
		}
		s.sizes = append(s.sizes, size)
		n += int64(size + 16*some + 9*len(b.Sel))
	}
	return n
}

func (s *rowStore) appendCol(to, from *batch.Col, sel []uint16, size int) {
	lo, hi := int(sel[0]), int(sel[len(sel)-1])+1
	whole := hi-lo == len(sel) // all rows from lo to hi
	to.Null = extend(to.Null, len(sel))
	if null := to.Null[len(to.Null)-len(sel):]; whole {
		copy(null, from.Null[lo:hi])
	} else {
		pick(null, from.Null, sel)
	}
	switch {
	case to.B != nil:
		to.B = extend(to.B, len(sel))
		s.copyBytes(to.B[len(to.B)-len(sel):], from, sel, size)
	case to.F != nil:
		to.F = extend(to.F, len(sel))
		if v := to.F[len(to.F)-len(sel):]; whole {
			copy(v, from.F[lo:hi])
		} else {
			pick(v, from.F, sel)
		}
	default:
		to.I = extend(to.I, len(sel))
		if v := to.I[len(to.I)-len(sel):]; whole {
			copy(v, from.I[lo:hi])
		} else {
			pick(v, from.I, sel)
		}
	}
}

// extend makes v longer by n values, which are to be written. Memory at least doubles: a
// store of many rows is copied once, where growth by quarters would copy it four times.
func extend[T any](v []T, n int) []T {
	if cap(v)-len(v) < n {
		v = slices.Grow(v, max(n, len(v)))
	}
	return v[:len(v)+n]
}

// pick writes the values that sel names.
func pick[T bool | int64 | float64](dst, from []T, sel []uint16) {
	dst = dst[:len(sel)]
	for n, i := range sel {
		dst[n] = from[i]
	}
}

// copyBytes writes copies of the values that sel names, which share one piece of the
// arena, of their size.
func (s *rowStore) copyBytes(dst [][]byte, from *batch.Col, sel []uint16, size int) {
	buf, at := s.arena.Alloc(size), 0
	for n, i := range sel {
		if from.Null[i] {
			dst[n] = nil
			continue
		}
		end := at + copy(buf[at:], from.B[i])
		dst[n] = buf[at:end:end]
		at = end
	}
}

// appendRange copies rows lo..hi−1 of columns of any length.
func (s *rowStore) appendRange(cols []*batch.Col, lo, hi int) error {
	grown := int64(0)
	for k, from := range cols {
		to := &s.cols[k]
		grown += 9 * int64(hi-lo)
		switch {
		case to.I != nil:
			to.I = append(to.I, from.I[lo:hi]...)
		case to.F != nil:
			to.F = append(to.F, from.F[lo:hi]...)
		default:
			for i := lo; i < hi; i++ {
				if from.Null[i] {
					to.B = append(to.B, nil)
					continue
				}
				to.B = append(to.B, s.arena.Copy(from.B[i]))
				grown += int64(len(from.B[i])) + 16
			}
		}
		to.Null = append(to.Null, from.Null[lo:hi]...)
	}
	s.n += hi - lo
	s.bytes += grown
	return s.budget.Grow(grown)
}

// appendRow copies one row of datums.
func (s *rowStore) appendRow(row []types.Datum) error {
	grown := int64(0)
	for k := range s.cols {
		grown += s.appendDatum(&s.cols[k], row[k])
	}
	s.n++
	s.bytes += grown
	return s.budget.Grow(grown)
}

// appendFrom copies row i of columns into a store without a budget.
func (s *rowStore) appendFrom(cols []batch.Col, i int) {
	for k := range cols {
		s.bytes += s.appendDatum(&s.cols[k], cols[k].Datum(i))
	}
	s.n++
}

// appendAt copies row i of the columns.
func (s *rowStore) appendAt(cols []*batch.Col, i int) error {
	grown := int64(0)
	for k := range s.cols {
		grown += s.appendValue(&s.cols[k], cols[k], i)
	}
	s.n++
	s.bytes += grown
	return s.budget.Grow(grown)
}

func (s *rowStore) appendValue(to, from *batch.Col, i int) int64 {
	null := from.Null[i]
	to.Null = append(to.Null, null)
	switch {
	case to.I != nil:
		to.I = append(to.I, from.I[i])
	case to.F != nil:
		to.F = append(to.F, from.F[i])
	case null:
		to.B = append(to.B, nil)
	default:
		to.B = append(to.B, s.arena.Copy(from.B[i]))
		return 25 + int64(len(from.B[i]))
	}
	return 9
}

func (s *rowStore) appendDatum(c *batch.Col, d types.Datum) int64 {
	grown := int64(9)
	c.Null = append(c.Null, false)
	switch {
	case c.B != nil:
		c.B = append(c.B, nil)
		if b := d.Bytes(); b != nil {
			d = types.Bytes(s.arena.Copy(b))
			grown += int64(len(b)) + 16
		}
	case c.F != nil:
		c.F = append(c.F, 0)
	default:
		c.I = append(c.I, 0)
	}
	c.Set(s.n, d)
	return grown
}

// datum is column k of row i, borrowed from the store.
func (s *rowStore) datum(i, k int) types.Datum { return s.cols[k].Datum(i) }

// row copies the datums of row i (borrowed) into dst.
func (s *rowStore) row(i int, dst []types.Datum) []types.Datum {
	for k := range s.cols {
		dst = append(dst, s.cols[k].Datum(i))
	}
	return dst
}

// window makes v show rows at..at+n-1, until the store changes. Each reader of a
// store has a view of its own.
func (s *rowStore) window(v *batch.Batch, at, n int) *batch.Batch {
	return windowOf(v, s.cols, at, n)
}

// dropFirst forgets the first n rows, at the cost of copying the others.
func (s *rowStore) dropFirst(n int) error {
	rest := newRowStore(s.types)
	rest.reset(s.budget)
	var view batch.Batch
	for at := n; at < s.n; at += batch.MaxRows {
		if err := rest.append(s.window(&view, at, min(batch.MaxRows, s.n-at))); err != nil {
			rest.reset(nil)
			return err
		}
	}
	s.reset(s.budget)
	*s = *rest
	return nil
}

// windowOf makes v show rows at..at+n−1 of columns.
func windowOf(v *batch.Batch, cols []batch.Col, at, n int) *batch.Batch {
	if len(v.Cols) != len(cols) {
		v.Cols = make([]batch.Col, len(cols))
	}
	for k := range cols {
		c, v := &cols[k], &v.Cols[k]
		v.T, v.Null = c.T, c.Null[at:at+n]
		v.I, v.F, v.B = nil, nil, nil
		switch {
		case c.B != nil:
			v.B = c.B[at : at+n]
		case c.F != nil:
			v.F = c.F[at : at+n]
		default:
			v.I = c.I[at : at+n]
		}
	}
	v.Sel = batch.Identity(n)
	return v
}

// gather fills out with the rows named in ids, borrowing bytes; at most MaxRows.
func (s *rowStore) gather(ids []uint32, out *batch.Batch) {
	for k := range s.cols {
		gatherCol(&s.cols[k], ids, &out.Cols[k])
	}
	out.Sel = batch.Identity(len(ids))
}

// gatherCol copies rows ids of from to rows 0.. of to; id none gives NULL.
func gatherCol(from *batch.Col, ids []uint32, to *batch.Col) {
	to.Init(from.T, len(ids))
	for i, id := range ids {
		if id == none || from.Null[id] {
			to.Null[i] = true
			continue
		}
		to.Null[i] = false
		switch {
		case from.B != nil:
			to.B[i] = from.B[id]
		case from.F != nil:
			to.F[i] = from.F[id]
		default:
			to.I[i] = from.I[id]
		}
	}
}

// none is the row number of a missing partner in an outer join.
const none = ^uint32(0)

// replay walks the rows of a store in batches.
type replay struct {
	store *rowStore
	at    int
	view  batch.Batch
}

func (r *replay) next() *batch.Batch {
	if r.store == nil || r.at >= r.store.n {
		return nil
	}
	n := min(batch.MaxRows, r.store.n-r.at)
	b := r.store.window(&r.view, r.at, n)
	r.at += n
	return b
}
