package bind

import (
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/types"
)

// A column that USING merges of others has no name but its own. Where a query has such a one,
// PostgreSQL calls nothing else in it the same (set_using_names): USING (a) of another join has
// a_1, and so have other relations that have a column a.

// traceMerged notes a join with a merged column that is not one of the two: FULL JOIN takes
// whichever has a value, and one that is the only one to count may have to be converted.
func (b *binder) traceMerged(x *ast.Join, left, right, merged types.T) {
	t := b.trace()
	if t == nil || x.Alias != nil {
		return
	}
	l, r := left.OID == merged.OID, right.OID == merged.OID
	switch x.Kind {
	case ast.LeftJoin:
		t.merges[x] = t.merges[x] || !l
	case ast.RightJoin:
		t.merges[x] = t.merges[x] || !r
	case ast.InnerJoin:
		t.merges[x] = t.merges[x] || !l && !r
	default:
		t.merges[x] = true
	}
}

// mergedNames are the names that the columns of one FROM get.
type mergedNames struct {
	items   map[ast.TableExpr]*nsItem
	taken   map[string]bool                 // by USING
	joins   map[*ast.Join]map[string]string // what the joins around one call its columns
	columns map[*nsItem]map[string]string   // of merged ones
	named   map[*nsItem]map[string]string   // of all whose names change
}

// showMerged gives the columns of a traced query these names.
func (t *Trace) showMerged(q ast.Node) {
	if len(t.merges) == 0 {
		return
	}
	items := map[ast.TableExpr]*nsItem{}
	for it, x := range t.froms {
		items[x] = it
	}
	all := map[*nsItem]map[string]string{}
	ast.Walk(q, func(n ast.Node) bool {
		if s, ok := n.(*ast.Select); ok && t.mergesIn(s.From) && !anyAliased(s.From) {
			m := mergedNames{items, map[string]bool{}, map[*ast.Join]map[string]string{}, map[*nsItem]map[string]string{}, all}
			for _, x := range s.From {
				m.using(x)
			}
			for _, x := range s.From {
				m.relations(x)
			}
		}
		return true
	})
	if len(all) == 0 {
		return
	}
	nameColumns(q)
	for ref, it := range t.refs {
		if last := len(ref.Parts) - 1; last >= 0 && !ref.Star && !t.wholes[ref] && all[it][ref.Parts[last]] != "" {
			ref.Parts[last] = all[it][ref.Parts[last]]
		}
	}
}

// mergesIn reports a merged column that is none of those that it is of.
func (t *Trace) mergesIn(list []ast.TableExpr) bool {
	return slices.ContainsFunc(list, func(x ast.TableExpr) bool {
		j, ok := x.(*ast.Join)
		return ok && (t.merges[j] || t.mergesIn([]ast.TableExpr{j.Left, j.Right}))
	})
}

// anyAliased reports a join under a name of its own, whose columns have those of the alias.
func anyAliased(list []ast.TableExpr) bool {
	return slices.ContainsFunc(list, func(x ast.TableExpr) bool {
		j, ok := x.(*ast.Join)
		return ok && (j.Alias != nil || anyAliased([]ast.TableExpr{j.Left, j.Right}))
	})
}

// using names what the joins of an item merge, outer joins first.
func (m *mergedNames) using(x ast.TableExpr) {
	j, ok := x.(*ast.Join)
	if !ok {
		return
	}
	own := m.joins[j]
	if own == nil {
		own = map[string]string{}
	}
	names := slices.Clone(j.Using)
	for i, column := range j.Using {
		if names[i] = own[column]; names[i] == "" {
			names[i] = m.unlike(column, own)
			own[column], m.taken[names[i]] = names[i], true
		}
		m.call(j.Left, column, names[i])
		m.call(j.Right, column, names[i])
	}
	j.Using = names
	m.using(j.Left)
	m.using(j.Right)
}

// unlike is a name that nothing has that it could be taken for.
func (m *mergedNames) unlike(name string, beside map[string]string) string {
	used := func(s string) bool {
		for _, other := range beside {
			if other == s {
				return true
			}
		}
		return m.taken[s]
	}
	own := name
	for k := 1; used(own); k++ {
		own = name + "_" + strconv.Itoa(k)
	}
	return own
}

// call says what a column of an item of FROM is called.
func (m *mergedNames) call(x ast.TableExpr, column, name string) {
	switch v := x.(type) {
	case *ast.Sample:
		m.call(v.Table, column, name)
	case *ast.Join:
		if m.joins[v] == nil {
			m.joins[v] = map[string]string{}
		}
		m.joins[v][column] = name
		switch {
		case slices.Contains(v.Using, column): // it says so to both sides itself
		case m.has(v.Left, column):
			m.call(v.Left, column, name)
		default:
			m.call(v.Right, column, name)
		}
	default:
		if it := m.items[x]; it != nil {
			if m.columns[it] == nil {
				m.columns[it] = map[string]string{}
			}
			m.columns[it][column] = name
		}
	}
}

func (m *mergedNames) has(x ast.TableExpr, column string) bool {
	switch v := x.(type) {
	case *ast.Sample:
		return m.has(v.Table, column)
	case *ast.Join:
		return m.has(v.Left, column) || m.has(v.Right, column)
	}
	it := m.items[x]
	return it != nil && slices.ContainsFunc(it.cols, func(c nsCol) bool { return c.name == column })
}

// relations names the columns of relations, queries and functions.
func (m *mergedNames) relations(x ast.TableExpr) {
	switch v := x.(type) {
	case *ast.Sample:
		m.relations(v.Table)
		return
	case *ast.Join:
		m.relations(v.Left)
		m.relations(v.Right)
		return
	}
	it := m.items[x]
	if it == nil {
		return
	}
	given := map[string]string{}
	for column, name := range m.columns[it] {
		given[column] = name
	}
	names, changed := make([]string, len(it.cols)), false
	for i, c := range it.cols {
		if given[c.name] == "" {
			given[c.name] = m.unlike(c.name, given)
		}
		names[i] = given[c.name]
		changed = changed || names[i] != c.name
	}
	if changed {
		setColumns(x, names)
		m.named[it] = given
	}
}

// setColumns gives an item of FROM names for all its columns.
func setColumns(x ast.TableExpr, names []string) {
	setFromName(x, fromName(x))
	var a *ast.Alias
	switch v := x.(type) {
	case *ast.TableRef:
		a = v.Alias
	case *ast.SubqueryRef:
		a = v.Alias
	case *ast.FuncRef:
		a = v.Alias
	default:
		return
	}
	if len(a.ColDefs) == 0 {
		a.Columns = names
		return
	}
	a.ColDefs = slices.Clone(a.ColDefs)
	for i := range a.ColDefs {
		a.ColDefs[i].Name = names[i]
	}
}

// nameColumns has the columns of select lists keep their names, whatever they are called in FROM.
func nameColumns(q ast.Node) {
	ast.Walk(q, func(n ast.Node) bool {
		if s, ok := n.(*ast.Select); ok {
			for i := range s.Targets {
				ref, column := s.Targets[i].Expr.(*ast.ColumnRef)
				if column && s.Targets[i].Name == "" && !ref.Star && ref.Row == "" {
					s.Targets[i].Name = ref.Parts[len(ref.Parts)-1]
				}
			}
		}
		return true
	})
}
