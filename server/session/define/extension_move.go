package define

import (
	"context"
	"slices"

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
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
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
	for _, t := range types.All() {
		if types.Extension(t.OID) == x.Name && e.Catalog.TypeExists(to.ID, t.Name) {
			return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists in schema %q", t.Name, to.Name)
		}
	}
	for _, f := range builtin.AllFunctions() {
		if f.Extension != x.Name {
			continue
		}
		for _, own := range e.Catalog.Functions(to.ID, f.Name) {
			if slices.Equal(own.InputTypes(), f.Args) {
				return pgerr.Newf(pgerrcode.DuplicateFunction, "function %s already exists in schema %q", builtin.CallText("", f.Name, f.Args), to.Name)
			}
		}
	}
	return nil
}
