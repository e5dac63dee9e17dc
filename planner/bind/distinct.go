package bind

import (
	"reflect"

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
		if isNullLit(l) {
			l = r
		}
		if l, err = b.known(l); err != nil {
			return nil, err
		}
		if t := l.Type().OID; t == types.RecordOID || types.IsComposite(t) { // of the row itself, not of its columns
			l = &expr.Relabel{X: l, T: types.Of(types.ByteaOID)}
		}
		return &expr.IsNull{X: l, Not: !x.Not}, nil
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
	return b.distinctBound(l, r, x.Not, x.Pos)
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
		both, _, err := b.commonType("IS DISTINCT FROM", []expr.Expr{l, r}, func(int) ast.Pos { return pos })
		if err != nil {
			return nil, err
		}
		l, r = both[0], both[1]
	}
	return &expr.IsDistinct{L: l, R: r, Not: not}, nil
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
		t, err := b.distinct(s, &ast.Distinct{At: x.At, Schema: x.Schema, Not: x.Not, Left: ls[i], Right: rs[i]})
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	if x.Not {
		return &expr.And{Args: terms}, nil
	}
	return &expr.Or{Args: terms}, nil
}
