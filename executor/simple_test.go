package executor

import (
	"context"
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A load's VALUES of thousands of rows computes nothing for constants, and does not
// gather the working memory of the programs of rows that are done.
func TestValuesOfManyRows(t *testing.T) {
	int4 := types.Of(types.Int4OID)
	constant := func(v int64) expr.Expr { return &expr.Const{T: int4, D: types.Int(v)} }
	const rows = 5000
	n := &physical.Values{}
	n.Cols = []types.T{int4, int4}
	for i := range rows {
		n.Rows = append(n.Rows, []expr.Expr{constant(int64(i)), &expr.Coalesce{Args: []expr.Expr{constant(1)}, T: int4}})
	}
	op, err := newValues(n)
	if err != nil {
		t.Fatal(err)
	}
	v := op.(*values)
	for _, r := range v.rows {
		if r[0].p != nil || r[1].p == nil {
			t.Fatal("constants have programs, or others have none")
		}
	}
	if err := op.Open(context.Background(), &Env{}); err != nil {
		t.Fatal(err)
	}
	seen := int64(0)
	for {
		b, err := op.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		if n := v.scratch.Len(); n > 1 {
			t.Fatalf("the working memory of %d programs is kept", n)
		}
		for _, i := range b.Sel {
			if b.Cols[0].I[i] != seen || b.Cols[1].I[i] != 1 {
				t.Fatalf("row %d is %d, %d", seen, b.Cols[0].I[i], b.Cols[1].I[i])
			}
			seen++
		}
	}
	if seen != rows {
		t.Errorf("%d rows", seen)
	}
}
