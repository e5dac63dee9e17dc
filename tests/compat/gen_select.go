package main

import (
	"fmt"
	"strings"
)

func (w *writer) plain() string {
	from := w.from()
	list, _ := w.selectList(1 + w.r.IntN(3))
	distinct := pick(w.r, []string{"", "", "", "DISTINCT "})
	return "SELECT " + distinct + strings.Join(list, ", ") + " FROM " + from + " WHERE " + w.expr("bool", 3) + w.tail(len(list))
}

func (w *writer) grouped() string {
	from := w.from()
	keys, _ := w.selectList(1 + w.r.IntN(2))
	for i, k := range keys {
		if !strings.Contains(k, ".") {
			keys[i] = w.columnOr("int", k) // a constant is no key
		}
	}
	var list []string
	for range 1 + w.r.IntN(3) {
		list = append(list, w.aggregate())
	}
	group := strings.Join(keys, ", ")
	if w.r.IntN(3) == 0 {
		group = fmt.Sprintf(pick(w.r, []string{"ROLLUP (%s)", "CUBE (%s)", "GROUPING SETS ((%s), ())"}), group)
	}
	sql := "SELECT " + strings.Join(append(keys, list...), ", ") + " FROM " + from
	if w.r.IntN(2) == 0 {
		sql += " WHERE " + w.expr("bool", 2)
	}
	sql += " GROUP BY " + group
	if w.r.IntN(3) == 0 {
		sql += fmt.Sprintf(" HAVING count(*) %s %d", pick(w.r, []string{">", "<", "="}), 1+w.r.IntN(5))
	}
	return sql + w.tail(len(keys)+len(list))
}

func (w *writer) columnOr(typ, other string) string {
	if c := w.columnOf(typ); c != "" {
		return c
	}
	return other
}

func (w *writer) aggregate() string {
	call := ""
	switch w.r.IntN(6) {
	case 0:
		call = "count(*)"
	case 1:
		call = fmt.Sprintf("count(%s%s)", pick(w.r, []string{"", "DISTINCT "}), w.expr(pick(w.r, types), 1))
	case 2:
		call = fmt.Sprintf("%s(%s)", pick(w.r, []string{"sum", "avg", "min", "max"}), w.expr("int", 1))
	case 3:
		call = fmt.Sprintf("%s(%s)", pick(w.r, []string{"min", "max"}), w.expr(pick(w.r, []string{"text", "date", "num", "ts"}), 1))
	case 4:
		x := w.expr("text", 1)
		call = fmt.Sprintf("string_agg(%s, ',' ORDER BY %s)", x, x)
	default:
		x := w.expr("int", 1)
		call = fmt.Sprintf("array_agg(%s ORDER BY %s %s)", x, x, pick(w.r, []string{"", "DESC", "NULLS FIRST", "DESC NULLS LAST"}))
	}
	if w.r.IntN(4) == 0 {
		call += " FILTER (WHERE " + w.expr("bool", 1) + ")"
	}
	return call
}

// windowed is window functions over a table whose key makes the order total.
func (w *writer) windowed() string {
	table := pick(w.r, []string{"t1", "t2"})
	from := w.table(table, "r")
	partition := ""
	if w.r.IntN(2) == 0 {
		partition = "PARTITION BY " + pick(w.r, []string{"r.a", "r.c", "r.a % 2", "r.id % 3"}) + " "
	}
	total := pick(w.r, []string{"ORDER BY r.id", "ORDER BY r.id DESC", "ORDER BY r.a, r.id", "ORDER BY r.c DESC NULLS LAST, r.id", "ORDER BY r.g NULLS FIRST, r.id"})
	peers := pick(w.r, []string{"ORDER BY r.a", "ORDER BY r.c", "ORDER BY r.g DESC", "ORDER BY r.a DESC NULLS LAST"})
	var list []string
	for range 1 + w.r.IntN(3) {
		list = append(list, w.windowCall(partition, total, peers))
	}
	return "SELECT r.id, " + strings.Join(list, ", ") + " FROM " + from + " ORDER BY r.id"
}

