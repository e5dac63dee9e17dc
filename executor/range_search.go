package executor

import (
	"context"
	"errors"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// rangeSearch yields the rows within a distance of a query vector, nearest first. The
// index proposes every entry within it, and each is checked against its row at the
// statement's view, for visibility, epoch and filter.
type rangeSearch struct {
	node          *physical.RangeSearch
	space         dist.Space
	reader        *table.Reader
	filter        rowFilter
	entry         entryFilter
	query, radius *expr.Program

	env      *Env
	scratch  expr.Scratch
	out      batch.Batch
	vec      []byte
	limit    float64              // the radius, as the operator's value
	searcher vectorindex.Searcher // nil before the first row is asked for, and at the end
	started  bool
	size     int
	hits     [batch.MaxRows]vectorindex.Hit
	ids      []uint64
	sel      []uint16
	use      scanUse
}

func newRangeSearch(n *physical.RangeSearch) (Operator, error) {
	spec, err := feed.SpecOf(n.Index)
	if err != nil {
		return nil, err
	}
	s := &rangeSearch{node: n, space: spec.Space(), reader: table.NewReader(n.Table, n.Attrs)}
	s.reader.WatchEntry(n.Index)
	s.out.Cols = make([]batch.Col, len(n.Attrs))
	if s.filter, err = newRowFilter(n.Filter, s.reader); err != nil {
		return nil, err
	}
	if s.entry, err = newEntryFilter(n.Included, n.Table, n.Index, n.Attrs, n.ID); err != nil {
		return nil, err
	}
	if s.query, err = expr.Compile(n.Query); err != nil {
		return nil, err
	}
	s.radius, err = expr.Compile(n.Radius)
	return s, err
}

func (s *rangeSearch) Open(_ context.Context, env *Env) error {
	s.stop() // a consumer that had enough leaves a search open
	s.env, s.started, s.size = env, false, firstBatch
	s.scratch.Reset()
	s.reader.UseCache(env.rowCache())
	return nil
}

func (s *rangeSearch) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.started {
		s.started = true
		if err := s.start(ctx); err != nil {
			return nil, err
		}
	}
	for s.searcher != nil {
		n, err := s.searcher.Next(ctx, s.hits[:s.size])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			s.stop()
			break
		}
		s.size = min(4*s.size, len(s.hits))
		if err := s.check(ctx, s.hits[:n]); err != nil {
			return nil, err
		}
		if s.out.Len() > 0 {
			return &s.out, nil
		}
	}
	return nil, nil
}

// start begins the search; without one there are no rows.
func (s *rangeSearch) start(ctx context.Context) error {
	s.entry.begin(s.env, &s.scratch)
	query, err := s.query.One(&s.env.Env, &s.scratch)
	if err != nil || query.IsNull() {
		return err
	}
	if err := opclass.CheckDimensions(s.space, query, false); err != nil {
		return s.refuse(ctx, err)
	}
	s.vec = append(s.vec[:0], types.Elements(s.node.Index.Keys[0].Type.OID, query)...)
	radius, err := s.radius.One(&s.env.Env, &s.scratch)
	if err != nil || radius.IsNull() {
		return err
	}
	s.limit = radius.Float()
	bound, ok := engineRadius(s.space.Metric, s.limit)
	if !ok {
		return nil
	}
	s.use.scans++
	if err := s.search(ctx, bound); err != nil {
		return err
	}
	if s.env.Txn != nil && s.env.Txn.HasPending(s.node.Index.ID) {
		s.searcher = withOwnWrites(s.searcher, s.env.Txn, s.node.Index.ID, s.space, s.vec, nil)
	}
	return nil
}

// engineRadius restates a bound on the operator's value as one on the engine's
// distances that leaves none out; ok is false when no value is within it.
func engineRadius(m dist.Metric, r float64) (_ float64, ok bool) {
	switch {
	case math.IsNaN(r): // greater than every number
		return math.Inf(1), true
	case m != dist.L2:
		return r, true
	case r < 0:
		return 0, false
	}
	return math.Nextafter(r*r*(1+1e-15), math.Inf(1)), true // the operator's value is a rounded root
}

// inside reports whether a distance of the engine satisfies the condition.
func (s *rangeSearch) inside(d float64) bool {
	return inside(s.space.Metric, d, s.limit, s.node.Inclusive)
}

// inside reports whether a distance of the engine is below a bound on the operator's
// value, or at it if that counts, with NaN as the greatest number, as float8 compares.
func inside(m dist.Metric, d, limit float64, inclusive bool) bool {
	if m == dist.L2 {
		d = math.Sqrt(d)
	}
	c := vectorindex.Compare(d, limit)
	if a, b := math.IsNaN(d), math.IsNaN(limit); a != b && c == 0 { // beside an infinity
		return b
	}
	return c < 0 || c == 0 && inclusive
}

// search asks the index, or measures every row when it cannot answer.
func (s *rangeSearch) search(ctx context.Context, radius float64) error {
	q := &vectorindex.Query{Vec: s.vec, AsOf: uint64(s.env.Read.At()), Ranged: true, Radius: radius}
	if index, ok := s.env.Index(s.node.Index.ID); ok {
		s.env.noteSearch(s.node.Table, s.node.Index)
		searcher, err := index.Search(ctx, q)
		if err == nil {
			s.searcher = searcher
			return nil
		}
		if !errors.Is(err, vectorindex.ErrTooOld) && !errors.Is(err, vectorindex.ErrClosed) {
			return err
		}
	}
	all, err := measureAll(ctx, s.env, s.node.Table, s.node.Index, &s.node.Def, q)
	s.searcher = &listed{hits: all}
	return err
}

// check leaves in the output the rows of the hits that count, in their order.
func (s *rangeSearch) check(ctx context.Context, hits []vectorindex.Hit) error {
	_, err := s.fetch(ctx, hits, s.counts)
	return err
}

// counts reports whether a hit satisfies the condition.
func (s *rangeSearch) counts(h *vectorindex.Hit) bool { return s.inside(h.Dist) }

// fetch leaves in the output those rows of hits that exist at the view with the hit's
// epoch, count, and pass the filter; at are the places of the output's rows among hits.
func (s *rangeSearch) fetch(ctx context.Context, hits []vectorindex.Hit, counts func(*vectorindex.Hit) bool) (at []uint16, err error) {
	s.use.read += int64(len(hits))
	at = s.entry.narrow(ctx, hits)
	s.ids = s.ids[:0]
	for _, i := range at {
		s.ids = append(s.ids, uint64(hits[i].Row))
	}
	if err := s.reader.Fetch(ctx, s.env.Read, s.ids, &s.out); err != nil {
		return at, err
	}
	sel := s.sel[:0]
	for _, i := range s.out.Sel {
		h := &hits[at[i]]
		if e, ok := s.reader.EntryEpoch(s.node.Index, int(i)); ok && e == h.Epoch && counts(h) {
			sel = append(sel, i)
		}
	}
	s.out.Sel, s.sel = sel, sel
	s.use.fetched += int64(len(sel))
	return at, s.filter.finish(ctx, s.env, &s.scratch, s.reader, &s.out, s.node.ID)
}

// stop ends the search and counts its work.
func (s *rangeSearch) stop() {
	s.use.flush(s.env, s.node.Index.ID)
	if s.searcher == nil {
		return
	}
	s.env.countWork(s.node.ID, s.searcher.Work())
	s.searcher.Close()
	s.searcher = nil
}

func (s *rangeSearch) Close() error {
	s.stop()
	return nil
}
