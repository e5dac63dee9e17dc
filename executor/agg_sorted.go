package executor

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
)

// sortedRuns completes the groups of an agg whose input brings the rows of a
// group together. It folds a number of groups at a time, few at first, so that a
// consumer that wants few pays for few, and memory holds no more than those.
type sortedRuns struct {
	*agg
	b    *batch.Batch
	rest []uint16 // rows of b that are not folded yet
	goal int      // groups to complete next
}

func (s *sortedRuns) reset() { s.b, s.rest, s.goal = nil, nil, 1 }

// fill folds the rows of the next groups.
func (s *sortedRuns) fill(ctx context.Context) error {
	if err := s.start(); err != nil {
		return err
	}
	for full := false; !full; {
		if len(s.rest) == 0 {
			b, err := s.input.Next(ctx)
			if err != nil {
				return err
			}
			if b == nil {
				s.ended = true
				if err := s.input.Close(); err != nil {
					return err
				}
				break
			}
			if err := evalAll(s.groups, s.env, &s.scratch, b, s.cols); err != nil {
				return err
			}
			s.b, s.rest = b, b.Sel
		}
		n, err := s.assign()
		if err != nil {
			return err
		}
		full = n < len(s.rest)
		part := batch.Batch{Cols: s.b.Cols, Sel: s.rest[:n]}
		s.rest = s.rest[n:]
		if n == 0 {
			continue
		}
		s.grow(s.set.rows.n)
		if err := s.step(&part); err != nil {
			return err
		}
	}
	s.goal = min(4*s.goal, batch.MaxRows)
	return s.finish()
}

// assign numbers the groups of the remaining rows up to the first row of the
// group after the last that is wanted; it returns how many rows that are.
func (s *sortedRuns) assign() (int, error) {
	if len(s.ids) < batch.MaxRows {
		s.ids = make([]uint32, batch.MaxRows)
	}
	groups := s.set.rows
	for n, i := range s.rest {
		if groups.n == 0 || !s.set.equal(s.cols, int(i), groups.n-1) {
			if groups.n == s.goal {
				return n, nil
			}
			if err := groups.appendAt(s.cols, int(i)); err != nil {
				return 0, err
			}
		}
		s.ids[i] = uint32(groups.n - 1)
	}
	return len(s.rest), nil
}
