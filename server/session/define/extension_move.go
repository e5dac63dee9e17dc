package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// moveExtension is ALTER EXTENSION … SET SCHEMA. What is stored names what an extension has
// without its schema, so nothing else changes.
func (e *Env) moveExtension(ctx context.Context, st *ast.AlterSchema) error {
	x, ok := e.Catalog.Extension(st.Name.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", st.Name.Name)
	}
	to, ok := e.Catalog.Schema(st.Schema)
	if st.Schema == "pg_catalog" {
		to, ok = &catalog.Schema{ID: catalog.PgCatalogID, Name: st.Schema}, true
	}
	switch {
	case !ok && st.Schema != "pg_temp":
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Schema)
	case x.Name == "plpgsql":
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "extension %q does not support SET SCHEMA", x.Name)
	case !ok || to.Temp:
		return movesTemporary()
	case to.ID == x.Schema:
		return nil
	}
	if err := e.roomFor(x, to); err != nil {
		return err
	}
	edit := e.change(ctx)
	moved := *x
	moved.Schema = to.ID
	return edit.PutExtension(&moved)
}

// roomFor refuses a schema that has a type or a function as the extension has.
func (e *Env) roomFor(x *catalog.Extension, to *catalog.Schema) error {
	switch t, f := e.sameAsParts(x.Name, to.ID); {
	case t != nil:
		return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists in schema %q", t.Name, to.Name)
	case f != nil:
		return pgerr.Newf(pgerrcode.DuplicateFunction, "function %s already exists in schema %q", builtin.CallText("", f.Name, f.Args), to.Name)
	}
	return nil
}

// sameAsParts is a type or else a function of an extension that a schema has one like, of users; nil where it has none.
func (e *Env) sameAsParts(extension string, schema catalog.ID) (*types.Info, *builtin.Func) {
	for _, t := range types.All() {
		if types.Extension(t.OID) == extension && !t.IsArray && e.Catalog.TypeExists(schema, t.Name) {
			return t, nil
		}
	}
	for _, f := range builtin.AllFunctions() {
		if f.Extension != extension {
			continue
		}
		for _, own := range e.Catalog.Functions(schema, f.Name) {
			if equalTypes(own.InputTypes(), f.Args) {
				return nil, f
			}
		}
	}
	return nil, nil
}

// extensionType reports that an extension has a type of the name in the schema.
func (e *Env) extensionType(schema catalog.ID, name string) bool {
	t := types.ByName(name)
	if t == nil || t.IsArray {
		return false
	}
	x, ok := e.Catalog.Extension(types.Extension(t.OID))
	return ok && x.Schema == schema
}

// extensionFunc is the function of an extension that is in the schema under the name and takes these types.
func (e *Env) extensionFunc(schema catalog.ID, name string, args []types.OID) *builtin.Func {
	for _, x := range e.Catalog.Extensions() {
		if x.Schema != schema {
			continue
		}
		for _, f := range builtin.AllFunctions() {
			if f.Name == name && f.Extension == x.Name && equalTypes(f.Args, args) {
				return f
			}
		}
	}
	return nil
}
