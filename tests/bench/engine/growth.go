package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/loxodb/loxodb/tests/bench/sets"
)

// grownTo are the sizes at which a growing set is measured: half a decade apart.
var grownTo = []int{10_000, 31_623, 100_000, 316_228, 1_000_000}

// growthRecall is the recall at which the costs of different sizes are compared.
const growthRecall = .95

// growthBeam is the beam width at which they are compared otherwise: that a walk in such
// graphs grows as log n (Malkov and Yashunin, 2016, section 4.2.1) is said of one width,
// whatever it then finds.
const growthBeam = 100

// growthPeer is the library that grows beside it, as far as the peers are measured: what
// the set itself makes dearer, every graph has to pay.
const growthPeer = "hnswlib"

// stage is a set at one size: how long the index took to build, what a query costs at
// growthRecall, and what it computes and finds at growthBeam.
type stage struct {
	n                        int
	build, micros, distances float64
	walked, found            float64 // distances and recall at growthBeam
	peer                     float64 // growthPeer's µs a query at growthRecall; 0 if not measured
}

// growth measures what a query costs while its set grows: the first vectors of the
// set, as many as grownTo says, each size with a graph and a truth of its own.
func growth(ctx context.Context, o *options, s *sets.Set, say func(string)) ([]stage, error) {
	beside := *o
	beside.peers = slices.DeleteFunc(slices.Clone(o.peers), func(name string) bool { return name != growthPeer })
	var stages []stage
	for _, n := range grownTo {
		if n > s.N() {
			break
		}
		part := &sets.Set{Name: fmt.Sprintf("%s, the first %d", s.Name, n), Dims: s.Dims, Metric: s.Metric, Base: s.Base[:n*s.Dims], Queries: s.Queries}
		if err := part.Truth(o.cache, say); err != nil {
			return nil, err
		}
		r, err := own(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		qps, work := r.at(growthRecall), r.workAt(growthRecall)
		if qps == 0 || work == 0 {
			return nil, fmt.Errorf("%s: recall %v was not reached", part.Name, growthRecall)
		}
		g := stage{n: n, build: r.build, micros: 1e6 / qps, distances: work}
		for i, effort := range efforts { // the curve is in their order
			if effort == growthBeam {
				g.walked, g.found = r.curve[i].distances, r.curve[i].recall
			}
		}
		say(fmt.Sprintf("  %d vectors: build %.1f s, %.1f µs and %.0f distances a query at recall %.2f; %.0f distances and recall %.4f at beam %d",
			n, g.build, g.micros, g.distances, growthRecall, g.walked, g.found, growthBeam))
		others, err := peers(ctx, &beside, part)
		if err != nil {
			return nil, err
		}
		for _, r := range others {
			if qps := r.at(growthRecall); qps > 0 {
				g.peer = 1e6 / qps
			}
		}
		stages = append(stages, g)
	}
	if len(stages) < 2 {
		return nil, fmt.Errorf("%s is too small to be watched while it grows", s.Name)
	}
	return stages, nil
}

// besidePeer reports whether the peer was measured at every stage.
func besidePeer(stages []stage) bool {
	return !slices.ContainsFunc(stages, func(g stage) bool { return g.peer == 0 })
}

// exponent is the slope of y over n between the first and the last stage when both
// are drawn in logarithms: n^exponent.
func exponent(stages []stage, y func(stage) float64) float64 {
	a, b := stages[0], stages[len(stages)-1]
	return math.Log(y(b)/y(a)) / math.Log(float64(b.n)/float64(a.n))
}

// overLog is how much faster than log n a cost grew from the first stage to the
// last: 1 is the growth of log n itself.
func overLog(stages []stage, y func(stage) float64) float64 {
	a, b := stages[0], stages[len(stages)-1]
	return y(b) / y(a) / (math.Log(float64(b.n)) / math.Log(float64(a.n)))
}

func micros(g stage) float64     { return g.micros }
func distances(g stage) float64  { return g.distances }
func walked(g stage) float64     { return g.walked }
func peerMicros(g stage) float64 { return g.peer }
