package executor

import (
	"context"
	"slices"

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

// alternate has a row computed and written before the next one, where its values are of
// functions that may read what the statement has written.
func (m *modify) alternate(input physical.Node) {
	if callsUsers(input) {
		m.input, m.gather = stepwise(m.input), nil
	}
}

func callsUsers(input physical.Node) bool {
	switch x := input.(type) {
	case *physical.Project:
		users, _ := expr.Effects(x.Exprs)
		return users > 0 || callsUsers(x.Input)
	case *physical.Values:
		return slices.ContainsFunc(x.Rows, func(row []expr.Expr) bool {
			users, _ := expr.Effects(row)
			return users > 0
		})
	}
	return false
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
		s.buf = NewBuffer(s.env.Budget)
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
	return s.buf.Slice(s.at-1, 1), nil
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
