package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/tests/process"
)

// changeRows changes rows of v until stop is closed and returns how many statements
// went through, or the first error.
func changeRows(c *pgx.Conn, r *rand.Rand, rows int, stop chan struct{}) (done int, err error) {
	for next := rows + 1; ; done++ {
		select {
		case <-stop:
			return done, nil
		default:
		}
		id := 1 + r.IntN(rows)
		switch r.IntN(4) {
		case 0:
			_, err = c.Exec(context.Background(), "insert into v values ($1, $2, $3::text::vector)", next, r.IntN(7), vec(r.Uint64()))
			next++
		case 1:
			_, err = c.Exec(context.Background(), "update v set e = $2::text::vector where id = $1", id, vec(r.Uint64()))
		case 2:
			_, err = c.Exec(context.Background(), "update v set grp = grp + 1 where id = $1", id)
		case 3:
			_, err = c.Exec(context.Background(), "delete from v where id = $1", id)
		}
		if err != nil {
			return done, err
		}
	}
}

// Rows are written while an index is built, and while it is built anew; in the end
// it has all of them, after a kill, too. EXPLAIN proves that it is searched.
func TestBuildWhileWriting(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const rows = 20_000
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, rows)
	const odd = "subvector(e, 3, 4)::vector(4) <-> '[.5,.5,.5,.5]'"
	for i, sql := range []string{
		"create index concurrently v_e on v using hnsw (e vector_l2_ops)",
		"create index concurrently v_odd on v using hnsw ((subvector(e, 3, 4)::vector(4)) vector_l2_ops) where grp % 2 = 1",
		"reindex index concurrently v_e",
		"reindex table concurrently v",
	} {
		stop, finished := make(chan struct{}), make(chan error, 1)
		writer := p.Connect()
		go func() {
			n, err := changeRows(writer, rand.New(rand.NewPCG(seed, uint64(i))), rows, stop)
			if err == nil && n == 0 {
				err = errors.New("nothing was written during the build")
			}
			finished <- err
		}()
		mustExec(t, c, sql)
		close(stop)
		if err := <-finished; err != nil {
			t.Fatalf("%s: the writer: %v", sql, err)
		}
		mustExec(t, c, "delete from v where id > $1", rows)
		checkNeighbours(t, c, "")
		if i > 0 {
			checkOrder(t, c, odd, "where grp % 2 = 1")
		}
		if n := one[int](t, c, "select count(*) from pg_index where indrelid = 'v'::regclass and not (indisvalid and indisready)"); n != 0 {
			t.Errorf("%s: %d indexes are not valid", sql, n)
		}
	}
	p.Kill()
	p = process.Start(t, dir)
	c = p.Connect()
	checkNeighbours(t, c, "")
	checkOrder(t, c, odd, "where grp % 2 = 1")
}

// A concurrent build that is cancelled leaves an index that is not searched and holds
// nobody up, one whose server is killed goes on at the next start.
func TestEndedBuild(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, 60_000)
	mustExec(t, c, "analyze v")
	const sql = "create index concurrently v_e on v using hnsw (e vector_l2_ops) with (ef_construction = 400)"
	const filling = "select exists (select from pg_stat_progress_create_index where command = 'CREATE INDEX CONCURRENTLY' and phase like 'building index:%')"
	build := func(c *pgx.Conn) chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := c.Exec(context.Background(), sql)
			ended <- err
		}()
		return ended
	}
	for _, how := range []string{"cancelled", "killed"} {
		ended := build(p.Connect())
		waitUntil(t, c, filling)
		waitUntil(t, c, `select coalesce(bool_and(b.blocks_total > 0 and b.blocks_done between 1 and b.blocks_total and b.tuples_done <= b.tuples_total
			and l.done_share between 0 and 1 and l.seconds > 0 and l.seconds_left > 0), false)
			from pg_stat_progress_create_index b join loxodb_stat_progress_create_index l on l.pid = b.pid and l.indexrelid = b.index_relid and l.phase = b.phase`)
		if how == "cancelled" {
			if !one[bool](t, c, "select bool_and(pg_cancel_backend(pid)) from pg_stat_progress_create_index") {
				t.Fatal("not cancelled")
			}
			var e *pgconn.PgError
			if err := <-ended; !errors.As(err, &e) || e.Code != "57014" {
				t.Fatalf("the cancelled build: %v", err)
			}
		} else {
			p.Kill()
			<-ended
			p = process.Start(t, dir)
			c = p.Connect()
		}
		if how == "cancelled" && one[bool](t, c, "select indisvalid from pg_index where indexrelid = 'v_e'::regclass") {
			t.Errorf("%s: the index is valid", how)
		}
		mustExec(t, c, fmt.Sprintf("update v set e = '%s' where id = 1", vec(1<<41)))
		if n := one[int](t, c, fmt.Sprintf("select id from v order by e <-> '%s' limit 1", vec(1<<41))); n != 1 {
			t.Errorf("%s: nearest is %d, want the changed row", how, n)
		}
		if how == "cancelled" {
			mustExec(t, c, "drop index v_e")
		}
	}
	waitUntil(t, c, "select indisvalid from pg_index where indexrelid = 'v_e'::regclass")
	checkNeighbours(t, c, "")
}

