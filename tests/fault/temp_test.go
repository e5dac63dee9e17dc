package fault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/tests/process"
)

// A killed server leaves temporary tables of no session: after the next start there
// is no trace of them, neither in the catalog nor on disk, and their names are free.
func TestKillWithTempTables(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	fill(t, c, 500)
	for range 2 { // the second time over what the first left
		c, other := p.Connect(), p.Connect()
		mustExec(t, c, "create temp table v as select id, grp, e from v")
		mustExec(t, c, "create index v_e on v using hnsw (e vector_l2_ops)")
		mustExec(t, c, "create temp table big (id serial primary key, t text unique)")
		mustExec(t, c, "insert into big (t) select 'row ' || x from generate_series(1, 20000) x")
		mustExec(t, c, "delete from v where id > 100")
		mustExec(t, other, "begin")
		mustExec(t, other, "create temp table v (id int, e vector(8))")
		mustExec(t, other, "create index v_e on v using hnsw (e vector_l2_ops)")
		mustExec(t, other, "insert into v select id, e from public.v")
		if n := one[int](t, c, "select count(*) from v"); n != 100 {
			t.Fatalf("%d rows in the temporary table", n)
		}
		p.Kill()
		p = process.Start(t, dir)
		c = p.Connect()
		if n := one[int](t, c, "select count(*) from v"); n != 500 {
			t.Errorf("%d rows where the permanent table has 500", n)
		}
		checkNeighbours(t, c, "")
		if n := one[int](t, c, "select count(*) from pg_class where relpersistence = 't'"); n != 0 {
			t.Errorf("%d temporary relations after the start", n)
		}
		indexes, err := filepath.Glob(filepath.Join(dir, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		live := 0
		for _, f := range indexes {
			if info, err := os.Stat(f); err == nil && info.IsDir() && strings.Trim(filepath.Base(f), "0123456789") == "" {
				live++
			}
		}
		if live != 1 {
			t.Errorf("%d directories of vector indexes, want that of the permanent one: %v", live, indexes)
		}
	}
	p.Stop()
	p = process.Start(t, dir)
	c = p.Connect()
	mustExec(t, c, "create temp table v (id int)")
	if n := one[int](t, c, "select count(*) from v"); n != 0 {
		t.Errorf("%d rows in a new temporary table", n)
	}
}
