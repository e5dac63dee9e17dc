package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// distances are the functions of MySQL's dialect, their operators, and the operator
// classes of an index for them.
var distances = []struct{ function, op, class string }{
	{"VEC_COSINE_DISTANCE", "<=>", "vector_cosine_ops"},
	{"VEC_L2_DISTANCE", "<->", "vector_l2_ops"},
	{"VEC_NEGATIVE_INNER_PRODUCT", "<#>", "vector_ip_ops"},
	{"VEC_L1_DISTANCE", "<+>", "vector_l1_ops"},
}

// searchShapes are twins of one search: $D is the distance of the column to a vector, $Q,
// and $C that of d's column.
var searchShapes = [][2]string{
	{"SELECT id FROM $T ORDER BY $D LIMIT 5", ""},
	{"SELECT id FROM $T ORDER BY $D ASC LIMIT 3, 5", "select id from $T order by $D limit 5 offset 3"},
	{"SELECT id, $D AS d FROM $T ORDER BY d LIMIT 5", ""},
	{"SELECT id, $D AS d FROM $T ORDER BY 2 LIMIT 5", ""},
	{"SELECT id, ROUND(1 - $D, 3) AS s FROM $T WHERE kind = 7 ORDER BY $D LIMIT 5", "select id, round((1 - ($D))::numeric, 3)::float8 as s from $T where kind = 7 order by $D limit 5"},
	{"SELECT id FROM $T WHERE kind = 7 ORDER BY $D LIMIT 5", ""},
	{"SELECT id FROM $T WHERE kind BETWEEN 3 AND 20 AND id > 100 ORDER BY $D LIMIT 5", "select id from $T where kind >= 3 and kind <= 20 and id > 100 order by $D limit 5"},
	{"SELECT id FROM $T WHERE kind IN (1, 2, 3) OR id < 50 ORDER BY $D LIMIT 5", ""},
	{"SELECT id FROM $T WHERE $D < $B ORDER BY $D LIMIT 5", "select id from $T where $D < $B order by $D limit 5"},
	{"SELECT id, $D AS d FROM $T HAVING d <= $B ORDER BY d LIMIT 5", "select id, $D as d from $T where $D <= $B order by d limit 5"},
	{"SELECT id FROM $T WHERE $B > $D", "select id from $T where $B > $D"},
	{"SELECT id FROM (SELECT id, kind FROM $T ORDER BY $D LIMIT 40) t WHERE kind < 25", ""},
	{"SELECT id, d FROM (SELECT id, kind, $D AS d FROM $T ORDER BY d LIMIT 40) t WHERE kind < 25", ""},
	{"SELECT d.id FROM $T d JOIN kinds k ON d.kind = k.id WHERE k.name = 'k7' ORDER BY $C LIMIT 5", ""},
	{"SELECT d.id, k.name FROM $T d LEFT JOIN kinds k ON d.kind = k.id ORDER BY $C LIMIT 5", ""},
	{"SELECT d.id FROM $T d WHERE EXISTS (SELECT 1 FROM kinds k WHERE k.id = d.kind AND k.name <> 'k1') ORDER BY $C LIMIT 5", ""},
	{"SELECT k.id, (SELECT d.id FROM $T d WHERE d.kind = k.id ORDER BY $C LIMIT 1) AS n FROM kinds k WHERE k.id < 4", ""},
	{"SELECT k.id, n.id AS nearest FROM kinds k CROSS JOIN LATERAL (SELECT d.id FROM $T d ORDER BY $C LIMIT 2) n WHERE k.id < 3", ""},
	{"WITH near AS (SELECT id FROM $T ORDER BY $D LIMIT 20) SELECT COUNT(*) AS n FROM near", "with near as (select id from $T order by $D limit 20) select count(*) as n from near"},
	{"(SELECT id FROM $T ORDER BY $D LIMIT 3) UNION ALL (SELECT id FROM $T WHERE kind = 1 ORDER BY $D LIMIT 3)", ""},
}

