package builtin

import (
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/extension"
	"github.com/loxodb/loxodb/sql/types"
)

// Has says which extensions of sql/extension a database has, a bit for each. Of the others
// a call or a type's name means nothing. vector and uuid-ossp are known always.
type Has uint32

// AllExtensions is for whoever names what is surely there, such as a type's equality.
const AllExtensions = ^Has(0)

// HasOf reads it from a catalog.
func HasOf(c *catalog.Snapshot) (h Has) {
	for i, x := range extension.All() {
		if _, ok := c.Extension(x.Name); ok {
			h |= 1 << i
		}
	}
	return h
}

// Type reports whether a type is there.
func (h Has) Type(t types.OID) bool {
	return t < types.FirstExtensionOID || t >= types.FirstUserOID || h&gateOf(t) != 0
}

// Func and Operator do the same.
func (h Has) Func(f *Func) bool         { return f.gate == 0 || h&f.gate != 0 }
func (h Has) Operator(o *Operator) bool { return o.gate == 0 || h&o.gate != 0 }

// Functions are those of a name that are there.
func (h Has) Functions(schema, name string) []*Func { return inSchema(Functions(schema, name), h.Func) }

// Operators does the same.
func (h Has) Operators(name string) []*Operator { return inSchema(Operators(name), h.Operator) }

// gateOf is the bit of the extension that has an object.
func gateOf(id types.OID) Has {
	i := slices.Index(extension.All(), extension.ByID(id))
	if i < 0 {
		return 0
	}
	return 1 << i
}

// loadExtensions adds what the extensions have.
func (l *library) loadExtensions(r *registrar) {
	for i, x := range extension.All() {
		gate := Has(1) << i
		for _, c := range x.Rows("proc") {
			f := l.loadFunc(r, c, "public")
			f.Extension, f.gate = x.Name, gate
		}
		for _, c := range x.Rows("operator") {
			if o := l.loadOperator(c, "public"); o != nil {
				o.Extension, o.gate = x.Name, gate
			}
		}
		for _, c := range x.Rows("cast") {
			l.loadCast(c)
		}
		for _, c := range x.Rows("aggregate") {
			l.loadAggregate(c)
		}
	}
}

// OrderOperator is the operator of an extension's type that does what < or = does in the
// type's btree operator class; nil for other types.
func OrderOperator(name string, t types.OID) *Operator {
	if t < types.FirstExtensionOID || t >= types.FirstUserOID {
		return nil
	}
	strategy := map[string]int{"<": 1, "=": 3}[name]
	for _, o := range AllOperators() {
		if o.Left == t && o.Right == t && o.Strategy == strategy && strategy != 0 {
			return o
		}
	}
	return nil
}

// ExtensionCast is the function by which an extension casts; nil for other casts, which
// types.Cast does.
func ExtensionCast(from, to types.OID) *Func {
	c := lib().castTypes[[2]types.OID{from, to}]
	if c == nil || c.Func == nil || c.Func.gate == 0 {
		return nil
	}
	return c.Func
}
