package slt

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// recordFrom is set by make slt-record.
var recordFrom = flag.String("record", "", "DSN of the PostgreSQL 15 server whose answers replace those of the files")

// TestRecord rewrites the answers of all files; those with vectors only if the
// server has pgvector. A file whose directives say other than the server did stays
// as it was: the author meant something else.
func TestRecord(t *testing.T) {
	if *recordFrom == "" {
		t.Skip("records only with -record")
	}
	mustBePostgres15(t)
	for _, path := range files(t) {
		t.Run(strings.TrimPrefix(path, testdata+"/"), func(t *testing.T) {
			if speaks(path) != "" {
				t.Skip("no PostgreSQL can answer this")
			}
			s, before := load(t, path)
			dsn, err := recreate(t.Context(), *recordFrom)
			if err != nil {
				t.Fatal(err)
			}
			if needsVectors(path) && !hasVector(t, dsn) {
				t.Skip("the server has no pgvector: the file stays as it is")
			}
			c := newClient(dsn, false)
			defer c.close()
			for _, r := range s.records() {
				rerecord(t, c, path, r)
			}
			if after := s.String(); !t.Failed() && after != before {
				if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// rerecord asks the server and keeps the answer.
func rerecord(t *testing.T, c *client, path string, r *record) {
	t.Helper()
	a, err := c.run(t.Context(), r)
	if err != nil {
		t.Fatalf("%s:%d: %s\n%v", path, r.line, r.sql, err)
	}
	if r.kind == kindRecorded {
		r.kind = a.kind
	}
	if r.kind != a.kind {
		t.Errorf("%s:%d: %s\nis marked %q, but the server's answer is a %q:\n%s",
			path, r.line, r.sql, r.kind, a.kind, strings.Join(a.lines, "\n"))
	}
	r.want = a.lines
}

// mustBePostgres15 refuses to take answers from anything else.
func mustBePostgres15(t *testing.T) {
	t.Helper()
	c := newClient(*recordFrom, false)
	defer c.close()
	conn, err := c.connection(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	version, err := scalar(t.Context(), c, "SELECT version()")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version, "PostgreSQL 15.") || strings.Contains(version, "LoxoDB") ||
		conn.ParameterStatus("server_encoding") != "UTF8" {
		t.Fatalf("%s with encoding %s: answers come from PostgreSQL 15 with UTF8", version, conn.ParameterStatus("server_encoding"))
	}
}

func scalar(ctx context.Context, c *client, sql string) (string, error) {
	a, err := c.run(ctx, &record{sql: sql})
	if err != nil {
		return "", err
	}
	if a.kind != kindQuery || len(a.lines) != 3 {
		return "", fmt.Errorf("%s: %s", sql, strings.Join(a.lines, "\n"))
	}
	return a.lines[1], nil
}
