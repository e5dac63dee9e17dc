package ast

import (
	"fmt"
	"strings"
	"testing"
)

func col(name string) *ColumnRef { return &ColumnRef{Parts: []string{name}} }

func num(n int64) *Lit { return &Lit{Kind: LitInt, Int: n} }

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a": "a", "a_1": "a_1", "_x": "_x", "A": `"A"`, "1a": `"1a"`, "a b": `"a b"`, `a"b`: `"a""b"`, "": `""`, "é": `"é"`,
		"select": `"select"`, "int": `"int"`, "left": `"left"`, "name": "name", "value": "value", "json": "json", "a$": `"a$"`,
	} {
		if got := QuoteIdent(in); got != want {
			t.Errorf("QuoteIdent(%q) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "'a'", "it's": "'it''s'", `a\b`: `E'a\\b'`, "": "''"} {
		if got := QuoteLiteral(in); got != want {
			t.Errorf("QuoteLiteral(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestPrintParts(t *testing.T) {
	name := func(s, n string) QName { return QName{Schema: s, Name: n} }
	for want, n := range map[string]Node{
		"(-5)":                        num(-5),
		"(a + (-5))":                  &Op{Name: "+", Left: col("a"), Right: num(-5)},
		"(- a)":                       &Op{Name: "-", Right: col("a")},
		"integer":                     TypeName{Name: name("pg_catalog", "int4")},
		"\"json\"":                    TypeName{Name: name("", "json")},
		"character(3)[]":              &TypeName{Name: name("pg_catalog", "bpchar"), Mods: []Expr{num(3)}, ArrayDims: []int{-1}},
		"timestamp(3) with time zone": TypeName{Name: name("pg_catalog", "timestamptz"), Mods: []Expr{num(3)}},
		"interval DAY TO SECOND(2)":   TypeName{Name: name("pg_catalog", "interval"), Interval: 1<<3 | 1<<10 | 1<<11 | 1<<12, Mods: []Expr{num(2)}},
		"s.\"T\"":                     name("s", "T"),
		"a DESC NULLS LAST":           SortBy{Expr: col("a"), Desc: true, Nulls: NullsLast},
		"lower(a) DESC":               IndexElem{Expr: &Func{Name: name("", "lower"), Args: []Expr{col("a")}}, Desc: true},
		"((a + 1))":                   IndexElem{Expr: &Op{Name: "+", Left: col("a"), Right: num(1)}},
		"b'01'":                       &Lit{Kind: LitBit, Text: "b01"},
	} {
		if got := Print(n); got != want {
			t.Errorf("%T: got %s, want %s", n, got, want)
		}
	}
	if got := Print(nil); got != "" {
		t.Errorf("nil prints %q", got)
	}
}

func TestWalk(t *testing.T) {
	sub := &Select{Targets: []Target{{Expr: col("inner")}}}
	q := &Select{
		With:    &With{CTEs: []CTE{{Name: "c", Query: &Select{Targets: []Target{{Expr: col("cte")}}}}}},
		Targets: []Target{{Expr: &Func{Args: []Expr{col("arg")}, Filter: col("filter"), Over: &Window{OrderBy: []SortBy{{Expr: col("over")}}}}}},
		From:    []TableExpr{&Join{Left: &TableRef{Name: QName{Name: "l"}}, Right: &SubqueryRef{Query: sub}, On: col("on")}},
		Where:   &In{Left: col("left"), List: []Expr{&Case{Whens: []When{{Cond: col("when"), Result: num(1)}}, Else: col("else")}}},
		GroupBy: []GroupItem{{Kind: GroupRollup, Items: []GroupItem{{Expr: col("group")}}}},
		OrderBy: []SortBy{{Expr: col("order")}},
		Limit:   col("limit"),
	}
	var seen []string
	visit := func(n Node) bool {
		if c, ok := n.(*ColumnRef); ok {
			seen = append(seen, c.Parts[0])
		}
		_, skip := n.(*SubqueryRef)
		return !skip
	}
	Walk(q, visit)
	want := "cte arg filter over on left when else group order limit"
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	count := 0
	Walk(&Update{Set: []Target{{Name: "a", Multi: col("x"), MultiCol: 1}, {Name: "b", Multi: col("x"), MultiCol: 2}}}, func(n Node) bool {
		if _, ok := n.(*ColumnRef); ok {
			count++
		}
		return true
	})
	if count != 1 {
		t.Errorf("the shared source was visited %d times", count)
	}
	Walk(nil, func(n Node) bool { t.Error(fmt.Sprint("visited ", n)); return true })
}
