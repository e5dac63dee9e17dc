package bind

import (
	"reflect"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// PostgreSQL writes definitions by what the analysed query has, not by its text.

// Show makes the traced query what its definition shows: casts that change nothing are gone,
// those that functions make are marked, a list of column aliases has all columns, and what
// extensions have has a schema where hidden says that it needs one. Constants are written as
// the format does.
func (t *Trace) Show(q ast.Stmt, format *types.Format, hidden func(schema string) bool) {
	t.takeApart(q)
	t.showConstants(format)
	for x := range t.called {
		x.Called = true
	}
	for a, it := range t.aliased {
		for _, c := range it.cols[min(len(a.Columns), len(it.cols)):] {
			a.Columns = append(a.Columns, c.name)
		}
	}
	replaceExprs(reflect.ValueOf(q), func(x ast.Expr) ast.Expr {
		c, ok := x.(*ast.Cast)
		if l, is := x.(*ast.Cast); is && t.named[l] {
			if k, is := l.X.(*ast.Lit); is && k.Kind != ast.LitString && k.Kind != ast.LitNull {
				k.Value = true
				return k
			}
		}
		if !ok || !t.idle[c] {
			return t.spell(x, hidden)
		}
		switch v := c.X.(type) {
		case *ast.Lit:
			v.Value = true
		case *ast.ColumnRef:
			if v.Star { // alone, t.* is all columns and not the row
				return x
			}
		}
		return c.X
	})
}

// traceCalled notes what a written cast of an expression comes to: a function of pg_cast, or
// the one of a type that fits a value into its modifier, or nothing.
func (b *binder) traceCalled(x *ast.Cast, e expr.Expr, to types.T) {
	t := b.trace()
	if t == nil || e.Type().OID == types.UnknownOID && to.OID == types.UnknownOID {
		return
	}
	from, domain := e.Type(), b.domainOf(&x.To)
	if _, literal := e.(*unknownLit); literal && domain == nil && to.Mod < 0 {
		t.named[x] = true
		return
	}
	if from == to && (domain == nil && b.exprDomain(e) == 0 || domain != nil && b.exprDomain(e) == domain.ID) {
		t.idle[x] = true
		return
	}
	fits := to.Mod >= 0 && to.OID != types.IntervalOID && (from.OID != to.OID || from.Mod != to.Mod)
	if domain == nil && !to.IsArray() && (fits || builtin.CastsByFunction(from.OID, to.OID)) {
		t.called[x] = true
	}
}

// traceAlias notes the columns of an item of FROM whose alias names some.
func (b *binder) traceAlias(a *ast.Alias, it *nsItem) {
	if t := b.trace(); t != nil && a != nil && len(a.Columns) > 0 {
		t.aliased[a] = it
	}
}

// knownAsIs is known for a place that takes values of any type: there strings and NULL
// stay constants of unknown type.
func (b *binder) knownAsIs(x expr.Expr) (expr.Expr, error) {
	y, err := b.known(x)
	if l, ok := x.(*unknownLit); ok && l.src != nil && b.trace() != nil {
		delete(b.trace().literals, l.src)
		delete(b.trace().casts, l.src)
		if l.null {
			b.traceLiteral(l, types.Of(types.UnknownOID))
		}
	}
	return y, err
}
