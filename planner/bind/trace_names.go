package bind

import (
	"maps"
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A query that is kept as text names everything in it differently from what is around it,
// so that no name can be taken for that of another level: what has a name that is taken
// gets one with a number behind it.

// traceFrom notes which item of FROM a name stands for.
func (b *binder) traceFrom(x ast.TableExpr, items []*nsItem) {
	t := b.trace()
	if t == nil || len(items) != 1 {
		return
	}
	switch v := x.(type) {
	case *ast.TableRef:
		b.traceAlias(v.Alias, items[0])
	case *ast.SubqueryRef:
		b.traceAlias(v.Alias, items[0])
		t.subqueries[v] = items[0]
	case *ast.FuncRef:
		b.traceAlias(v.Alias, items[0])
	case *ast.Join:
		b.traceAlias(v.Alias, items[0])
		return
	default:
		return
	}
	t.froms[items[0]] = x
}

// ownNames are the names of an item's columns, each of them once: a, a_1, a_2.
func (it *nsItem) ownNames() []string {
	names := make([]string, len(it.cols))
	for i, c := range it.cols {
		names[i] = c.name
		for k := 1; slices.Contains(names[:i], names[i]); k++ {
			names[i] = c.name + "_" + strconv.Itoa(k)
		}
	}
	return names
}

// ownName is that of a column: its own where the item has no other one of it.
func (it *nsItem) ownName(c nsCol) string {
	alike := 0
	for i := range it.cols {
		if it.cols[i].name == c.name {
			alike++
		}
	}
	if alike < 2 {
		return c.name
	}
	for i, name := range it.ownNames() {
		if it.cols[i].e == c.e {
			return name
		}
	}
	return c.name
}

// nameAlike gives a subquery some columns of which have one name names of their own.
func (t *Trace) nameAlike(x *ast.SubqueryRef) {
	it := t.subqueries[x]
	if it == nil || x.Alias == nil {
		return
	}
	names := it.ownNames()
	for i, c := range it.cols {
		if names[i] != c.name {
			a := *x.Alias
			a.Columns, x.Alias = names, &a
			return
		}
	}
}

// traceRef notes which item a column is of, whose value is e: what USING merged is of the table
// that it comes from.
func (b *binder) traceRef(x *ast.ColumnRef, it *nsItem, e expr.Expr) {
	if t := b.trace(); t != nil {
		if of := t.ownerItems[e]; it.merged && of != nil {
			it = of
		}
		t.refs[x] = it
	}
}

// traceWhole notes a name that stands for a whole row.
func (b *binder) traceWhole(x *ast.ColumnRef, it *nsItem) {
	if t := b.trace(); t != nil && t.froms[it] != nil && it.rel != nil && !it.rel.scalar {
		t.refs[x], t.wholes[x] = it, true
	} else if t != nil && it.rel != nil && it.rel.scalar && len(it.cols) > 0 {
		t.refs[x], t.scalars[x] = it, it.cols[0].name
	}
}

// traceElse notes the type of CASE without ELSE.
func (b *binder) traceElse(x *ast.Case, typ types.T) {
	if t := b.trace(); t != nil && x.Else == nil {
		t.elses[x] = types.Of(typ.OID)
	}
}

// traceNatural notes the columns of NATURAL JOIN.
func (b *binder) traceNatural(x *ast.Join, using []string) {
	if t := b.trace(); t != nil {
		t.naturals[x] = append([]string{}, using...)
	}
}

// distinguish gives the items of FROM names of their own and its columns these.
func (t *Trace) distinguish(q ast.Stmt) {
	names := map[ast.TableExpr]string{}
	t.nameStatement(q, map[string]bool{}, names)
	for ref, it := range t.refs {
		from := t.froms[it]
		if from == nil || len(ref.Parts) == 0 {
			continue
		}
		name := names[from]
		if name == "" {
			if name = it.name; name == "" {
				continue
			}
		}
		switch {
		case t.listed[ref]:
			ref.Parts = []string{name}
		case t.wholes[ref]:
			ref.Parts, ref.Star = []string{name}, true
		case !ref.Star:
			ref.Parts = []string{name, ref.Parts[len(ref.Parts)-1]}
		}
	}
}

// nameLevel names what a query's FROM has, and then what the queries inside it have.
// taken are the names around it.
func (t *Trace) nameLevel(q *ast.Select, taken map[string]bool, names map[ast.TableExpr]string) {
	level := maps.Clone(taken)
	renamed := nameItems(q.From, level, names)
	for i := range q.Locking {
		for k := range q.Locking[i].Of {
			if own := renamed[q.Locking[i].Of[k].Name]; own != "" {
				q.Locking[i].Of[k] = ast.QName{Name: own}
			}
		}
	}
	t.nameInside(q, level, names)
}

// nameStatement is nameLevel of any statement: one that writes has its table first, which keeps
// its name.
func (t *Trace) nameStatement(q ast.Stmt, taken map[string]bool, names map[ast.TableExpr]string) {
	level := maps.Clone(taken)
	write := func(target *ast.TableRef, from []ast.TableExpr) {
		level[fromName(target)] = true
		nameItems(from, level, names)
	}
	switch s := q.(type) {
	case *ast.Select:
		t.nameLevel(s, taken, names)
		return
	case *ast.Insert:
		write(&s.Table, nil)
		if s.OnConflict != nil {
			level["excluded"] = true
		}
	case *ast.Update:
		write(&s.Table, s.From)
	case *ast.Delete:
		write(&s.Table, s.Using)
	default:
		return
	}
	t.nameInside(q, level, names)
}

// nameInside names what the statements inside one have.
func (t *Trace) nameInside(q ast.Stmt, level map[string]bool, names map[ast.TableExpr]string) {
	ast.Walk(q, func(n ast.Node) bool {
		s, ok := n.(ast.Stmt)
		if !ok || s == q {
			return true
		}
		t.nameStatement(s, level, names)
		return false
	})
}

// nameItems names the items of a FROM, each unlike those of the level that there are; renamed are
// those that got another name.
func nameItems(list []ast.TableExpr, level map[string]bool, names map[ast.TableExpr]string) (renamed map[string]string) {
	counts := map[string]int{}
	renamed = map[string]string{}
	var name func(list []ast.TableExpr)
	name = func(list []ast.TableExpr) {
		for _, x := range list {
			switch v := x.(type) {
			case *ast.Join:
				name([]ast.TableExpr{v.Left, v.Right})
				if v.Alias != nil {
					level[v.Alias.Name] = true
				}
				continue
			case *ast.Sample:
				name([]ast.TableExpr{v.Table})
				continue
			}
			old := fromName(x)
			if old == "" {
				continue
			}
			own := old
			for level[own] {
				counts[old]++
				own = old + "_" + strconv.Itoa(counts[old])
			}
			if level[own] = true; own != old {
				setFromName(x, own)
				names[x], renamed[old] = own, own
			}
		}
	}
	name(list)
	return renamed
}

// fromName is what an item of FROM is called.
func fromName(x ast.TableExpr) string {
	switch v := x.(type) {
	case *ast.TableRef:
		if v.Alias == nil {
			return v.Name.Name
		}
		return v.Alias.Name
	case *ast.SubqueryRef:
		if v.Alias != nil {
			return v.Alias.Name
		}
	case *ast.FuncRef:
		if v.Alias != nil {
			return v.Alias.Name
		}
	}
	return ""
}

func setFromName(x ast.TableExpr, name string) {
	set := func(a **ast.Alias) {
		c := ast.Alias{}
		if *a != nil {
			c = **a
		}
		c.Name, *a = name, &c
	}
	switch v := x.(type) {
	case *ast.TableRef:
		set(&v.Alias)
	case *ast.SubqueryRef:
		set(&v.Alias)
	case *ast.FuncRef:
		set(&v.Alias)
	}
}

// nameWholes keeps whole rows in a select list apart from stars: they stay bare names.
func (t *Trace) nameWholes(list []ast.Target) {
	for i := range list {
		if ref, ok := list[i].Expr.(*ast.ColumnRef); ok && (t.wholes[ref] || t.scalars[ref] != "") && !ref.Star {
			t.listed[ref] = t.wholes[ref]
			if list[i].Name == "" {
				list[i].Name = ref.Parts[len(ref.Parts)-1]
			}
		}
	}
}

// listWholes does so among the members of a row.
func (t *Trace) listWholes(list []ast.Expr) {
	for _, x := range list {
		if ref, ok := x.(*ast.ColumnRef); ok && t.wholes[ref] && !ref.Star {
			t.listed[ref] = true
		}
	}
}
