package e2e

import (
	"fmt"
	"testing"
	"time"
)

// pg_blocking_pids names who holds the lock that a session waits for.
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
	for _, x := range [][2]string{
		{"update t set b = 2 where a = 1", "update t set b = 3 where a = 1"},
		{"select pg_advisory_xact_lock(7)", "select pg_advisory_xact_lock_shared(7)"},
		{"lock table t in access exclusive mode", "insert into t values (2, 2)"},
	} {
		mustExec(t, holder, "begin")
		mustExec(t, holder, x[0])
		done := make(chan error, 1)
		go func() {
			_, err := waiter.Exec(t.Context(), x[1])
			done <- err
		}()
		got := ""
		for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			got = one(t, watch, blocking)
		}
		if got != want {
			t.Errorf("%s waits for %s: %s, want %s", x[1], x[0], got, want)
		}
		mustExec(t, holder, "rollback")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := one(t, watch, blocking); got != "{}" {
			t.Errorf("after the wait: %s, want {}", got)
		}
	}
}
