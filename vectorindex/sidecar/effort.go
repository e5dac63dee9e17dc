package sidecar

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/ivf"
)

// An effort is what a search spends on one part: the beam width of a graph, the probed
// lists of a segment of lists. An effortTable says what share of the nearest k entries
// of the part each effort finds, as measured (calibrate.go); a search takes from it
// the least effort for its target.
type effortTable struct {
	efforts []uint32               // ascending
	recall  [kClasses][]float32    // by place in efforts; never falling
	source  vectorindex.EffortFrom // what was asked when it was measured
	asked   uint32                 // how many queries
}

// kClasses are the numbers of hits that recall is measured for.
const kClasses = 3

var classK = [kClasses]int{1, 10, 100}

// graphEfforts and the lists' efforts climb by a factor of 1.3 to 2.
var graphEfforts = []uint32{12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1152, 1728, 2592}

// listEfforts are the numbers of probed lists that are measured, of so many.
func listEfforts(lists int) []uint32 {
	var e []uint32
	for p := 1; p < lists; {
		e = append(e, uint32(p))
		if p = max(p+1, p*3/2); p > lists/8 {
			p = p * 4 / 3
		}
	}
	return append(e, uint32(max(lists, 1)))
}

// find returns the least effort whose recall of the nearest k is at least target; 0
// when none is known to reach it.
func (t *effortTable) find(target float64, k int) int {
	lo, hi := 0, kClasses-1
	for lo < kClasses-2 && classK[lo+1] < k {
		lo++
	}
	hi = lo + 1
	a, b := t.of(lo, target), t.of(hi, target)
	switch {
	case k >= classK[hi]:
		// More than was measured: the beam grows with what it must hold.
		return int(math.Ceil(b * float64(k) / float64(classK[hi])))
	case k <= classK[lo]:
		return int(math.Ceil(a))
	case a == 0 || b == 0:
		return 0
	}
	x := math.Log(float64(k)/float64(classK[lo])) / math.Log(float64(classK[hi])/float64(classK[lo]))
	return int(math.Ceil(a * math.Pow(b/a, x)))
}

// of is the effort for a class, between the measured ones by their recall.
func (t *effortTable) of(class int, target float64) float64 {
	r := t.recall[class]
	for i := range r {
		if r[i] < float32(target) {
			continue
		}
		if i == 0 {
			return float64(t.efforts[0])
		}
		lo, hi := float64(r[i-1]), float64(r[i])
		from, to := float64(t.efforts[i-1]), float64(t.efforts[i])
		return min(to, from*math.Pow(to/from, (target-lo)/(hi-lo)))
	}
	return 0
}

// settle makes the measured recalls ones that a search may rely on: never falling
// with the effort.
func (t *effortTable) settle() {
	for c := range t.recall {
		r := t.recall[c]
		for i := 1; i < len(r); i++ {
			r[i] = max(r[i], r[i-1])
		}
	}
}

// walkShare: a walk with a beam of a 16th of the nodes computes a distance to most
// of them, and in random order; a scan is faster, and exact.
const walkShare = 16

// effort is what a search spends on a part.
type effort struct {
	size int // beam or probed lists; 0 = all entries are looked at
	from vectorindex.EffortFrom
}

// targetOf is the recall that a query is to have.
func targetOf(q *vectorindex.Query) float64 {
	if q.Recall == 0 {
		return vectorindex.DefaultRecall
	}
	return q.Recall
}

// typical is the table for parts that were not measured: that of the largest segment
// that was. Parts that are smaller need less.
func (s *partSet) typical() *effortTable {
	var best *effortTable
	most := uint32(0)
	for _, p := range s.segs {
		if t := p.efforts.Load(); t != nil && p.n.Load() > most {
			best, most = t, p.n.Load()
		}
	}
	return best
}

// usualEffort is what the largest measured segment asks of a search of 10 for the default
// recall, and how many lists the segment has.
func (s *partSet) usualEffort() (size, lists int) {
	t := s.typical()
	if t == nil {
		return 0, 0
	}
	for _, p := range s.segs {
		if p.efforts.Load() == t && p.vecs.lists != nil {
			lists = p.vecs.lists.Lists()
		}
	}
	return t.find(vectorindex.DefaultRecall, classK[1]), lists
}

// effortFor decides on a part of which linked entries are in a graph.
func (s *searcher) effortFor(p *part, linked uint32) effort {
	lists := p.vecs.lists
	switch {
	case lists == nil && (p.graph() == nil || int(linked) < s.ix.cfg.GraphMin):
		return effort{from: vectorindex.EffortExact}
	case lists != nil && s.probes > 0:
		return effort{size: s.probed(lists.Lists()), from: vectorindex.EffortSet}
	case lists == nil && s.ef > 0:
		return s.walkable(effort{size: s.beam(s.ef, linked), from: vectorindex.EffortSet}, linked)
	case s.target >= 1:
		return effort{from: vectorindex.EffortExact}
	}
	t := p.efforts.Load()
	switch {
	case t == nil && lists != nil:
		return effort{size: ivf.DefaultProbes(lists.Lists())}
	case t == nil:
		t = s.typical
	}
	if t == nil {
		t = &untried
	}
	e := effort{size: t.find(s.target, s.shareOfK(p)), from: t.source}
	if lists != nil {
		return e
	}
	if least := s.beam(s.least, linked); e.size > 0 && s.least > 0 && least > e.size {
		e = effort{size: least, from: vectorindex.EffortLeast}
		if s.shareOfBeam(s.least, linked) < s.k {
			e.from = vectorindex.EffortWanted
		}
	}
	return s.walkable(e, linked)
}

