package physical

import "github.com/loxodb/loxodb/sql/expr"

// RowCheck is what row security demands of a row that is written or about to be changed:
// Cond must be true. Policy names the one that demands it, "" for several.
type RowCheck struct {
	Cond   expr.Expr
	Policy string
	Kind   RowCheckKind
}

// RowCheckKind says which row was refused.
type RowCheckKind uint8

const (
	NewRow      RowCheckKind = iota
	ConflictRow              // the existing row of ON CONFLICT DO UPDATE
	TargetRow                // the target's row of MERGE
)
