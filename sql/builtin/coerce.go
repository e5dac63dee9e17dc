package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Context says where a conversion is asked for: pg_cast.castcontext.
type Context byte

const (
	Implicit   Context = 'i'
	Assignment Context = 'a'
	Explicit   Context = 'e'
)

// allows reports that a cast of context c may be used in context at.
func (c Context) allows(at Context) bool {
	return c == Implicit || c == Assignment && at != Implicit || at == Explicit
}

// Coercion is how one type becomes another.
type Coercion uint8

const (
	NoCoercion    Coercion = iota // there is none
	RelabelOnly                   // same bytes: expr.Relabel
	ByCast                        // types.Cast, by a pg_cast function
	ByArray                       // types.Cast, element by element
	ByIO                          // types.Cast, through the text form
	ByPolymorphic                 // target is a pseudo-type that takes any such value
)

// CastsByFunction reports a conversion between two types that a function of pg_cast makes.
func CastsByFunction(from, to types.OID) bool {
	c := lib().castTypes[[2]types.OID{from, to}]
	return c != nil && c.Method == 'f'
}

// CoercionPath finds the conversion from one type to another (find_coercion_pathway
// and can_coerce_type of PostgreSQL's parse_coerce.c).
func CoercionPath(from, to types.OID, at Context) Coercion {
	switch {
	case from == to:
		return RelabelOnly
	case to == types.AnyOID:
		return ByPolymorphic
	case isPolymorphic(to):
		return ByPolymorphic // consistency is checked over all arguments
	case from == types.UnknownOID:
		return ByIO
	}
	if c := lib().castTypes[[2]types.OID{from, to}]; c != nil {
		if !c.Context.allows(at) {
			return NoCoercion
		}
		switch c.Method {
		case 'b':
			if (from == types.Int4OID) != (to == types.Int4OID) {
				return ByCast // the same 32 bits, but with a sign
			}
			return RelabelOnly
		case 'i':
			return ByIO
		}
		return ByCast
	}
	if rt := types.MultirangeTypeOf(to); rt != nil && rt.Range == from { // of a user's; the others have a row of pg_cast
		if at == Explicit {
			return ByCast
		}
		return NoCoercion
	}
	switch {
	case to == types.RecordOID && types.IsComposite(from):
		return ByCast
	case from == types.RecordOID && types.IsComposite(to):
		return ByCast // of a ROW(…) only: the binder looks at its members
	}
	if to != types.OidVectorOID && to != types.Int2VectorOID {
		if c := arrayPath(from, to, at); c != NoCoercion {
			return c
		}
	}
	switch {
	case from == types.RecordOID || types.IsComposite(from) || from == types.VoidOID || to == types.VoidOID:
		if from != types.VoidOID && at != Implicit && category(to) == 'S' {
			return ByIO
		}
		return NoCoercion
	case at != Implicit && category(to) == 'S', at == Explicit && category(from) == 'S':
		return ByIO
	}
	return NoCoercion
}

func arrayPath(from, to types.OID, at Context) Coercion {
	fe, te := elemOf(from), elemOf(to)
	if fe == 0 || te == 0 || fe == types.RecordOID && te != fe {
		return NoCoercion
	}
	switch CoercionPath(fe, te, at) {
	case NoCoercion:
		return NoCoercion
	case ByIO:
		return ByIO
	}
	return ByArray
}

// elemOf is the element type of a true array (or of int2vector and oidvector, as
// sources), else 0.
func elemOf(t types.OID) types.OID {
	i := types.Lookup(t)
	if i == nil {
		return 0
	}
	if i.IsArray || t == types.Int2VectorOID || t == types.OidVectorOID {
		return types.Of(t).Elem().OID
	}
	return 0
}

// CanCoerce reports whether a value of type from may become one of type to.
func CanCoerce(from, to types.OID, at Context) bool { return CoercionPath(from, to, at) != NoCoercion }

// Parents reports that rows of one table's type convert to another's implicitly: to those of a
// table that it inherits from, at any distance, or of the type that it is a typed table of. Nil
// knows none.
type Parents func(child, parent types.OID) bool

// canCoerce is CanCoerce, implicitly, with the conversions of rows.
func (p Parents) canCoerce(from, to types.OID) bool {
	return CanCoerce(from, to, Implicit) || p != nil && types.IsComposite(from) && types.IsComposite(to) && p(from, to)
}

// category is pg_type.typcategory; types that sql/types does not know are users' own.
func category(t types.OID) byte {
	if i := types.Lookup(t); i != nil {
		return i.Category
	}
	return 'U'
}

func preferred(t types.OID) bool {
	i := types.Lookup(t)
	return i != nil && i.Preferred
}

// CommonType is the type to which UNION, CASE, ARRAY, VALUES, … bring all of
// list (PostgreSQL chapter 10.5); construct is the word of the error message.
func CommonType(construct string, list []types.OID) (types.OID, error) {
	t, _, err := CommonTypeAt(construct, list, nil)
	return t, err
}

// CommonTypeAt is CommonType that also says which of list does not fit, and knows the parents
// of row types.
func CommonTypeAt(construct string, list []types.OID, rows Parents) (t types.OID, at int, err error) {
	if len(list) == 0 {
		return types.TextOID, 0, nil
	}
	t = list[0]
	for i, n := range list {
		switch {
		case n == t || n == types.UnknownOID:
		case t == types.UnknownOID:
			t = n
		case category(n) != category(t):
			return 0, i, pgerr.Newf(pgerrcode.DatatypeMismatch, "%s types %s and %s cannot be matched",
				construct, TypeName(t), TypeName(n))
		case !preferred(t) && rows.canCoerce(t, n) && !rows.canCoerce(n, t):
			t = n
		}
	}
	if t == types.UnknownOID {
		t = types.TextOID
	}
	if construct == "CASE" {
		construct = "CASE/WHEN" // what PostgreSQL says from here on
	}
	for i, n := range list {
		if n != t && !rows.canCoerce(n, t) {
			return 0, i, pgerr.Newf(pgerrcode.CannotCoerce, "%s could not convert type %s to %s",
				construct, TypeName(n), TypeName(t))
		}
	}
	return t, 0, nil
}
