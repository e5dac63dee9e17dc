package executor

import (
	"sync/atomic"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Budget bounds the memory that a statement's operators hold. Going over it is
// error 53200 for that statement, not the end of the server.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget allows limit bytes; 0 = unlimited.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Reset makes the budget that of a new statement.
func (b *Budget) Reset(limit int64) {
	b.limit = limit
	b.used.Store(0)
}

// Grow takes n more bytes (negative gives back).
func (b *Budget) Grow(n int64) error {
	if b == nil {
		return nil
	}
	used := b.used.Add(n)
	switch {
	case n <= 0:
		return nil
	case b.limit > 0 && used > b.limit:
		b.used.Add(-n)
		return pgerr.New(pgerrcode.OutOfMemory, "out of memory").
			WithDetail("The statement needs more than its memory budget of %d MB.", b.limit>>20).
			WithHint("Raise loxodb.statement_memory, or let the statement handle fewer rows at a time.")
	case types.Grown(used, n):
		if err := types.RoomToGrow(); err != nil {
			b.used.Add(-n)
			return err
		}
	}
	return nil
}
