package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func isPolymorphic(t types.OID) bool {
	switch t {
	case types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID, types.AnyRangeOID,
		types.AnyMultirangeOID, types.AnyCompatibleOID, types.AnyCompatibleArrayOID, types.AnyCompatibleNonArrayOID,
		types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID:
		return true
	}
	return false
}

// poly is what the actual arguments make of the two polymorphic families
// (PostgreSQL chapter 38.2.5).
type poly struct {
	elem, array     types.OID        // anyelement, anyarray
	ranges          *types.RangeType // anyrange and anymultirange, of one family
	compatRanges    *types.RangeType // the same of anycompatible…
	compat          types.OID        // anycompatible
	hasAny          bool
	hasCompat       bool
	nonArray, nonAC bool
	enum            bool // anyenum
}

// solve derives the family types from actual arguments. A nil error with ok false
// means that the arguments do not agree: the candidate does not apply.
func (p *poly) solve(declared, actual []types.OID) (ok bool, err error) {
	var compat []types.OID
	unknown := false
	for i, d := range declared {
		a := actual[i]
		switch d {
		case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
			p.hasAny = true
			p.nonArray = p.nonArray || d == types.AnyNonArrayOID
			p.enum = p.enum || d == types.AnyEnumOID
			if a == types.UnknownOID {
				unknown = true
			} else if p.elem == 0 {
				p.elem = a
			} else if p.elem != a {
				return false, nil
			}
		case types.AnyArrayOID:
			p.hasAny = true
			if a == types.UnknownOID {
				unknown = true
				continue
			}
			if elemOf(a) == 0 && a != types.AnyArrayOID {
				return false, nil
			}
			if p.array == 0 {
				p.array = a
			} else if p.array != a {
				return false, nil
			}
		case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
			p.hasCompat = true
			p.nonAC = p.nonAC || d == types.AnyCompatibleNonArrayOID
			compat = append(compat, a)
		case types.AnyCompatibleArrayOID:
			p.hasCompat = true
			if a == types.UnknownOID {
				compat = append(compat, a)
				continue
			}
			e := elemOf(a)
			if e == 0 {
				return false, nil
			}
			compat = append(compat, e)
		case types.AnyRangeOID, types.AnyMultirangeOID:
			p.hasAny = true
			if a == types.UnknownOID {
				unknown = true
				continue
			}
			rt := types.RangeTypeOf(a)
			if d == types.AnyMultirangeOID {
				rt = types.MultirangeTypeOf(a)
			}
			if rt == nil || p.ranges != nil && p.ranges.Range != rt.Range {
				return false, nil
			}
			p.ranges = rt
		case types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID:
			p.hasCompat = true
			if a == types.UnknownOID {
				compat = append(compat, a)
				continue
			}
			rt := types.RangeTypeOf(a)
			if d == types.AnyCompatibleMultiOID {
				rt = types.MultirangeTypeOf(a)
			}
			if rt == nil || p.compatRanges != nil && p.compatRanges.Range != rt.Range {
				return false, nil
			}
			p.compatRanges = rt
			compat = append(compat, rt.Elem)
		}
	}
	return p.finish(unknown, compat)
}

func (p *poly) finish(unknown bool, compat []types.OID) (ok bool, err error) {
	if p.array != 0 {
		e := elemOf(p.array)
		if p.array == types.AnyArrayOID { // a column whose rows have arrays of many types
			e = types.AnyElementOID
		}
		if p.elem == 0 {
			p.elem = e
		} else if p.elem != e {
			return false, nil
		}
	}
	if p.ranges != nil {
		if p.elem == 0 {
			p.elem = p.ranges.Elem
		} else if p.elem != p.ranges.Elem {
			return false, nil
		}
	}
	if p.enum && (p.elem == 0 || category(p.elem) != 'E') {
		return false, nil // unknown literals are of no enum
	}
	if p.hasAny && p.elem == 0 {
		if unknown {
			return true, undetermined("")
		}
		return false, nil
	}
	if p.nonArray && elemOf(p.elem) != 0 {
		return false, nil
	}
	if p.hasCompat {
		t, err := CommonType("arguments", compat)
		if err != nil {
			return false, nil
		}
		p.compat = t
		if p.compatRanges != nil && p.compatRanges.Elem != t {
			return false, nil // ranges are not converted
		}
		if p.nonAC && elemOf(t) != 0 {
			return false, nil
		}
	}
	return true, nil
}

