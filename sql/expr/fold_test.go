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
