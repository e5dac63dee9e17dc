package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// A notice comes when it is raised, not with the end of its statement: here the end comes
// only because of the notice.
func TestNoticeWhileRunning(t *testing.T) {
	addr := start(t)
	for _, sql := range []string{
		"do $$ begin raise notice 'at work'; perform pg_sleep(600); end $$",
		"do $$ begin drop table if exists no_such_table; perform pg_sleep(600); end $$",
		"do $$ begin execute 'drop table if exists no_such_table'; perform pg_sleep(600); end $$",
		"select says(x) from generate_series(1, 2) x",
	} {
		var c *pgx.Conn
		cfg, err := pgx.ParseConfig("postgres://postgres@" + addr + "/postgres?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan struct{}, 10)
		cfg.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { told <- struct{}{} }
		if c, err = pgx.ConnectConfig(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		mustExec(t, c, "create or replace function says(n int) returns int language plpgsql as $$ begin raise info 'row %', n; perform pg_sleep(300); return n; end $$")
		ended := make(chan error, 1)
		go func() { _, err := c.Exec(context.Background(), sql); ended <- err }()
		select {
		case <-told:
		case err := <-ended:
			t.Fatalf("%s: ended without a notice: %v", sql, err)
		case <-time.After(time.Minute):
			t.Fatalf("%s: no notice", sql)
		}
		if err := c.PgConn().CancelRequest(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantError(t, sql, <-ended, "57014", "canceling statement due to user request")
		c.Close(t.Context())
	}
}

// Notices of functions that make the rows of a COPY stand between its rows.
func TestNoticeInCopy(t *testing.T) {
	addr := start(t)
	c := wt.Login(t, addr)
	c.Send(wt.Msg('Q', wt.Z("create or replace function says(n int) returns int language plpgsql as $$ begin raise notice 'row %', n; return n; end $$")))
	c.Until("Z")
	c.Send(wt.Msg('Q', wt.Z("copy (select says(x) from generate_series(1, 3) x) to stdout")))
	got := c.Until("Z")
	for _, want := range []string{`d("1\n")`, `d("2\n")`, `d("3\n")`, "row 1", "row 2", "row 3", "C(COPY 3)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// A session whose client does not read its rows can be ended, with the locks that it holds.
func TestTerminateUnread(t *testing.T) {
	addr := start(t)
	killer := connect(t, addr, "")
	for _, sql := range []string{
		"select x, repeat('x', 1000) from generate_series(1, 1000000000) x",
		"copy (select x, repeat('x', 1000) from generate_series(1, 1000000000) x) to stdout",
		"do $$ begin for i in 1 .. 1000000000 loop raise notice '%', repeat('x', 1000); end loop; end $$",
	} {
		c := wt.Login(t, addr)
		c.Send(wt.Msg('Q', wt.Z(sql)))
		time.Sleep(300 * time.Millisecond) // until the socket is full: less would not fail
		pid := one(t, killer, "select pid from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'")
		mustExec(t, killer, "select pg_terminate_backend("+pid+")")
		for deadline := time.Now().Add(time.Minute); one(t, killer, fmt.Sprintf("select count(*) from pg_stat_activity where pid = %s", pid)) != "0"; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the session is still there", sql)
			}
		}
		c.NC.Close()
	}
}
