package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
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
		FROM generate_series(1, 30000) x`)
	for _, q := range []string{
		"SELECT * FROM t ORDER BY b, c DESC, a",
		"SELECT a, d FROM t ORDER BY d DESC NULLS LAST, a DESC",
		"SELECT a FROM t ORDER BY e DESC OFFSET 100",
		"SELECT a, b FROM t ORDER BY c, a LIMIT 20000",
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
	if got := answer(s, "SELECT 1 / (a - 29000) FROM t ORDER BY c + 1 / (a - 29500)"); got != "division by zero" {
		t.Errorf("an error while sorting: %q", got)
	}
	empty("at the end")
}
