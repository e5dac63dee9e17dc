package sidecar

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loxodb/loxodb/vectorindex"
)

// recentBytes bounds the memory of the queries that are remembered, and mostRecent
// their number. They are never written to a file.
const (
	recentBytes = 1 << 20
	mostRecent  = 256
)

// rememberEvery: one query in as many is remembered, so that searches do not meet here.
const rememberEvery = 8

// recent are queries seen lately: a ring.
type recent struct {
	seen  atomic.Uint64
	mu    sync.Mutex
	vecs  [][]byte
	next  int
	fresh int  // remembered since the last calibration on them
	asked bool // some were remembered since Index.Asked
}

// remember keeps a copy of a query, now and then.
func (r *recent) remember(vec []byte) {
	if r.seen.Add(1)%rememberEvery != 1 || !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	if len(r.vecs) < mostRecent && (len(r.vecs)+1)*len(vec) <= recentBytes || len(r.vecs) == 0 {
		r.vecs = append(r.vecs, slices.Clone(vec))
	} else {
		r.next %= len(r.vecs)
		r.vecs[r.next] = append(r.vecs[r.next][:0], vec...)
		r.next++
	}
	r.fresh++
	r.asked = true
}

// take returns copies of at most n of them, in random order.
func (r *recent) take(n int) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out [][]byte
	for _, i := range rand.Perm(len(r.vecs))[:min(n, len(r.vecs))] {
		out = append(out, slices.Clone(r.vecs[i]))
	}
	return out
}

// Asked reports whether queries were remembered since the last call.
func (ix *Index) Asked() bool {
	ix.recent.mu.Lock()
	defer ix.recent.mu.Unlock()
	asked := ix.recent.asked
	ix.recent.asked = false
	return asked
}

// Recall is what a replay of queries found.
type Recall struct {
	At      time.Time
	Queries int
	Recent  bool // queries seen lately; otherwise vectors of the index, each as if it were not there
	K       int
	Target  float64 // 0 = the effort was set
	Recall  float64
	Effort  float64 // the mean of the widest beam, or of the most lists probed; 0 = all was scanned
	Seconds float64
	// Background replays are those that nobody asked for.
	Background bool
}

// historyKept is how many replays an index remembers.
const historyKept = 128

// recallHistory are the last replays, oldest first.
type recallHistory struct {
	mu   sync.Mutex
	runs []Recall
}

// RecallHistory returns the last replays, oldest first.
func (ix *Index) RecallHistory() []Recall {
	ix.history.mu.Lock()
	defer ix.history.mu.Unlock()
	return slices.Clone(ix.history.runs)
}

// MeasureRecall asks queries, at the effort that q names or that its target asks for,
// and compares what is found with an exact scan. The queries are those seen lately
// or, when there are fewer than enough, a sample of the index's own vectors. q.Vec is
// not read. The result goes to the history.
func (ix *Index) MeasureRecall(ctx context.Context, q vectorindex.Query, queries int, background bool) (Recall, error) {
	began := time.Now()
	r := Recall{At: began, K: q.K, Background: background}
	if s := ix.cfg.Spec.Kind; s == vectorindex.HNSW && q.Effort == 0 || s != vectorindex.HNSW && q.Probes == 0 {
		r.Target = targetOf(&q)
	}
	set, err := ix.acquire()
	if err != nil {
		return r, err
	}
	defer set.release()
	asked := ix.replayed(set, queries, &r)
	var sum, effort float64
	for i := range asked {
		share, w, err := ix.replayOne(ctx, set, &q, &asked[i])
		if err != nil {
			return r, err
		}
		sum, effort = sum+share, effort+float64(w.Effort)
	}
	r.Queries = len(asked)
	if r.Recall = 1; r.Queries > 0 {
		r.Recall, r.Effort = sum/float64(r.Queries), effort/float64(r.Queries)
	}
	r.Seconds = time.Since(began).Seconds()
	ix.history.mu.Lock()
	defer ix.history.mu.Unlock()
	if len(ix.history.runs) == historyKept {
		ix.history.runs = append(ix.history.runs[:0], ix.history.runs[1:]...)
	}
	ix.history.runs = append(ix.history.runs, r)
	return r, nil
}

