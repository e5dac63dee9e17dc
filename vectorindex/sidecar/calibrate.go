package sidecar

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
)

// A part is calibrated when it is sealed, merged or built, before its file is written:
// a sample of its own vectors is searched for at every effort, each as if it were not
// in the graph, and what is found is compared with an exact scan. On 340,479 word
// vectors that says what queries which are not in the set find, within half a point
// from .90 on; searching for the vectors with their nodes in place says 1.5 to 4
// points too much.

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

// coarse is the recall from which half of the queries are asked.
const coarse = 0.97

// asked is one query of a calibration.
type asked struct {
	vec     []byte
	without uint32 // 1 + the entry that it is the vector of; 0 = none
	truth   []float64
}

// calibration measures one part.
type calibration struct {
	p       *part
	graph   *hnsw.Graph
	lists   *ivf.Index
	n       int
	all     []uint32 // every ordinal, for exact searches of the graph
	queries []asked
	workers int
	meter   *meter
}

// calibrate measures a part that does not change any more but for deaths; nil when it
// has nothing to calibrate. queries nil = a sample of its own vectors.
func (ix *Index) calibrate(ctx context.Context, p *part, lists *ivf.Index, queries [][]byte, workers int, m *meter) (*effortTable, error) {
	n := int(p.n.Load())
	c := &calibration{p: p, lists: lists, n: n, workers: max(workers, 1), meter: m}
	switch {
	case n < max(calibrateMin, ix.cfg.GraphMin):
		return nil, nil
	case lists != nil:
	case p.graph() != nil && int(p.linked.Load()) == n:
		c.graph = p.graph()
		c.all = make([]uint32, n)
		for i := range c.all {
			c.all[i] = uint32(i)
		}
	default:
		return nil, nil
	}
	t := &effortTable{source: vectorindex.EffortFromVectors}
	count := min(max(scanBudget/n, leastAsked), mostAsked)
	if queries != nil {
		t.source = vectorindex.EffortFromQueries
		for _, q := range queries[:min(len(queries), count)] {
			c.queries = append(c.queries, asked{vec: q})
		}
	} else {
		c.sample(count)
	}
	if t.asked = uint32(len(c.queries)); t.asked == 0 {
		return nil, nil
	}
	m.part(PhaseMeasure, 0, 1, int64(n))
	if err := c.each(ctx, len(c.queries), c.findTruth); err != nil {
		return nil, err
	}
	return t, c.climb(ctx, t)
}

// sample takes entries spread over the part. The same part gives the same sample.
func (c *calibration) sample(count int) {
	rng := rand.New(rand.NewPCG(uint64(c.n), 0))
	for range 4 * count {
		ord := rng.Uint32N(uint32(c.n))
		if c.p.dead.get(ord) == 0 && (c.graph == nil || c.graph.Lone(ord)) {
			c.queries = append(c.queries, asked{vec: c.p.vector(ord), without: ord + 1})
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

// findTruth finds the exact distances of a query's nearest.
func (c *calibration) findTruth(ctx context.Context, i int) error {
	q := &c.queries[i]
	k := classK[1]
	if i < c.deep() {
		k = classK[2]
	}
	var err error
	q.truth, err = c.search(ctx, q, k, 0)
	return err
}

// search returns the distances of the k nearest that an effort finds; 0 = exactly, from
// the codes and what their bounds leave open.
func (c *calibration) search(ctx context.Context, q *asked, k, effort int) ([]float64, error) {
	accept := func(ord uint32) bool { return ord+1 != q.without }
	out := make([]float64, 0, k)
	if c.lists != nil {
		p := ivf.Params{K: k, Probes: effort, Accept: accept}
		if effort == 0 {
			p.Probes = max(c.lists.Lists(), 1)
		}
		s, err := c.lists.Search(q.vec, p)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		hits := make([]ivf.Hit, k)
		n, err := s.Next(ctx, hits)
		for _, h := range hits[:n] {
			out = append(out, h.Dist)
		}
		return out, err
	}
	p := hnsw.Params{K: k, Ef: effort, Without: q.without}
	if effort == 0 {
		p = hnsw.Params{K: k, Ef: k, Among: c.all, Accept: accept}
	}
	s, err := c.graph.Search(q.vec, p)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	hits := make([]hnsw.Hit, k)
	n, err := s.Next(ctx, hits)
	for _, h := range hits[:n] {
		out = append(out, h.Dist)
	}
	return out, err
}

// climb fills the table from the least effort on until all is found.
func (c *calibration) climb(ctx context.Context, t *effortTable) error {
	ladder := graphEfforts
	if c.lists != nil {
		ladder = listEfforts(c.lists.Lists())
	}
	asking := len(c.queries)
	for i, e := range ladder {
		c.meter.part(PhaseMeasure, len(ladder)+i, 2*len(ladder), int64(c.n))
		if c.graph != nil && int(e) > c.n/walkShare {
			break // a scan is used instead
		}
		var shares [kClasses]tally
		if err := c.measure(ctx, asking, int(e), &shares); err != nil {
			return err
		}
		t.efforts = append(t.efforts, e)
		least := 1.0
		for c := range shares {
			t.recall[c] = append(t.recall[c], float32(shares[c].cautious()))
			least = min(least, shares[c].mean())
		}
		if least >= enough {
			break
		}
		if least >= coarse { // what is left is dear, and differs little
			asking = (len(c.queries) + 1) / 2
		}
	}
	t.settle()
	return nil
}

// measure asks the first n queries at one effort.
func (c *calibration) measure(ctx context.Context, n, effort int, shares *[kClasses]tally) error {
	var mu sync.Mutex
	return c.each(ctx, n, func(ctx context.Context, i int) error {
		q := &c.queries[i]
		got, err := c.search(ctx, q, classK[1], effort)
		if err != nil {
			return err
		}
		var deep []float64
		if i < c.deep() {
			if deep, err = c.search(ctx, q, classK[2], effort); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		shares[0].add(shareOf(got, q.truth, classK[0]))
		shares[1].add(shareOf(got, q.truth, classK[1]))
		if i < c.deep() {
			shares[2].add(shareOf(deep, q.truth, classK[2]))
		}
		return nil
	})
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
