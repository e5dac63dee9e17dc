package fault

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// loadTables are what the workers of TestKillUnderLoad share.
var loadTables = []string{
	"create extension if not exists vector",
	"create table s (id int primary key, grp int not null, val text, e vector(8))",
	"create index s_grp on s (grp)",
	"create index s_e on s using hnsw (e vector_l2_ops)",
	"insert into s select x, x % 7, md5(x::text), array_fill((x % 100) / 10.0, array[8])::real[]::vector from generate_series(1, 2000) x",
	"create table twin (id int primary key, val text)",
	"create table p (id int not null, n int) partition by range (id)",
	"create index on p (n)",
	"create table p_0 partition of p for values from (0) to (1000)",
	"create table p_1 partition of p for values from (1000) to (2000)",
	"create table p_2 partition of p for values from (2000) to (3000)",
	"create table batch (n int, line int, primary key (n, line), e vector(8))",
	"create index batch_e on batch using ivfflat (e vector_l2_ops)",
	"create table generation (g int, line int, e vector(8))",
	"create index generation_g on generation (g)",
	"create index generation_e on generation using hnsw (e vector_l2_ops)",
	"create sequence numbers cache 5",
}

// rowWriter writes rows of s with ids from base, and the same values into twin in the
// same transaction.
type rowWriter struct {
	base  int
	rows  map[int]string // id and val, as acknowledged
	maybe map[int]string // as they are if the last transaction was committed
}

