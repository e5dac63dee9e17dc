package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// lateral is who sees an item: LATERAL ones only, and whether those may use it.
type lateral struct{ only, ok bool }

// join binds a JOIN. Its result is seen as one unnamed item with all columns,
// and its sides by their names only (PostgreSQL's transformFromClauseItem).
func (b *binder) join(s *scope, x *ast.Join) (logical.Node, []*nsItem, error) {
	left, litems, err := b.fromItem(s, x.Left)
	if err != nil {
		return nil, nil, err
	}
	// The right side sees the left one if it is LATERAL and the kind allows it.
	inner := *s
	lateralOK := x.Kind == ast.InnerJoin || x.Kind == ast.LeftJoin
	saved := make([]lateral, len(litems))
	for i, it := range litems {
		saved[i] = lateral{it.lateralOnly, it.lateralOK}
		it.lateralOnly, it.lateralOK = true, lateralOK
	}
	inner.items = append(slices.Clone(s.items), litems...)
	right, ritems, err := b.fromItem(&inner, x.Right)
	if err != nil {
		return nil, nil, err
	}
	for i, it := range litems {
		it.lateralOnly, it.lateralOK = saved[i].only, saved[i].ok
	}
	if err := checkAliases(litems, ritems, x.Pos); err != nil {
		return nil, nil, err
	}
	j := &logical.Join{Kind: joinKind(x.Kind), Left: left, Right: right}
	markNullable(litems, x.Left, &j.Left, j.Kind == logical.Right || j.Kind == logical.Full)
	markNullable(ritems, x.Right, &j.Right, j.Kind == logical.Left || j.Kind == logical.Full)
	cols, merged, err := b.joinCols(j, x, litems, ritems)
	if err != nil {
		return nil, nil, err
	}
	if x.Alias != nil && len(x.Alias.Columns) > len(cols) {
		return nil, nil, errAt(ast.NoPos, pgerrcode.InvalidColumnReference, "join expression \"%s\" has %d columns available but %d columns specified",
			x.Alias.Name, len(cols), len(x.Alias.Columns))
	}
	items := append(litems, ritems...)
	if x.UsingAlias != "" && slices.ContainsFunc(items, func(it *nsItem) bool { return it.relVisible && it.name == x.UsingAlias }) {
		return nil, nil, errAt(ast.NoPos, pgerrcode.DuplicateAlias, "table name \"%s\" specified more than once", x.UsingAlias)
	}
	if x.On != nil {
		on := *s
		on.in, on.grouping, on.srfs, on.calls = inJoinOn, nil, nil, nil
		on.items = items
		cond, err := b.condition(&on, x.On, "JOIN/ON")
		if err != nil {
			return nil, nil, err
		}
		j.On = logical.Conjuncts(j.On, cond)
	}
	return j, b.joinItems(x, items, cols, merged), nil
}

// markNullable notes where the join has the node of a derived item, and that its rows,
// as all on this side, can be NULL.
func markNullable(items []*nsItem, t ast.TableExpr, slot *logical.Node, nullable bool) {
	if _, ok := t.(*ast.Join); !ok && len(items) == 1 && items[0].rel != nil && items[0].rel.scan == nil {
		items[0].rel.slot = slot
	}
	for _, it := range items {
		if it.rel != nil {
			it.rel.nullable = it.rel.nullable || nullable
		}
	}
}

func joinKind(k ast.JoinKind) logical.JoinKind {
	switch k {
	case ast.LeftJoin:
		return logical.Left
	case ast.RightJoin:
		return logical.Right
	case ast.FullJoin:
		return logical.Full
	}
	return logical.Inner
}

// joinItems is what is visible after the join.
func (b *binder) joinItems(x *ast.Join, items []*nsItem, cols, merged []nsCol) []*nsItem {
	j := &nsItem{cols: cols, colsVisible: true, lateralOK: true}
	if x.Alias != nil {
		j.name, j.relVisible, j.rel = x.Alias.Name, true, &relation{alias: x.Alias.Name, derived: true, what: "a join"}
		j.cols = slices.Clone(cols)
		for i, c := range x.Alias.Columns {
			j.cols[i].name = c
		}
		return []*nsItem{j}
	}
	out := make([]*nsItem, 0, len(items)+2)
	for _, it := range items {
		it.colsVisible = false
		if it.relVisible {
			out = append(out, it)
		}
	}
	if x.UsingAlias != "" {
		out = append(out, &nsItem{name: x.UsingAlias, cols: merged, relVisible: true, lateralOK: true, merged: true})
	}
	return append(out, j)
}

