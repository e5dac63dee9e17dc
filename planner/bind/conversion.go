package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Conversion is parameter $1, of type from, as a value of type to, by assignment; nil where
// there is no such conversion, or with byText, where there is only that by the text form. A domain
// (0 = none) adds its checks.
func Conversion(from, to types.T, domain catalog.ID, byText bool, o Options) (expr.Expr, error) {
	b := newBinder(o)
	var e expr.Expr = &expr.Param{T: from}
	x, err := b.coerceOrNil(e, to, builtin.Assignment, ast.NoPos)
	if types.IsComposite(from.OID) && to.OID == types.RecordOID || from.OID == types.RecordOID && types.IsComposite(to.OID) {
		x, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if x == nil {
		if !byText {
			return nil, nil
		}
		form := types.TextOID
		if from.OID == types.BoolOID || from.OID == types.InetOID {
			form = types.NameOID // a cast to text is another than the form that output gives
		}
		text := &expr.Cast{X: e, To: types.Of(form), Explicit: true, Pos: -1}
		x = &expr.Cast{X: text, To: to, Explicit: true, Pos: -1}
	}
	if d, ok := o.Catalog.TypeByID(domain); ok && domain != 0 {
		return b.toDomain(x, d)
	}
	return x, nil
}

// Value binds an expression without input over variables, as a value of type want (OID 0:
// its own) by assignment. ok is false for what is more than an expression: subqueries,
// aggregates and sets.
func Value(x ast.Expr, want types.T, o Options) (e expr.Expr, ok bool, err error) {
	defer func() { err = o.visible(err) }()
	simple := true
	b := newBinder(o)
	ast.Walk(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subquery, *ast.Grouping:
			simple = false
		case *ast.Quantified:
			simple = simple && n.Sub == nil
		case *ast.In:
			simple = simple && n.Sub == nil
		case *ast.Func:
			simple = simple && n.Over == nil && !b.isAggregate(n.Name) && !b.isSetName(n.Name)
		}
		return simple
	})
	if !simple {
		return nil, false, nil
	}
	b.noParams = false
	if e, err = b.value(&scope{in: inTarget}, x); err != nil {
		return nil, true, err
	}
	if want.OID != 0 {
		c, err := b.coerceOrNil(e, want, builtin.Assignment, leftmost(x))
		if err != nil {
			return nil, true, err
		}
		if c != nil {
			e = c
		}
	}
	if e, err = b.collated(e); err != nil {
		return nil, true, err
	}
	if hasSRF(e) || len(b.meta.Uses) > 0 { // what needs privileges is run as a statement, which asks for them
		return nil, false, nil
	}
	return expr.Fold(e), true, nil
}
