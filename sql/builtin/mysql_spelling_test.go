package builtin

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
)

// What MySQL has no word for stays as it is kept, so that no text means something else.
func TestMySQLExpr(t *testing.T) {
	table := &catalog.Table{Columns: []catalog.Column{{Num: 1, Name: "a"}, {Num: 2, Name: "b c"}}}
	for _, c := range []struct{ stored, want string }{
		{`a * 2`, "`a` * 2"},
		{`mysql.concat('x'::text, 1)`, `concat('x', 1)`},
		{`mysql."left"("b c", 3)`, "left(`b c`, 3)"},
		{`(a)::text <> 'it''s\'::text`, "`a` <> 'it''s\\\\'"},
		{`(a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])`, "`a` in ('x', 'y')"},
		{`a <> ALL (ARRAY[1, 2])`, "`a` not in (1, 2)"},
		{`a !~~ 'x%'::text`, "`a` not like 'x%'"},
		{`mysql.div(a, 2)`, "(`a` / 2)"},
		{`mysql.div(a + 1, mysql.abs(a))`, `mysql.div(a + 1, mysql.abs(a))`},
		{`mysql.cast_decimal(a, 5, 1)`, "cast(`a` as decimal(5,1))"},
		{`mysql.cast_decimal(mysql.div(a, 3), 5, 1)`, "cast((`a` / 3) as decimal(5,1))"},
		{`mysql.arith('xx/x*'::text, a, 3, 2)`, `mysql.arith('xx/x*'::text, a, 3, 2)`},
		{`mysql.date_add(mysql.now(), 1, 'day'::text)`, `(now() + interval 1 day)`},
		{`mysql.to_text(a)`, `mysql.to_text(a)`},
		{`'[1,2]'::vector + '[1,1]'::vector`, `'[1,2]'::vector + '[1,1]'::vector`},
		{`'2024-01-01'::date + 1`, `'2024-01-01'::date + 1`},
		{`a OPERATOR(mysql.=) 1`, "`a` = 1"},
		{`a ~ 'x'::text`, `a ~ 'x'::text`},
	} {
		if got := mysqlExpr(c.stored, table); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.stored, got, c.want)
		}
	}
}
