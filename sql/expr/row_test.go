package expr

import (
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// A whole row keeps its column names in its type; ROW(…) has none.
func TestRowNamesInJSON(t *testing.T) {
	named, err := builtin.RowType([]string{"id", "name"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := builtin.RowType([]string{"id", "name"})
	if err != nil || again != named {
		t.Errorf("the same shape has two types: %v %v", named, again)
	}
	args := []Expr{mustBind(t, "1"), mustBind(t, "'x'")}
	for _, x := range []struct {
		t    types.T
		want string
	}{
		{named, `{"id":1,"name":"x"}`}, {types.Of(types.RecordOID), `{"f1":1,"f2":"x"}`},
	} {
		row := &RowOf{Args: args, T: x.t}
		r, err := builtin.ResolveFunc("", "row_to_json", []types.OID{types.RecordOID}, builtin.CallShape{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(&Call{Fn: r.Fn, Args: []Expr{row}, T: types.Of(r.Ret)})
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.One(testEnv(), new(Scratch))
		if err != nil || d.Text() != x.want {
			t.Errorf("got %s, %v; want %s", d.Text(), err, x.want)
		}
	}
}
