package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// windowCall binds f(…) OVER (…) and refers to its result.
func (b *binder) windowCall(s *scope, x *ast.Func) (expr.Expr, error) {
	in := *s
	in.inWindow = &nesting{}
	args, err := b.list(&in, x.Args)
	if err != nil {
		return nil, err
	}
	var summed expr.Expr
	if x.Mixed {
		if x, args, summed, err = b.mixedAggregate(x, args); err != nil {
			return nil, err
		}
	}
	x = b.extreme(x, args)
	if err := namedLast(x); err != nil {
		return nil, err
	}
	if x.WithinGroup {
		for i := range x.OrderBy {
			e, err := b.expr(&in, x.OrderBy[i].Expr)
			if err != nil {
				return nil, err
			}
			args = append(args, e)
		}
	}
	filter, err := b.filter(&in, x)
	if err != nil {
		return nil, err
	}
	r, err := b.resolveCall(x.Name.Schema, x.Name.Name, args, builtin.CallShape{Names: x.ArgNames, Variadic: x.Variadic}, x.Pos)
	if err != nil {
		return nil, err
	}
	if err := windowAllowed(x, r); err != nil {
		return nil, err
	}
	c := physical.WindowCall{Fn: r.Fn, T: types.Of(r.Ret), Filter: filter}
	if c.Args, _, err = b.callArgs(r, args, x.Pos); err != nil {
		return nil, err
	}
	if err := windowPlaced(s, &in, x); err != nil {
		return nil, err
	}
	b.traceRoutine(x, r.Fn)
	if r.Fn.User != nil {
		b.meta.Calls = true
	}
	c.T = rowsLike(c.T, c.Args)
	e := b.addWindow(s, c, r.Domain, x)
	if summed == nil {
		return e, nil
	}
	return b.aggregateDigits(x, summed, e)
}

// windowDef binds what is written behind OVER or in WINDOW.
func (b *binder) windowDef(s *scope, defs []ast.NamedWindow, over *ast.Window) (n *logical.Window, f physical.Frame, err error) {
	w, err := b.window(s, defs, over)
	if err != nil {
		return nil, f, err
	}
	def := *s
	def.in, def.calls, def.inWindow = inWindowDef, nil, nil
	if n, err = b.windowParts(&def, w); err != nil {
		return nil, f, err
	}
	f, err = b.frame(&def, w, n)
	return n, f, err
}

// windowDefs binds the definitions of a query's windows, those of its WINDOW clause first. All
// else of the query is bound by then: mistakes in it come first.
func (b *binder) windowDefs(s *scope) error {
	l, used := s.calls, map[string]bool{}
	for i := range l.waiting {
		used[l.waiting[i].over.Ref] = true
	}
	for i := range s.windows {
		used[s.windows[i].Def.Ref] = true
	}
	for i := range s.windows {
		if slices.ContainsFunc(s.windows[:i], func(d ast.NamedWindow) bool { return d.Name == s.windows[i].Name }) {
			return errAt(s.windows[i].Def.Pos, pgerrcode.WindowingError, "window \"%s\" is already defined", s.windows[i].Name)
		}
		if !used[s.windows[i].Name] { // it may be wrong, too, and have aggregates
			if _, _, err := b.windowDef(s, s.windows[:i], &s.windows[i].Def); err != nil {
				return err
			}
		}
		if err := b.placeWindows(s, i); err != nil {
			return err
		}
	}
	return b.placeWindows(s, len(s.windows))
}

// placeWindows gives the calls whose window is the n-th definition to its node.
func (b *binder) placeWindows(s *scope, n int) error {
	for i := range s.calls.waiting {
		w := &s.calls.waiting[i]
		if definition(s.windows, w.over) != n {
			continue
		}
		node, frame, err := b.windowDef(&w.s, s.windows, w.over)
		if err != nil {
			return err
		}
		w.call.Frame = frame
		if at := slices.IndexFunc(s.calls.nodes, func(have *logical.Window) bool { return sameWindow(have, node) }); at >= 0 {
			node = s.calls.nodes[at]
		} else {
			s.calls.add(node, n)
		}
		node.Calls, node.Out = append(node.Calls, w.call), append(node.Out, w.id)
	}
	return nil
}