// joinCols are the unqualified columns of a join, of which merged are those that are in
// both sides.
func (b *binder) joinCols(j *logical.Join, x *ast.Join, litems, ritems []*nsItem) (cols, merged []nsCol, err error) {
	if len(x.Using) == 0 && !x.Natural {
		return visibleCols(litems, ritems), nil, nil
	}
	l, r, using := visibleCols(litems), visibleCols(ritems), x.Using
	if x.Natural {
		using = naturalColumns(l, r)
		b.traceNatural(x, using)
	}
	return b.usingCols(j, x, using, l, r)
}

// visibleCols are the unqualified columns of the items of the lists, in order.
func visibleCols(lists ...[]*nsItem) []nsCol {
	n := 0
	for _, items := range lists {
		for _, it := range items {
			if it.colsVisible {
				n += len(it.cols)
			}
		}
	}
	out := make([]nsCol, 0, n)
	for _, items := range lists {
		for _, it := range items {
			if it.colsVisible {
				out = append(out, it.cols...)
			}
		}
	}
	return out
}

func naturalColumns(l, r []nsCol) []string {
	var out []string
	for _, c := range l {
		if slices.ContainsFunc(r, func(d nsCol) bool { return d.name == c.name }) {
			out = append(out, c.name)
		}
	}
	return out
}

// usingCols adds the equalities of USING to the join and merges its columns.
func (b *binder) usingCols(j *logical.Join, x *ast.Join, using []string, l, r []nsCol) (cols, merged []nsCol, err error) {
	if len(using) == 0 {
		return append(l, r...), nil, nil // l is a list of its own
	}
	drop := map[string]bool{}
	var pairs [][2]expr.Expr
	for _, name := range using {
		if drop[name] {
			return nil, nil, errAt(ast.NoPos, pgerrcode.DuplicateColumn, "column name \"%s\" appears more than once in USING clause", name)
		}
		drop[name] = true
		lc, err := usingCol(l, name, "left", ast.NoPos)
		if err != nil {
			return nil, nil, err
		}
		rc, err := usingCol(r, name, "right", ast.NoPos)
		if err != nil {
			return nil, nil, err
		}
		b.traceValue(lc.e)
		b.traceValue(rc.e)
		pairs = append(pairs, [2]expr.Expr{lc.e, rc.e})
		m, err := b.mergeCol(j.Kind, lc.e, rc.e, x.Pos)
		if err != nil {
			return nil, nil, err
		}
		b.traceMerged(x, lc.e.Type(), rc.e.Type(), m.Type())
		merged = append(merged, nsCol{name, m})
	}
	for _, p := range pairs { // columns without a type for both are found before those without an operator
		eq, err := b.makeOp("", "=", p[0], p[1], ast.NoPos)
		if err != nil {
			return nil, nil, err
		}
		j.On = append(j.On, eq)
	}
	cols = append(cols, merged...)
	for _, side := range [][]nsCol{l, r} {
		for _, c := range side {
			if !drop[c.name] {
				cols = append(cols, c)
			}
		}
	}
	return cols, merged, nil
}

func usingCol(cols []nsCol, name, side string, pos ast.Pos) (*nsCol, error) {
	var found *nsCol
	for i := range cols {
		if cols[i].name == name {
			if found != nil {
				return nil, errAt(pos, pgerrcode.AmbiguousColumn, "common column name \"%s\" appears more than once in %s table", name, side)
			}
			found = &cols[i]
		}
	}
	if found == nil {
		return nil, errAt(pos, pgerrcode.UndefinedColumn, "column \"%s\" specified in USING clause does not exist in %s table", name, side)
	}
	return found, nil
}

// mergeCol is the one value of a USING column: the side that is never NULL, or
// COALESCE of both for FULL.
func (b *binder) mergeCol(kind logical.JoinKind, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	both, t, err := b.commonType("JOIN/USING", []expr.Expr{l, r}, func(int) ast.Pos { return ast.NoPos })
	if err != nil {
		return nil, err
	}
	switch kind {
	case logical.Right:
		return both[1], nil
	case logical.Full:
		return &expr.Coalesce{Args: both, T: t}, nil
	}
	return both[0], nil
}
