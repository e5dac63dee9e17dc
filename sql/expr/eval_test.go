package expr

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// table makes a batch from text values, a row a line, "-" for NULL.
func table(t testing.TB, cols []*Column, lines string) *batch.Batch {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(lines), "\n")
	var ts []types.T
	for _, c := range cols {
		ts = append(ts, c.T)
	}
	b := batch.New(ts, len(rows))
	for i, line := range rows {
		for k, f := range strings.Fields(line) {
			if f == "-" {
				b.Cols[k].SetNull(i)
				continue
			}
			d, err := types.ParseText(ts[k], f, testFormat)
			if err != nil {
				t.Fatal(err)
			}
			b.Cols[k].Set(i, d)
		}
	}
	b.Sel = batch.Identity(len(rows))
	return b
}

func col(i int, name string, oid types.OID) *Column {
	return &Column{Index: i, Name: name, T: types.Of(oid)}
}

var testCols = []*Column{
	col(0, "a", types.Int4OID), col(1, "b", types.Int4OID), col(2, "s", types.TextOID), col(3, "f", types.Float8OID),
}

const testRows = `
1 10 foo 1.5
2 0 bar -2
3 - baz NaN
- 5 - 0
5 -1 foobar -`

// column evaluates an expression over the test rows and prints the results.
func column(t testing.TB, sql string) (string, error) {
	t.Helper()
	p, err := Compile(mustBind(t, sql, testCols...))
	if err != nil {
		t.Fatal(err)
	}
	b := table(t, testCols, testRows)
	var s Scratch
	c, err := p.Eval(testEnv(), &s, b, b.Sel)
	if err != nil {
		return "", err
	}
	var out []string
	for _, i := range b.Sel {
		out = append(out, printed(p.Type(), c.Datum(int(i))))
	}
	return strings.Join(out, " "), nil
}

func TestColumns(t *testing.T) {
	for _, x := range []struct{ sql, want string }{
		{"a", "1 2 3 NULL 5"},
		{"a + b", "11 2 NULL NULL 4"},
		{"a > 2", "f f t NULL t"},
		{"a > 2 and b > 0", "f f NULL NULL f"},
		{"a > 2 or b > 0", "t f t t t"},
		{"not a > 2", "t t f NULL f"},
		{"b is null", "f f t f f"},
		{"case when b <> 0 then a / b when b = 0 then -1 end", "0 -1 NULL NULL -5"},
		{"coalesce(b, a, 99)", "10 0 3 5 -1"},
		{"b <> 0 and a / b < 1", "t f NULL NULL t"},
		{"b = 0 or a / b < 1", "t t NULL NULL t"},
		{"s || 'x'", "foox barx bazx NULL foobarx"},
		{"s ~~ 'foo%'", "t f f NULL t"},
		{"s in ('foo', 'bar')", "t t f NULL f"},
		{"s in ('foo', 'x', 'y', 'z', 'bar')", "t t f NULL f"},
		{"s in ('foo', 'x', 'y', 'z', null)", "t NULL NULL NULL NULL"},
		{"a in (1, b, 3)", "t f t NULL f"},
		{"a = any(array[1,5])", "t f f NULL t"},
		{"a = any(array[b,1])", "t f NULL NULL f"},
		{"a < all(array[3,4])", "t t f NULL f"},
		{"f > 0", "t f t f NULL"},
		{"f = 'NaN'", "f f t f NULL"},
		{"greatest(a, b)", "10 2 3 5 5"},
		{"least(f, 0)", "0 -2 0 0 0"},
		{"a::float8 / 2", "0.5 1 1.5 NULL 2.5"},
		{"a::text || s", "1foo 2bar 3baz NULL 5foobar"},
		{"array[a,b]", "{1,10} {2,0} {3,NULL} {NULL,5} {5,-1}"},
		{"row(a,s)", "(1,foo) (2,bar) (3,baz) (,) (5,foobar)"},
		{"a is distinct from b", "t t t t t"},
		{"(a > 1) is not true", "t f f t f"},
		{"length(s) + a", "4 5 6 NULL 11"},
	} {
		got, err := column(t, x.sql)
		if err != nil {
			t.Errorf("%s: %v", x.sql, err)
		} else if got != x.want {
			t.Errorf("%s\n got  %s\n want %s", x.sql, got, x.want)
		}
	}
}

func TestErrorsOfColumns(t *testing.T) {
	for _, x := range []struct{ sql, code string }{
		{"a / b", "22012"},
		{"a * 2000000000", "22003"},
		{"b <> 0 and 1 / (a - 1) > 0", "22012"},
		{"(s || '1')::int", "22P02"},
	} {
		_, err := column(t, x.sql)
		if pgerr.Code(err) != x.code || err == nil {
			t.Errorf("%s: %v, want %s", x.sql, err, x.code)
		}
	}
}

