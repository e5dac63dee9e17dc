// Package e2e drives a whole server over the wire, as clients do: with pgx, with
// raw frames, and with psql where it is installed. What it expects is what
// PostgreSQL 15 answers: with LOXODB_TEST_ADDR=host:port the same tests run
// against the server there, except those that need vectors or start and stop one.
package e2e

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/server/boot"
	"github.com/loxodb/loxodb/tests/process"
)

func TestMain(m *testing.M) { process.Main(m) }

// start starts a server on an empty data directory and returns its address.
func start(t testing.TB) string {
	t.Helper()
	if addr := os.Getenv("LOXODB_TEST_ADDR"); addr != "" {
		return addr
	}
	return startAt(t, t.TempDir()+"/data").Addr().String()
}

// onlyHere skips tests of what PostgreSQL without extensions does not have.
func onlyHere(t testing.TB) {
	if os.Getenv("LOXODB_TEST_ADDR") != "" {
		t.Skip("runs against LoxoDB only")
	}
}

func startAt(t testing.TB, dir string) *boot.Server {
	t.Helper()
	srv, err := boot.Start(t.Context(), boot.Options{Data: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, srv) })
	return srv
}

func shutdown(t testing.TB, srv *boot.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// connect opens a pgx connection as postgres; params are appended to the URL.
func connect(t testing.TB, addr, params string) *pgx.Conn {
	t.Helper()
	c, err := tryConnect(t, addr, params)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func tryConnect(t testing.TB, addr, params string) (*pgx.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return pgx.Connect(ctx, "postgres://postgres@"+addr+"/postgres?sslmode=disable"+params)
}

func mustExec(t testing.TB, c *pgx.Conn, sql string, args ...any) string {
	t.Helper()
	tag, err := c.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return tag.String()
}

// makeTable makes a table that is dropped with the test.
func makeTable(t testing.TB, c *pgx.Conn, name, columns string) {
	t.Helper()
	if _, err := c.PgConn().Exec(t.Context(), "drop table if exists "+name+"; create table "+name+" "+columns).ReadAll(); err != nil {
		t.Fatalf("table %s: %v", name, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = c.Exec(ctx, "drop table if exists "+name) // the connection may have been ended by the test
	})
}

// one runs a query of one row and one column and returns its text.
func one(t testing.TB, c *pgx.Conn, sql string) string {
	t.Helper()
	res, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	last := res[len(res)-1]
	if len(last.Rows) != 1 || len(last.Rows[0]) != 1 {
		t.Fatalf("%s: %d rows", sql, len(last.Rows))
	}
	return string(last.Rows[0][0])
}

func wantError(t testing.TB, what string, err error, code, message string) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want SQLSTATE %s", what, err, code)
		return &pgconn.PgError{}
	}
	if e.Code != code || message != "" && e.Message != message {
		t.Errorf("%s\n got %s %s\nwant %s %s", what, e.Code, e.Message, code, message)
	}
	return e
}
