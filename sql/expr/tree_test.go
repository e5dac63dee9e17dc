package expr

import (
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
)

func TestString(t *testing.T) {
	for _, x := range []struct{ sql, want string }{
		{"a = 1", "(a = 1)"},
		{"a = -1", "(a = '-1'::integer)"},
		{"a = 5000000000", "(a = '5000000000'::bigint)"},
		{"s ~~ 'a%'", "(s ~~ 'a%'::text)"},
		{"s = 'it''s'", "(s = 'it''s'::text)"},
		{"a > 1 and b < 2 or s is null", "(((a > 1) AND (b < 2)) OR (s IS NULL))"},
		{"not a > 1", "(NOT (a > 1))"},
		{"a::text", "(a)::text"},
		{"f > 1.5::float8", "(f > (1.5)::double precision)"},
		{"lower(s)", "lower(s)"},
		{"a in (1, 2, 3)", "(a = ANY ('{1,2,3}'::integer[]))"},
		{"a = any(array[b,1])", "(a = ANY (ARRAY[b, 1]))"},
		{"case when a > 1 then 'x' else s end", "CASE WHEN (a > 1) THEN 'x'::text ELSE s END"},
		{"coalesce(a, 0)", "COALESCE(a, 0)"},
		{"- a", "(- a)"},
		{"a is distinct from b", "(a IS DISTINCT FROM b)"},
		{"(a > 1) is not true", "((a > 1) IS NOT TRUE)"},
		{"a > 1.5", "((a)::numeric > 1.5)"},
		{"true and a > 1", "(true AND (a > 1))"},
		{"array[a,b]", "ARRAY[a, b]"},
		{"'[1,2,3]'::vector <-> '[1,2,4]'", "('[1,2,3]'::vector <-> '[1,2,4]'::vector)"},
		{"date_trunc('day', now())", "date_trunc('day'::text, now())"},
	} {
		if got := String(mustBind(t, x.sql, testCols...), nil); got != x.want {
			t.Errorf("%s\n got  %s\n want %s", x.sql, got, x.want)
		}
	}
	if got := String(testCols[0], []string{"t.a"}); got != "t.a" {
		t.Errorf("named column: %s", got)
	}
}

func TestFold(t *testing.T) {
	for _, x := range []struct{ sql, want string }{
		{"1 + 2 * 3", "7"},
		{"a = 1 + 2", "(a = 3)"},
		{"1 / 0", "(1 / 0)"},
		{"a > 1 and true", "(a > 1)"},
		{"a > 1 and false", "false"},
		{"a > 1 or 1 = 1", "true"},
		{"case when 1 = 2 then 1 / 0 else a end", "a"},
		{"coalesce(null, 2, a)", "2"},
		{"now()", "now()"},
		{"'2020-01-01'::text::date", "('2020-01-01'::text)::date"},
		{"lower('ABC') || s", "('abc'::text || s)"},
		{"a + null", "NULL::integer"},
		{"random()", "random()"},
	} {
		if got := String(Fold(mustBind(t, x.sql, testCols...)), nil); got != x.want {
			t.Errorf("%s\n got  %s\n want %s", x.sql, got, x.want)
		}
	}
}

func TestColumnsAndVolatility(t *testing.T) {
	e := mustBind(t, "case when b > 1 then s else lower(s) end || a::text", testCols...)
	if got := Columns(e); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("columns %v", got)
	}
	for _, x := range []struct {
		sql    string
		v      byte
		const_ bool
	}{
		{"1 + 1", builtin.Immutable, true}, {"now()", builtin.Stable, true}, {"random()", builtin.Volatile, false},
		{"a + 1", builtin.Immutable, false}, {"'x'::text::date", builtin.Stable, true},
	} {
		e := mustBind(t, x.sql, testCols...)
		if v := Volatility(e); v != x.v {
			t.Errorf("%s: volatility %c", x.sql, v)
		}
		if IsConst(e) != x.const_ {
			t.Errorf("%s: IsConst %v", x.sql, IsConst(e))
		}
	}
}

func TestEqual(t *testing.T) {
	all := []string{
		"a + 1", "a + 2", "b + 1", "a - 1", "a > 1 and b > 1", "a > 1 or b > 1", "not a > 1", "a is null", "a is not null",
		"case when a > 1 then 1 end", "case when a > 1 then 1 else 2 end", "coalesce(a, 1)", "greatest(a, 1)", "least(a, 1)",
		"a::text", "array[a]", "row(a)", "a = any(array[b])", "a in (1, 2)", "(array[a])[1]", "a::float8", "s || 'x'", "'x'::text", "1",
	}
	for i, x := range all {
		for j, y := range all {
			if got := Equal(mustBind(t, x, testCols...), mustBind(t, y, testCols...)); got != (i == j) {
				t.Errorf("Equal(%s, %s) = %v", x, y, got)
			}
		}
	}
}

// Rewrite must reach every child and leave untouched trees alone.
func TestRewrite(t *testing.T) {
	e := mustBind(t, "case when a in (1, b) then (array[a, b])[a] else coalesce(a, b, greatest(a, 1)) end", testCols...)
	if same := Rewrite(e, func(x Expr) Expr { return x }); same != e {
		t.Error("an identity rewrite copied the tree")
	}
	moved := Rewrite(e, func(x Expr) Expr {
		if c, ok := x.(*Column); ok {
			return &Column{Index: c.Index + 10, T: c.T, Name: c.Name}
		}
		return x
	})
	if got := Columns(moved); !slices.Equal(got, []int{10, 11}) {
		t.Errorf("columns after rewrite: %v", got)
	}
	if got := Columns(e); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("the original changed: %v", got)
	}
}
