package recall

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// worker is a connection that changes rows in transactions of its own and asks, in views
// that stand still, whether the index agrees with an exact scan.
type worker struct {
	c      *pgconn.PgConn
	rng    *rand.Rand
	asked  int
	failed bool // of this transaction, with a failure to be repeated
}

func (w *worker) exec(ctx context.Context, sql string) ([][]string, error) {
	if w.failed {
		return nil, nil
	}
	res, err := w.c.Exec(ctx, sql).ReadAll()
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01") {
		w.failed = true
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%.200s: %w", sql, err)
	}
	var rows [][]string
	for _, row := range res[len(res)-1].Rows {
		var r []string
		for _, v := range row {
			r = append(r, string(v))
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (w *worker) vector() string {
	v := make([]float32, 8)
	for i := range v {
		v[i] = w.rng.Float32()
	}
	return vectorText(v)
}

// change inserts, updates or deletes a row.
func (w *worker) change(ctx context.Context) error {
	id := w.rng.IntN(600)
	var sql string
	switch w.rng.IntN(5) {
	case 0:
		sql = fmt.Sprintf("DELETE FROM w WHERE id = %d", id)
	case 1:
		sql = fmt.Sprintf("UPDATE w SET n = n + 1 WHERE id = %d", id)
	case 2:
		sql = fmt.Sprintf("UPDATE w SET e = '%s' WHERE id >= %d AND id < %d", w.vector(), id, id+3)
	default:
		sql = fmt.Sprintf("INSERT INTO w VALUES (%d, 0, '%s') ON CONFLICT (id) DO UPDATE SET e = excluded.e", id, w.vector())
	}
	_, err := w.exec(ctx, sql)
	return err
}

// agree asks the same through the index and without it.
func (w *worker) agree(ctx context.Context) error {
	q := fmt.Sprintf("FROM w WHERE n >= 0 ORDER BY e <-> '%s', id LIMIT 20", w.vector())
	near := strings.Replace(q, ", id", "", 1)
	got, err := w.exec(ctx, "SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = off; SELECT id, e "+near)
	if err != nil {
		return err
	}
	want, err := w.exec(ctx, "SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = on; SELECT id, e "+q)
	if err != nil || w.failed {
		return err
	}
	w.asked++
	order := func(rows [][]string) []string {
		var out []string
		for _, r := range rows {
			out = append(out, r[1]) // rows with the same vector may change places, at the end, too
		}
		return out
	}
	if a, b := order(got), order(want); !slices.Equal(a, b) {
		return fmt.Errorf("%s: through the index\n%q\nexactly\n%q", q, got, want)
	}
	return nil
}

// transaction is one with savepoints, at a random level, which commits or does not.
func (w *worker) transaction(ctx context.Context) error {
	level := []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}[w.rng.IntN(3)]
	w.failed = false
	if _, err := w.exec(ctx, "BEGIN ISOLATION LEVEL "+level); err != nil {
		return err
	}
	steps := []func() error{func() error { return w.change(ctx) }}
	if level != "READ COMMITTED" { // whose view moves between the two questions
		steps = append(steps, func() error { return w.agree(ctx) })
	}
	saved := false
	steps = append(steps, func() error {
		sql := "SAVEPOINT s"
		if saved && w.rng.IntN(2) == 0 {
			sql = "ROLLBACK TO s"
		}
		saved = true
		_, err := w.exec(ctx, sql)
		return err
	})
	for range 2 + w.rng.IntN(8) {
		if err := steps[w.rng.IntN(len(steps))](); err != nil {
			return err
		}
	}
	end := []string{"COMMIT", "COMMIT", "ROLLBACK"}[w.rng.IntN(3)]
	if w.failed {
		w.failed, end = false, "ROLLBACK"
	}
	_, err := w.exec(ctx, end)
	return err
}

// Whatever others commit, roll back and vacuum, a transaction finds through the index what
// it finds without: the rows of its view, with its own changes and none that it took back.
func TestViewsUnderWrites(t *testing.T) {
	d := open(t)
	for _, using := range []string{"hnsw (e vector_l2_ops) WITH (target_recall = 1)", "ivf (e vector_l2_ops) WITH (target_recall = 1)"} {
		d.exec("DROP TABLE IF EXISTS w; CREATE TABLE w (id int PRIMARY KEY, n int NOT NULL, e vector(8)); CREATE INDEX w_e ON w USING " + using)
		var wg sync.WaitGroup
		workers := make([]*worker, 4)
		for i := range workers {
			c, err := pgconn.Connect(t.Context(), d.dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(context.Background())
			w := &worker{c: c, rng: rand.New(rand.NewPCG(seed, uint64(i)))}
			workers[i] = w
			wg.Go(func() {
				for n := range 100 {
					if err := w.transaction(t.Context()); err != nil {
						t.Errorf("%s: %v", using, err)
						return
					}
					if i == 0 && n%50 == 49 {
						if _, err := w.exec(t.Context(), "VACUUM w"); err != nil {
							t.Errorf("%s: %v", using, err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		asked := 0
		for _, w := range workers {
			asked += w.asked
		}
		if asked < 100 {
			t.Errorf("%s: only %d answers were compared", using, asked)
		}
	}
}
