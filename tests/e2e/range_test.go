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
		for _, using := range []string{"hnsw (%s)", "hnsw (%s) with (quantization = rabitq1)", "flat (%s)", "ivf (%s)", "hnsw (%s) where n < 4"} {
			if o.class == "l1" && strings.Contains(using, "rabitq") {
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
