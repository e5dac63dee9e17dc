package bind

import (
	"slices"
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
		err := b.lockAllowed(q, l)
		if err == nil && !l.Pushed {
			err = b.unlockable
		}
		if err != nil && l.Pushed {
			b.cannotLock(err)
			return nil
		}
		if err != nil {
			return err
		}
		b.locks = true
		if len(l.Of) == 0 {
			for _, it := range q.known() { // those inside of joins with an alias, too
				if err := b.lockItem(q, l, it, nil); err != nil {
					return err
				}
			}
			continue
		}
		for j := range l.Of {
			if err := b.lockNamed(q, l, &l.Of[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// cannotLock notes the error for a lock that a subquery gets from the level around it. That
// level is analysed to its end before its locks are given to what it reads.
func (b *binder) cannotLock(err error) {
	if b.unlockable == nil {
		b.unlockable = err
	}
}

// lockNamed locks what OF names.
func (b *binder) lockNamed(q *selection, l *ast.Locking, n *ast.QName) error {
	if n.Schema != "" {
		return errAt(n.Pos, pgerrcode.SyntaxError, "%s must specify unqualified relation names", lockName(l.Strength))
	}
	for _, it := range q.items {
		if it.relVisible && it.name == n.Name {
			return b.lockItem(q, l, it, n)
		}
	}
	return errAt(n.Pos, pgerrcode.UndefinedTable, "relation \"%s\" in %s clause not found in FROM clause", n.Name, lockName(l.Strength))
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

// lockItem locks an item of FROM, which OF names if named is not nil. Subqueries and
// views have locked their own tables when they were bound; without OF, what cannot be
// locked is left out.
func (b *binder) lockItem(q *selection, l *ast.Locking, it *nsItem, named *ast.QName) error {
	if it.rel == nil || it.rel.scan == nil {
		what := "a join"
		if it.rel != nil {
			what = it.rel.what
		}
		if named == nil || what == "" {
			return nil
		}
		return errAt(named.Pos, pgerrcode.FeatureNotSupported, "%s cannot be applied to %s", lockName(l.Strength), what)
	}
	if it.rel.table.Kind == catalog.KindMatView {
		return errAt(ast.NoPos, pgerrcode.WrongObjectType, "cannot lock rows in materialized view \"%s\"", it.rel.table.Name)
	}
	if u := b.noted(it.rel.use); u != nil {
		u.Need |= catalog.PrivUpdate
	}
	if err := b.secure(it.rel, 'w'); err != nil {
		return err
	}
	id := b.scanColumn(it.rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID))
	q.junk = append(q.junk, target{name: "rowid", e: id, pos: ast.NoPos})
	junk := len(q.junk) - 1
	if it.rel.scan.Family != nil {
		have := len(it.rel.scan.Attrs)
		of := b.scanColumn(it.rel, catalog.TableOidAttr, "tableoid", types.Of(types.OidOID))
		if len(it.rel.scan.Attrs) > have { // nobody has named it, so nobody needs a right to it
			b.meta.Cols[of.Index].Use = 0
		}
		q.junk = append(q.junk, target{name: "tableoid", e: of, pos: ast.NoPos})
	}
	q.locks = append(q.locks, rowLock{junk: junk, RowLock: logical.RowLock{Table: it.rel.table, Family: it.rel.scan.Family,
		Shared: l.Strength <= ast.ForShare, NoWait: l.NoWait, Skip: l.Skip, Words: lockName(l.Strength)}})
	return nil
}

// locks reports that FOR UPDATE or its kin is for what FROM calls by the name.
func locks(l *ast.Locking, alias string) bool {
	return len(l.Of) == 0 || slices.ContainsFunc(l.Of, func(n ast.QName) bool { return n.Name == alias })
}

// pushLocks is a subquery or view with the locks that the level around it applies to it.
func pushLocks(s *scope, sub *ast.Select, alias string) *ast.Select {
	var pushed []ast.Locking
	for _, l := range s.locking {
		if !locks(&l, alias) {
			continue
		}
		l.Of, l.Pushed = nil, true
		pushed = append(pushed, l)
	}
	if pushed == nil || sub.Values != nil && sub.SetOp == ast.SetNone {
		return sub
	}
	c := *sub
	c.Locking = append(slices.Clone(sub.Locking), pushed...)
	return &c
}

// lockClause puts the Lock above the order.
func (b *binder) lockClause(q *selection) error {
	if len(q.locks) == 0 {
		return nil
	}
	n := &logical.Lock{Input: q.tree, Pushed: q.x.Locking[0].Pushed}
	for _, l := range q.locks {
		l.Row = q.junk[l.junk].id
		if l.Family != nil {
			l.TableOID = q.junk[l.junk+1].id
		}
		n.Locks = append(n.Locks, l.RowLock)
	}
	q.tree = n
	return nil
}
