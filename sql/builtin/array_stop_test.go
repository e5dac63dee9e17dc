package builtin

import (
	"context"
	"errors"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// ints is an array of n numbers from first on.
func ints(first, n int) types.Datum {
	var b types.ArrayBuilder
	b.Reset(types.Int4OID)
	for i := range n {
		b.Append(types.Int(int64(first + i)))
	}
	return b.Array()
}

// What looks at all elements of an array, or at all pairs of two, ends with the statement.
func TestArrayCallsEnd(t *testing.T) {
	long, few := ints(0, 3*piece), ints(0, 2000)
	r := &registrar{code: map[string]*code{}}
	arrayFuncs(r)
	wantEnds(t, r, 1, map[string][]types.Datum{
		"array_positions": {long, types.Int(-1)}, "array_remove": {long, types.Int(-1)}, "array_replace": {long, types.Int(-1), types.Int(0)},
		"array_to_text": {long, types.String(",")}, "arrayoverlap": {few, ints(-2000, 2000)}, "arraycontains": {few, few}, "arraycontained": {few, few},
	})
}

// wantEnds makes calls that are cancelled when they ask the asks-th time whether to go on,
// and that are not.
func wantEnds(t *testing.T, r *registrar, asks int, calls map[string][]types.Datum) {
	t.Helper()
	for name, args := range calls {
		f := r.code[name].eval
		call := func(asks int) (err error) {
			defer types.CatchStop(&err)
			_, err = f(&Ctx{Context: &countdown{context.Background(), asks}, Format: types.DefaultFormat}, args)
			return err
		}
		if err := call(1000); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(asks); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}
