package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// MayCall reports whether a call of stored SQL, which names the schema of all functions
// that users made, can be one of f.
func MayCall(f *catalog.Function, x *ast.Func, o Options) bool {
	if x.Name.Name != f.Name || x.Name.Schema != o.Catalog.SchemaName(f.Schema) {
		return false
	}
	in := f.Inputs()
	least := 0
	for i := range in {
		if in[i].Default == "" && in[i].Mode != catalog.ArgVariadic {
			least++
		}
	}
	variadic := len(in) > 0 && in[len(in)-1].Mode == catalog.ArgVariadic
	return len(x.Args) >= least && (variadic || len(x.Args) <= len(in))
}

// columnType is the type of a column that table.column%TYPE names.
func (b *binder) columnType(t *ast.TypeName) (types.T, error) {
	column, table, schema := t.Name.Name, t.Name.Schema, t.Name.Catalog
	if table == "" {
		return types.T{}, errAt(t.Pos, pgerrcode.SyntaxError, "improper %%TYPE reference (too few dotted names): %s", column)
	}
	path := []string{schema}
	if schema == "" {
		path = b.o.Session.SearchPath(true)
	}
	for _, p := range path {
		s, ok := b.o.Catalog.Schema(p)
		if !ok {
			continue
		}
		if rel, ok := b.o.Catalog.Table(s.ID, table); ok {
			c := rel.ColumnByName(column)
			if c == nil {
				return types.T{}, errAt(t.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, table)
			}
			return c.Type, nil
		}
	}
	name := table
	if schema != "" {
		name = schema + "." + table
	}
	return types.T{}, errAt(t.Pos, pgerrcode.UndefinedTable, "relation \"%s\" does not exist", name)
}
