package executor

import (
	"context"
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// callOf is a call of a built-in function.
func callOf(t *testing.T, name string, args ...expr.Expr) *expr.Call {
	t.Helper()
	var in []types.OID
	for _, a := range args {
		in = append(in, a.Type().OID)
	}
	r, err := builtin.ResolveFunc("", name, in, builtin.CallShape{})
	if err != nil {
		t.Fatal(err)
	}
	return &expr.Call{Fn: r.Fn, Args: args, T: types.Of(r.Ret)}
}

// Long values made of short ones are not there for all rows of a batch at once, and those of
// the rows before are let go.
func TestLongValuesComeInPieces(t *testing.T) {
	int4, text := types.Of(types.Int4OID), types.Of(types.TextOID)
	const rows, length = 1000, 200_000
	in := &physical.Values{}
	in.Cols = []types.T{int4}
	for i := range rows {
		in.Rows = append(in.Rows, []expr.Expr{&expr.Const{T: int4, D: types.Int(int64(length + i))}})
	}
	long := callOf(t, "repeat", &expr.Const{T: text, D: types.String("x")}, &expr.Column{T: int4})
	n := &physical.Project{Input: in, Exprs: []expr.Expr{callOf(t, "upper", long)}}
	n.Cols = []types.T{text}
	op, err := newProject(n)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := op.Open(ctx, &Env{}); err != nil {
		t.Fatal(err)
	}
	seen, batches := 0, 0
	for ; ; batches++ {
		b, err := op.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		there := 0
		for _, v := range b.Cols[0].B {
			there += len(v)
		}
		if there > expr.PieceBytes+length+rows {
			t.Fatalf("%d bytes are there after %d rows", there, seen)
		}
		for _, i := range b.Sel {
			if v := b.Cols[0].B[i]; len(v) != length+seen || v[0] != 'X' {
				t.Fatalf("row %d has %d bytes", seen, len(v))
			}
			seen++
		}
	}
	if seen != rows || batches > rows/5 {
		t.Errorf("%d rows in %d batches", seen, batches)
	}
}

// What is short for sure is computed for whole batches.
func TestWhatAmplifies(t *testing.T) {
	int4, text := types.Of(types.Int4OID), types.Of(types.TextOID)
	column := &expr.Column{T: text}
	number := func(n int64) expr.Expr { return &expr.Const{T: int4, D: types.Int(n)} }
	word := func(s string) expr.Expr { return &expr.Const{T: text, D: types.String(s)} }
	for _, c := range []struct {
		call *expr.Call
		want bool
	}{
		{callOf(t, "repeat", column, number(3)), false},
		{callOf(t, "repeat", column, number(300)), true},
		{callOf(t, "repeat", word("a"), &expr.Column{T: int4}), true},
		{callOf(t, "lpad", column, number(20)), false},
		{callOf(t, "lpad", column, number(1_000_000)), true},
		{callOf(t, "replace", column, word("a"), word("b")), false},
		{callOf(t, "replace", column, word("a"), column), true},
		{callOf(t, "upper", column), false},
	} {
		if got := expr.Amplifies(number(1), c.call); got != c.want {
			t.Errorf("%s of %v: %t", c.call.Fn.Name, c.call.Args, got)
		}
		if got := expr.Amplifies(&expr.IsNull{X: callOf(t, "upper", c.call)}); got != c.want {
			t.Errorf("%s below others: %t", c.call.Fn.Name, got)
		}
	}
}
