package session

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// cursorRow is the row of a table that WHERE CURRENT OF means (PostgreSQL's
// execCurrentOf); ok is false where the cursor's row has none of the table.
func (s *Session) cursorRow(name string, t *catalog.Table) (row uint64, ok bool, err error) {
	if t.IsPartitioned() { // ONLY it has no rows
		return 0, false, nil
	}
	c := s.portals[name]
	if c == nil {
		return 0, false, pgerr.Newf(pgerrcode.InvalidCursorName, "cursor \"%s\" does not exist", name)
	}
	bad := func(format string, args ...any) (uint64, bool, error) {
		return 0, false, pgerr.Newf(pgerrcode.InvalidCursorState, "cursor \"%s\" "+format, append([]any{name}, args...)...)
	}
	switch {
	case c.kind != backend.KindRows || c.stmt.plan == nil || c.stmt.plan.Tag != "SELECT":
		return bad("is not a SELECT query")
	case c.held || c.broken: // what it read is gone
		return bad("is held from a previous transaction")
	}
	p, found := position(c.stmt.plan, t.ID)
	switch locking := locksRows(c.stmt.plan); {
	case locking && found == 0:
		return bad("does not have a FOR UPDATE/SHARE reference to table \"%s\"", t.Name)
	case found > 1:
		return bad("has multiple FOR UPDATE/SHARE references to table \"%s\"", t.Name)
	case found == 0 || !c.cursor || !locking && !walksTable(c.stmt.plan.Root, t):
		return bad("is not a simply updatable scan of table \"%s\"", t.Name)
	case c.at < 1 || c.at > int64(c.buffer.Len()):
		return bad("is not positioned on a row")
	}
	b, err := c.buffer.Slice(int(c.at-1), 1)
	if err != nil {
		return 0, false, err
	}
	cols := b.Cols
	if cols[p.Col].Null[0] || p.Family != nil && catalog.ID(cols[p.TableCol].I[0]) != t.ID {
		return 0, false, nil
	}
	row = uint64(cols[p.Col].I[0])
	if s.tx.txn != nil {
		row = s.tx.txn.Moved(t.Storage, row, c.moves)
	}
	return row, true, nil
}

// position is where a cursor's plan has the table's row, and in how many places. Of a table
// with children that are the tables which are read.
func position(plan *physical.Plan, t catalog.ID) (p physical.Position, found int) {
	for _, x := range plan.Positions {
		if x.Family == nil && x.Table == t ||
			slices.ContainsFunc(x.Family, func(m *catalog.Table) bool { return m.ID == t }) && readsTable(plan, t) {
			p = x
			found++
		}
	}
	return p, found
}

// readsTable reports a plan with a scan of a table's rows.
func readsTable(plan *physical.Plan, t catalog.ID) bool {
	return plan.Contains(func(n physical.Node) bool {
		switch x := n.(type) {
		case *physical.Scan:
			return x.Table.ID == t
		case *physical.BitmapScan:
			return x.Table.ID == t
		case *physical.RangeSearch:
			return x.Table.ID == t
		case *physical.VectorSearch:
			return x.Table.ID == t
		}
		return false
	})
}

func locksRows(plan *physical.Plan) bool {
	return len(plan.Positions) > 0 && plan.Positions[0].Locked
}

// walksTable reports a plan that hands out a table's rows as it reads them: of several tables
// one after the other, so that at most one of them stands on a row.
func walksTable(n physical.Node, t *catalog.Table) bool {
	switch x := n.(type) {
	case *physical.Scan:
		return x.Table.ID == t.ID
	case *physical.BitmapScan:
		return x.Table.ID == t.ID
	case *physical.Filter:
		return walksTable(x.Input, t)
	case *physical.Project:
		return walksTable(x.Input, t)
	case *physical.Limit:
		return walksTable(x.Input, t)
	case *physical.Append:
		return slices.ContainsFunc(x.Inputs, func(in physical.Node) bool { return walksTable(in, t) })
	}
	return false
}

// scrolls reports a cursor that can be read backward: as it was declared, or else if
// PostgreSQL could read such a plan backward.
func scrolls(st *ast.Declare, plan *physical.Plan) bool {
	if st.Scroll != nil {
		return *st.Scroll
	}
	if len(st.Query.Locking) > 0 {
		return false
	}
	root := plan.Root
	if st.Query.WithTies { // a Limit of PostgreSQL's, a rank here
		root = ranked(root)
	}
	return readsBackward(root)
}

// ranked is what WITH TIES ranks; n without such.
func ranked(n physical.Node) physical.Node {
	for at := n; ; {
		switch x := at.(type) {
		case *physical.Project:
			at = x.Input
		case *physical.Limit:
			at = x.Input
		case *physical.Filter:
			at = x.Input
		case *physical.Window:
			return x.Input
		default:
			return n
		}
	}
}

func readsBackward(n physical.Node) bool {
	switch x := n.(type) {
	case *physical.Scan, *physical.BitmapScan, *physical.RangeSearch, *physical.VectorSearch, *physical.VirtualScan,
		*physical.FuncScan, *physical.CTEScan, *physical.Sort:
		return true
	case *physical.Values: // a single row is a Result of PostgreSQL's, which goes forward only
		return len(x.Rows) > 1
	case *physical.Filter:
		return readsBackward(x.Input)
	case *physical.Project:
		return readsBackward(x.Input)
	case *physical.Limit:
		return readsBackward(x.Input)
	case *physical.Append:
		for _, in := range x.Inputs {
			if !readsBackward(in) {
				return false
			}
		}
		return true
	case *physical.MergeAppend:
		for _, in := range x.Inputs {
			if !readsBackward(in) {
				return false
			}
		}
		return true
	}
	return false
}

// mayDeclare refuses queries that no cursor may have (transformDeclareCursorStmt).
func mayDeclare(st *ast.Declare, plan *physical.Plan) error {
	if plan == nil {
		return nil
	}
	if len(plan.WriteCTEs) > 0 {
		return pgerr.New(pgerrcode.FeatureNotSupported, "DECLARE CURSOR must not contain data-modifying statements in WITH")
	}
	if len(st.Query.Locking) == 0 {
		return nil
	}
	lock := ast.LockingWords(st.Query.Locking[0].Strength)
	code, form, detail := pgerrcode.FeatureNotSupported, "", ""
	switch {
	case st.Hold:
		form, detail = "DECLARE CURSOR WITH HOLD ... %s is not supported", "Holdable cursors must be READ ONLY."
	case st.Scroll != nil && *st.Scroll:
		form, detail = "DECLARE SCROLL CURSOR ... %s is not supported", "Scrollable cursors must be READ ONLY."
	case st.Insensitive:
		code, form, detail = pgerrcode.InvalidCursorDefinition, "DECLARE INSENSITIVE CURSOR ... %s is not valid", "Insensitive cursors must be READ ONLY."
	default:
		return nil
	}
	return pgerr.Newf(code, form, lock).WithDetail("%s", detail)
}
