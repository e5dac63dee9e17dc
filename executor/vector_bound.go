package executor

import (
	"errors"

	"github.com/loxodb/loxodb/vectorindex"
)

// A search for the K nearest rows within a distance, WHERE e <-> q < r ORDER BY e <-> q
// LIMIT k, may be either of two things. If K rows are within it, it is a search for the K
// nearest, which finds what its recall target asks for. If fewer are, it is all rows
// within the distance, of which none may be missing. A walk tells which: it ends where
// it passes the bound, and unless it has found K rows by then all are searched exactly.

// bound is what limits the distance of an execution.
type bound struct {
	limit  float64 // the operator's value
	radius float64 // the same of the engine's distances
	ends   bool    // the search ends where it passes the bound
	passed bool    // it has
}

// errBeyond ends a walk that has passed the bound with fewer rows than are wanted.
var errBeyond = errors.New("executor: fewer rows are within the bound than are wanted")

// readBound evaluates the bound; some is false when no row can be within it.
func (s *vectorSearch) readBound() (some bool, err error) {
	if s.radius == nil {
		return true, nil
	}
	r, err := s.radius.One(&s.env.Env, &s.scratch)
	if err != nil || r.IsNull() {
		return false, err
	}
	s.bound.limit = r.Float()
	s.bound.radius, some = engineRadius(s.space.Metric, s.bound.limit)
	return some, nil
}

// passBound is told the hits that come next.
func (s *vectorSearch) passBound(hits []vectorindex.Hit) error {
	if !s.bound.ends {
		return nil
	}
	if s.bound.passed {
		return errBeyond
	}
	s.bound.passed = !inside(s.space.Metric, hits[len(hits)-1].Dist, s.bound.limit, s.node.Inclusive)
	return nil
}
