package define

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// hashIndex makes the key of a hash index, which is kept as an ordered one: see
// catalog.Index.Hash. Errors are PostgreSQL's, in its order.
func (e *Env) hashIndex(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	what := ""
	switch {
	case st.Unique:
		what = "unique indexes"
	case len(st.Including) > 0:
		what = "included columns"
	case len(st.Elems) > 1:
		what = "multicolumn indexes"
	}
	if what != "" {
		return pgerr.NotSupported(-1, "access method %q does not support %s", "hash", what)
	}
	x.Method, x.Hash = "btree", true
	if err := e.orderedKeys(t, x, st, "hash"); err != nil {
		return err
	}
	el, k := &st.Elems[0], &x.Keys[0]
	switch {
	case el.OpClass == nil && (k.Type.IsVector() || !syscat.HasDefaultOpClass("hash", k.Type.OID)):
		return noDefaultClass("hash", k.Type)
	case el.Asc || el.Desc:
		return pgerr.NotSupported(-1, "access method %q does not support %s", "hash", "ASC/DESC options")
	case el.Nulls != ast.NullsDefault:
		return pgerr.NotSupported(-1, "access method %q does not support %s", "hash", "NULLS FIRST/LAST options")
	}
	return nil
}
