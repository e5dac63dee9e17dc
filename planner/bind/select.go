package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// queryOpts say how a query is used.
type queryOpts struct {
	top bool
	// keepUnknown leaves output literals untyped: the user gives them a type (INSERT, UNION).
	keepUnknown bool
	// from, unless nil, takes the names of the FROM clause of a query without groups.
	from *[]*nsItem
}

// selectStmt binds any query.
func (b *binder) selectStmt(x *ast.Select, outer *scope, o queryOpts) (*query, error) {
	if b.depth++; b.depth > maxDepth {
		return nil, pgerr.TooDeep()
	}
	defer func() { b.depth-- }()
	if x.Into != nil {
		return nil, errAt(x.Into.Pos, pgerrcode.SyntaxError, "SELECT ... INTO is not allowed here")
	}
	s := &scope{parent: outer, in: inTarget}
	if err := b.with(s, x.With); err != nil {
		return nil, err
	}
	switch {
	case x.SetOp != ast.SetNone:
		return b.setOp(s, x, o)
	case x.Values != nil && slices.ContainsFunc(x.OrderBy, byExpression):
		return b.plainSelect(s, orderedValues(x), o)
	case x.Values != nil:
		return b.values(s, x, o)
	}
	return b.plainSelect(s, x, o)
}

// selection is a SELECT being bound.
type selection struct {
	*scope
	level *grouping // the scope's, while it is switched off too
	// windowCalls are the select list's and ORDER BY's window functions.
	windowCalls *windowList
	x           *ast.Select
	tree        logical.Node
	targets     []target
	on          []*targetRef // DISTINCT ON
	locks       []rowLock
	// junk are sort keys that are not in the select list.
	junk    []target
	keys    []logical.SortKey
	ties    []logical.SortKey // keys that DISTINCT ON has sorted by
	late    *postponement
	groups  []groupExpr
	sets    [][]int
	grouped bool
	bySets  bool // by grouping sets
	having  []expr.Expr
	o       queryOpts
	// nullable are items of the select list that are computed without their calls of
	// builtin.NullIfNaN.
	nullable []nullableItem
	// unlisted are the groups that are neither in targets nor in junk; excess: there was
	// no place for another.
	unlisted int
	excess   bool
}

// target is an item of the select list.
type target struct {
	name string
	e    expr.Expr
	src  ast.Expr
	pos  ast.Pos
	id   logical.ColID
}

func (b *binder) plainSelect(s *scope, x *ast.Select, o queryOpts) (*query, error) {
	q := &selection{scope: s, x: x, o: o}
	s.locking = x.Locking
	tree, err := b.from(s, x.From)
	s.locking = nil
	if err != nil {
		return nil, err
	}
	if o.top && b.o.Declares {
		b.noteDerived(s)
	}
	if tree == nil {
		tree = &logical.Values{Rows: [][]expr.Expr{{}}}
	}
	q.tree = tree
	s.windows = x.Windows
	q.level = &grouping{}
	q.windowCalls = &windowList{}
	s.grouping, s.srfs, s.calls = q.level, &srfList{}, q.windowCalls
	if q.targets, err = b.targetList(s, x.Targets, o); err != nil {
		return nil, err
	}
	if err := b.where(q, x.Where); err != nil {
		return nil, err
	}
	if err := b.havingClause(q); err != nil {
		return nil, err
	}
	if err := b.orderBy(q); err != nil {
		return nil, err
	}
	if err := b.distinctOn(q); err != nil {
		return nil, err
	}
	if err := b.groupBy(q); err != nil {
		return nil, err
	}
	if err := b.windowDefs(s); err != nil {
		return nil, err
	}
	if err := b.lockColumns(q); err != nil {
		return nil, err
	}
	if q.excess {
		return nil, errTooManyTargets()
	}
	if err := b.resolveTargets(q); err != nil {
		return nil, err
	}
	if o.from != nil && len(x.GroupBy) == 0 && len(q.level.aggs) == 0 && q.having == nil {
		*o.from = s.items
	}
	return b.finishSelect(q)
}

