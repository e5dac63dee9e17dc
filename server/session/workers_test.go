package session

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
)

// forkSession is a session with two workers and a table of 100,000 rows, with a hole,
// a cluster far away and a column that was added later.
func forkSession(t *testing.T) (backend.Session, *Database) {
	t.Helper()
	s := newTestSession(t)
	s.(*Session).db.helpers = executor.NewHelpers(2) // as on a machine with two cores
	simple(t, s, "CREATE EXTENSION vector")
	simple(t, s, "CREATE TABLE r (id bigint PRIMARY KEY, g int, w text, e vector(2))")
	simple(t, s, "INSERT INTO r SELECT i, i % 7, CASE WHEN i % 3 > 0 THEN 'word ' || i END, CASE WHEN i % 5 > 0 THEN ('[' || i || ',1]')::vector END FROM generate_series(1, 90000) i")
	simple(t, s, "INSERT INTO r SELECT i::bigint << 40, 8, 'far', NULL FROM generate_series(-10, 10000) i")
	simple(t, s, "DELETE FROM r WHERE id BETWEEN 40000 AND 60000")
	simple(t, s, "ALTER TABLE r ADD COLUMN late text DEFAULT 'late'")
	simple(t, s, "UPDATE r SET late = 'new' WHERE id % 1000 = 0")
	simple(t, s, "ANALYZE r")
	return s, s.(*Session).db
}

// launched is what EXPLAIN ANALYZE says of workers and of rows removed.
func launched(t *testing.T, s backend.Session, query string) (workers bool, removed string) {
	t.Helper()
	for _, row := range simple(t, s, "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) "+query) {
		workers = workers || strings.Contains(row[0], "Workers Launched: ")
		if _, after, ok := strings.Cut(row[0], "Rows Removed by Filter: "); ok {
			removed = after
		}
	}
	return workers, removed
}

// TestReadAhead has the same rows in the same order with workers and without.
func TestReadAhead(t *testing.T) {
	s, db := forkSession(t)
	for query, ahead := range map[string]bool{
		"SELECT * FROM r":                                                                     true,
		"SELECT id FROM r":                                                                    true,
		"SELECT id, ctid, tableoid::int FROM r":                                               true,
		"SELECT * FROM r WHERE w LIKE '%7%'":                                                  true,
		"SELECT * FROM r WHERE late = 'new'":                                                  true,
		"SELECT id, e FROM r WHERE e <-> '[5,1]' > 100 AND g IN (1, 2)":                       true,
		"SELECT count(*), sum(id), max(w) FROM r GROUP BY g":                                  true,
		"SELECT * FROM r WHERE id > 20000 AND g = 3":                                          true,
		"SELECT * FROM r WHERE g = 99":                                                        true,
		"SELECT r.id, x.id FROM r JOIN r x ON x.id = r.id + 1":                                true,
		"SELECT * FROM r ORDER BY id DESC":                                                    false, // backwards
		"SELECT * FROM r LIMIT 5000":                                                          false, // too few
		"SELECT * FROM r WHERE id < 9000":                                                     false, // too few to come
		"SELECT id FROM r WHERE id < 30000 AND now() > '2000-01-01'":                          false, // asks the session
		"SELECT id FROM r WHERE g = (SELECT min(g) FROM r x WHERE x.id = r.id) AND id < 9000": false, // a subplan
	} {
		simple(t, s, "SET max_parallel_workers_per_gather = 0")
		want := simple(t, s, query)
		_, removed := launched(t, s, query)
		simple(t, s, "SET max_parallel_workers_per_gather = 2")
		for range 3 {
			if got := simple(t, s, query); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %d rows with workers, %d without, or others", query, len(got), len(want))
			}
		}
		did, r := launched(t, s, query)
		if did != ahead || r != removed {
			t.Errorf("%s: workers %v, want %v; removed %s rows, want %s", query, did, ahead, r, removed)
		}
	}
	allGiven(t, db)
}

