package session

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
)

// With little memory a sort answers what it answers with much, says so in EXPLAIN
// ANALYZE, and leaves nothing behind; what a killed server left goes at the start.
func TestSortBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	if err := fs.MkdirAll("temp", 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := fs.Create("temp/1", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db := openOn(t, fs)
	empty := func(when string) {
		t.Helper()
		if names, err := fs.List("temp"); err != nil || len(names) > 0 {
			t.Errorf("%s: %v, %v", when, names, err)
		}
	}
	empty("after the start")
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE t (a int, b text, c numeric, d float8, e int[]);
		INSERT INTO t SELECT x, repeat(chr(65 + (x * 7919) % 26), x % 40), (x * 31) % 1000 / 7.0, CASE WHEN x % 9 > 0 THEN (x * 17) % 333 END, ARRAY[x % 5, x]
		FROM generate_series(1, 22000) x`)
	for _, q := range []string{
		"SELECT * FROM t ORDER BY b, c DESC, a",
		"SELECT a, d FROM t ORDER BY d DESC NULLS LAST, a DESC",
		"SELECT a FROM t ORDER BY e DESC OFFSET 100",
		"SELECT a, b FROM t ORDER BY c, a LIMIT 15000",
		"SELECT a FROM t ORDER BY c, a LIMIT 5",
	} {
		simple(t, s, "SET loxodb.statement_memory = '1GB'")
		want := simple(t, s, q)
		simple(t, s, "SET loxodb.statement_memory = '2MB'")
		if got := simple(t, s, q); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %d rows, want %d in the order of a sort in memory", q, len(got), len(want))
		}
		plan := simple(t, s, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+q)
		said := slices.ContainsFunc(plan, func(l []string) bool { return strings.Contains(l[0], "Sort Method: external merge  Disk: ") })
		if said == strings.HasSuffix(q, "LIMIT 5") {
			t.Errorf("%s: %v", q, plan)
		}
		empty(q)
	}
	// A statement that ends early.
	simple(t, s, "BEGIN; DECLARE c CURSOR FOR SELECT a FROM t ORDER BY b LIMIT 3; FETCH 1 FROM c; ROLLBACK")
	if got := answer(s, "SELECT 1 / (a - 19000) FROM t ORDER BY c + 1 / (a - 19500)"); got != "division by zero" {
		t.Errorf("an error while sorting: %q", got)
	}
	empty("at the end")
}

// Joins of every kind answer with little memory what they answer with much, and keep
// the order of their left side.
func TestJoinBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	db := openOn(t, fs)
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE l (id int, k int, t text);
		INSERT INTO l SELECT x, CASE WHEN x % 11 > 0 THEN (x * 7919) % 7000 END, repeat('l', x % 150) FROM generate_series(1, 9000) x;
		CREATE TABLE r (k int, n bigint, t text, f float8);
		INSERT INTO r SELECT CASE WHEN x % 13 > 0 THEN (x * 31) % 9000 END, x, repeat('r', x % 50), x / 3.0 FROM generate_series(1, 18000) x;
		INSERT INTO r SELECT 5, x, 'five', NULL FROM generate_series(1, 300) x;
		ANALYZE; SET enable_nestloop = off`)
	for _, q := range []string{
		"SELECT l.id, l.t, r.n, r.t, r.f FROM l JOIN r ON l.k = r.k",
		"SELECT l.id, l.t, r.n, r.t FROM l LEFT JOIN r ON l.k = r.k AND r.n % 3 > 0",
		"SELECT l.id, l.t, r.n FROM l RIGHT JOIN r ON l.k = r.k",
		"SELECT l.id, l.t, r.n, r.t FROM l FULL JOIN r ON l.k = r.k",
		"SELECT l.id FROM l WHERE EXISTS (SELECT FROM r WHERE r.k = l.k AND r.n > l.id AND r.t <> l.t)",
		"SELECT l.id FROM l WHERE NOT EXISTS (SELECT FROM r WHERE r.k = l.k AND r.t <> l.t)",
		"SELECT a.id, b.id, a.t FROM l a JOIN l b ON a.k = b.k AND a.t = b.t",
		"SELECT count(l.t), sum(r.n) FROM l JOIN r USING (k)",
	} {
		spills(t, s, fs, q, "1024kB", "Batches: 32  Disk: ")
	}
	last := 0
	for _, row := range simple(t, s, "SELECT l.id FROM l WHERE NOT EXISTS (SELECT FROM r WHERE r.k = l.k AND r.t <> l.t)") {
		id, err := strconv.Atoi(row[0])
		if err != nil || id < last {
			t.Fatalf("%v after %d: the rows of a join that spilled are not in the order of its left side", row, last)
		}
		last = id
	}
}