func (w *rowWriter) step(c *pgx.Conn, r *rand.Rand) error {
	next := maps.Clone(w.rows)
	w.maybe = next
	err := inTransaction(c, func() error {
		for range 1 + r.IntN(4) {
			id, val := w.base+r.IntN(400), fmt.Sprint(r.Uint64())
			undo := r.IntN(5) == 0
			if undo {
				if err := run(c, "savepoint a"); err != nil {
					return err
				}
			}
			if _, was := next[id]; was && r.IntN(3) == 0 {
				if err := run(c, fmt.Sprintf("delete from s where id = %d", id), fmt.Sprintf("delete from twin where id = %d", id)); err != nil {
					return err
				}
				if !undo {
					delete(next, id)
				}
			} else {
				if err := run(c, fmt.Sprintf("insert into s (id, grp, val, e) values (%d, %d, '%s', '%s') on conflict (id) do update set val = excluded.val, grp = excluded.grp, e = excluded.e", id, r.IntN(7), val, vec(r.Uint64())),
					fmt.Sprintf("insert into twin values (%d, '%s') on conflict (id) do update set val = excluded.val", id, val)); err != nil {
					return err
				}
				if !undo {
					next[id] = val
				}
			}
			if undo {
				if err := run(c, "rollback to a"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		w.rows = next
	}
	return err
}

func (w *rowWriter) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	for _, table := range []string{"s", "twin"} {
		got := collect[int, string](t, c, fmt.Sprintf("select id, val from %s where id between %d and %[2]d + 9999", table, w.base))
		if maps.Equal(got, w.maybe) {
			w.rows = w.maybe
		} else if !maps.Equal(got, w.rows) {
			t.Errorf("%s: %d rows from %d are not the %d that were acknowledged", table, len(got), w.base, len(w.rows))
		}
	}
}

// schemaChanger changes s in all ways that leave its rows as they are.
type schemaChanger struct{}

func (*schemaChanger) step(c *pgx.Conn, r *rand.Rand) error {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	name := fmt.Sprintf("s_x%d", r.IntN(4))
	concurrently := pick("", "concurrently")
	switch r.IntN(11) {
	case 0, 1, 2:
		return run(c, fmt.Sprintf("create index %s if not exists %s on s %s", concurrently, name, pick(
			"(grp, id)", "(val)", "using hash (val)", "using gin ((array[id % 7, id % 50]))", "(lower(val)) where grp > 2",
			"using hnsw (e vector_cosine_ops)", "using ivfflat (e vector_l2_ops) with (lists = 4)", "using flat (e vector_ip_ops)",
			"using hnsw ((subvector(e, 1, 4)::vector(4)) vector_l2_ops) where grp % 2 = 1", "using ivf (e vector_l1_ops)")))
	case 3, 4:
		return run(c, fmt.Sprintf("drop index %s if exists %s", concurrently, name))
	case 5:
		return run(c, fmt.Sprintf("reindex index %s %s", concurrently, pick("s_grp", "s_e", "s_pkey", name)))
	case 6:
		return run(c, fmt.Sprintf("reindex table %s s", concurrently))
	case 7:
		return run(c, pick("alter table s add column if not exists extra int default 5", "alter table s drop column if exists extra", "alter table s add column if not exists late text default now()::text"))
	case 8:
		return run(c, "alter table s alter grp type "+pick("int", "bigint"))
	case 9:
		return run(c, pick("vacuum s", "vacuum full s", "analyze s", "vacuum analyze", "cluster s using s_pkey"))
	default:
		return inTransaction(c, func() error {
			return run(c, "alter table s add constraint positive check (id > 0)", "alter table s drop constraint positive", "alter table s rename val to v2", "alter table s rename v2 to val")
		})
	}
}

func (*schemaChanger) check(testing.TB, *pgx.Conn) {}

// partitioner inserts into p, detaches partitions and attaches them again.
type partitioner struct {
	rows, maybe map[int]int
}

func (w *partitioner) step(c *pgx.Conn, r *rand.Rand) error {
	part := r.IntN(3)
	w.maybe = maps.Clone(w.rows)
	switch r.IntN(6) {
	case 0:
		return run(c, fmt.Sprintf("alter table p detach partition p_%d %s", part, []string{"", "concurrently"}[r.IntN(2)]))
	case 1, 2:
		return run(c, fmt.Sprintf("alter table p attach partition p_%d for values from (%d) to (%d)", part, part*1000, part*1000+1000))
	case 3:
		if len(w.rows) > 2000 {
			maps.DeleteFunc(w.maybe, func(k, _ int) bool { return k%2 == 0 })
			err := run(c, "do $$ declare t text; begin for t in select relname from pg_class where relname ~ '^p_\\d$' loop execute format('delete from %I where id % 2 = 0', t); end loop; end $$")
			if err == nil {
				w.rows = w.maybe
			}
			return err
		}
		return nil
	default:
		var values []string
		for range 1 + r.IntN(20) {
			id, n := part*1000+r.IntN(1000), r.IntN(50)
			if _, was := w.maybe[id]; was {
				continue
			}
			w.maybe[id] = n
			values = append(values, fmt.Sprintf("(%d, %d)", id, n))
		}
		if len(values) == 0 {
			return nil
		}
		into := "p"
		if r.IntN(3) == 0 {
			into = fmt.Sprintf("p_%d", part)
		}
		err := run(c, "insert into "+into+" values "+strings.Join(values, ", "))
		if err == nil {
			w.rows = w.maybe
		}
		return err
	}
}

func (w *partitioner) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	got := collect[int, int](t, c, "select id, n from p union all select id, n from p_0 union all select id, n from p_1 union all select id, n from p_2")
	if maps.Equal(got, w.maybe) {
		w.rows = w.maybe
	} else if !maps.Equal(got, w.rows) {
		t.Errorf("partitions have %d rows, not the %d that were acknowledged", len(got), len(w.rows))
	}
	attached := one[int](t, c, "select count(*) from pg_inherits where inhparent = 'p'::regclass")
	if n := one[int](t, c, "select count(*) from p"); attached == 3 && n != len(w.rows) {
		t.Errorf("%d rows by the root of all partitions, want %d", n, len(w.rows))
	}
}

// churner makes tables of its own with all that belongs to them, and drops them.
type churner struct {
	own           int
	tables, maybe map[string]int // name and rows
	next          int
}

func (w *churner) step(c *pgx.Conn, r *rand.Rand) error {
	w.maybe = maps.Clone(w.tables)
	w.next++
	a, b := fmt.Sprintf("c%d_%d", w.own, w.next), fmt.Sprintf("c%d_%d_b", w.own, w.next)
	var do []string
	var some string
	for name := range w.maybe {
		some = name
		break
	}
	switch k := r.IntN(8); {
	case k == 0 && some != "":
		delete(w.maybe, some)
		do = []string{"drop table " + some + " cascade"}
	case k == 1 && some != "":
		w.maybe[a] = w.maybe[some]
		delete(w.maybe, some)
		do = []string{fmt.Sprintf("alter table %s rename to %s", some, a)}
	case k == 2 && some != "":
		w.maybe[some] = 0
		do = []string{"truncate " + some + " cascade"}
	case k == 3:
		return run(c, fmt.Sprintf("create temp table tmp_%d as select id, e from s limit 100", w.next), fmt.Sprintf("create index on tmp_%d using hnsw (e vector_l2_ops)", w.next),
			fmt.Sprintf("drop table tmp_%d", w.next))
	case k == 4:
		do = []string{fmt.Sprintf("create schema sc_%s", a), fmt.Sprintf("create type sc_%s.kind as enum ('x', 'y')", a), fmt.Sprintf("create table sc_%s.t (id serial primary key, k sc_%[1]s.kind, e vector(3))", a),
			fmt.Sprintf("create index on sc_%s.t using hnsw (e vector_l2_ops)", a), fmt.Sprintf("create view sc_%s.v as select id, k from sc_%[1]s.t", a),
			fmt.Sprintf("create function sc_%s.f(int) returns int language sql as 'select $1 + 1'", a), fmt.Sprintf("drop schema sc_%s cascade", a)}
	case k == 5 && len(w.tables) > 12:
		for name := range w.maybe {
			do = append(do, "drop table if exists "+name+" cascade")
		}
		clear(w.maybe)
	default:
		rows := r.IntN(300)
		w.maybe[a], w.maybe[b] = rows, rows
		do = []string{fmt.Sprintf("create table %s (id serial primary key, t text unique, e vector(8))", a),
			fmt.Sprintf("insert into %s (t, e) select md5(x::text), array_fill(x / 10.0, array[8])::real[]::vector from generate_series(1, %d) x", a, rows),
			fmt.Sprintf("create index on %s using hnsw (e vector_l2_ops)", a),
			fmt.Sprintf("create table %s (id int primary key references %s on delete cascade, n int default 1 check (n > 0))", b, a),
			fmt.Sprintf("insert into %s (id) select id from %s", b, a),
			fmt.Sprintf("create view v_%s as select a.id, b.n from %[1]s a join %s b using (id)", a, b),
			fmt.Sprintf("comment on table %s is 'made under load'", a)}
	}
	err := inTransaction(c, func() error { return run(c, do...) })
	if err == nil {
		w.tables = w.maybe
	}
	return err
}

func (w *churner) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	got := map[string]int{}
	for name := range collect[string, int](t, c, fmt.Sprintf(`select relname::text, 0 from pg_class where relkind = 'r' and relname like 'c%d\_%%'`, w.own)) {
		got[name] = one[int](t, c, "select count(*) from "+name)
	}
	// What truncates a table may truncate those that refer to it, so only names count of those.
	if sameNames(got, w.maybe) {
		w.tables = w.maybe
	} else if !sameNames(got, w.tables) {
		t.Errorf("tables of %d: %v, want %v", w.own, got, w.tables)
	}
	w.tables = got
}

func sameNames(a, b map[string]int) bool {
	for k, n := range a {
		m, ok := b[k]
		if !ok || n != m && n != 0 {
			return false
		}
	}
	return len(a) == len(b)
}

// loader copies batches of rows.
type loader struct {
	next    int
	batches map[int]bool // acknowledged
}

const batchLines = 1500

func (w *loader) step(c *pgx.Conn, r *rand.Rand) error {
	w.next++
	var b strings.Builder
	for line := range batchLines {
		fmt.Fprintf(&b, "%d\t%d\t%s\n", w.next, line, vec(r.Uint64()))
	}
	if _, err := c.PgConn().CopyFrom(context.Background(), strings.NewReader(b.String()), "copy batch from stdin"); err != nil {
		return err
	}
	w.batches[w.next] = true
	if len(w.batches) > 6 {
		if err := run(c, "delete from batch"); err != nil {
			return err
		}
		clear(w.batches)
	}
	return nil
}

func (w *loader) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	got := collect[int, int](t, c, "select n, count(*)::int from batch group by n")
	for n := range w.batches {
		if got[n] == 0 && len(got) > 0 {
			t.Errorf("batch %d of an acknowledged COPY is gone", n)
		}
	}
	clear(w.batches)
	for n, lines := range got {
		if lines != batchLines {
			t.Errorf("%d lines of batch %d", lines, n)
		}
		w.batches[n] = true
	}
}

