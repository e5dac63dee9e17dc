package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// point is one effort on the way from fast to exact.
type point struct {
	ef            int
	recall, qps   float64
	p50, p99      float64 // µs
	queries, hits int
}

const nearest = "SELECT id, embedding <=> $1 FROM " + table + " ORDER BY embedding <=> $1 LIMIT 10"

// method is a kind of index and how it is told to look farther.
type method struct {
	name    string
	setting string
	first   []int // efforts that are tried first
	most    int   // the greatest effort
}

var (
	graph = method{"hnsw", "hnsw.ef_search", []int{40, 100, 200, 300, 400}, 1000}
	lists = method{"ivfflat", "ivfflat.probes", []int{10, 40}, 340} // pgvector has as many lists
)

// errUnreached: no effort gives the recall.
var errUnreached = errors.New("the recall is not reached")

// knn measures the graph's curve and the least efforts that reach some recalls.
func (r *run) knn() error {
	found, err := r.leastOf(graph, []target{{.945, &r.at945, 0}, {.97, &r.at97, 0}, {.95, &r.graph.at95, 0}, {.99, &r.graph.at99, 0}})
	for _, ef := range graph.first {
		r.curve = append(r.curve, found[ef])
	}
	return err
}

// target is a recall and where the speed at it is noted. A method that is not to be
// faster than another, which answers beat queries a second there, is left unmeasured:
// to see how much slower it is takes minutes.
type target struct {
	recall float64
	at     *point
	beat   float64
}

// lost reports whether efforts that do not reach the recall yet are too slow already.
func (t target) lost(tried map[int]point) bool {
	for _, p := range tried {
		if p.recall < t.recall && p.qps <= t.beat {
			return true
		}
	}
	return false
}

func allLost(targets []target, tried map[int]point) bool {
	return !slices.ContainsFunc(targets, func(t target) bool { return !t.lost(tried) })
}

