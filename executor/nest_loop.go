package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
)

// nestLoop runs its right input for every left row. A right side that takes
// nothing from the left is run once and kept.
type nestLoop struct {
	node        *physical.NestLoop
	left, right Operator
	args        []*expr.Program
	filter      *expr.Program
	kept        *rowStore // right rows, when they do not depend on the left row
	filled      bool
	replay      replay
	ahead       lookahead

	b        *batch.Batch
	at       int
	cols     []*batch.Col
	open     bool // right is running for row b.Sel[at]
	hit      bool
	ids      []uint32
	sel      []uint16
	out      batch.Batch
	scratch  expr.Scratch
	argState expr.Scratch
	env      *Env
}

func newNestLoop(n *physical.NestLoop) (Operator, error) {
	ops, err := buildAll([]physical.Node{n.Left, n.Right})
	if err != nil {
		return nil, err
	}
	l := &nestLoop{node: n, left: ops[0], right: ops[1], cols: make([]*batch.Col, len(n.Args))}
	if l.args, err = programs(n.Args); err != nil {
		return nil, err
	}
	if l.filter, err = program(n.Filter); err != nil {
		return nil, err
	}
	if len(n.Slots) == 0 {
		l.kept = newRowStore(n.Right.Info().Cols)
	} else {
		l.ahead.search = looksAhead(l.right)
	}
	l.out.Cols = make([]batch.Col, len(n.Left.Info().Cols)+len(n.Right.Info().Cols))
	return l, nil
}

func (l *nestLoop) Open(ctx context.Context, env *Env) error {
	l.env, l.b, l.open, l.filled = env, nil, false, false
	l.ahead.reset()
	l.scratch.Reset()
	l.argState.Reset()
	if l.kept != nil {
		l.kept.reset(env.Budget)
	}
	return l.left.Open(ctx, env)
}

func (l *nestLoop) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		if l.b == nil {
			if err := l.advance(ctx); err != nil || l.b == nil {
				return nil, err
			}
		}
		if !l.open {
			if err := l.start(ctx); err != nil {
				return nil, err
			}
		}
		out, done, err := l.step(ctx)
		if err != nil {
			return nil, err
		}
		if done {
			l.open = false
			if l.at++; l.at >= len(l.b.Sel) {
				l.b = nil
			}
		}
		if out != nil {
			return out, nil
		}
	}
}

// advance takes the next left batch.
func (l *nestLoop) advance(ctx context.Context) error {
	b, err := l.left.Next(ctx)
	if err != nil || b == nil {
		return err
	}
	l.b, l.at = b, 0
	return evalAll(l.args, l.env, &l.argState, b, l.cols)
}

// start runs the right side for the present left row.
func (l *nestLoop) start(ctx context.Context) error {
	if err := l.ahead.at(ctx, l.env, l.at, len(l.b.Sel), l.set); err != nil {
		return err
	}
	l.set(l.at)
	l.open, l.hit = true, false
	if l.kept == nil {
		return l.right.Open(ctx, l.env)
	}
	if err := l.fill(ctx); err != nil {
		return err
	}
	l.replay = replay{store: l.kept}
	return nil
}

// set puts what the right side takes of left row i of the batch into its place.
func (l *nestLoop) set(i int) bool {
	for k, slot := range l.node.Slots {
		l.env.Exec[slot] = l.cols[k].Datum(int(l.b.Sel[i]))
	}
	return true
}

func (l *nestLoop) fill(ctx context.Context) error {
	if l.filled {
		return nil
	}
	l.filled = true
	if err := l.right.Open(ctx, l.env); err != nil {
		return err
	}
	for {
		b, err := l.right.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return l.right.Close()
		}
		if err := l.kept.append(b); err != nil {
			return err
		}
	}
}

// step joins the left row with the next right batch; done tells that the row is finished.
func (l *nestLoop) step(ctx context.Context) (out *batch.Batch, done bool, err error) {
	var r *batch.Batch
	if l.kept != nil {
		r = l.replay.next()
	} else if r, err = l.right.Next(ctx); err != nil {
		return nil, false, err
	}
	if r == nil {
		if l.kept == nil {
			if err := l.right.Close(); err != nil {
				return nil, false, err
			}
		}
		return l.ended(), true, nil
	}
	l.broadcast(r)
	if l.filter != nil {
		if err := l.filter.Filter(&l.env.Env, &l.scratch, &l.out); err != nil {
			return nil, false, err
		}
	}
	if l.out.Len() == 0 {
		return nil, false, nil
	}
	l.hit = true
	switch l.node.Kind {
	case physical.Semi:
		return l.leftRow(), true, l.stopRight()
	case physical.Anti:
		return nil, true, l.stopRight()
	}
	return &l.out, false, nil
}

func (l *nestLoop) stopRight() error {
	if l.kept != nil {
		return nil
	}
	return l.right.Close()
}

// broadcast repeats the left row beside the right batch's columns.
func (l *nestLoop) broadcast(r *batch.Batch) {
	n := len(l.node.Left.Info().Cols)
	width := int(r.Sel[len(r.Sel)-1]) + 1
	l.ids = l.ids[:0]
	for range width {
		l.ids = append(l.ids, uint32(l.b.Sel[l.at]))
	}
	for k := range n {
		gatherCol(&l.b.Cols[k], l.ids, &l.out.Cols[k])
	}
	for k := range r.Cols {
		l.out.Cols[n+k] = r.Cols[k]
	}
	l.out.Sel = r.Sel
}

// leftRow is the present left row alone.
func (l *nestLoop) leftRow() *batch.Batch {
	l.sel = append(l.sel[:0], l.b.Sel[l.at])
	return &batch.Batch{Cols: l.b.Cols, Sel: l.sel}
}

// ended is what a left row gives after its last right row.
func (l *nestLoop) ended() *batch.Batch {
	switch {
	case l.hit:
		return nil
	case l.node.Kind == physical.Anti:
		return l.leftRow()
	case l.node.Kind != physical.Left:
		return nil
	}
	n := len(l.node.Left.Info().Cols)
	l.ids = append(l.ids[:0], uint32(l.b.Sel[l.at]))
	for k := range n {
		gatherCol(&l.b.Cols[k], l.ids, &l.out.Cols[k])
	}
	for k, t := range l.node.Right.Info().Cols {
		l.out.Cols[n+k] = batch.Col{} // it was borrowed from the right side
		nullCol(&l.out.Cols[n+k], t, 1)
	}
	l.out.Sel = batch.Identity(1)
	return &l.out
}

func (l *nestLoop) Close() error {
	l.ahead.reset()
	if l.kept != nil {
		l.kept.reset(nil)
	} else if l.open {
		l.open = false
		if err := l.right.Close(); err != nil {
			return err
		}
	}
	return l.left.Close()
}
