package bind

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

func lockName(s ast.LockStrength) string {
	return [...]string{"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}[s]
}

// rowLock is a table to be locked and the junk item that holds its RowID.
type rowLock struct {
	logical.RowLock
	junk int
}

// lockColumns checks FOR UPDATE and its kin and adds the RowIDs they need to the
// select list as junk.
func (b *binder) lockColumns(q *selection) error {
	for i := range q.x.Locking {
		l := &q.x.Locking[i]
		if err := b.lockAllowed(q, l); err != nil {
			return err
		}
		b.locks = true
		if len(l.Of) == 0 {
			for _, it := range q.items {
				if err := b.lockItem(q, l, it, false); err != nil {
					return err
				}
			}
			continue
		}
		for j := range l.Of {
			found := false
			for _, it := range q.items {
				if it.relVisible && it.name == l.Of[j].Name {
					found = true
					if err := b.lockItem(q, l, it, true); err != nil {
						return err
					}
				}
			}
			if !found {
				return errAt(l.Of[j].Pos, pgerrcode.UndefinedTable, "relation \"%s\" in %s clause not found in FROM clause", l.Of[j].Name, lockName(l.Strength))
			}
		}
	}
	return nil
}

func (b *binder) lockAllowed(q *selection, l *ast.Locking) error {
	what := ""
	switch {
	case q.x.Distinct || q.x.DistinctOn != nil:
		what = "with DISTINCT clause"
	case q.grouped:
		what = "with GROUP BY clause"
	case q.having != nil:
		what = "with HAVING clause"
	case len(q.level.aggs) > 0:
		what = "with aggregate functions"
	case len(q.windowCalls.nodes) > 0:
		what = "with window functions"
	case q.srfs != nil && q.srfs.used:
		what = "with set-returning functions in the target list"
	default:
		return nil
	}
	return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "%s is not allowed %s", lockName(l.Strength), what)
}

func (b *binder) lockItem(q *selection, l *ast.Locking, it *nsItem, named bool) error {
	if it.rel == nil {
		return nil // a join: its sides are items too
	}
	if it.rel.scan == nil {
		if named || it.rel.derived {
			return notYet(l.Pos, lockName(l.Strength)+" of something other than a table")
		}
		return nil // functions and system relations have nothing to lock
	}
	if it.rel.table.Kind == catalog.KindMatView {
		return errAt(ast.NoPos, pgerrcode.WrongObjectType, "cannot lock rows in materialized view \"%s\"", it.rel.table.Name)
	}
	id := b.scanColumn(it.rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID))
	q.junk = append(q.junk, target{name: "rowid", e: id, pos: ast.NoPos})
	q.locks = append(q.locks, rowLock{junk: len(q.junk) - 1, RowLock: logical.RowLock{Table: it.rel.table,
		Shared: l.Strength <= ast.ForShare, NoWait: l.NoWait, Skip: l.Skip}})
	return nil
}

// lockClause puts the Lock above the order.
func (b *binder) lockClause(q *selection) error {
	if len(q.locks) == 0 {
		return nil
	}
	n := &logical.Lock{Input: q.tree}
	for _, l := range q.locks {
		l.Row = q.junk[l.junk].id
		n.Locks = append(n.Locks, l.RowLock)
	}
	q.tree = n
	return nil
}
