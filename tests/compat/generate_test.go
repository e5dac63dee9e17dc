package main

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// free are the generators that need nothing of PostgreSQL's catalogs.
func free(seed uint64) []func(context.Context) ([]*script, error) {
	g := &generator{seed: seed}
	return []func(context.Context) ([]*script, error){g.casts, g.inputs, g.typmods, g.formats, g.patterns, g.queries, g.changes}
}

func statementsOf(t *testing.T, seed uint64) []string {
	t.Helper()
	var all []string
	for _, f := range free(seed) {
		list, err := f(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			for _, st := range s.statements {
				all = append(all, st.sql)
			}
		}
	}
	return all
}

// TestSeeds: the same seed makes the same statements, another one others.
func TestSeeds(t *testing.T) {
	first := statementsOf(t, 1)
	if !slices.Equal(first, statementsOf(t, 1)) {
		t.Error("the same seed made other statements")
	}
	if slices.Equal(first, statementsOf(t, 2)) {
		t.Error("another seed made the same statements")
	}
	if len(first) < 5000 {
		t.Errorf("only %d statements", len(first))
	}
}

// TestOneStatement: what a generator means as one statement is one to the splitter.
func TestOneStatement(t *testing.T) {
	for _, sql := range statementsOf(t, 1) {
		if list := split(sql); len(list) != 1 || list[0].sql != strings.TrimSpace(sql) {
			t.Errorf("%q is split into %q", sql, list)
		}
	}
}

func TestCalls(t *testing.T) {
	g := &generator{seed: 1}
	f := &signature{name: "lpad", kind: "f", args: []string{"text", "integer", "text"}}
	call := f.call(g.random("x"), f.resolved(0))
	if !strings.HasPrefix(call, "SELECT lpad(") || strings.Contains(call, "2147483647") {
		t.Errorf("%s: sizes must be small", call)
	}
	if p := f.probe(f.resolved(0)); p != "SELECT lpad(NULL::text, NULL::integer, NULL::text)" {
		t.Error(p)
	}
	if (&signature{name: "x", args: []string{"internal"}}).resolved(0) != nil {
		t.Error("internal is no type for statements")
	}
	rank := &signature{name: "rank", kind: "a", aggKind: "h", direct: 1, args: []string{`"any"`}, variadic: true}
	if p := rank.probe(rank.resolved(0)); p != "SELECT rank(NULL::integer) WITHIN GROUP (ORDER BY NULL::integer)" {
		t.Error(p)
	}
}

// TestVariants: polymorphic types of one call are resolved together.
func TestVariants(t *testing.T) {
	for typ, list := range concrete {
		if len(list) != 3 {
			t.Errorf("%s stands for %d types, not 3", typ, len(list))
		}
		for _, c := range list {
			if !wanted(c) {
				t.Errorf("no values of %s", c)
			}
		}
	}
	for _, t1 := range slices.Sorted(maps.Keys(literals)) {
		if len(literals[t1]) == 0 {
			t.Errorf("no values of %s", t1)
		}
	}
}

// TestScripts reads every script as it lies there.
func TestScripts(t *testing.T) {
	list, err := scripts("areas")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if len(s.statements) == 0 || s.area != filepath.Base(s.area) {
			t.Errorf("%s/%s: %d statements", s.area, s.name, len(s.statements))
		}
	}
}
