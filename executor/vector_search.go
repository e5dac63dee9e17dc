package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/cost"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// vectorSearch yields the K rows nearest to a query vector in exact distance
// order. The index proposes, the row disposes: every hit is checked against the
// row at the statement's view, for visibility, epoch and filter.
type vectorSearch struct {
	node     *physical.VectorSearch
	index    *catalog.Index
	space    dist.Space
	nullable bool // rows may have no entry because the vector is NULL
	reader   *table.Reader
	filter   rowFilter
	entry    entryFilter
	query, k *expr.Program
	radius   *expr.Program // nil = no bound on the distance
	pre      Operator

	env     *Env
	scratch expr.Scratch
	fetched batch.Batch
	ids     []uint64
	vec     []byte
	sel     []uint16
	hits    []vectorindex.Hit
	kept    *rowStore // rows that passed, in the order they were checked
	keptIDs []uint64
	result  []uint32 // positions in kept, nearest first
	dists   []float64
	ranked  int // how many of result have a distance
	// visited counts the proposed entries; beyond patience the strategy becomes second.
	visited, patience int
	second            physical.Strategy
	bound             bound
	out               batch.Batch

	steady bool           // the filter is the same for all runs of an execution
	ahead  *lookahead     // what is begun for later runs; nil = runs are not looked ahead
	shared *bitmap.Bitmap // the rows that pass the filter, while runs are looked ahead; nil = not known
	filled bool
	at     int
	use    scanUse
}

func newVectorSearch(n *physical.VectorSearch) (Operator, error) {
	spec, err := feed.SpecOf(n.Index)
	if err != nil {
		return nil, err
	}
	s := &vectorSearch{node: n, index: n.Index, space: spec.Space(), nullable: n.Index.OnExpression()}
	if !s.nullable {
		s.nullable = !n.Table.Column(n.Index.Keys[0].Attr).NotNull
	}
	s.reader = table.NewReader(n.Table, n.Attrs)
	s.reader.WatchEntry(n.Index)
	s.fetched.Cols = make([]batch.Col, len(n.Attrs))
	s.out.Cols = make([]batch.Col, len(n.Cols))
	s.kept = newRowStore(s.reader.Types())
	if s.filter, err = newRowFilter(n.Filter, s.reader); err != nil {
		return nil, err
	}
	if s.entry, err = newEntryFilter(n.Included, n.Table, n.Index, n.Attrs, n.ID); err != nil {
		return nil, err
	}
	if s.query, err = expr.Compile(n.Query); err != nil {
		return nil, err
	}
	if s.k, err = program(n.K); err != nil {
		return nil, err
	}
	if s.radius, err = program(n.Radius); err != nil {
		return nil, err
	}
	if n.Pre != nil {
		s.steady = steady(n.Filter)
		s.pre, err = build(n.Pre)
	}
	return s, err
}

// steady reports a condition that is the same for all runs of an operator.
func steady(e expr.Expr) bool {
	ok := expr.Volatility(e) != 'v'
	expr.Walk(e, func(x expr.Expr) bool {
		switch x.(type) {
		case *expr.Exec, *expr.SubPlan:
			ok = false
		}
		return ok
	})
	return ok
}

func (s *vectorSearch) Open(_ context.Context, env *Env) error {
	s.env, s.filled, s.at = env, false, 0
	s.scratch.Reset()
	s.reader.UseCache(env.rowCache())
	return nil
}

func (s *vectorSearch) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.filled {
		s.filled = true
		err := s.fill(ctx)
		s.use.flush(s.env, s.index.ID)
		if err != nil {
			return nil, err
		}
	}
	n := min(batch.MaxRows, len(s.result)-s.at)
	if n <= 0 {
		return nil, nil
	}
	ids := s.result[s.at : s.at+n]
	for k := range s.kept.cols {
		gatherCol(&s.kept.cols[k], ids, &s.out.Cols[k])
	}
	if s.node.DistCol {
		s.putDistances(n)
	}
	s.out.Sel = batch.Identity(n)
	s.at += n
	return &s.out, nil
}

// putDistances fills the last column with the operator's values.
func (s *vectorSearch) putDistances(n int) {
	c := &s.out.Cols[len(s.out.Cols)-1]
	c.Init(types.Of(types.Float8OID), n)
	for i, d := range s.dists[s.at : s.at+n] {
		c.Null[i], c.F[i] = s.at+i >= s.ranked, d
		if s.space.Metric == dist.L2 {
			c.F[i] = math.Sqrt(d)
		}
	}
}

// fill finds the K nearest rows.
func (s *vectorSearch) fill(ctx context.Context) error {
	s.kept.reset(s.env.Budget)
	s.keptIDs, s.result, s.dists = s.keptIDs[:0], s.result[:0], s.dists[:0]
	s.ranked = 0
	s.entry.begin(s.env, &s.scratch)
	k, err := s.limit()
	if err != nil || k == 0 {
		return err
	}
	vec, unlike, err := s.vector()
	if err == nil && unlike != nil {
		err = s.refuse(ctx, unlike)
	}
	if err != nil {
		return err
	}
	if some, err := s.readBound(); err != nil || !some || vec == nil && s.radius != nil {
		return err
	}
	switch {
	case unlike != nil: // no row that passes has a vector
	case vec == nil: // every distance is NULL: any rows in any order
		return s.addUnranked(ctx, k, true)
	default:
		if err := s.search(ctx, vec, k); err != nil {
			return err
		}
	}
	if len(s.result) < k && s.nullable && s.radius == nil {
		return s.addUnranked(ctx, k-len(s.result), false)
	}
	return nil
}

