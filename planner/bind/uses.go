package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// Binding notes which relations a statement uses in which way, and the columns that its
// expressions mention: Statement.Uses. A view's own relations are used as its owner.

// user is whose privileges count at present.
func (b *binder) user() catalog.ID {
	if b.as != 0 {
		return b.as
	}
	return b.o.Role
}

// free reports that nothing has to be noted: a superuser's privileges count.
func (b *binder) free() bool {
	if b.as == 0 {
		return b.o.Super || b.o.Role == 0 // the server's own statements
	}
	return b.o.Catalog.Super(b.as)
}

// use notes the use of an object and returns its number, 0 if it need not be noted.
func (b *binder) use(o catalog.Object, kind, name string, need catalog.Priv) int {
	if b.free() {
		return 0
	}
	b.meta.Uses = append(b.meta.Uses, physical.Use{Object: o, Kind: kind, Name: name, As: b.as, Need: need})
	return len(b.meta.Uses)
}

func (b *binder) useTable(t *catalog.Table, need catalog.Priv) int {
	kind := "table"
	switch t.Kind {
	case catalog.KindView:
		kind = "view"
	case catalog.KindMatView:
		kind = "materialized view"
	}
	if t.ID == b.o.Fill {
		return 0 // what CREATE TABLE AS has just made
	}
	return b.use(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, kind, t.Name, need)
}

// mayExecute reports that who runs the statement may call a function.
func (b *binder) mayExecute(f *catalog.Function) bool {
	o := catalog.Object{Class: catalog.FunctionClass, ID: f.ID}
	return b.o.Super || b.o.Role == 0 || b.o.Catalog.RightsOf(o) == nil ||
		b.o.Catalog.Allowed(o, f.Owner, b.o.Role, catalog.PrivExecute) != 0
}

func (b *binder) useVirtual(t *syscat.Table) {
	kind := "table"
	if t.Kind == 'v' {
		kind = "view"
	}
	b.use(catalog.Object{Class: catalog.RelationClass, ID: t.OID}, kind, t.Name, catalog.PrivSelect)
}

// noted is a use by its number, nil for 0.
func (b *binder) noted(n int) *physical.Use {
	if n == 0 {
		return nil
	}
	return &b.meta.Uses[n-1]
}

// asOwner runs f with the rights of a view's owner, unless the view is for its invoker.
func (b *binder) asOwner(view *catalog.Table, f func() error) error {
	as := b.as
	if view == nil {
		b.as = catalog.BootstrapRoleID
	} else {
		b.as = ReaderOf(view)
	}
	err := f()
	b.as = as
	return err
}

// ReaderOf is whose rights count for what a view reads: its owner's, or 0 for those of the
// current user, within whichever other views it stands.
func ReaderOf(view *catalog.Table) catalog.ID {
	if viewOption(view, "security_invoker") {
		return 0
	}
	return view.Owner
}

func viewOption(v *catalog.Table, name string) bool {
	x, ok := v.Options.Get(name)
	return ok && x != "false" && x != "off" && x != "no" && x != "0" && x != "f" && x != "n"
}

// mark notes that a use reads, inserts or updates a column.
func mark(list *[]int16, attr int16) {
	if !slices.Contains(*list, attr) {
		*list = append(*list, attr)
	}
}

// collectUses notes the columns that the expressions of the bound statement mention,
// and the functions that not everybody may call.
func (b *binder) collectUses(tree logical.Node) {
	if len(b.meta.Uses) == 0 && (b.o.Super || b.o.Role == 0) {
		return
	}
	b.usesOf(tree)
	for _, c := range b.meta.CTEs {
		if c.Tree != nil {
			b.usesOf(c.Tree)
		}
	}
}

func (b *binder) usesOf(tree logical.Node) {
	logical.Visit(tree, func(n logical.Node) {
		switch x := n.(type) {
		case *logical.Update: // the projection below hands everything on
			if p, ok := x.Input.(*logical.Project); ok {
				for _, e := range p.Exprs[len(p.Exprs)-len(x.New):] {
					b.usesIn(e)
				}
				for _, e := range x.Returning {
					b.usesIn(e)
				}
				return
			}
		case *logical.Project:
			if x.HandsOn {
				return
			}
		case *logical.Scan:
			b.secureUses(x)
			return
		case *logical.Func:
			for _, c := range x.Calls {
				b.useFunction(c)
			}
		case *logical.Agg:
			for i := range x.Aggs {
				b.useRoutine(x.Aggs[i].Fn, "aggregate")
			}
		case *logical.Window:
			for i := range x.Calls {
				b.useRoutine(x.Calls[i].Fn, "function")
			}
		}
		logical.MapExprs(n, func(e expr.Expr) expr.Expr {
			b.usesIn(e)
			return e
		})
	})
}

