package builtin

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// What MySQL has no word for stays as it is kept, so that no text means something else.
func TestMySQLExpr(t *testing.T) {
	table := &catalog.Table{Columns: []catalog.Column{{Num: 1, Name: "a"}, {Num: 2, Name: "b c"}, {Num: 3, Name: "e", Type: types.Of(types.VectorOID)}}}
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
		{`nextval('sq'::regclass)`, "nextval(`sq`)"},
		{`nextval('"Q ""x"".y".sq'::regclass)`, "nextval(`Q \"x\".y`.`sq`)"},
		{`(nextval('other.o''q'::regclass) + 1)`, "(nextval(`other`.`o'q`) + 1)"},
		{`nextval(a)`, "nextval(`a`)"},
		{`'[1,2]'::vector + '[1,1]'::public.vector(2)`, `CAST('[1,2]' AS VECTOR) + CAST('[1,1]' AS VECTOR(2))`},
		{`public.vector_norm(e)`, "vec_l2_norm(`e`)"},
		{`vector_dims((a)::text::vector) > 2`, "vec_dims(CAST(`a` AS VECTOR)) > 2"},
		{`(e OPERATOR(public.<->) '[1,2]'::public.vector)`, "vec_l2_distance(`e`, CAST('[1,2]' AS VECTOR))"},
		{`((e <=> '[1,2]'::vector) < '5'::numeric)`, "(vec_cosine_distance(`e`, CAST('[1,2]' AS VECTOR)) < '5')"},
		{`mysql.round((e <#> (e + e)), 2)`, "round(vec_negative_inner_product(`e`, (`e` + `e`)), 2)"},
		{`mysql.concat('a <-> b'::text, public.vector_dims(mysql.concat("b c", ')')::public.vector))`, "concat('a <-> b', vec_dims(CAST(concat(`b c`, ')') AS VECTOR)))"},
		{`e <-> '[0]'::vector`, "vec_l2_distance(`e`, CAST('[0]' AS VECTOR))"},
		{`CHECK (((e <+> e) < (1.5)::double precision))`, "CHECK ((vec_l1_distance(`e`, `e`) < 1.5))"},
		{`mysql.cast_text(mysql.concat(a, ')'))::public.vector(3)`, "CAST(CAST(concat(`a`, ')') AS CHAR) AS VECTOR(3))"},
		{`(a)::double precision`, `(a)::double precision`},
		{`(e)::text`, "`e`"},
		{`'x'::vector[]`, `'x'::vector[]`},
		{`'2024-01-01'::date + 1`, `'2024-01-01'::date + 1`},
		{`a OPERATOR(mysql.=) 1`, "`a` = 1"},
		{`a ~ 'x'::text`, `a ~ 'x'::text`},
	} {
		if got := mysqlExpr(c.stored, table, "public."); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.stored, got, c.want)
		}
	}
}
