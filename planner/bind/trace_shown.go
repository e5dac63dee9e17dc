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
	ast.Walk(q, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Select:
			t.showWholes(s.Targets)
			t.nameArguments(s.Targets)
		case *ast.Insert:
			t.nameArguments(s.Returning)
		case *ast.Update:
			t.nameArguments(s.Returning)
		case *ast.Delete:
			t.nameArguments(s.Returning)
		}
		return true
	})
	for x := range t.called {
		x.Called = true
	}
	for a, it := range t.aliased {
		for _, c := range it.cols[min(len(a.Columns), len(it.cols)):] {
			a.Columns = append(a.Columns, c.name)
		}
	}
	replaceExprs(reflect.ValueOf(q), func(x ast.Expr) ast.Expr {
		if a := t.arguments[x]; a != nil {
			return a
		}
		switch v := x.(type) {
		case *ast.Cast:
			return t.showCast(v, hidden)
		case *ast.Case:
			t.showElse(v, format)
		case *ast.Func:
			t.showVariadic(v)
		}
		return t.spell(x, hidden)
	})
}

// showCast is a cast as it is shown: one that changes nothing, or names a constant's type that
// it has anyhow, is none.
func (t *Trace) showCast(c *ast.Cast, hidden func(schema string) bool) ast.Expr {
	k, constant := c.X.(*ast.Lit)
	if of := t.literals[k]; constant && t.domains[c] && of.OID != 0 && (k.Kind == ast.LitString || k.Kind == ast.LitNull) {
		k.As = types.FormatType(types.Of(of.OID)) // a constant is of no domain
	}
	if t.named[c] && constant && k.Kind != ast.LitString && k.Kind != ast.LitNull {
		k.Value = true
		return k
	}
	if !t.idle[c] {
		return t.spell(c, hidden)
	}
	if constant {
		k.Value = true
	}
	if ref, ok := c.X.(*ast.ColumnRef); ok && ref.Star { // alone, t.* is all columns and not the row
		return c
	}
	return c.X
}

// showWholes takes casts that change nothing off whole rows in a select list, which are shown
// with their type.
func (t *Trace) showWholes(list []ast.Target) {
	for i := range list {
		c, ok := list[i].Expr.(*ast.Cast)
		if !ok || !t.idle[c] {
			continue
		}
		if ref, ok := c.X.(*ast.ColumnRef); ok && ref.Star && len(ref.Parts) > 0 {
			if list[i].Name == "" {
				list[i].Name = figureName(c)
			}
			list[i].Expr = &ast.ColumnRef{At: ref.At, Parts: ref.Parts[len(ref.Parts)-1:]}
		}
	}
}

// showElse writes the ELSE that a CASE does not have: NULL of its type.
func (t *Trace) showElse(x *ast.Case, format *types.Format) {
	typ, ok := t.elses[x]
	if !ok || x.Else != nil || format.Names == nil {
		return
	}
	if name, ok := format.Names.RegOut(types.RegtypeOID, typ.OID); ok {
		x.Else = &ast.Lit{At: ast.At{Pos: ast.NoPos}, Kind: ast.LitNull, As: name}
	}
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
	t.domains[x] = domain != nil
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
