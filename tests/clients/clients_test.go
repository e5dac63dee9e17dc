// Package clients runs real drivers and ORMs of other languages against a server:
// what they send is what nobody would think of writing by hand. It needs Python,
// Node or Java, and the package registries for the drivers themselves, so it runs
// only when asked to: make clients.
package clients

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/tests/process"
)

func TestMain(m *testing.M) { process.Main(m) }

// pinned versions: a new release of a driver must not turn a build red.
var (
	python = []string{"psycopg[binary]==3.3.9", "psycopg2-binary==2.9.13", "asyncpg==0.32.0", "pg8000==1.31.6",
		"SQLAlchemy==2.1.9", "pgvector==0.5.1", "numpy==2.4.6"}
	node = []string{"pg@8.23.1", "pg-cursor@2.22.0", "pgvector@0.2.1", "postgres@3.4.9"}
	jdbc = "42.7.4"
)

// enabled skips unless asked for and the tools are there.
func enabled(t *testing.T, tools ...string) {
	t.Helper()
	if os.Getenv("LOXODB_CLIENTS") == "" {
		t.Skip("set LOXODB_CLIENTS=1, or run make clients: it installs drivers from package registries")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
}

// run runs a command to its end and fails the test with its output.
func run(t *testing.T, dir string, limit time.Duration, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// each runs every script of testdata/dir as a subtest against one server; a
// script checks its own answers and prints ok at the end.
func each(t *testing.T, dir, ext string, command func(t *testing.T, script, addr string) string) {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join("testdata", dir, "*"+ext))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	s := process.Start(t, t.TempDir()+"/data")
	for _, script := range scripts {
		abs, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(script), ext), func(t *testing.T) {
			if out := command(t, abs, s.Addr); !strings.HasSuffix(strings.TrimSpace(out), "ok") {
				t.Errorf("the script did not reach its end:\n%s", out)
			}
		})
	}
}

const scriptTime = 2 * time.Minute

func TestPython(t *testing.T) {
	enabled(t, "python3")
	dir := t.TempDir()
	run(t, dir, time.Minute, "python3", "-m", "venv", "venv")
	run(t, dir, 5*time.Minute, "venv/bin/pip", append([]string{"install", "--quiet", "--disable-pip-version-check"}, python...)...)
	each(t, "python", ".py", func(t *testing.T, script, addr string) string {
		return run(t, dir, scriptTime, "venv/bin/python", script, "postgresql://postgres@"+addr+"/postgres")
	})
}

func TestNode(t *testing.T) {
	enabled(t, "node", "npm")
	dir := t.TempDir()
	run(t, dir, 5*time.Minute, "npm", append([]string{"install", "--silent", "--no-save", "--prefix", dir}, node...)...)
	each(t, "node", ".mjs", func(t *testing.T, script, addr string) string {
		// A module is looked for beside the script.
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		local := filepath.Join(dir, filepath.Base(script))
		if err := os.WriteFile(local, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return run(t, dir, scriptTime, "node", local, "postgresql://postgres@"+addr+"/postgres")
	})
}

func TestJava(t *testing.T) {
	enabled(t, "java", "mvn")
	dir := t.TempDir()
	run(t, dir, 5*time.Minute, "mvn", "-q", "-B", "dependency:copy", "-Dartifact=org.postgresql:postgresql:"+jdbc, "-DoutputDirectory="+dir)
	each(t, "java", ".java", func(t *testing.T, script, addr string) string {
		return run(t, dir, scriptTime, "java", "-cp", "postgresql-"+jdbc+".jar", script, "jdbc:postgresql://"+addr+"/postgres")
	})
}
