package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// windowList collects the window functions of a select list: one node for each
// different window.
type windowList struct{ nodes []*logical.Window }

// windowCall binds f(…) OVER (…) and refers to its result.
func (b *binder) windowCall(s *scope, x *ast.Func) (expr.Expr, error) {
	if s.calls == nil || s.inAgg || s.inWindow {
		switch {
		case s.inWindow:
			return nil, errAt(x.Pos, pgerrcode.WindowingError, "window function calls cannot be nested")
		case s.inAgg:
			return nil, errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot contain window function calls")
		}
		return nil, errAt(x.Pos, pgerrcode.WindowingError, "window functions are not allowed in %s", clauseName[s.in])
	}
	in := *s
	in.inWindow = true
	args, err := b.list(&in, x.Args)
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
	c := physical.WindowCall{Fn: r.Fn, T: types.Of(r.Ret)}
	if c.Args, _, err = b.callArgs(r, args, x.Pos); err != nil {
		return nil, err
	}
	if x.Filter != nil {
		if c.Filter, err = b.condition(&in, x.Filter, "FILTER"); err != nil {
			return nil, err
		}
	}
	w, err := b.window(&in, s.windows, x.Over)
	if err != nil {
		return nil, err
	}
	if c.Frame, err = b.frame(&in, w); err != nil {
		return nil, err
	}
	return b.addWindow(s, &in, w, c, x)
}

func windowAllowed(x *ast.Func, r *builtin.Resolved) error {
	name := x.Name.Name
	switch {
	case r.Fn == nil || r.Fn.Kind != 'w' && r.Fn.Kind != 'a':
		return errAt(x.Pos, pgerrcode.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
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
			return nil, errAt(w.Pos, pgerrcode.WindowingError, "cannot copy window \"%s\" because it has a frame clause", w.Ref).
				WithHint("Omit the parentheses in this OVER clause.")
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

// frame binds the frame clause; without one it ends at the current row's peers.
func (b *binder) frame(s *scope, w *ast.Window) (physical.Frame, error) {
	if w.Frame == nil {
		return physical.Frame{Start: physical.FrameBound{Kind: physical.UnboundedPreceding}, End: physical.FrameBound{Kind: physical.CurrentRow}}, nil
	}
	f := physical.Frame{Mode: physical.FrameMode(w.Frame.Mode), Exclude: physical.FrameExclude(w.Frame.Exclude)}
	if w.Frame.Mode == ast.FrameGroups && len(w.OrderBy) == 0 {
		return f, errAt(w.Pos, pgerrcode.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	var err error
	if f.Start, err = b.frameBound(s, w, &w.Frame.Start); err != nil {
		return f, err
	}
	f.End, err = b.frameBound(s, w, &w.Frame.End)
	return f, err
}

func (b *binder) frameBound(s *scope, w *ast.Window, x *ast.FrameBound) (physical.FrameBound, error) {
	out := physical.FrameBound{Kind: physical.BoundKind(x.Kind)}
	if x.Offset == nil {
		return out, nil
	}
	if w.Frame.Mode == ast.FrameRange {
		return out, notYet(leftmost(x.Offset), "RANGE with offset PRECEDING/FOLLOWING")
	}
	e, err := b.expr(&scope{parent: s.parent, in: inWhere, ctes: s.ctes}, x.Offset)
	if err != nil {
		if hasOwnColumn(s, x.Offset) {
			return out, errAt(leftmost(x.Offset), pgerrcode.InvalidColumnReference, "argument of %s must not contain variables",
				[...]string{ast.FrameRange: "RANGE", ast.FrameRows: "ROWS", ast.FrameGroups: "GROUPS"}[w.Frame.Mode])
		}
		return out, err
	}
	out.Offset, err = b.coerce(e, types.Of(types.Int8OID), builtin.Implicit, leftmost(x.Offset))
	return out, err
}

// addWindow registers the call with the node of its window.
func (b *binder) addWindow(s, in *scope, w *ast.Window, c physical.WindowCall, x *ast.Func) (expr.Expr, error) {
	n := &logical.Window{}
	for _, e := range w.PartitionBy {
		p, err := b.value(in, e)
		if err != nil {
			return nil, err
		}
		if err := needEqual(p.Type(), leftmost(e)); err != nil {
			return nil, err
		}
		n.Partition = append(n.Partition, p)
	}
	for i := range w.OrderBy {
		e, err := b.value(in, w.OrderBy[i].Expr)
		if err != nil {
			return nil, err
		}
		k, err := b.sortKey(e, &w.OrderBy[i])
		if err != nil {
			return nil, err
		}
		n.Order = append(n.Order, k)
	}
	id := b.meta.Add(logical.ColInfo{Name: x.Name.Name, T: c.T})
	for _, have := range s.calls.nodes {
		if sameWindow(have, n) {
			have.Calls, have.Out = append(have.Calls, c), append(have.Out, id)
			return b.meta.Column(id), nil
		}
	}
	n.Calls, n.Out = []physical.WindowCall{c}, []logical.ColID{id}
	s.calls.nodes = append(s.calls.nodes, n)
	return b.meta.Column(id), nil
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
		n.Input = q.tree
		q.tree = n
	}
	return nil
}