// TestFoldAhead groups and joins with workers and without: the same rows, in the same
// order, to the last bit.
func TestFoldAhead(t *testing.T) {
	s, db := forkSession(t)
	simple(t, s, "CREATE TABLE d (k int PRIMARY KEY, f float8, n numeric, w text)")
	simple(t, s, "INSERT INTO d SELECT i, i / 3.0, CASE i % 3 WHEN 0 THEN i * 1.10 WHEN 1 THEN -i END, 'w' || i % 20 FROM generate_series(0, 2999) i; ANALYZE d")
	for _, query := range []string{
		"SELECT g, count(*), count(w), sum(id), avg(id), min(id), max(id), min(w), max(w) FROM r GROUP BY g",
		"SELECT id % 777, sum(sqrt(abs(id::float8))), avg(id / 7.0::float8), string_agg(w, ','), sum(id / 3.0), avg(-id / 1e5), max(id / 3.0) FROM r GROUP BY 1",
		"SELECT count(*), sum(0.1::float8 * g), bool_or(g > 7), bit_xor(g), min(late), array_agg(id) FILTER (WHERE id % 5000 = 0) FROM r",
		"SELECT w, id % 2, sum(g) FILTER (WHERE id % 3 = 1), count(*) FILTER (WHERE g = 2) FROM r WHERE id % 10 < 2 GROUP BY 1, 2",
		"SELECT min(CASE id % 4 WHEN 0 THEN 0::float8 WHEN 1 THEN '-0' END), max((CASE WHEN id % 5 = 0 THEN '1.50' ELSE '1.5' END)::numeric), sum('NaN'::numeric) FROM r",
		"SELECT count(*), sum(d.f), sum(d.n), count(d.w) FROM r JOIN d ON r.id % 5000 = d.k",
		"SELECT d.w, count(*), sum(d.f), max(r.w) FROM r JOIN d ON r.id % 5000 = d.k AND d.f > r.g GROUP BY d.w",
		"SELECT count(*), sum(d.f) FROM r LEFT JOIN d ON r.id % 5000 = d.k AND d.n > 0",
		"SELECT count(*) FROM r WHERE NOT EXISTS (SELECT 1 FROM d WHERE d.k = r.id % 5000 AND d.f < 500)",
		"SELECT g, count(*) FROM r WHERE EXISTS (SELECT 1 FROM d WHERE d.k = r.id % 5000 AND d.f < r.g) GROUP BY g",
		"SELECT r.id, d.w, r.w FROM r JOIN d ON r.id % 5000 = d.k WHERE r.g < 3",
		"SELECT r.id, d.w, x.f FROM r LEFT JOIN d ON r.id % 5000 = d.k LEFT JOIN d x ON x.k = d.k + 1",
		"SELECT r.id, d.k FROM r LEFT JOIN d ON r.g = d.k % 8 AND d.k < 30 WHERE r.w IS NOT NULL",
		"SELECT count(*), count(x.k) FROM d x RIGHT JOIN r ON r.id % 5000 = x.k",
		"SELECT count(*), count(x.k), count(r.id) FROM r FULL JOIN d x ON r.id % 5000 = x.k",
		"SELECT id, g, w FROM r ORDER BY g DESC, w LIMIT 70",
		"SELECT id, w FROM r ORDER BY w NULLS FIRST, id % 3 DESC OFFSET 100 LIMIT 2000",
		"SELECT id FROM r WHERE g < 5 ORDER BY late DESC, g LIMIT 40000",
		"SELECT r.id, d.w FROM r JOIN d ON r.id % 5000 = d.k ORDER BY d.n, r.g, d.w LIMIT 10",
		"SELECT id, w FROM r ORDER BY w, id / 7.0 OFFSET 79900",
		"SELECT id, id / 7.0 FROM r ORDER BY 2 DESC OFFSET 79900",
		"SELECT g, (SELECT count(*) FROM r x WHERE x.g = o.g) FROM (VALUES (1), (8)) o (g)",
	} {
		simple(t, s, "SET max_parallel_workers_per_gather = 0")
		want := simple(t, s, query)
		counted := analyzed(t, s, query)
		simple(t, s, "SET max_parallel_workers_per_gather = 2")
		for range 2 {
			if got := simple(t, s, query); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %d rows with workers, %d without, or others", query, len(got), len(want))
			}
		}
		if did, _ := launched(t, s, query); !did {
			t.Errorf("%s: no workers", query)
		}
		if got := analyzed(t, s, query); !reflect.DeepEqual(got, counted) {
			t.Errorf("%s: counted with workers\n%s\nwithout\n%s", query, strings.Join(got, "\n"), strings.Join(counted, "\n"))
		}
	}
	allGiven(t, db)
}

