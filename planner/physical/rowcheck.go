package physical

import "github.com/loxodb/loxodb/sql/expr"

// RowCheck is what row security, or a view WITH CHECK OPTION, demands of a row that is
// written or about to be changed: Cond must be true. Name is that of the policy or view that
// demands it, "" for several policies.
type RowCheck struct {
	Cond expr.Expr
	Name string
	Kind RowCheckKind
}

// RowCheckKind says which row was refused.
type RowCheckKind uint8

const (
	NewRow      RowCheckKind = iota
	ConflictRow              // the existing row of ON CONFLICT DO UPDATE
	TargetRow                // the target's row of MERGE
	ViewRow                  // a new row that a view would not show
)
