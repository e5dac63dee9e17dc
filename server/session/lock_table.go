package session

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// tableLock is LOCK TABLE being run.
type tableLock struct {
	s    *Session
	mode kv.Mode
	need catalog.Priv // any of them
	name string       // as pg_locks shows it
	seen []catalog.ID // the views on the way
}

// lockTables is LOCK TABLE. Modes that only exclude schema changes are taken
// shared, the others exclusively, which is stronger than asked but never weaker.
func (s *Session) lockTables(ctx context.Context, st *ast.LockTable) error {
	l := &tableLock{s: s, mode: kv.Exclusive, need: catalog.PrivUpdate | catalog.PrivDelete | catalog.PrivTruncate}
	for _, word := range strings.Fields(st.Mode) {
		l.name += strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
	}
	l.name += "Lock"
	switch strings.ToUpper(st.Mode) {
	case "ACCESS SHARE":
		l.mode, l.need = kv.Shared, catalog.PrivSelect
	case "ROW EXCLUSIVE":
		l.mode, l.need = kv.Shared, l.need|catalog.PrivInsert
	case "ROW SHARE":
		l.mode = kv.Shared
	}
	for i := range st.Tables {
		t, err := s.findTable(&st.Tables[i])
		if err != nil {
			if s.systemRelation(&st.Tables[i]) != nil {
				continue // nobody changes them behind a statement's back
			}
			return s.notLockable(&st.Tables[i], err)
		}
		switch t.Kind {
		case catalog.KindMatView:
			return notLocked(t.Name, "materialized views")
		case catalog.KindComposite:
			return notLocked(t.Name, "composite types")
		}
		if err := l.lock(ctx, t, i < len(st.Only) && st.Only[i], s.current().ID); err != nil {
			return err
		}
	}
	return nil
}

// lock locks a table with its children, or a view and what it reads.
func (l *tableLock) lock(ctx context.Context, t *catalog.Table, only bool, user catalog.ID) error {
	snap := l.s.Catalog()
	if !snap.Super(user) && snap.Allowed(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner, user, l.need) == 0 {
		kind := "table"
		if t.Kind == catalog.KindView {
			kind = "view"
		}
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for %s %s", kind, t.Name)
	}
	family := snap.Family(t)
	if only {
		family = family[:1]
	}
	for _, m := range family {
		if err := l.s.tx.txn.LockTable(ctx, m.ID, l.mode); err != nil {
			return err
		}
		l.s.noteLockMode(m.ID, l.name)
	}
	if t.Kind != catalog.KindView {
		return nil
	}
	return l.below(ctx, t)
}

// below locks what a view reads: with the rights of its owner, unless it is for its invoker.
func (l *tableLock) below(ctx context.Context, view *catalog.Table) error {
	list, err := l.s.db.cfg.Parser.Parse(view.ViewSQL)
	if err != nil || len(list) != 1 {
		return err
	}
	user := bind.ReaderOf(view)
	if user == 0 {
		user = l.s.current().ID
	}
	l.seen = append(l.seen, view.ID)
	defer func() { l.seen = l.seen[:len(l.seen)-1] }()
	snap := l.s.Catalog()
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		r, ok := n.(*ast.TableRef)
		if !ok || err != nil {
			return err == nil
		}
		s, ok := snap.Schema(r.Name.Schema)
		if !ok {
			return true // a WITH query
		}
		t, ok := snap.Table(s.ID, r.Name.Name)
		if ok && t.Kind != catalog.KindMatView && !slices.Contains(l.seen, t.ID) {
			err = l.lock(ctx, t, r.Only, user)
		}
		return err == nil
	})
	return err
}

func notLocked(name, plural string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "cannot lock relation %q", name).
		WithDetail("This operation is not supported for %s.", plural)
}

// notLockable is missing, the answer to the look-up of a table, or what other relation
// has its name.
func (s *Session) notLockable(n *ast.QName, missing error) error {
	snap := s.Catalog()
	path := s.SearchPath(true)
	if n.Schema != "" {
		path = []string{n.Schema}
	}
	for _, p := range path {
		sc, ok := snap.Schema(p)
		if !ok {
			continue
		}
		if x, ok := snap.Index(sc.ID, n.Name); ok {
			if t, ok := snap.TableByID(x.Table); ok && t.IsPartitioned() {
				return notLocked(x.Name, "partitioned indexes")
			}
			return notLocked(x.Name, "indexes")
		}
		if q, ok := snap.Sequence(sc.ID, n.Name); ok {
			return notLocked(q.Name, "sequences")
		}
	}
	return missing
}
