package session

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// openOn opens a database on a file system.
func openOn(t testing.TB, fs vfs.FS) *Database {
	t.Helper()
	eng, err := pebblekv.Open("store", pebblekv.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), Config{Engine: eng, FS: fs, Dir: "index", Temp: "temp", Parser: pg.New(), Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.gate(catalog.DatabaseID).db
}

func connect(t testing.TB, db *Database) backend.Session {
	t.Helper()
	s, err := db.c.Open(t.Context(), backend.Startup{User: "postgres", Database: "postgres"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stored are all keys of the store but counters and the mark of the catalog's last change.
func stored(t testing.TB, db *Database) (list []string) {
	t.Helper()
	now, err := db.eng.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	view, err := db.eng.Snapshot(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	it, err := view.Scan(t.Context(), kv.Range{Start: []byte{0}})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for it.Next() {
		if key := it.Key(); key[0] != keys.Meta && !bytes.HasPrefix(key, []byte{keys.Catalog, 'v'}) {
			list = append(list, fmt.Sprintf("%c%x", key[0], key[1:]))
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return list
}

// indexFiles are the directories of vector indexes.
func indexFiles(t testing.TB, fs vfs.FS) []string {
	t.Helper()
	names, err := fs.List("index")
	if err != nil {
		return nil // made with the first index
	}
	slices.Sort(names)
	return names
}

const makeTemp = `
	CREATE TEMP TABLE a (id serial PRIMARY KEY, g int UNIQUE, e vector(3));
	CREATE INDEX ON a USING hnsw (e vector_l2_ops);
	CREATE INDEX ON a (g) WHERE g > 5;
	INSERT INTO a (g, e) SELECT x, ARRAY[x, 1, 2]::vector FROM generate_series(1, 500) x;
	CREATE TEMP SEQUENCE s;
	SELECT nextval('s');
	CREATE TEMP TABLE b (i int GENERATED ALWAYS AS IDENTITY, r int REFERENCES a ON DELETE CASCADE, t text);
	INSERT INTO b (r, t) SELECT x, repeat('x', 100) FROM generate_series(1, 100) x;
	CREATE TEMP VIEW v AS SELECT * FROM b;
	ANALYZE a;
	UPDATE a SET e = '[0,0,0]' WHERE id < 50;
	DELETE FROM a WHERE id > 450;
	TRUNCATE b`

// What temporary tables leave in the store when their session has ended, when they
// are dropped, discarded or rolled back, and after a crash: nothing.
func TestTempLeavesNothing(t *testing.T) {
	ends := map[string]func(t *testing.T, db *Database, s backend.Session) *Database{
		"session": func(_ *testing.T, db *Database, s backend.Session) *Database { s.Close(); return db },
		"drop": func(t *testing.T, db *Database, s backend.Session) *Database {
			simple(t, s, "DROP TABLE a CASCADE; DROP TABLE b CASCADE; DROP SEQUENCE s")
			s.Close()
			return db
		},
		"discard": func(t *testing.T, db *Database, s backend.Session) *Database {
			simple(t, s, "DISCARD ALL")
			s.Close()
			return db
		},
		"crash": func(t *testing.T, db *Database, s backend.Session) *Database {
			t.Cleanup(s.Close)
			return openOn(t, db.cfg.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{}))
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			db := openOn(t, fs)
			s := connect(t, db)
			simple(t, s, "CREATE EXTENSION vector")
			before := stored(t, db)
			simple(t, s, makeTemp)
			if got := len(stored(t, db)); got < len(before)+900 {
				t.Fatalf("%d keys, %d before: the tables are not in the store", got, len(before))
			}
			db = end(t, db, s)
			now, err := db.eng.Now(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			db.sweep(t.Context(), now)
			if after := stored(t, db); !slices.Equal(after, before) {
				after = slices.DeleteFunc(after, func(k string) bool { return slices.Contains(before, k) })
				t.Errorf("left: %d keys, the first %v", len(after), after[:min(10, len(after))])
			}
			if files := indexFiles(t, db.cfg.FS); len(files) > 0 {
				t.Errorf("index files left: %v", files)
			}
		})
	}
}

// A rolled back build of a vector index leaves neither files nor a live index, even
// if the transaction around it commits.
func TestTempRolledBack(t *testing.T) {
	for _, end := range []string{"ROLLBACK", "ROLLBACK TO before_all; COMMIT"} {
		fs := vfs.NewMem()
		db := openOn(t, fs)
		s := connect(t, db)
		simple(t, s, "CREATE EXTENSION vector")
		before := stored(t, db)
		simple(t, s, "BEGIN; SAVEPOINT before_all;"+makeTemp+";"+end)
		if after := stored(t, db); !slices.Equal(after, before) {
			t.Errorf("%s: %d keys, %d before", end, len(after), len(before))
		}
		if files := indexFiles(t, fs); len(files) > 0 {
			t.Errorf("%s: index files left: %v", end, files)
		}
		s.Close()
	}
}

// Temporary tables neither change what sessions share nor wait for those who do.
func TestTempIsNoSharedChange(t *testing.T) {
	db := openOn(t, vfs.NewMem())
	a, b := connect(t, db), connect(t, db)
	defer a.Close()
	defer b.Close()
	simple(t, a, "BEGIN; CREATE TABLE held (a int)") // keeps others from changing the shared catalog
	before := db.store.Current().Version
	simple(t, b, "CREATE TEMP TABLE t (a int PRIMARY KEY); ALTER TABLE t ADD COLUMN b text; ANALYZE t; CREATE VIEW v AS SELECT * FROM t; DROP TABLE t CASCADE")
	if after := db.store.Current().Version; after != before {
		t.Errorf("the shared catalog went from version %d to %d", before, after)
	}
	simple(t, a, "ROLLBACK")
}

// One text means different relations in sessions that share plans.
func TestTempPlansAreTheSessionsOwn(t *testing.T) {
	db := openOn(t, vfs.NewMem())
	var sessions []backend.Session
	for range 3 {
		s := connect(t, db)
		defer s.Close()
		sessions = append(sessions, s)
	}
	simple(t, sessions[0], "CREATE TABLE t (a text); INSERT INTO t VALUES ('shared')")
	ask := func(s backend.Session) string {
		return simple(t, s, "SELECT a FROM t")[0][0] + answer(s, "SELECT a FROM t")
	}
	want := func(step string, answers ...string) {
		t.Helper()
		for i, s := range sessions {
			for range 3 { // the plan cache takes an entry a little later
				if got := ask(s); got != answers[i]+answers[i] {
					t.Errorf("%s: session %d got %q, want %q twice", step, i, got, answers[i])
				}
			}
		}
	}
	want("at first", "shared", "shared", "shared")
	simple(t, sessions[1], "CREATE TEMP TABLE t (a text); INSERT INTO t VALUES ('one')")
	want("after one", "shared", "one", "shared")
	simple(t, sessions[2], "BEGIN; CREATE TEMP TABLE t (a text); INSERT INTO t VALUES ('two')")
	want("after two", "shared", "one", "two")
	simple(t, sessions[2], "ROLLBACK")
	want("after rollback", "shared", "one", "shared")
	simple(t, sessions[1], "DROP TABLE t")
	want("after drop", "shared", "shared", "shared")
}

// A temporary view does not give answers of relations that others have put in the
// place of those that it was made of.
func TestTempViewOutdated(t *testing.T) {
	db := openOn(t, vfs.NewMem())
	a, b := connect(t, db), connect(t, db)
	defer a.Close()
	defer b.Close()
	const outdated = `temporary view "v" is out of date`
	for _, c := range []struct{ others, own, want string }{
		{others: "ALTER TABLE p ADD COLUMN d int", want: "1"},
		{others: "CREATE INDEX ON p (a); INSERT INTO p VALUES (5, 6); DELETE FROM p WHERE a = 5", want: "1"},
		{others: "ALTER TABLE p RENAME a TO c; ALTER TABLE p RENAME b TO a", want: outdated},
		{others: "DROP TABLE p; CREATE TABLE p (a text)", want: outdated},
		{others: "DROP TABLE p", want: outdated},
		{others: "ALTER TABLE p ALTER a TYPE text", want: outdated},
		{own: "ALTER TABLE p RENAME a TO c; ALTER TABLE p RENAME b TO a", want: "1"},
		{own: "ALTER TABLE p RENAME TO q", want: "1"},
		{own: "ALTER TABLE p DROP COLUMN b", want: "1"},
		{own: "ALTER TABLE p RENAME b TO z", others: "ALTER TABLE p RENAME a TO y", want: outdated},
	} {
		simple(t, a, "DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS p, q; CREATE TABLE p (a int, b int); INSERT INTO p VALUES (1, 2); CREATE TEMP VIEW v AS SELECT a FROM p")
		if c.own != "" {
			simple(t, a, c.own)
		}
		if c.others != "" {
			simple(t, b, c.others)
		}
		if got := answer(a, "SELECT * FROM v"); got != c.want {
			t.Errorf("others %q, own %q: %s, want %s", c.others, c.own, got, c.want)
		}
	}
}

// answer is the one value of a query, or the message of its error.
func answer(s backend.Session, query string) string {
	ctx := context.Background()
	err := s.Parse(ctx, "", query, nil)
	if err == nil {
		err = s.Bind(ctx, "", "", nil, nil, nil)
	}
	var p backend.Portal
	if err == nil {
		p, err = s.Portal(ctx, "")
	}
	var b *batch.Batch
	if err == nil {
		b, err = p.Pull(ctx, 0)
	}
	got := ""
	if e, ok := pgerr.As(err); ok {
		got = e.Message
	} else if b != nil && b.Len() > 0 {
		got = string(types.AppendText(nil, p.Columns()[0].Type, b.Cols[0].Datum(int(b.Sel[0])), s.TextFormat()))
	}
	_ = s.Sync(ctx)
	return got
}

// Plans are made for the size that a temporary table has, analyzed or not.
func TestTempSize(t *testing.T) {
	db := openOn(t, vfs.NewMem())
	s := connect(t, db)
	defer s.Close()
	simple(t, s, "CREATE TEMP TABLE t (a int); PREPARE q AS SELECT * FROM t")
	for _, n := range []int{1000, 20_000} {
		simple(t, s, fmt.Sprintf("INSERT INTO t SELECT generate_series(1, %d)", n))
	}
	for _, q := range []string{"EXPLAIN SELECT * FROM t", "EXPLAIN EXECUTE q"} {
		if plan := simple(t, s, q); !strings.Contains(plan[0][0], "rows=21000") {
			t.Errorf("%s: %s", q, plan[0][0])
		}
	}
}
