package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What a table stores is computed as the statement computes its own values: in strict mode a
// generated value that does not fit, or divides by zero, is an error, and so is a check that
// does. Keys of indexes are not: they are computed of rows that go, too.

// mysqlWriteOf names what statements of MySQL's dialect compute of a table's rows.
type mysqlWriteOf struct {
	t       *catalog.Table
	strict  strictMode
	lenient leniency
}

// tableWrite is TableWrite as the statement computes it.
func (b *binder) tableWrite(t *catalog.Table) (*physical.TableWrite, error) {
	w, err := TableWrite(t, b.o)
	if err != nil || !b.fitting() || len(w.Generated)+len(w.Checks) == 0 {
		return w, err
	}
	k := mysqlWriteOf{t, b.strict, b.lenient}
	if m, ok := mysqlWrites.get(k); ok {
		return m, nil
	}
	m := *w
	m.Checks = slices.Clone(w.Checks)
	for i := range m.Checks {
		m.Checks[i].Cond = b.strictExpr(m.Checks[i].Cond)
	}
	m.Generated = slices.Clone(w.Generated)
	for i := range m.Generated {
		g := &m.Generated[i]
		if g.Expr, err = b.fittingGenerated(t, t.Column(g.Attr), g.Expr); err != nil {
			return nil, err
		}
	}
	mysqlWrites.put(k, &m)
	return &m, nil
}

// fittingGenerated is a generated column's value, bound as e, made to fit.
func (b *binder) fittingGenerated(t *catalog.Table, c *catalog.Column, e expr.Expr) (expr.Expr, error) {
	if c.Declared == "" { // made in PostgreSQL's dialect
		return b.strictExpr(e), nil
	}
	x, err := parseScalar(c.Default, b.o)
	if err != nil {
		return nil, err
	}
	o := b.o
	o.Role = 0 // its names were looked up when it was made
	v, own, err := scalar(x, t, Generated, types.T{}, "", o)
	if err != nil {
		return nil, withoutPos(err)
	}
	// Its columns are those that its own binder knows.
	own.asWritten, own.mixedWrites, own.strict, own.lenient = false, b.mixedWrites, b.strict, b.lenient
	if v, err = own.given(own.strictExpr(v), c, ast.NoPos); err != nil {
		return nil, err
	}
	if v, err = own.collated(v); err != nil {
		return nil, err
	}
	return expr.Fold(attributes(v)), nil
}

// fittingDefault is a column's default, bound as e, made to fit.
func (b *binder) fittingDefault(c *catalog.Column, e expr.Expr) (expr.Expr, error) {
	if !b.fitting() || c.Declared == "" || c.Default == "" || c.SequenceID != 0 || c.Generated != 0 {
		return e, nil
	}
	if k, ok := e.(*expr.Const); ok {
		if low, _, _ := numberRange(c); low == "" || k.D.IsNull() {
			return e, nil
		}
		return b.given(e, c, ast.NoPos)
	}
	v, err := storedScalar(c.Default, nil, Default, types.T{}, "", b.o)
	if err != nil {
		return nil, err
	}
	return b.given(b.strictExpr(v), c, ast.NoPos)
}

// strictExpr is a stored expression, which is bound without a mode, in the statement's.
func (b *binder) strictExpr(e expr.Expr) expr.Expr {
	if !b.strict.on {
		return e
	}
	return logical.Rewrite(e, func(n expr.Expr) expr.Expr {
		c, ok := n.(*expr.Call)
		if !ok || c.Fn.Schema != builtin.MySQLSchema {
			return n
		}
		if f := b.inStrictMode(c.Fn, c.Args); f != c.Fn {
			strict := *c
			strict.Fn = f
			return &strict
		}
		return n
	})
}
