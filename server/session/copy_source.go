package session

import (
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// refers reports a foreign key of a table, which is checked when all rows are there: rows
// may come before those that they refer to, and errors of lines before those of references.
func refers(t *catalog.Table) bool {
	return slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Refers() })
}

// copyColumns are the named columns, or all that can be written.
func copyColumns(t *catalog.Table, names []string) ([]*catalog.Column, error) {
	var cols []*catalog.Column
	if len(names) == 0 {
		for _, c := range t.Listed() {
			if c.Generated == 0 {
				cols = append(cols, c)
			}
		}
		return cols, nil
	}
	for i, n := range names {
		c := t.ColumnByName(n)
		if c == nil {
			return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", n, t.Name)
		}
		if c.Generated != 0 {
			return nil, pgerr.Newf(pgerrcode.InvalidColumnReference, "column %q is a generated column", n).
				WithDetail("Generated columns cannot be used in COPY.")
		}
		for _, m := range names[:i] {
			if m == n {
				return nil, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", n)
			}
		}
		cols = append(cols, c)
	}
	return cols, nil
}

// copyPlan is the plan of INSERT INTO t (columns) VALUES ($1, …) with the
// parameters replaced by the columns of a Source: so that COPY fills in
// defaults, coerces and checks exactly as INSERT does.
func (s *Session) copyPlan(st *ast.Copy, c *copyIn) (*physical.Plan, error) {
	ins := &ast.Insert{Table: ast.TableRef{Name: *st.Table}, Overriding: ast.OverridingSystem}
	row := make([]ast.Expr, 0, len(c.cols))
	o := s.planOptions(nil)
	for i, col := range c.cols {
		ins.Columns = append(ins.Columns, ast.Target{Name: col.Name})
		row = append(row, &ast.Param{N: i + 1})
		o.ParamTypes = append(o.ParamTypes, col.Type.OID)
	}
	ins.Query = &ast.Select{Values: [][]ast.Expr{row}}
	plan, err := planner.Plan(ins, o)
	if err != nil {
		return nil, err
	}
	root, ok := plan.Root.(*physical.Insert)
	if !ok {
		return nil, fmt.Errorf("session: COPY planned as %T", plan.Root)
	}
	input, err := fromSource(root.Input, c.cols)
	if err != nil {
		return nil, err
	}
	copied, changed := *root, *plan
	if copied.Input, err = s.copyWhere(st, c.table, input); err != nil {
		return nil, err
	}
	changed.Root = &copied
	return &changed, nil
}

// fromSource replaces the row of parameters at the bottom of a plan by a Source.
func fromSource(n physical.Node, cols []*catalog.Column) (physical.Node, error) {
	switch n := n.(type) {
	case *physical.Values:
		if len(n.Rows) != 1 {
			break
		}
		src := &physical.Source{Base: physical.Base{ID: n.ID}}
		for _, c := range cols {
			src.Cols = append(src.Cols, c.Type)
		}
		p := &physical.Project{Base: n.Base, Input: src}
		for _, e := range n.Rows[0] {
			p.Exprs = append(p.Exprs, expr.Rewrite(e, func(x expr.Expr) expr.Expr {
				if q, ok := x.(*expr.Param); ok {
					return &expr.Column{Index: q.N, T: cols[q.N].Type}
				}
				return x
			}))
		}
		return p, nil
	case *physical.Project:
		in, err := fromSource(n.Input, cols)
		c := *n
		c.Input = in
		return &c, err
	}
	return nil, fmt.Errorf("session: COPY input planned as %T", n)
}