// windowPlaced refuses a call where there are no windows, and one with others in its
// arguments, which are bound in in.
func windowPlaced(s, in *scope, x *ast.Func) error {
	if in.inWindow.err != nil {
		return in.inWindow.err
	}
	if s.calls == nil {
		return errAt(x.Pos, pgerrcode.WindowingError, "window functions are not allowed in %s", clauseName[min(s.in, inWindowDef)])
	}
	s.inWindow.note(errAt(x.Pos, pgerrcode.WindowingError, "window function calls cannot be nested"))
	s.inAgg.note(errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot contain window function calls"))
	if o := x.Over; o.NameOnly && !slices.ContainsFunc(s.windows, func(d ast.NamedWindow) bool { return d.Name == o.Ref }) {
		return errAt(o.Pos, pgerrcode.UndefinedObject, "window \"%s\" does not exist", o.Ref)
	}
	return nil
}

func windowAllowed(x *ast.Func, r *builtin.Resolved) error {
	name := x.Name.Name
	switch {
	case r.Fn == nil || r.Fn.Kind != 'w' && r.Fn.Kind != 'a':
		return errAt(x.Pos, pgerrcode.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	case r.Fn.Kind == 'a' && r.Fn.AggKind != 'n':
		if !x.WithinGroup {
			return errAt(x.Pos, pgerrcode.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
		}
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
	case x.WithinGroup && r.Fn.Kind == 'w':
		return errAt(x.Pos, pgerrcode.WrongObjectType, "window function %s cannot have WITHIN GROUP", name)
	case x.WithinGroup:
		return errAt(x.Pos, pgerrcode.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
	case x.Distinct:
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "DISTINCT is not implemented for window functions")
	case x.OrderBy != nil:
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
	case x.Filter != nil && r.Fn.Kind == 'w':
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
	case r.Fn.Kind == 'a' && len(x.Args) == 0 && !x.Star:
		return errAt(x.Pos, pgerrcode.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", name)
	}
	return nil
}

// window resolves OVER name and OVER (name …) to a full definition.
func (b *binder) window(s *scope, defs []ast.NamedWindow, w *ast.Window) (*ast.Window, error) {
	if w.Ref == "" {
		return w, nil
	}
	for i := range defs {
		if defs[i].Name != w.Ref {
			continue
		}
		base, err := b.window(s, defs[:i], &defs[i].Def)
		if err != nil || w.NameOnly {
			return base, err
		}
		switch {
		case len(w.PartitionBy) > 0:
			return nil, errAt(w.Pos, pgerrcode.WindowingError, "cannot override PARTITION BY clause of window \"%s\"", w.Ref)
		case len(w.OrderBy) > 0 && len(base.OrderBy) > 0:
			return nil, errAt(w.Pos, pgerrcode.WindowingError, "cannot override ORDER BY clause of window \"%s\"", w.Ref)
		case base.Frame != nil:
			e := errAt(w.Pos, pgerrcode.WindowingError, "cannot copy window \"%s\" because it has a frame clause", w.Ref)
			if len(w.OrderBy) == 0 && w.Frame == nil {
				return nil, e.WithHint("Omit the parentheses in this OVER clause.")
			}
			return nil, e
		}
		merged := *w
		merged.Ref, merged.PartitionBy = "", base.PartitionBy
		if len(merged.OrderBy) == 0 {
			merged.OrderBy = base.OrderBy
		}
		return &merged, nil
	}
	return nil, errAt(w.Pos, pgerrcode.UndefinedObject, "window \"%s\" does not exist", w.Ref)
}

// windowParts binds a window's partition and order.
func (b *binder) windowParts(in *scope, w *ast.Window) (*logical.Window, error) {
	n := &logical.Window{}
	for _, e := range w.PartitionBy {
		p, err := b.value(in, e)
		if err != nil {
			return nil, err
		}
		if err := needEqual(p.Type(), foremost(e)); err != nil {
			return nil, err
		}
		if !builtin.HasOrder(p.Type().OID) {
			return nil, pgerr.New(pgerrcode.FeatureNotSupported, "could not implement window PARTITION BY").
				WithDetail("Window partitioning columns must be of sortable datatypes.")
		}
		n.Partition = append(n.Partition, p)
	}
	for i := range w.OrderBy {
		e, err := b.value(in, w.OrderBy[i].Expr)
		if err != nil {
			return nil, err
		}
		if w.OrderBy[i].Places {
			if p := b.sortPlace(e); p != nil {
				b.tracePlaces(&w.OrderBy[i])
				e = p
			}
		}
		k, err := b.sortKey(e, &w.OrderBy[i])
		if err != nil {
			return nil, err
		}
		// A key that came before adds nothing, and RANGE with an offset wants one only.
		if !slices.ContainsFunc(n.Order, func(o logical.SortKey) bool { return o.Bytes == k.Bytes && same(o.Expr, e) }) {
			n.Order = append(n.Order, k)
		}
	}
	return n, nil
}

// addWindow registers the call with the query, which finds its window; an equal one is it.
func (b *binder) addWindow(s *scope, c physical.WindowCall, domain types.OID, x *ast.Func) expr.Expr {
	for i := range s.calls.waiting {
		if w := &s.calls.waiting[i]; sameWindowCall(&w.call, &c) && ast.Print(&ast.Func{Over: w.over}) == ast.Print(&ast.Func{Over: x.Over}) {
			return b.reference(b.meta.Column(w.id), x.Pos)
		}
	}
	id := b.meta.Add(logical.ColInfo{Name: x.Name.Name, T: c.T, Domain: domain})
	s.calls.waiting = append(s.calls.waiting, waitingWindow{s: *s, call: c, over: x.Over, id: id})
	return b.reference(b.meta.Column(id), x.Pos)
}

// sameWindowCall reports calls that are equal, but for their windows.
func sameWindowCall(a, b *physical.WindowCall) bool {
	if a.Fn != b.Fn || len(a.Args) != len(b.Args) || (a.Filter == nil) != (b.Filter == nil) ||
		a.Filter != nil && (!same(a.Filter, b.Filter) || logical.IsVolatile(a.Filter)) {
		return false
	}
	for i := range a.Args {
		if !same(a.Args[i], b.Args[i]) || logical.IsVolatile(a.Args[i]) {
			return false
		}
	}
	return true
}

// definition is the place of a call's window in the WINDOW clause, or the one after
// it for a window that is written at the call.
func definition(defs []ast.NamedWindow, w *ast.Window) int {
	i := slices.IndexFunc(defs, func(d ast.NamedWindow) bool { return w.NameOnly && d.Name == w.Ref })
	if i < 0 {
		return len(defs)
	}
	return i
}

func sameWindow(a, b *logical.Window) bool {
	if len(a.Partition) != len(b.Partition) || len(a.Order) != len(b.Order) {
		return false
	}
	for i := range a.Partition {
		if !same(a.Partition[i], b.Partition[i]) {
			return false
		}
	}
	for i, k := range a.Order {
		if o := b.Order[i]; k.Desc != o.Desc || k.NullsFirst != o.NullsFirst || !same(k.Expr, o.Expr) {
			return false
		}
	}
	return true
}

// windows stacks the window nodes above aggregation and HAVING; r rewrites their
// expressions when there is an aggregation.
func (b *binder) windowNodes(q *selection, r *regroup) error {
	if q.windowCalls == nil {
		return nil
	}
	for _, n := range q.windowCalls.nodes {
		if r != nil {
			var err error
			logical.MapExprs(n, func(e expr.Expr) expr.Expr {
				out, failed := r.rewrite(e)
				if failed != nil {
					err = failed
				}
				return out
			})
			if err != nil {
				return err
			}
		}
	}
	b.windowSets(q)
	for _, n := range q.windowCalls.nodes {
		n.Input = q.tree
		q.tree = n
	}
	return nil
}

// windowSets expands sets that windows are partitioned or ordered by, below the windows.
func (b *binder) windowSets(q *selection) {
	var sets []expr.Expr
	for _, n := range q.windowCalls.nodes {
		sets = append(sets, n.Partition...)
		for _, k := range n.Order {
			sets = append(sets, k.Expr)
		}
	}
	instead := b.expandSets(q, sets)
	if instead == nil {
		return
	}
	for _, n := range q.windowCalls.nodes {
		logical.MapExprs(n, instead)
	}
	for _, l := range [][]target{q.targets, q.junk} {
		for i := range l {
			l[i].e = instead(l[i].e)
		}
	}
}
