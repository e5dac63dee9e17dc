package bind

import (
	"reflect"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// distinct is IS [NOT] DISTINCT FROM: the operands take the types that = gives them.
func (b *binder) distinct(s *scope, x *ast.Distinct) (expr.Expr, error) {
	if l, ok := x.Left.(*ast.Row); ok {
		if r, ok := x.Right.(*ast.Row); ok {
			return b.rowDistinct(s, x, l, r)
		}
	}
	l, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	r, err := b.expr(s, x.Right)
	if err != nil {
		return nil, err
	}
	if isNullLit(r) || isNullLit(l) {
		b.tracePlain(x, true)
		b.traceNullTest(x, isNullLit(r))
		if isNullLit(l) {
			l = r
		}
		if l, err = b.knownAsIs(l); err != nil {
			return nil, err
		}
		t := l.Type().OID
		return &expr.IsNull{X: l, Not: !x.Not, Whole: t == types.RecordOID || types.IsComposite(t)}, nil
	}
	if x.Schema == builtin.MySQLSchema {
		plain := b.plainOp(&ast.Op{At: x.At, Name: "="}, l, r)
		l, r = truthBeside(r, l, x.Left), truthBeside(l, r, x.Right)
		eq, err := b.mixedOp("=", l, r, x.Pos)
		if err != nil {
			return nil, err
		}
		b.tracePlain(x, plain != nil && reflect.DeepEqual(plain, eq))
		l, r = eq.(*expr.Call).Args[0], eq.(*expr.Call).Args[1]
	}
	if lr, rr := b.rowWritten(l), b.rowWritten(r); lr != nil && rr != nil && len(lr.Args) == len(rr.Args) {
		var terms []expr.Expr
		for i := range lr.Args {
			if lr.Args[i].Type().OID == 0 {
				continue // a column that was dropped
			}
			t, err := b.distinctBound(lr.Args[i], rr.Args[i], x.Not && !b.asWritten, x.Pos)
			if err != nil {
				return nil, err
			}
			terms = append(terms, t)
		}
		return b.allDistinct(terms, x.Not), nil
	}
	return b.distinctBound(l, r, x.Not, x.Pos)
}

// rowWritten is the row that an expression writes out, as ROW(…)::t; nil for others, those
// that are a row of a table among them.
func (b *binder) rowWritten(e expr.Expr) *expr.RowOf {
	if r, ok := e.(*expr.RowOf); ok && b.wholeRows[r] == nil && !slices.ContainsFunc(r.Args, isOpen) {
		return r
	}
	return nil
}

// allDistinct joins the tests of columns: a row is distinct if one column is. As it is written
// that is denied as a whole.
func (b *binder) allDistinct(terms []expr.Expr, not bool) expr.Expr {
	switch {
	case not && b.asWritten:
		return &expr.Not{X: &expr.Or{Args: terms}}
	case not:
		return &expr.And{Args: terms}
	}
	return &expr.Or{Args: terms}
}

func isNullLit(e expr.Expr) bool {
	u, ok := e.(*unknownLit)
	return ok && u.null
}

func (b *binder) distinctBound(l, r expr.Expr, not bool, pos ast.Pos) (expr.Expr, error) {
	e, err := b.makeOp("", "=", l, r, pos)
	if err != nil {
		return nil, err
	}
	c := e.(*expr.Call)
	l, r = c.Args[0], c.Args[1]
	if lt, rt := l.Type().OID, r.Type().OID; lt != rt {
		traced := b.untraced() // a definition shows what = takes
		both, _, err := b.commonType("IS DISTINCT FROM", []expr.Expr{l, r}, func(int) ast.Pos { return pos })
		traced()
		if err != nil {
			return nil, err
		}
		l, r = both[0], both[1]
	}
	return &expr.IsDistinct{L: l, R: r, Not: not}, nil
}

// columnDistinct is distinct of a column of two rows: by PostgreSQL's rules = compares it even
// with NULL, or where it is a row itself.
func (b *binder) columnDistinct(s *scope, x *ast.Distinct) (expr.Expr, error) {
	if x.Schema != "" {
		return b.distinct(s, x)
	}
	l, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	r, err := b.expr(s, x.Right)
	if err != nil {
		return nil, err
	}
	return b.distinctBound(l, r, x.Not, x.Pos)
}

func (b *binder) rowDistinct(s *scope, x *ast.Distinct, l, r *ast.Row) (expr.Expr, error) {
	ls, err := b.spread(s, l.Args)
	if err != nil {
		return nil, err
	}
	rs, err := b.spread(s, r.Args)
	if err != nil {
		return nil, err
	}
	if len(ls) != len(rs) {
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "unequal number of entries in row expressions")
	}
	var terms []expr.Expr
	for i := range ls {
		t, err := b.columnDistinct(s, &ast.Distinct{At: x.At, Schema: x.Schema, Not: x.Not && !b.asWritten, Left: ls[i], Right: rs[i]})
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return b.allDistinct(terms, x.Not), nil
}
