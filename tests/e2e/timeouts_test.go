package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Timeouts of waits and of idleness. A limit that must strike is short and the
// test waits for the event; one that must not strike is outlived by several times.

const (
	lockTimedOut = "canceling statement due to lock timeout"
	idleInTxn    = "E(FATAL 25P03 terminating connection due to idle-in-transaction timeout) EOF"
	idleSession  = "E(FATAL 57P05 terminating connection due to idle-session timeout) EOF"
)

// holdLocks makes tables parent and child and returns a connection with an open
// transaction that changed, deleted and inserted rows of them.
func holdLocks(t *testing.T, addr string) *pgx.Conn {
	t.Helper()
	setup := connect(t, addr, "")
	makeTable(t, setup, "lt_parent", "(id int primary key, k text unique, n int)")
	makeTable(t, setup, "lt_child", "(id int primary key, parent int references lt_parent on delete cascade)")
	t.Cleanup(func() { _, _ = setup.Exec(context.Background(), "drop table if exists lt_child") })
	mustExec(t, setup, "insert into lt_parent values (1, 'a', 0), (2, 'b', 0), (3, 'c', 0)")
	holder := connect(t, addr, "")
	mustExec(t, holder, "begin")
	mustExec(t, holder, "update lt_parent set n = 1 where id = 1")
	mustExec(t, holder, "delete from lt_parent where id = 2")
	mustExec(t, holder, "insert into lt_parent values (4, 'd', 0)")
	mustExec(t, holder, "select pg_advisory_lock(77)")
	mustExec(t, holder, "select pg_advisory_lock_shared(78)")
	return holder
}

func TestLockTimeout(t *testing.T) {
	addr := start(t)
	holder := holdLocks(t, addr)
	c := connect(t, addr, "")
	mustExec(t, c, "set lock_timeout = '50ms'")
	for _, sql := range []string{
		"update lt_parent set n = 2 where id = 1",
		"update lt_parent set n = 2",
		"delete from lt_parent where id = 1",
		"select * from lt_parent where id = 1 for update",
		"select * from lt_parent where id = 1 for share",
		"insert into lt_parent values (4, 'x', 0)",
		"insert into lt_parent values (5, 'd', 0)",
		"insert into lt_parent values (4, 'x', 0) on conflict do nothing",
		"insert into lt_parent values (5, 'd', 0) on conflict (k) do update set n = 9",
		"insert into lt_child values (1, 2)",
		"alter table lt_parent add column extra int",
		"drop table lt_child, lt_parent",
		"truncate lt_parent cascade",
		"create index on lt_parent (n)",
		"begin; lock table lt_parent",
		"select pg_advisory_lock(77)",
		"select pg_advisory_lock(78)",
		"select pg_advisory_xact_lock_shared(77)",
		"explain analyze update lt_parent set n = 2 where id = 1",
		"do_prepared",
	} {
		var err error
		if sql == "do_prepared" {
			_, err = c.Exec(t.Context(), "update lt_parent set n = $1 where id = $2", 5, 1)
		} else {
			_, err = c.PgConn().Exec(t.Context(), sql).ReadAll()
		}
		wantError(t, sql, err, "55P03", lockTimedOut)
		if c.PgConn().TxStatus() != 'I' {
			mustExec(t, c, "rollback")
		}
	}
	_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("9\tz\t0\n4\tx\t0\n"), "copy lt_parent from stdin")
	wantError(t, "copy", err, "55P03", lockTimedOut)
	mustExec(t, holder, "commit")
	// Those that gave up have left the queue.
	if got := mustExec(t, c, "update lt_parent set n = n + 10"); got != "UPDATE 3" {
		t.Error(got)
	}
	if got := one(t, c, "select string_agg(id || k || n, ' ' order by id) from lt_parent"); got != "1a11 3c10 4d10" {
		t.Errorf("rows: %s", got)
	}
}

func TestLockTimeoutBoundsOnlyWaits(t *testing.T) {
	addr := start(t)
	holder := holdLocks(t, addr)
	c := connect(t, addr, "&lock_timeout=40ms")
	if got := one(t, c, "show lock_timeout"); got != "40ms" {
		t.Errorf("lock_timeout: %s", got)
	}
	mustExec(t, c, "select pg_sleep(0.2)")
	mustExec(t, c, "update lt_parent set n = 5 where id = 3")
	// The shorter of two limits names the error.
	mustExec(t, c, "set statement_timeout = '30s'")
	_, err := c.Exec(t.Context(), "update lt_parent set n = 2 where id = 1")
	wantError(t, "lock_timeout first", err, "55P03", lockTimedOut)
	mustExec(t, c, "set lock_timeout = '30s'; set statement_timeout = '40ms'")
	_, err = c.Exec(t.Context(), "update lt_parent set n = 2 where id = 1")
	wantError(t, "statement_timeout first", err, "57014", "canceling statement due to statement timeout")
	_, err = c.Exec(t.Context(), "alter table lt_parent add column extra int")
	wantError(t, "statement_timeout of a definition", err, "57014", "canceling statement due to statement timeout")
	_, err = c.PgConn().Exec(t.Context(), "begin; lock table lt_parent").ReadAll()
	wantError(t, "statement_timeout of LOCK", err, "57014", "canceling statement due to statement timeout")
	mustExec(t, c, "rollback")
	_, err = c.PgConn().CopyFrom(t.Context(), strings.NewReader("4\tx\t0\n"), "copy lt_parent from stdin")
	wantError(t, "statement_timeout of COPY", err, "57014", "canceling statement due to statement timeout")
	mustExec(t, holder, "rollback")
}

