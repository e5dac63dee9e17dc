package session

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// MySQL's CREATE TABLE with columns, keys and a query: the columns that the query has not come
// first, then the query's, with the types that are declared for them, and the keys are there
// before the rows.

// besideQuery are the columns of such a table, of which the query gives the last.
func besideQuery(declared, queried []ast.ColumnDef) []ast.ColumnDef {
	var out []ast.ColumnDef
	place := func(list []ast.ColumnDef, name string) int {
		return slices.IndexFunc(list, func(d ast.ColumnDef) bool { return d.Name == name })
	}
	for _, d := range declared {
		if place(queried, d.Name) < 0 {
			out = append(out, d)
		}
	}
	for _, q := range queried {
		if i := place(declared, q.Name); i >= 0 {
			q = declared[i]
		}
		out = append(out, q)
	}
	return out
}

// makeKeys runs what is written in a table's definition and made after the table.
func (s *Session) makeKeys(ctx context.Context, what string, list []ast.Stmt) error {
	for _, k := range list {
		if err := s.retry(ctx, what, func() error { return s.definition(ctx, k) }); err != nil {
			return err
		}
	}
	return nil
}

// filler is the INSERT that puts the rows in.
func filler(st *ast.CreateTable, query *ast.Select, t *catalog.Table, columns int) *ast.Insert {
	f := st.Filling
	ins := &ast.Insert{At: query.At, Query: query}
	if f == nil {
		return ins
	}
	ins.Mixed, ins.Ignore = true, f.Ignore
	var names []string
	for i := range t.Columns {
		if !t.Columns[i].Dropped {
			names = append(names, t.Columns[i].Name)
		}
	}
	for _, name := range names[len(names)-columns:] {
		ins.Columns = append(ins.Columns, ast.Target{At: ast.At{Pos: ast.NoPos}, Name: name})
	}
	switch {
	case f.Replace:
		ins.OnConflict = &ast.OnConflict{At: query.At, AnyKey: true, Replace: true}
	case f.Ignore:
		ins.OnConflict = &ast.OnConflict{At: query.At}
	}
	return ins
}
