package sidecar

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/flat"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
)

// A part is calibrated when it is sealed, merged or built, before its file is written:
// a sample of its own vectors is searched for at every effort, each as if it were not
// in the graph, and what is found is compared with an exact scan. On 340,479 word
// vectors that says what queries which are not in the set find, within half a point
// from .90 on; searching for the vectors with their nodes in place says 1.5 to 4
// points too much.
//
// The exact scan is one for all of the sample. A graph is then walked with each effort
// for the queries that the last one did not answer completely; of lists it is known
// without a search from which effort on each of the nearest is found: from that which
// probes its list.

// calibrateMin is the size from which a part is calibrated: smaller ones are scanned
// unless little is asked of them.
const calibrateMin = 1000

// The number of queries is bounded by what their exact scans cost.
const (
	mostAsked  = 256
	leastAsked = 48
	scanBudget = 80 << 20 // entries
)

// enough ends the climb of the efforts: no target between it and 1 is met by less.
const enough = 0.998

// asked is one query of a calibration.
type asked struct {
	flat.Sought
	truth  []float64
	shares [kClasses]float64 // found by the last effort
}

// whole says that the query finds all of a class, and so will with more effort.
func (q *asked) whole(class int) bool { return q.shares[class] == 1 }

// calibration measures one part.
type calibration struct {
	p       *part
	graph   *hnsw.Graph
	lists   *ivf.Index
	n       int
	queries []asked
	workers int
	meter   *meter
}

// calibrate measures a part that does not change any more but for deaths; nil when it
// has nothing to calibrate. queries nil = a sample of its own vectors.
func (ix *Index) calibrate(ctx context.Context, p *part, by structures, queries [][]byte, workers int, m *meter) (*effortTable, error) {
	n := int(p.n.Load())
	c := &calibration{p: p, lists: by.lists, n: n, workers: max(workers, 1), meter: m}
	switch {
	case n < max(calibrateMin, ix.cfg.GraphMin):
		return nil, nil
	case by.lists != nil:
	case by.graph != nil && int(p.linked.Load()) == n:
		c.graph = by.graph
	default:
		return nil, nil
	}
	t := &effortTable{source: vectorindex.EffortFromVectors}
	count := min(max(scanBudget/n, leastAsked), mostAsked)
	if queries != nil {
		t.source = vectorindex.EffortFromQueries
		for _, q := range queries[:min(len(queries), count)] {
			c.queries = append(c.queries, asked{Sought: flat.Sought{Vec: q}})
		}
	} else {
		c.sample(count)
	}
	if t.asked = uint32(len(c.queries)); t.asked == 0 {
		return nil, nil
	}
	if err := c.findTruth(ctx); err != nil {
		return nil, err
	}
	if by.lists != nil {
		return t, c.rank(ctx, t)
	}
	return t, c.climb(ctx, t)
}

// sample takes entries spread over the part. The same part gives the same sample.
func (c *calibration) sample(count int) {
	rng := rand.New(rand.NewPCG(uint64(c.n), 0))
	for range 4 * count {
		ord := rng.Uint32N(uint32(c.n))
		if c.p.dead.get(ord) == 0 && (c.graph == nil || c.graph.Lone(ord)) {
			c.queries = append(c.queries, asked{Sought: flat.Sought{Vec: c.p.vector(ord), Without: ord + 1}})
		}
		if len(c.queries) == count {
			return
		}
	}
}

// deep is how many of the queries are asked for the greatest class: each has as many
// answers to count as ten of the others.
func (c *calibration) deep() int { return (len(c.queries) + 3) / 4 }

// each calls f for the first n queries from the workers.
func (c *calibration) each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	var next atomic.Int64
	errs := make([]error, c.workers)
	var wg sync.WaitGroup
	for w := range c.workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = errors.Join(ctx.Err(), f(ctx, i))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// findTruth finds every query's nearest, each worker those of some of the queries.
