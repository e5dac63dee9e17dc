package physical

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Window computes window functions (PostgreSQL chapter 4.2.8). Input is ordered
// by Partition, then Order, so a partition is a run of rows equal on Partition
// and peers are rows of it equal on Order (all of them without Order; equality as
// in grouping, NULLs alike). Output: the input's columns, then one per call. Rows
// keep their order.
type Window struct {
	Base
	Input     Node
	Partition []expr.Expr
	Order     []SortKey
	Calls     []WindowCall
	Needs     Lookahead // of all calls
}

// Lookahead is which rows of the partition after its own the result of a window
// function depends on: without any, results can be had before it has been read.
type Lookahead uint8

const (
	NeedsPartition Lookahead = iota // all of them, or those of the frame
	NeedsPeers                      // the peers of its own row
	NeedsNothing
)

// WindowCall is one function of a Window. Kind 'w' functions are computed by
// name: row_number, rank, dense_rank, percent_rank, cume_dist, ntile, lag and lead
// ignore Frame; first_value, last_value and nth_value use it, as aggregates
// (kind 'a', over the rows of the frame that pass Filter) do.
type WindowCall struct {
	Fn     *builtin.Func
	Args   []expr.Expr // over the input row
	Filter expr.Expr   // nil = all; aggregates only
	Frame  Frame
	T      types.T
}

// LookaheadOf is what the calls need together.
func LookaheadOf(calls []WindowCall) Lookahead {
	least := NeedsNothing
	for i := range calls {
		least = min(least, calls[i].needs())
	}
	return least
}

func (c *WindowCall) needs() Lookahead {
	if c.Fn.Kind == 'w' {
		switch c.Fn.Name {
		case "row_number":
			return NeedsNothing
		case "rank", "dense_rank":
			return NeedsPeers
		case "lag": // by a negative offset it looks ahead
			if len(c.Args) < 2 || nonNegative(c.Args[1]) {
				return NeedsNothing
			}
			return NeedsPartition
		case "first_value", "last_value", "nth_value":
		default:
			return NeedsPartition
		}
	}
	switch end := c.Frame.End.Kind; {
	case end != CurrentRow && end != OffsetPreceding:
		return NeedsPartition
	case c.Frame.Mode == FrameRows && c.Frame.Exclude == ExcludeNone:
		return NeedsNothing
	}
	return NeedsPeers
}

func nonNegative(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && !c.D.IsNull() && c.D.Int() >= 0
}

// Frame is the part of the partition that a row's call sees.
type Frame struct {
	Mode       FrameMode
	Start, End FrameBound
	Exclude    FrameExclude
}

// FrameBound is one end of a frame. Offset has no Column nodes; it is int8 for ROWS
// and GROUPS. For RANGE it is of the type that InRange, the in_range function of the
// window's only order key, takes. An offset that is NULL or negative is an error.
type FrameBound struct {
	Kind    BoundKind
	Offset  expr.Expr
	InRange *builtin.Func
}

// FrameMode is ROWS, RANGE or GROUPS.
type FrameMode uint8

const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// BoundKind is the kind of a frame's end.
type BoundKind uint8

const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameExclude is the EXCLUDE clause.
type FrameExclude uint8

const (
	ExcludeNone FrameExclude = iota
	ExcludeCurrent
	ExcludeGroup
	ExcludeTies
)
