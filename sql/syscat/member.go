package syscat

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/extension"
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
var Extensions = func() []Extension {
	out := []Extension{
		{ID: 18600, Name: "uuid-ossp", Version: "1.1", Comment: "generate universally unique identifiers (UUIDs)", Relocatable: true, Trusted: true},
		{ID: catalog.VectorExtensionID, Name: "vector", Version: "0.8.6", Comment: "vector data type and ivfflat and hnsw access methods",
			Relocatable: true, Trusted: true},
	}
	for _, x := range extension.All() {
		out = append(out, Extension{ID: x.ID, Name: x.Name, Version: x.Version, Comment: x.Comment, Relocatable: x.Relocatable, Trusted: x.Trusted})
	}
	slices.SortFunc(out, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	return out
}()

// shownExtensions are those and plpgsql, which every database is born with.
func shownExtensions() []Extension {
	out := append(slices.Clone(Extensions), Extension{Name: "plpgsql", Version: "1.0", Comment: "PL/pgSQL procedural language", Trusted: true})
	slices.SortFunc(out, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// members calls each with every object of an extension. Array types are
// their element types'.
func members(x string, each func(class, id catalog.ID)) {
	for _, t := range types.All() {
		if types.Extension(t.OID) == x && !t.IsArray {
			each(classType, t.OID)
		}
	}
	for _, f := range builtin.AllFunctions() {
		if f.Extension == x {
			each(classProc, f.OID)
		}
	}
	for _, o := range builtin.AllOperators() {
		if o.Extension == x {
			each(classOperator, o.OID)
		}
	}
	for _, c := range builtin.AllCasts() {
		if castExtension(c) == x {
			each(classCast, c.OID)
		}
	}
	for _, kind := range []struct {
		file  string
		class catalog.ID
	}{{"am", classAm}, {"opfamily", classOpfamily}, {"opclass", classOpclass}} {
		for _, f := range extensionRows(x, kind.file) {
			each(kind.class, number(f[0]))
		}
	}
}

// castExtension is the extension that a cast belongs to, "" for PostgreSQL's own.
func castExtension(c *builtin.Cast) string {
	if x := types.Extension(c.Source); x != "" {
		return x
	}
	return types.Extension(c.Target)
}

// NamedClasses are the operator classes of an extension that indexes depend on by name: those
// for inverted indexes, and for exclusion constraints over gist.
func NamedClasses(x string) (out []catalog.ID) {
	for _, f := range extensionRows(x, "opclass") {
		if am := number(f[1]); am == catalog.GinAmID || am == catalog.GistAmID {
			out = append(out, number(f[0]))
		}
	}
	return out
}

// ClassName is the access method of an operator class for inverted or gist indexes, and
// its name.
func ClassName(id catalog.ID) (method, name string) {
	for _, c := range opClasses() {
		if c.oid == id {
			if c.method == catalog.GistAmID {
				return "gist", c.name
			}
			return "gin", c.name
		}
	}
	return "", ""
}

// extensionRows are the rows that an extension adds to pg_am, pg_opfamily, pg_opclass,
// pg_amop and pg_amproc, by the names of these without pg_.
func extensionRows(x, kind string) [][]string {
	if x == "vector" {
		return fields("vector_" + kind)
	}
	for _, e := range extension.All() {
		if e.Name == x {
			return e.Rows(kind)
		}
	}
	return nil
}

// catalogRows are the rows of such a catalog with those of all extensions.
func catalogRows(kind string) [][]string {
	out := bornRows("pg_" + kind)
	for _, x := range Extensions {
		out = append(out, extensionRows(x.Name, kind)...)
	}
	return out
}

// describe names an operator, cast, access method, operator class or family, as
// pg_describe_object does; "" for other objects.
func (p *Printer) describe(id catalog.ID) string {
	if o := builtin.OperatorByOID(id); o != nil {
		left := "NONE"
		if o.Left != 0 {
			left = p.typeName(types.Of(o.Left), 0)
		}
		return "operator " + o.Name + "(" + left + "," + p.typeName(types.Of(o.Right), 0) + ")"
	}
	for _, c := range builtin.AllCasts() {
		if c.OID == id {
			return "cast from " + p.typeName(types.Of(c.Source), 0) + " to " + p.typeName(types.Of(c.Target), 0)
		}
	}
	if f := bornProcs().byOID[id]; f != nil {
		x := bornFunction(f)
		var args []string
		for _, t := range x.InputTypes() {
			args = append(args, p.typeName(types.Of(t), 0))
		}
		return "function " + p.ident(x.Name) + "(" + strings.Join(args, ",") + ")"
	}
	if l := bornLanguages().byOID[id]; l != nil {
		return "language " + l.name
	}
	for name, kind := range map[string]string{"am": "access method ", "opfamily": "operator family ", "opclass": "operator class "} {
		for _, f := range catalogRows(name) {
			switch {
			case number(f[0]) != id:
			case name == "am":
				return kind + f[1]
			default:
				return kind + p.ident(f[2]) + " for access method " + methodName(f[1])
			}
		}
	}
	return ""
}

// methodName is the name of the access method whose OID is written in a file.
func methodName(oid string) string {
	for _, f := range catalogRows("am") {
		if f[0] == oid {
			return f[1]
		}
	}
	return oid
}
