package bind

import (
	"reflect"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// A comparison or operator of MySQL's dialect in a query that is kept as text is written as
// PostgreSQL's wherever that means the same, and else as one of the schema mysql, so that a view
// answers as its query does.

// plainOp is what an operator of MySQL's is as PostgreSQL's, over bound operands; nil where
// nothing is traced, where PostgreSQL does not take them, and where it would hide digits.
func (b *binder) plainOp(x *ast.Op, l, r expr.Expr) expr.Expr {
	if b.trace() == nil {
		return nil
	}
	return b.plainAs(x, l, r)
}

// plainAs is plainOp whether or not anything is traced.
func (b *binder) plainAs(x *ast.Op, l, r expr.Expr) expr.Expr {
	if precise(r) != r || l != nil && precise(l) != l {
		return nil
	}
	trace := b.o.Trace
	b.o.Trace = nil
	defer func() { b.o.Trace = trace }()
	e, err := b.makeOp("", x.Name, l, r, x.Pos)
	if err != nil {
		return nil
	}
	return e
}

// isPlain reports that a comparison of MySQL's over these operands is PostgreSQL's.
func (b *binder) isPlain(x *ast.Op, l, r expr.Expr) bool {
	as := b.plainAs(x, l, r)
	if as == nil {
		return false
	}
	e, err := b.mixedOp(cmpName(x.Name), l, r, x.Pos)
	return err == nil && reflect.DeepEqual(as, e)
}

// tracePlain notes that an operator of MySQL's is PostgreSQL's of that name, or that it is not.
func (b *binder) tracePlain(x ast.Expr, is bool) {
	if t := b.trace(); t != nil {
		t.plain[x] = is
	}
}

func (b *binder) tracedPlain(x ast.Expr) bool {
	t := b.trace()
	return t != nil && t.plain[x]
}

// unmix writes an operator as PostgreSQL's where it is that.
func (t *Trace) unmix(n ast.Node) {
	x, ok := n.(ast.Expr)
	if !ok || !t.plain[x] {
		return
	}
	switch x := n.(type) {
	case *ast.Op:
		x.Schema = ""
	case *ast.In:
		x.Schema = ""
	case *ast.Between:
		x.Schema = ""
	case *ast.Distinct:
		x.Schema = ""
	case *ast.Quantified:
		x.Schema = ""
	case *ast.Like:
		x.Mixed = false
	}
}
