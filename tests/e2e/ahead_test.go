package e2e

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A join of many query vectors begins searches for later rows on other processors. Rows,
// their order, limits, errors and cancellation are those of one search after the other.
func TestSearchesAhead(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "ah", "(id int primary key, a int, e vector(8))")
	mustExec(t, c, `insert into ah select i, i % 50, (select array_agg(((i * i % 1013 * (j * 31 + 7) + i * j * j) % 1009) / 1000.0) from generate_series(1, 8) j)::real[]::vector
		from generate_series(1, 2500) i`)
	mustExec(t, c, "create index on ah using hnsw (e vector_l2_ops) include (a)")
	mustExec(t, c, "analyze ah")
	queries := []string{
		"select q.id, x.id, x.d from ah q cross join lateral (select id, e <-> q.e as d from ah order by e <-> q.e limit 4) x where q.id %% 9 = 0 %s",
		"select q.id, x.id from ah q left join lateral (select id from ah where a = 3 and id > q.id order by e <-> q.e limit 2) x on true where q.id %% 19 = 0 %s",
		"select q.id, x.id from ah q cross join lateral (select id from ah where a = 7 order by e <-> q.e limit 2 offset 1) x where q.id %% 11 = 0 %s",
		"select q.id, x.id from ah q cross join lateral (select id from ah where a < 25 and id %% 3 = 0 order by e <-> q.e limit q.a %% 4) x where q.id %% 7 = 0 %s",
		"select q.id, (select id from ah where a <> q.a order by e <-> q.e limit 1) from ah q where q.id %% 9 = 0 %s",
		"select q.id, array(select id from ah order by e <-> q.e, id limit 3) from ah q where q.id %% 9 = 0 %s",
		"select q.id from ah q where exists (select 1 from ah where a = q.a + 1 order by e <-> q.e limit 1) and q.id < 200 %s",
	}
	for _, q := range queries {
		for _, tail := range []string{"", "limit 5", "offset 40"} {
			sql := fmt.Sprintf(q, tail)
			mustExec(t, c, "set max_parallel_workers_per_gather = 0")
			want := contents(t, c, sql)
			if want == "" {
				t.Fatalf("%s gives nothing: the test is empty", sql)
			}
			mustExec(t, c, "set max_parallel_workers_per_gather = 8")
			if got := contents(t, c, sql); got != want {
				t.Errorf("%s:\n got %.300s\nwant %.300s", sql, got, want)
			}
		}
	}
	plan := explain(t, c, "explain (analyze) "+fmt.Sprintf(queries[0], ""))
	if !strings.Contains(plan, "Searches Ahead: up to 32 rows") || runtime.GOMAXPROCS(0) > 1 && !strings.Contains(plan, "Workers Launched: ") {
		t.Errorf("no search was begun ahead:\n%s", plan)
	}
	mustExec(t, c, "set max_parallel_workers_per_gather = 0")
	if plan := explain(t, c, "explain (analyze) "+fmt.Sprintf(queries[0], "")); strings.Contains(plan, "Workers Launched") {
		t.Errorf("helpers though there may be none:\n%s", plan)
	}
	mustExec(t, c, "reset max_parallel_workers_per_gather")

	// A query that fails does so when its turn comes, and not before.
	const bad = `select q.n, x.id from (values (1, '[1,2,3,4,5,6,7,8]'), (2, '[8,7,6,5,4,3,2,1]'), (3, '[1,1,1,1,1,1,1,1]'), (4, '[1,2]')) q(n, v)
		cross join lateral (select id from ah order by e <-> q.v::vector limit 1) x`
	if got := contents(t, c, bad+" limit 3"); strings.Count(got, ";") != 2 {
		t.Errorf("got %s, want three rows", got)
	}
	if _, err := c.PgConn().Exec(t.Context(), bad).ReadAll(); err == nil || !strings.Contains(err.Error(), "different vector dimensions 2 and 8") {
		t.Errorf("a query of two dimensions: %v", err)
	}
	aheadPortals(t, c)
	aheadCancel(t, c)
}

// aheadPortals leaves executions half done, with changes of the rows between their pieces.
func aheadPortals(t *testing.T, c *pgx.Conn) {
	const sql = "select q.id, x.id from ah q cross join lateral (select id from ah order by e <-> q.e limit 3) x where q.id <= 900 order by q.id"
	want := strings.Split(contents(t, c, sql), ";")
	mustExec(t, c, "begin")
	mustExec(t, c, "declare d cursor for "+sql)
	mustExec(t, c, "declare never cursor for "+sql)
	contents(t, c, "fetch 50 from never")
	var got []string
	for len(got) < len(want) {
		got = append(got, strings.Split(contents(t, c, "fetch 77 from d"), ";")...)
		mustExec(t, c, "update ah set e = e where id = 17")
	}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("by pieces: got %.200s, want %.200s", got, want)
	}
	mustExec(t, c, "rollback")
}

// aheadCancel cancels joins; what comes next finds the session and the helpers free.
func aheadCancel(t *testing.T, c *pgx.Conn) {
	const long = "select sum(x.id) from ah a cross join ah q cross join lateral (select id from ah where id <> a.id order by e <-> q.e limit 9) x"
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if _, err := c.Exec(ctx, "set statement_timeout = 60"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec(ctx, long); err == nil || !strings.Contains(err.Error(), "statement timeout") {
			t.Fatalf("a long join: %v", err)
		}
		cancel()
		mustExec(t, c, "reset statement_timeout")
	}
	plan := explain(t, c, "explain (analyze) select q.id, x.id from ah q cross join lateral (select id from ah order by e <-> q.e limit 3) x where q.id < 900")
	if runtime.GOMAXPROCS(0) > 1 && !strings.Contains(plan, "Workers Launched: ") {
		t.Errorf("no helper is free any more:\n%s", plan)
	}
}
