package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// run writes files and runs them against a server of their own.
func run(t *testing.T, o *options, texts map[string]string) (map[string]*tally, *summary) {
	t.Helper()
	o.dir, o.jobs, o.every, o.show, o.slowest = t.TempDir(), 2, 1, 1, 2
	if o.only == nil {
		o.only = regexp.MustCompile("")
	}
	for name, text := range texts {
		path := filepath.Join(o.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stop, err := o.serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if o.oracle == "self" {
		o.oracle = o.dsn
	}
	list, err := files(o)
	if err != nil {
		t.Fatal(err)
	}
	tallies, s := map[string]*tally{}, newSummary(o)
	all(t.Context(), o, list, func(r *tally) {
		if r.err != nil {
			t.Errorf("%s: %v", r.file, r.err)
		}
		tallies[r.file] = r
		s.add(t.Output(), r)
	})
	return tallies, s
}

func TestRunFiles(t *testing.T) {
	const table = "statement ok\nCREATE TABLE t(a INT, b TEXT)\n\nstatement ok\nINSERT INTO t VALUES (2, 'x'), (1, NULL)\n\n"
	tallies, s := run(t, &options{limit: 10 * time.Second, least: 50}, map[string]string{
		"a/good.test": table + "query IT rowsort one\nSELECT a, b FROM t\n----\n1\nNULL\n2\nx\n\n" +
			"query IT rowsort one\nSELECT a, b FROM t WHERE a > 0\n\n" +
			"query T nosort\nSELECT b FROM t ORDER BY a\n----\n2 values hashing to " + hash([]string{"NULL", "x"}) + "\n\n" +
			"statement error\nSELECT nothing FROM t\n",
		"b/bad.slt": table + "query I nosort\nSELECT a FROM t ORDER BY a\n----\n1\n3\n\n" +
			"query I nosort label\nSELECT 1\n\nquery I nosort label\nSELECT 2\n\n" +
			"statement ok\nSELECT 1/0\n\nstatement error\nSELECT 1\n\n" +
			"statement ok\nCREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p\n",
		"c/not read.txt": "statement ok\nSELECT nothing\n",
	})
	if len(tallies) != 2 {
		t.Fatalf("%d files ran, want 2", len(tallies))
	}
	if good := tallies["a/good.test"]; good.asked != 6 || good.byFile != 6 {
		t.Errorf("good: %d of %d agree", good.byFile, good.asked)
	}
	var got []reason
	for _, f := range tallies["b/bad.slt"].findings {
		got = append(got, f.why)
	}
	want := []reason{otherRows, otherLabel, failed, answered, refused}
	if len(got) != len(want) {
		t.Fatalf("findings %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("finding %d is %q, want %q", i, got[i], want[i])
		}
	}
	const detail = "2 and 2 lines, from line 2 on (want -, got +)\n- 3\n+ 2"
	if d := tallies["b/bad.slt"].findings[0].detail; d != detail {
		t.Errorf("difference\n%s\nwant\n%s", d, detail)
	}
	if !strings.Contains(s.String(), "2 files, 14 records (0 passed over): 9 as the file says, 0 as PostgreSQL says otherwise, 64.286 % agree") {
		t.Errorf("summary\n%s", s)
	}
	if !s.passes() {
		t.Error("64 % do not pass where 50 % are asked for")
	}
	if s.o.least = 99; s.passes() {
		t.Error("64 % pass where 99 % are asked for")
	}
}

// TestPeerDecides asks a second server, here the same, what the file does not settle.
func TestPeerDecides(t *testing.T) {
	// The two sessions would share a schema: what they make is of their own.
	tallies, _ := run(t, &options{limit: 10 * time.Second, oracle: "self"}, map[string]string{
		"a.test": "statement ok\nCREATE TEMP TABLE t(a INT)\n\nstatement ok\nINSERT INTO t VALUES (7)\n\n" +
			"query I nosort\nSELECT a DIV 2 FROM t\n----\n3\n\nquery I nosort\nSELECT a / 2 FROM t\n----\n3.5\n\n" +
			"query I nosort\nSELECT a FROM t\n----\n7\n",
	})
	if a := tallies["a.test"]; a.asked != 5 || a.byFile != 3 || a.byPeer != 2 {
		t.Errorf("%d asked, %d as the file, %d as the peer", a.asked, a.byFile, a.byPeer)
	}
}

// TestStuckStatement goes on after a statement that does not end.
func TestStuckStatement(t *testing.T) {
	tallies, _ := run(t, &options{limit: 300 * time.Millisecond}, map[string]string{
		"a.test": "statement ok\nCREATE TABLE t(a INT)\n\nquery I nosort\nSELECT pg_sleep(60)\n\n" +
			"query I nosort\nSELECT count(*) FROM t\n----\n0\n",
	})
	a := tallies["a.test"]
	if a.byFile != 2 || len(a.findings) != 1 || a.findings[0].why != stuck {
		t.Errorf("%d agree, findings %v", a.byFile, a.findings)
	}
}

func TestCompare(t *testing.T) {
	rows := func(lines ...string) *answer { return &answer{rows: values(lines...), types: []uint32{23}} }
	fails := func(code string) *answer { return &answer{failure: &pgconn.PgError{Code: code}} }
	number := rows("1", "2")
	number.types = []uint32{1700}
	for _, c := range []struct {
		name      string
		sql       string
		want, got *answer
		why       reason
	}{
		{"same", "SELECT", rows("1", "2"), rows("1", "2"), agreed},
		{"no order asked for", "SELECT", rows("1", "2"), rows("2", "1"), agreed},
		{"order", "SELECT a ORDER\n BY a", rows("1", "2"), rows("2", "1"), otherOrder},
		{"rows", "SELECT", rows("1", "2"), rows("1", "1"), otherRows},
		{"plans", "Explain SELECT", rows("1"), rows("2", "3"), agreed},
		{"types", "SELECT", rows("1", "2"), number, otherTypes},
		{"same error", "", fails("22012"), fails("22012"), agreed},
		{"other error", "", fails("22012"), fails("42601"), otherState},
		{"error", "", rows("1"), fails("42601"), failed},
		{"refused", "", rows("1"), fails("0A000"), refused},
		{"internal", "", fails("42601"), fails("XX000"), internal},
		{"internal in both", "", fails("XX000"), fails("XX000"), agreed},
		{"answer", "", fails("42601"), rows("1"), answered},
		{"late", "", rows("1"), &answer{late: true}, stuck},
		{"lost", "", rows("1"), &answer{lost: os.ErrClosed}, lost},
		{"peer late", "", &answer{late: true}, rows("1"), undecided},
	} {
		if got := (&record{sql: c.sql}).compare(c.want, c.got); got != c.why {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
	}
}

func TestReadsOnly(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1":                         true,
		"  select a from t":                true,
		"SELECT a INTO u FROM t":           false,
		"SELECT nextval('s')":              false,
		"SELECT 1; DROP TABLE t":           false,
		"SELECT * FROM t FOR UPDATE":       false,
		"INSERT INTO t SELECT 1":           false,
		"WITH x AS (DELETE FROM t) SELECT": false,
	} {
		if got := readsOnly(sql); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-dir", "d", "extra"}, {"-dir", "d", "-jobs", "0"}, {"-dir", "d", "-every", "0"}, {"-dir", "d", "-only", "("}, {"-none"},
	} {
		if _, err := parseFlags(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	o, err := parseFlags([]string{"-dir", "d", "-every", "3", "-first", "1", "-only", "^x/"})
	if err != nil || o.every != 3 || o.first != 1 || !o.only.MatchString("x/y") {
		t.Errorf("%+v, %v", o, err)
	}
}
