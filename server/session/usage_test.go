package session

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// expectRows compares what a query answers, printed.
func expectRows(t *testing.T, s backend.Session, query, want string) {
	t.Helper()
	if got := fmt.Sprint(simple(t, s, query)); got != want {
		t.Errorf("%s: %s, want %s", query, got, want)
	}
}

const (
	usedTables  = "select seq_scan, seq_tup_read, idx_scan, idx_tup_fetch from pg_stat_user_tables where relname = 'st'"
	usedIndexes = "select indexrelname, idx_scan, idx_tup_read, idx_tup_fetch from pg_stat_user_indexes where relname = 'st' order by 1"
	written     = "select n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, n_live_tup from pg_stat_user_tables where relname = 'st'"
)

// prepareUsage makes a table with indexes of which nothing has been counted.
func prepareUsage(t *testing.T, s backend.Session) {
	t.Helper()
	simple(t, s, "create table st (id int primary key, a int, b text, v vector(2))")
	simple(t, s, "create index st_a on st (a)")
	simple(t, s, "create index st_v on st using hnsw (v vector_l2_ops)")
	simple(t, s, "insert into st select i, i % 10, 'x', array[i, i]::vector from generate_series(1, 1000) i")
	simple(t, s, "analyze st")
	simple(t, s, "select pg_stat_reset()")
}

// Scans are counted where EXPLAIN says that they are, rows and entries with them.
func TestScansAreCounted(t *testing.T) {
	s := newTestSession(t)
	prepareUsage(t, s)
	expectRows(t, s, usedTables, "[[0 0 0 0]]")
	simple(t, s, "select count(b) from st")
	expectRows(t, s, usedTables, "[[1 1000 0 0]]")
	simple(t, s, "select b from st where id = 7")
	simple(t, s, "select b from st where id in (1, 2, 3)")
	expectRows(t, s, usedTables, "[[1 1000 4 4]]")
	simple(t, s, "set enable_seqscan = off")
	simple(t, s, "select b from st where a = 3")
	expectRows(t, s, usedTables, "[[1 1000 5 104]]")
	simple(t, s, "select b from st order by v <-> '[1,1]' limit 3")
	simple(t, s, "select b from st where v <-> '[1,1]' < 2 order by v <-> '[1,1]' limit 3")
	for _, row := range simple(t, s, usedIndexes) {
		if row[0] == "st_v" && (row[1] != "2" || row[2] == "0" || row[3] == "0") {
			t.Errorf("of the vector index %v", row)
		}
		if row[0] == "st_a" && fmt.Sprint(row) != "[st_a 1 100 100]" || row[0] == "st_pkey" && fmt.Sprint(row) != "[st_pkey 4 4 4]" {
			t.Error(row)
		}
	}
	// An inner side is a scan for each outer row.
	simple(t, s, "select pg_stat_reset()")
	simple(t, s, "create table other (id int, r int references st)")
	simple(t, s, "insert into other select i, i from generate_series(1, 10) i")
	expectRows(t, s, usedTables, "[[0 0 10 10]]")
}

// A scan with goroutines counts all that they read.
func TestLongScansAreCounted(t *testing.T) {
	s := newTestSession(t)
	simple(t, s, "create table st (id int primary key, a int)")
	simple(t, s, "insert into st select i, i % 10 from generate_series(1, 100000) i")
	simple(t, s, "select pg_stat_reset()")
	simple(t, s, "select a, count(*) from st where a < 5 group by a")
	simple(t, s, "select a from st where a > 100")
	simple(t, s, "select a from st order by a, id limit 3")
	expectRows(t, s, "select seq_scan, seq_tup_read from pg_stat_user_tables where relname = 'st'", "[[3 300000]]")
}

// What statements wrote is counted when their transaction ends, however it does; rows that
// are not there any more only as tried.
func TestWritesAreCounted(t *testing.T) {
	s := newTestSession(t)
	prepareUsage(t, s)
	simple(t, s, "update st set b = 'y' where id <= 10")
	simple(t, s, "update st set a = 100 where id <= 5")
	simple(t, s, "delete from st where id > 990")
	expectRows(t, s, written, "[[0 15 10 10 0]]")
	simple(t, s, "analyze st")
	expectRows(t, s, written, "[[0 15 10 10 990]]")
	simple(t, s, `begin; insert into st values (5000, 1, 'z', '[1,2]'); savepoint a;
		insert into st values (5001, 1, 'z', '[1,2]'); rollback to a; insert into st values (5002, 1, 'z', '[1,2]')`)
	expectRows(t, s, written, "[[0 15 10 10 990]]")
	expectRows(t, s, "select n_tup_ins from pg_stat_xact_user_tables where relname = 'st'", "[[3]]")
	expectRows(t, s, "select pg_stat_get_xact_tuples_inserted('st'::regclass)", "[[3]]")
	simple(t, s, "commit")
	expectRows(t, s, written, "[[3 15 10 10 992]]")
	simple(t, s, "begin; insert into st values (6000, 1, 'z', '[1,2]'); delete from st where id = 1; rollback")
	expectRows(t, s, written, "[[4 15 11 10 992]]")
	simple(t, s, "begin; insert into st values (6001, 1, 'z', '[1,2]'); analyze st; commit")
	expectRows(t, s, written, "[[5 15 11 10 993]]")
	simple(t, s, "begin; insert into st values (6002, 1, 'z', '[1,2]'); truncate st; insert into st values (1, 1, 'z', '[1,2]'); commit")
	expectRows(t, s, written, "[[7 15 11 10 1]]")
	expectRows(t, s, "select vacuum_count, analyze_count, last_vacuum is null, last_analyze is null from pg_stat_user_tables where relname = 'st'", "[[0 2 t f]]")
	simple(t, s, "vacuum st")
	expectRows(t, s, "select vacuum_count, n_ins_since_vacuum, n_dead_tup, last_vacuum is null from pg_stat_user_tables where relname = 'st'", "[[1 0 0 f]]")
	expectRows(t, s, `select pg_stat_get_tuples_inserted(oid) = 7, pg_stat_get_vacuum_count(oid) = 1,
		pg_stat_get_last_vacuum_time(oid) > now() - interval '1 hour', pg_stat_get_last_autovacuum_time(oid) is null from pg_class where relname = 'st'`, "[[t t t t]]")
	expectRows(t, s, "select tup_inserted, tup_updated, tup_deleted, xact_commit > 9, xact_rollback from pg_stat_database where datname = 'postgres'", "[[7 15 11 t 1]]")
}

