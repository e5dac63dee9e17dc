package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// groupOne finds or adds one GROUP BY expression.
func (b *binder) groupOne(q *selection, e ast.Expr) (int, error) {
	n, err := b.byNameOrPosition(q, e, inGroupBy)
	if err != nil {
		return 0, err
	}
	var x expr.Expr
	if n >= 0 {
		if x, err = b.known(q.targets[n].e); err != nil {
			return 0, err
		}
		q.targets[n].e = x
		if used := b.aggIn(q, x); used {
			return 0, errAt(q.targets[n].pos, pgerrcode.GroupingError, "aggregate functions are not allowed in GROUP BY")
		}
		if pos, used := b.windowIn(q, x); used {
			return 0, errAt(pos, pgerrcode.WindowingError, "window functions are not allowed in GROUP BY")
		}
	} else if x, err = b.value(q.scope, e); err != nil {
		return 0, err
	}
	if err := needEqual(x.Type(), foremost(e)); err != nil {
		return 0, err
	}
	if n < 0 {
		n = slices.IndexFunc(q.targets, func(t target) bool { return same(t.e, x) })
	}
	for i := range q.groups {
		if same(q.groups[i].e, x) && (!q.bySets || q.groups[i].target == n) {
			return i, nil
		}
	}
	if n < 0 && !slices.ContainsFunc(q.junk, func(t target) bool { return same(t.e, x) }) {
		if q.full() {
			return 0, nil
		}
		q.unlisted++
	}
	q.groups = append(q.groups, groupExpr{e: x, target: n})
	return len(q.groups) - 1, nil
}

// aggIn reports whether x refers to an aggregate of the level.
func (b *binder) aggIn(q *selection, x expr.Expr) bool {
	return logical.Uses(x, func(c logical.ColID) bool {
		for _, id := range q.level.out {
			if id == c {
				return true
			}
		}
		return false
	})
}

// windowIn finds a window function of the select list in x.
func (b *binder) windowIn(q *selection, x expr.Expr) (pos ast.Pos, found bool) {
	logical.Walk(x, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok && !found {
			for _, w := range q.windowCalls.waiting {
				if w.id == c.Index {
					pos, found = b.pos[c], true
				}
			}
		}
		return !found
	})
	return pos, found
}