func (w *writer) windowCall(partition, total, peers string) string {
	switch w.r.IntN(6) {
	case 0:
		return fmt.Sprintf("%s OVER (%s%s)", pick(w.r, []string{"row_number()", "lag(r.a)", "lead(r.c, 2, 'none')", "lag(r.a, 1, -1)", "first_value(r.c)", "ntile(4)", "nth_value(r.a, 2)"}), partition, total)
	case 1:
		return fmt.Sprintf("%s OVER (%s%s)", pick(w.r, []string{"rank()", "dense_rank()", "percent_rank()", "cume_dist()"}), partition, peers)
	case 2:
		return fmt.Sprintf("%s OVER (%s%s %s)", w.windowAgg(), partition, peers, w.frame("GROUPS"))
	case 3:
		by := pick(w.r, []string{"ORDER BY r.a", "ORDER BY r.a DESC", "ORDER BY r.id"})
		return fmt.Sprintf("%s OVER (%s%s %s)", w.windowAgg(), partition, by, w.frame("RANGE"))
	case 4:
		return fmt.Sprintf("%s OVER (%s)", w.windowAgg(), strings.TrimSpace(partition))
	}
	return fmt.Sprintf("%s OVER (%s%s %s)", pick(w.r, []string{w.windowAgg(), "first_value(r.id)", "last_value(r.id)", "nth_value(r.c, 3)"}), partition, total, w.frame("ROWS"))
}

func (w *writer) windowAgg() string {
	return pick(w.r, []string{"sum(r.a)", "count(*)", "count(r.c)", "max(r.id)", "min(r.g)", "avg(r.a)", "sum(r.id) FILTER (WHERE r.a > 1)"})
}

func (w *writer) frame(mode string) string {
	bounds := []string{"UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "3 FOLLOWING", "UNBOUNDED FOLLOWING"}
	from := w.r.IntN(len(bounds) - 1)
	to := from + w.r.IntN(len(bounds)-from)
	to = max(to, 1)
	text := fmt.Sprintf("%s BETWEEN %s AND %s", mode, bounds[from], bounds[to])
	if from <= 3 && w.r.IntN(3) == 0 {
		text = mode + " " + bounds[from]
	}
	return text + pick(w.r, []string{"", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS"})
}

// setOperation combines selects of the same column types.
func (w *writer) setOperation() string {
	var typs []string
	for range 1 + w.r.IntN(2) {
		typs = append(typs, pick(w.r, types))
	}
	one := func() string {
		s := w.fresh(false)
		s.depth = 1
		from := s.from()
		var list []string
		for _, t := range typs {
			list = append(list, s.expr(t, 1))
		}
		return "SELECT " + strings.Join(list, ", ") + " FROM " + from + " WHERE " + s.expr("bool", 2)
	}
	op := func() string {
		return pick(w.r, []string{" UNION ", " UNION ALL ", " INTERSECT ", " INTERSECT ALL ", " EXCEPT ", " EXCEPT ALL "})
	}
	sql := one() + op() + one()
	if w.r.IntN(3) == 0 {
		sql = "(" + sql + ")" + op() + one()
	}
	return sql + w.tail(len(typs))
}

func (w *writer) withQuery() string {
	s := w.fresh(false)
	from := s.from()
	list, typs := s.selectList(2)
	if typs[0] != "int" {
		list[0], typs[0] = s.expr("int", 1), "int"
	}
	with := fmt.Sprintf("WITH q (m, n) AS %s(SELECT %s FROM %s WHERE %s) ", pick(w.r, []string{"", "MATERIALIZED ", "NOT MATERIALIZED "}), strings.Join(list, ", "), from, s.expr("bool", 2))
	if w.r.IntN(3) == 0 {
		return fmt.Sprintf("WITH RECURSIVE q (m, n) AS (SELECT id, a FROM t1 WHERE %s UNION %sSELECT q.m + 1, t2.a FROM q JOIN t2 ON t2.id = q.m WHERE q.m < %d) SELECT * FROM q ORDER BY 1, 2",
			pick(w.r, []string{"id < 4", "a = 1", "f"}), pick(w.r, []string{"", "ALL "}), 5+w.r.IntN(12))
	}
	w.scope = []column{{"q.m", "int"}, {"q.n", typs[1]}}
	text := w.join("q")
	out, _ := w.selectList(2)
	return with + "SELECT " + strings.Join(out, ", ") + " FROM " + text + " WHERE " + w.expr("bool", 2) + w.tail(2)
}

func (w *writer) distinctOn() string {
	from := w.from()
	list, _ := w.selectList(2)
	k := w.expr(pick(w.r, []string{"int", "text"}), 1)
	return fmt.Sprintf("SELECT DISTINCT ON (%s) %s, %s, %s FROM %s WHERE %s ORDER BY %s, 2 %s, 3", k, k, list[0], list[1], from, w.expr("bool", 2), k, pick(w.r, []string{"", "DESC", "NULLS FIRST"}))
}