// derivedShapes sort by a distance that a derived table or WITH query computes. The cosine
// distance is NULL there where it would be NaN, so its plans read otherwise, but they use an
// index where the twin's do.
var derivedShapes = [][2]string{
	{"SELECT * FROM (SELECT id, $D AS d FROM $T) t ORDER BY d LIMIT 5", ""},
	{"SELECT t.id, t.d FROM (SELECT u.id, u.d FROM (SELECT id, kind, $D AS d FROM $T) u WHERE u.kind = 7) t ORDER BY t.d LIMIT 5", ""},
	{"WITH near AS (SELECT id, $D AS d FROM $T WHERE kind < 9) SELECT id, d FROM near ORDER BY 2 LIMIT 5", ""},
	{"WITH near AS (SELECT id, $D AS d FROM $T) SELECT id FROM near WHERE d < $B ORDER BY d LIMIT 5", ""},
	{"SELECT t.id, k.name FROM (SELECT id, kind, $D AS d FROM $T) t JOIN kinds k ON k.id = t.kind ORDER BY t.d LIMIT 5", ""},
}

// Searches by every distance have the plans and answers of their twins in PostgreSQL's
// dialect: over a table without an index, with one of each, and over partitions.
func TestSearchesPlanAlikeByEveryDistance(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "CREATE TABLE kinds (id INT PRIMARY KEY, name VARCHAR(10))")
	mustExec(t, pg, "insert into kinds select i, 'k' || i from generate_series(0, 40) i")
	const filled = "select i, i % 50, array(select ((i * 7919 + j * 104729) % 1009) - 300 from generate_series(1, 4) j)::vector from generate_series(1, 2000) i"
	columns := "(id int, kind int, e vector(4))"
	for _, table := range []string{"bare", "docs", "parts"} {
		if table == "parts" {
			mustExec(t, pg, "create table parts "+columns+" partition by range (id)")
			mustExec(t, pg, "create table parts_1 partition of parts for values from (0) to (1000)")
			mustExec(t, pg, "create table parts_2 partition of parts for values from (1000) to (5000)")
		} else {
			mustExec(t, my, "CREATE TABLE "+table+" "+columns)
		}
		mustExec(t, pg, "insert into "+table+" "+filled)
		mustExec(t, my, "CREATE INDEX k ON "+table+" (kind)")
		if table != "bare" {
			for _, d := range distances {
				mustExec(t, pg, fmt.Sprintf("create index on %s using hnsw (e %s)", table, d.class))
			}
		}
		mustExec(t, pg, "analyze "+table)
	}
	mustExec(t, pg, "analyze kinds")
	bounds := map[string]string{"<=>": "0.05", "<->": "150", "<#>": "-1000", "<+>": "250"}
	const q = "'[10,-20,300,40]'"
	searched := 0
	for _, table := range []string{"bare", "docs", "parts"} {
		for _, d := range distances {
			for i, shape := range append(searchShapes[:len(searchShapes):len(searchShapes)], derivedShapes...) {
				if shape[1] == "" {
					shape[1] = shape[0]
				}
				mine := strings.NewReplacer("$T", table, "$D", d.function+"(e, "+q+")", "$C", d.function+"(d.e, "+q+")", "$B", bounds[d.op]).Replace(shape[0])
				theirs := strings.NewReplacer("$T", table, "$D", "e "+d.op+" "+q, "$C", "d.e "+d.op+" "+q, "$B", bounds[d.op]).Replace(shape[1])
				a, b := lines(t, my, "EXPLAIN "+mine), lines(t, pg, "explain "+theirs)
				const search = "Order By:"
				if a != b && (i < len(searchShapes) || d.op != "<=>" || strings.Contains(a, search) != strings.Contains(b, search)) {
					t.Errorf("%s\n%s\n%s\n%s", mine, a, theirs, b)
				}
				if strings.Contains(b, search) {
					searched++
				}
				if a, b = lines(t, my, mine), lines(t, pg, theirs); a != b {
					t.Errorf("%s\n%s\n%s\n%s", mine, a, theirs, b)
				}
			}
		}
	}
	if searched < len(searchShapes)*len(distances) {
		t.Errorf("%d searches by an index", searched)
	}
}

