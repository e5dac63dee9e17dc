package session

import (
	"slices"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// The columns of MySQL's CREATE TABLE … SELECT are declared: they have the words of the
// columns that the query shows, or those that are right for what it computes, with the checks
// that belong to them.

// declareColumn makes a new table's column one of MySQL's dialect.
func (s *Session) declareColumn(d *ast.ColumnDef, as *bind.Declaration) error {
	if as.Words != "" && (as.Of == nil || as.Of.Declared != "") {
		if err := s.declareType(d, as.Words); err != nil {
			return err
		}
	}
	c := as.Of
	if as.NotNull {
		d.Constraints = append(d.Constraints, ast.Constraint{At: d.At, Kind: ast.ConNotNull})
	}
	if c == nil || !as.Default || c.Generated != 0 {
		return nil
	}
	if c.OnUpdate != "" {
		if err := s.declareValue(d, ast.ConOnUpdate, c.OnUpdate); err != nil {
			return err
		}
	}
	return s.declareDefault(d, c, as.NotNull)
}

// declareDefault gives a new column the default of the one that it shows; a column that counted
// begins with 0.
func (s *Session) declareDefault(d *ast.ColumnDef, c *catalog.Column, notNull bool) error {
	switch counts := c.SequenceID != 0 || c.Identity != 0; {
	case counts && notNull:
		return s.declareValue(d, ast.ConDefault, "0")
	case counts || c.Default == "":
		return nil
	}
	return s.declareValue(d, ast.ConDefault, c.Default)
}

// declareValue adds an expression that is kept with a column.
func (s *Session) declareValue(d *ast.ColumnDef, kind ast.ConstraintKind, text string) error {
	list, err := s.db.cfg.Parser.Parse("SELECT " + text)
	if err != nil {
		return err
	}
	x := list[0].Stmt.(*ast.Select).Targets[0].Expr
	d.Constraints = append(d.Constraints, ast.Constraint{At: d.At, Kind: kind, Expr: x})
	return nil
}

// declareType gives a column a type in MySQL's words.
func (s *Session) declareType(d *ast.ColumnDef, words string) error {
	const stand = "c"
	list, err := s.db.cfg.Dialects["tidb"].Parse("CREATE TABLE t (" + stand + " " + words + ")")
	if err != nil {
		return err
	}
	is := list[0].Stmt.(*ast.CreateTable).Columns[0]
	d.Type, d.Declared, d.Bits = is.Type, is.Declared, is.Bits
	for _, k := range is.Constraints { // that of the type's range
		ast.Walk(k.Expr, func(n ast.Node) bool {
			if c, ok := n.(*ast.ColumnRef); ok {
				c.Parts = []string{d.Name}
			}
			return true
		})
		k.At = d.At
		d.Constraints = append(d.Constraints, k)
	}
	return nil
}

// shownComments give the columns that the query shows, and nothing else declares, their comments.
func shownComments(st *ast.CreateTable, out []physical.OutColumn, declared []bind.Declaration) (list []ast.Stmt) {
	for i := range declared {
		name, c := out[i].Name, declared[i].Of
		if c == nil || c.Comment == "" || slices.ContainsFunc(st.Columns, func(d ast.ColumnDef) bool { return d.Name == name }) {
			continue
		}
		list = append(list, &ast.Comment{At: st.At, Kind: ast.ObjColumn, Name: st.Name, Column: name, Text: &c.Comment})
	}
	return list
}
