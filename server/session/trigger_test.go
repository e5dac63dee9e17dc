package session

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// TestTriggersFire runs testdata/trigger_fire.sql and compares notices, rows and errors
// with what psql -Atq showed of PostgreSQL 15 (trigger_fire.out). The functions of the
// script are written in Go here: it is about when they are called, with what, and what
// becomes of what they return.
func TestTriggersFire(t *testing.T) {
	script, err := os.ReadFile("testdata/trigger_fire.sql")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/trigger_fire.out")
	if err != nil {
		t.Fatal(err)
	}
	s := newTestSession(t).(*Session)
	f := fakeTriggers{s: s}
	s.triggers.user = f.call
	for _, sql := range statements(string(script)) {
		rows, err := run(s, sql)
		f.notices()
		for _, r := range rows {
			for i := range r {
				if r[i] == "NULL" {
					r[i] = ""
				}
			}
			f.out.WriteString(strings.Join(r, "|") + "\n")
		}
		if e, ok := pgerr.As(err); ok {
			fmt.Fprintf(&f.out, "ERROR:  %s\n", e.Message)
			if e.Detail != "" {
				fmt.Fprintf(&f.out, "DETAIL:  %s\n", e.Detail)
			}
			if e.Hint != "" {
				fmt.Fprintf(&f.out, "HINT:  %s\n", e.Hint)
			}
		} else if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		fmt.Fprintf(&f.out, "-- %s\n", strings.ReplaceAll(sql, "\n", " "))
	}
	got, expected := strings.Split(f.out.String(), "\n"), strings.Split(string(want), "\n")
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

// fakeTriggers are the script's functions.
type fakeTriggers struct {
	s   *Session
	out strings.Builder
}

func (f *fakeTriggers) notices() {
	for _, n := range f.s.TakeNotices() {
		if strings.Contains(n.Message, " depth=") {
			f.out.WriteString("NOTICE:  " + n.Message + "\n")
		}
	}
}

func (f *fakeTriggers) call(ctx context.Context, fn *catalog.Function, c *executor.TriggerCall) ([]types.Datum, error) {
	out := c.New
	if c.Event == catalog.TriggerDelete {
		out = c.Old
	}
	switch fn.Name {
	case "lg":
		event := map[catalog.TriggerKind]string{catalog.TriggerInsert: "INSERT", catalog.TriggerDelete: "DELETE",
			catalog.TriggerUpdate: "UPDATE", catalog.TriggerTruncate: "TRUNCATE"}[c.Event]
		when, level := "AFTER", "STATEMENT"
		if c.Trigger.Is(catalog.TriggerBefore) {
			when = "BEFORE"
		} else if c.Trigger.Is(catalog.TriggerInstead) {
			when = "INSTEAD OF"
		}
		if c.Trigger.Is(catalog.TriggerRow) {
			level = "ROW"
		}
		f.s.notice(&pgerr.Error{Severity: pgerr.Notice, Code: "00000", Message: fmt.Sprintf("%s %s %s %s old=%s new=%s depth=%d",
			c.Trigger.Name, when, level, event, f.row(c, c.Old), f.row(c, c.New), f.s.TriggerDepth())})
	case "sk":
		if c.New[1].Text() == "skip" {
			return nil, nil
		}
	case "up":
		out = append([]types.Datum(nil), c.New...)
		if !out[1].IsNull() {
			out[1] = types.String(strings.ToUpper(out[1].Text()))
		}
	case "ex":
		if err := f.nested(ctx, c.Trigger.Args[0]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row prints a row as PL/pgSQL shows a record; generated columns are NULL before they are
// computed.
func (f *fakeTriggers) row(c *executor.TriggerCall, row []types.Datum) string {
	if row == nil {
		return "<NULL>"
	}
	var parts []string
	for i := range c.Table.Columns {
		col := &c.Table.Columns[i]
		if col.Generated != 0 && c.Trigger.Is(catalog.TriggerBefore) && c.New != nil && &row[0] == &c.New[0] || row[i].IsNull() {
			parts = append(parts, "")
			continue
		}
		parts = append(parts, string(types.AppendText(nil, col.Type, row[i], f.s.TextFormat())))
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// nested runs a statement inside the running one.
func (f *fakeTriggers) nested(ctx context.Context, sql string) error {
	list, err := f.s.db.cfg.Parser.Parse(sql)
	if err != nil {
		return err
	}
	q := &prepared{text: sql, source: sql, stmt: list[0].Stmt}
	if err := f.s.replan(q); err != nil {
		return err
	}
	out, err := f.s.run(ctx, &portal{s: f.s, stmt: q})
	if err != nil {
		return err
	}
	defer out.close()
	for {
		b, err := out.next(ctx)
		if err != nil || b == nil {
			return err
		}
	}
}