// Every form that makes a vector index makes what CREATE INDEX of PostgreSQL's dialect does.
func TestVectorIndexFormsAreAlike(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	for _, d := range distances {
		for i, form := range []string{
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4), VECTOR INDEX x (($F(e))))",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4), VECTOR INDEX x (($F(`e`))) USING HNSW COMMENT 'c')",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4)); CREATE VECTOR INDEX x ON t (($F(e)))",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4)); CREATE VECTOR INDEX IF NOT EXISTS `x` ON `t` (($F(e))) USING HNSW ADD_COLUMNAR_REPLICA_ON_DEMAND",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4)); CREATE COLUMNAR INDEX x ON t (($F(e))) USING HNSW",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4)); ALTER TABLE t ADD VECTOR INDEX x (($F(e)))",
			"CREATE TABLE t (id INT PRIMARY KEY, e VECTOR(4)); ALTER TABLE t ADD COLUMNAR INDEX x (($F(e))) USING HNSW",
			"CREATE TABLE t (id INT PRIMARY KEY); ALTER TABLE t ADD COLUMN e VECTOR(4), ADD VECTOR INDEX x (($F(e))) USING HNSW",
		} {
			mustExec(t, my, strings.ReplaceAll(form, "$F", d.function))
			mustExec(t, pg, "insert into t select i, array[i % 31, i % 37, i % 41, 1]::vector from generate_series(1, 1000) i")
			mustExec(t, pg, "analyze t")
			want := "CREATE INDEX t_x ON public.t USING hnsw (e " + d.class + ")"
			if got := one(t, pg, "select indexdef from pg_indexes where indexname = 't_x'"); got != want {
				t.Errorf("%s form %d: %s, not %s", d.function, i, got, want)
			}
			mine := "SELECT id FROM t ORDER BY " + d.function + "(e, '[1,2,3,4]') LIMIT 5"
			theirs := "select id from t order by e " + d.op + " '[1,2,3,4]' limit 5"
			plan := lines(t, my, "EXPLAIN "+mine)
			if !strings.Contains(plan, "t_x") || plan != lines(t, pg, "explain "+theirs) {
				t.Errorf("%s form %d:\n%s", d.function, i, plan)
			}
			answer := lines(t, my, mine)
			mustExec(t, my, "DROP INDEX x ON t")
			mustExec(t, pg, "create index t_x on t using hnsw (e "+d.class+")")
			mustExec(t, pg, "analyze t")
			if again := lines(t, my, "EXPLAIN "+mine); again != plan {
				t.Errorf("%s form %d: made by the other dialect:\n%s", d.function, i, again)
			}
			if again := lines(t, my, mine); again != answer {
				t.Errorf("%s form %d: %s, not %s", d.function, i, answer, again)
			}
			mustExec(t, my, "DROP TABLE t")
		}
	}
}

// A vector to search for may be written in every way that the dialect has: it is one constant to
// the plan, on either side of the distance.
func TestEveryFormOfAVectorSearchesTheIndex(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "CREATE TABLE docs (id INT PRIMARY KEY, kind INT, e VECTOR(2), KEY k (kind))")
	mustExec(t, pg, "insert into docs select i, i % 50, array[i % 31, i % 37]::vector from generate_series(1, 1000) i")
	for _, d := range distances {
		mustExec(t, pg, fmt.Sprintf("create index on docs using hnsw (e %s)", d.class))
	}
	mustExec(t, pg, "analyze docs")
	metrics := map[string]string{"<=>": "'COSINE'", "<->": "'euclidean'", "<#>": "'DOT'"}
	for _, v := range []string{"'[1,2]'", `"[1, 2.0]"`, "N'[1,2]'", "VEC_FROM_TEXT('[1,2]')", "STRING_TO_VECTOR('[1,2]')", "TO_VECTOR('[1,2]')",
		"CAST('[1,2]' AS VECTOR)", "CONVERT('[1,2]', VECTOR)", "0x0000803F00000040", "X'0000803F00000040'",
		"_binary 0x0000803F00000040", "UNHEX('0000803F00000040')", "CONCAT('[1', ',2]')", "VEC_AS_TEXT('[1,2]')", "CAST(JSON_ARRAY(1, 2) AS CHAR)",
		"VEC_FROM_TEXT('[0,1]') + VEC_FROM_TEXT('[1,1]')"} {
		for _, d := range distances {
			forms := []string{d.function + "(e, " + v + ")", d.function + "(" + v + ", e)"}
			if m := metrics[d.op]; m != "" {
				forms = append(forms, "DISTANCE(e, "+v+", "+m+")", "VECTOR_DISTANCE("+v+", e, "+m+")")
			}
			for _, where := range []string{"", " WHERE kind = 7"} {
				want := lines(t, pg, "explain select id from docs"+where+" order by e "+d.op+" '[1,2]' limit 5")
				for _, f := range forms {
					if got := lines(t, my, "EXPLAIN SELECT id FROM docs"+where+" ORDER BY "+f+" LIMIT 5"); got != want || !strings.Contains(got, "Order By:") {
						t.Errorf("%s%s\n%s\n%s", f, where, got, want)
					}
				}
			}
		}
	}
}
