package fault

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/tests/process"
)

// Indexes on expressions, and with included columns, hold, after kill -9 and after a
// repair, what the expressions, predicates and columns give for the rows.
func TestExpressionIndexes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, 3000)
	mustExec(t, c, "create index v_half on v using hnsw ((subvector(e, 1, 4)::vector(4)) vector_l2_ops)")
	mustExec(t, c, "create index v_odd on v using hnsw ((subvector(e, 3, 4)::vector(4)) vector_l2_ops) where grp % 2 = 1")
	mustExec(t, c, "create index v_both on v using hnsw (((e + array[grp,0,0,0,0,0,0,0]::real[]::vector)::vector(8)) vector_l2_ops)")
	mustExec(t, c, "create index v_with on v using hnsw (e vector_l1_ops) include (grp, id)")
	check := func() {
		t.Helper()
		checkOrder(t, c, "e <+> '[.5,.5,.5,.5,.5,.5,.5,.5]'", "where grp % 3 = 1")
		checkOrder(t, c, "e <+> '[.5,.5,.5,.5,.5,.5,.5,.5]'", "where id % 100 = 7")
		checkOrder(t, c, "subvector(e, 1, 4)::vector(4) <-> '[.5,.5,.5,.5]'", "")
		checkOrder(t, c, "subvector(e, 3, 4)::vector(4) <-> '[.5,.5,.5,.5]'", "where grp % 2 = 1")
		checkOrder(t, c, "(e + array[grp,0,0,0,0,0,0,0]::real[]::vector)::vector(8) <-> '[3,0,0,0,0,0,0,1]'", "")
	}
	check()
	next := 3001
	for range 3 {
		for range 40 {
			id := 1 + r.IntN(next)
			switch r.IntN(6) {
			case 0:
				mustExec(t, c, "update v set grp = grp + 1 where id % 97 = $1", id%97)
			case 1:
				mustExec(t, c, "update v set e = null where id = $1", id)
			case 2, 3:
				mustExec(t, c, "update v set e = $2::text::vector where id = $1", id, vec(r.Uint64()))
			case 4:
				mustExec(t, c, "delete from v where id = $1", id)
			case 5:
				load(t, c, next, 5)
				next += 5
			}
		}
		check()
		p.Kill()
		p = process.Start(t, dir)
		c = p.Connect()
		check()
	}
	mustExec(t, c, "update v set grp = grp + 1 where id < 100")
	p.Kill()
	files := segments(t, dir)
	for _, f := range files {
		if err := os.Truncate(f, 1000); err != nil {
			t.Fatal(err)
		}
	}
	p = process.Start(t, dir)
	c = p.Connect()
	check()
	// The log comes through a pipe of its own, at its own time.
	anew := func() int { return strings.Count(p.Log(), "vector index was built anew") }
	for end := time.Now().Add(10 * time.Second); anew() < 4 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := anew(); n != 4 {
		t.Errorf("%d of 4 indexes were built anew:\n%s", n, p.Log())
	}
}
