package session

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// What stored SQL depends on, for pg_depend and the views of information_schema about it.

// reads are the relations that a view's query names, each with its schema, and their
// columns that it reads.
func (x shower) reads(view *catalog.Table) []syscat.Reading {
	q := x.read(view.ViewSQL)
	if q == nil {
		return nil
	}
	return x.statementReads(q, x.s.planOptions(nil))
}

// statementReads are the relations that a statement names, each with its schema or as a
// constant, and their columns that it reads or writes.
func (x shower) statementReads(q ast.Stmt, o bind.Options) (out []syscat.Reading) {
	var tables []*catalog.Table
	named := func(r *ast.TableRef) *catalog.Table {
		if s, ok := x.s.Catalog().Schema(r.Name.Schema); ok {
			if t, ok := x.s.Catalog().Table(s.ID, r.Name.Name); ok {
				return t
			}
		}
		return nil
	}
	written := map[bind.Attribute]bool{}
	write := func(r *ast.TableRef, targets []ast.Target) {
		t := named(r)
		for i := range targets {
			if t == nil {
				return
			}
			if c := t.ColumnByName(targets[i].Name); c != nil {
				written[bind.Attribute{Table: t.ID, Attr: c.Num}] = true
			}
		}
	}
	ast.Walk(q, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TableRef:
			if t := named(n); t != nil && !slices.Contains(tables, t) {
				tables = append(tables, t)
			}
		case *ast.Insert:
			write(&n.Table, n.Columns)
		case *ast.Update:
			write(&n.Table, n.Set)
		}
		return true
	})
	constants := x.constants(q)
	o.Trace = bind.NewTrace()
	_, err := bind.Bind(q, o)
	for _, t := range tables {
		whole := true
		for a := int16(1); err == nil && int(a) <= len(t.Columns); a++ {
			at := bind.Attribute{Table: t.ID, Attr: a}
			if o.Trace.Reads(at) || written[at] {
				whole = false
				out = append(out, syscat.Reading{Table: t.ID, Attr: a})
			}
		}
		if whole {
			out = append(out, syscat.Reading{Table: t.ID})
		}
	}
	for _, id := range constants {
		if c := (syscat.Reading{Table: id}); !slices.ContainsFunc(out, func(r syscat.Reading) bool { return r.Table == id }) {
			out = append(out, c)
		}
	}
	return out
}

// regclasses are the relations that an expression has as constants.
func (x shower) regclasses(text string) []catalog.ID {
	if !strings.Contains(text, "::regclass") {
		return nil
	}
	if q := x.read("SELECT " + text); q != nil {
		return x.constants(q)
	}
	return nil
}

// constants are the relations that a statement has as constants.
func (x shower) constants(q ast.Stmt) (ids []catalog.ID) {
	ast.Walk(q, func(n ast.Node) bool {
		if c, ok := n.(*ast.Cast); ok && c.To.Name.Name == "regclass" {
			if l, ok := c.X.(*ast.Lit); ok {
				if d, err := types.ParseText(types.Of(types.RegclassOID), l.Text, x.s.TextFormat()); err == nil {
					ids = append(ids, catalog.ID(d.Int()))
				}
			}
		}
		return true
	})
	return ids
}

// FunctionReads implements syscat.FunctionReader.
func (x system) FunctionReads(f *catalog.Function) (out []syscat.Reading) {
	list, err := x.s.parseBody(f)
	if err != nil {
		return nil
	}
	var ts []types.T
	for _, a := range f.Inputs() {
		ts = append(ts, a.Type)
	}
	add := func(list []syscat.Reading) {
		for _, r := range list {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	for _, b := range list {
		o := x.s.planOptions(nil)
		o.Vars = bind.ArgumentVariables(f, ts, x.s.TextFormat())
		add(shower{s: x.s}.statementReads(b.stmt, o))
	}
	return slices.DeleteFunc(slices.Clone(out), func(r syscat.Reading) bool { // a column says it all
		return r.Attr == 0 && slices.ContainsFunc(out, func(c syscat.Reading) bool { return c.Table == r.Table && c.Attr != 0 })
	})
}
