package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/syscat"
)

// systemRelation finds a system table or view.
func systemRelation(schema, name string) (*syscat.Table, *syscat.View) {
	return syscat.Lookup(schema, name)
}

// IsSystemRelation reports whether a name means a relation of pg_catalog or,
// qualified, of information_schema.
func IsSystemRelation(n *ast.QName) bool {
	schema := n.Schema
	if schema == "" {
		schema = "pg_catalog"
	}
	t, v := systemRelation(schema, n.Name)
	return t != nil || v != nil
}
