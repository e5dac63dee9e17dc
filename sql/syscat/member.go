package syscat

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Catalogs whose objects an extension can have.
const (
	classProc     catalog.ID = 1255
	classAm       catalog.ID = 2601
	classCast     catalog.ID = 2605
	classOpclass  catalog.ID = 2616
	classOperator catalog.ID = 2617
	classOpfamily catalog.ID = 2753
)

// Extension is one that CREATE EXTENSION makes.
type Extension struct {
	ID                     catalog.ID
	Name, Version, Comment string
	Relocatable, Trusted   bool
}

// Extensions are all of them, but for plpgsql, which is there from the start.
var Extensions = []Extension{
	{ID: 18600, Name: "uuid-ossp", Version: "1.1", Comment: "generate universally unique identifiers (UUIDs)", Relocatable: true, Trusted: true},
	{ID: catalog.VectorExtensionID, Name: "vector", Version: "0.8.6", Comment: "vector data type and ivfflat and hnsw access methods",
		Relocatable: true, Trusted: true},
}

// functionsOf calls each with every function of an extension.
func functionsOf(extension string, each func(class, id catalog.ID)) {
	for _, f := range builtin.AllFunctions() {
		if f.Extension == extension {
			each(classProc, f.OID)
		}
	}
}

// members calls each with every object of the vector extension. Array types are
// their element types'.
func members(each func(class, id catalog.ID)) {
	for _, t := range types.All() {
		if t.OID >= types.VectorOID && !t.IsArray {
			each(classType, t.OID)
		}
	}
	functionsOf("vector", each)
	for _, o := range builtin.AllOperators() {
		if o.Schema == "public" {
			each(classOperator, o.OID)
		}
	}
	for _, c := range builtin.AllCasts() {
		if c.Source >= types.VectorOID || c.Target >= types.VectorOID {
			each(classCast, c.OID)
		}
	}
	for file, class := range map[string]catalog.ID{"vector_am": classAm, "vector_opfamily": classOpfamily, "vector_opclass": classOpclass} {
		for _, f := range fields(file) {
			each(class, number(f[0]))
		}
	}
}

// describe names an operator, cast, access method, operator class or family, as
// pg_describe_object does; "" for other objects.
func describe(id catalog.ID) string {
	if o := builtin.OperatorByOID(id); o != nil {
		left := "NONE"
		if o.Left != 0 {
			left = types.TypeName(o.Left)
		}
		return "operator " + o.Name + "(" + left + "," + types.TypeName(o.Right) + ")"
	}
	for _, c := range builtin.AllCasts() {
		if c.OID == id {
			return "cast from " + types.TypeName(c.Source) + " to " + types.TypeName(c.Target)
		}
	}
	for name, kind := range map[string]string{"am": "access method ", "opfamily": "operator family ", "opclass": "operator class "} {
		for _, f := range append(fields("pg_"+name), fields("vector_"+name)...) {
			switch {
			case number(f[0]) != id:
			case name == "am":
				return kind + builtin.QuoteIdent(f[1])
			default:
				return kind + builtin.QuoteIdent(f[2]) + " for access method " + methodName(f[1])
			}
		}
	}
	return ""
}

// methodName is the name of the access method whose OID is written in a file.
func methodName(oid string) string {
	for _, f := range append(fields("pg_am"), fields("vector_am")...) {
		if f[0] == oid {
			return f[1]
		}
	}
	return oid
}
