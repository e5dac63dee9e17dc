package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestParseCapture(t *testing.T) {
	list := parseCapture(`-- a client
-- 3 statements

-- [simple] x5
SELECT 1; SELECT 2;

-- [extended,named|simple] x1
SELECT
  -- [not a head]
  3;

-- [simple] x2
-- parameters: $1 = 'it''s', $2 = NULL, $3 = 'two
lines', $4 
SELECT $1, $2, $3, $4;
`)
	if len(list) != 3 || list[0].text != "SELECT 1; SELECT 2" || list[0].extended || list[1].text != "SELECT\n  -- [not a head]\n  3" || list[1].extended {
		t.Fatalf("parsed %+v", list)
	}
	last := list[2]
	if got := texts(last.params); !last.extended || last.text != "SELECT $1, $2, $3, $4" || strings.Join(got, "|") != "it's||two\nlines" || last.params[1] != nil {
		t.Errorf("parsed %q of %q, extended %t", got, last.text, last.extended)
	}
}

func TestNumbersIn(t *testing.T) {
	o := newObjects()
	o.names["16390"] = "relation goods"
	for text, want := range map[string]string{
		"16390":                "<relation goods>",
		"{16390,16391}":        "{<relation goods>,16391}",
		"pg_toast_16390_index": "pg_toast_<relation goods>_index",
		"a16390":               "a16390",
		"1.16390":              "1.16390",
		"-16390":               "-16390",
		"16390:00":             "16390:00",
		"(16390,1)":            "(<relation goods>,1)",
	} {
		if got := o.said(text); got != want {
			t.Errorf("%s names %s, want %s", text, got, want)
		}
	}
}

// Captured numbers are as far from those here as most of them agree on.
func TestAlign(t *testing.T) {
	r := &captureRun{wantNames: newObjects(), gotNames: newObjects(), strays: map[string]string{}, tables: []string{"relation a"}}
	for n, name := range map[string]string{"16400": "relation a", "16403": "relation b", "16410": "relation c"} {
		r.wantNames.names[n], r.wantNames.numbers[name] = name, n
	}
	r.gotNames.numbers = map[string]string{"relation a": "20001", "relation b": "20002", "relation c": "20003"}
	r.align(&capture{statements: []captured{{text: "SELECT 1 FROM pg_class WHERE oid IN (17400, 17410, 17777)"}, {text: "SELECT 17403"}}})
	if r.shift != 1000 {
		t.Fatalf("shift %d", r.shift)
	}
	if w, g := r.translate("'17403' 17410 17777"); w != "'16403' 16410 16400" || g != "'20002' 20003 20001" {
		t.Errorf("sent %s and %s", w, g)
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"backend_pid", "4711", "#"},
		{"Size", "0 bytes", "0 bytes"},
		{"Size", "8192 bytes", "# size"},
		{"Size", "16 kB", "# size"},
		{"n", "4711", "4711"},
		{"version", "PostgreSQL 15.20 on x", "<version>"},
		{"u", "a 0a9d1d3e-9a1c-4f6e-8b1a-0123456789ab", "a <uuid>"},
	} {
		if got := formOf(&pgconn.FieldDescription{Name: c.name}, c.text); got != c.want {
			t.Errorf("%s %q has the form %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestSameKeys(t *testing.T) {
	answerOf := func(rows ...[2]string) *answer {
		res := result{columns: []pgconn.FieldDescription{{Name: "a"}, {Name: "b"}}}
		for _, r := range rows {
			res.rows = append(res.rows, [][]byte{[]byte(r[0]), []byte(r[1])})
		}
		return &answer{results: []result{res}}
	}
	want, got := answerOf([2]string{"1", "x"}, [2]string{"1", "y"}), answerOf([2]string{"1", "y"}, [2]string{"1", "x"})
	for sql, same := range map[string]bool{
		"SELECT a, b FROM t ORDER BY t.a DESC":  true,
		"SELECT a, b FROM t ORDER BY 1 LIMIT 2": true,
		"SELECT a, b FROM t ORDER BY a, b":      false,
		"SELECT a, b FROM t ORDER BY lower(a)":  false,
		"SELECT a, b FROM t ORDER BY c":         false,
	} {
		if sameKeys(sql, want, got) != same {
			t.Errorf("%s: same keys %t", sql, !same)
		}
	}
}

func TestAdditions(t *testing.T) {
	f := &additionsFilter{numbers: map[string]bool{"<access method flat>": true}, names: map[string]bool{"flat": true},
		pairs: map[string]string{"max_sim": "public"}, calls: map[string]bool{"max halfvec": true, "@# a[] b[]": true},
		words: regexp.MustCompile(`\b(int8vec)\b`)}
	for _, c := range []struct {
		row  string
		ours bool
	}{
		{"cosine_distance,int8vec[]", true}, {"vector", false}, {"flat,Index", true}, {"flathandler", false}, {"x,<access method flat>", true},
		{"public,max_sim", true}, {"other,max_sim", false}, {"max,halfvec", true}, {"max,integer", false}, {"@#,a[],b[]", true}, {"@#,a[],c[]", false},
	} {
		var row [][]byte
		for _, cell := range strings.Split(c.row, ",") {
			row = append(row, []byte(cell))
		}
		if f.is(row) != c.ours {
			t.Errorf("%s: LoxoDB's own %t", c.row, !c.ours)
		}
	}
	r := &result{rows: [][][]byte{{[]byte("int8vec")}, {[]byte("vector")}}, tag: "SELECT 2"}
	f.leaveOut(r)
	if len(r.rows) != 1 || r.tag != "SELECT 1" {
		t.Errorf("left %q, %s", r.rows, r.tag)
	}
}
