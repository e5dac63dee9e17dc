package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// endless runs until it is stopped.
const endless = "select count(*) from generate_series(1, 1000000000) a where a % 7 = 3"

func TestCancelRequest(t *testing.T) {
	addr := start(t)
	for _, sql := range []string{"select pg_sleep(60)", endless} {
		c := wt.Dial(t, addr)
		c.Send(wt.Startup(wt.Protocol3, "user", "postgres"))
		c.Until("Z")
		c.Send(wt.Msg('Q', wt.Z(sql)))
		stop := make(chan struct{})
		go func() { // until it hits: the statement may not have begun yet
			for {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
					other := wt.Dial(t, addr)
					other.Send(wt.Int32(16), wt.Int32(wt.Cancel), c.Key)
					other.NC.Close()
				}
			}
		}()
		got := c.Until("Z")
		close(stop)
		if want := "E(ERROR 57014 canceling statement due to user request) Z(I)"; got != want && got != "T "+want {
			t.Errorf("%s: %s", sql, got)
		}
		c.Send(wt.Msg('Q', wt.Z("select 1")))
		if got := c.Until("Z"); got != `T D("\x00\x01\x00\x00\x00\x011") C(SELECT 1) Z(I)` && got != "E(ERROR 57014 canceling statement due to user request) Z(I)" {
			t.Errorf("after the cancellation: %s", got)
		}
	}
}

func TestWrongCancelKey(t *testing.T) {
	addr := start(t)
	c := wt.Login(t, addr)
	c.Send(wt.Msg('Q', wt.Z("select pg_sleep(0.3)")))
	time.Sleep(50 * time.Millisecond)
	key := append([]byte(nil), c.Key...)
	key[7] ^= 1
	other := wt.Dial(t, addr)
	other.Send(wt.Int32(16), wt.Int32(wt.Cancel), key)
	other.Want("Z", "EOF")
	c.Want("Z", `T D("\x00\x01\x00\x00\x00\x00") C(SELECT 1) Z(I)`)
}

func TestStatementTimeout(t *testing.T) {
	c := connect(t, start(t), "&statement_timeout=100ms")
	for _, sql := range []string{"select pg_sleep(60)", endless} {
		_, err := c.Exec(t.Context(), sql)
		wantError(t, sql, err, "57014", "canceling statement due to statement timeout")
	}
	mustExec(t, c, "set statement_timeout = 0")
	mustExec(t, c, "select pg_sleep(0.15)")
}

func TestCancelAndTerminateBackend(t *testing.T) {
	addr := start(t)
	victim, killer := connect(t, addr, ""), connect(t, addr, "")
	pid := victim.PgConn().PID()
	running := make(chan error, 1)
	go func() { _, err := victim.Exec(context.Background(), "select pg_sleep(60)"); running <- err }()
	for {
		mustExec(t, killer, "select pg_cancel_backend($1)", pid)
		select {
		case err := <-running:
			wantError(t, "pg_cancel_backend", err, "57014", "canceling statement due to user request")
		case <-time.After(20 * time.Millisecond):
			continue
		}
		break
	}
	if got := one(t, killer, "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' and state = 'idle' and pid = "+fmt.Sprint(pid)); got != "t" {
		t.Errorf("pg_terminate_backend: %s", got)
	}
	var err error
	for range 500 { // the signal takes effect a moment later
		if _, err = victim.Exec(t.Context(), "select 1"); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	wantError(t, "after pg_terminate_backend", err, "57P01", "terminating connection due to administrator command")
}

func TestListenNotify(t *testing.T) {
	addr := start(t)
	listener, sender := connect(t, addr, ""), connect(t, addr, "")
	mustExec(t, listener, "listen events")
	mustExec(t, sender, "begin")
	mustExec(t, sender, "notify events, 'one'")
	mustExec(t, sender, "select pg_notify('events', 'two')")
	mustExec(t, sender, "notify elsewhere")
	mustExec(t, sender, "commit")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, want := range []string{"one", "two"} {
		n, err := listener.WaitForNotification(ctx)
		if err != nil || n.Payload != want || n.Channel != "events" || n.PID != sender.PgConn().PID() {
			t.Fatalf("%+v, %v; want %s", n, err, want)
		}
	}
}

// A set in a target list is made row by row, and whoever reads it asks for the next batch
// at once: it must look at the time itself.
func TestStatementTimeoutOfSetsInTargetLists(t *testing.T) {
	c := connect(t, start(t), "&statement_timeout=100ms")
	for _, sql := range []string{
		"select sum(x) from (select generate_series(1, 100000000) x) t",
		"select count(*) from (select random(), generate_series(1, 100000000) x) t",
	} {
		_, err := c.Exec(t.Context(), sql)
		wantError(t, sql, err, "57014", "canceling statement due to statement timeout")
	}
}

// What constants are computed to when a statement is planned is computed under its limits.
func TestStatementTimeoutOfConstants(t *testing.T) {
	c := connect(t, start(t), "&statement_timeout=100ms")
	for _, sql := range []string{
		"select cardinality(string_to_array(repeat('a,', 20000000), ','))",
		"select regexp_count(repeat('ab', 20000000), 'a')",
	} {
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeCacheStatement} {
			_, err := c.Exec(t.Context(), sql, mode)
			wantError(t, sql, err, "57014", "canceling statement due to statement timeout")
		}
	}
	mustExec(t, c, "set statement_timeout = 0")
	mustExec(t, c, "select cardinality(string_to_array(repeat('a,', 20), ','))")
}
