package executor

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// Buffer keeps a result's rows to hand them out later: results read ahead, and
// cursors. One goroutine.
type Buffer struct {
	rows   *rowStore
	budget *Budget
	replay replay
	view   batch.Batch
}

// NewBuffer returns an empty buffer that takes its memory from the budget.
func NewBuffer(b *Budget) *Buffer { return &Buffer{budget: b} }

// Append copies the selected rows; all batches have the same columns.
func (b *Buffer) Append(rows *batch.Batch) error {
	if b.rows == nil {
		ts := make([]types.T, len(rows.Cols))
		for i := range rows.Cols {
			ts[i] = rows.Cols[i].T
		}
		b.rows = newRowStore(ts)
		b.rows.reset(b.budget)
		b.replay = replay{store: b.rows}
	}
	return b.rows.append(rows)
}

// Len is the number of rows.
func (b *Buffer) Len() int {
	if b.rows == nil {
		return 0
	}
	return b.rows.n
}

// Next returns the next rows in order, nil at the end; valid until the next Append.
func (b *Buffer) Next() *batch.Batch { return b.replay.next() }

// Slice returns rows at..at+n-1 (n at most batch.MaxRows).
func (b *Buffer) Slice(at, n int) *batch.Batch { return b.rows.window(&b.view, at, n) }

// Close gives the memory back.
func (b *Buffer) Close() {
	if b.rows != nil {
		b.rows.reset(nil)
		b.rows = nil
		b.replay = replay{}
	}
}
