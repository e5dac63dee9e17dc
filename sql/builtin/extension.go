package builtin

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/extension"
	"github.com/loxodb/loxodb/sql/types"
)

// Has says which extensions a database has, and where. Of those of sql/extension that it has
// not a call or a type's name means nothing; vector and uuid-ossp are known always. It can be
// compared: equal ones find the same.
type Has struct {
	gates uint32 // a bit for each of sql/extension
	// moved are the extensions that are not in the schema public, each with the name of its
	// schema: \x00 name \x01 schema. It is empty nearly always.
	moved string
}

// extensionHome is the schema that the code knows what extensions have under: theirs,
// unless Has says another.
const extensionHome = "public"

// AllExtensions is for whoever names what is surely there, such as a type's equality.
var AllExtensions = Has{gates: ^uint32(0)}

// HasOf reads it from a catalog.
func HasOf(c *catalog.Snapshot) (h Has) {
	renamed := c.SchemaName(catalog.PublicID) != extensionHome
	add := func(name string, gate uint32) {
		x, ok := c.Extension(name)
		if !ok {
			return
		}
		h.gates |= gate
		if renamed || x.Schema != catalog.PublicID {
			h.moved += "\x00" + name + "\x01" + c.SchemaName(x.Schema)
		}
	}
	for i, x := range extension.All() {
		add(x.Name, 1<<i)
	}
	add("vector", 0)
	add("uuid-ossp", 0)
	return h
}

// Schema is where an extension is; public, where it would be, of one that is not there.
func (h Has) Schema(name string) string {
	if _, rest, ok := strings.Cut(h.moved, "\x00"+name+"\x01"); ok {
		schema, _, _ := strings.Cut(rest, "\x00")
		return schema
	}
	return extensionHome
}

// in reports that what the code knows in a schema, and that may be an extension's, is in
// the schema that is written; "" is written for every one.
func (h Has) in(written, known, extension string) bool {
	if extension != "" && h.moved != "" {
		known = h.Schema(extension)
	}
	return written == "" || written == known
}

// Type reports whether a type is there.
func (h Has) Type(t types.OID) bool {
	return t < types.FirstExtensionOID || t >= types.FirstUserOID || h.gates&gateOf(t) != 0
}

// TypeIn reports that a type, which no user made, is in the schema that is written.
func (h Has) TypeIn(schema string, t types.OID) bool {
	x := types.Extension(t)
	known := "pg_catalog"
	if x != "" {
		known = extensionHome
	}
	return h.in(schema, known, x)
}

// TypeSchema is the schema of a type of any kind.
func TypeSchema(c *catalog.Snapshot, i *types.Info) catalog.ID {
	if x := types.Extension(i.OID); x != "" {
		if e, ok := c.Extension(x); ok {
			return e.Schema
		}
	}
	return i.Namespace
}

// Func and Operator do the same as Type.
func (h Has) Func(f *Func) bool         { return f.gate == 0 || h.gates&f.gate != 0 }
func (h Has) Operator(o *Operator) bool { return o.gate == 0 || h.gates&o.gate != 0 }

// Functions are those of a name and schema that are there; "" is for pg_catalog and the
// extensions.
func (h Has) Functions(schema, name string) []*Func {
	if schema == "" || h.moved == "" {
		return inSchema(Functions(schema, name), h.Func)
	}
	return inSchema(lib().funcName[name], func(f *Func) bool { return h.in(schema, f.Schema, f.Extension) && h.Func(f) })
}

// Operators does the same; "" is for every schema.
func (h Has) Operators(schema, name string) []*Operator {
	return inSchema(Operators(name), func(o *Operator) bool { return h.in(schema, o.Schema, o.Extension) && h.Operator(o) })
}

// gateOf is the bit of the extension that has an object.
func gateOf(id types.OID) uint32 {
	i := slices.Index(extension.All(), extension.ByID(id))
	if i < 0 {
		return 0
	}
	return 1 << i
}

// loadExtensions adds what the extensions have.
func (l *library) loadExtensions(r *registrar) {
	for i, x := range extension.All() {
		gate := uint32(1) << i
		for _, c := range x.Rows("proc") {
			f := l.loadFunc(r, c, extensionHome)
			f.Extension, f.gate = x.Name, gate
		}
		for _, c := range x.Rows("operator") {
			if o := l.loadOperator(c, extensionHome); o != nil {
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
