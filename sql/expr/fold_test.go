package expr

import (
	"context"
	"errors"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// What is computed while a statement is planned sees its context, and once that has ended
// nothing is computed, and no failure told.
func TestFoldingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	calls := 0
	fn := &builtin.Func{Name: "counted", Ret: types.Int4OID, Volatility: builtin.Immutable, Kind: 'f',
		Eval: func(c *builtin.Ctx, _ []types.Datum) (types.Datum, error) {
			calls++
			if err := c.Context.Err(); err != nil {
				return types.Datum{}, err
			}
			if calls == 2 {
				cancel()
				return types.Datum{}, errors.New("stopped half way")
			}
			return types.Int(7), nil
		}}
	call := &Call{Fn: fn, T: types.Of(types.Int4OID)}
	told := func(err error) { t.Errorf("told: %v", err) }
	if c, ok := FoldTelling(ctx, call, told).(*Const); !ok || c.D.Int() != 7 {
		t.Fatal("a call of constants was not folded")
	}
	for range 2 {
		if _, ok := FoldTelling(ctx, call, told).(*Call); !ok {
			t.Error("a call was folded though its context had ended")
		}
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2: one before the end, one that met it", calls)
	}
}

func TestFoldRelabel(t *testing.T) {
	int4, text := types.Of(types.Int4OID), types.Of(types.TextOID)
	col := &Column{T: int4}
	varchar := &Column{T: types.T{OID: types.VarcharOID, Mod: 14}}
	for _, c := range []struct {
		in   Expr
		want string
	}{
		{&Relabel{X: &Relabel{X: col, T: int4, Domain: 70000}, T: int4, Domain: 70001}, "col"},
		{&ToDomain{X: col, Free: true}, "col"},
		{&Relabel{X: &Relabel{X: varchar, T: text, Implicit: true}, T: text, Domain: 70000}, "relabelled once"},
		{&Relabel{X: &Const{T: int4, D: types.Int(1)}, T: int4, Domain: 70000}, "const"},
		{&Relabel{X: col, T: int4, Collation: &Collation{OID: 950}}, "kept"},
	} {
		got := "?"
		switch e := Fold(c.in).(type) {
		case *Column:
			got = "col"
		case *Const:
			got = "const"
		case *Relabel:
			if got = "kept"; e.X == Expr(varchar) {
				got = "relabelled once"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", String(c.in, nil), got, c.want)
		}
	}
}
