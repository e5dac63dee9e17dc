package fault

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/tests/process"
)

var (
	kills    = flag.Int("kills", 2, "how often TestKillUnderLoad kills the server")
	loadSeed = flag.Uint64("load-seed", 0, "seed of TestKillUnderLoad; 0 takes a random one")
)

// worker is what is done on one connection until the connection breaks, and what it
// then knows about the rows.
type worker interface {
	// step runs one transaction; what it does counts only if nil is returned, or, when
	// the connection broke, perhaps.
	step(c *pgx.Conn, r *rand.Rand) error
	// check compares the database with what was acknowledged, and takes over what is
	// there where the last step may or may not have happened.
	check(t testing.TB, c *pgx.Conn)
}

// TestKillUnderLoad kills the server again and again in the middle of writes, loads and
// schema changes on several connections. What was acknowledged is there afterwards,
// nothing by halves, all indexes agree with the rows, the catalogs with themselves, and
// what was dropped leaves no files.
func TestKillUnderLoad(t *testing.T) {
	seed := *loadSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	for _, sql := range loadTables {
		mustExec(t, c, sql)
	}
	workers := []worker{
		&rowWriter{base: 10_000, rows: map[int]string{}}, &rowWriter{base: 20_000, rows: map[int]string{}},
		&schemaChanger{}, &schemaChanger{}, &partitioner{rows: map[int]int{}}, &churner{own: 1, tables: map[string]int{}},
		&churner{own: 2, tables: map[string]int{}}, &loader{batches: map[int]bool{}}, &truncater{}, &counter{},
	}
	for round := range *kills {
		var m errorCounts
		var wg sync.WaitGroup
		for n, w := range workers {
			c, r := p.Connect(), rand.New(rand.NewPCG(seed, uint64(round*100+n)))
			wg.Go(func() { m.run(t, w, c, r) })
		}
		time.Sleep(time.Duration(300+rand.New(rand.NewPCG(seed, uint64(round))).IntN(2500)) * time.Millisecond)
		p.Kill()
		wg.Wait()
		t.Logf("round %d: %s", round, m.String())
		p = process.Start(t, dir)
		if log := p.Log(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "damaged") {
			t.Errorf("the start complains:\n%s", log)
		}
		c := p.Connect()
		for _, w := range workers {
			w.check(t, c)
		}
		checkIndexes(t, c)
		checkCatalogs(t, c)
		if t.Failed() {
			t.Fatalf("failed in round %d; again with -load-seed %d", round, seed)
		}
	}
	checkDropped(t, p, dir)
}

// errorCounts counts the errors of the workers by SQLSTATE.
type errorCounts struct {
	mu    sync.Mutex
	count map[string]int
}

func (m *errorCounts) add(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == nil {
		m.count = map[string]int{}
	}
	m.count[key]++
}

func (m *errorCounts) String() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m.count)) {
		out = append(out, fmt.Sprintf("%s %d", k, m.count[k]))
	}
	return strings.Join(out, ", ")
}

// run makes steps until the connection breaks. Errors that the load brings with it are
// what clients have to live with; of the others none may come.
func (m *errorCounts) run(t *testing.T, w worker, c *pgx.Conn, r *rand.Rand) {
	for {
		err := w.step(c, r)
		var e *pgconn.PgError
		switch {
		case err == nil:
			m.add(strings.TrimPrefix(fmt.Sprintf("%T", w), "*fault."))
		case errors.As(err, &e):
			m.add(e.Code + " " + strings.TrimPrefix(fmt.Sprintf("%T", w), "*fault."))
			if !slices.Contains([]string{"40001", "40P01", "42P01", "42P07", "42704", "42703", "42701", "23514", "42710", "42809", "55000"}, e.Code) {
				t.Errorf("%T: %v", w, err)
			}
			if c.PgConn().TxStatus() != 'I' {
				if _, err := c.Exec(context.Background(), "rollback"); err != nil {
					return
				}
			}
		default:
			return
		}
	}
}

// inTransaction runs f between BEGIN and COMMIT.
func inTransaction(c *pgx.Conn, f func() error) error {
	if _, err := c.Exec(context.Background(), "begin"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	_, err := c.Exec(context.Background(), "commit")
	return err
}

// run runs statements one after the other.
func run(c *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := c.Exec(context.Background(), sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// collect is the rows of a query of two columns.
func collect[K comparable, V any](t testing.TB, c *pgx.Conn, sql string) map[K]V {
	t.Helper()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	got := map[K]V{}
	var k K
	var v V
	if _, err := pgx.ForEachRow(rows, []any{&k, &v}, func() error { got[k] = v; return nil }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}
