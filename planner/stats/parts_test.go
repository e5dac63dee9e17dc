package stats

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
)

// TestPartSelectivity checks the estimates on an array column of 1000 rows of which a
// half have a, a tenth b.
func TestPartSelectivity(t *testing.T) {
	texts := types.Of(types.TextArrayOID)
	parse := func(s string) types.Datum {
		d, err := types.ParseText(texts, s, types.DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c := &catalog.ColumnStats{NullFrac: 0.1, PartCount: 50, PartRest: 0.001}
	class, _ := gin.Default(texts)
	type part struct {
		hash uint64
		f    float32
	}
	var parts []part
	for s, f := range map[string]float32{"{a}": 0.5, "{b}": 0.1} {
		var e gin.Entries
		e.Add(class, 3, texts, parse(s))
		parts = append(parts, part{gin.PartHash(e.Sorted()[0]), f})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.hash, b.hash) })
	for _, p := range parts {
		c.Parts, c.PartFreqs = append(c.Parts, p.hash), append(c.PartFreqs, p.f)
	}
	s := &catalog.TableStats{Rows: 1000, Columns: map[int16]*catalog.ColumnStats{1: c}}
	col := &expr.Column{Index: 0, T: texts}
	for _, x := range []struct {
		op, value string
		flip      bool
		want      float64
	}{
		{"@>", "{a}", false, 0.5}, {"<@", "{a}", true, 0.5}, {"@>", "{a,b}", false, 0.05}, {"@>", "{z}", false, 0.001}, {"@>", "{}", false, 0.9},
		{"@>", "{NULL}", false, 0.0005}, {"&&", "{a,b}", false, 0.55}, {"&&", "{}", false, 0.0005}, {"<@", "{a}", false, DefaultMatch},
	} {
		v := expr.Expr(&expr.Const{T: texts, D: parse(x.value)})
		l, r := expr.Expr(col), v
		if x.flip {
			l, r = v, col
		}
		got := Selectivity(anyArrayOp(t, x.op, l, r), []int16{1}, &catalog.Table{}, s, nil)
		if math.Abs(got-x.want) > 1e-6 {
			t.Errorf("%s %s: %v, want %v", x.op, x.value, got, x.want)
		}
	}
	p := &expr.Param{N: 0, T: texts}
	if got := Selectivity(anyArrayOp(t, "@>", col, p), []int16{1}, &catalog.Table{}, s, []types.Datum{parse("{b}")}); math.Abs(got-0.1) > 1e-6 {
		t.Errorf("parameter: %v", got)
	}
	if got := Selectivity(anyArrayOp(t, "@>", col, p), []int16{1}, &catalog.Table{}, s, nil); got != DefaultMatch {
		t.Errorf("parameter without a value: %v", got)
	}
}

func anyArrayOp(t *testing.T, name string, l, r expr.Expr) expr.Expr {
	t.Helper()
	o := builtin.ExactOperator(name, types.AnyArrayOID, types.AnyArrayOID)
	if o == nil {
		t.Fatalf("no operator %s", name)
	}
	return &expr.Call{Fn: o.Func, Op: o, Args: []expr.Expr{l, r}, T: types.Of(types.BoolOID), Pos: -1}
}
