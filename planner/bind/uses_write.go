package bind

import (
	"github.com/jackc/pgerrcode"

	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// useWrite notes that a statement writes a table, perhaps through views: each of these is
// written with the rights of the owner of the one before. It returns the number of the
// table's own use. Columns that an INSERT names are given by name for a view, and by
// attribute for the table.
func (b *binder) useWrite(t *catalog.Table, via writtenView, need catalog.Priv, names []string, attrs []int16) int {
	as := b.as
	defer func() { b.as = as }()
	for i, l := range via {
		if u := b.noted(b.useAgain(l.view, need)); u != nil {
			for _, name := range names {
				if i > 0 {
					name = via[:i].column(name)
				}
				if c := l.view.ColumnByName(name); c != nil {
					mark(&u.Insert, c.Num)
				}
			}
		}
		b.as = ReaderOf(l.view)
	}
	use := 0
	if via == nil {
		use = b.useTable(t, need)
	} else {
		use = b.useAgain(t, need)
	}
	if u := b.noted(use); u != nil && need&catalog.PrivInsert != 0 {
		for _, a := range attrs {
			if a != 0 {
				mark(&u.Insert, a)
			}
		}
	}
	return use
}

// asWriter runs f with the rights that the table behind the views is written with.
func (b *binder) asWriter(via writtenView, f func() error) error {
	as := b.as
	defer func() { b.as = as }()
	for _, l := range via {
		b.as = ReaderOf(l.view)
	}
	return f()
}

// usedBy makes mentions of columns count as reads of a use.
func (b *binder) usedBy(use int, ids []logical.ColID) {
	for _, id := range ids {
		b.meta.Cols[id].Use = use
	}
}

// written notes the columns that a SET list assigns, of the table and of the views.
func (b *binder) written(use int, via writtenView, set []ast.Target, attrs []int16) {
	if u := b.noted(use); u != nil {
		for _, a := range attrs {
			mark(&u.Update, a)
		}
	}
	for i := range b.meta.Uses {
		u := &b.meta.Uses[i]
		for k, l := range via {
			if u.ID != l.view.ID || u.Need&catalog.PrivUpdate == 0 {
				continue
			}
			for j := range set {
				name := set[j].Name
				if k > 0 {
					name = via[:k].column(name)
				}
				if c := l.view.ColumnByName(name); c != nil {
					mark(&u.Update, c.Num)
				}
			}
		}
	}
}

// givingValues adds to the columns that the statement gives values. Superusers may read all
// that messages show, so nobody asks which these are. whole: the other columns of a new row
// get their defaults.
func (b *binder) givingValues(w *physical.TableWrite, attrs []int16, whole bool) (*physical.TableWrite, error) {
	if b.o.Super || b.o.Role == 0 {
		return w, nil
	}
	if err := b.useDomains(w.Table, attrs, whole); err != nil || len(attrs) == 0 {
		return w, err
	}
	c := *w
	c.Assigned = slices.Concat(w.Assigned, attrs)
	return &c, nil
}

// readKeys notes that ON CONFLICT reads the columns of indexes.
func (b *binder) readKeys(use int, indexes []*catalog.Index) {
	u := b.noted(use)
	if u == nil {
		return
	}
	for _, x := range indexes {
		for _, k := range x.Keys {
			u.Need |= catalog.PrivSelect
			if k.Attr != 0 {
				mark(&u.Select, k.Attr)
			}
		}
	}
}

// mergePrivs are the privileges that the clauses of MERGE need.
func mergePrivs(x *ast.Merge) (p catalog.Priv) {
	p = catalog.PrivSelect
	for i := range x.Whens {
		switch x.Whens[i].Action {
		case ast.MergeUpdate:
			p |= catalog.PrivUpdate
		case ast.MergeDelete:
			p |= catalog.PrivDelete
		case ast.MergeInsert:
			p |= catalog.PrivInsert
		}
	}
	return p
}

// mayLookInto refuses a schema that a statement names and its user may not use. The
// names in views were looked up when these were made.
func (b *binder) mayLookInto(n *ast.QName) error {
	if b.o.Super || b.o.Role == 0 || len(b.views) > 0 {
		return nil
	}
	s, ok := b.o.Catalog.Schema(n.Schema)
	if !ok || b.o.Catalog.MayUseSchema(s, b.o.Role, catalog.PrivUsage) {
		return nil
	}
	return errAt(n.Pos, pgerrcode.InsufficientPrivilege, "permission denied for schema %s", s.Name)
}

// mayCall refuses an expression that stands alone and calls what its user may not.
func (b *binder) mayCall(e expr.Expr) (err error) {
	if b.o.Super || b.o.Role == 0 {
		return nil
	}
	for i := range b.meta.Uses { // of domains
		u := &b.meta.Uses[i]
		if u.Class == catalog.FunctionClass && b.o.Catalog.Allowed(u.Object, catalog.BootstrapRoleID, b.o.Role, catalog.PrivExecute) == 0 {
			return errAt(-1, pgerrcode.InsufficientPrivilege, "permission denied for function %s", u.Name)
		}
	}
	logical.Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok && err == nil {
			o := catalog.Object{Class: catalog.FunctionClass, ID: c.Fn.OID}
			if b.o.Catalog.Allowed(o, catalog.BootstrapRoleID, b.o.Role, catalog.PrivExecute) == 0 {
				err = errAt(-1, pgerrcode.InsufficientPrivilege, "permission denied for function %s", c.Fn.Name)
			}
		}
		return err == nil
	})
	return err
}
