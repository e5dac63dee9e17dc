package executor

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// limit skips Offset rows and passes Limit rows; then it stops pulling.
type limit struct {
	input         Operator
	limit, offset *expr.Program
	skip, left    int64 // left −1 = no limit
	scratch       expr.Scratch
	env           *Env
}

func newLimit(n *physical.Limit) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	l := &limit{input: in}
	if l.limit, err = program(n.Limit); err != nil {
		return nil, err
	}
	l.offset, err = program(n.Offset)
	return l, err
}

func (l *limit) Open(ctx context.Context, env *Env) (err error) {
	l.env = env
	l.scratch.Reset()
	if l.left, err = rowCount(l.limit, env, &l.scratch, -1, pgerrcode.InvalidRowCountInLimitClause, "LIMIT must not be negative"); err != nil {
		return err
	}
	if l.skip, err = rowCount(l.offset, env, &l.scratch, 0, pgerrcode.InvalidRowCountInResultOffsetClause, "OFFSET must not be negative"); err != nil {
		return err
	}
	if err := l.input.Open(ctx, env); err != nil {
		return err
	}
	if in, ok := l.input.(bounded); ok && l.left >= 0 {
		in.bound(l.skip + l.left)
	}
	return nil
}

// bounded is an operator for which it matters that its consumer takes no more
// than so many rows; it is told after Open.
type bounded interface{ bound(rows int64) }

// skipper is an operator that can pass over its next rows without making them: up to n,
// it says how many.
type skipper interface {
	skip(ctx context.Context, n int64) (int64, error)
}

// rowCount evaluates a LIMIT or OFFSET; NULL and absence give none.
func rowCount(p *expr.Program, env *Env, s *expr.Scratch, none int64, code, negative string) (int64, error) {
	if p == nil {
		return none, nil
	}
	d, err := p.One(&env.Env, s)
	if err != nil || d.IsNull() {
		return none, err
	}
	if d.Int() < 0 {
		return 0, pgerr.New(code, negative)
	}
	return d.Int(), nil
}

func (l *limit) Next(ctx context.Context) (*batch.Batch, error) {
	if in, ok := l.input.(skipper); ok && l.skip > 0 && l.left != 0 {
		n, err := in.skip(ctx, l.skip)
		if err != nil {
			return nil, err
		}
		l.skip -= n
	}
	for l.left != 0 {
		b, err := l.input.Next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		if l.skip > 0 {
			n := min(l.skip, int64(b.Len()))
			l.skip -= n
			b.Sel = b.Sel[n:]
			if b.Len() == 0 {
				continue
			}
		}
		if l.left >= 0 {
			if int64(b.Len()) > l.left {
				b.Sel = b.Sel[:l.left]
			}
			l.left -= int64(b.Len())
		}
		return b, nil
	}
	return nil, nil
}

func (l *limit) Close() error { return l.input.Close() }
