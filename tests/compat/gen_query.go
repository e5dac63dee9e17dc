package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// tables are what generated queries read: nulls, duplicates, empty strings, keys
// that have partners and such that have none.
var tables = []string{
	"CREATE TABLE t1 (id integer PRIMARY KEY, a integer, b bigint, c text, d numeric(10,2), f boolean, g date, ts timestamp)",
	"CREATE TABLE t2 (id integer PRIMARY KEY, t1_id integer, a smallint, c varchar(20), d double precision, g date, arr integer[])",
	"CREATE TABLE t3 (k text, v integer, j jsonb)",
	"INSERT INTO t1 SELECT i, nullif(i % 5, 3), i * 100007 % 97, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'c' || i % 7 WHEN 2 THEN '' ELSE 'Text ' || i END, (i * 37 % 500) / 8.0, CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END, date '2020-01-01' + i * 17 % 60, timestamp '2020-01-01 00:00' + i * interval '7 hours 13 minutes' FROM generate_series(1, 24) i",
	"INSERT INTO t2 SELECT i, nullif(i * 7 % 30, 5), i % 6 - 2, CASE WHEN i % 5 > 0 THEN 'c' || i % 7 END, i * 0.25 - 2, CASE WHEN i % 4 > 0 THEN date '2020-01-01' + i * 5 % 40 END, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}'::integer[] ELSE ARRAY[i, i % 3, NULL] END FROM generate_series(1, 18) i",
	`INSERT INTO t3 VALUES ('c1', 1, '{"a": 1, "b": [1, 2]}'), ('c2', 2, '{"a": "x"}'), ('c3', NULL, '[1, 2, 3]'), ('', 4, 'null'), (NULL, 5, NULL), ('c1', 6, '{"a": null, "c": {"d": true}}')`,
}

// column is a column of a table in scope.
type column struct{ name, typ string }

var tableColumns = map[string][]column{
	"t1": {{"id", "int"}, {"a", "int"}, {"b", "int"}, {"c", "text"}, {"d", "num"}, {"f", "bool"}, {"g", "date"}, {"ts", "ts"}},
	"t2": {{"id", "int"}, {"t1_id", "int"}, {"a", "int"}, {"c", "text"}, {"d", "num"}, {"g", "date"}},
	"t3": {{"k", "text"}, {"v", "int"}},
}

// writer writes one query.
type writer struct {
	r     *rand.Rand
	depth int
	names int
	scope []column // what may be named
}

func (w *writer) name(prefix string) string {
	w.names++
	return prefix + strconv.Itoa(w.names)
}

// fresh is a writer of a subquery, which sees the columns of the outer one only if
// correlated.
func (w *writer) fresh(correlated bool) *writer {
	s := &writer{r: w.r, depth: w.depth + 1, names: w.names + 100*(w.depth+1)}
	if correlated {
		s.scope = w.scope
	}
	return s
}

