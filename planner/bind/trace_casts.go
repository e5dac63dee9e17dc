package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MarkCasts notes in the traced query itself which of its casts are calls of functions:
// PostgreSQL writes definitions by what the analysed query has.
func (t *Trace) MarkCasts() {
	for x := range t.called {
		x.Called = true
	}
}

// traceCalled notes a written cast that a function makes: one of pg_cast between the two types,
// or the one of a type that fits a value into its modifier.
func (b *binder) traceCalled(x *ast.Cast, from, to types.T) {
	t := b.trace()
	if t == nil || to.IsArray() {
		return
	}
	fits := to.Mod >= 0 && to.OID != types.IntervalOID && (from.OID != to.OID || from.Mod != to.Mod)
	if b.domainOf(&x.To) == nil && (fits || builtin.CastsByFunction(from.OID, to.OID)) {
		t.called[x] = true
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
