package main

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loxodb/loxodb/tests/bench/host"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

// targets are the recalls at which speeds are compared.
var targets = []float64{.95, .99}

// measured is a set, without its vectors, and what each library did with it.
type measured struct {
	set     *sets.Set
	n       int
	results []*result
}

// at is the queries per second at a recall: between the two points around it, on
// the line through the logarithms of speed and of what is missed. 0 when the
// curve does not reach it.
func (r *result) at(recall float64) float64 {
	best := 0.0
	for i, p := range r.curve {
		if p.recall >= recall {
			best = max(best, p.qps)
		}
		if i > 0 && around(r.curve[i-1], p, recall) {
			best = max(best, between(r.curve[i-1], p, recall, func(p point) float64 { return p.qps }))
		}
	}
	return best
}

// workAt is the fewest distances a query at a recall, read off the curve in the same way.
func (r *result) workAt(recall float64) float64 {
	least := math.Inf(1)
	for i, p := range r.curve {
		if p.recall >= recall {
			least = min(least, p.distances)
		}
		if i > 0 && around(r.curve[i-1], p, recall) {
			least = min(least, between(r.curve[i-1], p, recall, func(p point) float64 { return p.distances }))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// around reports whether a recall lies between those of two points.
func around(a, b point, recall float64) bool {
	return a.recall < recall && b.recall > recall && b.recall < 1
}

// between is y at a recall on the line through the logarithms of y and of what is missed.
func between(a, b point, recall float64, y func(point) float64) float64 {
	x, x0, x1 := math.Log(1-recall), math.Log(1-a.recall), math.Log(1-b.recall)
	t := (x - x0) / (x1 - x0)
	return math.Exp((1-t)*math.Log(y(a)) + t*math.Log(y(b)))
}

// best is the queries per second of LoxoDB's faster kind of index.
func (m *measured) best(recall float64) float64 {
	best := 0.0
	for _, r := range m.results {
		if r.own {
			best = max(best, r.at(recall))
		}
	}
	return best
}

// figure is a number of queries, or a dash.
func figure(v float64) string {
	if v <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", v)
}

// head begins the document, which has a section for each set.
var head = fmt.Sprintf("# The vector index as a library\n\nWritten by `make bench-engine`, a section for each set, which a later run replaces. Every library in process,\n"+
	"searches with one thread and one query at a time, timed by the processor's time, builds with all cores, by the clock and by\n"+
	"the processors' time; k = %d, %d held-out queries, recall counted by distances in float64. The others are called from\n"+
	"Python, one call a query (a few µs each). Speeds are read off each library's curve of %d efforts, best of %d passes;\n"+
	"LoxoDB's times are those of the fastest of its kinds of index.\n", sets.K, sets.Queries, len(efforts), passes)

// section is a part of the document under a heading of its own.
type section struct{ name, text string }

// report is the document: what was measured now, and the other sections of an earlier one.
func report(made []section, earlier string) string {
	var all []section
	for i, text := range strings.Split(earlier, "\n## ") {
		if name, body, ok := strings.Cut(text, "\n"); ok && i > 0 {
			all = append(all, section{name, strings.Trim(body, "\n") + "\n"})
		}
	}
	for _, m := range made {
		if i := slices.IndexFunc(all, func(s section) bool { return s.name == m.name }); i >= 0 {
			all[i] = m
		} else {
			all = append(all, m)
		}
	}
	var b strings.Builder
	b.WriteString(head)
	for _, s := range all {
		b.WriteString("\n## " + s.name + "\n\n" + s.text)
	}
	return b.String()
}

// section is what the document says of a set.
func (m *measured) section() section {
	var b strings.Builder
	fmt.Fprintf(&b, "%d vectors of %d numbers, %s: %s. %s\n\n| library | settings | build, s (of processors) |",
		m.n, m.set.Dims, m.set.Metric, m.set.About, where())
	for _, t := range targets {
		fmt.Fprintf(&b, " queries/s at %.2f | LoxoDB's times |", t)
	}
	b.WriteString("\n|---|---|---|")
	b.WriteString(strings.Repeat("---|---|", len(targets)) + "\n")
	for _, r := range m.results {
		if r.failed != "" {
			fmt.Fprintf(&b, "| %s | not measured: %s |%s\n", r.name, r.failed, strings.Repeat(" – |", 1+2*len(targets)))
			continue
		}
		fmt.Fprintf(&b, "| %s %s | %s | %.1f (%.1f) |", r.name, r.version, r.settings, r.build, r.buildCPU)
		for _, t := range targets {
			ratio := "–"
			if theirs, ours := r.at(t), m.best(t); theirs > 0 && ours > 0 {
				ratio = fmt.Sprintf("%.2f", ours/theirs)
			}
			fmt.Fprintf(&b, " %s | %s |", figure(r.at(t)), ratio)
		}
		b.WriteByte('\n')
	}
	return section{m.set.Name, b.String()}
}

// where says when and on what something was measured.
func where() string {
	return fmt.Sprintf("Measured on %s: %s, %d cores, %s.", time.Now().UTC().Format("2006-01-02"), host.CPU(), runtime.NumCPU(), runtime.Version())
}

// grown is what the document says of a growing set.
func grown(set string, stages []stage) section {
	var b strings.Builder
	beside := besidePeer(stages)
	fmt.Fprintf(&b, "LoxoDB's hnsw over the first vectors of the set. %s\n\n![cost of a query over the number of vectors](%s)\n\n"+
		"| vectors | build, s | µs a query at %.2f | distances a query | distances at beam %d | recall |", where(), pictureName, growthRecall, growthBeam)
	if beside {
		fmt.Fprintf(&b, " %s, µs a query at %.2f |", growthPeer, growthRecall)
	}
	b.WriteString("\n|---|---|---|---|---|---|")
	if beside {
		b.WriteString("---|")
	}
	b.WriteByte('\n')
	for _, g := range stages {
		fmt.Fprintf(&b, "| %d | %.1f | %.1f | %.0f | %.0f | %.4f |", g.n, g.build, g.micros, g.distances, g.walked, g.found)
		if beside {
			fmt.Fprintf(&b, " %.1f |", g.peer)
		}
		b.WriteByte('\n')
	}
	first, last := stages[0], stages[len(stages)-1]
	fmt.Fprintf(&b, "\nFrom %s to %s vectors distances at one beam width grew as n^%.2f, %.2f times as much as log n. What the beam finds\n"+
		"went meanwhile from %.4f to %.4f: the more vectors, the more of them lie near every query.\n"+
		"At recall %.2f, for which the beam is chosen, distances grew as n^%.2f, %.2f times as much as log n; time as n^%.2f,\n"+
		"%.2f times as much: the smallest sets lie in the processor's caches, the largest do not.\n",
		short(first.n), short(last.n), exponent(stages, walked), overLog(stages, walked), first.found, last.found,
		growthRecall, exponent(stages, distances), overLog(stages, distances), exponent(stages, micros), overLog(stages, micros))
	if beside {
		fmt.Fprintf(&b, "The time of %s grew as n^%.2f, %.2f times as much as log n.\n", growthPeer, exponent(stages, peerMicros), overLog(stages, peerMicros))
	}
	return section{set + ", while it grows", b.String()}
}
