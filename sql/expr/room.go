package expr

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// What evaluation makes is alive until the next batch: whenever that is types.Long more, it asks
// whether the memory has room.

// room asks it.
func (st *state) room() error {
	st.made = 0
	return types.RoomToGrow()
}

// filled asks it after a kernel, whose values of any length are in the arena.
func (st *state) filled() error {
	held := st.arena.Held()
	if held-st.held < types.Long {
		return nil
	}
	st.held = held
	return types.RoomToGrow()
}

// one computes one row by the function, with the memory that it says it needs.
func (st *state) one(fn *builtin.Func, ctx *builtin.Ctx, row []types.Datum) (types.Datum, error) {
	need := fn.Needs(row)
	if need == 0 {
		return fn.Eval(ctx, row)
	}
	if err := types.Promise(need); err != nil {
		return types.Datum{}, err
	}
	defer types.Promised(need)
	return fn.Eval(ctx, row)
}

// convert casts one value.
func (st *state) convert(from types.T, n *node, d types.Datum) (types.Datum, error) {
	return builtin.Convert(&st.env.Ctx, from, n.t, d, n.flag)
}
