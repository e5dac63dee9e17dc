package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/loxodb/loxodb/tests/bench/sets"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
)

const (
	m, efConstruction = 16, 64
	passes            = 3 // the best counts, after one that warms up
)

// efforts are the beam widths that are tried; the peers have the same.
var efforts = []int{10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 85, 100, 120, 145, 175, 210, 250, 300, 360, 430, 520, 620, 750, 900}

// point is what one effort gives.
type point struct {
	effort      string
	recall, qps float64
	distances   float64 // computed a query; only LoxoDB tells
}

// result is what one library did with one set.
type result struct {
	name, version, settings string
	build                   float64 // s
	failed                  string  // why it could not be measured
	curve                   []point
}

func (r *result) print() {
	if r.failed != "" {
		fmt.Printf("  %s: not measured: %s\n", r.name, r.failed)
		return
	}
	fmt.Printf("  %s: build %.1f s", r.name, r.build)
	for _, target := range targets {
		fmt.Printf(", at recall %.2f %s queries/s", target, figure(r.at(target)))
	}
	fmt.Println()
}

// own measures LoxoDB's graph.
func own(ctx context.Context, s *sets.Set) (*result, error) {
	o := hnsw.Options{Dims: s.Dims, Metric: dist.Cosine, M: m, EfConstruction: efConstruction, Seed: 1}
	if s.Metric == sets.L2 {
		o.Metric = dist.L2
	}
	began := time.Now()
	g, err := hnsw.Build(ctx, o, s.N(), func(i int) ([]byte, error) { return dist.FloatBytes(s.Vec(i)), nil }, hnsw.BuildOptions{})
	if err != nil {
		return nil, err
	}
	r := &result{name: "LoxoDB", version: runtime.Version(), build: time.Since(began).Seconds(),
		settings: fmt.Sprintf("m = %d, ef_construction = %d, %s", m, efConstruction, dist.Tier())}
	answers := make([]uint32, len(s.Queries)*sets.K)
	for _, ef := range efforts {
		best := math.Inf(1)
		var work int64
		for p := range 1 + passes {
			began := time.Now()
			if work, err = ask(ctx, g, s, ef, answers); err != nil {
				return nil, err
			}
			if p > 0 {
				best = min(best, time.Since(began).Seconds())
			}
		}
		if err := r.add(s, fmt.Sprint(ef), answers, best); err != nil {
			return nil, err
		}
		r.curve[len(r.curve)-1].distances = float64(work) / float64(len(s.Queries))
	}
	return r, nil
}

// ask asks every query once and returns how many distances that took.
func ask(ctx context.Context, g *hnsw.Graph, s *sets.Set, ef int, answers []uint32) (int64, error) {
	var distances int64
	hits := make([]hnsw.Hit, sets.K)
	for q, vec := range s.Queries {
		search, err := g.Search(dist.FloatBytes(vec), hnsw.Params{K: sets.K, Ef: ef})
		if err != nil {
			return 0, err
		}
		n := 0
		for n < len(hits) {
			got, err := search.Next(ctx, hits[n:])
			if err != nil {
				return 0, err
			}
			if got == 0 {
				return 0, fmt.Errorf("query %d: %d neighbours", q, n)
			}
			n += got
		}
		distances += search.Work().Distances
		search.Close()
		for i, h := range hits {
			answers[q*sets.K+i] = h.Ord
		}
	}
	return distances, nil
}

// add judges the answers of one effort, K of every query, by distances.
func (r *result) add(s *sets.Set, effort string, answers []uint32, seconds float64) error {
	if len(answers) != len(s.Queries)*sets.K {
		return fmt.Errorf("%s: %d answers to %d queries", r.name, len(answers), len(s.Queries))
	}
	hits := 0
	for q, vec := range s.Queries {
		seen := map[uint32]bool{}
		for _, a := range answers[q*sets.K : (q+1)*sets.K] {
			if int(a) < s.N() && !seen[a] && s.Hit(q, s.Metric.Distance(vec, s.Vec(int(a)))) {
				hits++
			}
			seen[a] = true
		}
	}
	r.curve = append(r.curve, point{effort: effort, recall: float64(hits) / float64(len(answers)), qps: float64(len(s.Queries)) / seconds})
	return nil
}
