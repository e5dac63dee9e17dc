package executor

import (
	"errors"
	"sort"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// Buffer keeps a result's rows to hand them out later, in any order: results read ahead, those
// of functions, and cursors. Where they take much of the memory they go to a file. One goroutine.
type Buffer struct {
	budget *Budget
	spill  func() (SpillFile, error) // nil: all stay in memory
	types  []types.T                 // nil until there are rows, or it is told
	file   *bufferFile               // the first rows, nil while they are in memory
	rows   *rowStore                 // those after them
	at     int                       // of Next
	view   batch.Batch
}

// NewBuffer returns an empty buffer that takes its memory from the budget, and its file, when
// that becomes short, from spill.
func NewBuffer(b *Budget, spill func() (SpillFile, error)) *Buffer {
	return &Buffer{budget: b, spill: spill}
}

// newRowBuffer is a buffer for rows of the types, which reset readies for each run of a statement.
func newRowBuffer(ts []types.T) *Buffer { return &Buffer{types: ts} }

// reset empties the buffer for another run, and keeps its memory.
func (b *Buffer) reset(env *Env) {
	b.drop()
	b.budget, b.spill = env.Budget, env.Spill
	if b.rows != nil {
		b.rows.reset(env.Budget)
	}
}

// Append copies the selected rows; all batches have the same columns.
func (b *Buffer) Append(rows *batch.Batch) error {
	if b.types == nil {
		b.types = make([]types.T, len(rows.Cols))
		for i := range rows.Cols {
			b.types[i] = rows.Cols[i].T
		}
	}
	b.begin()
	if n := len(rows.Sel) / 2; n > 0 && b.spill != nil && b.budget.crowded(b.rows.measure(rows)) {
		// Many rows may share one long value, of which each gets a copy: some at a time.
		half := *rows
		half.Sel = rows.Sel[:n]
		if err := b.Append(&half); err != nil {
			return err
		}
		half.Sel = rows.Sel[n:]
		return b.Append(&half)
	}
	return b.settle(b.rows.append(rows))
}

// appendRow copies a row.
func (b *Buffer) appendRow(row []types.Datum) error {
	b.begin()
	return b.settle(b.rows.appendRow(row))
}

func (b *Buffer) begin() {
	if b.rows == nil {
		b.rows = newRowStore(b.types)
		b.rows.reset(b.budget)
	}
}

// settle has the rows in memory go to the file where they take much; err is that of the last
// ones.
func (b *Buffer) settle(err error) error {
	if err != nil {
		return err
	}
	if b.spill == nil || !b.budget.crowded(b.rows.bytes) {
		return nil
	}
	if b.file == nil {
		f, err := newBufferFile(b)
		if err != nil {
			return err
		}
		b.file = f
	}
	if err := b.file.take(b.rows); err != nil {
		return err
	}
	b.rows.reset(b.budget)
	return nil
}

// Len is the number of rows.
func (b *Buffer) Len() int {
	if b.rows == nil {
		return 0
	}
	return b.written() + b.rows.n
}

func (b *Buffer) written() int {
	if b.file == nil {
		return 0
	}
	return b.file.n
}

// Next returns the next rows in order, nil at the end; valid until the next call.
func (b *Buffer) Next() (*batch.Batch, error) {
	if b.at >= b.Len() {
		return nil, nil
	}
	rows, err := b.Slice(b.at, batch.MaxRows)
	if err == nil {
		b.at += rows.Len()
	}
	return rows, err
}

// Slice returns rows from at on, at least one and at most n; valid until the next call.
func (b *Buffer) Slice(at, n int) (*batch.Batch, error) {
	n = min(n, batch.MaxRows)
	if first := b.written(); at >= first {
		return b.rows.window(&b.view, at-first, min(n, b.rows.n-(at-first))), nil
	}
	cols, at, rows, err := b.file.find(at)
	if err != nil {
		return nil, err
	}
	return windowOf(&b.view, cols, at, min(n, rows-at)), nil
}

// Close gives the memory back, and the file.
func (b *Buffer) Close() {
	b.drop()
	if b.rows != nil {
		b.rows.reset(nil)
		b.rows = nil
	}
}

func (b *Buffer) drop() {
	if b.file != nil {
		b.file.close()
		b.file = nil
	}
	b.at = 0
}

// bufferFile is a buffer's rows in a file: a run whose blocks are found by their rows.
type bufferFile struct {
	budget *Budget
	held   int64 // of the budget
	w      *runWriter
	n      int
	starts []blockStart
	reader *runReader
	block  int // that the reader has, −1: none
}

// blockStart is where a block is, and its first row.
type blockStart struct {
	row int
	off int64
}

func newBufferFile(b *Buffer) (*bufferFile, error) {
	size := b.budget.blockSize()
	f := &bufferFile{budget: b.budget, held: 4 * size, block: -1} // two of the writer's, and two of the reader's
	if err := b.budget.Grow(f.held); err != nil {
		return nil, err
	}
	file, err := b.spill()
	if err != nil {
		_ = b.budget.Grow(-f.held)
		return nil, err
	}
	f.w = newRunWriter(file, b.types, size)
	return f, nil
}

// take appends the rows of a store.
func (f *bufferFile) take(s *rowStore) error {
	for i := range s.n {
		if f.w.block.n == 0 {
			f.starts = append(f.starts, blockStart{f.n, f.w.run.bytes})
		}
		if err := f.w.add(s.cols, i); err != nil {
			return err
		}
		f.n++
	}
	_, err := f.w.end()
	return err
}

// find returns the columns of the block that has a row, where in them that is, and the rows of
// the block.
func (f *bufferFile) find(row int) (cols []batch.Col, at, n int, err error) {
	k := sort.Search(len(f.starts), func(i int) bool { return f.starts[i].row > row }) - 1
	if f.reader == nil {
		f.reader = newRunReader(f.w.run, f.w.types)
	}
	if k != f.block {
		f.block = -1
		f.reader.run, f.reader.off = f.w.run, f.starts[k].off
		if ok, err := f.reader.next(); err != nil || !ok {
			return nil, 0, 0, errors.Join(err, errSpillFile)
		}
		f.block = k
	}
	return f.reader.cols, row - f.starts[k].row, f.reader.n, nil
}

func (f *bufferFile) close() {
	_ = f.w.run.file.Close()
	_ = f.budget.Grow(-f.held)
}