// Builds that are killed in any of their phases go on, at the next start, from the
// segments that were sealed; in the end every row is there once, also those written
// meanwhile, and the index that was built anew has the name of the old one.
func TestResumedBuild(t *testing.T) {
	const rows = 120_000
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, rows)
	valid := "select count(*) = 1 and bool_and(indisvalid) from pg_index where indrelid = 'v'::regclass and not indisprimary"
	for i, sql := range []string{
		"create index concurrently v_e on v using hnsw (e vector_l2_ops) with (m = 4, ef_construction = 20)",
		"reindex index concurrently v_e",
	} {
		for _, sealed := range []int{0, 1, 2} {
			mustExec(t, c, "set maintenance_work_mem = '1MB'") // 16 MiB is the least that counts: three segments
			ended := make(chan error, 1)
			go func() {
				_, err := c.Exec(context.Background(), sql)
				ended <- err
			}()
			watch := p.Connect()
			waitUntil(t, watch, "select exists (select from pg_stat_progress_create_index)")
			waitUntil(t, watch, fmt.Sprintf(`select coalesce((select segments >= %d from loxodb_stat_vector_index
				where indexrelid in (select index_relid from pg_stat_progress_create_index)), false)`, sealed))
			row := 1 + 1000*(3*i+sealed) // a row that is sealed already, and a new one
			mustExec(t, watch, "update v set e = $2::text::vector where id = $1", row, vec(uint64(rows+row)))
			mustExec(t, watch, "delete from v where id = $1", row+1)
			mustExec(t, watch, "insert into v values ($1, 0, $2::text::vector)", rows+row, vec(uint64(2*rows+row)))
			p.Kill()
			<-ended
			p = process.Start(t, dir)
			c = p.Connect()
			waitUntil(t, c, valid)
			if kept := strings.Contains(p.Log(), "goes on where it was interrupted"); kept != (sealed > 0) {
				t.Errorf("%s, killed after %d segments: sealed work was kept: %v\n%s", sql, sealed, kept, p.Log())
			}
			checkNeighbours(t, c, "")
			if want, got := one[int](t, c, "select count(*) from v"), one[int](t, c, "select entries from loxodb_stat_vector_index"); got != want {
				t.Errorf("%s, killed after %d segments: %d entries of %d rows", sql, sealed, got, want)
			}
			if i == 0 && sealed < 2 {
				mustExec(t, c, "drop index v_e")
			}
		}
	}
}

// A clean stop leaves a concurrent build to the next start, which goes on after the last
// sealed segment; the end of the connection alone gives the build up.
func TestStoppedBuild(t *testing.T) {
	const rows = 60_000
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir, "--shutdown-timeout", "50ms")
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, rows)
	const sql = "create index concurrently v_e on v using hnsw (e vector_l2_ops) with (m = 4, ef_construction = 200)"
	begin := func() chan error {
		builder, ended := p.Connect(), make(chan error, 1)
		mustExec(t, builder, "set maintenance_work_mem = '1MB'")
		go func() {
			_, err := builder.Exec(context.Background(), sql)
			ended <- err
		}()
		waitUntil(t, c, `select coalesce((select segments >= 1 from loxodb_stat_vector_index
			where indexrelid in (select index_relid from pg_stat_progress_create_index)), false)`)
		return ended
	}
	terminated := func(err error) {
		t.Helper()
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "57P01" {
			t.Errorf("the build ended with %v", err)
		}
	}
	ended := begin()
	if !one[bool](t, c, "select bool_and(pg_terminate_backend(pid)) from pg_stat_progress_create_index") {
		t.Fatal("not terminated")
	}
	terminated(<-ended)
	waitUntil(t, c, "select not indisready and not indisvalid from pg_index where indexrelid = 'v_e'::regclass")
	mustExec(t, c, "drop index v_e")

	ended = begin()
	mustExec(t, c, "update v set e = $1::text::vector where id = 5", vec(1<<41))
	p.Stop()
	terminated(<-ended)
	p = process.Start(t, dir)
	c = p.Connect()
	waitUntil(t, c, "select indisvalid from pg_index where indexrelid = 'v_e'::regclass")
	if !strings.Contains(p.Log(), "goes on where it was interrupted") {
		t.Errorf("the sealed segment was not kept:\n%s", p.Log())
	}
	if n := one[int](t, c, "select entries from loxodb_stat_vector_index"); n != rows {
		t.Errorf("%d entries of %d rows", n, rows)
	}
	checkNeighbours(t, c, "")
}
