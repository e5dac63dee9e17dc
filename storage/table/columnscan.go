package table

import (
	"context"
	"sort"
	"sync"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// UseColumns makes scans take what the cache has of the table, and give it what they read;
// nil turns that off, as it must be for a transaction that writes.
func (r *Reader) UseColumns(c *ColumnCache) {
	if c != nil && !r.cacheable() {
		c = nil
	}
	r.columns = c
}

// cacheable reports that the row numbers and values of plain columns are all that is wanted.
func (r *Reader) cacheable() bool {
	if len(r.vecs) > 0 || r.watch {
		return false
	}
	for _, a := range r.attrs {
		if a == catalog.XminAttr {
			return false
		}
	}
	return true
}

// maxGap is how many cells without rows, one behind the other, are cached as such.
const maxGap = 16

// cellWalk walks over the cells of a table: it shows those that the cache has, and walks
// over the rows of the others, which it gives to the cache where it has seen all of them.
type cellWalk struct {
	ctx   context.Context
	from  kv.Reader
	cache *ColumnCache
	at    kv.TS
	table *cachedTable // nil: not cached yet

	next, hi uint64 // rows that were not delivered
	done     bool   // there are none
	end      uint64 // of the cell that next lies in, if it was entered
	cell     *cell  // it, if the cache has it
	shown    int    // rows of it that were delivered, or left out
	reading  bool   // it is walked over

	iter    kv.Iter
	pending bool // iter stands on a row that was not delivered
	first   uint64
	seen    int
	maker   *cellMaker // of the cell that is walked over, if all of it is
	spare   *cellMaker
}

func newCellWalk(ctx context.Context, r *Reader, from kv.Reader, lo, hi uint64) *cellWalk {
	return &cellWalk{ctx: ctx, from: from, cache: r.columns, at: from.At(), table: r.columns.table(uint32(r.Table.Storage)), next: lo, hi: hi, done: lo > hi}
}

// even reports that the walk stands between two cells.
func (w *cellWalk) even() bool { return w.cell == nil && !w.reading }

// fill reads at most max rows, none only at the end.
func (w *cellWalk) fill(r *Reader, b *batch.Batch, max int) (n int, err error) {
	for n == 0 && !w.done && err == nil {
		if w.even() {
			if err = w.enter(r); err != nil {
				return 0, err
			}
		}
		if w.cell != nil {
			n = w.show(r, b, max)
		} else {
			n, err = w.read(r, b, max)
		}
	}
	return n, err
}

// enter finds out how to read the cell of the next row.
func (w *cellWalk) enter(r *Reader) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.table == nil {
		w.end, w.reading = w.hi, true
		return nil
	}
	number := w.next >> w.table.shift
	start := number << w.table.shift
	w.end = start + (1<<w.table.shift - 1)
	if w.cell = w.cache.get(w.table, number, r.plain, w.at); w.cell == nil {
		w.reading = true
		if w.next == start && w.end <= w.hi {
			w.make()
		}
		return nil
	}
	w.shown = 0
	if w.next > start {
		w.shown = w.cell.before(w.next)
	}
	return w.closeIter()
}

// make begins to gather the rows of the cell.
func (w *cellWalk) make() {
	if w.spare == nil {
		w.spare = makers.Get().(*cellMaker)
	}
	w.maker = w.spare
	w.maker.reset()
}

// leave goes on behind the cell.
func (w *cellWalk) leave() {
	w.cell, w.reading, w.maker = nil, false, nil
	if w.end >= w.hi {
		w.done = true
		return
	}
	w.next = w.end + 1
}

// before is how many rows of the cell have lower numbers.
func (x *cell) before(row uint64) int {
	return sort.Search(x.n, func(i int) bool {
		var at [1]uint64
		unpackInts(at[:], &x.rows, i)
		return at[0] >= row
	})
}

// show delivers rows of the cached cell.
func (w *cellWalk) show(r *Reader, b *batch.Batch, max int) int {
	x, until := w.cell, w.cell.n
	if w.hi < w.end {
		until = x.before(w.hi + 1)
	}
	n := min(max, until-w.shown)
	if n > 0 {
		r.showCell(b, x, w.shown, n)
		w.shown += n
	}
	if w.shown >= until {
		w.leave()
	}
	return n
}

// showCell fills the batch with rows of a cell.
func (r *Reader) showCell(b *batch.Batch, x *cell, from, n int) {
	if cap(r.rows) < n {
		r.rows = make([]uint64, 0, batch.MaxRows)
	}
	r.rows = r.rows[:n]
	unpackInts(r.rows, &x.rows, from)
	for k := range r.plain {
		p := &r.plain[k]
		x.cols[int16(p.attr+1)].into(&b.Cols[p.out], 0, from, n)
	}
	if r.system {
		for i, row := range r.rows {
			r.showSystem(i, row, rowcodec.Header{})
		}
	}
}