func TestSetLocalLockTimeout(t *testing.T) {
	addr := start(t)
	holder := holdLocks(t, addr)
	c := connect(t, addr, "")
	mustExec(t, c, "begin")
	mustExec(t, c, "set local lock_timeout = 50")
	mustExec(t, c, "insert into lt_parent values (6, 'f', 0)")
	mustExec(t, c, "savepoint s")
	for range 2 {
		_, err := c.Exec(t.Context(), "update lt_parent set n = 7 where id = 1")
		wantError(t, "update", err, "55P03", lockTimedOut)
		_, err = c.Exec(t.Context(), "select 1")
		wantError(t, "failed block", err, "25P02", "")
		mustExec(t, c, "rollback to s")
	}
	mustExec(t, c, "commit")
	if got := one(t, c, "select current_setting('lock_timeout') || (select count(*) from lt_parent where id = 6)"); got != "01" {
		t.Errorf("after the commit: %s", got)
	}
	// Without the limit the wait ends with the holder's transaction.
	done := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), "update lt_parent set n = n + 7 where id = 1")
		done <- err
	}()
	select {
	case err := <-done:
		t.Errorf("did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	mustExec(t, holder, "commit")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := one(t, c, "select n from lt_parent where id = 1"); got != "8" {
		t.Errorf("n = %s", got)
	}
}

func TestTimeoutValues(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t), "")
	for _, name := range []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"} {
		for value, want := range map[string]string{"90s": "90s", "60000": "1min", "'2h'": "2h", "0": "0", "1500us": "2ms", "2147483647": "2147483647ms"} {
			if !strings.HasPrefix(value, "'") {
				value = "'" + value + "'"
			}
			// In one message: an idle limit of 2 ms would count between two.
			results, err := c.PgConn().Exec(t.Context(), "set "+name+" = "+value+"; show "+name+"; reset "+name).ReadAll()
			if err != nil || len(results) != 3 || len(results[1].Rows) != 1 {
				t.Fatalf("set %s = %s: %v, %v", name, value, results, err)
			}
			if got := string(results[1].Rows[0][0]); got != want {
				t.Errorf("set %s = %s: %s", name, value, got)
			}
		}
		_, err := c.Exec(t.Context(), "set "+name+" = -1")
		wantError(t, name, err, "22023", "-1 ms is outside the valid range for parameter \""+name+"\" (0 .. 2147483647)")
		_, err = c.Exec(t.Context(), "set "+name+" = soon")
		wantError(t, name, err, "22023", "invalid value for parameter \""+name+"\": \"soon\"")
	}
}

// TestStatementTimeoutOfSuspendedPortal: the limit counts from an Execute to its
// end or the Sync after it; a client that thinks between two Syncs is not timed.
func TestStatementTimeoutOfSuspendedPortal(t *testing.T) {
	t.Parallel()
	c := wt.Login(t, start(t))
	c.Send(wt.Msg('Q', wt.Z("set statement_timeout = '150ms'")))
	c.Until("Z")
	const query = "select g, pg_sleep(case g when 5000 then 9 else 0 end) from generate_series(1, 5000) g"
	c.Send(wt.Msg('Q', wt.Z("begin")))
	c.Until("Z")
	c.Send(wt.Parse("", query), wt.Bind("p", ""), wt.Execute("p", 1), wt.Sync)
	c.Want("Z", `1 2 D("\x00\x02\x00\x00\x00\x011\x00\x00\x00\x00") s Z(T)`)
	time.Sleep(400 * time.Millisecond)
	c.Send(wt.Execute("p", 2), wt.Msg('H'))
	c.Want("s", `D("\x00\x02\x00\x00\x00\x012\x00\x00\x00\x00") D("\x00\x02\x00\x00\x00\x013\x00\x00\x00\x00") s`)
	c.Send(wt.Execute("p", 0), wt.Sync)
	if got := c.Until("Z"); !strings.HasSuffix(got, " E(ERROR 57014 canceling statement due to statement timeout) Z(E)") {
		t.Errorf("the last Execute: %.200s", got)
	}
}

