package session

import (
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/catalog"
)

func enter(t testing.TB, c *Cluster, database string) backend.Session {
	t.Helper()
	s, err := c.Open(t.Context(), backend.Startup{User: "postgres", Database: database})
	if err != nil {
		t.Fatalf("%s: %v", database, err)
	}
	return s
}

// A database is closed when nobody has used it for a while, and is then as it was:
// without a gap in its sequences, and with its vector indexes.
func TestIdleDatabase(t *testing.T) {
	fs := vfs.NewMem()
	c := openOn(t, fs).c
	s := enter(t, c, "postgres")
	defer s.Close()
	simple(t, s, "CREATE DATABASE d")
	if _, open := c.gates[databaseID(t, c, "template1")]; open {
		t.Error("the template's gate is kept though nobody is there")
	}
	d := enter(t, c, "d")
	simple(t, d, "CREATE EXTENSION vector; CREATE TABLE t (id serial PRIMARY KEY, e vector(2)); CREATE INDEX ON t USING hnsw (e vector_l2_ops)")
	simple(t, d, "INSERT INTO t (e) SELECT ARRAY[i, 1]::vector FROM generate_series(1, 300) i")
	c.closeIdle(0)
	if len(c.opened()) != 2 {
		t.Fatalf("%d databases are open, want 2", len(c.opened()))
	}
	d.Close()
	c.closeIdle(time.Hour)
	if len(c.opened()) != 2 {
		t.Error("closed before its time")
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(c.opened()) > 1 && time.Now().Before(deadline) { // it may just look for builds to go on with
		c.closeIdle(0)
		time.Sleep(10 * time.Millisecond)
	}
	if l := c.opened(); len(l) != 1 || l[0].id != catalog.DatabaseID {
		t.Fatalf("open: %v", l)
	}
	d = enter(t, c, "d")
	defer d.Close()
	if got := simple(t, d, "SELECT nextval('t_id_seq'), (SELECT id FROM t ORDER BY e <-> '[200,1]' LIMIT 1)"); strings.Join(got[0], " ") != "301 200" {
		t.Errorf("got %v", got)
	}
}

func databaseID(t testing.TB, c *Cluster, name string) catalog.ID {
	t.Helper()
	x, ok := c.store.Current().Database(name)
	if !ok {
		t.Fatalf("no database %s", name)
	}
	return x.ID
}

// Two databases may have the same version of the catalog, relations and statements: each
// has plans of its own.
func TestPlansOfDatabases(t *testing.T) {
	c := openOn(t, vfs.NewMem()).c
	a := enter(t, c, "postgres")
	defer a.Close()
	simple(t, a, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
	simple(t, a, "CREATE DATABASE b TEMPLATE postgres")
	b := enter(t, c, "b")
	defer b.Close()
	simple(t, b, "UPDATE t SET n = 2")
	simple(t, a, "CREATE ROLE r") // both catalogs have this commit's version now
	if x, y := a.(*Session).Catalog().Version, b.(*Session).Catalog().Version; x != y {
		t.Fatalf("versions %d and %d: the test tests nothing", x, y)
	}
	for range 3 {
		x, y := simple(t, a, "SELECT n, tableoid::regclass, current_database() FROM t"), simple(t, b, "SELECT n, tableoid::regclass, current_database() FROM t")
		if strings.Join(x[0], " ") != "1 t postgres" || strings.Join(y[0], " ") != "2 t b" {
			t.Fatalf("got %v and %v", x, y)
		}
		c.plans.Wait()
	}
}
