package main

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		script string
		want   []statement
	}{
		{"", nil},
		{" ; ;\n-- nothing\n;", nil},
		{"SELECT 1; SELECT 2", []statement{{sql: "SELECT 1"}, {sql: "SELECT 2"}}},
		{"-- first\nSELECT 1 -- ; one\n;", []statement{{sql: "SELECT 1 -- ; one\n"}}},
		{"SELECT ';', \";\", 'it''s;';", []statement{{sql: "SELECT ';', \";\", 'it''s;'"}}},
		{`SELECT E'\';', e'\\';SELECT note';'`, []statement{{sql: `SELECT E'\';', e'\\'`}, {sql: `SELECT note';'`}}},
		{"SELECT $$;$$, $a$;$$;$a$, $1;x", []statement{{sql: "SELECT $$;$$, $a$;$$;$a$, $1"}, {sql: "x"}}},
		{"SELECT a$b$c; d", []statement{{sql: "SELECT a$b$c"}, {sql: "d"}}},
		{"SELECT /* ; /* ; */ ; */ 1;", []statement{{sql: "SELECT /* ; /* ; */ ; */ 1"}}},
		{"SELECT 'open;", []statement{{sql: "SELECT 'open;"}}},
		{"COPY t FROM STDIN;\n1\ta;b\n\\.\nSELECT 1;", []statement{{sql: "COPY t FROM STDIN", copy: "1\ta;b\n"}, {sql: "SELECT 1"}}},
		{"COPY t FROM STDIN;\n\\.\nSELECT 1;", []statement{{sql: "COPY t FROM STDIN"}, {sql: "SELECT 1"}}},
	} {
		if got := split(tc.script); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q\n got %q\nwant %q", tc.script, got, tc.want)
		}
	}
}

func TestOrders(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT a FROM t ORDER BY a":                        true,
		"select a from t order\nby a":                       true,
		"SELECT a FROM (SELECT a FROM t ORDER BY a) s":      false,
		"SELECT row_number() OVER (ORDER BY a) FROM t":      false,
		"SELECT 'order by'":                                 false,
		"SELECT \"order\" BY":                               false,
		"SELECT a FROM t -- order by\n":                     false,
		"SELECT (1) FROM t WHERE a IN (1) ORDER /* */ BY 1": true,
	} {
		if got := orders(sql); got != want {
			t.Errorf("%q: %v", sql, got)
		}
	}
}