func (c *calibration) findTruth(ctx context.Context) error {
	for i := range c.queries {
		if c.queries[i].K = classK[1]; i < c.deep() {
			c.queries[i].K = classK[2]
		}
	}
	var seen atomic.Int64
	workers := min(c.workers, len(c.queries))
	return c.each(ctx, workers, func(ctx context.Context, w int) error {
		var mine []flat.Sought
		for i := w; i < len(c.queries); i += workers { // the deep ones are shared out
			mine = append(mine, c.queries[i].Sought)
		}
		before := uint32(0)
		err := flat.Many(ctx, c.p.view().Space, c.p.view(), uint32(c.n), mine, func(at uint32) {
			all := seen.Add(int64(at - before))
			if c.p.budget != nil {
				c.p.budget.touched(int64(at-before) * int64(c.p.view().Space.Size()))
			}
			before = at
			c.meter.part(PhaseMeasure, int(all), 2*workers*c.n, int64(c.n))
		})
		for i, k := w, 0; i < len(c.queries) && err == nil; i, k = i+workers, k+1 {
			c.queries[i].Nearest, c.queries[i].truth = mine[k].Nearest, mine[k].Distances()
		}
		return err
	})
}

// rank fills the table of a segment of lists: an entry is found by the efforts that
// probe more lists than come before its own. Bounds of codes fail now and then; what
// they lose is measured at one effort, by searches, and taken off all.
func (c *calibration) rank(ctx context.Context, t *effortTable) error {
	places := c.lists.Places()
	ranks := make([][]uint32, len(c.queries))
	err := c.each(ctx, len(c.queries), func(_ context.Context, i int) (err error) {
		var ords []uint32
		for _, h := range c.queries[i].Nearest {
			ords = append(ords, h.Ord)
		}
		ranks[i], err = places.Ranks(c.queries[i].Vec, ords, nil)
		return err
	})
	if err != nil {
		return err
	}
	kept := 0.0
	for _, e := range listEfforts(c.lists.Lists()) {
		var shares [kClasses]tally
		for i := range c.queries {
			for class, k := range classK {
				if class < kClasses-1 || i < c.deep() {
					shares[class].add(probed(ranks[i], k, e))
				}
			}
		}
		if kept == 0 && shares[1].mean() >= typicalRecall {
			if kept, err = c.kept(ctx, int(e), ranks); err != nil {
				return err
			}
		}
		if c.put(t, e, &shares) {
			break
		}
	}
	for class := range t.recall {
		for i := range t.recall[class] {
			t.recall[class][i] *= float32(kept)
		}
	}
	t.settle()
	return nil
}

// typicalRecall is where the loss by codes is measured.
const typicalRecall = 0.95

// probed is the share of the k nearest that lie in the first lists.
func probed(ranks []uint32, k int, lists uint32) float64 {
	if ranks = ranks[:min(k, len(ranks))]; len(ranks) == 0 {
		return 1
	}
	n := 0
	for _, r := range ranks {
		if r < lists {
			n++
		}
	}
	return float64(n) / float64(len(ranks))
}

// kept is the share that searches find of what lies in the lists that they probe.
func (c *calibration) kept(ctx context.Context, probes int, ranks [][]uint32) (float64, error) {
	var mu sync.Mutex
	found, there := 0.0, 0.0
	err := c.each(ctx, len(c.queries), func(ctx context.Context, i int) error {
		q := &c.queries[i]
		got, err := c.search(ctx, q, classK[1], probes)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found += shareOf(got, q.truth, classK[1])
		there += probed(ranks[i], classK[1], uint32(probes))
		return nil
	})
	return min(1, found/max(there, 1e-9)), err
}

