package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	s := parse(strings.Join([]string{
		"# a comment",
		"hash-threshold 8",
		"",
		"statement ok",
		"CREATE TABLE t(a INT)",
		"",
		"statement error no such table",
		"SELECT * FROM u",
		"",
		"skipif postgresql # it cannot",
		"statement ok",
		"not for us",
		"",
		"onlyif mysql # nobody else can",
		"statement ok",
		"nor this",
		"",
		"skipif mysql",
		"query IT rowsort label-1",
		"SELECT a,",
		"  b",
		"# not this line",
		"FROM t",
		"----",
		"1",
		"x",
		"",
		"onlyif postgresql",
		"query R valuesort",
		"SELECT 1.5\r",
		"----",
		"",
		"query I nosort",
		"SELECT 2",
		"",
		"query error",
		"SELECT 1/0",
		"",
		"require something",
		"",
		"statement ok",
		"",
		"halt",
		"",
		"statement ok",
		"never",
	}, "\n"))
	want := []string{
		`4: statement CREATE TABLE t(a INT) types="" sort=0 label="" want=[] nil=true`,
		`7: statement fails SELECT * FROM u types="" sort=0 label="" want=[] nil=true`,
		`19: query SELECT a,|  b|FROM t types="IT" sort=1 label="label-1" want=[1 x] nil=false`,
		`29: query SELECT 1.5 types="R" sort=2 label="" want=[] nil=false`,
		`33: query SELECT 2 types="I" sort=0 label="" want=[] nil=true`,
		`36: query fails SELECT 1/0 types="" sort=0 label="" want=[] nil=true`,
	}
	if len(s.records) != len(want) {
		t.Fatalf("%d records, want %d: %v", len(s.records), len(want), s.records)
	}
	for i, r := range s.records {
		kind := map[bool]string{true: "query", false: "statement"}[r.query] + map[bool]string{true: " fails"}[r.fails]
		got := fmt.Sprintf("%d: %s %s types=%q sort=%d label=%q want=%v nil=%v", r.line, kind,
			strings.ReplaceAll(r.sql, "\n", "|"), r.types, r.sort, r.label, r.want, r.want == nil)
		if got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
	if s.passed != 4 {
		t.Errorf("%d passed over, want 4", s.passed)
	}
}

// TestParseHaltUnderCondition holds "onlyif" before "halt" to its meaning.
func TestParseHaltUnderCondition(t *testing.T) {
	const rest = "\n\nstatement ok\nSELECT 1\n"
	if s := parse("onlyif mssql\nhalt" + rest); len(s.records) != 1 {
		t.Errorf("stopped for another engine: %v", s.records)
	}
	if s := parse("onlyif postgresql\nhalt" + rest); len(s.records) != 0 {
		t.Errorf("did not stop: %v", s.records)
	}
}

func TestParseLoops(t *testing.T) {
	s := parse(`foreach a x y

loop i 3 5

query I
SELECT ${a}${i}
----
${i}

endloop

statement ok
SELECT ${a}

endloop

statement ok
SELECT ${a}
`)
	var got []string
	for _, r := range s.records {
		got = append(got, strings.TrimPrefix(r.sql, "SELECT "))
		if r.want != nil {
			t.Errorf("%v: keeps an answer that names a variable", &r)
		}
	}
	if want := "x3 x4 x y3 y4 y ${a}"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