// truncater replaces all rows of a table by those of the next generation.
type truncater struct{ g int }

func (w *truncater) step(c *pgx.Conn, r *rand.Rand) error {
	err := inTransaction(c, func() error {
		return run(c, "truncate generation", fmt.Sprintf("insert into generation select %d, x, array_fill(x / 10.0, array[8])::real[]::vector from generate_series(1, 300) x", w.g+1))
	})
	if err == nil {
		w.g++
	}
	return err
}

func (w *truncater) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	got := collect[int, int](t, c, "select g, count(*)::int from generation group by g")
	if w.g == 0 && len(got) == 0 {
		return
	}
	if len(got) != 1 || got[w.g] != 300 && got[w.g+1] != 300 {
		t.Errorf("generations and rows %v, want 300 rows of %d or the next", got, w.g)
	}
	if got[w.g+1] > 0 {
		w.g++
	}
}

// counter takes numbers of a sequence; none may come twice.
type counter struct{ last int64 }

func (w *counter) step(c *pgx.Conn, _ *rand.Rand) error {
	var n int64
	err := c.QueryRow(context.Background(), "select nextval('numbers')").Scan(&n)
	if err == nil {
		w.last = n
	}
	return err
}

func (w *counter) check(t testing.TB, c *pgx.Conn) {
	t.Helper()
	if n := one[int64](t, c, "select nextval('numbers')"); n <= w.last {
		t.Errorf("the sequence gives %d after %d", n, w.last)
	}
}
