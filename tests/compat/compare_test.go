package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func rowsAnswer(rows ...string) answer {
	r := result{columns: []pgconn.FieldDescription{{Name: "a", DataTypeOID: 23, TypeModifier: -1}}, tag: fmt.Sprintf("SELECT %d", len(rows))}
	for _, row := range rows {
		r.rows = append(r.rows, [][]byte{[]byte(row)})
	}
	return answer{results: []result{r}}
}

func failed(e pgconn.PgError) answer {
	e.Severity = "ERROR"
	return answer{failure: &e}
}

func TestCompare(t *testing.T) {
	name := func(_ context.Context, oid uint32) string { return fmt.Sprint(oid) }
	change := func(a answer, f func(r *result)) answer { f(&a.results[0]); return a }
	division := pgconn.PgError{Code: "22012", Message: "division by zero"}
	for _, tc := range []struct {
		what      string
		ordered   bool
		want, got answer
		kind      kind // "" = they agree
	}{
		{"the same rows", false, rowsAnswer("1", "2"), rowsAnswer("1", "2"), ""},
		{"an order nobody asked for", false, rowsAnswer("1", "2"), rowsAnswer("2", "1"), ""},
		{"an order that was asked for", true, rowsAnswer("1", "2"), rowsAnswer("2", "1"), kindOrder},
		{"a missing row", false, rowsAnswer("1", "2"), rowsAnswer("1"), kindRows},
		{"a null for a text", false, rowsAnswer("NULL"), change(rowsAnswer("NULL"), func(r *result) { r.rows[0][0] = nil }), kindRows},
		{"another name", false, rowsAnswer(), change(rowsAnswer(), func(r *result) { r.columns[0].Name = "b" }), kindColumns},
		{"another modifier", false, rowsAnswer(), change(rowsAnswer(), func(r *result) { r.columns[0].TypeModifier = 4 }), kindColumns},
		{"another type", false, rowsAnswer(), change(rowsAnswer(), func(r *result) { r.columns[0].DataTypeOID = 20 }), kindColumns},
		{"another tag", false, rowsAnswer(), change(rowsAnswer(), func(r *result) { r.tag = "SELECT" }), kindTag},
		{"the same error", false, failed(division), failed(division), ""},
		{"no error", false, failed(division), rowsAnswer(), kindAnswers},
		{"an error", false, rowsAnswer(), failed(division), kindFails},
		{"an unknown function", false, rowsAnswer(), failed(pgconn.PgError{Code: "42883"}), kindMissing},
		{"not supported", false, failed(division), failed(pgconn.PgError{Code: "0A000"}), kindRefused},
		{"an internal error", false, failed(division), failed(pgconn.PgError{Code: "XX000"}), kindInternal},
		{"another SQLSTATE", false, failed(division), failed(pgconn.PgError{Code: "22003", Message: "division by zero"}), kindState},
		{"another hint", false, failed(division), failed(pgconn.PgError{Code: "22012", Message: "division by zero", Hint: "x"}), kindMessage},
		{"another position", false, failed(division), failed(pgconn.PgError{Code: "22012", Message: "division by zero", Position: 3}), kindPosition},
		{"a lost connection", false, rowsAnswer(), answer{broken: errors.New("EOF")}, kindLost},
		{"a hang", false, rowsAnswer(), answer{broken: context.DeadlineExceeded}, kindStuck},
		{"a notice", false, rowsAnswer(), answer{results: rowsAnswer().results, notices: []*pgconn.PgError{{Message: "x"}}}, kindNotices},
		{"a parameter", false, answer{params: []uint32{23}}, answer{params: []uint32{20}}, kindParams},
	} {
		c := comparison{ordered: tc.ordered, wantType: name, gotType: name}
		d := c.compare(t.Context(), &tc.want, &tc.got)
		if d == nil && tc.kind != "" || d != nil && d.kind != tc.kind {
			t.Errorf("%s: %v, want %q", tc.what, d, tc.kind)
		}
	}
}

func TestValue(t *testing.T) {
	for _, tc := range []struct {
		oid    uint32
		format int16
		value  []byte
		want   string
	}{
		{25, 0, nil, "NULL"},
		{25, 0, []byte("NULL"), `"NULL"`},
		{25, 0, []byte("a|b"), `"a|b"`},
		{26, 0, []byte("1259"), "1259"},
		{26, 0, []byte("16384"), userObject},
		{26, 1, []byte{0, 0, 0x40, 0}, userObject},
		{23, 1, []byte{0, 0, 0x40, 0}, `\x00004000`},
		{30, 0, []byte("23 99999"), "23 " + userObject},
		{25, 1, []byte("text"), `"text"`},
	} {
		if got := value(&pgconn.FieldDescription{DataTypeOID: tc.oid, Format: tc.format}, tc.value); got != tc.want {
			t.Errorf("type %d, %q: %s, want %s", tc.oid, tc.value, got, tc.want)
		}
	}
}

// TestPage counts on a page that is made of few outcomes.
func TestPage(t *testing.T) {
	s := &script{area: "queries", name: "x"}
	same := outcome{script: s, sql: "SELECT 1"}
	other := outcome{script: s, sql: "SELECT 'a|b'", diff: &difference{kindRefused, "SELECT 1", "ERROR 0A000: no (at 7)"}}
	page := (&results{seed: 7, outcomes: []outcome{same, same, other, other}}).page()
	for _, part := range []string{
		"| queries | 4 | 2 | 50.00 |", "| **all** | **4** | **2** | **50.00** |", "| not supported | 2 |",
		"| 2 | ERROR 0A000: no (at N) | `SELECT 'a\\|b'` | SELECT 1 | ERROR 0A000: no (at 7) |", "seed 7",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in\n%s", part, page)
		}
	}
}

func TestSuffices(t *testing.T) {
	make := func(agree, all int, k kind) *results {
		r := &results{}
		for i := range all {
			o := outcome{script: &script{area: "a"}}
			if i >= agree {
				o.diff = &difference{kind: k}
			}
			r.outcomes = append(r.outcomes, o)
		}
		return r
	}
	for _, tc := range []struct {
		r  *results
		ok bool
	}{
		{make(98, 100, kindRows), true}, {make(97, 100, kindRows), false}, {make(99, 100, kindStuck), false}, {make(99, 100, kindLost), false},
		{make(99, 100, kindInternal), false}, {make(0, 0, kindRows), false},
	} {
		if err := tc.r.suffices(98); (err == nil) != tc.ok {
			t.Errorf("%v: %v", tc.r.outcomes, err)
		}
	}
}