// search returns the distances of the k nearest that an effort finds.
func (c *calibration) search(ctx context.Context, q *asked, k, effort int) ([]float64, error) {
	out := make([]float64, 0, k)
	if c.lists != nil {
		s, err := c.lists.Search(q.Vec, ivf.Params{K: k, Probes: effort, Accept: func(ord uint32) bool { return ord+1 != q.Without }})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		hits := make([]ivf.Hit, k)
		n, err := s.Next(ctx, hits)
		c.p.budget.touched(s.Work().Reranked * scatteredRead)
		for _, h := range hits[:n] {
			out = append(out, h.Dist)
		}
		return out, err
	}
	s, err := c.graph.Search(q.Vec, hnsw.Params{K: k, Ef: effort, Without: q.Without})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	hits := make([]hnsw.Hit, k)
	n, err := s.Next(ctx, hits)
	c.p.budget.touched(s.Work().Reranked * scatteredRead)
	for _, h := range hits[:n] {
		out = append(out, h.Dist)
	}
	return out, err
}

// scatteredRead is what is mapped of a part's vectors, which are cached in small pieces,
// when one of them is read.
const scatteredRead = 64 << 10

// climb fills a graph's table from the least effort on until all is found.
func (c *calibration) climb(ctx context.Context, t *effortTable) error {
	for i, e := range graphEfforts {
		if int(e) > c.n/walkShare {
			break // a scan is used instead
		}
		c.meter.part(PhaseMeasure, len(graphEfforts)+i, 2*len(graphEfforts), int64(c.n))
		err := c.each(ctx, len(c.queries), func(ctx context.Context, i int) error { return c.walk(ctx, i, int(e)) })
		if err != nil {
			return err
		}
		var shares [kClasses]tally
		for i := range c.queries {
			for class, s := range c.queries[i].shares {
				if class < kClasses-1 || i < c.deep() {
					shares[class].add(s)
				}
			}
		}
		if c.put(t, e, &shares) {
			break
		}
	}
	t.settle()
	return nil
}

// walk asks one query with one effort, unless a smaller one has found all. A wide walk
// for many gives what one for few gives among its first.
func (c *calibration) walk(ctx context.Context, i, effort int) error {
	q := &c.queries[i]
	deep := i < c.deep() && !q.whole(2)
	var got []float64
	var err error
	if deep {
		if got, err = c.search(ctx, q, classK[2], effort); err != nil {
			return err
		}
		q.shares[2] = shareOf(got, q.truth, classK[2])
	}
	if q.whole(1) && q.whole(0) {
		return nil
	}
	if !deep || effort < classK[2] {
		if got, err = c.search(ctx, q, classK[1], effort); err != nil {
			return err
		}
	}
	q.shares[0], q.shares[1] = shareOf(got, q.truth, classK[0]), shareOf(got, q.truth, classK[1])
	return nil
}

// put adds a row to the table; true when more effort finds no more.
func (c *calibration) put(t *effortTable, effort uint32, shares *[kClasses]tally) bool {
	t.efforts = append(t.efforts, effort)
	least := 1.0
	for c := range shares {
		t.recall[c] = append(t.recall[c], float32(shares[c].cautious()))
		least = min(least, shares[c].mean())
	}
	return least >= enough
}

// shareOf is the recall of got, counted by distance: what is as near as the k-th of
// the truth is as good.
func shareOf(got, truth []float64, k int) float64 {
	k = min(k, len(truth))
	if k == 0 {
		return 1
	}
	found := 0
	for _, d := range got[:min(k, len(got))] {
		if vectorindex.Compare(d, truth[k-1]) <= 0 {
			found++
		}
	}
	return float64(found) / float64(k)
}

// tally is a mean and its error.
type tally struct{ n, sum, squares float64 }

func (t *tally) add(x float64) { t.n, t.sum, t.squares = t.n+1, t.sum+x, t.squares+x*x }

func (t *tally) mean() float64 { return t.sum / max(t.n, 1) }

// cautious is the mean less its standard error: a sample must not promise more than
// the whole keeps.
func (t *tally) cautious() float64 {
	m := t.mean()
	return max(0, m-math.Sqrt(max(0, t.squares/max(t.n, 1)-m*m)/max(t.n, 1)))
}
