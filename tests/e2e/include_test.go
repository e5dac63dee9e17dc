package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// questions are filters over what an index includes, and what comes of them.
var includeQuestions = []string{
	"a = 3", "a < 2 and b is null", "b like 'b1%'", "c > 50.5", "a = 3 and id > 400", "b is not null and d", "f <-> '[0,0]' < 300",
	"case when a <> 5 then 10 / (a - 5) > 2 end", "a = any (array[1, 7])", "h is null", "s = '{1:1}/3'", "v8 <-> '[1,2]' < 40", "a in (select 4)", "a >= 0",
}

// answers asks for the nearest rows under each filter, in three forms; ids break ties.
func answers(t *testing.T, c *pgx.Conn) (out []string) {
	t.Helper()
	for _, where := range includeQuestions {
		for _, form := range []string{
			"select id, a, b from inc where %s order by e <-> '[20,9,5]', id limit 12",
			"select id from inc where %s and e <-> '[20,9,5]' < 9 order by e <-> '[20,9,5]', id",
			"select count(*), min(id) from (select id from inc where %s order by e <-> '[50,3,3]' limit 400) x where id < 700",
		} {
			out = append(out, contents(t, c, fmt.Sprintf(form, where)))
		}
	}
	return out
}

// Included columns of a vector index narrow a search before rows are read, and change
// no answer: whatever was updated, deleted, or is not committed yet.
func TestIncludedColumns(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "inc", "(id int primary key, a int, b text, c numeric(10,2), d bool, e vector(3), f vector(2), h timestamptz, s sparsevec(3), v8 int8vec(2))")
	mustExec(t, c, `insert into inc select i, i % 10, case when i % 7 = 0 then null else 'b' || i end, i / 3.0, i % 3 = 0,
		case when i % 50 = 49 then null else array[i % 100 + i / 10000.0, i % 37, i % 11]::vector end, array[i, 1]::vector,
		case when i % 9 = 0 then null else '2026-01-01'::timestamptz + i * interval '1 hour' end, case when i % 4 > 0 then ('{1:' || i % 3 || '}/3')::sparsevec end,
		array[i % 100, 2]::vector::int8vec from generate_series(1, 1500) i`)
	change := []string{
		"update inc set a = a + 1 where id % 17 = 0", "update inc set b = null where id % 19 = 0", "update inc set f = '[0,0]' where id % 23 = 0",
		"update inc set e = '[20,9,5.5]' where id % 29 = 0", "update inc set d = not d, id = id + 10000 where id % 31 = 0", "delete from inc where id % 13 = 0",
		"update inc set a = a where id % 3 = 0", "update inc set e = null where id % 97 = 0", "update inc set s = null, v8 = '[3,3]' where id % 41 = 0",
		"insert into inc (id, a, b, e, f) values (20000, 3, 'b1x', '[20,9,5]', '[1,1]'), (20001, null, null, '[20,9,5]', null)",
	}
	before := answers(t, c)
	mustExec(t, c, "begin")
	for _, sql := range change {
		mustExec(t, c, sql)
	}
	after := answers(t, c)
	mustExec(t, c, "rollback")
	compare := func(what string, want []string) {
		t.Helper()
		for i, got := range answers(t, c) {
			if got != want[i] {
				t.Errorf("%s, %s:\n got %.300s\nwant %.300s", what, includeQuestions[i/3], got, want[i])
			}
		}
	}
	for _, using := range []string{"hnsw (e vector_l2_ops)", "ivfflat (e vector_l2_ops)", "ivf (e vector_l2_ops) ", "flat (e vector_l2_ops)",
		"hnsw ((subvector(e, 1, 3)::vector(3)) vector_l2_ops)"} {
		mustExec(t, c, "set hnsw.ef_search = 1000")
		mustExec(t, c, "set ivfflat.probes = 1000")
		mustExec(t, c, "create index inc_x on inc using "+using+" include (a, b, c, d, f, h, s, v8)")
		compare(using, before)
		mustExec(t, c, "begin")
		for i, sql := range change {
			mustExec(t, c, sql)
			if i == 4 {
				mustExec(t, c, "savepoint s")
				mustExec(t, c, "update inc set a = 3, b = 'b1', e = '[20,9,5]'")
				mustExec(t, c, "rollback to s")
			}
		}
		compare(using+" in the transaction", after)
		mustExec(t, c, "rollback")
		compare(using+" after rollback", before)
		mustExec(t, c, "create table old as table inc")
		for _, sql := range change {
			mustExec(t, c, sql)
		}
		compare(using+" after commit", after)
		mustExec(t, c, "reindex index inc_x")
		compare(using+" built anew", after)
		mustExec(t, c, "drop index inc_x")
		mustExec(t, c, "delete from inc")
		mustExec(t, c, "insert into inc table old")
		mustExec(t, c, "drop table old")
	}
	for i, got := range answers(t, c) {
		if got != before[i] {
			t.Fatalf("%s: the rows are not what they were", includeQuestions[i/3])
		}
	}
}

