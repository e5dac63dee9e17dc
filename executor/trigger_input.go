package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
)

// A trigger before each row of an INSERT may ask for what computing the row has done, such
// as the sequence's last value, and may change what the rows come from. So the rows are
// read to the end before the first trigger fires, and computed one by one.

// stepwise makes the input of an INSERT compute its rows one by one.
func stepwise(op Operator) Operator {
	in := op
	if c, ok := op.(*counted); ok {
		in = c.Operator
	}
	switch x := in.(type) {
	case *values:
		x.step = 1
		return op
	case *project:
		if x.plain || computes(x.input) {
			x.input = stepwise(x.input)
		} else {
			x.input = newRowwise(x.input)
		}
		return op
	}
	return newRowwise(op)
}

// computes reports an operator that computes values of single rows, as those that a cast to a
// column's type is made of.
func computes(op Operator) bool {
	if c, ok := op.(*counted); ok {
		op = c.Operator
	}
	switch op.(type) {
	case *project, *values:
		return true
	}
	return false
}

// alternate has a row computed and written before the next one, where computing rows and
// writing them see of each other what they do.
func (m *modify) alternate(input physical.Node, returning []expr.Expr) {
	users, all := effects(input)
	_, after := expr.Effects(returning)
	if users > 0 || all > 0 && after > 0 {
		m.input, m.gather = stepwise(m.input), nil
	}
}

// drawOneByOne has a row of an INSERT written before the values of the next are drawn from
// sequences: what fails has drawn no more than it came to. What is gathered first is drawn first.
func (m *modify) drawOneByOne(input physical.Node) {
	if _, all := effects(input); all == 0 || m.gather != nil {
		return
	}
	in := m.input
	if c, ok := in.(*counted); ok {
		in = c.Operator
	}
	switch x := in.(type) {
	case *values:
		x.step = 1
	case *project:
		x.single = true
	}
}

// stepValues has rows of expressions computed one by one.
func stepValues(op Operator) {
	if c, ok := op.(*counted); ok {
		op = c.Operator
	}
	switch x := op.(type) {
	case *values:
		x.step = 1
	case *project:
		stepValues(x.input)
	case *pieces:
		stepValues(x.Operator)
	}
}

// effects counts the calls that see what others do among those that compute the rows of an
// input; see expr.Effects.
func effects(input physical.Node) (users, all int) {
	switch x := input.(type) {
	case *physical.Project:
		users, all = expr.Effects(x.Exprs)
		u, a := effects(x.Input)
		return users + u, all + a
	case *physical.Values:
		for _, row := range x.Rows {
			u, a := expr.Effects(row)
			users, all = users+u, all+a
		}
	}
	return users, all
}

// rowwise reads its input to the end and yields it row by row.
type rowwise struct {
	input Operator
	env   *Env
	buf   *Buffer
	at    int
}

func newRowwise(in Operator) *rowwise { return &rowwise{input: in} }

func (s *rowwise) Open(ctx context.Context, env *Env) error {
	s.env, s.at = env, 0
	s.drop()
	return s.input.Open(ctx, env)
}

func (s *rowwise) Next(ctx context.Context) (*batch.Batch, error) {
	if s.buf == nil {
		s.buf = NewBuffer(s.env.Budget, s.env.Spill)
		for {
			b, err := s.input.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				break
			}
			if err := s.buf.Append(b); err != nil {
				return nil, err
			}
		}
	}
	if s.at >= s.buf.Len() {
		return nil, nil
	}
	s.at++
	return s.buf.Slice(s.at-1, 1)
}

func (s *rowwise) drop() {
	if s.buf != nil {
		s.buf.Close()
		s.buf = nil
	}
}

func (s *rowwise) Close() error {
	s.drop()
	return s.input.Close()
}
