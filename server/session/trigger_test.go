package session

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// TestTriggersFire runs testdata/trigger_fire.sql and compares notices, rows and errors
// with what psql -Atq showed of PostgreSQL 15 (trigger_fire.out): when triggers are called,
// with what, and what becomes of what they return.
func TestTriggersFire(t *testing.T) {
	script, err := os.ReadFile("testdata/trigger_fire.sql")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/trigger_fire.out")
	if err != nil {
		t.Fatal(err)
	}
	s := newTestSession(t)
	var out strings.Builder
	for _, sql := range statements(string(script)) {
		rows, err := run(s, sql)
		for _, n := range s.TakeNotices() {
			if strings.Contains(n.Message, " depth=") {
				out.WriteString("NOTICE:  " + n.Message + "\n")
			}
		}
		for _, r := range rows {
			for i := range r {
				if r[i] == "NULL" {
					r[i] = ""
				}
			}
			out.WriteString(strings.Join(r, "|") + "\n")
		}
		if e, ok := pgerr.As(err); ok {
			fmt.Fprintf(&out, "ERROR:  %s\n", e.Message)
			if e.Detail != "" {
				fmt.Fprintf(&out, "DETAIL:  %s\n", e.Detail)
			}
			if e.Hint != "" {
				fmt.Fprintf(&out, "HINT:  %s\n", e.Hint)
			}
		} else if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		fmt.Fprintf(&out, "-- %s\n", strings.ReplaceAll(sql, "\n", " "))
	}
	got, expected := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
	at := 0
	for i, line := range got {
		if strings.HasPrefix(line, "-- ") {
			continue
		}
		if at >= len(expected) || expected[at] != line {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got[max(i-6, 0):min(i+12, len(got))], "\n"), strings.Join(expected[max(at-4, 0):min(at+8, len(expected))], "\n"))
		}
		at++
	}
	if at < len(expected) {
		t.Errorf("no %q", expected[at:])
	}
}

// statements splits a script at semicolons outside $$.
func statements(script string) (out []string) {
	var b strings.Builder
	quoted := false
	for _, part := range strings.SplitAfter(script, ";") {
		b.WriteString(part)
		if quoted = quoted != (strings.Count(part, "$$")%2 == 1); !quoted && strings.TrimSpace(b.String()) != "" {
			out = append(out, strings.TrimSuffix(strings.TrimSpace(b.String()), ";"))
			b.Reset()
		}
	}
	return out
}
