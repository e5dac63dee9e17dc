package executor

import (
	"cmp"
	"context"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// countWork adds what an index did to the counters of a plan node.
func (e *Env) countWork(node int, w vectorindex.Work) {
	if node >= len(e.Counters) {
		return
	}
	c := &e.Counters[node]
	c.Work.Distances += w.Distances
	c.Work.Hops += w.Hops
	c.Work.Reranked += w.Reranked
	c.Work.Segments += w.Segments
	c.Work.Rounds += w.Rounds
	c.Work.Effort, c.Work.From = w.Effort, w.From
}

// measureAll measures every row that the index holds: the answer when the index is not
// loaded or cannot see far enough back. Which rows, and which vectors, is what the
// index says.
func measureAll(ctx context.Context, env *Env, t *catalog.Table, x *catalog.Index, def *physical.IndexWrite, q *vectorindex.Query) ([]vectorindex.Hit, error) {
	e, err := NewEntries(env, t, def)
	if err != nil {
		return nil, err
	}
	spec, err := feed.SpecOf(x)
	if err != nil {
		return nil, err
	}
	space := spec.Space()
	var query dist.Query
	query.Reset(space, q.Vec)
	var all []vectorindex.Hit
	err = table.NewEntryReader(t, x, e).Each(ctx, env.Read, 0, func(n *table.Entry) error {
		if err := space.Check(n.Vec); err != nil {
			return err
		}
		if d := query.Exact(n.Vec); q.Within(d) {
			all = append(all, vectorindex.Hit{Row: vectorindex.RowID(n.Row), Epoch: n.Epoch, Dist: d})
		}
		return nil
	})
	sortHits(all)
	return all, err
}

// exact finds the k nearest among all rows.
func (s *vectorSearch) exact(ctx context.Context, q []byte, k int) error {
	s.bound.ends = false
	bounded := &vectorindex.Query{Vec: q, Ranged: s.radius != nil, Radius: s.bound.radius}
	all, err := measureAll(ctx, s.env, s.node.Table, s.index, &s.node.Def, bounded)
	if err != nil {
		return err
	}
	s.hits, err = vectorindex.Nearest(ctx, &listed{hits: all}, k, s.hits[:0], func(hits []vectorindex.Hit, keep []bool) error {
		return s.check(ctx, hits, keep)
	})
	if err == nil {
		s.rank()
	}
	return err
}

func sortHits(hits []vectorindex.Hit) {
	slices.SortFunc(hits, func(a, b vectorindex.Hit) int {
		if c := vectorindex.Compare(a.Dist, b.Dist); c != 0 {
			return c
		}
		return cmp.Compare(a.Row, b.Row)
	})
}

// listed is a Searcher over hits in distance order.
type listed struct{ hits []vectorindex.Hit }

func (l *listed) Next(_ context.Context, dst []vectorindex.Hit) (int, error) {
	n := copy(dst, l.hits)
	l.hits = l.hits[n:]
	return n, nil
}

func (l *listed) Work() vectorindex.Work { return vectorindex.Work{} }
func (l *listed) Close()                 {}

// addUnranked adds up to n rows that have no distance, because their vector or
// the query is NULL, after all that have one. All rows with an entry are ranked
// when it is called for the former.
func (s *vectorSearch) addUnranked(ctx context.Context, n int, queryNull bool) error {
	ranked := bitmap.New()
	ranked.AddMany(s.keptIDs)
	rows, err := s.reader.Scan(ctx, s.env.Read, everything.lo, everything.hi, false)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := &s.fetched
		if err := rows.Next(b, batch.MaxRows); err != nil {
			return err
		}
		if b.Len() == 0 {
			return nil
		}
		sel := make([]uint16, 0, b.Len())
		for _, i := range b.Sel {
			_, has := s.reader.EntryEpoch(s.index, int(i))
			if (!has || queryNull || s.index.VersionAttr() == 0 || s.index.Computed()) && !ranked.Contains(s.reader.Rows()[i]) {
				sel = append(sel, i)
			}
		}
		b.Sel = sel
		first := s.kept.n
		if err := s.keepRows(ctx, b); err != nil {
			return err
		}
		for i := first; i < s.kept.n && n > 0; i++ {
			s.result, s.dists = append(s.result, uint32(i)), append(s.dists, 0)
			n--
		}
	}
	return nil
}

// ownWrites merges the transaction's uncommitted entries into a search. Their
// old versions are proposed by the index too and fail the epoch check.
type ownWrites struct {
	vectorindex.Searcher
	own  []vectorindex.Hit // in distance order
	next []vectorindex.Hit // hits of the index not handed out yet
	buf  [64]vectorindex.Hit
	end  bool
}

func withOwnWrites(in vectorindex.Searcher, txn *table.Txn, index catalog.ID, space dist.Space, q []byte, allow *bitmap.Bitmap) vectorindex.Searcher {
	last := map[uint64]*table.Delta{}
	txn.Pending(index, func(d *table.Delta) { last[d.Row] = d })
	o := &ownWrites{Searcher: in}
	var query dist.Query
	query.Reset(space, q)
	for row, d := range last {
		if d.Vec != nil && space.Check(d.Vec) == nil && (allow == nil || allow.Contains(row)) {
			o.own = append(o.own, vectorindex.Hit{Row: vectorindex.RowID(row), Epoch: d.Epoch, Dist: query.Exact(d.Vec), Payload: d.Payload})
		}
	}
	sortHits(o.own)
	return o
}

func (o *ownWrites) Next(ctx context.Context, dst []vectorindex.Hit) (int, error) {
	n := 0
	for n < len(dst) {
		if len(o.next) == 0 && !o.end {
			if n > 0 {
				return n, nil // a round may end here: do not mix two
			}
			k, err := o.Searcher.Next(ctx, o.buf[:])
			if err != nil {
				return 0, err
			}
			o.next, o.end = o.buf[:k], k == 0
		}
		switch {
		case len(o.own) > 0 && (len(o.next) == 0 || vectorindex.Compare(o.own[0].Dist, o.next[0].Dist) <= 0):
			dst[n], o.own = o.own[0], o.own[1:]
		case len(o.next) > 0:
			dst[n], o.next = o.next[0], o.next[1:]
		default:
			return n, nil
		}
		n++
	}
	return n, nil
}
