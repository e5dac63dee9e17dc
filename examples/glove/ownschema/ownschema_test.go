package ownschema

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/server/boot"
)

// connect starts a server of the test's own.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	ctx := context.Background()
	s, err := boot.Start(ctx, boot.Options{Data: filepath.Join(t.TempDir(), "db"), Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Shutdown(ctx) })
	c, err := pgx.Connect(ctx, "postgres://postgres@"+s.Addr().String()+"/postgres?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	return c
}

func exec(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	if _, err := c.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t *testing.T, c *pgx.Conn, sql string) (n int) {
	t.Helper()
	if err := c.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestOwnSchema(t *testing.T) {
	ctx, c := context.Background(), connect(t)
	s := Schema{"tool's", "it's the tool's own"}
	exec(t, c, "CREATE TABLE things (id int); INSERT INTO things VALUES (1)")

	for range 2 { // made, then found again
		path, err := s.Enter(ctx, c)
		if err != nil || !strings.Contains(path.Set(), `"tool's"`) {
			t.Fatal(path, err)
		}
	}
	exec(t, c, "CREATE TABLE things (v vector(3)); INSERT INTO things VALUES ('[1,2,3]'), ('[4,5,6]')")
	if n := count(t, c, `SELECT count(*) FROM "tool's".things`); n != 2 {
		t.Fatalf("%d rows in the tool's table", n)
	}
	if err := s.Clear(ctx, c, "things", "never made"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c, "SELECT count(*) FROM public.things"); n != 1 {
		t.Fatal("a table of the same name elsewhere was touched")
	}
	if err := s.Leave(ctx, c, "things"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c, `SELECT count(*) FROM pg_namespace WHERE nspname = 'tool''s'`); n != 0 {
		t.Fatal("the schema is left")
	}
	if err := s.Leave(ctx, c); err != nil {
		t.Fatalf("leaving what is gone: %v", err)
	}
}

// TestForeignSchema: a schema of the same name that somebody else made stays as it is.
func TestForeignSchema(t *testing.T) {
	ctx, c := context.Background(), connect(t)
	s := Schema{"bench", "made by the bench"}
	exec(t, c, "CREATE SCHEMA bench; CREATE TABLE bench.glove (id int); INSERT INTO bench.glove VALUES (1)")
	for _, comment := range []string{"NULL", "'made by hand'"} {
		exec(t, c, "COMMENT ON SCHEMA bench IS "+comment)
		if _, err := s.Enter(ctx, c); !errors.Is(err, ErrForeign) {
			t.Fatalf("comment %s: entered: %v", comment, err)
		}
		if err := s.Clear(ctx, c, "glove"); !errors.Is(err, ErrForeign) {
			t.Fatalf("comment %s: cleared: %v", comment, err)
		}
		if err := s.Leave(ctx, c, "glove"); !errors.Is(err, ErrForeign) {
			t.Fatalf("comment %s: dropped: %v", comment, err)
		}
	}
	if n := count(t, c, "SELECT count(*) FROM bench.glove"); n != 1 {
		t.Fatal("the foreign table lost its row")
	}
}

// TestGuests: what others have put into the tool's schema is not dropped with it.
func TestGuests(t *testing.T) {
	ctx, c := context.Background(), connect(t)
	s := Schema{"bench", "made by the bench"}
	if _, err := s.Enter(ctx, c); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "CREATE TABLE glove (id int); CREATE TABLE guest (id int); CREATE VIEW public.seen AS SELECT id FROM bench.glove")
	if err := s.Clear(ctx, c, "glove"); err == nil {
		t.Fatal("a table was dropped from under somebody's view")
	}
	exec(t, c, "DROP VIEW public.seen")
	if err := s.Leave(ctx, c, "glove"); err == nil {
		t.Fatal("a schema was dropped with a guest in it")
	}
	if n := count(t, c, "SELECT count(*) FROM bench.guest"); n != 0 {
		t.Fatal(n)
	}
}
