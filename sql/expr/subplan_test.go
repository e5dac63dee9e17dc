package expr

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// fakePlans answers subplans with fixed rows, or with what make gives for the
// present slots, and counts the runs.
type fakePlans struct {
	env  *Env
	rows [][]types.Datum
	make func(exec []types.Datum) [][]types.Datum
	runs int
	// told are the slots of the runs that the plan was told about before they came, by the
	// run that they came with; nil = it does not want to know.
	told [][]string
}

func (f *fakePlans) Ahead(int) Ahead {
	if f.told == nil {
		return nil
	}
	return f
}

func (f *fakePlans) At(_ context.Context, i, runs int, set func(i int) bool) error {
	var told []string
	for k := i + 1; k < runs; k++ {
		if set(k) {
			told = append(told, printed(int4, f.env.Exec[0]))
		}
	}
	f.told = append(f.told, told)
	return nil
}

func (f *fakePlans) Rows(_ context.Context, _ int, each func(row []types.Datum) (bool, error)) error {
	f.runs++
	rows := f.rows
	if f.make != nil {
		rows = f.make(f.env.Exec)
	}
	for _, r := range rows {
		if more, err := each(r); !more || err != nil {
			return err
		}
	}
	return nil
}

func ints(vals ...any) [][]types.Datum {
	var rows [][]types.Datum
	for _, v := range vals {
		d := types.Null
		if n, ok := v.(int); ok {
			d = types.Int(int64(n))
		}
		rows = append(rows, []types.Datum{d})
	}
	return rows
}

var int4 = types.Of(types.Int4OID)

// pairTest is Column(0) op Column(1) over the pair row.
func pairTest(op string) Expr {
	o := builtin.ExactOperator(op, types.Int4OID, types.Int4OID)
	return &Call{Fn: o.Func, Op: o, T: boolT, Args: []Expr{&Column{Index: 0, T: int4}, &Column{Index: 1, T: int4}}}
}

func runSub(t *testing.T, e *SubPlan, f *fakePlans) (string, error) {
	t.Helper()
	p, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	b := table(t, testCols, testRows) // a: 1 2 3 NULL 5
	env := testEnv()
	env.SubPlans, f.env = f, env
	env.Exec = make([]types.Datum, 1)
	var s Scratch
	var out []string
	for range 2 { // the second time finds what was kept
		c, err := p.Eval(env, &s, b, b.Sel)
		if err != nil {
			return "", err
		}
		out = out[:0]
		for _, i := range b.Sel {
			out = append(out, printed(e.T, c.Datum(int(i))))
		}
	}
	s.Reset()
	return strings.Join(out, " "), nil
}

func TestUncorrelatedSubPlans(t *testing.T) {
	a := []Expr{testCols[0]}
	for _, x := range []struct {
		name string
		e    *SubPlan
		rows [][]types.Datum
		want string
	}{
		{"scalar", &SubPlan{Kind: ScalarSub, T: int4}, ints(7), "7 7 7 7 7"},
		{"scalar of nothing", &SubPlan{Kind: ScalarSub, T: int4}, nil, "NULL NULL NULL NULL NULL"},
		{"exists", &SubPlan{Kind: ExistsSub, T: boolT}, ints(1, 2), "t t t t t"},
		{"not exists", &SubPlan{Kind: ExistsSub, T: boolT}, nil, "f f f f f"},
		{"array", &SubPlan{Kind: ArraySub, T: types.Of(types.Int4ArrayOID)}, ints(1, nil), "{1,NULL} {1,NULL} {1,NULL} {1,NULL} {1,NULL}"},
		{"in", &SubPlan{Kind: AnySub, Left: a, Test: pairTest("="), T: boolT}, ints(1, 5), "t f f NULL t"},
		{"in with null", &SubPlan{Kind: AnySub, Left: a, Test: pairTest("="), T: boolT}, ints(1, nil), "t NULL NULL NULL NULL"},
		{"in nothing", &SubPlan{Kind: AnySub, Left: a, Test: pairTest("="), T: boolT}, nil, "f f f f f"},
		{"< any", &SubPlan{Kind: AnySub, Left: a, Test: pairTest("<"), T: boolT}, ints(2, 3), "t t f NULL f"},
		{"< all", &SubPlan{Kind: AllSub, Left: a, Test: pairTest("<"), T: boolT}, ints(2, 3), "t f f NULL f"},
		{"<> all", &SubPlan{Kind: AllSub, Left: a, Test: pairTest("<>"), T: boolT}, ints(1, nil), "f NULL NULL NULL NULL"},
		{"< all of nothing", &SubPlan{Kind: AllSub, Left: a, Test: pairTest("<"), T: boolT}, nil, "t t t t t"},
	} {
		f := &fakePlans{rows: x.rows}
		got, err := runSub(t, x.e, f)
		if err != nil || got != x.want {
			t.Errorf("%s: got %s, %v; want %s", x.name, got, err, x.want)
		}
		if f.runs != 1 {
			t.Errorf("%s: ran %d times", x.name, f.runs)
		}
	}
	_, err := runSub(t, &SubPlan{Kind: ScalarSub, T: int4}, &fakePlans{rows: ints(1, 2)})
	if pgerr.Code(err) != "21000" {
		t.Errorf("two rows: %v", err)
	}
}

