package e2e

import (
	"fmt"
	"testing"
	"time"
)

// pg_blocking_pids names who holds the lock that a session waits for, and pg_stat_activity of
// which kind it is, as pg_locks does.
func TestBlockingPids(t *testing.T) {
	addr := start(t)
	holder, waiter, watch := connect(t, addr, ""), connect(t, addr, ""), connect(t, addr, "")
	mustExec(t, holder, "create table t (a int primary key, b int)")
	mustExec(t, holder, "insert into t values (1, 1)")
	want := fmt.Sprintf("{%d}", holder.PgConn().PID())
	blocking := fmt.Sprintf("select pg_blocking_pids(%d)::text", waiter.PgConn().PID())
	if got := one(t, watch, blocking); got != "{}" {
		t.Errorf("nobody waits: %s, want {}", got)
	}
	waits := fmt.Sprintf("select concat_ws(' ', wait_event_type, wait_event) from pg_stat_activity where pid = %d", waiter.PgConn().PID())
	until := func(query, want string) (got string) {
		for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			got = one(t, watch, query)
		}
		return got
	}
	for _, x := range [][3]string{
		{"update t set b = 2 where a = 1", "update t set b = 3 where a = 1", "transactionid"},
		{"select pg_advisory_xact_lock(7)", "select pg_advisory_xact_lock_shared(7)", "advisory"},
		{"lock table t in access exclusive mode", "insert into t values (2, 2)", "relation"},
	} {
		mustExec(t, holder, "begin")
		mustExec(t, holder, x[0])
		done := make(chan error, 1)
		go func() {
			_, err := waiter.Exec(t.Context(), x[1])
			done <- err
		}()
		if got := until(blocking, want); got != want {
			t.Errorf("%s waits for %s: %s, want %s", x[1], x[0], got, want)
		}
		if got := until(waits, "Lock "+x[2]); got != "Lock "+x[2] {
			t.Errorf("%s waits for %s: %s", x[1], x[0], got)
		}
		mustExec(t, holder, "rollback")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := one(t, watch, blocking); got != "{}" {
			t.Errorf("after the wait: %s, want {}", got)
		}
		if got := until(waits, "Client ClientRead"); got != "Client ClientRead" {
			t.Errorf("after the wait: %s", got)
		}
	}
}
