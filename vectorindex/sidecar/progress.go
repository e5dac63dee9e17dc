package sidecar

import (
	"sync"

	"github.com/loxodb/loxodb/vectorindex"
)

// Phase is a step of writing entries as segments.
type Phase uint8

// Phases of a segment, in their order. The first two run beside each other in a graph's
// build until all rows are read.
const (
	PhaseLoad    Phase = iota // rows are read
	PhaseLink                 // entries are linked into the graph
	PhaseTrain                // the centroids of lists are found
	PhaseAssign               // entries are put into lists
	PhaseMeasure              // what each effort finds is measured
	PhaseWrite                // the file is written
	phases
)

func (p Phase) String() string {
	return [...]string{"load", "link", "train", "assign", "measure", "write"}[p]
}

// Progress is how far a build, a merge or a seal is.
type Progress struct {
	Phase Phase
	// Done of Total entries have gone through the phase; those of PhaseTrain and
	// PhaseMeasure in proportion to the work.
	Done, Total int64
	// Share of the whole work, by what the phases cost; below 0 when nobody knows how
	// many rows there are.
	Share float64
}

// costs are what the phases cost an entry, by measurement of processor time where one
// worker does all; their sum is 1.
var costs = map[vectorindex.Kind][phases]float64{
	vectorindex.HNSW: {PhaseLoad: 0.02, PhaseLink: 0.91, PhaseMeasure: 0.05, PhaseWrite: 0.02},
	vectorindex.IVF:  {PhaseLoad: 0.06, PhaseTrain: 0.45, PhaseAssign: 0.34, PhaseMeasure: 0.11, PhaseWrite: 0.04},
	vectorindex.Flat: {PhaseLoad: 0.7, PhaseWrite: 0.3},
}

// meter turns what the phases of segments report into Progress.
type meter struct {
	mu     sync.Mutex
	report func(Progress)
	costs  [phases]float64
	total  int64 // rows in all; 0 = not known
	before int64 // rows of segments that are done
	at     [phases]int64
	share  float64 // the last one: an estimate does not go back
}

func newMeter(kind vectorindex.Kind, o *BuildOptions) *meter {
	return &meter{report: o.Progress, costs: costs[kind], total: o.Total}
}

// unwatched is the meter of work that nobody is told of.
func (ix *Index) unwatched() *meter { return newMeter(ix.cfg.Spec.Kind, &BuildOptions{}) }

// set notes that done of total entries of the segment in work have gone through a phase.
func (m *meter) set(p Phase, done, total int64) {
	if m.report == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at[p] = done
	for q := range p { // some are skipped where there are few entries
		m.at[q] = total
	}
	all := max(m.total, m.before+total)
	share := -1.0
	if m.total > 0 {
		work := float64(m.before)
		for p, c := range m.costs {
			work += c * float64(m.at[p])
		}
		m.share = max(m.share, min(work/float64(all), 1))
		share = m.share
	}
	m.report(Progress{Phase: p, Done: m.before + done, Total: all, Share: share})
}

// note is set without a report.
func (m *meter) note(p Phase, done int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at[p] = done
}

// part is set for a share of the n entries.
func (m *meter) part(p Phase, done, of int, n int64) {
	m.set(p, int64(float64(n)*float64(done)/float64(max(of, 1))), n)
}

// known says that there are no more rows than those that were read.
func (m *meter) known(rows int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = m.before + rows
}

// next begins another segment; that before had n entries.
func (m *meter) next(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before += n
	m.at = [phases]int64{}
}
