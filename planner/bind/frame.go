package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// frameModes are the words of a frame clause.
var frameModes = [...]string{ast.FrameRange: "RANGE", ast.FrameRows: "ROWS", ast.FrameGroups: "GROUPS"}

// frame binds the frame clause of a window whose parts are n; without one it ends
// at the current row's peers.
func (b *binder) frame(s *scope, w *ast.Window, n *logical.Window) (physical.Frame, error) {
	if w.Frame == nil {
		return physical.Frame{Start: physical.FrameBound{Kind: physical.UnboundedPreceding}, End: physical.FrameBound{Kind: physical.CurrentRow}}, nil
	}
	f := physical.Frame{Mode: physical.FrameMode(w.Frame.Mode), Exclude: physical.FrameExclude(w.Frame.Exclude)}
	offset := w.Frame.Start.Offset != nil || w.Frame.End.Offset != nil
	switch {
	case w.Frame.Mode == ast.FrameRange && offset && len(n.Order) != 1:
		return f, errAt(w.Pos, pgerrcode.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	case w.Frame.Mode == ast.FrameGroups && len(n.Order) == 0:
		return f, errAt(w.Pos, pgerrcode.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	var err error
	if f.Start, err = b.frameBound(s, w, n, &w.Frame.Start); err != nil {
		return f, err
	}
	f.End, err = b.frameBound(s, w, n, &w.Frame.End)
	return f, err
}

func (b *binder) frameBound(s *scope, w *ast.Window, n *logical.Window, x *ast.FrameBound) (physical.FrameBound, error) {
	out := physical.FrameBound{Kind: physical.BoundKind(x.Kind)}
	if x.Offset == nil {
		return out, nil
	}
	own := *s
	own.in, own.grouping = inFrame+clause(w.Frame.Mode), nil
	e, err := b.expr(&own, x.Offset)
	if err != nil {
		return out, err
	}
	to := types.OID(types.Int8OID)
	if w.Frame.Mode == ast.FrameRange {
		column, err := orderingType(n.Order[0].Expr.Type().OID)
		if err != nil {
			return out, err
		}
		if to, err = rangeOffset(column, e.Type().OID, leftmost(x.Offset)); err != nil {
			return out, err
		}
		out.InRange = builtin.InRange(column, to)
	}
	if out.Offset, err = b.specific(e, to, x.Offset, frameModes[w.Frame.Mode]); err != nil {
		return out, err
	}
	return out, b.varFree(s, out.Offset, frameModes[w.Frame.Mode])
}

// specific brings a value to the type that a construct demands.
func (b *binder) specific(e expr.Expr, to types.OID, src ast.Expr, construct string) (expr.Expr, error) {
	y, err := b.coerceOrNil(e, types.Of(to), builtin.Assignment, leftmost(src))
	if err == nil && y == nil {
		err = errAt(leftmost(src), pgerrcode.DatatypeMismatch, "argument of %s must be type %s, not type %s",
			construct, builtin.TypeName(to), builtin.TypeName(b.shownType(e)))
	}
	if t := b.trace(); t != nil {
		delete(t.casts, src) // a count is shown as it is written
	}
	return y, err
}

// orderingType is the type whose operators order values of t: text for varchar.
func orderingType(t types.OID) (types.OID, error) {
	r, err := builtin.OwnOperator("<", t)
	if err != nil {
		return 0, err
	}
	return r.Op.Left, nil
}

// rangeOffset chooses the type of an offset of type given along a column, as
// transformFrameOffset does.
func rangeOffset(column, given types.OID, pos ast.Pos) (types.OID, error) {
	prefer := given
	if given == types.UnknownOID {
		prefer = column
		switch column {
		case types.DateOID, types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
			prefer = types.IntervalOID
		}
	}
	all := builtin.InRangeOffsets(column)
	var chosen types.OID
	fits := 0
	for _, t := range all {
		if builtin.CanCoerce(given, t, builtin.Implicit) {
			fits++
			if chosen != prefer {
				chosen = t
			}
		}
	}
	refuse := func(what string, args ...any) *pgerr.Error {
		return errAt(pos, pgerrcode.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING "+what, args...)
	}
	columnName, givenName := builtin.TypeName(column), builtin.TypeName(given)
	switch {
	case len(all) == 0:
		return 0, refuse("is not supported for column type %s", columnName)
	case fits == 0:
		return 0, refuse("is not supported for column type %s and offset type %s", columnName, givenName).
			WithHint("Cast the offset value to an appropriate type.")
	case fits != 1 && chosen != prefer:
		return 0, refuse("has multiple interpretations for column type %s and offset type %s", columnName, givenName).
			WithHint("Cast the offset value to the exact intended type.")
	}
	return chosen, nil
}