// probed is how many of a segment's lists the query's probes are.
func (s *searcher) probed(lists int) int {
	if s.ix.cfg.Spec.Lists > 0 {
		return s.probes
	}
	said := min(s.probes, vectorindex.SaidLists)
	return (said*lists + vectorindex.SaidLists - 1) / vectorindex.SaidLists
}

// walkable turns a beam that is as good as a scan into one.
func (s *searcher) walkable(e effort, linked uint32) effort {
	if e.size = min(e.size, int(linked)); e.size > int(linked)/walkShare || e.size == 0 {
		return effort{from: vectorindex.EffortExact}
	}
	if s.k > e.size {
		e = effort{size: s.k, from: vectorindex.EffortWanted}
	}
	return e
}

// beam is the width ef that a query names, for a graph of n nodes. A small graph needs a
// narrower beam for the same recall, and of the k nearest it holds only its share:
// with the square root of the share, eight graphs find as much as one of all their
// entries (62,666 sentence embeddings, ef 40, 100, 200: 93.6, 97.6, 98.4 % against
// 93.9, 97.8, 98.6 %), for about half the work that full beams would take.
func (s *searcher) beam(ef int, n uint32) int { return max(s.k, s.shareOfBeam(ef, n)) }

// shareOfBeam is beam, however many rows are wanted.
func (s *searcher) shareOfBeam(ef int, n uint32) int {
	return int(math.Ceil(float64(ef) * math.Sqrt(float64(n)/float64(s.total))))
}

// shareOfK is how many of the nearest that may be needed lie in a part, but rarely more: what it must
// find with the target's recall. Lists know nothing of a filter: the k nearest that pass
// are as far away as the k/pass nearest of all.
func (s *searcher) shareOfK(p *part) int {
	k := float64(max(s.depth, 1))
	mine := k * float64(p.n.Load()) / float64(max(s.total, 1))
	mine = min(k, mine+1.5*math.Sqrt(mine))
	if s.filtered && p.vecs.lists != nil {
		mine /= max(s.pass, 1e-6)
	}
	return int(math.Ceil(mine))
}

// note remembers the greatest effort for Work.
func (s *searcher) note(e effort) {
	if int64(e.size) >= s.work.Effort {
		s.work.Effort, s.work.From = int64(e.size), e.from
	}
}

// untried is the table of parts before anything was measured: what word vectors need
// (340,479 of 100 dimensions), a hard set.
var untried = effortTable{
	source:  vectorindex.EffortDefault,
	efforts: []uint32{16, 32, 64, 100, 140, 200, 280, 400, 560, 800, 1200, 2400},
	recall: [kClasses][]float32{
		{.73, .82, .88, .914, .936, .955, .966, .977, .983, .988, .994, .998},
		{.73, .82, .88, .914, .936, .955, .966, .977, .983, .988, .994, .998},
		{.15, .3, .6, .8, .86, .91, .94, .96, .975, .985, .991, .997},
	},
}

const effortVersion = 1

// encode is the table's section in a segment file, little endian.
func (t *effortTable) encode() []byte {
	b := make([]byte, 0, 16+len(t.efforts)*(4+4*kClasses))
	for _, v := range []uint32{effortVersion, uint32(t.source), t.asked, uint32(len(t.efforts))} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for i, e := range t.efforts {
		b = binary.LittleEndian.AppendUint32(b, e)
		for c := range t.recall {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(t.recall[c][i]))
		}
	}
	return b
}

// decodeEfforts reads a table that is not trusted; nil when it is of another version or
// says what no measurement can: then the segment is measured again.
func decodeEfforts(b []byte) *effortTable {
	if len(b) < 16 || binary.LittleEndian.Uint32(b) != effortVersion {
		return nil
	}
	t := &effortTable{asked: binary.LittleEndian.Uint32(b[8:])}
	source := binary.LittleEndian.Uint32(b[4:])
	n := int(binary.LittleEndian.Uint32(b[12:]))
	const row = 4 + 4*kClasses
	if b = b[16:]; n > len(b)/row || len(b) != n*row || source > uint32(vectorindex.EffortFromQueries) {
		return nil
	}
	t.source = vectorindex.EffortFrom(source)
	for i := range n {
		e := binary.LittleEndian.Uint32(b[i*row:])
		if e == 0 || e > math.MaxInt32 || i > 0 && e <= t.efforts[i-1] {
			return nil
		}
		t.efforts = append(t.efforts, e)
		for c := range t.recall {
			r := math.Float32frombits(binary.LittleEndian.Uint32(b[i*row+4+4*c:]))
			if !(r >= 0 && r <= 1) || i > 0 && r < t.recall[c][i-1] {
				return nil
			}
			t.recall[c] = append(t.recall[c], r)
		}
	}
	return t
}
