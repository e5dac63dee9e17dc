package executor

import (
	"context"
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// TestSortSkips: rows that an OFFSET drops are the first of the order, in memory and
// from files, and no other row is lost.
func TestSortSkips(t *testing.T) {
	const rows = 5000
	int8T := types.Of(types.Int8OID)
	for _, spilled := range []bool{false, true} {
		for _, offset := range []int64{0, 1, 1023, 1024, 3000, rows - 1, rows, rows + 1} {
			s := &sortOp{input: &descending{rows: rows}, rows: newRowStore([]types.T{int8T})}
			key := physical.SortKey{Expr: &expr.Column{Index: 0, T: int8T}}
			var err error
			if s.order, err = newOrder([]physical.SortKey{key}); err != nil {
				t.Fatal(err)
			}
			s.keys = newRowStore(s.order.types)
			s.cols, s.keyView.Cols, s.out.Cols = make([]*batch.Col, 1), make([]batch.Col, 1), make([]batch.Col, 1)
			env := &Env{Budget: NewBudget(1 << 30)}
			if spilled {
				var files memFiles
				env.Budget, env.Spill = NewBudget(256<<10), files.spill
			}
			l := &limit{input: s, skip: offset, left: -1}
			if err := s.Open(context.Background(), env); err != nil {
				t.Fatal(err)
			}
			next := offset
			for {
				b, err := l.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if b == nil {
					break
				}
				for _, i := range b.Sel {
					if b.Cols[0].I[i] != next {
						t.Fatalf("offset %d, spilled %v: row %d, not %d", offset, spilled, b.Cols[0].I[i], next)
					}
					next++
				}
			}
			if next != max(rows, offset) {
				t.Fatalf("offset %d, spilled %v: ended before row %d", offset, spilled, next)
			}
			if (s.runs != nil) != spilled {
				t.Fatalf("spilled %v: %v", spilled, s.runs != nil)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// descending yields the numbers below rows, the greatest first.
type descending struct {
	rows, at int64
	out      batch.Batch
}

func (d *descending) Open(context.Context, *Env) error { return nil }

func (d *descending) Next(context.Context) (*batch.Batch, error) {
	n := min(batch.MaxRows, d.rows-d.at)
	if n == 0 {
		return nil, nil
	}
	if d.out.Cols == nil {
		d.out.Cols = make([]batch.Col, 1)
	}
	d.out.Cols[0].Init(types.Of(types.Int8OID), int(n))
	for i := range n {
		d.out.Cols[0].I[i] = d.rows - 1 - d.at - i
	}
	d.out.Sel = batch.Identity(int(n))
	d.at += n
	return &d.out, nil
}

func (d *descending) Close() error { return nil }
