package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// A row's columns and the functions of its type can be written alike: t.f and (x).f
// call f where there is no such column, and a(t) is t.a where there is no such function.

// callAsColumn is t.name or (x).name as a call of a function, missing where there is none.
func (b *binder) callAsColumn(s *scope, row ast.Expr, name string, pos ast.Pos, missing error) (expr.Expr, error) {
	call := &ast.Func{Name: ast.QName{Name: name, At: ast.At{Pos: pos}}, Args: []ast.Expr{row}}
	call.Pos = pos
	e, err := b.funcCall(s, call)
	switch {
	case err == nil:
	case pgerr.Code(err) == pgerrcode.UndefinedFunction, pgerr.Code(err) == pgerrcode.AmbiguousFunction:
		return nil, missing
	default:
		return nil, err
	}
	if b.trace() != nil {
		return nil, notYet(pos, "a function that is written as a column in a stored definition")
	}
	return e, nil
}

// projected is a call of a name that no function has as a column of its argument, nil
// where it is none.
func (b *binder) projected(x *ast.Func, args []expr.Expr) expr.Expr {
	if x.Name.Schema != "" || len(args) != 1 || x.ArgNames != nil || x.Variadic || x.Star || x.Distinct || x.Filter != nil ||
		x.WithinGroup || len(x.OrderBy) > 0 || !types.IsComposite(args[0].Type().OID) || b.trace() != nil {
		return nil
	}
	for _, f := range b.shape(args[0]) {
		if f.name == x.Name.Name {
			return b.fieldOf(args[0], f)
		}
	}
	return nil
}