// within runs f with the scope's clause set and aggregates and sets switched off.
func (b *binder) within(s *scope, c clause, aggs, srfs bool, f func() error) error {
	in, g, r, w := s.in, s.grouping, s.srfs, s.calls
	s.in = c
	if !aggs {
		s.grouping = nil
	}
	if !srfs {
		s.srfs, s.calls = nil, nil
	}
	err := f()
	s.in, s.grouping, s.srfs, s.calls = in, g, r, w
	return err
}

func (b *binder) where(q *selection, w ast.Expr) error {
	if w == nil {
		return nil
	}
	return b.within(q.scope, inWhere, false, false, func() error {
		c, err := b.condition(q.scope, w, "WHERE")
		if err != nil {
			return err
		}
		q.tree = &logical.Filter{Input: q.tree, Conds: logical.Conjuncts(nil, c)}
		return nil
	})
}

func (b *binder) havingClause(q *selection) error {
	if q.x.Having == nil {
		return nil
	}
	return b.within(q.scope, inHaving, true, false, func() error {
		c, err := b.condition(q.scope, q.x.Having, "HAVING")
		if err != nil {
			return err
		}
		q.having = logical.Conjuncts(nil, c)
		return nil
	})
}

// targetList binds select items, expanding stars. Unknown values stay so for now.
func (b *binder) targetList(s *scope, list []ast.Target, o queryOpts) ([]target, error) {
	out := make([]target, 0, len(list))
	for i := range list {
		t := &list[i]
		switch x := t.Expr.(type) {
		case *ast.ColumnRef:
			if x.Star {
				cols, err := b.star(s, x)
				if err != nil {
					return nil, err
				}
				b.traceStar(x, cols)
				for _, c := range cols {
					out = append(out, target{name: c.name, e: b.reference(c.e, x.Pos), src: x, pos: x.Pos})
				}
				continue
			}
		case *ast.FieldSel:
			if x.Star {
				cols, err := b.expandRecord(s, x)
				if err != nil {
					return nil, err
				}
				b.traceRowStar(x, cols)
				for _, c := range cols {
					out = append(out, target{name: c.name, e: c.e, src: x, pos: x.Pos})
				}
				continue
			}
		}
		e, err := b.expr(s, t.Expr)
		if err != nil {
			return nil, err
		}
		name := t.Name
		if name == "" {
			name = figureName(t.Expr)
		}
		if t.Heading != nil {
			name += b.heading(t.Heading)
		}
		out = append(out, target{name: name, e: e, src: t.Expr, pos: leftmost(t.Expr)})
	}
	if len(out) > maxTargets {
		return nil, errTooManyTargets()
	}
	return out, nil
}

// maxTargets bounds a select list, with what is sorted and grouped by, as PostgreSQL's
// tuples do.
const maxTargets = 1664

func errTooManyTargets() error {
	return errAt(ast.NoPos, pgerrcode.TooManyColumns, "target lists can have at most %d entries", maxTargets)
}

// full reports that nothing more can be sorted or grouped by, and notes that it was asked
// for. That fails once all clauses are bound, as an error in one of them comes first; until
// then it bounds what each item is compared with.
func (q *selection) full() bool {
	if len(q.targets)+len(q.junk)+q.unlisted < maxTargets {
		return false
	}
	q.excess = true
	return true
}

// resolveTargets makes unknown select items text, unless the user wants them as they are.
func (b *binder) resolveTargets(q *selection) error {
	if q.o.keepUnknown && !q.x.Distinct && q.x.DistinctOn == nil {
		return nil
	}
	for i := range q.targets {
		e, err := b.known(q.targets[i].e)
		if err != nil {
			return err
		}
		q.targets[i].e = e
	}
	return nil
}

