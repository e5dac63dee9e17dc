package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// A bound on a distance is a range search of the index: all rows within it and no
// other, with every access method and coding.
func TestRangeSearch(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "p", "(id int primary key, e vector(16), n int)")
	mustExec(t, c, `insert into p select i, (select array_agg(((i * i % 1013 * (j * 31 + 7) + i * j * j) % 1009) / 1000.0 - 0.5) from generate_series(1, 16) j)::real[]::vector, i % 10
		from generate_series(1, 4000) i`)
	mustExec(t, c, "insert into p values (5000, null, 1)")
	const far = "(select e from p where id = 17)"
	queries := []string{
		"select id from p where e <OP> '[" + strings.Repeat("0.1,", 15) + "0.2]' < %g order by id",
		"select id from p where e <OP> '[" + strings.Repeat("0.3,", 15) + "0.1]' <= %g and n < 4 order by id",
		"select id from p where e <OP> " + far + " < %g order by e <OP> " + far + ", id limit 7",
		"select a.id, b.id from p a join p b on a.e <OP> b.e < %g where a.id < 20 order by 1, 2",
	}
	for _, o := range []struct {
		op, class string
		radius    float64
	}{{"<->", "l2", 1.3}, {"<#>", "ip", -0.2}, {"<=>", "cosine", 0.6}, {"<+>", "l1", 4}} {
		var want []string
		for _, q := range queries {
			rows := contents(t, c, fmt.Sprintf(strings.ReplaceAll(q, "<OP>", o.op), o.radius))
			if rows == "" {
				t.Fatalf("%s finds nothing: the test is empty", q)
			}
			want = append(want, rows)
		}
		for _, using := range []string{"hnsw (%s)", "hnsw (%s) with (quantization = rabitq1)", "flat (%s)", "ivf (%s)", "ivf (%s) with (quantization = pq)", "hnsw (%s) where n < 4"} {
			if o.class == "l1" && strings.Contains(using, "quantization") {
				continue
			}
			mustExec(t, c, "create index pi on p using "+fmt.Sprintf(using, "e vector_"+o.class+"_ops"))
			for i, q := range queries {
				q = fmt.Sprintf(strings.ReplaceAll(q, "<OP>", o.op), o.radius)
				if got := contents(t, c, q); got != want[i] {
					t.Errorf("%s over %s:\n got %.200s\nwant %.200s", q, using, got, want[i])
				}
			}
			plan := explain(t, c, "explain "+fmt.Sprintf(strings.ReplaceAll(queries[1], "<OP>", o.op), o.radius))
			if !strings.Contains(plan, "Index Scan using pi on p") || !strings.Contains(plan, "Index Cond: ((e "+o.op+" '[0.3,") {
				t.Errorf("no range search over %s:\n%s", using, plan)
			}
			mustExec(t, c, "drop index pi")
		}
	}
}

// The k nearest within a distance: as many as there are, and none missing where there
// are fewer, with every access method.
func TestNearestWithin(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "nw", "(id int primary key, e vector(8), n int)")
	mustExec(t, c, `insert into nw select i, (select array_agg(((i * i % 1013 * (j * 31 + 7) + i * j * j) % 1009) / 1000.0) from generate_series(1, 8) j)::real[]::vector, i % 10
		from generate_series(1, 6000) i`)
	mustExec(t, c, "insert into nw values (7000, null, 1), (7001, null, 2)")
	const q = "'[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.4]'"
	var queries []string
	for _, o := range []struct {
		op    string
		radii []string
	}{{"<->", []string{"0.2", "0.45", "0.6", "2", "-1", "null", "'nan'", "'inf'"}}, {"<=>", []string{"0.01", "0.05", "0.3"}}, {"<#>", []string{"-3.5", "-2.5", "0"}}} {
		for _, r := range o.radii {
			for _, where := range []string{"%[1]s < %[2]s", "%[1]s <= %[2]s and n < 4", "%[2]s > %[1]s and n = (select 3)"} {
				d := "e " + o.op + " " + q
				queries = append(queries, fmt.Sprintf("select id from nw where "+where+" order by %[1]s limit 12", d, r+"::float8"))
			}
		}
	}
	queries = append(queries, "select a.id, x.id from nw a cross join lateral (select id from nw where e <-> a.e < a.n / 10.0 order by e <-> a.e limit 3) x where a.id < 60",
		"select id from nw where e <-> "+q+" < 0.6 and e <-> "+q+" < 0.4 order by e <-> "+q+" limit 5")
	var want []string
	for _, sql := range queries {
		want = append(want, contents(t, c, sql))
	}
	mustExec(t, c, "set hnsw.ef_search = 1000")
	mustExec(t, c, "set ivfflat.probes = 1000")
	for _, using := range []string{"hnsw", "ivf", "flat"} {
		for _, class := range []string{"l2", "cosine", "ip"} {
			mustExec(t, c, fmt.Sprintf("create index nw_%[2]s on nw using %[1]s (e vector_%[2]s_ops)", using, class))
		}
		for i, sql := range queries {
			if got := contents(t, c, sql); got != want[i] {
				t.Errorf("%s by %s:\n got %.200s\nwant %.200s", sql, using, got, want[i])
			}
		}
		mustExec(t, c, "begin")
		mustExec(t, c, "insert into nw values (8000, "+q+", 3)")
		if got := contents(t, c, queries[0]); !strings.HasPrefix(got, "8000") {
			t.Errorf("by %s, an own row: %s", using, got)
		}
		mustExec(t, c, "rollback")
		if using == "hnsw" {
			mustExec(t, c, "reset hnsw.ef_search")
			plan := explain(t, c, "explain analyze select id from nw where e <-> "+q+" < 0.3 order by e <-> "+q+" limit 200")
			if !strings.Contains(plan, "Vector Strategy: range search") || !strings.Contains(plan, "fewer than 200 rows were found within the bound") {
				t.Errorf("the bound leaves too few rows, and yet:\n%s", plan)
			}
			plan = explain(t, c, "explain analyze select id from nw where e <-> "+q+" < 0.9 order by e <-> "+q+" limit 10")
			if !strings.Contains(plan, "Index Cond: ((e <-> "+q+"::vector) < '0.9'::double precision)") || !strings.Contains(plan, "Vector Strategy: post-filter") {
				t.Errorf("the bound leaves enough rows, and yet:\n%s", plan)
			}
		}
		for _, class := range []string{"l2", "cosine", "ip"} {
			mustExec(t, c, "drop index nw_"+class)
		}
	}
}