// The plan says what the index tests; columns that are included share their fate with it.
func TestIncludedPlans(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "incp", "(id int primary key, a int, b int, e vector(3))")
	mustExec(t, c, "insert into incp select i, i % 100, i % 2, array[i % 100 + i / 10000.0, i % 37, i % 11]::vector from generate_series(1, 5000) i")
	mustExec(t, c, "create index on incp using hnsw (e vector_l2_ops) include (a, b) where id > 0")
	mustExec(t, c, "analyze incp")
	mustExec(t, c, "create extension if not exists vector")
	for _, q := range []struct{ sql, has, not string }{
		{"where id > 0 and a = 3 order by e <-> '[1,2,3]' limit 5", "Index Filter: (a = 3)|Vector Strategy: index-filter|Entries Removed by Index Filter: 49", "Seq Scan on incp  (cost=0"},
		{"where id > 0 and b = 1 order by e <-> '[1,2,3]' limit 5", "Index Filter: (b = 1)", "Rows Removed"},
		{"where id > 0 and b = 1 and id % 5 = 1 order by e <-> '[1,2,3]' limit 5", "Index Filter: (b = 1)\n|Filter: ((id > 0) AND (b = 1) AND ((id % 5) = 1))", ""},
		{"where id > 0 and e <-> '[1,2,3]' < 10 and b = 1", "Index Cond: ((e <-> '[1,2,3]'::vector) <|Index Filter: (b = 1)|Entries Removed by Index Filter: ", "Rows Removed"},
		{"where id > 0 and b = (random() * 2)::int order by e <-> '[1,2,3]' limit 5", "Filter: ", "Index Filter"},
		{"where id > 0 and b = (select 1) order by e <-> '[1,2,3]' limit 5", "Filter: ", "Entries Removed"},
		{"where id > 0 and id < 100000 order by e <-> '[1,2,3]' limit 5", "Filter: ", "Index Filter"},
	} {
		plan := explain(t, c, "explain (analyze, costs on) select id from incp "+q.sql)
		for _, want := range strings.Split(q.has, "|") {
			if !strings.Contains(plan, want) {
				t.Errorf("%s: the plan lacks %q:\n%s", q.sql, want, plan)
			}
		}
		if q.not != "" && strings.Contains(plan, q.not) {
			t.Errorf("%s: the plan has %q:\n%s", q.sql, q.not, plan)
		}
	}
	def := "select indnatts || ' ' || indnkeyatts || ' ' || pg_get_indexdef(indexrelid) from pg_index where indexrelid::regclass::text like 'incp_e%'"
	if got := one(t, c, def); got != "3 1 CREATE INDEX incp_e_a_b_idx ON public.incp USING hnsw (e vector_l2_ops) INCLUDE (a, b) WHERE (id > 0)" {
		t.Error(got)
	}
	if got := one(t, c, "select pg_indexam_has_property(oid, 'can_include')::text from pg_am where amname = 'hnsw'"); got != "true" {
		t.Errorf("can_include of hnsw: %s", got)
	}
	// What an entry of a row that is gone carries is not asked for errors that nobody sees.
	const division = "select count(*) from (select 1 from incp where id > 0 and 10 / (a - 3) > 0 order by e <-> '[1,2,3]' limit 6000) x"
	if _, err := c.PgConn().Exec(t.Context(), division).ReadAll(); err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("a row that divides by zero: %v", err)
	}
	mustExec(t, c, "delete from incp where a = 3")
	if got := one(t, c, division); got != "500" {
		t.Errorf("%s rows, want 500", got)
	}
	const count = "select count(*)::text from pg_index where indrelid = 'incp'::regclass"
	mustExec(t, c, "alter table incp alter column b type text using 'x' || b")
	if got := contents(t, c, "select b from incp where id > 0 and b = 'x1' and a = 5 order by e <-> '[3,3,3]' limit 3"); got == "" || strings.Contains(got, "x0") {
		t.Errorf("after ALTER TYPE of an included column: %q", got)
	}
	mustExec(t, c, "alter table incp rename column a to aa")
	if got := one(t, c, def); !strings.Contains(got, "INCLUDE (aa, b)") {
		t.Error(got)
	}
	mustExec(t, c, "truncate incp")
	mustExec(t, c, "insert into incp select i, i % 100, 'y', array[i, 1, 1]::vector from generate_series(1, 300) i")
	if got := contents(t, c, "select id from incp where id > 0 and aa = 7 order by e <-> '[200,1,1]' limit 2"); got != "207;107" {
		t.Errorf("after TRUNCATE: %q", got)
	}
	mustExec(t, c, "alter table incp drop column b")
	if got := one(t, c, count); got != "1" {
		t.Errorf("%s indexes are left after an included column is gone", got)
	}
}
