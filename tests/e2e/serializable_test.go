package e2e

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// skewed runs two transactions, begun by the statements given, that each read what
// the other writes, and returns the second's error.
func skewed(t *testing.T, addr, params string, begin ...string) error {
	t.Helper()
	var cs []*pgx.Conn
	mustExec(t, connect(t, addr, ""), "create table skew (id int primary key, n int); insert into skew values (1, 0), (2, 0)")
	defer mustExec(t, connect(t, addr, ""), "drop table skew")
	for range 2 {
		c := connect(t, addr, params)
		for _, sql := range begin {
			mustExec(t, c, sql)
		}
		one(t, c, "select sum(n) from skew")
		cs = append(cs, c)
	}
	mustExec(t, cs[0], "update skew set n = 1 where id = 1")
	mustExec(t, cs[1], "update skew set n = 1 where id = 2")
	mustExec(t, cs[0], "commit")
	_, err := cs[1].Exec(t.Context(), "commit")
	return err
}

// The ways to ask for SERIALIZABLE, in both dialects, and what only looks like them.
func TestWaysToSerializable(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	for _, c := range []struct {
		params string
		begin  []string
		serial bool
	}{
		{"", []string{"begin isolation level serializable"}, true},
		{"", []string{"begin", "set transaction isolation level serializable"}, true},
		{"", []string{"begin", "savepoint a", "release a", "set transaction isolation level serializable"}, true},
		{"", []string{"begin", "set transaction_isolation = 'serializable'"}, true},
		{"", []string{"set session characteristics as transaction isolation level serializable", "begin"}, true},
		{"&default_transaction_isolation=serializable", []string{"begin"}, true},
		{"", []string{"begin isolation level serializable", "select 1", "commit and chain"}, true},
		{"", []string{"set transaction isolation level serializable", "begin"}, false},
		{"", []string{"begin isolation level repeatable read"}, false},
		{"&sql_dialect=mysql", []string{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION"}, true},
		{"&sql_dialect=mysql", []string{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET @x = 1", "BEGIN"}, true},
		{"&sql_dialect=mysql", []string{"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN"}, true},
		{"&sql_dialect=mysql", []string{"SET SESSION transaction_isolation = 'SERIALIZABLE'", "BEGIN"}, true},
		{"&sql_dialect=mysql", []string{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT COUNT(*) FROM skew", "BEGIN"}, false},
		{"&sql_dialect=mysql", []string{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN", "COMMIT", "BEGIN"}, false},
	} {
		err := skewed(t, addr, c.params, c.begin...)
		switch {
		case !c.serial && err != nil:
			t.Errorf("%q%s: %v", c.begin, c.params, err)
		case c.serial:
			e := wantError(t, c.begin[0]+c.params, err, "40001", "could not serialize access due to read/write dependencies among transactions")
			if e != nil && (e.Hint != "The transaction might succeed if retried." || e.Detail == "") {
				t.Errorf("hint %q, detail %q", e.Hint, e.Detail)
			}
		}
	}
}

// Statements outside of blocks are transactions, too: by both protocols, with rows
// that come in parts, and in a pipeline, where several are one.
func TestSerializableOutsideBlocks(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	c := connect(t, addr, "&default_transaction_isolation=serializable")
	mustExec(t, c, "create table outside (id int primary key, n int)")
	mustExec(t, c, "insert into outside select i, 0 from generate_series(1, 20000) i")
	for range 3 {
		if got := one(t, c, "select count(*) from outside where n = 0"); got != "20000" {
			t.Fatalf("%s rows", got)
		}
	}
	var batch pgx.Batch
	batch.Queue("select sum(n) from outside")
	batch.Queue("update outside set n = n + 1 where id = $1", 7)
	batch.Queue("select sum(n) from outside")
	r := c.SendBatch(t.Context(), &batch)
	var before, after int
	if err := r.QueryRow().Scan(&before); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Exec(); err != nil {
		t.Fatal(err)
	}
	if err := r.QueryRow().Scan(&after); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if before != 0 || after != 1 {
		t.Errorf("sums %d and %d, want 0 and 1", before, after)
	}
}
