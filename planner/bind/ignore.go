package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// ignoring is a writer that passes over rows which violate a key. Rows are then written one
// by one to their end, which the queue of triggers does not allow.
func (b *binder) ignoring(w *physical.TableWrite, verb string, pos ast.Pos) (*physical.TableWrite, error) {
	if len(w.Triggers) > 0 {
		return nil, errAt(pos, pgerrcode.FeatureNotSupported, "%s IGNORE of a table with triggers is not supported", verb)
	}
	return passing(w), nil
}

// ignoringInsert is ignoring for INSERT, whose duplicate keys are conflicts: only foreign
// keys, checks and partitions are left to be ignored.
func (b *binder) ignoringInsert(w *physical.TableWrite, pos ast.Pos) (*physical.TableWrite, error) {
	refers := func(c *catalog.Constraint) bool {
		return c.Refers() || c.Kind == catalog.CheckConstraint && !c.Range
	}
	if !w.Table.IsPartitioned() && !slices.ContainsFunc(w.Table.Constraints, refers) {
		c := *w
		c.Warns = true
		return &c, nil
	}
	return b.ignoring(w, "INSERT", pos)
}

func passing(w *physical.TableWrite) *physical.TableWrite {
	c := *w // the bound writer is shared
	c.Ignore, c.Warns = true, true
	return &c
}
