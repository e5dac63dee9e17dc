package executor

import (
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/vectorindex"
)

// usualBeam is pgvector's default of hnsw.ef_search. Who has set neither a beam nor a
// recall gets one that is no narrower, so that moving a database here never costs recall.
const usualBeam = 40

// SearchEffort puts into q what rules a search of the index: the effort that the user
// has set, else the recall that he has set, else that of the index's options, else the
// default, with a beam of at least usualBeam.
func (e *Env) SearchEffort(x *catalog.Index, q *vectorindex.Query) {
	q.Effort, q.Probes, q.Recall, q.Least = e.Effort, e.Probes, e.Recall, 0
	if q.Recall != 0 {
		return
	}
	if q.Recall = opclass.Fraction(x, opclass.TargetRecall); q.Recall == 0 {
		q.Recall, q.Least = vectorindex.DefaultRecall, usualBeam
	}
}

// targetOf is the recall that rules a search of the index; 0 = its effort is set.
func targetOf(x *catalog.Index, q *vectorindex.Query) float64 {
	switch {
	case x.Method == "hnsw" && q.Effort > 0, x.Method != "hnsw" && q.Probes > 0:
		return 0
	}
	return q.Recall
}

// mostWanted bounds how many hits a search is told to expect beyond the rows asked for.
const mostWanted = 2000

// depthSpread is how many standard deviations of the rank of the last row that is wanted
// searches reach beyond its mean with their target recall: the farther hits of a walk are
// those that it misses.
const depthSpread = 1.5

// wanted is how many hits a search of k rows needs in the mean, and how far among the
// nearest they may lie: more when a filter, or what is left of it, is applied to them
// afterwards.
func (s *vectorSearch) wanted(k int, strategy physical.Strategy) (mean, depth int) {
	if s.node.Filter == nil || strategy == physical.StrategyPre || k >= mostWanted {
		return k, k
	}
	pass := s.node.Selectivity
	if strategy == physical.StrategyIncluded {
		pass = min(pass/max(s.node.IncludedSel, 1e-9), 1)
	}
	most := func(hits float64) int { return max(k, int(min(hits/max(pass, 1e-9), mostWanted))) }
	return most(float64(k)), most(float64(k) + depthSpread*math.Sqrt(float64(k)*(1-min(pass, 1))))
}
