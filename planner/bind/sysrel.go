package bind

import "github.com/loxodb/loxodb/sql/syscat"

// systemRelation finds a system table or view.
func systemRelation(schema, name string) (*syscat.Table, *syscat.View) {
	return syscat.Lookup(schema, name)
}
