package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Results that are read before they are asked for, those of functions and cursors may be larger than
// a statement's memory: they wait in files then, and say what they say in memory.
func TestResultsBeyondMemory(t *testing.T) {
	fs := vfs.NewMem()
	db := openOn(t, fs)
	s := connect(t, db)
	defer s.Close()
	simple(t, s, `CREATE TABLE t (id int PRIMARY KEY, b text);
		INSERT INTO t SELECT x, repeat('text ', 20) || x FROM generate_series(1, 30000) x;
		CREATE TABLE log (n int, s bigint);
		CREATE FUNCTION all_rows() RETURNS SETOF t LANGUAGE plpgsql AS $$
			BEGIN FOR i IN 1..30000 LOOP RETURN NEXT (i, repeat('x', 100) || i)::t; END LOOP; END $$;
		CREATE FUNCTION read_rows() RETURNS SETOF t LANGUAGE sql VOLATILE AS 'SELECT id, upper(b) FROM t ORDER BY id'`)
	for _, q := range []string{
		"DELETE FROM log; DO $$ DECLARE r record; n int := 0; s bigint := 0; BEGIN FOR r IN SELECT * FROM t ORDER BY id LOOP n := n + 1; s := s + length(r.b) * (r.id % 7); END LOOP; INSERT INTO log VALUES (n, s); END $$; SELECT * FROM log",
		"SELECT count(*), sum(length(b) * (id % 7)), min(id) FROM all_rows()",
		"SELECT count(*), sum(length(b) * (id % 7)), min(b) FROM read_rows()",
		"BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id, b FROM t ORDER BY id; COMMIT; MOVE ABSOLUTE 29000 FROM c; FETCH 3 FROM c; FETCH BACKWARD 1000 FROM c; FETCH ABSOLUTE 17 FROM c; FETCH LAST FROM c; CLOSE c",
		"BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id, b FROM t ORDER BY id; FETCH ABSOLUTE -5 FROM c; FETCH RELATIVE -20000 FROM c; FETCH PRIOR FROM c; FETCH 2000 FROM c; ROLLBACK",
		"SELECT count(*), max(b) FROM (SELECT id, b FROM t FOR UPDATE) x",
	} {
		simple(t, s, "SET loxodb.statement_memory = '1GB'")
		want := fmt.Sprint(simple(t, s, q))
		simple(t, s, "SET loxodb.statement_memory = '1MB'")
		before := db.spill.next.Load()
		if got := fmt.Sprint(simple(t, s, q)); got != want {
			t.Errorf("%s: %.200s, want %.200s", q, got, want)
		}
		if db.spill.next.Load() == before && !strings.Contains(q, "FOR UPDATE") {
			t.Errorf("%s: nothing went to a file", q)
		}
	}
	if names, err := fs.List("temp"); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
