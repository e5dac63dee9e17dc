package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What LoxoDB has and PostgreSQL has not would be a difference in every list of a catalog.
// It is found by comparing what both servers have before a capture runs, and rows about
// it are left out of LoxoDB's answers.
type additionsFilter struct {
	numbers map[string]bool   // as objects names them: <function max, …>
	names   map[string]bool   // of access methods and collations: the only ones of the name
	pairs   map[string]string // schema and name, where PostgreSQL has nothing of them
	calls   map[string]bool   // name and arguments
	words   *regexp.Regexp    // names of types and relations, wherever they are
}

const bornQuery = `
SELECT 'function', oid::text, pronamespace::regnamespace::text, proname::text, pg_catalog.pg_get_function_arguments(oid) FROM pg_catalog.pg_proc
UNION ALL SELECT 'operator', oid::text, oprnamespace::regnamespace::text, oprname::text, pg_catalog.format_type(oprleft, NULL) || ' ' || pg_catalog.format_type(oprright, NULL) FROM pg_catalog.pg_operator
UNION ALL SELECT 'access method', oid::text, '', amname::text, '' FROM pg_catalog.pg_am
UNION ALL SELECT 'collation', oid::text, '', collname::text, '' FROM pg_catalog.pg_collation
UNION ALL SELECT 'type', oid::text, typnamespace::regnamespace::text, typname::text, '' FROM pg_catalog.pg_type
UNION ALL SELECT 'relation', oid::text, relnamespace::regnamespace::text, relname::text, '' FROM pg_catalog.pg_class`

// additionsOf compares what the servers have.
func additionsOf(ctx context.Context, want, got *client, wantNames, gotNames *objects) (*additionsFilter, error) {
	f := &additionsFilter{numbers: map[string]bool{}, names: map[string]bool{}, pairs: map[string]string{}, calls: map[string]bool{}}
	type object struct{ kind, schema, name, detail string }
	read := func(c *client) (list []object, err error) {
		results, err := readAll(c.conn.Exec(ctx, bornQuery))
		if err != nil {
			return nil, fmt.Errorf("what there is: %w", err)
		}
		for _, r := range results[0].rows {
			list = append(list, object{string(r[0]), string(r[2]), string(r[3]), string(r[4])})
		}
		return list, nil
	}
	theirs, err := read(want)
	if err != nil {
		return nil, err
	}
	ours, err := read(got)
	if err != nil {
		return nil, err
	}
	whole, pairs := map[object]bool{}, map[object]bool{}
	for _, o := range theirs {
		whole[o], pairs[object{o.kind, o.schema, o.name, ""}] = true, true
	}
	var words []string
	for _, o := range ours {
		switch {
		case whole[o]:
		case o.kind == "access method", o.kind == "collation":
			f.names[o.name] = true
		case o.kind == "type", o.kind == "relation":
			words = append(words, regexp.QuoteMeta(o.name))
		case !pairs[object{o.kind, o.schema, o.name, ""}]:
			f.pairs[o.name] = o.schema
		default:
			f.calls[o.name+" "+o.detail] = true
		}
	}
	f.words = regexp.MustCompile(`\b(` + strings.Join(append(words, "$.^"), "|") + `)\b`)
	for _, name := range gotNames.names {
		if wantNames.numbers[name] == "" {
			f.numbers["<"+name+">"] = true
		}
	}
	return f, nil
}

// is reports a row about something that only LoxoDB has.
func (f *additionsFilter) is(row [][]byte) bool {
	has := func(cell string) bool {
		return slices.ContainsFunc(row, func(v []byte) bool { return string(v) == cell })
	}
	for i, v := range row {
		cell := string(v)
		switch {
		case f.numbers[cell], f.names[cell], f.words.Match(v):
			return true
		case f.pairs[cell] != "" && has(f.pairs[cell]):
			return true
		}
		for j, d := range row {
			if i != j && f.calls[cell+" "+string(d)] || i != j && j+1 < len(row) && f.calls[cell+" "+string(d)+" "+string(row[j+1])] {
				return true
			}
		}
	}
	return false
}

// leaveOut removes such rows from an answer.
func (f *additionsFilter) leaveOut(got *result) {
	left := slices.DeleteFunc(slices.Clone(got.rows), f.is)
	if n := len(got.rows) - len(left); n > 0 && strings.HasSuffix(got.tag, fmt.Sprint(" ", len(got.rows))) {
		got.tag = strings.TrimSuffix(got.tag, fmt.Sprint(len(got.rows))) + fmt.Sprint(len(left))
		got.rows = left
	}
}