// Of many statements in one transaction as much is known as of few.
func TestManyWritesAreCounted(t *testing.T) {
	s := newTestSession(t)
	simple(t, s, "create table st (id int primary key)")
	simple(t, s, "select pg_stat_reset()")
	simple(t, s, "begin")
	for i := range 600 {
		simple(t, s, fmt.Sprintf("insert into st values (%d)", i))
	}
	simple(t, s, "savepoint a; insert into st values (1000); rollback to a; commit")
	expectRows(t, s, written, "[[601 0 0 0 600]]")
	simple(t, s, "select pg_stat_reset_single_table_counters('st'::regclass)")
	expectRows(t, s, written, "[[0 0 0 0 0]]")
	expectRows(t, s, "select tup_inserted, stats_reset is null from pg_stat_database where datname = 'postgres'", "[[601 f]]")
	simple(t, s, "insert into st values (2000)")
	expectRows(t, s, `select pg_stat_have_stats('relation', d.oid, 'st'::regclass), pg_stat_have_stats('relation', d.oid, 1), pg_stat_have_stats('relation', 1, 'st'::regclass),
		pg_stat_have_stats('database', d.oid, 0), pg_stat_have_stats('WAL', 0, 0) from pg_database d where datname = 'postgres'`, "[[t f f t t]]")
	if _, err := run(s, "select pg_stat_have_stats('foo', 0, 0)"); pgerr.Code(err) != pgerrcode.InvalidParameterValue {
		t.Error(err)
	}
	simple(t, s, "create materialized view mv as select * from st; refresh materialized view mv; refresh materialized view mv")
	expectRows(t, s, "select n_live_tup from pg_stat_user_tables where relname = 'mv'", "[[601]]")
	if _, err := run(s, "select pg_stat_reset_shared('foo')"); err == nil || pgerr.Code(err) != pgerrcode.InvalidParameterValue {
		t.Error(err)
	}
}

// Counts outlive a server that ends as it should, once.
func TestUsageOutlivesARestart(t *testing.T) {
	ctx := context.Background()
	fs := vfs.NewMem()
	eng, err := pebblekv.Open("store", pebblekv.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	session := func(f func(s backend.Session)) {
		t.Helper()
		db, err := Open(ctx, Config{Engine: eng, FS: fs, Dir: "index", Parser: pg.New(), Version: "test", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Open(ctx, backend.Startup{User: "postgres", Database: "postgres"})
		if err != nil {
			t.Fatal(err)
		}
		f(s)
		s.Close()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	session(func(s backend.Session) {
		prepareUsage(t, s)
		simple(t, s, "delete from st where id <= 10")
		simple(t, s, "vacuum st")
	})
	for range 2 {
		session(func(s backend.Session) {
			expectRows(t, s, "select n_tup_ins, n_tup_del, vacuum_count, last_vacuum > now() - interval '1 hour' from pg_stat_user_tables where relname = 'st'", "[[0 10 1 t]]")
			expectRows(t, s, "select stats_reset > now() - interval '1 hour' from pg_stat_database where datname = 'postgres'", "[[t]]")
		})
	}
}

// A deadlock counts once, for the transaction that ended it.
func TestDeadlocksAreCounted(t *testing.T) {
	s := newTestSession(t)
	other, err := s.(*Session).db.c.Open(t.Context(), backend.Startup{User: "postgres", Database: "postgres"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	simple(t, s, "create table st (id int primary key, a int); insert into st values (1, 0), (2, 0)")
	simple(t, s, "begin; update st set a = 1 where id = 1")
	simple(t, other, "begin; update st set a = 1 where id = 2")
	waits := make(chan error, 1)
	go func() {
		_, err := run(other, "update st set a = 2 where id = 1")
		_, _ = run(other, "rollback")
		waits <- err
	}()
	_, err = run(s, "update st set a = 2 where id = 2")
	_, _ = run(s, "rollback")
	if first, second := pgerr.Code(err), pgerr.Code(<-waits); (first == pgerrcode.DeadlockDetected) == (second == pgerrcode.DeadlockDetected) {
		t.Fatalf("%q and %q", first, second)
	}
	expectRows(t, s, "select deadlocks, pg_stat_get_db_deadlocks(datid) from pg_stat_database where datname = 'postgres'", "[[1 1]]")
}
