package expr

import (
	"os"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// runAgg aggregates the elements of an array in two groups: group 1 takes all of
// them, group 0 none; the values arrive in two batches.
func runAgg(name, typ, array string) (string, error) {
	t := types.Of(types.ByName(typ).OID)
	r, err := builtin.ResolveFunc("", name, []types.OID{t.OID}, builtin.CallShape{})
	if err != nil {
		return "", err
	}
	arr, err := types.ParseText(t.ArrayOf(), array, testFormat)
	if err != nil {
		return "", err
	}
	env := testEnv()
	state := r.Fn.Agg([]types.T{t})
	state.Grow(1)
	state.Grow(2)
	it := types.NewArrayIter(arr)
	groups := []uint32{1, 1}
	for more := true; more; {
		b := batch.New([]types.T{t}, 2)
		n := 0
		for ; n < 2; n++ {
			d, ok := it.Next()
			if !ok {
				more = false
				break
			}
			b.Cols[0].Set(n, d)
		}
		if err := state.Step(&env.Ctx, batch.Identity(n), groups, []*batch.Col{&b.Cols[0]}); err != nil {
			return "", err
		}
	}
	if state.Bytes() <= 0 {
		return "", pgerr.New("XX000", "an aggregate holds memory")
	}
	empty, err := state.Final(&env.Ctx, 0)
	if err != nil {
		return "", err
	}
	if !empty.IsNull() && name != "count" {
		return "", pgerr.New("XX000", "the empty group is not NULL")
	}
	d, err := state.Final(&env.Ctx, 1)
	return printed(types.Of(r.Ret), d), err
}

// The golden file holds "function type array" and PostgreSQL's answer.
func TestAggregates(t *testing.T) {
	data, err := os.ReadFile("testdata/aggregates.golden")
	if err != nil {
		t.Fatal(err)
	}
	call := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		want, isAnswer := strings.CutPrefix(line, "=> ")
		if !isAnswer {
			call = line
			continue
		}
		f := strings.SplitN(call, " ", 3)
		got, err := runAgg(f[0], f[1], f[2])
		if e, ok := pgerr.As(err); ok {
			got = "ERROR " + e.Code + ": " + e.Message
		} else if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		if got != want {
			t.Errorf("%s\n got  %s\n want %s", call, got, want)
		}
	}
}

func TestTwoArgumentAggregates(t *testing.T) {
	text, f8 := types.Of(types.TextOID), types.Of(types.Float8OID)
	b := batch.New([]types.T{text, text, f8, f8}, 3)
	for i, row := range [][4]string{{"a", ",", "1", "2"}, {"b", ";", "2", "3"}, {"c", "-", "4", "9"}} {
		for k, s := range row {
			d, err := types.ParseText(b.Cols[k].T, s, testFormat)
			if err != nil {
				t.Fatal(err)
			}
			b.Cols[k].Set(i, d)
		}
	}
	for _, x := range []struct {
		name string
		cols [2]int
		want string
	}{
		{"string_agg", [2]int{0, 1}, "a;b-c"},
		{"json_object_agg", [2]int{0, 2}, `{ "a" : 1, "b" : 2, "c" : 4 }`},
		{"jsonb_object_agg", [2]int{0, 2}, `{"a": 1, "b": 2, "c": 4}`},
		{"regr_slope", [2]int{3, 2}, "2.428571428571429"},
		{"regr_intercept", [2]int{3, 2}, "-1"},
		{"regr_count", [2]int{3, 2}, "3"},
		{"covar_samp", [2]int{3, 2}, "5.666666666666666"},
	} {
		ts := []types.T{b.Cols[x.cols[0]].T, b.Cols[x.cols[1]].T}
		r, err := builtin.ResolveFunc("", x.name, []types.OID{ts[0].OID, ts[1].OID}, builtin.CallShape{})
		if err != nil {
			t.Fatal(err)
		}
		a := r.Fn.Agg(ts)
		a.Grow(1)
		env := testEnv()
		if err := a.Step(&env.Ctx, batch.Identity(3), make([]uint32, 3), []*batch.Col{&b.Cols[x.cols[0]], &b.Cols[x.cols[1]]}); err != nil {
			t.Fatal(err)
		}
		d, err := a.Final(&env.Ctx, 0)
		if got := printed(types.Of(r.Ret), d); err != nil || got != x.want {
			t.Errorf("%s: got %s, %v; want %s", x.name, got, err, x.want)
		}
	}
}
