package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shownLocks are the locks of table locked_t and of transactions that pg_locks shows of two
// sessions, "a" and "b", but for those of readers, which LoxoDB does not hold.
func shownLocks(t *testing.T, c *pgx.Conn, a, b uint32) string {
	t.Helper()
	rows, err := c.Query(t.Context(), `select case pid when $1 then 'a' else 'b' end || ' ' || l.locktype || ' ' || l.mode || ' ' || l.granted
			|| case when l.transactionid is null then '' else ' xid' end || case when l.waitstart is null then '' else ' since' end
		from pg_locks l left join pg_class r on r.oid = l.relation
		where pid in ($1, $2) and mode <> 'AccessShareLock' and locktype not in ('virtualxid', 'tuple') and (relname is null or relname = 'locked_t')
			and (l.database is null or l.database = (select oid from pg_database where datname = current_database()))`, a, b)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.ReplaceAll(strings.Join(list, ", "), " since", "")
}

func TestLocksShown(t *testing.T) {
	addr := start(t)
	see, a, b := connect(t, addr, ""), connect(t, addr, ""), connect(t, addr, "")
	mustExec(t, see, "drop table if exists locked_t")
	mustExec(t, see, "create table locked_t (id int primary key)")
	mustExec(t, see, "insert into locked_t values (1)")
	pa, pb := a.PgConn().PID(), b.PgConn().PID()
	blocked := func() {
		t.Helper()
		for range 500 {
			var by []int32
			if err := see.QueryRow(t.Context(), "select pg_blocking_pids($1)", pb).Scan(&by); err != nil {
				t.Fatal(err)
			}
			if slices.Equal(by, []int32{int32(pa)}) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("nobody is said to block the other session")
	}
	for _, c := range []struct{ first, second, want string }{
		{"insert into locked_t values (2)", "", "a relation RowExclusiveLock true, a transactionid ExclusiveLock true xid"},
		{"lock table locked_t in access exclusive mode", "", "a relation AccessExclusiveLock true"},
		{"lock table locked_t in share row exclusive mode", "", "a relation ShareRowExclusiveLock true"},
		{"lock table locked_t in row share mode", "", "a relation RowShareLock true"},
		{"select id from locked_t for update", "", "a relation RowShareLock true"},
		{"select pg_advisory_xact_lock(7), pg_advisory_xact_lock_shared(1, 2)", "", "a advisory ExclusiveLock true, a advisory ShareLock true"},
		{"select pg_advisory_xact_lock(7)", "select pg_advisory_xact_lock(7)", "a advisory ExclusiveLock true, b advisory ExclusiveLock false"},
		{"lock table locked_t in exclusive mode", "insert into locked_t values (3)",
			"a relation ExclusiveLock true, b relation RowExclusiveLock false"},
		{"update locked_t set id = id", "delete from locked_t",
			"a relation RowExclusiveLock true, a transactionid ExclusiveLock true xid, b relation RowExclusiveLock true, b transactionid ShareLock false xid"},
	} {
		mustExec(t, a, "begin")
		mustExec(t, a, c.first)
		done := make(chan error, 1)
		if c.second != "" {
			mustExec(t, b, "begin")
			go func() {
				_, err := b.Exec(context.Background(), c.second)
				done <- err
			}()
			blocked()
		}
		got := shownLocks(t, see, pa, pb)
		// PostgreSQL gives a transaction its number when it waits or holds this lock.
		got = strings.ReplaceAll(got, ", b transactionid ExclusiveLock true xid", "")
		got = strings.ReplaceAll(got, "AccessExclusiveLock true, a transactionid ExclusiveLock true xid", "AccessExclusiveLock true")
		got = strings.ReplaceAll(got, "RowShareLock true, a transactionid ExclusiveLock true xid", "RowShareLock true")
		if got != c.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.first, c.second, got, c.want)
		}
		mustExec(t, a, "rollback")
		if c.second != "" {
			if err := <-done; err != nil {
				t.Error(err)
			}
			mustExec(t, b, "rollback")
		}
		if got := shownLocks(t, see, pa, pb); got != "" {
			t.Errorf("%s: left: %s", c.first, got)
		}
	}
	mustExec(t, see, "drop table locked_t")
}