func TestIdleInTransactionTimeout(t *testing.T) {
	t.Parallel()
	addr := start(t)
	setup := connect(t, addr, "")
	makeTable(t, setup, "idle_rows", "(id int primary key)")
	mustExec(t, setup, "insert into idle_rows values (1)")
	for _, c := range []struct{ name, sql string }{
		{"open", "begin; delete from idle_rows"},
		{"failed", "begin; delete from idle_rows; select 1/0"},
		{"local", "begin; set local idle_in_transaction_session_timeout = 60; delete from idle_rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := wt.Login(t, addr)
			if c.name != "local" {
				v.Send(wt.Msg('Q', wt.Z("set idle_in_transaction_session_timeout = '80ms'")))
				v.Until("Z")
				// Neither idleness outside a transaction nor a running statement counts.
				time.Sleep(250 * time.Millisecond)
				v.Send(wt.Msg('Q', wt.Z("begin; select pg_sleep(0.25); commit")))
				if got := v.Until("Z"); !strings.HasSuffix(got, "C(COMMIT) Z(I)") {
					t.Fatal(got)
				}
			}
			v.Send(wt.Msg('Q', wt.Z(c.sql)))
			v.Until("Z")
			v.Want("EOF", idleInTxn)
			// Its locks are gone and its work undone.
			if got := mustExec(t, setup, "update idle_rows set id = id"); got != "UPDATE 1" {
				t.Error(got)
			}
		})
	}
}

func TestIdleInTransactionTimeoutOfExtendedProtocol(t *testing.T) {
	t.Parallel()
	addr := start(t)
	v := wt.Login(t, addr)
	v.Send(wt.Msg('Q', wt.Z("set idle_in_transaction_session_timeout = '80ms'")))
	v.Until("Z")
	v.Send(wt.Parse("", "begin"), wt.Bind("", ""), wt.Execute("", 0), wt.Msg('H'))
	v.Want("C", "1 2 C(BEGIN)")
	// Between messages of an unfinished request a session is active, not idle.
	time.Sleep(250 * time.Millisecond)
	v.Send(wt.Sync)
	v.Want("Z", "Z(T)")
	v.Want("EOF", idleInTxn)

	// The beginning of a message does not end the idleness.
	v = wt.Login(t, addr)
	v.Send(wt.Msg('Q', wt.Z("begin; set idle_in_transaction_session_timeout = '80ms'")))
	v.Until("Z")
	v.Send(wt.Msg('Q', wt.Z("select 1"))[:9])
	v.Want("EOF", idleInTxn)
}

func TestIdleTimeoutSparesCopy(t *testing.T) {
	t.Parallel()
	addr := start(t)
	setup := connect(t, addr, "")
	makeTable(t, setup, "idle_copy", "(id int)")
	v := wt.Login(t, addr)
	v.Send(wt.Msg('Q', wt.Z("set idle_in_transaction_session_timeout = '80ms'; set idle_session_timeout = '80ms'; begin; copy idle_copy from stdin")))
	v.Until("G")
	time.Sleep(250 * time.Millisecond)
	v.Send(wt.Msg('d', []byte("1\n")), wt.Msg('c'))
	v.Want("Z", "C(COPY 1) Z(T)")
	v.Want("EOF", idleInTxn)
}

func TestIdleSessionTimeout(t *testing.T) {
	t.Parallel()
	addr := start(t)
	v := wt.Dial(t, addr)
	v.Send(wt.Startup(wt.Protocol3, "user", "postgres", "idle_session_timeout", "80ms"))
	v.Until("Z")
	v.Want("EOF", idleSession)

	v = wt.Login(t, addr)
	v.Send(wt.Msg('Q', wt.Z("set idle_session_timeout = '80ms'; begin")))
	v.Until("Z")
	time.Sleep(250 * time.Millisecond) // idle in a transaction is another limit's matter
	v.Send(wt.Msg('Q', wt.Z("select pg_sleep(0.25)")))
	if got := v.Until("Z"); !strings.HasSuffix(got, "Z(T)") {
		t.Fatal(got)
	}
	v.Send(wt.Msg('Q', wt.Z("commit")))
	v.Want("Z", "C(COMMIT) Z(I)")
	v.Want("EOF", idleSession)
}

// TestIdleTimeoutSurvivesNotifications: what the server sends by itself does not
// disturb the limit.
func TestIdleTimeoutSurvivesNotifications(t *testing.T) {
	t.Parallel()
	addr := start(t)
	sender := connect(t, addr, "")
	v := wt.Login(t, addr)
	v.Send(wt.Msg('Q', wt.Z("listen idle_channel; set idle_session_timeout = '300ms'")))
	v.Until("Z")
	mustExec(t, sender, "notify idle_channel")
	v.Want("EOF", "A "+idleSession)
}
