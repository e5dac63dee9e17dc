package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// castCall is a call of a name that no function has as a cast to the domain or enum of the
// name, nil where it is none. As in PostgreSQL it must not need a function of its own:
// the value is of the base type, or becomes it through its text.
func (b *binder) castCall(x *ast.Func, args []expr.Expr) (expr.Expr, error) {
	if len(args) != 1 || x.ArgNames != nil || x.Star || x.Distinct || x.Filter != nil || x.Over != nil ||
		x.WithinGroup || len(x.OrderBy) > 0 || b.trace() != nil {
		return nil, nil
	}
	name := ast.TypeName{At: x.At, Name: x.Name}
	i := b.userType(&name)
	if i == nil || i.Type != 'd' && i.Type != 'e' {
		return nil, nil
	}
	to, err := b.typeName(&name)
	if err != nil {
		return nil, err
	}
	from := args[0].Type().OID
	switch builtin.CoercionPath(from, to.OID, builtin.Explicit) {
	case builtin.RelabelOnly:
	case builtin.ByIO:
		if from == types.RecordOID || types.IsComposite(from) {
			return nil, nil
		}
	default:
		return nil, nil
	}
	e, err := b.coerceOrNil(args[0], to, builtin.Explicit, x.Pos)
	if d := b.domainOf(&name); d != nil && e != nil && err == nil {
		b.showDomain(args[0], d.ID)
		return b.toDomain(e, d)
	}
	return e, err
}
