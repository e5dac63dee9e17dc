package catalog

import (
	"github.com/loxodb/loxodb/sql/types"
)

// TypeKind is pg_type.typtype of a user's type.
type TypeKind byte

const (
	EnumType   TypeKind = 'e'
	DomainType TypeKind = 'd'
	RangeType  TypeKind = 'r'
	// MultirangeType goes with a range type.
	MultirangeType TypeKind = 'm'
)

// Type is a type that a user made. Immutable.
type Type struct {
	ID, Schema ID
	Name       string
	Kind       TypeKind
	Owner      ID
	Array      ID // the array type over it
	ArrayName  string
	Shown      string      // the name as messages show it: quoted, with its schema unless that is public
	Enum       *types.Enum `json:",omitempty"`
	Comment    string
	// Born places the type among other objects by when it was made, which its own number,
	// drawn at random, does not: a number of the common counter, 0 in databases made before.
	Born ID `json:",omitempty"`
	// Of a domain: the type of its values, the domain that it was made over, and what
	// that and it demand. Default and the Exprs of Checks, over a column named value, are SQL text.
	Base      types.T
	NDims     int16         `json:",omitempty"`
	Over      ID            `json:",omitempty"`
	NotNull   bool          `json:",omitempty"`
	Default   string        `json:",omitempty"`
	Checks    []*Constraint `json:",omitempty"`
	Collation ID            `json:",omitempty"`
	// Range is what a range type and its multirange type are of.
	Range *Range `json:",omitempty"`
}

// Range says what a user's range type is: OIDs of it, of its multirange type, its
// elements' type, their operator class and collation, and the function that tells how
// far two of them are apart; 0 for none.
type Range struct {
	types.RangeType
	OpClass   ID
	Collation ID `json:",omitempty"`
	Diff      ID `json:",omitempty"`
	Cast      ID // the cast to the multirange type
}

// Infos describes the type and its array type for types.Register.
func (t *Type) Infos() []*types.Info {
	if t.Kind == DomainType {
		d, a := types.DomainInfo(t.ID, t.Array, t.Schema, t.Base, t.Name, t.ArrayName, t.Shown)
		return []*types.Info{d, a}
	}
	if t.Range != nil {
		r, a := types.RangeInfo(&t.Range.RangeType, byte(t.Kind), t.Array, t.Schema, t.Name, t.ArrayName, t.Shown)
		return []*types.Info{r, a}
	}
	e, a := types.EnumInfo(t.ID, t.Array, t.Schema, t.Name, t.ArrayName, t.Shown, t.Enum)
	return []*types.Info{e, a}
}
