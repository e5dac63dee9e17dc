package main

import (
	"encoding/binary"
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

// knn measures the curve and the least efforts that reach two recalls.
func (r *run) knn() error {
	tried := map[int]point{}
	try := func(ef int) (point, error) {
		p, ok := tried[ef]
		if ok {
			return p, nil
		}
		p, err := r.effort(ef)
		tried[ef] = p
		return p, err
	}
	for _, ef := range []int{40, 100, 200, 300, 400} {
		p, err := try(ef)
		if err != nil {
			return err
		}
		r.curve = append(r.curve, p)
		r.say("ef_search %d: recall %.4f, %.0f queries/s", p.ef, p.recall, p.qps)
	}
	for _, target := range []struct {
		recall float64
		at     *point
	}{{0.945, &r.at945}, {0.97, &r.at97}} {
		ef, err := least(tried, target.recall, try)
		if err != nil {
			return err
		}
		*target.at = tried[ef]
		r.say("recall >= %.3f takes ef_search %d: recall %.4f, %.0f queries/s", target.recall, ef, target.at.recall, target.at.qps)
	}
	return nil
}

const maxEffort = 1000

// least finds, to about 2 %, the smallest effort that reaches the recall; known
// are efforts tried already.
func least(known map[int]point, recall float64, try func(int) (point, error)) (int, error) {
	lo, hi := 0, maxEffort
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
			err = fmt.Errorf("recall %.4f at the greatest ef_search, %d: below %.3f", p.recall, hi, recall)
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

// effort asks all queries at an ef_search.
func (r *run) effort(ef int) (point, error) {
	if err := r.c.exec(fmt.Sprintf("SET hnsw.ef_search = %d", ef)); err != nil {
		return point{}, err
	}
	if err := r.c.prepare("near", nearest); err != nil {
		return point{}, err
	}
	p, err := r.passes(len(r.d.Queries))
	p.ef = ef
	return p, err
}

// passes asks the first n queries four times; the first pass warms up, and of
// the others the one of median speed counts.
func (r *run) passes(n int) (point, error) {
	reqs := make([]*request, n)
	for q := range reqs {
		reqs[q] = newRequest("near", appendVector(nil, r.d.Queries[q]))
	}
	var all []point
	for i := range 4 {
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

func (r *run) pass(reqs []*request) (point, error) {
	found := make([]neighbour, 0, k*len(reqs))
	ends := make([]int, len(reqs))
	took := make([]float64, 0, len(reqs))
	began := time.Now()
	for q, req := range reqs {
		start := time.Now()
		if err := r.c.ask(req, func(f row) error {
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