// finishSelect stacks the operators: aggregation, HAVING, projection, DISTINCT,
// order, limit, locks.
func (b *binder) finishSelect(q *selection) (*query, error) {
	if err := b.aggregation(q); err != nil {
		return nil, err
	}
	all := append(append([]target(nil), q.targets...), q.junk...)
	exprs := make([]expr.Expr, len(all))
	for i := range all {
		exprs[i] = all[i].e
	}
	var ids []logical.ColID
	if late := q.postponed(); late != nil {
		ids = b.projectLate(q, exprs, late)
	} else if anySRF(exprs) {
		q.tree, ids = b.projectSet(q.tree, exprs)
	} else {
		q.tree, ids = b.project(q.tree, exprs)
	}
	for i := range all {
		all[i].id = ids[i]
		if sh := b.shape(all[i].e); sh != nil {
			put(&b.shapes, ids[i], sh)
		}
		if b.meta.Cols[ids[i]].Name == "" {
			b.meta.Cols[ids[i]].Name = all[i].name
		}
	}
	n := len(q.targets)
	copy(q.targets, all[:n])
	copy(q.junk, all[n:])
	for i := range q.keys {
		q.keys[i].Expr = b.meta.Column(q.refID(q.keys[i].Expr.(*targetRef)))
	}
	out := make([]outCol, n)
	for i := range out {
		out[i] = outCol{all[i].id, all[i].name, all[i].e.Type(), all[i].pos, all[i].pos}
	}
	if err := b.distinctClause(q, all[:n]); err != nil {
		return nil, err
	}
	return b.tail(q, out)
}

// refID is the number of the item that a reference means.
func (q *selection) refID(r *targetRef) logical.ColID { return q.item(r).id }

// tail adds order, limit and row locks.
func (b *binder) tail(q *selection, out []outCol) (*query, error) {
	if len(q.keys) > 0 {
		q.tree = &logical.Sort{Input: q.tree, Keys: q.keys}
	}
	if err := b.lockClause(q); err != nil {
		return nil, err
	}
	if q.late != nil && q.late.sets {
		q.tree = q.late.over(q.tree)
	}
	tree, err := b.limit(q.scope, q.x, q.tree, slices.Concat(q.keys, q.ties))
	if err != nil {
		return nil, err
	}
	if q.late != nil && !q.late.sets {
		tree = q.late.over(tree)
	}
	tree = b.withNulls(q, tree, out)
	if q.o.top && b.o.Positions {
		b.notePositions(q, tree)
	}
	return &query{tree: tree, out: out}, nil
}

// limit binds LIMIT and OFFSET.
func (b *binder) limit(s *scope, x *ast.Select, tree logical.Node, keys []logical.SortKey) (logical.Node, error) {
	if x.Limit == nil && x.Offset == nil {
		return tree, nil
	}
	n := &logical.Limit{Input: tree}
	bound := func(e ast.Expr, c clause) (expr.Expr, error) {
		if e == nil {
			return nil, nil
		}
		own := *s
		own.in, own.grouping, own.srfs, own.calls = c, nil, nil, nil
		v, err := b.expr(&own, e)
		if err != nil {
			return nil, err
		}
		y, err := b.specific(v, types.Int8OID, e, clauseName[c])
		if err != nil {
			return nil, err
		}
		if err := b.varFree(s, y, clauseName[c]); err != nil {
			return nil, err
		}
		return b.fold(y), nil
	}
	var err error
	if n.Limit, err = bound(x.Limit, inLimit); err != nil {
		return nil, err
	}
	if n.Offset, err = bound(x.Offset, inOffset); err != nil {
		return nil, err
	}
	if c, ok := n.Limit.(*expr.Const); ok && c.D.IsNull() {
		if lit, ok := x.Limit.(*ast.Lit); ok && x.WithTies && lit.Kind == ast.LitNull {
			return nil, errAt(ast.NoPos, pgerrcode.InvalidRowCountInLimitClause, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
		}
		if n.Limit = nil; n.Offset == nil {
			return tree, nil
		}
	}
	if x.WithTies {
		if len(keys) == 0 {
			return nil, errAt(ast.NoPos, pgerrcode.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
		}
		n.WithTies = append([]logical.SortKey(nil), keys...)
	}
	return n, nil
}
