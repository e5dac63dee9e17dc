package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/loxodb/loxodb/tests/bench/sets"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

const (
	m, efConstruction = 16, 64
	passes            = 3 // the best counts, after one that warms up
)

// efforts are the beam widths, and the probed lists, that are tried; the peers have the
// same.
var efforts = []int{10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 85, 100, 120, 145, 175, 210, 250, 300, 360, 430, 520, 620, 750, 900}

// point is what one effort gives.
type point struct {
	effort      string
	recall, qps float64
	distances   float64 // computed a query; only LoxoDB tells
}

// result is what one library did with one set.
type result struct {
	own                     bool // LoxoDB
	name, version, settings string
	build, buildCPU         float64 // s by the clock, and of all processors
	failed                  string  // why it could not be measured
	curve                   []point
}

func (r *result) print() {
	if r.failed != "" {
		fmt.Printf("  %s: not measured: %s\n", r.name, r.failed)
		return
	}
	fmt.Printf("  %s: build %.1f s (%.1f s of processors)", r.name, r.build, r.buildCPU)
	for _, target := range targets {
		fmt.Printf(", at recall %.2f %s queries/s", target, figure(r.at(target)))
	}
	fmt.Println()
}

// own measures LoxoDB's graph as it is unless told.
func own(ctx context.Context, s *sets.Set) (*result, error) {
	return ownGraph(ctx, s, quant.CodingSQ8)
}

// ownNibbles measures LoxoDB's graph over codes of 4 bits.
func ownNibbles(ctx context.Context, s *sets.Set) (*result, error) {
	return ownGraph(ctx, s, quant.CodingRaBitQ(4))
}

func ownGraph(ctx context.Context, s *sets.Set, coding quant.Coding) (*result, error) {
	began, computed := time.Now(), cpuTime()
	o := hnsw.Options{Dims: s.Dims, Metric: metricOf(s), M: m, EfConstruction: efConstruction, Seed: 1, Coding: coding}
	if coding.Bits() > 0 {
		o.Centre = centre(s)
	}
	g, err := hnsw.Build(ctx, o, s.N(), func(i int) ([]byte, error) { return dist.FloatBytes(s.Vec(i)), nil }, hnsw.BuildOptions{})
	if err != nil {
		return nil, err
	}
	r := &result{own: true, name: fmt.Sprintf("LoxoDB hnsw %v", coding), version: runtime.Version(), build: time.Since(began).Seconds(), buildCPU: (cpuTime() - computed).Seconds(),
		settings: fmt.Sprintf("m = %d, ef_construction = %d, %s", m, efConstruction, dist.Tier())}
	found := make([]hnsw.Hit, sets.K)
	return r, r.measure(ctx, s, func(vec []byte, effort int, answer []uint32) (int64, error) {
		search, err := g.Search(vec, hnsw.Params{K: sets.K, Ef: effort})
		if err != nil {
			return 0, err
		}
		defer search.Close()
		err = fill(found, func(dst []hnsw.Hit) (int, error) { return search.Next(ctx, dst) })
		for i, h := range found {
			answer[i] = h.Ord
		}
		return search.Work().Distances, err
	})
}

// centre is the mean of vectors spread over all, as LoxoDB's server has it for codes of
// few bits.
func centre(s *sets.Set) []float32 {
	const sample = 10_000
	n := min(s.N(), sample)
	sum := make([]float64, s.Dims)
	for i := range n {
		v := s.Vec(i * s.N() / n)
		scale := 1.0
		if s.Metric == sets.Cosine {
			scale = math.Sqrt(dist.NormSq64(v))
		}
		if scale == 0 {
			continue
		}
		for j, x := range v {
			sum[j] += float64(x) / scale
		}
	}
	mean := make([]float32, s.Dims)
	for j, x := range sum {
		mean[j] = float32(x / float64(n))
	}
	return mean
}

// listBits is how many bits LoxoDB's lists have a component unless told.
const listBits = 4

// ownLists measures LoxoDB's inverted lists, as they are opened from a segment.
func ownLists(ctx context.Context, s *sets.Set) (*result, error) {
	began, computed := time.Now(), cpuTime()
	o := ivf.Options{Dims: s.Dims, Metric: metricOf(s), Seed: 1, Coding: quant.CodingRaBitQ(listBits)}
	x, err := ivf.Build(ctx, o, s.N(), func(i int) ([]byte, error) { return dist.FloatBytes(s.Vec(i)), nil }, ivf.BuildOptions{})
	if err != nil {
		return nil, err
	}
	form := bytes.NewBuffer(dist.Aligned(int(x.Size()))[:0])
	if _, err := x.WriteTo(form); err != nil {
		return nil, err
	}
	if x, err = ivf.Open(form.Bytes(), true); err != nil {
		return nil, err
	}
	r := &result{own: true, name: "LoxoDB ivfflat", version: runtime.Version(), build: time.Since(began).Seconds(), buildCPU: (cpuTime() - computed).Seconds(),
		settings: fmt.Sprintf("%d lists, %v, %s", x.Lists(), o.Coding, dist.Tier())}
	found := make([]ivf.Hit, sets.K)
	return r, r.measure(ctx, s, func(vec []byte, effort int, answer []uint32) (int64, error) {
		search, err := x.Search(vec, ivf.Params{K: sets.K, Probes: effort})
		if err != nil {
			return 0, err
		}
		defer search.Close()
		err = fill(found, func(dst []ivf.Hit) (int, error) { return search.Next(ctx, dst) })
		for i, h := range found {
			answer[i] = h.Ord
		}
		return search.Work().Distances, err
	})
}

func metricOf(s *sets.Set) dist.Metric {
	if s.Metric == sets.L2 {
		return dist.L2
	}
	return dist.Cosine
}

// fill takes hits until there are enough: a call of next may end before.
func fill[H any](found []H, next func([]H) (int, error)) error {
	for n := 0; n < len(found); {
		got, err := next(found[n:])
		if err != nil {
			return err
		}
		if got == 0 {
			return fmt.Errorf("%d neighbours", n)
		}
		n += got
	}
	return nil
}

// measure asks every query at every effort; ask fills an answer and returns how many
// distances that took.
func (r *result) measure(ctx context.Context, s *sets.Set, ask func(vec []byte, effort int, answer []uint32) (int64, error)) error {
	answers := make([]uint32, len(s.Queries)*sets.K)
	for _, effort := range efforts {
		best, work := math.Inf(1), int64(0)
		for p := range 1 + passes {
			began := cpuTime()
			work = 0
			for q, vec := range s.Queries {
				distances, err := ask(dist.FloatBytes(vec), effort, answers[q*sets.K:(q+1)*sets.K])
				if err = errors.Join(err, ctx.Err()); err != nil {
					return fmt.Errorf("%s, query %d: %w", r.name, q, err)
				}
				work += distances
			}
			if p > 0 {
				best = min(best, (cpuTime() - began).Seconds())
			}
		}
		if err := r.add(s, fmt.Sprint(effort), answers, best); err != nil {
			return err
		}
		r.curve[len(r.curve)-1].distances = float64(work) / float64(len(s.Queries))
	}
	return nil
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