// analyzed is what EXPLAIN ANALYZE says, but for workers and times.
func analyzed(t *testing.T, s backend.Session, query string) (lines []string) {
	t.Helper()
	for _, row := range simple(t, s, "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) "+query) {
		if !strings.Contains(row[0], "Workers Launched") {
			lines = append(lines, row[0])
		}
	}
	return lines
}

// allGiven waits until no place is taken: statistics may be gathered meanwhile.
func allGiven(t *testing.T, db *Database) {
	t.Helper()
	for range 1000 {
		if db.helpers.Taken() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d places are still taken", db.helpers.Taken())
}

// TestReadAheadErrors: a row fails only who comes to it, in its turn.
func TestReadAheadErrors(t *testing.T) {
	s, db := forkSession(t)
	fails := func(query, want string) {
		t.Helper()
		if _, err := run(s, query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
	fails("SELECT count(*) FROM r WHERE 1 / (id - 70000) = 0", "division by zero")
	fails("SELECT sum(1 / (id - 70000)) FROM r", "division by zero")
	fails("SELECT g, sum(id::float8 * CASE id WHEN 70000 THEN 1e308 ELSE 1 END * 1000) FROM r GROUP BY g", "out of range")
	fails("SELECT count(*), sum(1 / (r.id - 70000)) FROM r JOIN (VALUES (0), (1)) d (k) ON r.g = d.k", "division by zero")
	simple(t, s, "CREATE TABLE one (k int); INSERT INTO one VALUES (1), (2); ANALYZE one")
	if rows := simple(t, s, "SELECT r.id FROM r LEFT JOIN one ON r.g = one.k WHERE 1 / (r.id - 88000) <= 0 LIMIT 60000"); len(rows) != 60000 {
		t.Errorf("%d rows before the one that fails", len(rows))
	}
	fails("SELECT count(*) FROM r WHERE sqrt(CASE id WHEN 70000 THEN -1 WHEN 80000 THEN 1e400::numeric ELSE 1 END) > 0", "square root")
	if rows := simple(t, s, "SELECT id FROM r WHERE 1 / (id - 88000) <= 0 AND g < 7 LIMIT 30000"); len(rows) != 30000 {
		t.Errorf("%d rows before the one that fails", len(rows))
	}
	allGiven(t, db)
}

// TestReadAheadTransaction: a transaction's own rows, and changes made while a cursor
// is open, are what they are without workers.
func TestReadAheadTransaction(t *testing.T) {
	s, db := forkSession(t)
	count := func(want string) {
		t.Helper()
		if got := simple(t, s, "SELECT count(*) FROM r"); got[0][0] != want {
			t.Errorf("%s rows, want %s", got[0][0], want)
		}
	}
	count("80010")
	simple(t, s, "BEGIN; INSERT INTO r VALUES (50000)")
	count("80011")
	if did, _ := launched(t, s, "SELECT count(*) FROM r"); did {
		t.Error("workers do not see what the transaction wrote")
	}
	simple(t, s, "ROLLBACK")
	simple(t, s, "BEGIN; DECLARE c CURSOR FOR SELECT id FROM r")
	seen := map[string]bool{}
	fetch := func(n int) int {
		rows := simple(t, s, fmt.Sprintf("FETCH %d FROM c", n))
		for _, r := range rows {
			seen[r[0]] = true
		}
		return len(rows)
	}
	fetch(50000)
	simple(t, s, "DELETE FROM r WHERE id > 80000; INSERT INTO r VALUES (89999, 1)")
	fetch(1_000_000)
	if len(seen) != 80010 {
		t.Errorf("the cursor gave %d rows", len(seen))
	}
	simple(t, s, "ROLLBACK; BEGIN; DECLARE c CURSOR FOR SELECT id FROM r; FETCH 40000 FROM c; COMMIT")
	simple(t, s, "UPDATE r SET g = g + 100")
	if got := simple(t, s, "SELECT count(*), min(g) FROM r"); got[0][0] != "80010" || got[0][1] != "100" {
		t.Error(got)
	}
	allGiven(t, db)
}
