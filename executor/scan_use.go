package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
)

// scanUse is what an operator has scanned of a relation since it was last counted. An
// operator counts when it is closed or begins anew, not row by row.
type scanUse struct{ scans, read, fetched int64 }

// flush counts it for the statement's transaction.
func (u *scanUse) flush(env *Env, id catalog.ID) {
	if env != nil {
		env.Uses.Scan(id, u.scans, u.read, u.fetched)
	}
	*u = scanUse{}
}

// scanned is the relation that a scan of a table counts for: its index, or the primary key
// if that is the key by which rows are kept and the scan goes by it, or the table. EXPLAIN
// names the same.
func scanned(n *physical.Scan) (id catalog.ID, index bool) {
	b := &n.Bounds
	switch {
	case n.Index != nil:
		return n.Index.ID, true
	case n.Reverse || len(b.Prefix) > 0 || b.Lo != nil || b.Hi != nil:
		for _, x := range n.Table.Indexes {
			if x.Primary {
				return x.ID, true
			}
		}
	}
	return n.Table.ID, false
}

// lookedUp counts that one key was looked up in an index.
func (e *Env) lookedUp(x *catalog.Index, found bool) {
	n := int64(0)
	if found {
		n = 1
	}
	e.Uses.Scan(x.ID, 1, n, n)
}