func (b *binder) usesIn(e expr.Expr) {
	logical.Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Column:
			b.useColumn(x.Index)
		case *expr.Call:
			b.useFunction(x)
		case *logical.Subquery:
			b.usesOf(x.Tree)
		}
		return true
	})
}

func (b *binder) useColumn(id logical.ColID) {
	c := &b.meta.Cols[id]
	u := b.noted(c.Use)
	if u == nil {
		return
	}
	attr := c.Attr
	if c.Table == nil {
		attr = c.OrigAttr
	}
	if attr == catalog.RowIDAttr {
		return
	}
	u.Need |= catalog.PrivSelect
	mark(&u.Select, attr)
}

// secureUses notes what the policies of a table use themselves: not its own columns.
func (b *binder) secureUses(s *logical.Scan) {
	own := logical.Produced(s)
	for _, e := range s.Secure {
		logical.Walk(e, func(n expr.Expr) bool {
			if c, ok := n.(*expr.Call); ok {
				b.useFunction(c)
			}
			q, ok := n.(*logical.Subquery)
			if !ok {
				return true
			}
			kept := map[logical.ColID]int{}
			for id := range own.All() {
				kept[id], b.meta.Cols[id].Use = b.meta.Cols[id].Use, 0
			}
			b.usesOf(q.Tree)
			for id, use := range kept {
				b.meta.Cols[id].Use = use
			}
			return true
		})
	}
}

// useFunction notes the call of a function that not everybody may call.
func (b *binder) useFunction(c *expr.Call) { b.useRoutine(c.Fn, "function") }

func (b *binder) useRoutine(f *builtin.Func, kind string) {
	o := catalog.Object{Class: catalog.FunctionClass, ID: f.OID}
	if f.OID == 0 || b.o.Super || b.o.Role == 0 || b.o.Catalog.ACLOf(o, catalog.BootstrapRoleID) == nil {
		return
	}
	for i := range b.meta.Uses {
		if b.meta.Uses[i].Object == o {
			return
		}
	}
	b.meta.Uses = append(b.meta.Uses, physical.Use{Object: o, Kind: kind, Name: f.Name, Need: catalog.PrivExecute})
}

// viewAs binds a view with its owner's rights. Its columns get numbers of their own
// where their use has to be told from that of what they are made of.
func (b *binder) viewAs(s *scope, r *found, x *ast.TableRef) (n logical.Node, items []*nsItem, err error) {
	use := 0
	if r.table != nil {
		need := catalog.PrivSelect
		alias := r.name
		if x.Alias != nil {
			alias = x.Alias.Name
		}
		if slices.ContainsFunc(s.locking, func(l ast.Locking) bool { return locks(&l, alias) }) {
			need |= catalog.PrivUpdate // as of the tables that it locks
		}
		use = b.useTable(r.table, need)
	}
	err = b.asOwner(r.table, func() error {
		n, items, err = b.view(s, r, x)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if r.table != nil && viewOption(r.table, "security_barrier") {
		n = b.barrier(n)
	}
	if use == 0 {
		return n, items, nil
	}
	it := items[0]
	p := &logical.Project{Input: n, HandsOn: true}
	for i := range it.cols {
		e := it.cols[i].e
		info := logical.ColInfo{Name: it.cols[i].name, Rel: it.name, T: e.Type(), OrigTable: r.viewID, OrigAttr: int16(i + 1), Use: use}
		if c, ok := e.(*expr.Column); ok {
			info.Collation, info.Rel = b.meta.Cols[c.Index].Collation, b.meta.Cols[c.Index].Rel
			if sh := b.shapes[c.Index]; sh != nil {
				b.shapes[len(b.meta.Cols)] = sh
			}
		}
		id := b.meta.Add(info)
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, id)
		it.cols[i].e = b.meta.Column(id)
	}
	return p, items, nil
}

// barrier keeps conditions from without out of a view's query: one that could tell of the
// rows that the view hides must not see them.
func (b *binder) barrier(n logical.Node) logical.Node {
	if p, ok := n.(*logical.Project); ok {
		if f, ok := p.Input.(*logical.Filter); ok {
			if s, ok := f.Input.(*logical.Scan); ok {
				for _, c := range f.Conds {
					b.usesIn(c)
				}
				s.Secure = append(s.Secure, f.Conds...)
				p.Input = s
				return n
			}
		}
	}
	return &logical.Limit{Input: n}
}
