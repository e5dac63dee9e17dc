package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// When the rows that pass a filter are the farthest ones, a walk that tests rows
// as they come would visit everything nearer first. The search notices that its
// estimate was wrong and applies the filter first; the answer stays the same.
func TestFilterAgainstDistance(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "far", "(id int primary key, grp int not null, e vector(4))")
	mustExec(t, c, `insert into far select i, (i % 10 = 0)::int,
		array[(i * 37) % 997, (i * 91) % 991, (i * 53) % 983, case when i % 10 = 0 then 100000 else i % 7 end]::real[]::vector
		from generate_series(1, 20000) i`)
	mustExec(t, c, "create index on far using hnsw (e vector_l2_ops)")
	mustExec(t, c, "analyze far")
	const order = "e <-> '[500,500,500,0]'"
	query := "select id from far where grp = 1 order by " + order + " limit 10"
	plan := explain(t, c, "explain analyze "+query)
	if !strings.Contains(plan, "Vector Strategy: pre-filter") || !strings.Contains(plan, "post-filter given up after") {
		t.Errorf("the strategy was not changed:\n%s", plan)
	}
	want := contents(t, c, "select id from far where grp = 1 order by ("+order+") + 0, id limit 10")
	for range 3 { // the operator is used again
		if got := contents(t, c, query); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if plan := explain(t, c, "explain analyze "+strings.Replace(query, "grp = 1", "grp = 0", 1)); !strings.Contains(plan, "Vector Strategy: post-filter") {
		t.Errorf("rows that pass nearby should be tested as they come:\n%s", plan)
	}
	// A limit that nothing bounds goes the same way and gives every row.
	if got := one(t, c, fmt.Sprintf("select count(*) from (%s) x", strings.Replace(query, "limit 10", "limit 5000", 1))); got != "2000" {
		t.Errorf("%s rows, want 2000", got)
	}
}

func explain(t *testing.T, c *pgx.Conn, sql string) string {
	t.Helper()
	return strings.ReplaceAll(contents(t, c, sql), ";", "\n")
}