// undetermined is the error of unknown literals that leave a polymorphic type open: the one
// named, "" for all of them.
func undetermined(name string) error {
	if name != "" {
		name += " "
	}
	return pgerr.Newf(pgerrcode.DatatypeMismatch, "could not determine polymorphic type %sbecause input has type %s", name, "unknown")
}

// of replaces a polymorphic type by what it stands for; others stay.
func (p *poly) of(t types.OID) (types.OID, error) {
	switch t {
	case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
		return p.elem, nil
	case types.AnyArrayOID:
		if p.array != 0 {
			return p.array, nil
		}
		return arrayOver(p.elem)
	case types.AnyRangeOID, types.AnyMultirangeOID:
		return rangeFor(t, p.ranges)
	case types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID:
		return rangeFor(t, p.compatRanges)
	case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
		return p.compat, nil
	case types.AnyCompatibleArrayOID:
		return arrayOver(p.compat)
	}
	return t, nil
}

// rangeFor is the range or multirange type that a polymorphic one stands for. It does not
// follow from the element type, which several can have.
func rangeFor(t types.OID, rt *types.RangeType) (types.OID, error) {
	switch {
	case rt == nil:
		return 0, undetermined(TypeName(t))
	case t == types.AnyRangeOID || t == types.AnyCompatibleRangeOID:
		return rt.Range, nil
	}
	return rt.Multi, nil
}

func arrayOver(elem types.OID) (types.OID, error) {
	if a := types.Of(elem).ArrayOf(); a.OID != 0 {
		return a.OID, nil
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedObject, "could not find array type for data type %s", TypeName(elem))
}

// consistent reports whether the actual arguments can fill the polymorphic ones.
func consistent(declared, actual []types.OID) bool {
	for _, d := range declared {
		if isPolymorphic(d) {
			var p poly
			ok, _ := p.solve(declared, actual)
			return ok
		}
	}
	return true
}

// concrete gives the argument and result types of a call with the actual types.
// Arguments declared "any" keep their own.
func concrete(declared, actual []types.OID, ret types.OID) (args []types.OID, out types.OID, err error) {
	var p poly
	ok, err := p.solve(declared, actual)
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return nil, 0, undetermined("")
	}
	if p.array == types.AnyArrayOID && needsElement(declared, ret) {
		return nil, 0, pgerr.New(pgerrcode.DatatypeMismatch, "cannot determine element type of \"anyarray\" argument")
	}
	args = make([]types.OID, len(declared))
	for i, d := range declared {
		if d == types.AnyOID {
			args[i] = actual[i]
			continue
		}
		if args[i], err = p.of(d); err != nil {
			return nil, 0, err
		}
	}
	out, err = p.of(ret)
	return args, out, err
}

// needsElement reports a call that has to know of what its one array of any type is: another
// argument or the result is of the same family.
func needsElement(declared []types.OID, ret types.OID) bool {
	n := 0
	for _, d := range declared {
		if ofAny(d) {
			n++
		}
	}
	return n != 1 || ret != types.AnyArrayOID && ofAny(ret)
}

// ofAny reports the polymorphic types of the family of anyelement.
func ofAny(t types.OID) bool {
	switch t {
	case types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID, types.AnyRangeOID, types.AnyMultirangeOID:
		return true
	}
	return false
}

// Concrete gives the types of a call's arguments and result, as concrete does; those that do
// not agree are told apart.
func Concrete(declared, actual []types.OID, ret types.OID) (args []types.OID, out types.OID, err error) {
	first := types.UnknownOID
	for i, d := range declared {
		if d != types.AnyElementOID && d != types.AnyNonArrayOID && d != types.AnyEnumOID || actual[i] == types.UnknownOID {
			continue
		}
		if first != types.UnknownOID && first != actual[i] {
			return nil, 0, pgerr.New(pgerrcode.DatatypeMismatch, "arguments declared \"anyelement\" are not all alike").
				WithDetail("%s versus %s", TypeName(first), TypeName(actual[i]))
		}
		first = actual[i]
	}
	return concrete(declared, actual, ret)
}

// IsPolymorphic reports a type that stands for others: anyelement, anyarray, ….
func IsPolymorphic(t types.OID) bool { return isPolymorphic(t) }