// vector is the query's, valid until the next call; nil when it is NULL, or when no entry
// can be compared with it, which unlike is the error of.
func (s *vectorSearch) vector() (_ []byte, unlike, err error) {
	d, err := s.query.One(&s.env.Env, &s.scratch)
	if err != nil || d.IsNull() {
		return nil, nil, err
	}
	if err := opclass.CheckDimensions(s.space, d, s.index.Method == "hnsw"); err != nil {
		return nil, err, nil
	}
	s.vec = append(s.vec[:0], types.Elements(s.index.Keys[0].Type.OID, d)...)
	return s.vec, nil, nil
}

// limit is K, or as good as all when it is not known.
func (s *vectorSearch) limit() (int, error) {
	k, err := rowCount(s.k, s.env, &s.scratch, math.MaxInt32, "2201W", "LIMIT must not be negative")
	return int(min(k, math.MaxInt32)), err
}

// search asks the index, or measures every row when it cannot answer.
func (s *vectorSearch) search(ctx context.Context, q []byte, k int) error {
	s.use.scans++
	index, ok := s.env.Index(s.node.Index.ID)
	if !ok {
		return s.exact(ctx, q, k)
	}
	s.env.noteSearch(s.node.Table, s.node.Index)
	strategy := s.strategy()
	s.visited, s.patience = 0, math.MaxInt
	if s.pre != nil && strategy == physical.StrategyPost {
		s.patience, s.second = cost.Patience(s.node)
	}
	s.bound.ends, s.bound.passed = s.radius != nil, false
	err := s.nearest(ctx, index, q, k, strategy)
	switch {
	case errors.Is(err, errImpatient):
		s.noteSwitch(s.second, fmt.Sprintf("post-filter given up after %d rows", s.visited))
	case errors.Is(err, errBeyond):
		s.second = physical.StrategyWithin
		s.noteSwitch(s.second, fmt.Sprintf("fewer than %d rows were found within the bound", k))
	default:
		return err
	}
	s.patience, s.bound.ends = math.MaxInt, false
	s.kept.reset(s.env.Budget)
	s.keptIDs = s.keptIDs[:0]
	return s.nearest(ctx, index, q, k, s.second)
}

// errImpatient ends a post-filtering walk that has cost as much as another way.
var errImpatient = errors.New("executor: the filter passes fewer of the nearest rows than estimated")

// nearest searches the index in the way of the strategy.
func (s *vectorSearch) nearest(ctx context.Context, index vectorindex.Index, q []byte, k int, strategy physical.Strategy) error {
	vq := &vectorindex.Query{Vec: q, AsOf: uint64(s.env.Read.At())}
	vq.K, vq.Depth = s.wanted(k, strategy)
	s.env.SearchEffort(s.node.Index, vq)
	switch strategy {
	case physical.StrategyPre:
		allow, err := s.allowed(ctx)
		if err != nil {
			return err
		}
		vq.Allow = allow
	case physical.StrategyIncluded:
		vq.Test = s.entry.tester(ctx)
	case physical.StrategyWithin:
		vq.Ranged, vq.Radius = true, s.bound.radius
	}
	var searcher vectorindex.Searcher
	if s.ahead != nil {
		searcher = s.ahead.take(q, k, strategy)
	}
	if searcher == nil {
		var err error
		searcher, err = index.Search(ctx, vq)
		if errors.Is(err, vectorindex.ErrTooOld) || errors.Is(err, vectorindex.ErrClosed) {
			return s.exact(ctx, q, k)
		}
		if err != nil {
			return err
		}
	}
	defer searcher.Close()
	if err := ctx.Err(); err != nil { // a test of entries may have ended early
		return err
	}
	if s.env.Txn != nil && s.env.Txn.HasPending(s.node.Index.ID) {
		searcher = withOwnWrites(searcher, s.env.Txn, s.node.Index.ID, s.space, q, vq.Allow)
	}
	var err error
	s.hits, err = vectorindex.Nearest(ctx, searcher, k, s.hits[:0], func(hits []vectorindex.Hit, keep []bool) error {
		return s.check(ctx, hits, keep)
	})
	s.entry.count()
	s.env.countWork(s.node.ID, searcher.Work())
	s.noteTarget(targetOf(s.node.Index, vq))
	if errors.Is(err, errBeyond) && searcher.Work().Effort == 0 {
		err = nil // every entry was looked at: there are no more
	}
	if err != nil {
		return err
	}
	s.rank()
	return nil
}

