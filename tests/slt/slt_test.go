package slt

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/server/boot"
)

// against names a server to run on, instead of servers started here.
var against = flag.String("against", "", "DSN of a PostgreSQL server to run the files on")

const (
	testdata  = "testdata"
	vectors   = "vector" // the directory of files that need pgvector
	dialect   = "tidb"   // the directory of files in that dialect, whose answers are written by hand
	scratchDB = "loxodb_slt"
)

// files are the paths of all scripts, sorted.
func files(t testing.TB) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(testdata, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".slt" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no scripts found")
	}
	return paths
}

// speaks is the dialect of a file, "" = PostgreSQL's.
func speaks(path string) string {
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), dialect) {
		return dialect
	}
	return ""
}

func needsVectors(path string) bool {
	return slices.Contains(strings.Split(filepath.ToSlash(path), "/"), vectors)
}

func load(t testing.TB, path string) (*script, string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseScript(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return s, string(text)
}

// TestScripts runs every file twice: by the simple protocol, and by the extended
// one, which must not make a difference.
func TestScripts(t *testing.T) {
	for _, path := range files(t) {
		s, _ := load(t, path)
		for _, extended := range []bool{false, true} {
			protocol := map[bool]string{false: "simple", true: "extended"}[extended]
			t.Run(strings.TrimPrefix(filepath.ToSlash(path), testdata+"/")+"/"+protocol, func(t *testing.T) {
				if *against != "" && speaks(path) != "" {
					t.Skip("PostgreSQL does not speak this dialect")
				}
				c := newClient(emptyDatabase(t, path), extended)
				c.dialect = speaks(path)
				defer c.close()
				for _, r := range s.records() {
					check(t, c, path, r)
				}
			})
		}
	}
}

// emptyDatabase gives the DSN of a database without user objects.
func emptyDatabase(t *testing.T, path string) string {
	t.Helper()
	if *against != "" {
		dsn, err := recreate(t.Context(), *against)
		if err != nil {
			t.Fatal(err)
		}
		if needsVectors(path) && !hasVector(t, dsn) {
			t.Skip("the server has no pgvector")
		}
		return dsn
	}
	srv, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir() + "/data", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return "postgres://postgres@" + srv.Addr().String() + "/postgres?sslmode=disable"
}

// check runs a record and compares.
func check(t *testing.T, c *client, path string, r *record) {
	t.Helper()
	where := fmt.Sprintf("%s:%d", path, r.line)
	if r.kind == kindRecorded {
		t.Errorf("%s: not recorded yet (make slt-record)", where)
		return
	}
	got, err := c.run(t.Context(), r)
	if err != nil {
		t.Fatalf("%s: %s\n%v", where, r.sql, err)
	}
	if got.kind != r.kind || !slices.Equal(got.lines, r.want) {
		t.Errorf("%s:\n%s\nwant (-), got (+):\n%s", where, r.sql, difference(r.want, got.lines))
	}
}

// difference shows two answers with the lines they share at both ends once.
func difference(want, got []string) string {
	start := 0
	for start < min(len(want), len(got)) && want[start] == got[start] {
		start++
	}
	end := 0
	for end < min(len(want), len(got))-start && want[len(want)-1-end] == got[len(got)-1-end] {
		end++
	}
	var b strings.Builder
	put := func(mark string, lines []string) {
		for _, l := range lines {
			b.WriteString("  " + mark + " " + l + "\n")
		}
	}
	put(" ", want[:start])
	put("-", want[start:len(want)-end])
	put("+", got[start:len(got)-end])
	put(" ", want[len(want)-end:])
	return b.String()
}

// recreate drops and makes the scratch database of a PostgreSQL server.
func recreate(ctx context.Context, dsn string) (string, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return "", err
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + scratchDB + " WITH (FORCE)",
		"CREATE DATABASE " + scratchDB + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
	} {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			return "", fmt.Errorf("%s: %w", sql, err)
		}
	}
	return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s sslmode=prefer",
		cfg.Host, cfg.Port, cfg.User, cfg.Password, scratchDB), nil
}

func hasVector(t *testing.T, dsn string) bool {
	t.Helper()
	c := newClient(dsn, false)
	defer c.close()
	a, err := c.run(t.Context(), &record{sql: "SELECT FROM pg_available_extensions WHERE name = 'vector'"})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(a.lines, "tag SELECT 1")
}