// The selection must be respected: rows outside it are not computed, and a
// filter narrows without touching the batch's own selection memory.
func TestFilterNarrows(t *testing.T) {
	b := table(t, testCols, testRows)
	p, err := Compile(mustBind(t, "10 / b > 0", testCols...))
	if err != nil {
		t.Fatal(err)
	}
	var s Scratch
	b.Sel = []uint16{0, 2, 3, 4} // without the row where b is 0
	before := b.Sel
	if err := p.Filter(testEnv(), &s, b); err != nil {
		t.Fatal(err)
	}
	if len(b.Sel) != 2 || b.Sel[0] != 0 || b.Sel[1] != 3 {
		t.Errorf("selected %v", b.Sel)
	}
	if before[1] != 2 || before[2] != 3 {
		t.Errorf("the input selection changed: %v", before)
	}
}

// wide makes a full batch of (int4, vector(8), text).
func wide() (*batch.Batch, []*Column) {
	cols := []*Column{col(0, "n", types.Int4OID), col(1, "e", types.VectorOID), col(2, "s", types.TextOID)}
	b := batch.New([]types.T{cols[0].T, cols[1].T, cols[2].T}, batch.MaxRows)
	for i := range batch.MaxRows {
		v := make([]float32, 8)
		for k := range v {
			v[k] = float32(i + k)
		}
		b.Cols[0].Set(i, types.Int(int64(i)))
		b.Cols[1].Set(i, types.Bytes(types.Float32Bytes(v)))
		b.Cols[2].Set(i, types.String("some text"))
	}
	b.Sel = batch.Identity(batch.MaxRows)
	return b, cols
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	b, cols := wide()
	all := b.Sel
	env := testEnv()
	env.Params = []types.Datum{types.Bytes(types.Float32Bytes(make([]float32, 8)))}
	dist := &Call{Fn: builtin.ExactOperator("<->", types.VectorOID, types.VectorOID).Func,
		Args: []Expr{cols[1], &Param{N: 0, T: cols[1].T}}, T: types.Of(types.Float8OID)}
	for name, e := range map[string]Expr{
		"filter":   mustBind(t, "n > 100 and n < 900 and n % 2 = 0 or s = 'other'", cols...),
		"like":     mustBind(t, "s ~~ '%ext' and s <> 'x'", cols...),
		"in":       mustBind(t, "n in (1, 5, 10, 20, 30)", cols...),
		"case":     mustBind(t, "case when n > 5 then n * 2 else coalesce(n, 0) end > 10", cols...),
		"distance": dist,
	} {
		p, err := Compile(e)
		if err != nil {
			t.Fatal(err)
		}
		var s Scratch
		if n := testing.AllocsPerRun(20, func() {
			b.Sel = all
			var err error
			if p.Type() == boolT {
				err = p.Filter(env, &s, b)
			} else {
				_, err = p.Eval(env, &s, b, b.Sel)
			}
			if err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

// What does not depend on the row is computed once a batch, and not at all for
// an empty selection.
func TestConstantsAreComputedOnce(t *testing.T) {
	calls := 0
	fn := &builtin.Func{Name: "counted", Ret: types.Int4OID, Volatility: builtin.Stable, Kind: 'f',
		Eval: func(*builtin.Ctx, []types.Datum) (types.Datum, error) {
			calls++
			return types.Int(7), nil
		}}
	p, err := Compile(&Call{Fn: fn, T: types.Of(types.Int4OID)})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := wide()
	var s Scratch
	c, err := p.Eval(testEnv(), &s, b, b.Sel)
	if err != nil || calls != 1 || c.I[0] != 7 || c.I[batch.MaxRows-1] != 7 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if _, err := p.Eval(testEnv(), &s, b, nil); err != nil || calls != 1 {
		t.Errorf("an empty selection: %d calls, %v", calls, err)
	}
	volatile := *fn
	volatile.Volatility = builtin.Volatile
	if p, err = Compile(&Call{Fn: &volatile, T: types.Of(types.Int4OID)}); err != nil {
		t.Fatal(err)
	}
	calls = 0
	if _, err := p.Eval(testEnv(), &s, b, b.Sel); err != nil || calls != batch.MaxRows {
		t.Errorf("volatile: %d calls, %v", calls, err)
	}
}

// Parameters change between executions, with and without Reset.
func TestParametersChange(t *testing.T) {
	p, err := Compile(&Param{N: 0, T: types.Of(types.TextOID)})
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	var s Scratch
	for _, v := range []string{"one", "two", "three"} {
		env.Params = []types.Datum{types.String(v)}
		d, err := p.One(env, &s)
		if err != nil || d.Text() != v {
			t.Errorf("got %q, %v", d.Text(), err)
		}
	}
	env.Params = nil
	if _, err := p.One(env, &s); pgerr.Code(err) != "42P02" {
		t.Errorf("missing parameter: %v", err)
	}
}

func BenchmarkFilter(b *testing.B) {
	x, cols := wide()
	all := x.Sel
	e, err := bindText("n > 100 and n < 900", cols...)
	if err != nil {
		b.Fatal(err)
	}
	p, err := Compile(e)
	if err != nil {
		b.Fatal(err)
	}
	env := testEnv()
	var s Scratch
	b.ReportAllocs()
	for b.Loop() {
		x.Sel = all
		if err := p.Filter(env, &s, x); err != nil {
			b.Fatal(err)
		}
	}
}