func TestCorrelatedSubPlans(t *testing.T) {
	// rows 0 … slot−1
	count := func(exec []types.Datum) [][]types.Datum {
		var rows [][]types.Datum
		for i := int64(0); i < exec[0].Int() && !exec[0].IsNull(); i++ {
			rows = append(rows, []types.Datum{types.Int(i)})
		}
		return rows
	}
	double := func(exec []types.Datum) [][]types.Datum { return ints(int(exec[0].Int()) * 2) }
	arg := func(e SubPlan) *SubPlan {
		e.Slots, e.Args = []int{0}, []Expr{testCols[0]}
		return &e
	}
	for _, x := range []struct {
		name string
		e    *SubPlan
		make func(exec []types.Datum) [][]types.Datum
		want string
	}{
		{"scalar", arg(SubPlan{Kind: ScalarSub, T: int4}), double, "2 4 6 0 10"},
		{"exists", arg(SubPlan{Kind: ExistsSub, T: boolT}), count, "t t t f t"},
		{"array", arg(SubPlan{Kind: ArraySub, T: types.Of(types.Int4ArrayOID)}), count, "{0} {0,1} {0,1,2} {} {0,1,2,3,4}"},
		{"b in", arg(SubPlan{Kind: AnySub, Left: []Expr{testCols[1]}, Test: pairTest("="), T: boolT}), count, "f t NULL f f"},
	} {
		f := &fakePlans{make: x.make}
		got, err := runSub(t, x.e, f)
		if err != nil || got != x.want {
			t.Errorf("%s: got %s, %v; want %s", x.name, got, err, x.want)
		}
		if f.runs != 10 {
			t.Errorf("%s: ran %d times, want once a row", x.name, f.runs)
		}
		x.e.Memo = true
		f = &fakePlans{make: x.make}
		got, err = runSub(t, x.e, f)
		if err != nil || got != x.want {
			t.Errorf("%s, remembered: got %s, %v; want %s", x.name, got, err, x.want)
		}
		if f.runs != 5 {
			t.Errorf("%s: ran %d times, want once for each value", x.name, f.runs)
		}
	}
}

// A subquery is told the values of later runs, but not of those whose results are
// remembered, and finds its slots as they were.
func TestSubPlansAhead(t *testing.T) {
	double := func(exec []types.Datum) [][]types.Datum { return ints(int(exec[0].Int()) * 2) }
	for _, memo := range []bool{false, true} {
		e := &SubPlan{Kind: ScalarSub, T: int4, Slots: []int{0}, Args: []Expr{testCols[0]}, Memo: memo}
		f := &fakePlans{make: double, told: [][]string{}}
		got, err := runSub(t, e, f)
		if err != nil || got != "2 4 6 0 10" {
			t.Errorf("remembered %v: got %s, %v", memo, got, err)
		}
		want := "[[2 3 NULL 5] [3 NULL 5] [NULL 5] [5] [] [2 3 NULL 5] [3 NULL 5] [NULL 5] [5] []]"
		if memo {
			want = "[[2 3 NULL 5] [3 NULL 5] [NULL 5] [5] [] [] [] [] [] []]"
		}
		if told := fmt.Sprint(f.told); told != want {
			t.Errorf("remembered %v: told of %s, want %s", memo, told, want)
		}
	}
}

// More values than there are slots, and values too long to be kept, are computed
// anew and never mixed up.
func TestMemoIsBounded(t *testing.T) {
	text := types.Of(types.TextOID)
	e := &SubPlan{Kind: ScalarSub, T: text, Slots: []int{0}, Args: []Expr{&Column{Index: 0, T: text}}, Memo: true}
	p, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	f := &fakePlans{env: env, make: func(exec []types.Datum) [][]types.Datum {
		return [][]types.Datum{{types.Bytes(append([]byte("of "), exec[0].Bytes()...))}}
	}}
	env.SubPlans, env.Exec = f, make([]types.Datum, 1)
	var s Scratch
	b := batch.New([]types.T{text}, 4)
	for round := range 2 {
		for n := range 3000 {
			long := strings.Repeat("x", 2*memoBytes)
			for i, v := range []string{strconv.Itoa(n), strconv.Itoa(n / 2), long + strconv.Itoa(n), strconv.Itoa(n % 3)} {
				b.Cols[0].Set(i, types.Bytes([]byte(v)))
			}
			b.Sel = batch.Identity(4)
			c, err := p.Eval(env, &s, b, b.Sel)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				if got, want := c.Datum(i).Text(), "of "+b.Cols[0].Datum(i).Text(); got != want {
					t.Fatalf("round %d: got %.20q, want %.20q", round, got, want)
				}
			}
		}
	}
	if f.runs >= 4*6000 || f.runs < 3000 {
		t.Errorf("ran %d times", f.runs)
	}
}

// A slot set by an outer evaluation must be back after an inner one.
func TestSlotsAreRestored(t *testing.T) {
	e := &SubPlan{Kind: ScalarSub, T: int4, Slots: []int{0}, Args: []Expr{testCols[0]}}
	p, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	f := &fakePlans{rows: ints(1), env: env}
	env.SubPlans, env.Exec = f, []types.Datum{types.Int(99)}
	b := table(t, testCols, testRows)
	if _, err := p.Eval(env, new(Scratch), b, batch.Identity(3)); err != nil || env.Exec[0].Int() != 99 {
		t.Errorf("slot %d, %v", env.Exec[0].Int(), err)
	}
}
