// Package meta asks a server the same question in several ways and compares the
// answers: no expectation is written down, so tables, conditions and plans can be
// random. It knows SQL and the wire only.
//
// The relations are those of the literature: ternary logic partitioning (Rigger
// and Su, OOPSLA 2020), NoREC (ESEC/FSE 2020), and one answer whatever the access
// path, the protocol, or whether the rows are committed.
package meta

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// column is a column that conditions can be made of.
type column struct {
	name, typ string
	value     func(*rand.Rand) string // a literal, NULL now and then
	compares  []string                // operators whose right side is another value
	special   []string                // conditions with %s for the column
}

// dims is the number of dimensions of the vectors.
const dims = 3

// columns are those of every table after its key.
var columns = []column{
	{"a", "int", nullable(5, func(r *rand.Rand) string { return fmt.Sprint(r.IntN(20) - 5) }), order,
		[]string{"%s IN (1, 3, 5, NULL)", "%s IN (2, 4, 8)", "%s NOT IN (0, 1)", "%s BETWEEN 3 AND 9", "%s %% 3 = 1", "abs(%s) < 4", "%s + 1 > 7"}},
	{"b", "text", nullable(4, text), append([]string{"LIKE", "NOT LIKE"}, order...),
		[]string{"%s LIKE 'a%%'", "%s ILIKE '%%B'", "length(%s) = 2", "upper(%s) = 'AB'", "%s || 'x' = 'abx'", "coalesce(%s, 'b') = 'b'", "%s = ANY (ARRAY['a', 'ba', NULL])"}},
	{"c", "numeric(8,2)", nullable(6, func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(30)-10, 25*r.IntN(4)) }), order,
		[]string{"%s * 2 = trunc(%s * 2)", "round(%s) > 3", "%s BETWEEN SYMMETRIC 5 AND -5"}},
	{"d", "timestamptz", nullable(6, func(r *rand.Rand) string {
		return fmt.Sprintf("'2026-%02d-%02d %02d:00:00+00'", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24))
	}), order,
		[]string{"extract(month FROM %s) < 7", "%s < '2026-06-15'", "date_trunc('month', %s) = '2026-03-01'"}},
	{"f", "bool", nullable(3, func(r *rand.Rand) string { return []string{"true", "false"}[r.IntN(2)] }), []string{"=", "<>", "IS DISTINCT FROM"},
		[]string{"%s", "NOT %s", "%s IS TRUE", "%s IS NOT FALSE", "%s IS UNKNOWN"}},
}

var order = []string{"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}

func nullable(one int, value func(*rand.Rand) string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		if r.IntN(one) == 0 {
			return "NULL"
		}
		return value(r)
	}
}

func text(r *rand.Rand) string {
	n := r.IntN(3)
	var b strings.Builder
	for range n {
		b.WriteByte("abAB%_é"[r.IntN(6)])
	}
	return "'" + b.String() + "'"
}

// vectorText is a vector's text; few different components make many ties.
func vectorText(r *rand.Rand) string {
	parts := make([]string, dims)
	for i := range parts {
		parts[i] = fmt.Sprint(r.IntN(7) - 3)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// schema makes the statements that fill a table; vectors adds the column e.
func schema(r *rand.Rand, table string, rows int, vectors bool) []string {
	var defs, names []string
	for _, c := range columns {
		defs, names = append(defs, c.name+" "+c.typ), append(names, c.name)
	}
	if vectors {
		defs, names = append(defs, fmt.Sprintf("e vector(%d)", dims)), append(names, "e")
	}
	key := []string{"int", "bigint", "text COLLATE \"C\"", "numeric"}[r.IntN(4)]
	out := []string{fmt.Sprintf("CREATE TABLE %s (id %s PRIMARY KEY, %s)", table, key, strings.Join(defs, ", "))}
	for at := 0; at < rows; {
		n := min(1+r.IntN(200), rows-at)
		values := make([]string, n)
		for i := range values {
			at++
			v := []string{fmt.Sprint(at)}
			if strings.HasPrefix(key, "text") {
				v[0] = "'" + v[0] + "'"
			}
			for _, c := range columns {
				v = append(v, c.value(r))
			}
			if vectors {
				v = append(v, nullable(8, func(r *rand.Rand) string { return "'" + vectorText(r) + "'" })(r))
			}
			values[i] = "(" + strings.Join(v, ", ") + ")"
		}
		out = append(out, fmt.Sprintf("INSERT INTO %s (id, %s) VALUES %s", table, strings.Join(names, ", "), strings.Join(values, ", ")))
	}
	return out
}

// index makes a random index of the table.
func index(r *rand.Rand, table string, vectors bool) string {
	if vectors && r.IntN(3) == 0 {
		where := ""
		if r.IntN(4) == 0 {
			where = " WHERE " + condition(r, "", 0)
		}
		class, include := metrics[r.IntN(len(metrics))].class, ""
		if *against == "" && r.IntN(2) == 0 { // pgvector's indexes cannot
			var names []string
			for _, k := range r.Perm(len(columns))[:1+r.IntN(3)] {
				names = append(names, columns[k].name)
			}
			include = " INCLUDE (" + strings.Join(names, ", ") + ")"
		}
		return fmt.Sprintf("CREATE INDEX ON %s USING hnsw (e %s)%s%s", table, class, include, where)
	}
	keys := r.Perm(len(columns))[:1+r.IntN(2)]
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = columns[k].name + []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}[r.IntN(4)]
	}
	s := fmt.Sprintf("CREATE INDEX ON %s (%s)", table, strings.Join(parts, ", "))
	switch r.IntN(5) {
	case 0:
		s += " WHERE " + condition(r, "", 0)
	case 1:
		s = fmt.Sprintf("CREATE INDEX ON %s ((a + 1), lower(b))", table)
	}
	return s
}

// condition is a random condition over the columns, qualified by prefix ("t.").
func condition(r *rand.Rand, prefix string, depth int) string {
	if depth > 0 {
		switch r.IntN(6) {
		case 0, 1:
			return "(" + condition(r, prefix, depth-1) + " AND " + condition(r, prefix, depth-1) + ")"
		case 2, 3:
			return "(" + condition(r, prefix, depth-1) + " OR " + condition(r, prefix, depth-1) + ")"
		case 4:
			return "NOT (" + condition(r, prefix, depth-1) + ")"
		}
	}
	c := columns[r.IntN(len(columns))]
	name := prefix + c.name
	switch r.IntN(5) {
	case 0:
		return name + []string{" IS NULL", " IS NOT NULL"}[r.IntN(2)]
	case 1, 2:
		form := c.special[r.IntN(len(c.special))]
		args := make([]any, strings.Count(strings.ReplaceAll(form, "%%", ""), "%s"))
		for i := range args {
			args[i] = name
		}
		return "(" + fmt.Sprintf(form, args...) + ")"
	}
	return fmt.Sprintf("%s %s %s", name, c.compares[r.IntN(len(c.compares))], c.value(r))
}

// metric is a distance operator with its operator class.
type metric struct{ op, class string }

var metrics = []metric{{"<->", "vector_l2_ops"}, {"<#>", "vector_ip_ops"}, {"<=>", "vector_cosine_ops"}, {"<+>", "vector_l1_ops"}}
