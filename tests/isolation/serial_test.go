package isolation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Sessions run small random transactions at SERIALIZABLE over few rows, again when
// they are refused. Those that have committed must have an order in which they
// could have run one after the other: who wrote what another read, who overwrote
// whom, and who read what another wrote later, is a graph without a cycle. Every
// write leaves a version of its own behind, and the versions of a row are numbered,
// so the graph follows from the answers alone.
const (
	serialRows     = 8
	serialSessions = 6
)

func TestSerialHistory(t *testing.T) {
	transactions := 120
	if testing.Short() {
		transactions = 30
	}
	url := serve(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	setup := dial(ctx, t, url)
	must(t, setup, `create table cell (id int primary key, grp int, version int not null, writer text not null, u int unique)`)
	must(t, setup, `create index on cell (grp)`)
	var done []*deed
	var mu sync.Mutex
	refused := 0
	var group sync.WaitGroup
	for n := range serialSessions {
		group.Add(1)
		go func() {
			defer group.Done()
			c, err := pgx.Connect(ctx, url)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(ctx)
			rnd := rand.New(rand.NewPCG(seed, uint64(n)))
			for i := 0; i < transactions && ctx.Err() == nil; {
				d := &deed{name: fmt.Sprintf("%d.%d", n, i), rnd: rnd, c: c}
				err := d.run(ctx)
				mu.Lock()
				if err == nil {
					done = append(done, d)
					i++
				} else if refused++; !retryable(err) {
					t.Errorf("transaction %s: %v", d.name, err)
					i = transactions
				}
				mu.Unlock()
			}
		}()
	}
	group.Wait()
	if t.Failed() {
		return
	}
	if len(done) != serialSessions*transactions || refused == 0 {
		t.Fatalf("%d committed, %d refused: of no use", len(done), refused)
	}
	t.Logf("%d committed, %d refused", len(done), refused)
	checkDeeds(t, done)
}

func dial(ctx context.Context, t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func must(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// retryable reports what a transaction that is run again need not meet again.
func retryable(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && slices.Contains([]string{"40001", "40P01", "23505"}, e.Code)
}

// deed is a transaction with what it saw and did. A row that is not there has
// version 0 for whoever never saw one: rows are made once and never removed.
type deed struct {
	name  string
	rnd   *rand.Rand
	c     *pgx.Conn
	reads map[int]int // version of each row
	wrote map[int]int
	own   map[int]bool // rows that it has written itself
}

func (d *deed) run(ctx context.Context) (err error) {
	d.reads, d.wrote, d.own = map[int]int{}, map[int]int{}, map[int]bool{}
	mode, readOnly := "", d.rnd.IntN(6) == 0
	if readOnly {
		mode = [...]string{" read only", " read only deferrable"}[d.rnd.IntN(2)]
	}
	if _, err := d.c.Exec(ctx, "begin isolation level serializable"+mode); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, rerr := d.c.Exec(ctx, "rollback")
			err = errors.Join(err, rerr)
		}
	}()
	for range 1 + d.rnd.IntN(4) {
		if readOnly || d.rnd.IntN(2) == 0 {
			err = d.read(ctx)
		} else {
			err = d.write(ctx)
		}
		if err != nil {
			return err
		}
	}
	_, err = d.c.Exec(ctx, "commit")
	return err
}

// read asks for rows in one of many ways.
func (d *deed) read(ctx context.Context) error {
	id := d.rnd.IntN(serialRows)
	all := func(int) bool { return true }
	const what = "select id, version from cell "
	switch d.rnd.IntN(9) {
	case 0:
		return d.ask(ctx, func(i int) bool { return i == id }, what+"where id = $1", id)
	case 1:
		return d.ask(ctx, func(i int) bool { return i == id }, what+"where u = $1", id+100)
	case 2:
		return d.ask(ctx, func(i int) bool { return i%2 == id%2 }, what+"where grp = $1", id%2)
	case 3:
		return d.ask(ctx, func(i int) bool { return i >= id && i < id+3 }, what+"where id >= $1 and id < $2", id, id+3)
	case 4:
		return d.ask(ctx, func(i int) bool { return i == id || i == 3 }, what+"where id = $1 or u = 103", id)
	case 5:
		return d.ask(ctx, all, what+"order by version, id")
	case 6:
		return d.ask(ctx, func(i int) bool { return i%2 == id%2 },
			"select c.id, (select max(x.version) from cell x where x.id = c.id) from cell c join cell y on y.id = c.id where c.grp = $1", id%2)
	case 7:
		if _, err := d.c.Exec(ctx, "savepoint a"); err != nil {
			return err
		}
		if err := d.ask(ctx, all, what+"order by id desc"); err != nil {
			return err
		}
		_, err := d.c.Exec(ctx, "rollback to a")
		return err
	}
	return d.ask(ctx, func(i int) bool { return i >= id },
		"select (r->>0)::int, (r->>1)::int from (select jsonb_array_elements(jsonb_agg(jsonb_build_array(id, version))) from cell where id >= $1) q (r)", id)
}

// ask notes the versions of the rows that the query is about, 0 for none.
func (d *deed) ask(ctx context.Context, about func(int) bool, sql string, args ...any) error {
	rows, err := d.c.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	seen := map[int]int{}
	var id, version int
	if _, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error { seen[id] = version; return nil }); err != nil {
		return err
	}
	for i := range serialRows {
		if !about(i) || d.own[i] {
			continue
		}
		if before, ok := d.reads[i]; ok && before != seen[i] {
			return fmt.Errorf("row %d has version %d, and had %d before", i, seen[i], before)
		}
		d.reads[i] = seen[i]
	}
	return nil
}

