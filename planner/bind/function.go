package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
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

// columnType is the type of a column that table.column%TYPE names, and its domain, 0 = none.
func (b *binder) columnType(t *ast.TypeName) (types.T, catalog.ID, error) {
	column, table, schema := t.Name.Name, t.Name.Schema, t.Name.Catalog
	if table == "" {
		return types.T{}, 0, errAt(t.Pos, pgerrcode.SyntaxError, "improper %%TYPE reference (too few dotted names): %s", column)
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
			if c := rel.ColumnByName(column); c != nil {
				return c.Type, c.Domain, nil
			}
			return types.T{}, 0, noTypeOf(t)
		}
		if rel, _ := syscat.Lookup(p, table); rel != nil {
			for i := range rel.Columns {
				if rel.Columns[i].Name == column {
					return rel.Columns[i].Type, 0, nil
				}
			}
			return types.T{}, 0, noTypeOf(t)
		}
	}
	name := table
	if schema != "" {
		name = schema + "." + table
	}
	return types.T{}, 0, errAt(t.Pos, pgerrcode.UndefinedTable, "relation \"%s\" does not exist", name)
}

func noTypeOf(t *ast.TypeName) error {
	return errAt(t.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", t.Name.Name, t.Name.Schema)
}
