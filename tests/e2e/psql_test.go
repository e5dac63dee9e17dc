package e2e

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs of testdata from what the server answers")

// TestPsql feeds testdata/*.sql to psql and compares what it prints with the .out
// beside it. The outputs were made by PostgreSQL 15 (LOXODB_TEST_ADDR with
// -rewrite), those of vector*.sql by hand.
func TestPsql(t *testing.T) {
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed: install postgresql-client to run these scripts")
	}
	scripts, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in testdata: %v", err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".sql")
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "vector") {
				onlyHere(t)
			}
			host, port, err := net.SplitHostPort(start(t))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), path, "-X", "-a", "-h", host, "-p", port, "-U", "postgres", "-f", script)
			cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PGTZ=UTC", "PGCONNECT_TIMEOUT=10", "PSQL_PAGER=", "PGOPTIONS=-c client_min_messages=notice")
			got, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("psql: %v\n%s", err, got)
			}
			out := strings.TrimSuffix(script, ".sql") + ".out"
			if *rewrite {
				if err := os.WriteFile(out, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, string(got), string(want))
		})
	}
}

// compareLines reports the first difference with the lines around it.
func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i < len(g) && i < len(w) && g[i] == w[i] {
			continue
		}
		around := func(l []string) string { return strings.Join(l[min(max(i-4, 0), len(l)):min(i+5, len(l))], "\n") }
		t.Errorf("line %d differs\n--- got\n%s\n--- want\n%s", i+1, around(g), around(w))
		return
	}
}