// read walks over rows of a cell that is not cached.
func (w *cellWalk) read(r *Reader, b *batch.Batch, max int) (n int, err error) {
	n, more, err := w.step(r, b, max)
	if err != nil {
		return 0, err
	}
	if n > 0 {
		w.next = r.rows[n-1] + 1
		if w.maker != nil && !w.maker.add(r, b, n) {
			w.giveUp()
		}
	}
	switch {
	case !more:
		if w.maker != nil && w.maker.n > 0 {
			w.give(r, b)
		}
		w.leave()
		w.done = true
	case w.pending:
		w.skip(r, b)
	case w.table == nil:
		w.begin(r, n)
	case w.next > w.end || w.next == 0:
		if w.maker != nil {
			w.give(r, b)
		}
		w.leave()
	}
	return n, nil
}

// step reads rows of the cell into the batch; more is false behind the last row of all.
func (w *cellWalk) step(r *Reader, b *batch.Batch, max int) (n int, more bool, err error) {
	if w.iter == nil {
		if w.iter, err = w.from.Scan(w.ctx, RowRange(r.Table, w.next, w.hi)); err != nil {
			return 0, false, err
		}
	}
	for n < max && !r.arena.Full() {
		if !w.pending && !w.iter.Next() {
			return n, false, w.iter.Err()
		}
		row := keys.RowOf(w.iter.Key())
		if w.pending = row > w.end; w.pending {
			break
		}
		if err := r.show(n, row, w.iter.Value()); err != nil {
			return 0, false, err
		}
		r.rows = append(r.rows, row)
		n++
	}
	return n, true, nil
}

// begin has the cache take up the table once many rows were read.
func (w *cellWalk) begin(r *Reader, n int) {
	if w.seen == 0 {
		w.first = r.rows[0]
	}
	if w.seen += n; w.seen < w.cache.per { // few rows
		return
	}
	last := r.rows[n-1]
	w.table = w.cache.begin(uint32(r.Table.Storage), float64(w.seen)/float64(last-w.first+1))
	if w.end = last | (1<<w.table.shift - 1); last == w.end {
		w.leave()
	}
}

// give offers the cache the cell that was walked over.
func (w *cellWalk) give(r *Reader, b *batch.Batch) {
	w.cache.put(w.table, w.end>>w.table.shift, w.maker.cell(r, b, w.at))
}

// giveUp does without a cell that has become too large.
func (w *cellWalk) giveUp() {
	if w.maker.n > crowded*w.cache.per {
		w.table.mu.Lock()
		w.cache.narrow(w.table)
		w.table.mu.Unlock()
	}
	w.maker = nil
}

// skip goes on to the cell of the row that iter stands on. The cells between have no
// rows, as this one may have none; few of them are cached, so that there need be no walk
// to learn that.
func (w *cellWalk) skip(r *Reader, b *batch.Batch) {
	shift := w.table.shift
	number, next := w.end>>shift, keys.RowOf(w.iter.Key())>>shift
	if few := next-number <= maxGap; w.maker != nil && (few || w.maker.n > 0) {
		w.give(r, b)
		for w.maker.reset(); few && number+1 < next; number++ {
			w.cache.put(w.table, number+1, w.maker.cell(r, b, w.at))
		}
	}
	w.leave()
	w.next = next << shift
}

func (w *cellWalk) closeIter() error {
	it := w.iter
	w.iter, w.pending = nil, false
	if it == nil {
		return nil
	}
	return it.Close()
}

func (w *cellWalk) close() error {
	if w.spare != nil {
		makers.Put(w.spare)
		w.spare, w.maker = nil, nil
	}
	return w.closeIter()
}

// cellMaker gathers the rows of a cell.
type cellMaker struct {
	n    int
	rows []int64
	cols []packer // as the reader's plain
}

var makers = sync.Pool{New: func() any { return &cellMaker{} }}

func (m *cellMaker) reset() {
	m.n, m.rows = 0, m.rows[:0]
	for k := range m.cols {
		m.cols[k].reset()
	}
}

// add takes the n rows that r has read into b; false if they become too many.
func (m *cellMaker) add(r *Reader, b *batch.Batch, n int) bool {
	for len(m.cols) < len(r.plain) {
		m.cols = append(m.cols, packer{})
	}
	m.n += n
	for _, row := range r.rows[:n] {
		m.rows = append(m.rows, int64(row))
	}
	small := m.n <= crowded*r.columns.per
	for k := range r.plain {
		small = m.cols[k].add(&b.Cols[r.plain[k].out], n) && small
	}
	return small
}

// cell makes the cell of the rows, whose columns are like those of b.
func (m *cellMaker) cell(r *Reader, b *batch.Batch, at kv.TS) *cell {
	x := &cell{n: m.n, cols: make(map[int16]*packed, len(r.plain)), at: at}
	rows, size := packInts(m.rows)
	x.rows, x.size = rows, int64(size)+cellOverhead
	for k := range r.plain {
		p := &r.plain[k]
		var col *packed
		if m.n == 0 { // m may have no packers yet
			col = (&packer{}).pack(&b.Cols[p.out])
		} else {
			col = m.cols[k].pack(&b.Cols[p.out])
		}
		x.cols[int16(p.attr+1)] = col
		x.size += col.size
	}
	return x
}