// Groups answer with little memory what they answer with much, with helpers and without.
func TestGroupsBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	db := openOn(t, fs)
	db.helpers = executor.NewHelpers(2)
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE t (id int PRIMARY KEY, k int, b text, c numeric);
		INSERT INTO t SELECT x, CASE WHEN x % 11 > 0 THEN (x * 7919) % 30000 END, 'text ' || x % 25000, x % 900 / 10.0 FROM generate_series(1, 60000) x;
		ANALYZE t`)
	for _, q := range []string{
		"SELECT k, count(*), sum(id), min(b), sum(c), avg(id / 7.0::float8) FROM t GROUP BY k",
		"SELECT b, k % 2, count(k), string_agg(id::text, ',') FROM t GROUP BY 1, 2 HAVING count(*) > 1",
		"SELECT b, count(DISTINCT k), array_agg(id ORDER BY id DESC), percentile_disc(0.5) WITHIN GROUP (ORDER BY c) FROM t GROUP BY b",
		"SELECT k / 2, b FROM t GROUP BY 1, 2",
		"SELECT x.id, count(*), sum(y.id) FROM t x JOIN t y ON x.k = y.id GROUP BY x.id",
		"SELECT count(*), sum(n) FROM (SELECT b, count(*) AS n FROM t GROUP BY b) x",
	} {
		for _, workers := range []string{"0", "2"} {
			simple(t, s, "SET max_parallel_workers_per_gather = "+workers)
			spills(t, s, fs, q, "4MB", "  Disk Usage: ")
		}
	}
	// Groups that an estimate takes for few, which helpers begin to fold.
	q := "SELECT count(*), sum(n), sum(s) FROM (SELECT id / 2 AS g, count(*) AS n, sum(k) AS s FROM t GROUP BY id / 2) x"
	simple(t, s, "SET loxodb.statement_memory = '1GB'")
	want := simple(t, s, q)
	simple(t, s, "SET loxodb.statement_memory = '4MB'")
	if got := simple(t, s, q); got[0][0] != want[0][0] || got[0][1] != want[0][1] || got[0][2] != want[0][2] {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := run(s, "SELECT b, id, sum(1 / (id - 59000)) FROM t GROUP BY b, id"); err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("an error while groups spill: %v", err)
	}
	simple(t, s, "BEGIN; DECLARE c CURSOR FOR SELECT b, k, count(*) FROM t GROUP BY b, k; FETCH 10 FROM c; ROLLBACK")
	if names, err := fs.List("temp"); err != nil || len(names) > 0 {
		t.Errorf("left %v, %v", names, err)
	}
}

// DISTINCT and set operations answer with little memory what they answer with much.
func TestSetsBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	db := openOn(t, fs)
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE a (k int, b text, c numeric);
		INSERT INTO a SELECT CASE WHEN x % 11 > 0 THEN (x * 7919) % 20000 END, 'text ' || (x * 7919) % 20000, x % 3 FROM generate_series(1, 60000) x;
		CREATE TABLE b (k int, b text, c numeric);
		INSERT INTO b SELECT CASE WHEN x % 11 > 0 THEN (x * 31) % 30000 END, 'text ' || (x * 31) % 30000, x % 2 FROM generate_series(1, 50000) x;
		ANALYZE`)
	for _, q := range []string{
		"SELECT DISTINCT b, c FROM a",
		"SELECT DISTINCT k, b, c FROM a",
		"SELECT b, c FROM a UNION SELECT b, c FROM b",
		"SELECT count(*), sum(k) FROM (SELECT k, b FROM a UNION SELECT k, b FROM b) x",
		"SELECT k, b FROM a INTERSECT SELECT k, b FROM b",
		"SELECT k, b FROM a INTERSECT ALL SELECT k, b FROM b",
		"SELECT k, b FROM a EXCEPT SELECT k, b FROM b",
		"SELECT k, b, c FROM a EXCEPT ALL SELECT k, b, c FROM b",
		"SELECT b FROM (SELECT b FROM a EXCEPT SELECT b FROM b WHERE k < 100) x INTERSECT SELECT b FROM b",
		"SELECT b FROM a WHERE k < 5 EXCEPT SELECT b || c FROM b",
	} {
		spills(t, s, fs, q, "2MB", "  Disk Usage: ")
	}
	simple(t, s, "SET loxodb.statement_memory = '1MB'")
	last := ""
	for i, row := range simple(t, s, "SELECT DISTINCT b, c FROM a ORDER BY b, c") {
		if at := row[0] + "\x00" + row[1]; i > 0 && at <= last {
			t.Fatalf("%q after %q", at, last)
		} else {
			last = at
		}
	}
	if _, err := run(s, "SELECT DISTINCT b, 1 / (k - 19000) FROM a"); err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("an error while rows spill: %v", err)
	}
	simple(t, s, "BEGIN; DECLARE c CURSOR FOR SELECT b, k FROM a EXCEPT SELECT b, k FROM b; FETCH 10 FROM c; ROLLBACK")
	if names, err := fs.List("temp"); err != nil || len(names) > 0 {
		t.Errorf("left %v, %v", names, err)
	}
}

