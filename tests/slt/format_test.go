package slt

import (
	"strings"
	"testing"
)

// TestScriptsPrintAsTheyAre holds the recorder to changing nothing but answers.
func TestScriptsPrintAsTheyAre(t *testing.T) {
	for _, path := range files(t) {
		if s, text := load(t, path); s.String() != text {
			t.Errorf("%s is not as the recorder would write it", path)
		}
	}
}

func TestParseScript(t *testing.T) {
	const text = `# a comment

query rowsort simple connection=b
SELECT 1,
  2
----
columns a:integer
tag SELECT 0

# another
sql
SELECT 3
`
	s, err := parseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	if s.String() != text {
		t.Errorf("printed as\n%s", s)
	}
	rs := s.records()
	if len(rs) != 2 {
		t.Fatalf("%d records, want 2", len(rs))
	}
	r := rs[0]
	if r.line != 3 || r.kind != kindQuery || !r.rowsort || !r.simple || r.connection != "b" ||
		r.sql != "SELECT 1,\n  2" || strings.Join(r.want, "\n") != "columns a:integer\ntag SELECT 0" {
		t.Errorf("first record read as %+v", r)
	}
	if rs[1].kind != kindRecorded || rs[1].want != nil {
		t.Errorf("second record read as %+v", rs[1])
	}
}

func TestParseScriptErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"# c\n\nqueri\nSELECT 1\n----\nx\n", `line 3: unknown directive "queri"`},
		{"statement\nSELECT 1\n----\nx\n", `line 1: unknown directive "statement"`},
		{"statement fine\nSELECT 1\n----\nx\n", `line 1: unknown directive "statement fine"`},
		{"query sorted\nSELECT 1\n----\nx\n", `line 1: unknown option "sorted"`},
		{"query connection=\nSELECT 1\n----\nx\n", `line 1: unknown option "connection="`},
		{"query\n----\nx\n", `line 1: no statement after "query"`},
		{"sql\n\nSELECT 1\n", `line 1: no statement after "sql"`},
		{"query\nSELECT 1\n\ncolumns\n", `line 1: no answer: write "sql" as directive and record it`},
		{"query\nSELECT 1\n----\n", `line 1: no answer: write "sql" as directive and record it`},
	} {
		if _, err := parseScript(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

// TestValuesAreToldApart holds what a value is written as: no two alike.
func TestValuesAreToldApart(t *testing.T) {
	if got := value(nil); got != "NULL" {
		t.Errorf("a null is written as %s", got)
	}
	for _, c := range []struct{ value, want string }{
		{"", `""`},
		{"NULL", `"NULL"`},
		{"null", "null"},
		{"a b", "a b"},
		{" a", `" a"`},
		{"a ", `"a "`},
		{"a|b", `"a|b"`},
		{"a\nb", `"a\nb"`},
		{"\t", `"\t"`},
		{"é日", "é日"},
		{"\xff", `"\xff"`},
		{"\u200b", `"\u200b"`},
		{`a\b`, `a\b`},
		{`{"a": 1}`, `{"a": 1}`},
		{`"quoted"`, `"\"quoted\""`},
		{`a"|"`, `"a\"|\""`},
	} {
		if got := value([]byte(c.value)); got != c.want {
			t.Errorf("%q is written as %s, want %s", c.value, got, c.want)
		}
	}
}
