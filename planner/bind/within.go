package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// withinGroup checks a resolved aggregate call against its WITHIN GROUP clause, whose
// expressions are the last of args (ParseFuncOrColumn). Arguments of hypothetical-set
// aggregates get the types that they share with what they are compared with.
func (b *binder) withinGroup(x *ast.Func, r *builtin.Resolved, args []expr.Expr) error {
	name := x.Name.Name
	switch ordered := r.Fn.AggKind != 'n'; {
	case !ordered && x.WithinGroup:
		return errAt(x.Pos, pgerrcode.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
	case ordered && !x.WithinGroup:
		return errAt(x.Pos, pgerrcode.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
	case !ordered:
		return nil
	}
	sorted := len(x.OrderBy)
	direct := len(args) - sorted
	missing := func() *pgerr.Error {
		ts := make([]types.OID, len(args))
		for i, a := range args {
			ts[i] = a.Type().OID
		}
		return errAt(x.Pos, pgerrcode.UndefinedFunction, "function %s does not exist", builtin.CallText(x.Name.Schema, name, ts))
	}
	if r.Fn.AggKind == 'h' {
		if direct != sorted {
			return missing().WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
				name, direct, sorted)
		}
		return b.unifyHypothetical(x, r, args)
	}
	if want := r.Fn.DirectArgs; direct != want {
		plural := "s"
		if want == 1 {
			plural = ""
		}
		return missing().WithHint("There is an ordered-set aggregate %s, but it requires %d direct argument%s, not %d.", name, want, plural, direct)
	}
	return nil
}

// unifyHypothetical gives each direct argument and its column one type, the column's if
// it can be.
func (b *binder) unifyHypothetical(x *ast.Func, r *builtin.Resolved, args []expr.Expr) error {
	n := len(x.OrderBy)
	for i := range n {
		column := args[n+i].Type().OID
		t, at, err := builtin.CommonTypeAt("WITHIN GROUP", []types.OID{column, args[i].Type().OID}, b.isParent)
		if err != nil {
			return atPos(err, leftmost([]ast.Expr{x.OrderBy[i].Expr, x.Args[i]}[at]))
		}
		r.ArgTypes[i], r.ArgTypes[n+i] = t, t
	}
	return nil
}

// directArgs is how many of n arguments are direct ones of an ordered-set aggregate.
func directArgs(x *ast.Func, r *builtin.Resolved, n int) int {
	if r.Fn.AggKind == 'n' {
		return 0
	}
	return n - len(x.OrderBy)
}

// misplacedOrder adds PostgreSQL's hint to an aggregate that was not found and has
// several things to order by.
func misplacedOrder(err error, x *ast.Func) error {
	if e, ok := pgerr.As(err); ok && len(x.OrderBy) > 1 && !x.WithinGroup && e.Code == pgerrcode.UndefinedFunction {
		return e.WithHint("No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.")
	}
	return err
}

// checkDirect refuses columns of inner levels in the direct arguments of an aggregate
// of an outer one.
func (b *binder) checkDirect(s, level *scope, direct []expr.Expr) error {
	for in := s; in != level; in = in.parent {
		for _, e := range direct {
			var pos ast.Pos
			found := false
			logical.Walk(e, func(x expr.Expr) bool {
				if c, ok := x.(*expr.Column); ok && !found && in.owns(func(id logical.ColID) bool { return id == c.Index }) {
					pos, found = b.pos[c], true
				}
				return !found
			})
			if found {
				return errAt(pos, pgerrcode.GroupingError, "outer-level aggregate cannot contain a lower-level variable in its direct arguments")
			}
		}
	}
	return nil
}

// checkDirect refuses columns that are not grouped in direct arguments.
func (r *regroup) checkDirect() error {
	for i := range r.agg.Aggs {
		for _, e := range r.agg.Aggs[i].Direct {
			if _, err := r.rewrite(e); err != nil {
				if e, ok := pgerr.As(err); ok && e.Code == pgerrcode.GroupingError {
					return e.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
				}
				return err
			}
		}
	}
	return nil
}