// columnOf is a column of the type in scope, "" if none.
func (w *writer) columnOf(typ string) string {
	var list []string
	for _, c := range w.scope {
		if c.typ == typ {
			list = append(list, c.name)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return pick(w.r, list)
}

var constants = map[string][]string{
	"int":  {"0", "1", "2", "3", "5", "10", "-1", "42", "NULL::integer"},
	"text": {"'c1'", "''", "'c3'", "'Text 7'", "'zz'", "NULL::text"},
	"num":  {"0.5", "1.25", "12.5", "-3", "100", "NULL::numeric"},
	"bool": {"true", "false", "NULL::boolean"},
	"date": {"date '2020-01-18'", "date '2020-02-01'", "date '2019-12-31'"},
	"ts":   {"timestamp '2020-01-03 12:00'", "timestamp '2020-01-05 00:30'"},
}

var types = []string{"int", "int", "int", "text", "text", "num", "bool", "date", "ts"}

// expr is an expression of a type; level bounds its depth.
func (w *writer) expr(typ string, level int) string {
	if level <= 0 || w.r.IntN(4) == 0 {
		if c := w.columnOf(typ); c != "" && w.r.IntN(4) > 0 {
			return c
		}
		return pick(w.r, constants[typ])
	}
	sub := func(t string) string { return w.expr(t, level-1) }
	if w.depth < 2 && w.r.IntN(14) == 0 && typ != "ts" {
		return w.scalar(typ)
	}
	switch w.r.IntN(6) {
	case 0:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", sub("bool"), sub(typ), sub(typ))
	case 1:
		return fmt.Sprintf("coalesce(%s, %s)", sub(typ), sub(typ))
	}
	switch typ {
	case "int":
		return fmt.Sprintf(pick(w.r, []string{"(%s + %s)", "(%s - %s)", "(%[1]s %% 7)", "abs(%[1]s)", "greatest(%s, %s)", "least(%s, %s)", "nullif(%s, %s)", "(%s / nullif(%s, 0))", "(-%[1]s)", "mod(%[1]s, 5)"}), sub("int"), sub("int"))
	case "text":
		return fmt.Sprintf(pick(w.r, []string{"(%s || %s)", "upper(%[1]s)", "lower(%[1]s)", "left(%[1]s, 2)", "replace(%s, 'c', %s)", "coalesce(%s, %s)", "repeat(%[1]s, 2)", "reverse(%[1]s)", "initcap(%[1]s)", "substr(%[1]s, 2)", "md5(%[1]s)", "concat(%s, %s)"}), sub("text"), sub("text"))
	case "num":
		return fmt.Sprintf(pick(w.r, []string{"round((%[1]s)::numeric, 1)", "((%s)::numeric + (%s)::numeric)", "((%s)::numeric - (%s)::numeric)", "abs(%[1]s)", "floor(%[1]s)", "trunc((%[1]s)::numeric)"}), sub("num"), sub("num"))
	case "bool":
		return w.condition(level)
	case "date":
		return fmt.Sprintf("(%s + (%s) %% 30)::date", sub("date"), sub("int"))
	}
	return fmt.Sprintf(pick(w.r, []string{"(%s + interval '1 day')", "date_trunc('day', %s)", "(%s - interval '90 minutes')"}), sub("ts"))
}

func (w *writer) condition(level int) string {
	t := pick(w.r, []string{"int", "text", "num", "date", "int"})
	sub := func(t string) string { return w.expr(t, level-1) }
	switch w.r.IntN(12) {
	case 0:
		return fmt.Sprintf("(%s AND %s)", sub("bool"), sub("bool"))
	case 1:
		return fmt.Sprintf("(%s OR %s)", sub("bool"), sub("bool"))
	case 2:
		return fmt.Sprintf("(NOT %s)", sub("bool"))
	case 3:
		return fmt.Sprintf("(%s IS %sNULL)", sub(t), pick(w.r, []string{"", "NOT "}))
	case 4:
		return fmt.Sprintf("(%s BETWEEN %s AND %s)", sub(t), sub(t), sub(t))
	case 5:
		return fmt.Sprintf("(%s %sIN (%s, %s, %s))", sub(t), pick(w.r, []string{"", "NOT "}), sub(t), sub(t), sub(t))
	case 6:
		return fmt.Sprintf("(%s LIKE %s)", sub("text"), pick(w.r, []string{"'c%'", "'%1'", "'T_xt%'", "'%'"}))
	case 7:
		if w.depth < 2 {
			return w.exists()
		}
	case 8:
		return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", sub(t), pick(w.r, []string{"", "NOT "}), sub(t))
	case 9:
		return fmt.Sprintf("((%s, %s) %s (%s, %s))", sub("int"), sub("text"), pick(w.r, []string{"=", "<", ">=", "<>"}), sub("int"), sub("text"))
	}
	return fmt.Sprintf("(%s %s %s)", sub(t), pick(w.r, []string{"=", "<>", "<", "<=", ">", ">="}), sub(t))
}

// scalar is a subquery of one value.
func (w *writer) scalar(typ string) string {
	s := w.fresh(w.r.IntN(2) == 0)
	from := s.from()
	agg := pick(w.r, []string{"max", "min"})
	if typ == "bool" {
		agg = pick(w.r, []string{"bool_and", "bool_or"})
	}
	return fmt.Sprintf("(SELECT %s(%s) FROM %s WHERE %s)", agg, s.expr(typ, 1), from, s.expr("bool", 2))
}

func (w *writer) exists() string {
	s := w.fresh(true)
	from := s.from()
	if w.r.IntN(2) == 0 {
		return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s WHERE %s)", pick(w.r, []string{"", "NOT "}), from, s.expr("bool", 2))
	}
	return fmt.Sprintf("(%s %s (SELECT %s FROM %s WHERE %s))", w.expr("int", 1), pick(w.r, []string{"IN", "NOT IN", "= ANY", "> ALL", "<= ANY"}), s.expr("int", 1), from, s.expr("bool", 1))
}

// from writes a FROM list and brings its columns into scope.
func (w *writer) from() string {
	text := w.source()
	for n := w.r.IntN(3); n > 0; n-- {
		text = w.join(text)
	}
	if w.r.IntN(8) == 0 {
		text += ", " + w.small()
	}
	return text
}

func (w *writer) join(left string) string {
	before := w.scope
	switch w.r.IntN(6) {
	case 0:
		return left + " CROSS JOIN " + w.small()
	case 1:
		if w.depth < 2 {
			return left + w.lateral()
		}
	}
	how := pick(w.r, []string{"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN"})
	right := w.source()
	on := ""
	if how == "FULL JOIN" {
		// PostgreSQL needs a condition that it can hash or merge.
		l, r := &writer{r: w.r, scope: before}, &writer{r: w.r, scope: w.scope[len(before):]}
		on = fmt.Sprintf("%s = %s", cmpOr(l.columnOf("int"), "1"), cmpOr(r.columnOf("int"), "1"))
	} else {
		l, r := &writer{r: w.r, scope: before}, &writer{r: w.r, scope: w.scope[len(before):]}
		t := pick(w.r, []string{"int", "text"})
		on = fmt.Sprintf("%s = %s", cmpOr(l.columnOf(t), pick(w.r, constants[t])), cmpOr(r.columnOf(t), pick(w.r, constants[t])))
		if w.r.IntN(3) == 0 {
			on += " AND " + w.expr("bool", 1)
		}
	}
	return fmt.Sprintf("%s %s %s ON %s", left, how, right, on)
}

// small is a source of few rows, for products.
func (w *writer) small() string {
	alias := w.name("s")
	switch w.r.IntN(3) {
	case 0:
		w.scope = append(w.scope[:len(w.scope):len(w.scope)], column{alias + ".x", "int"}, column{alias + ".y", "text"})
		return fmt.Sprintf("(VALUES (1, 'c1'), (2, NULL), (NULL, 'c3')) %s(x, y)", alias)
	case 1:
		w.scope = append(w.scope[:len(w.scope):len(w.scope)], column{alias + ".n", "int"})
		return fmt.Sprintf("generate_series(1, 3) %s(n)", alias)
	}
	return w.table("t3", alias)
}

func (w *writer) lateral() string {
	s := w.fresh(true)
	alias := w.name("l")
	from := s.from()
	text := fmt.Sprintf(" %s LATERAL (SELECT %s AS p, %s AS q FROM %s WHERE %s ORDER BY 1, 2 LIMIT 2) %s", pick(w.r, []string{"CROSS JOIN", "LEFT JOIN"}),
		s.expr("int", 1), s.expr("text", 1), from, s.expr("bool", 1), alias)
	if strings.HasPrefix(text, " LEFT") {
		text += " ON true"
	}
	w.scope = append(w.scope[:len(w.scope):len(w.scope)], column{alias + ".p", "int"}, column{alias + ".q", "text"})
	return text
}

func (w *writer) table(table, alias string) string {
	w.scope = w.scope[:len(w.scope):len(w.scope)]
	for _, c := range tableColumns[table] {
		w.scope = append(w.scope, column{alias + "." + c.name, c.typ})
	}
	return table + " " + alias
}

func (w *writer) source() string {
	alias := w.name("r")
	if w.depth < 2 && w.r.IntN(5) == 0 {
		s := w.fresh(false)
		from := s.from()
		var list []string
		w.scope = w.scope[:len(w.scope):len(w.scope)]
		for i := range 1 + w.r.IntN(3) {
			t := pick(w.r, types)
			name := fmt.Sprintf("x%d", i)
			list = append(list, s.expr(t, 2)+" AS "+name)
			w.scope = append(w.scope, column{alias + "." + name, t})
		}
		return fmt.Sprintf("(SELECT %s%s FROM %s WHERE %s) %s", pick(w.r, []string{"", "", "DISTINCT "}), strings.Join(list, ", "), from, s.expr("bool", 2), alias)
	}
	return w.table(pick(w.r, []string{"t1", "t1", "t2", "t2", "t3"}), alias)
}

// selectList is n expressions and their types.
func (w *writer) selectList(n int) (list, typs []string) {
	for range n {
		t := pick(w.r, types)
		list, typs = append(list, w.expr(t, 2)), append(typs, t)
	}
	return list, typs
}

// ordinals is ORDER BY all columns, so that the order is total.
func ordinals(n int) string {
	var list []string
	for i := range n {
		list = append(list, strconv.Itoa(i+1))
	}
	return " ORDER BY " + strings.Join(list, ", ")
}

func (w *writer) tail(n int) string {
	switch w.r.IntN(4) {
	case 0:
		return ordinals(n) + fmt.Sprintf(" LIMIT %d", w.r.IntN(12))
	case 1:
		return ordinals(n) + fmt.Sprintf(" OFFSET %d ROWS FETCH FIRST %d ROWS ONLY", w.r.IntN(4), 1+w.r.IntN(9))
	case 2:
		return ordinals(n)
	}
	return ""
}

// queries are random SELECTs over the tables.
func (g *generator) queries(context.Context) ([]*script, error) {
	var list []*script
	for _, q := range []struct {
		name  string
		count int
		write func(*writer) string
	}{
		{"plain", 500, (*writer).plain}, {"grouped", 350, (*writer).grouped}, {"windows", 400, (*writer).windowed},
		{"set operations", 250, (*writer).setOperation}, {"with", 250, (*writer).withQuery}, {"distinct on", 100, (*writer).distinctOn},
	} {
		s := &script{area: "queries", name: "generated " + q.name, setup: tables}
		for n := range q.count {
			w := &writer{r: g.random(fmt.Sprintf("query %s %d", q.name, n))}
			s.statements = append(s.statements, statement{sql: q.write(w)})
		}
		list = append(list, s)
	}
	return list, nil
}

// changes are random statements that write, each followed by a look at the table.
func (g *generator) changes(context.Context) ([]*script, error) {
	s := &script{area: "dml", name: "generated", setup: tables}
	say := func(sql string) { s.statements = append(s.statements, statement{sql: sql}) }
	for n := range 150 {
		w := &writer{r: g.random(fmt.Sprintf("change %d", n)), depth: 1}
		say("BEGIN")
		table := pick(w.r, []string{"t1", "t2"})
		switch w.r.IntN(6) {
		case 0:
			s := w.fresh(false)
			from := s.from()
			say(fmt.Sprintf("INSERT INTO t1 (id, a, c) SELECT 100 + row_number() OVER (ORDER BY 1), * FROM (SELECT %s, %s FROM %s WHERE %s ORDER BY 1, 2 LIMIT 5) x RETURNING id, a, c", s.expr("int", 1), s.expr("text", 1), from, s.expr("bool", 1)))
			table = "t1"
		case 1:
			w.scope = []column{{"t1.id", "int"}, {"t1.a", "int"}, {"excluded.a", "int"}, {"t1.c", "text"}, {"excluded.c", "text"}}
			say(fmt.Sprintf("INSERT INTO t1 (id, a, c) VALUES (%d, %d, 'new'), (%d, 7, NULL) ON CONFLICT (id) DO %s RETURNING *", w.r.IntN(40), w.r.IntN(9), 41+w.r.IntN(9),
				pick(w.r, []string{"NOTHING", "UPDATE SET a = " + w.expr("int", 1) + ", c = " + w.expr("text", 1) + " WHERE " + w.expr("bool", 1)})))
			table = "t1"
		case 2:
			from := w.table(table, table)
			say(fmt.Sprintf("UPDATE %s SET a = %s, c = %s WHERE %s RETURNING *", strings.Fields(from)[0], smallInt(w.expr("int", 2)), "left("+w.expr("text", 2)+", 20)", w.expr("bool", 2)))
		case 3:
			w.table("t1", "t1")
			w.table("t2", "t2")
			say(fmt.Sprintf("UPDATE t1 SET a = %s FROM t2 WHERE t1.id = t2.id AND %s RETURNING t1.id, t1.a, t2.c", smallInt(w.expr("int", 2)), w.expr("bool", 2)))
			table = "t1"
		case 4:
			w.table(table, table)
			say(fmt.Sprintf("DELETE FROM %s WHERE %s RETURNING id", table, w.expr("bool", 2)))
		default:
			w.table("t2", "t2")
			say(fmt.Sprintf("WITH gone AS (DELETE FROM t2 WHERE %s RETURNING id, a) SELECT count(*), sum(a) FROM gone", w.expr("bool", 2)))
			table = "t2"
		}
		say(fmt.Sprintf("SELECT %d AS change, * FROM %s ORDER BY id", n, table))
		say("ROLLBACK")
	}
	return []*script{s}, nil
}

// smallInt keeps a value in the range of every integer column.
func smallInt(expr string) string { return "(" + expr + ") % 1000" }
