package bind

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Calls are resolved by the base types of their arguments. What the domains among these make
// of a polymorphic function's types is found afterwards.

// withDomains is a resolved call with the domains of its arguments in the place of the
// polymorphic types; ok is false when the function is not for them.
func (b *binder) withDomains(r *builtin.Resolved, args []expr.Expr) (over *builtin.Resolved, ok bool) {
	if r.Fn == nil || !slices.ContainsFunc(r.Fn.Args, builtin.IsPolymorphic) {
		return r, true
	}
	var declared, base, shown []types.OID
	for i := range r.ArgTypes {
		from := i
		if r.ArgOrder != nil {
			from = r.ArgOrder[i]
		}
		if from < 0 {
			continue
		}
		declared, base = append(declared, r.Declared(i)), append(base, args[from].Type().OID)
		shown = append(shown, b.shownType(args[from]))
	}
	domains, ok := builtin.DomainsOf(declared, base, shown)
	if !ok || domains == (builtin.PolyDomains{}) {
		return r, ok
	}
	own := *r
	own.Domains, own.ArgTypes = domains, slices.Clone(r.ArgTypes)
	for i, t := range r.ArgTypes {
		own.ArgTypes[i], _ = domains.Of(r.Declared(i), t)
	}
	own.Ret, own.Domain = domains.Of(r.Fn.Ret, r.Ret)
	own.Fn = r.Fn.WithOutDomains(domains)
	return &own, true
}

// operatorDomains is withDomains of an operator over its operands; l nil means a prefix
// operator.
func (b *binder) operatorDomains(res *builtin.ResolvedOp, l, r expr.Expr) (over *builtin.ResolvedOp, domain types.OID, ok bool) {
	o := res.Op
	if !builtin.IsPolymorphic(o.Right) && !builtin.IsPolymorphic(o.Left) {
		return res, 0, true
	}
	declared, base, shown := []types.OID{o.Right}, []types.OID{r.Type().OID}, []types.OID{b.shownType(r)}
	if l != nil {
		declared, base, shown = append(declared, o.Left), append(base, l.Type().OID), append(shown, b.shownType(l))
	}
	domains, ok := builtin.DomainsOf(declared, base, shown)
	if !ok || domains == (builtin.PolyDomains{}) {
		return res, 0, ok
	}
	own := *res
	own.Left, _ = domains.Of(o.Left, res.Left)
	own.Right, _ = domains.Of(o.Right, res.Right)
	own.Ret, domain = domains.Of(o.Ret, res.Ret)
	return &own, domain, true
}

// argDomain makes an argument whose type was not known one of the domain that a polymorphic
// parameter stands for.
func (b *binder) argDomain(r *builtin.Resolved, i int, from, to expr.Expr) (expr.Expr, error) {
	if from.Type().OID != types.UnknownOID {
		return to, nil
	}
	_, domain := r.Domains.Of(r.Declared(i), r.ArgTypes[i])
	if d, ok := b.o.Catalog.TypeByID(domain); ok && domain != 0 {
		return b.toDomain(to, d)
	}
	return to, nil
}

// variadicArray are the arguments that fill a VARIADIC parameter, as the array that it is.
func variadicArray(r *builtin.Resolved, rest []expr.Expr) *expr.ArrayOf {
	elem := r.Fn.Variadic
	if len(rest) > 0 {
		elem = rest[0].Type().OID
	}
	if _, domain := r.Domains.Of(r.Fn.Variadic, elem); domain != 0 {
		elem = domain
	}
	return &expr.ArrayOf{Elems: rest, T: types.Of(elem).ArrayOf()}
}
