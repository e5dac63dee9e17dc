package executor

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
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
		x.input = newRowwise(x.input)
		return op
	}
	return newRowwise(op)
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