// noteTarget tells EXPLAIN what recall the search was to reach.
func (s *vectorSearch) noteTarget(target float64) {
	if s.node.ID < len(s.env.Counters) {
		s.env.Counters[s.node.ID].Target = target
	}
}

// strategy decides how the filter is applied; one left open by the planner is chosen by
// the real parameter values.
func (s *vectorSearch) strategy() physical.Strategy {
	if s.pre == nil {
		return physical.StrategyPost
	}
	strategy, why := s.node.Strategy, s.node.Why
	if strategy == physical.StrategyAuto {
		strategy, why = cost.ChooseAtOpen(s.node, s.env.Catalog.Stats(s.node.Table.ID), s.env.Params)
	}
	if s.node.ID < len(s.env.Counters) {
		c := &s.env.Counters[s.node.ID]
		c.Strategy, c.Notes = strategyNames[strategy], []string{why}
	}
	return strategy
}

// noteSwitch tells EXPLAIN why the strategy is not the planned one.
func (s *vectorSearch) noteSwitch(to physical.Strategy, why string) {
	if s.node.ID < len(s.env.Counters) {
		c := &s.env.Counters[s.node.ID]
		c.Strategy = strategyNames[to]
		c.Notes = append(c.Notes, why)
	}
}

var strategyNames = map[physical.Strategy]string{physical.StrategyPost: "post-filter", physical.StrategyPre: "pre-filter",
	physical.StrategyIncluded: "index-filter", physical.StrategyWithin: "range search"}

// allowed is the set of rows that pass the pre-filter, one for all runs that are looked
// ahead where it is the same for them.
func (s *vectorSearch) allowed(ctx context.Context) (*bitmap.Bitmap, error) {
	if s.shared != nil {
		return s.shared, nil
	}
	rows, err := s.preFilter(ctx)
	if err == nil && s.steady && s.ahead != nil {
		s.shared = rows
	}
	return rows, err
}

// preFilter runs the pre-filter into a set of rows.
func (s *vectorSearch) preFilter(ctx context.Context) (*bitmap.Bitmap, error) {
	if err := s.pre.Open(ctx, s.env); err != nil {
		return nil, err
	}
	rows := bitmap.New()
	for {
		b, err := s.pre.Next(ctx)
		if err != nil {
			return nil, errors.Join(err, s.pre.Close())
		}
		if b == nil {
			return rows, s.pre.Close()
		}
		s.ids = s.ids[:0]
		for _, i := range b.Sel {
			s.ids = append(s.ids, uint64(b.Cols[0].I[i]))
		}
		rows.AddMany(s.ids)
	}
}

// check keeps the hits whose row exists at the view with the hit's epoch and
// passes the filter; their columns are remembered.
func (s *vectorSearch) check(ctx context.Context, hits []vectorindex.Hit, keep []bool) error {
	if s.visited += len(hits); s.visited > s.patience {
		return errImpatient
	}
	if err := s.passBound(hits); err != nil {
		return err
	}
	s.use.read += int64(len(hits))
	at := s.entry.narrow(ctx, hits)
	if len(at) == 0 {
		return nil
	}
	s.ids = s.ids[:0]
	for _, i := range at {
		s.ids = append(s.ids, uint64(hits[i].Row))
	}
	b := &s.fetched
	if err := s.reader.Fetch(ctx, s.env.Read, s.ids, b); err != nil {
		return err
	}
	sel := s.sel[:0]
	for _, i := range b.Sel {
		if e, ok := s.reader.EntryEpoch(s.index, int(i)); ok && e == hits[at[i]].Epoch {
			sel = append(sel, i)
		}
	}
	b.Sel, s.sel = sel, sel
	s.use.fetched += int64(len(sel))
	if err := s.keepRows(ctx, b); err != nil {
		return err
	}
	for _, i := range b.Sel {
		keep[at[i]] = true
	}
	return nil
}

// keepRows filters fetched rows, reads their vectors, and stores what remains.
func (s *vectorSearch) keepRows(ctx context.Context, b *batch.Batch) error {
	if err := s.filter.finish(ctx, s.env, &s.scratch, s.reader, b, s.node.ID); err != nil {
		return err
	}
	for _, i := range b.Sel {
		s.keptIDs = append(s.keptIDs, s.reader.Rows()[i])
	}
	return s.kept.append(b)
}

// rank orders the kept rows as the hits are.
func (s *vectorSearch) rank() {
	s.ranked = len(s.hits)
	if len(s.hits) <= 16 {
		for _, h := range s.hits {
			s.result = append(s.result, uint32(slices.Index(s.keptIDs, uint64(h.Row))))
			s.dists = append(s.dists, h.Dist)
		}
		return
	}
	place := make(map[uint64]uint32, len(s.keptIDs))
	for i, id := range s.keptIDs {
		place[id] = uint32(i)
	}
	for _, h := range s.hits {
		s.result = append(s.result, place[uint64(h.Row)])
		s.dists = append(s.dists, h.Dist)
	}
}

func (s *vectorSearch) Close() error {
	s.kept.reset(nil)
	if s.pre != nil {
		return s.pre.Close()
	}
	return nil
}
