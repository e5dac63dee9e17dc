package main

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// generator makes statements. What it makes of one subject does not depend on the
// others, so that a new subject leaves the rest as it was.
type generator struct {
	seed     uint64
	postgres *server
}

// generate makes the scripts of all generators, in an order that does not change.
func generate(ctx context.Context, seed uint64, postgres *server) ([]*script, error) {
	g := &generator{seed: seed, postgres: postgres}
	var list []*script
	for _, f := range []func(context.Context) ([]*script, error){
		g.operators, g.functions, g.aggregates, g.casts, g.inputs, g.typmods, g.formats, g.patterns, g.queries, g.changes, g.settings, g.syntax,
	} {
		made, err := f(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, made...)
	}
	return list, nil
}

// random is the source of random choices for a subject.
func (g *generator) random(subject string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(subject)) // never fails
	return rand.New(rand.NewPCG(g.seed, h.Sum64()))
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// book gathers statements that do not depend on each other into scripts by area
// and name; each statement once.
type book struct {
	list []*script
	at   map[string]*script
	seen map[string]bool
}

func (b *book) add(area, name, sql string) {
	if b.at == nil {
		b.at, b.seen = map[string]*script{}, map[string]bool{}
	}
	if b.seen[sql] {
		return
	}
	b.seen[sql] = true
	s := b.at[area+"/"+name]
	if s == nil {
		s = &script{area: area, name: name, independent: true}
		b.at[area+"/"+name] = s
		b.list = append(b.list, s)
	}
	s.statements = append(s.statements, statement{sql: sql})
}

// literal is a value of a type as an expression: one in twelve is NULL.
func literal(r *rand.Rand, typ string) string {
	if r.IntN(12) == 0 {
		return "NULL::" + typ
	}
	return constant(pick(r, literals[typ]), typ)
}

func constant(text, typ string) string {
	if typ == "character" || typ == "bit" {
		typ += "(3)" // without a length it is one of 1
		if typ == "bit(3)" {
			text = (text + "00")[:3]
		}
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'::" + typ
}

// rows asks PostgreSQL's catalogs; a row is its columns as text.
func (g *generator) rows(ctx context.Context, sql string) ([][]string, error) {
	rows, err := g.postgres.ask(ctx, sql)
	if err != nil {
		return nil, err
	}
	list := make([][]string, len(rows))
	for i, row := range rows {
		for _, v := range row {
			list[i] = append(list[i], string(v))
		}
	}
	return list, nil
}
