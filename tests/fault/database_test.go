package fault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/tests/process"
)

// connectTo connects to another database than postgres.
func connectTo(t testing.TB, p *process.Server, database string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), "postgres://postgres@"+p.Addr+"/"+database+"?sslmode=disable")
	if err != nil {
		t.Fatalf("connecting to %s: %v", database, err)
	}
	return c
}

// A server that is killed in the middle of CREATE or DROP DATABASE leaves all of the
// database or nothing: no descriptor without content, no files and no rows of nobody.
func TestKillInCreateDatabase(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create database source")
	s := connectTo(t, p, "source")
	mustExec(t, s, "create extension vector")
	fill(t, s, 20000)
	mustExec(t, s, "create table wide (id int primary key, t text)")
	mustExec(t, s, "insert into wide select x, repeat(md5(x::text), 20) from generate_series(1, 60000) x")
	s.Close(t.Context())
	for try, pause := range []time.Duration{0, 20, 60, 150, 300, 600, 1200} {
		sent := make(chan error, 1)
		go func() {
			_, err := c.Exec(t.Context(), "create database copy template source")
			if err == nil && try%2 == 0 {
				_, err = c.Exec(t.Context(), "drop database copy")
			}
			sent <- err
		}()
		time.Sleep(pause * time.Millisecond)
		p.Kill()
		acknowledged := <-sent == nil
		p = process.Start(t, dir)
		c = p.Connect()
		there := one[bool](t, c, "select exists (select from pg_database where datname = 'copy')")
		if acknowledged && there == (try%2 == 0) {
			t.Errorf("try %d: acknowledged, but the database's being there is %v", try, there)
		}
		if there {
			d := connectTo(t, p, "copy")
			if n := one[int](t, d, "select count(*) from wide where length(t) = 640"); n != 60000 {
				t.Fatalf("try %d: %d rows of 60000 in the copy", try, n)
			}
			if n := one[int](t, d, "select count(*) from v"); n != 20000 {
				t.Fatalf("try %d: %d vectors of 20000 in the copy", try, n)
			}
			checkNeighbours(t, d, "where id < 3000")
			d.Close(t.Context())
			mustExec(t, c, "drop database copy")
		}
	}
	s = connectTo(t, p, "source")
	checkNeighbours(t, s, "where id < 3000")
	if n := one[int](t, s, "select count(*) from wide"); n != 60000 {
		t.Errorf("%d rows left in the template", n)
	}
	dirs, err := os.ReadDir(filepath.Join(dir, "databases"))
	if err != nil {
		t.Fatal(err)
	}
	known := one[string](t, c, "select string_agg(oid::text, ' ') from pg_database")
	for _, d := range dirs {
		if !strings.Contains(" "+known+" ", " "+d.Name()+" ") {
			t.Errorf("files are left of database %s; there are %s", d.Name(), known)
		}
	}
	// What the tries have left in the store is swept, some seconds after the last of them.
	s.Close(t.Context())
	mustExec(t, c, "drop database source")
	p.Stop()
	p = process.Start(t, dir)
	c = p.Connect()
	time.Sleep(3 * time.Second)
	if n := one[int64](t, c, "select sum(pg_database_size(oid))::bigint from pg_database"); n > 1<<20 {
		t.Errorf("%d bytes in databases that have next to nothing", n)
	}
	p.Stop()
	if size := storeSize(t, filepath.Join(dir, "store")); size > 120<<20 {
		t.Errorf("the store has %d bytes after everything was dropped", size)
	}
}

// storeSize is how large the files of the store are.
func storeSize(t testing.TB, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !e.IsDir() {
			n += info.Size()
		}
	}
	return n
}
