package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// setRows are the subqueries of an UPDATE's SET (a, b) = (SELECT …) that are not the same each
// time they run: a projection below the new values computes each of them once a row, as a record.
type setRows struct {
	of    []*ast.Subquery
	ids   []logical.ColID // by subquery: the record
	exprs []expr.Expr
	outs  [][]outCol
}

// assignedOnce is assignments with a place for such subqueries.
func (b *binder) assignedOnce(s *scope, t *catalog.Table, via writtenView, old []logical.ColID, set []ast.Target, rows *setRows) ([]int16, []expr.Expr, error) {
	defer func(outer *setRows) { b.setRows = outer }(b.setRows)
	b.setRows = rows
	return b.assignments(s, t, via, old, set)
}

// multiSub is the value of one column of (a, b) = (SELECT …), and where it stands.
func (b *binder) multiSub(s *scope, x *ast.Target, m *ast.Subquery, last bool) (expr.Expr, ast.Pos, error) {
	rows := b.setRows
	if rows != nil {
		for i := range rows.of {
			if rows.of[i] == m {
				return b.setField(rows, i, x, m, last)
			}
		}
	}
	b.setRows = nil
	q, err := b.selectStmt(m.Query, s, queryOpts{})
	b.setRows = rows
	if err != nil {
		return nil, m.Pos, err
	}
	if err := fitsRow(x, m, q.out, last); err != nil {
		return nil, m.Pos, err
	}
	o := q.out[x.MultiCol-1]
	one := &logical.Subquery{Kind: expr.ScalarSub, Tree: q.tree, Out: []logical.ColID{o.id}, T: o.t}
	if len(q.out) == 1 || !logical.IsVolatile(one) {
		return one, place(o, m), nil
	}
	if rows == nil {
		return nil, m.Pos, errAt(m.Pos, pgerrcode.FeatureNotSupported,
			"volatile functions in the source of several columns are supported in UPDATE only")
	}
	if err := b.addSetRow(rows, m, q); err != nil {
		return nil, m.Pos, err
	}
	return b.setField(rows, len(rows.of)-1, x, m, last)
}

func place(o outCol, m *ast.Subquery) ast.Pos {
	if o.pos >= 0 {
		return o.pos
	}
	return m.Pos
}

// fitsRow refuses a subquery of more or fewer columns than are assigned.
func fitsRow(x *ast.Target, m *ast.Subquery, out []outCol, last bool) error {
	if x.MultiCol < 1 || x.MultiCol > len(out) || last && x.MultiCol != len(out) {
		return errAt(m.Pos, pgerrcode.SyntaxError, "number of columns does not match number of values")
	}
	return nil
}

// addSetRow makes a record of a subquery's columns.
func (b *binder) addSetRow(rows *setRows, m *ast.Subquery, q *query) error {
	row := &expr.RowOf{}
	var names []string
	for _, c := range q.out {
		row.Args, names = append(row.Args, &expr.Column{Index: c.id, T: c.t, Name: c.name}), append(names, c.name)
	}
	t, err := builtin.RowType(names)
	if err != nil {
		return err
	}
	row.T = t
	tree, out := b.project(q.tree, []expr.Expr{row})
	rows.of, rows.outs = append(rows.of, m), append(rows.outs, q.out)
	rows.exprs = append(rows.exprs, &logical.Subquery{Kind: expr.ScalarSub, Tree: tree, Out: out, T: t})
	rows.ids = append(rows.ids, b.meta.Add(logical.ColInfo{Name: "row", T: t}))
	return nil
}

// setField is the column of a record that x takes.
func (b *binder) setField(rows *setRows, i int, x *ast.Target, m *ast.Subquery, last bool) (expr.Expr, ast.Pos, error) {
	out := rows.outs[i]
	if err := fitsRow(x, m, out, last); err != nil {
		return nil, m.Pos, err
	}
	o := out[x.MultiCol-1]
	return &expr.Field{X: b.meta.Column(rows.ids[i]), N: x.MultiCol - 1, T: o.t, Name: o.name}, place(o, m), nil
}

// computeRows adds the records to what an UPDATE reads. They are noted as uses here, as the
// projection itself only hands on.
func (b *binder) computeRows(n logical.Node, rows *setRows) logical.Node {
	if len(rows.of) == 0 {
		return n
	}
	p := &logical.Project{Input: n, HandsOn: true}
	for _, c := range n.Cols() {
		p.Exprs, p.Out = append(p.Exprs, b.meta.Column(c)), append(p.Out, c)
	}
	for i, e := range rows.exprs {
		b.usesIn(e)
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, rows.ids[i])
	}
	return p
}