// entryOf names an entry of a part.
type entryOf struct {
	p       *part
	without uint32 // 1 + its ordinal
}

// replayQuery is a query to replay; when it is an entry's vector, without the entry.
type replayQuery struct {
	vec []byte
	entryOf
}

// replayed chooses the queries.
func (ix *Index) replayed(set *partSet, n int, r *Recall) (out []replayQuery) {
	if old := ix.recent.take(n); len(old) >= min(n, leastAsked) {
		r.Recent = true
		for _, v := range old {
			out = append(out, replayQuery{vec: v})
		}
		return out
	}
	total := 0
	set.each(func(p *part) bool { total += int(p.n.Load()); return true })
	for range 4 * n {
		if total == 0 || len(out) == n {
			break
		}
		at := rand.IntN(total)
		set.each(func(p *part) bool {
			if size := int(p.n.Load()); at >= size {
				at -= size
				return true
			}
			ord := uint32(at)
			if p.dead.get(ord) == 0 && (p.graph() == nil || ord >= p.linked.Load() || p.graph().Lone(ord)) {
				out = append(out, replayQuery{p.vector(ord), entryOf{p, ord + 1}})
			}
			return false
		})
	}
	return out
}

// replayOne asks one query twice.
func (ix *Index) replayOne(ctx context.Context, set *partSet, like *vectorindex.Query, a *replayQuery) (share float64, w vectorindex.Work, err error) {
	q := *like
	q.Vec = a.vec
	exact := q
	exact.Recall, exact.Effort, exact.Probes = 1, 0, 0
	truth, _, err := ix.distances(ctx, set, &exact, a)
	if err != nil {
		return 0, w, err
	}
	got, w, err := ix.distances(ctx, set, &q, a)
	return shareOf(got, truth, q.K), w, err
}

// distances are those of the q.K nearest, without the entry that q is the vector of.
func (ix *Index) distances(ctx context.Context, set *partSet, q *vectorindex.Query, a *replayQuery) (out []float64, w vectorindex.Work, err error) {
	set.refs.Add(1)
	s := ix.searcher()
	s.hidden = a.entryOf
	s.open(set, q)
	defer s.Close()
	hits, err := vectorindex.Nearest(ctx, s, q.K, nil, func(hits []vectorindex.Hit, keep []bool) error {
		for i := range keep {
			keep[i] = true
		}
		return nil
	})
	for _, h := range hits {
		out = append(out, h.Dist)
	}
	return out, s.Work(), err
}

// Recalibrate measures the segments anew, on queries seen lately, when enough have come
// since it was done last; it reports whether it did. What it finds is kept in memory.
func (ix *Index) Recalibrate(ctx context.Context) (bool, error) {
	ix.recent.mu.Lock()
	due := len(ix.recent.vecs) >= leastAsked && ix.recent.fresh >= leastAsked
	ix.recent.mu.Unlock()
	if !due {
		return false, nil
	}
	queries := ix.recent.take(mostRecent)
	set, err := ix.acquire()
	if err != nil {
		return false, err
	}
	defer set.release()
	for _, p := range set.segs {
		t, err := ix.calibrate(ctx, p, structures{p.graph(), p.vecs.lists}, queries, 1, ix.unwatched())
		if err != nil {
			return false, err
		}
		if t != nil {
			p.efforts.Store(t)
		}
	}
	ix.recent.mu.Lock()
	ix.recent.fresh = 0
	ix.recent.mu.Unlock()
	return true, nil
}

// calibrateMissing measures the segments whose files say nothing of use.
func (ix *Index) calibrateMissing(ctx context.Context) error {
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	defer set.release()
	for _, p := range set.segs {
		if p.efforts.Load() != nil {
			continue
		}
		t, err := ix.calibrate(ctx, p, structures{p.graph(), p.vecs.lists}, nil, ix.cfg.Workers, ix.unwatched())
		if err != nil {
			return err
		}
		if t != nil {
			p.efforts.Store(t)
		}
	}
	return nil
}
