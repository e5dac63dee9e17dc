package builtin

import "github.com/loxodb/loxodb/sql/types"

// PolyDomains is what the domains among the arguments of a call make of its polymorphic
// types, which the call was resolved by the base types of. Zero OIDs are of no domain.
type PolyDomains struct {
	// Elem and Compat are the domains that anyelement and anycompatible stand for.
	Elem, Compat types.OID
	// array is the type that the arguments of anyarray have.
	array types.OID
}

// DomainsOf finds the domains that the polymorphic ones of the declared types stand for: base
// are the types of the arguments, shown these or the domains that they are of. ok is false
// when the arguments do not agree: one of a domain and one of its base type are not alike to
// anyelement, while anycompatible is the base type then.
func DomainsOf(declared, base, shown []types.OID) (p PolyDomains, ok bool) {
	var elem, compat alike
	ok = true
	for i, d := range declared {
		if base[i] == types.UnknownOID {
			continue
		}
		switch d {
		case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
			ok = elem.add(shown[i]) && ok
		case types.AnyArrayOID:
			p.array = base[i]
			ok = elem.add(elemShown(base[i])) && ok
		case types.AnyRangeOID, types.AnyMultirangeOID:
			ok = elem.add(rangeElem(base[i])) && ok
		case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
			compat.add(shown[i])
		case types.AnyCompatibleArrayOID:
			compat.add(elemShown(base[i]))
		case types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID:
			compat.add(rangeElem(base[i]))
		}
	}
	p.Elem, p.Compat = elem.domain(), compat.domain()
	return p, ok
}

// alike is the one type that all of several are of.
type alike struct {
	t     types.OID // 0 before the first
	mixed bool
}

func (a *alike) add(t types.OID) (same bool) {
	if a.t == 0 {
		a.t = t
	}
	same = a.t == t
	a.mixed = a.mixed || !same
	return same
}

func (a *alike) domain() types.OID {
	if i := types.Lookup(a.t); a.mixed || i == nil || i.Type != 'd' {
		return 0
	}
	return a.t
}

// elemShown is the type of an array's elements, or the domain that they are of.
func elemShown(array types.OID) types.OID {
	if d := types.Of(array).ElemDomain(); d != 0 {
		return d
	}
	return elemOf(array)
}

func rangeElem(t types.OID) types.OID {
	rt := types.RangeTypeOf(t)
	if rt == nil {
		rt = types.MultirangeTypeOf(t)
	}
	if rt == nil {
		return 0
	}
	return rt.Subtype()
}

// Of is what a declared type, resolved as t by the base types, is: an array type over a
// domain in the place of t, or t with the domain whose base type it is.
func (p PolyDomains) Of(declared, t types.OID) (of, domain types.OID) {
	switch declared {
	case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
		return t, p.Elem
	case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
		return t, p.Compat
	case types.AnyArrayOID:
		if p.array != 0 {
			return p.array, 0
		}
		return overOr(p.Elem, t), 0
	case types.AnyCompatibleArrayOID:
		return overOr(p.Compat, t), 0
	}
	return t, 0
}

// overOr is the array type over a domain, t when there is none.
func overOr(domain, t types.OID) types.OID {
	if a := types.Of(domain).ArrayOf(); domain != 0 && a.OID != 0 {
		return a.OID
	}
	return t
}
