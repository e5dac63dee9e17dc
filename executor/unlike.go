package executor

import (
	"context"
	"errors"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// A query vector with other dimensions than the index's is no error in itself: the
// operator fails for a row that it is asked about, and a table may have none. Whether
// one is there, the rows say.

// errEnough ends a walk over entries.
var errEnough = errors.New("executor: enough entries were seen")

// anyPasses reports whether a row with an entry in index x of t passes pass, which gets
// hits without a distance and sets keep for those that do.
func anyPasses(ctx context.Context, env *Env, t *catalog.Table, x *catalog.Index, def *physical.IndexWrite,
	pass func(hits []vectorindex.Hit, keep []bool) error) (found bool, err error) {
	e, err := NewEntries(env, t, def)
	if err != nil {
		return false, err
	}
	var hits [64]vectorindex.Hit
	var keep [64]bool
	n := 0
	try := func() error {
		if err := pass(hits[:n], keep[:n]); err != nil {
			return err
		}
		for _, k := range keep[:n] {
			found = found || k
		}
		n = 0
		if found {
			return errEnough
		}
		return nil
	}
	err = table.NewEntryReader(t, x, e).Each(ctx, env.Read, 0, func(e *table.Entry) error {
		hits[n] = vectorindex.Hit{Row: vectorindex.RowID(e.Row), Epoch: e.Epoch}
		if n++; n < len(hits) {
			return nil
		}
		return try()
	})
	if err == nil && n > 0 {
		err = try()
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// refuse returns unlike if the query vector has to be compared with a row that passes
// the filter.
func (s *vectorSearch) refuse(ctx context.Context, unlike error) error {
	s.visited, s.patience, s.bound.ends = 0, math.MaxInt, false
	found, err := anyPasses(ctx, s.env, s.node.Table, s.index, &s.node.Def, func(hits []vectorindex.Hit, keep []bool) error {
		return s.check(ctx, hits, keep)
	})
	if err == nil && found {
		return unlike
	}
	return err
}

// refuse returns unlike if the query vector has to be compared with a row that passes
// the rest of the filter.
func (s *rangeSearch) refuse(ctx context.Context, unlike error) error {
	found, err := anyPasses(ctx, s.env, s.node.Table, s.node.Index, &s.node.Def, func(hits []vectorindex.Hit, keep []bool) error {
		at, err := s.fetch(ctx, hits, func(*vectorindex.Hit) bool { return true })
		if err != nil {
			return err
		}
		for _, i := range s.out.Sel {
			keep[at[i]] = true
		}
		return nil
	})
	if err == nil && found {
		return unlike
	}
	return err
}