// write makes the next version of a row, or of none.
func (d *deed) write(ctx context.Context) error {
	id := d.rnd.IntN(serialRows)
	sql := "insert into cell values ($1, $1 % 2, 1, $2, $1 + 100) on conflict (id) do update set version = cell.version + 1, writer = excluded.writer returning version"
	switch d.rnd.IntN(3) {
	case 0:
		sql = "update cell set version = version + 1, writer = $2 where id = $1 returning version"
	case 1:
		sql = "update cell set version = version + 1, writer = $2 where u = $1 + 100 returning version"
	}
	var version int
	err := d.c.QueryRow(ctx, sql, id, d.name).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		if !d.own[id] {
			d.reads[id] = 0
		}
		return nil
	}
	if err != nil {
		return err
	}
	if !d.own[id] {
		d.reads[id] = version - 1
	}
	d.own[id], d.wrote[id] = true, version
	return nil
}

// checkDeeds looks for a cycle.
func checkDeeds(t *testing.T, done []*deed) {
	// A transaction may write a row several times: its versions up to the last are its.
	maker := map[[2]int]*deed{}
	newest := map[int]int{}
	for _, d := range done {
		for id, last := range d.wrote {
			for v := d.reads[id] + 1; v <= last; v++ {
				if other := maker[[2]int{id, v}]; other != nil {
					t.Fatalf("version %d of row %d was made by %s and by %s", v, id, other.name, d.name)
				}
				maker[[2]int{id, v}] = d
			}
			newest[id] = max(newest[id], last)
		}
	}
	after := map[*deed][]*deed{}
	for _, d := range done {
		for id, v := range d.reads {
			if v > 0 {
				w := maker[[2]int{id, v}]
				if w == nil || w.wrote[id] != v {
					t.Fatalf("%s read version %d of row %d, which nobody has committed", d.name, v, id)
				}
				if w != d {
					after[w] = append(after[w], d)
				}
			}
			if w := maker[[2]int{id, v + 1}]; w != nil && w != d {
				after[d] = append(after[d], w)
			}
		}
	}
	state := map[*deed]int{}
	var path []*deed
	var visit func(*deed) bool
	visit = func(d *deed) bool {
		state[d] = 1
		path = append(path, d)
		for _, o := range after[d] {
			if state[o] == 1 || state[o] == 0 && visit(o) {
				return true
			}
		}
		state[d] = 2
		path = path[:len(path)-1]
		return false
	}
	for _, d := range done {
		if state[d] == 0 && visit(d) {
			var s strings.Builder
			for _, p := range path {
				fmt.Fprintf(&s, "%s read %v, wrote %v\n", p.name, p.reads, p.wrote)
			}
			t.Fatalf("no serial order:\n%s", s.String())
		}
	}
}
