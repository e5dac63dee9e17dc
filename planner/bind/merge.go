package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// merging is a MERGE being bound. In its scope the target comes first.
type merging struct {
	x     *ast.Merge
	table *catalog.Table
	old   []logical.ColID // the target's columns
	s     *scope
	use   int
	// inserts are the columns that the clauses give values to.
	inserts []int16
}

// merge binds MERGE.
func (b *binder) merge(x *ast.Merge) (*query, error) {
	s := &scope{}
	if x.With != nil && x.With.Recursive {
		return nil, errAt(ast.NoPos, pgerrcode.SyntaxError, "WITH RECURSIVE is not supported for MERGE statement")
	}
	if err := b.with(s, x.With); err != nil {
		return nil, err
	}
	if err := unreachable(x.Whens); err != nil {
		return nil, err
	}
	t, _, err := b.writeTarget(&x.Table, s, "merge into")
	if err != nil {
		return nil, err
	}
	w, err := b.familyWrite(t, &x.Table, x.Table.Only, false)
	if err != nil {
		return nil, err
	}
	m := &merging{x: x, table: t, s: s, use: b.useWrite(t, nil, mergePrivs(x), nil, nil)}
	src, err := b.mergeSource(m)
	if err != nil {
		return nil, err
	}
	n := &logical.Merge{Write: w, Alias: aliasOf(&x.Table, t), Input: src.tree, RowID: src.rowID, Old: src.old, TableOID: src.tableOID}
	for i := range x.Whens {
		when, err := b.mergeWhen(m, &x.Whens[i])
		if err != nil {
			return nil, err
		}
		n.Whens = append(n.Whens, *when)
	}
	if n.Write, err = b.givingValues(w, m.inserts, len(m.inserts) > 0); err != nil {
		return nil, err
	}
	for i := range n.Whens {
		if n.Write, err = b.givingValues(n.Write, n.Whens[i].Set, false); err != nil {
			return nil, err
		}
	}
	return &query{tree: n}, b.secureMerge(n, src)
}

// unreachable refuses clauses behind one of their kind without a condition.
func unreachable(whens []ast.MergeWhen) error {
	var ended [2]bool
	for i := range whens {
		kind := 0
		if whens[i].Matched {
			kind = 1
		}
		if ended[kind] {
			return errAt(ast.NoPos, pgerrcode.SyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause")
		}
		ended[kind] = whens[i].Cond == nil
	}
	return nil
}

// mergeSource joins the source with the target; where rows may be inserted, source
// rows without a match stay.
func (b *binder) mergeSource(m *merging) (*source, error) {
	src, target, err := b.targetSource(m.table, nil, &m.x.Table, m.use)
	if err != nil {
		return nil, err
	}
	from := &scope{ctes: m.s.ctes, unseen: target}
	rest, err := b.from(from, []ast.TableExpr{m.x.Source})
	if err != nil {
		return nil, err
	}
	for _, it := range from.items {
		if it.relVisible && it.name == target[0].name {
			return nil, errAt(ast.NoPos, pgerrcode.DuplicateAlias, "name \"%s\" specified more than once", it.name).
				WithDetail("The name is used both as MERGE target table and data source.")
		}
	}
	m.old = src.old
	m.s.items = append(target, from.items...)
	on := *m.s
	on.in = inJoinOn
	cond, err := b.condition(&on, m.x.On, "JOIN/ON")
	if err != nil {
		return nil, err
	}
	kind := logical.Inner
	for i := range m.x.Whens {
		if w := &m.x.Whens[i]; !w.Matched && w.Action != ast.MergeNothing {
			kind = logical.Left
		}
	}
	src.tree = &logical.Join{Kind: kind, Left: rest, Right: src.tree, On: logical.Conjuncts(nil, cond)}
	return src, nil
}

// mergeWhen binds a clause. Rows that match none see the source only.
func (b *binder) mergeWhen(m *merging, x *ast.MergeWhen) (*logical.MergeWhen, error) {
	s := *m.s
	if !x.Matched {
		s.items, s.unseen = m.s.items[1:], m.s.items[:1]
	}
	out := &logical.MergeWhen{Matched: x.Matched, Action: physical.MergeAction(x.Action)}
	if x.Cond != nil {
		s.in = inMergeWhen
		c, err := b.condition(&s, x.Cond, "WHEN")
		if err != nil {
			return nil, err
		}
		out.Cond = c
	}
	var err error
	switch x.Action {
	case ast.MergeUpdate:
		s.in = inUpdateSet
		out.Set, out.Values, err = b.assignments(&s, m.table, nil, m.old, x.Set)
		b.written(m.use, nil, nil, out.Set)
	case ast.MergeInsert:
		s.in = inValues
		out.Values, err = b.mergeInsert(m, &s, x)
	}
	return out, err
}

// mergeInsert binds the row that a clause inserts.
func (b *binder) mergeInsert(m *merging, s *scope, x *ast.MergeWhen) ([]expr.Expr, error) {
	in := &insertion{x: &ast.Insert{Table: m.x.Table, Columns: x.Columns, Overriding: x.Overriding}, table: m.table, s: s}
	if err := b.insertColumns(in); err != nil {
		return nil, err
	}
	m.inserts = append(m.inserts, in.attrs...)
	if u := b.noted(m.use); u != nil {
		for _, a := range in.attrs {
			mark(&u.Insert, a)
		}
	}
	if x.Values == nil {
		in.attrs = nil
	} else {
		in.x.Query = &ast.Select{Values: [][]ast.Expr{x.Values}}
	}
	vals := [][]expr.Expr{{}}
	var err error
	if x.Values != nil {
		if vals, err = b.insertValues(in); err != nil {
			return nil, err
		}
	}
	rows, err := b.fullRows(in, vals)
	switch {
	case err != nil:
		return nil, err
	case in.refused != nil:
		return nil, in.refused
	}
	return rows[0], nil
}