// Windows answer with little memory what they answer with much: over many partitions, and
// over few whose rows memory has no place for.
func TestWindowsBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	db := openOn(t, fs)
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE t (id int PRIMARY KEY, g int, b text, c numeric);
		INSERT INTO t SELECT x, x / 50, repeat('text ', 60) || x, (x * 7919) % 1000 / 7.0 FROM generate_series(1, 20000) x;
		ANALYZE t`)
	for _, q := range []string{
		"SELECT *, row_number() OVER (ORDER BY id) FROM t",
		"SELECT *, lag(id, 3) OVER (ORDER BY id), sum(id) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) FROM t",
		"SELECT id, b, rank() OVER (ORDER BY c DESC), last_value(id) OVER (ORDER BY c DESC) FROM t",
		"SELECT id, b, count(*) OVER () FROM t",
		"SELECT id, b, ntile(7) OVER (PARTITION BY g % 3 ORDER BY id), avg(c) OVER (PARTITION BY g % 3) FROM t",
	} {
		spills(t, s, fs, q, "5MB", "  Disk Usage: ")
	}
	for _, q := range []string{
		"SELECT id, b, sum(c) OVER (PARTITION BY g ORDER BY c), percent_rank() OVER (PARTITION BY g ORDER BY c) FROM t ORDER BY id",
		"SELECT id, b, first_value(b) OVER (PARTITION BY g ORDER BY id DESC), max(b) OVER w FROM t WINDOW w AS (PARTITION BY g) ORDER BY id",
		"SELECT id, b, count(*) OVER (PARTITION BY g / 350), row_number() OVER (PARTITION BY g / 350 ORDER BY id) FROM t ORDER BY id",
	} {
		simple(t, s, "SET loxodb.statement_memory = '1GB'")
		want := simple(t, s, q)
		simple(t, s, "SET loxodb.statement_memory = '14MB'")
		if got := simple(t, s, q); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %d rows, want %d that are the same", q, len(got), len(want))
		}
	}
	if _, err := run(s, "SELECT b, row_number() OVER (ORDER BY id), 1 / (id - 19000) FROM t"); err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("an error while rows wait in files: %v", err)
	}
	simple(t, s, "BEGIN; DECLARE c CURSOR FOR SELECT b, count(*) OVER () FROM t; FETCH 10 FROM c; ROLLBACK")
	if names, err := fs.List("temp"); err != nil || len(names) > 0 {
		t.Errorf("left %v, %v", names, err)
	}
}

// spills asks a query with memory for all and with little: the answers must be the same,
// EXPLAIN must say what was written, and nothing may be left of it.
func spills(t *testing.T, s backend.Session, fs vfs.FS, q, memory, told string) {
	t.Helper()
	all := func(memory string) []string {
		simple(t, s, "SET loxodb.statement_memory = '"+memory+"'")
		var list []string
		for _, row := range simple(t, s, q) {
			list = append(list, strings.Join(row, "|"))
		}
		slices.Sort(list)
		return list
	}
	want := all("1GB")
	if got := all(memory); !slices.Equal(got, want) {
		t.Errorf("%s: %d rows, want %d others", q, len(got), len(want))
	}
	plan := simple(t, s, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+q)
	if !slices.ContainsFunc(plan, func(l []string) bool { return strings.Contains(l[0], told) }) {
		t.Errorf("%s did not spill: %v", q, plan)
	}
	if names, err := fs.List("temp"); err != nil || len(names) > 0 {
		t.Errorf("%s: left %v, %v", q, names, err)
	}
}
