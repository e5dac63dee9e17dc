package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// DeclaredDefault binds a literal as MySQL's strict mode puts it into a column.
func DeclaredDefault(x ast.Expr, c *catalog.Column, o Options) (expr.Expr, error) {
	o.ParamTypes, o.Vars = nil, nil
	b := newBinder(o)
	b.noParams, b.mixedWrites = true, true
	b.strict = strictMode{on: true, division: true}
	v, err := b.expr(&scope{in: inTarget}, x)
	if err != nil {
		return nil, err
	}
	if v, err = b.given(v, c, leftmost(x)); err != nil {
		return nil, err
	}
	return b.collated(v)
}
