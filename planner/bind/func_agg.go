package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// onlyAggregates refuses aggregate syntax on plain functions.
func onlyAggregates(x *ast.Func, r *builtin.Resolved) error {
	what := ""
	switch {
	case x.Star:
		what = "(*) specified, but %s is not an aggregate function"
		name := x.Name.Name
		return errAt(x.Pos, pgerrcode.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case r.Fn != nil && r.Fn.Kind == 'w' && x.WithinGroup:
		what = "window function %s requires an OVER clause"
	case x.WithinGroup:
		what = "WITHIN GROUP specified, but %s is not an aggregate function"
	case x.Distinct:
		what = "DISTINCT specified, but %s is not an aggregate function"
	case x.OrderBy != nil:
		what = "ORDER BY specified, but %s is not an aggregate function"
	case x.Filter != nil:
		what = "FILTER specified, but %s is not an aggregate function"
	case r.Fn != nil && r.Fn.Kind == 'w':
		return errAt(x.Pos, pgerrcode.WrongObjectType, "window function %s requires an OVER clause", x.Name.Name)
	default:
		return nil
	}
	return errAt(x.Pos, pgerrcode.WrongObjectType, what, x.Name.Name)
}

// aggScope is the scope in which a call's arguments are bound: inside an
// aggregate no other may stand.
func (b *binder) aggScope(s *scope, x *ast.Func) *scope {
	if !b.isAggregate(x.Name) {
		return s
	}
	g := *s
	g.inAgg = &nesting{}
	return &g
}

// nesting is what stands in the arguments of a call and must not. The call refuses it when
// all of its parts are known: other mistakes in them come first.
type nesting struct{ err error }

// note keeps the first mistake.
func (n *nesting) note(err error) {
	if n != nil && n.err == nil {
		n.err = err
	}
}

// filter binds the FILTER of a call whose arguments are bound in g.
func (b *binder) filter(g *scope, x *ast.Func) (expr.Expr, error) {
	if x.Filter == nil {
		return nil, nil
	}
	f := *g
	f.in, f.grouping, f.inAgg, f.srfs = inFilter, nil, nil, nil
	return b.condition(&f, x.Filter, "FILTER")
}

func (b *binder) isSetName(n ast.QName) bool {
	for _, f := range b.extensions().Functions(n.Schema, n.Name) {
		if f.RetSet {
			return true
		}
	}
	return false
}

// isAggregate reports the name of an aggregate, a user's or not.
func (b *binder) isAggregate(n ast.QName) bool {
	for _, f := range b.extensions().Functions(n.Schema, n.Name) {
		if f.Kind == 'a' {
			return true
		}
	}
	for _, list := range b.userFuncs(n.Schema, n.Name) {
		for _, f := range list {
			if f.Kind == 'a' {
				return true
			}
		}
	}
	return false
}

// aggregate registers an aggregate call with its query level and refers to its result.
func (b *binder) aggregate(s, g *scope, x *ast.Func, r *builtin.Resolved, args []expr.Expr, filter expr.Expr) (expr.Expr, error) {
	if len(args) == 0 && !x.Star && len(r.Fn.Args) == 0 {
		return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", x.Name.Name)
	}
	direct := directArgs(x, r, len(args))
	in, _, err := b.callArgs(r, args, x.Pos)
	if err != nil {
		return nil, err
	}
	a := logical.AggCall{Fn: r.Fn, Args: in[direct:], Direct: in[:direct], Distinct: x.Distinct, T: rowsLike(types.Of(r.Ret), in)}
	a.Filter = filter
	if err := b.aggSorted(g, x, &a, args, in); err != nil {
		return nil, err
	}
	counted := append(slices.Clone(args[direct:]), filter)
	level := b.aggLevel(s, counted)
	if err := b.noAggIn(level, counted); err != nil {
		return nil, err
	}
	if g.inAgg != s.inAgg && g.inAgg.err != nil {
		return nil, g.inAgg.err
	}
	if level.grouping == nil {
		name := clauseName[level.in]
		if level.in == inNone {
			name = "this context"
		}
		return nil, errAt(x.Pos, pgerrcode.GroupingError, "aggregate functions are not allowed in %s", name)
	}
	if s.inAgg != nil || level.inAgg != nil {
		nested := errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot be nested")
		s.inAgg.note(nested)
		level.inAgg.note(nested) // of a query around, whose aggregate this is in
	}
	if err := b.checkDirect(s, level, a.Direct); err != nil {
		return nil, err
	}
	return b.addAgg(level.grouping, a, r.Domain, x), nil
}

// aggSorted binds what orders an aggregate's input and tells its values apart.
func (b *binder) aggSorted(g *scope, x *ast.Func, a *logical.AggCall, args, in []expr.Expr) error {
	for i := range x.OrderBy {
		if x.WithinGroup {
			k, err := b.sortKey(a.Args[i], &x.OrderBy[i])
			if err != nil {
				return err
			}
			a.OrderBy = append(a.OrderBy, k)
			continue
		}
		k, err := b.aggOrder(g, x, &x.OrderBy[i], args, in)
		if err != nil {
			return err
		}
		a.OrderBy = append(a.OrderBy, k)
	}
	if x.Distinct {
		for i, e := range a.Args {
			if err := sortable(e.Type(), distinctPos(x, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortable refuses types whose values an aggregate cannot tell apart by sorting.
func sortable(t types.T, pos ast.Pos) error {
	if err := needEqual(t, pos); err != nil {
		return err
	}
	if err, ok := pgerr.As(needOrder(t, pos)); ok {
		err.Hint = ""
		return err.WithDetail("Aggregates with DISTINCT must be able to sort their inputs.")
	}
	return nil
}

// distinctPos is where argument i of an aggregate over DISTINCT values stands.
func distinctPos(x *ast.Func, i int) ast.Pos {
	if i < len(x.Args) {
		return leftmost(x.Args[i])
	}
	return x.Pos
}

// aggOrder binds ORDER BY of an aggregate. What is one of the arguments as they are
// written is what the aggregate gets of it, and with DISTINCT it must be one.
func (b *binder) aggOrder(g *scope, x *ast.Func, o *ast.SortBy, args, in []expr.Expr) (logical.SortKey, error) {
	e, err := b.value(g, o.Expr)
	if err != nil {
		return logical.SortKey{}, err
	}
	at := slices.IndexFunc(args, func(a expr.Expr) bool { return same(a, e) })
	switch {
	case at >= 0 && at < len(in):
		e = in[at]
	case x.Distinct:
		return logical.SortKey{}, errAt(leftmost(o.Expr), pgerrcode.InvalidColumnReference,
			"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
	}
	if o.Places {
		if p := b.sortPlace(e); p != nil {
			b.tracePlaces(o)
			e = p
		}
	}
	return b.sortKey(e, o)
}

// noAggIn refuses aggregates of the level among the arguments of one.
func (b *binder) noAggIn(level *scope, args []expr.Expr) error {
	if level.grouping == nil {
		return nil
	}
	var err error
	for _, a := range args {
		if a == nil {
			continue
		}
		logical.Walk(a, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && err == nil && slices.Contains(level.grouping.out, c.Index) {
				err = errAt(b.pos[c], pgerrcode.GroupingError, "aggregate function calls cannot be nested")
			}
			return err == nil
		})
	}
	return err
}

// addAgg adds the call, or finds an equal one. Its result is of a domain, or 0.
func (b *binder) addAgg(g *grouping, a logical.AggCall, domain types.OID, x *ast.Func) expr.Expr {
	if len(g.aggs) == 0 {
		g.first = x.Pos
	}
	for i := range g.aggs {
		if sameAgg(&g.aggs[i], &a) {
			return b.reference(b.meta.Column(g.out[i]), x.Pos)
		}
	}
	id := b.meta.Add(logical.ColInfo{Name: x.Name.Name, T: a.T, Domain: domain})
	g.aggs, g.out = append(g.aggs, a), append(g.out, id)
	return b.reference(b.meta.Column(id), x.Pos)
}

// aggLevel is the query level an aggregate belongs to: the innermost whose
// columns its arguments use, or its own when they use none.
func (b *binder) aggLevel(s *scope, args []expr.Expr) *scope {
	used := map[logical.ColID]bool{}
	for _, a := range args {
		if a != nil {
			logical.Free(a, func(c logical.ColID) { used[c] = true })
		}
	}
	if len(used) == 0 {
		return s
	}
	for level := s; level != nil; level = level.parent {
		if level.owns(func(id logical.ColID) bool { return used[id] }) {
			return level
		}
	}
	return s
}

// owns reports a column of the level's FROM for which in is true.
func (s *scope) owns(in func(logical.ColID) bool) bool {
	for _, it := range s.items {
		for _, c := range it.cols {
			if logical.Uses(c.e, in) {
				return true
			}
		}
		if it.rel != nil && it.rel.scan != nil && slices.ContainsFunc(it.rel.scan.Out, in) {
			return true
		}
	}
	return false
}

// varFree refuses columns of the level in a clause that has one value for all of
// its rows.
func (b *binder) varFree(s *scope, e expr.Expr, construct string) error {
	var err error
	logical.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok && err == nil && s.owns(func(id logical.ColID) bool { return id == c.Index }) {
			pos, ok := b.pos[c]
			if !ok {
				pos = ast.NoPos
			}
			err = errAt(pos, pgerrcode.InvalidColumnReference, "argument of %s must not contain variables", construct)
		}
		return err == nil
	})
	return err
}
