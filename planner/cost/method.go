package cost

import (
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/vectorindex"
)

// Search is what the index takes to propose the want nearest entries, by its method: a
// graph is walked, lists are probed, and a flat index is read whole. What the default
// recall takes of the index at hand is in its shape, if it was measured.
func (m *Model) Search(a *Ask, want float64) float64 {
	switch a.Shape.Method {
	case "ivf", "ivfflat":
		return m.probe(a, want)
	case "flat":
		return m.Seek + a.Entries*float64(a.Dims)*m.DistDim
	}
	return m.walk(a, want)
}

// walk is a graph search. Its beam grows with what it must hold: for 100 it is about
// three times as wide as for 10, and beyond that as wide as the number asks for (340,479
// words of 100 dimensions: beams of 218, 690 and 1,374 for 10, 100 and 200).
func (m *Model) walk(a *Ask, want float64) float64 {
	beam := float64(a.Shape.Effort)
	if beam == 0 {
		beam = vectorindex.TypicalEffort
	}
	switch {
	case want > 100:
		beam *= math.Sqrt(10) * want / 100
	case want > 10:
		beam *= math.Sqrt(want / 10)
	}
	hops := math.Min(beam, a.Entries) + 4*math.Log2(math.Max(a.Entries, 2))
	return hops * m.hop(a.Dims)
}

// hop is the cost of expanding a graph node.
func (m *Model) hop(dims int) float64 { return m.Hop + 16*float64(dims)*m.DistDim/4 }

// probe is a search of lists: every centroid is measured, then the codes of the probed
// lists, then the vectors of few. Where the lists hold less than is wanted more are probed.
func (m *Model) probe(a *Ask, want float64) float64 {
	lists, probes := usualLists(a.Shape, a.Entries)
	dim := float64(a.Dims) * m.DistDim
	looked := math.Min(math.Max(a.Entries*probes/lists, 2*want), a.Entries)
	settled := math.Min(3*want+50, looked)
	return m.Seek + lists*dim + looked*(m.Coded+dim/4) + settled*(m.Listed+dim)
}

// usualLists is how many lists there are and how many of them are probed; where nothing
// was measured, what the engine begins with.
func usualLists(s physical.VectorShape, entries float64) (lists, probes float64) {
	if lists = float64(s.Lists); lists == 0 {
		lists = math.Max(4*math.Sqrt(entries), 1)
	}
	if probes = float64(s.Effort); probes == 0 {
		probes = 8 + lists/24
	}
	return lists, math.Min(probes, lists)
}
