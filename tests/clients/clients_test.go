// Package clients runs real drivers and ORMs of other languages against a server:
// what they send is what nobody would think of writing by hand. It needs Python,
// Node or Java, pg_dump, and the package registries for the drivers themselves, so it
// runs only when asked to: make clients.
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
		"SQLAlchemy==2.1.9", "pgvector==0.5.1", "numpy==2.4.6", "Django==5.2.8", "alembic==1.20.1"}
	node = []string{"pg@8.23.1", "pg-cursor@2.22.0", "pgvector@0.2.1", "postgres@3.4.9",
		"typeorm@1.1.1", "reflect-metadata@0.2.2"}
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

// TestDump dumps a database with PostgreSQL's pg_dump, as text, as an archive and in parallel, loads
// that into a new server, and dumps it again: nothing may be lost.
func TestDump(t *testing.T) {
	enabled(t)
	if _, err := exec.LookPath("pg_dump"); err != nil {
		if _, err := exec.LookPath("apt-get"); err != nil {
			t.Skip("pg_dump is not installed")
		}
		run(t, "", 2*time.Minute, "apt-get", "update", "-qq")
		run(t, "", 5*time.Minute, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql-client")
	}
	shop, err := filepath.Abs("testdata/dump/shop.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	client := func(s *process.Server, name string, args ...string) string {
		t.Helper()
		return run(t, dir, scriptTime, name, append(args, "-d", "postgresql://postgres@"+s.Addr+"/postgres")...)
	}
	first := process.Start(t, dir+"/first")
	client(first, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", shop)
	client(first, "pg_dump", "-f", "first.sql")
	client(first, "pg_dump", "-Fc", "-f", "first.dump")
	client(first, "pg_dump", "-Fd", "-j", "3", "-f", "first.dir")
	want := dumped(t, dir+"/first.sql")

	text := process.Start(t, dir+"/text")
	client(text, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", "first.sql")
	client(text, "pg_dump", "-f", "text.sql")
	if got := dumped(t, dir+"/text.sql"); got != want {
		t.Errorf("after loading the text:\n%s\nwant\n%s", got, want)
	}
	for name, args := range map[string][]string{"archive": {"first.dump"}, "parallel": {"-j", "3", "first.dir"}} {
		s := process.Start(t, dir+"/"+name)
		client(s, "pg_restore", append([]string{"--exit-on-error"}, args...)...)
		client(s, "pg_dump", "-f", name+".sql")
		if got := dumped(t, dir+"/"+name+".sql"); got != want {
			t.Errorf("after loading the %s:\n%s\nwant\n%s", name, got, want)
		}
	}
	for _, part := range []string{"COPY public.\"Goods\"", "USING hnsw (embedding public.vector_cosine_ops) WITH (m='8')", "USING gin (title public.gin_trgm_ops, to_tsvector('english'::regconfig, title)) WITH (fastupdate=off)", "back\\\\slash", "CREATE MATERIALIZED VIEW",
		"ATTACH PARTITION public.orders_old FOR VALUES FROM (MINVALUE) TO ('2026-01-01')", "ATTACH PARTITION public.", "INHERITS (public.thing)"} {
		if !strings.Contains(want, part) {
			t.Errorf("no %s in\n%s", part, want)
		}
	}
}

// dumped is a dump without the lines that differ from one to the next.
func dumped(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
