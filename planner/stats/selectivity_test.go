package stats

import (
	"math"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

var int4 = types.Of(types.Int4OID)

func key(v int64) []byte { return types.AppendKey(nil, int4, types.Int(v), false) }

func op(t *testing.T, name string, l, r expr.Expr) expr.Expr {
	t.Helper()
	o := builtin.ExactOperator(name, l.Type().OID, r.Type().OID)
	if o == nil {
		t.Fatalf("no operator %s", name)
	}
	return &expr.Call{Fn: o.Func, Op: o, Args: []expr.Expr{l, r}, T: types.Of(o.Ret), Pos: -1}
}

// TestSelectivity checks the estimates on a column of 1000 rows: a tenth NULL, 3
// and 5 common, the rest spread evenly over 0..100.
func TestSelectivity(t *testing.T) {
	hist := make([][]byte, 0, 11)
	for v := int64(0); v <= 100; v += 10 {
		hist = append(hist, key(v))
	}
	s := &catalog.TableStats{Rows: 1000, Columns: map[int16]*catalog.ColumnStats{
		1: {NullFrac: 0.1, Distinct: 52, MCV: [][]byte{key(3), key(5)}, MCF: []float64{0.3, 0.1}, Histogram: hist},
	}}
	tab := &catalog.Table{PrimaryAttr: 2}
	a := &expr.Column{Index: 0, T: int4}
	id := &expr.Column{Index: 1, T: int4}
	other := &expr.Column{Index: 2, T: int4}
	c := func(v int64) expr.Expr { return &expr.Const{T: int4, D: types.Int(v)} }
	p := &expr.Param{N: 0, T: int4}
	null := &expr.Const{T: int4, D: types.Null}
	for _, x := range []struct {
		name     string
		e        expr.Expr
		lo, hi   float64
		params   []types.Datum
		noParams bool
	}{
		{name: "most common", e: op(t, "=", a, c(3)), lo: 0.3, hi: 0.3},
		{name: "other value", e: op(t, "=", a, c(7)), lo: 0.0099, hi: 0.0101},
		{name: "not equal", e: op(t, "<>", a, c(3)), lo: 0.7, hi: 0.7},
		{name: "NULL", e: op(t, "=", a, null), lo: 0, hi: 0},
		{name: "is null", e: &expr.IsNull{X: a}, lo: 0.1, hi: 0.1},
		{name: "is not null", e: &expr.IsNull{X: a, Not: true}, lo: 0.9, hi: 0.9},
		{name: "below all", e: op(t, "<", a, c(0)), lo: 0, hi: 0.001},
		{name: "above all", e: op(t, ">", a, c(1000)), lo: 0, hi: 0.001},
		{name: "upper half", e: op(t, ">=", a, c(50)), lo: 0.24, hi: 0.26},
		{name: "flipped", e: op(t, "<=", c(50), a), lo: 0.24, hi: 0.26},
		{name: "range", e: &expr.And{Args: []expr.Expr{op(t, ">", a, c(20)), op(t, "<", a, c(40))}}, lo: 0, hi: 0.2},
		{name: "unknown range", e: &expr.And{Args: []expr.Expr{op(t, ">", other, p), op(t, "<", other, p)}}, lo: DefaultRange, hi: DefaultRange},
		{name: "unique", e: op(t, "=", id, c(1)), lo: 0.001, hi: 0.001},
		{name: "no statistics", e: op(t, "=", other, c(1)), lo: DefaultEq, hi: DefaultEq},
		{name: "parameter unknown", e: op(t, "=", a, p), lo: 0.01, hi: 0.02},
		{name: "parameter known", e: op(t, "=", a, p), lo: 0.3, hi: 0.3, params: []types.Datum{types.Int(3)}},
		{name: "or", e: &expr.Or{Args: []expr.Expr{op(t, "=", a, c(3)), op(t, "=", a, c(5))}}, lo: 0.36, hi: 0.38},
		{name: "constant true", e: &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(true)}, lo: 1, hi: 1},
		{name: "constant NULL", e: &expr.Const{T: types.Of(types.BoolOID), D: types.Null}, lo: 0, hi: 0},
	} {
		got := Selectivity(x.e, []int16{1, 2, 3}, tab, s, x.params)
		if math.IsNaN(got) || got < x.lo-1e-9 || got > x.hi+1e-9 {
			t.Errorf("%s: %v, want %v to %v", x.name, got, x.lo, x.hi)
		}
	}
}

// TestListSelectivity checks IN and = ANY.
func TestListSelectivity(t *testing.T) {
	s := &catalog.TableStats{Rows: 1000, Columns: map[int16]*catalog.ColumnStats{1: {Distinct: 100}}}
	a := &expr.Column{Index: 0, T: int4}
	eq := builtin.ExactOperator("=", types.Int4OID, types.Int4OID)
	in := &expr.InList{L: a, Op: eq, List: []expr.Expr{&expr.Const{T: int4, D: types.Int(1)}, &expr.Const{T: int4, D: types.Int(2)}}}
	if got := Selectivity(in, []int16{1}, &catalog.Table{}, s, nil); math.Abs(got-0.02) > 1e-9 {
		t.Errorf("IN: %v", got)
	}
	in.Not = true
	if got := Selectivity(in, []int16{1}, &catalog.Table{}, s, nil); math.Abs(got-0.98) > 1e-9 {
		t.Errorf("NOT IN: %v", got)
	}
	any := &expr.AnyAll{Op: eq, L: a, R: &expr.Param{N: 0, T: types.Of(types.Int4ArrayOID)}}
	if got := Selectivity(any, []int16{1}, &catalog.Table{}, s, nil); math.Abs(got-0.1) > 1e-9 {
		t.Errorf("= ANY: %v", got)
	}
	if got := Selectivity(nil, nil, nil, nil, nil); got != 1 {
		t.Errorf("no filter: %v", got)
	}
}
