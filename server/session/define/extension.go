package define

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// createExtension is CREATE EXTENSION. What it brings is known anyway, and shown from
// then on.
func (e *Env) createExtension(ctx context.Context, st *ast.CreateExtension) error {
	if _, ok := e.Catalog.Extension(st.Name); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "extension %q already exists, skipping", st.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "extension %q already exists", st.Name)
	}
	x := &catalog.Extension{Name: st.Name}
	for _, k := range syscat.Extensions {
		if k.Name == st.Name {
			x.ID, x.Version, x.Comment = k.ID, k.Version, k.Comment
		}
	}
	if st.Name == "plpgsql" {
		x.ID, x.Version = 13800, "1.0"
	}
	if x.ID == 0 {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "extension %q is not available", st.Name).
			WithDetail("Could not open extension control file \"%s\": No such file or directory.", controlFile(st.Name)).
			WithHint("The extension must first be installed on the system where PostgreSQL is running.")
	}
	if st.Version != "" && st.Version != x.Version {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "extension %q has no installation script nor update path for version %q", st.Name, st.Version)
	}
	var err error
	if x.Schema, err = e.extensionSchema(st); err != nil {
		return err
	}
	switch t, f := e.sameAsParts(x.Name, x.Schema); {
	case t != nil:
		return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists", t.Name)
	case f != nil:
		return pgerr.Newf(pgerrcode.DuplicateFunction, "function %q already exists with same argument types", f.Name)
	}
	edit := e.change(ctx)
	return edit.PutExtension(x)
}

// extensionSchema is the schema of a new extension: the one that is written, or the first of
// the search path that there is. plpgsql has a schema of its own.
func (e *Env) extensionSchema(st *ast.CreateExtension) (catalog.ID, error) {
	if st.Schema != "" {
		s, ok := e.Catalog.Schema(st.Schema)
		switch {
		case st.Schema == "pg_catalog":
			return catalog.PgCatalogID, nil
		case !ok || s.Name != st.Schema: // pg_temp stands for a name, it is none
			return 0, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Schema)
		case st.Name == "plpgsql":
			return 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "extension %q must be installed in schema %q", st.Name, "pg_catalog")
		}
		return s.ID, nil
	}
	if st.Name == "plpgsql" {
		return catalog.PgCatalogID, nil
	}
	for _, p := range e.Targets {
		if s, ok := e.Catalog.Schema(p); ok {
			return s.ID, nil
		}
	}
	return 0, pgerr.New(pgerrcode.InvalidSchemaName, "no schema has been selected to create in")
}

// updateExtension is ALTER EXTENSION … UPDATE: an extension has the one version that the
// server knows.
func (e *Env) updateExtension(st *ast.AlterExtension) error {
	x, ok := e.Catalog.Extension(st.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", st.Name)
	}
	if st.Version != "" && st.Version != x.Version {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "extension %q has no update path from version %q to version %q",
			x.Name, x.Version, st.Version)
	}
	e.notice("00000", "version %q of extension %q is already installed", x.Version, x.Name)
	return nil
}

// controlFile is where PostgreSQL would look for an extension.
func controlFile(name string) string {
	return "/usr/share/postgresql/15/extension/" + name + ".control"
}

func (e *Env) dropExtension(n *ast.QName) (*object, error) {
	x, ok := e.Catalog.Extension(n.Name)
	if !ok {
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", n.Name)
	}
	return &object{kind: extensionObject, id: x.ID}, nil
}

func (e *Env) extensionByID(id catalog.ID) *catalog.Extension {
	for _, x := range e.Catalog.Extensions() {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// extensionParts are the types of an extension, which go with it, and what calls its functions.
func (e *Env) extensionParts(id catalog.ID) (out []dependent) {
	x := e.extensionByID(id)
	for _, t := range types.All() {
		if types.Extension(t.OID) == x.Name && !t.IsArray {
			out = append(out, dependent{object: object{kind: typeObject, id: t.OID}, auto: true})
		}
	}
	for _, id := range syscat.NamedClasses(x.Name) {
		out = append(out, dependent{object: object{kind: classObject, id: id}, order: id, auto: true})
	}
	seen := map[string]bool{}
	for _, f := range builtin.AllFunctions() {
		call := fmt.Sprint(f.Name, len(f.Args))
		if f.Extension == x.Name && len(builtin.Functions("pg_catalog", f.Name)) == 0 && !seen[call] {
			seen[call] = true
			out = append(out, dependent{object: object{kind: extensionFunction, id: f.OID}, auto: true})
		}
	}
	return out
}

// callersOf is what calls a function in stored SQL text. Overloads are told apart by the number
// of arguments only.
func (e *Env) callersOf(f *builtin.Func) (out []dependent) {
	for _, t := range e.Catalog.Tables() {
		if t.HasQuery() {
			if e.calls(f, t.ViewSQL) {
				out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
			}
			continue
		}
		for i := range t.Columns {
			switch c := &t.Columns[i]; {
			case c.Dropped || !e.calls(f, c.Default):
			case c.Generated != 0:
				out = append(out, dependent{object: object{kind: columnObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			default:
				out = append(out, dependent{object: object{kind: defaultObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			}
		}
		out = append(out, dividedBy(t, func(text string) bool { return e.calls(f, text) })...)
		for _, k := range t.Constraints {
			if e.calls(f, k.Expr) {
				out = append(out, dependent{object: object{kind: constraintObject, id: t.ID, part: k.ID}, order: k.ID})
			}
		}
		for _, x := range t.Indexes {
			if e.calls(f, x.Where) || slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return e.calls(f, k.Expr) }) {
				out = append(out, dependent{object: object{kind: indexObject, id: x.ID}, order: x.ID})
			}
		}
	}
	return out
}

// calls reports whether stored SQL text, an expression or a query, calls a function.
func (e *Env) calls(f *builtin.Func, text string) bool {
	if !strings.Contains(text, f.Name) {
		return false
	}
	list, err := e.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		if list, err = e.Parser.Parse("SELECT " + text); err != nil {
			return false
		}
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if c, ok := n.(*ast.Func); ok {
			found = found || c.Name.Name == f.Name && len(c.Args) == len(f.Args)
		}
		return !found
	})
	return found
}