// leastOf tries efforts of a method and notes, for each target, the smallest that
// reaches it; a target out of reach stays unmeasured.
func (r *run) leastOf(m method, targets []target) (tried map[int]point, err error) {
	tried = map[int]point{}
	try := func(effort int) (point, error) {
		p, ok := tried[effort]
		if ok {
			return p, nil
		}
		p, err := r.effort(m, effort)
		tried[effort] = p
		return p, err
	}
	for _, effort := range m.first {
		if len(tried) > 0 && allLost(targets, tried) {
			break
		}
		p, err := try(effort)
		if err != nil {
			return nil, err
		}
		r.say("%s %d: recall %.4f, %.0f queries/s", m.setting, p.ef, p.recall, p.qps)
	}
	for _, t := range targets {
		if t.lost(tried) {
			r.say("%s: slower at recall %.3f than the other kind", m.name, t.recall)
			continue
		}
		effort, err := least(tried, m.most, t.recall, try)
		if errors.Is(err, errUnreached) {
			r.say("%s: %v", m.name, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		*t.at = tried[effort]
		r.say("recall >= %.3f takes %s %d: recall %.4f, %.0f queries/s", t.recall, m.setting, effort, t.at.recall, t.at.qps)
	}
	return tried, nil
}

// least finds, to about 2 %, the smallest effort of at most hi that reaches the
// recall; known are efforts tried already.
func least(known map[int]point, hi int, recall float64, try func(int) (point, error)) (int, error) {
	lo := 0
	for ef, p := range known {
		if p.recall < recall {
			lo = max(lo, ef)
		}
	}
	for ef, p := range known {
		if p.recall >= recall && ef > lo {
			hi = min(hi, ef)
		}
	}
	if p, err := try(hi); err != nil || p.recall < recall {
		if err == nil {
			err = fmt.Errorf("recall %.4f at the greatest effort, %d: %w of %.3f", p.recall, hi, errUnreached, recall)
		}
		return 0, err
	}
	for hi-lo > max(1, hi/50) {
		mid := (lo + hi) / 2
		p, err := try(mid)
		if err != nil {
			return 0, err
		}
		if p.recall >= recall {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, nil
}

// effort asks all queries at an effort.
func (r *run) effort(m method, effort int) (point, error) {
	if err := r.c.exec(fmt.Sprintf("SET %s = %d", m.setting, effort)); err != nil {
		return point{}, err
	}
	if err := r.c.prepare("near", nearest); err != nil {
		return point{}, err
	}
	p, err := r.passes(len(r.d.Queries))
	p.ef = effort
	return p, err
}

// patience is when a slow effort has been timed enough.
const patience = 15 * time.Second

// passes asks the first n queries four times; the first pass warms up, and of
// the others the one of median speed counts. Efforts so slow that the noise of a
// pass does not matter are asked fewer times.
func (r *run) passes(n int) (point, error) {
	reqs := make([]*request, n)
	for q := range reqs {
		reqs[q] = newRequest("near", appendVector(nil, r.d.Queries[q]))
	}
	var all []point
	began := time.Now()
	for i := range 4 {
		if i > 1 && time.Since(began) > patience {
			break
		}
		p, err := r.pass(reqs)
		if err != nil {
			return p, err
		}
		if i > 0 {
			all = append(all, p)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].qps < all[j].qps })
	return all[len(all)/2], nil
}

// answer is one row: whom the server calls near, and how near it says it is.
type neighbour struct {
	id       uint64
	distance float64
}

func (r *run) pass(reqs []*request) (point, error) { return r.passOver(r.c, reqs) }

// passOver asks all requests, one after the other, over a connection.
func (r *run) passOver(c *client, reqs []*request) (point, error) {
	found := make([]neighbour, 0, k*len(reqs))
	ends := make([]int, len(reqs))
	took := make([]float64, 0, len(reqs))
	began := time.Now()
	for q, req := range reqs {
		start := time.Now()
		if err := c.ask(req, func(f row) error {
			id, distance := f.next(), f.next()
			if len(id) != 8 || len(distance) != 8 {
				return fmt.Errorf("query %d: a row of %d and %d bytes", q, len(id), len(distance))
			}
			found = append(found, neighbour{binary.BigEndian.Uint64(id), math.Float64frombits(binary.BigEndian.Uint64(distance))})
			return nil
		}); err != nil {
			return point{}, err
		}
		ends[q] = len(found)
		took = append(took, float64(time.Since(start).Nanoseconds())/1e3)
	}
	total := time.Since(began).Seconds()
	p := point{queries: len(reqs), qps: float64(len(reqs)) / total}
	from := 0
	for q, end := range ends {
		hits, err := r.d.judge(q, found[from:end])
		if err != nil {
			return p, err
		}
		p.hits += hits
		from = end
	}
	p.recall = float64(p.hits) / float64(k*len(reqs))
	slices.Sort(took)
	p.p50, p.p99 = took[len(took)/2], took[len(took)*99/100]
	return p, nil
}

// judge counts how many of the answers are among the k nearest, by distances of
// its own. An answer that is no answer is an error: k different rows in order, at
// the distances that the server says.
func (d *dataSet) judge(q int, answers []neighbour) (hits int, err error) {
	if len(answers) != k {
		return 0, fmt.Errorf("query %d: %d rows, not %d", q, len(answers), k)
	}
	seen := map[uint64]bool{}
	last := math.Inf(-1)
	for _, a := range answers {
		if a.id < 1 || a.id > uint64(d.N()) || seen[a.id] {
			return 0, fmt.Errorf("query %d: row %d is none or comes twice", q, a.id)
		}
		seen[a.id] = true
		real := d.Metric.Distance(d.Queries[q], d.Vec(int(a.id-1)))
		if math.IsNaN(a.distance) || math.Abs(real-a.distance) > 1e-5 {
			return 0, fmt.Errorf("query %d: row %d is at %v, the server says %v", q, a.id, real, a.distance)
		}
		if a.distance < last {
			return 0, fmt.Errorf("query %d: row %d at %v comes after one at %v", q, a.id, a.distance, last)
		}
		last = a.distance
		if d.Hit(q, real) {
			hits++
		}
	}
	return hits, nil
}
