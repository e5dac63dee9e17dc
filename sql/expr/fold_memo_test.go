package expr

import (
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// A memo folds to what Fold folds to, whatever values follow each other, errors included, which
// leave the expression as it is.
func TestFoldMemo(t *testing.T) {
	text := func(s string) Expr { return &Const{T: types.Of(types.TextOID), D: types.String(s)} }
	to := []types.T{types.Of(types.Int4OID), {OID: types.VarcharOID, Mod: 9}, {OID: types.NumericOID, Mod: (7<<16 | 2) + 4}, types.Of(types.Float8OID)}
	var m FoldMemo
	for i := range 500 {
		var x Expr = text(fmt.Sprint(i*i*37, []string{"", ".125", "x"}[i%7%3]))
		if i%11 == 0 {
			x = &Const{T: types.Of(types.TextOID), D: types.Null}
		}
		e := &Cast{X: x, To: to[i%len(to)], Explicit: i%5 == 0, Pos: i}
		want, got := Fold(e), m.Fold(e)
		if w, ok := want.(*Const); ok {
			g, ok := got.(*Const)
			if !ok || g.T != w.T || types.Compare(w.T, g.D, w.D) != 0 && !w.D.IsNull() || g.D.IsNull() != w.D.IsNull() {
				t.Fatalf("%d: %v, want %v", i, String(got, nil), String(want, nil))
			}
		} else if got != want {
			t.Fatalf("%d: %v, want %v", i, String(got, nil), String(want, nil))
		}
	}
	if len(m.list) != 2*len(to) {
		t.Errorf("%d programs are kept", len(m.list))
	}
}

// What is kept is not compiled again.
func TestFoldMemoAllocates(t *testing.T) {
	var m FoldMemo
	e := &Cast{X: &Const{T: types.Of(types.TextOID), D: types.String("17")}, To: types.Of(types.Int4OID)}
	for range 2 * keepsFrom {
		m.Fold(e)
	}
	kept, plain := testing.AllocsPerRun(50, func() { m.Fold(e) }), testing.AllocsPerRun(50, func() { Fold(e) })
	if kept > 4 || kept >= plain {
		t.Errorf("%v allocations, %v without a memo", kept, plain)
	}
}

// An integer is as it is in a wider type: it takes no program.
func TestFoldWidens(t *testing.T) {
	two, four, eight := types.Of(types.Int2OID), types.Of(types.Int4OID), types.Of(types.Int8OID)
	for _, to := range [][2]types.T{{two, four}, {two, eight}, {four, eight}} {
		for _, d := range []types.Datum{types.Int(-7), types.Null} {
			e := &Cast{X: &Const{T: to[0], D: d}, To: to[1]}
			c, ok := Fold(e).(*Const)
			if !ok || c.T != to[1] || c.D.IsNull() != d.IsNull() || !d.IsNull() && c.D.Int() != -7 {
				t.Errorf("%v folds to %v", String(e, nil), String(Fold(e), nil))
			}
			if n := testing.AllocsPerRun(50, func() { Fold(e) }); n > 4 {
				t.Errorf("%v: %v allocations", String(e, nil), n)
			}
		}
	}
}
