package sidecar

import (
	"context"
	"math"
	"slices"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/flat"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
)

// stream proposes the candidates of one part, or of the linked or unlinked half
// of one, nearest first and each once: by a resumable graph walk or by an exact
// scan. Its scratch is kept from search to search.
type stream struct {
	p   *part
	buf []flat.Candidate // proposed by the last fill, in order; pos is the next
	pos int

	// which entries may be proposed
	limit      uint32 // ordinals below
	asOf       uint64
	checkAdded bool
	checkDead  bool
	checkAllow bool
	probe      bitmap.Probe
	marks      []uint64 // a bit an ordinal, instead of probe; nil = no test of payloads

	walk    *hnsw.Search // or …
	noted   int64        // work that the budget was told of
	look    func(n uint32)
	lists   *ivf.Search // both nil: scan
	hits    []hnsw.Hit
	found   []ivf.Hit
	batch   int
	scorer  flat.Scorer
	vecs    *dist.Vectors
	cursor  flat.Cursor
	ords    []uint32
	scratch []uint32
	ranged  bool // everything within radius, see range.go
	radius  float64
	hidden  uint32 // 1 + an entry that must not be proposed

	accept func(ord uint32) bool        // visible, bound once
	keep   func(ords []uint32) []uint32 // filter, bound once
}

func newStream() *stream {
	st := &stream{}
	st.accept = st.visible
	st.look = func(n uint32) { st.p.budget.touched(int64(n) * int64(st.vecs.Space.Size())) }
	st.keep = st.filter
	return st
}

// bind fixes what may be proposed. Checks that cannot fail are left out.
func (st *stream) bind(s *searcher, p *part, limit uint32, allow bool) {
	st.p, st.limit, st.asOf = p, limit, s.asOf
	st.checkAdded = p.maxAdded.Load() > s.asOf
	// A death that is recorded after this load is later than the snapshot.
	st.checkDead = p.dead.dead.Load() > 0
	if st.hidden = 0; s.hidden.p == p {
		st.hidden = s.hidden.without
	}
	st.checkAllow = allow && s.filtered
	st.probe = s.probe
	st.buf, st.pos = st.buf[:0], 0
	st.vecs = p.view()
	st.scorer.Reset(st.vecs.Space, s.vec)
	if st.noted, st.cursor.Look = 0, nil; p.file != nil && p.budget != nil {
		st.cursor.Look = st.look
	}
}

func (st *stream) visible(ord uint32) bool {
	if ord >= st.limit || ord+1 == st.hidden {
		return false
	}
	if st.checkDead {
		if died := st.p.dead.get(ord); died != 0 && died <= st.asOf {
			return false
		}
	}
	if st.checkAdded && st.p.cols.addedAt(ord) > st.asOf {
		return false
	}
	switch {
	case !st.checkAllow:
		return true
	case st.marks != nil:
		return st.marks[ord>>6]>>(ord&63)&1 != 0
	}
	return st.probe.Contains(st.p.cols.row(ord))
}

func (st *stream) filter(ords []uint32) []uint32 {
	if !st.checkDead && !st.checkAdded && !st.checkAllow && st.hidden == 0 {
		return ords
	}
	n := 0
	for _, o := range ords {
		ords[n] = o
		if st.visible(o) {
			n++
		}
	}
	return ords[:n]
}

// scanBatch is how many candidates a scan keeps for k expected ones: enough that
// near-ties, which differ between float32 and float64, are settled in one go.
func scanBatch(k int) int { return min(max(k, 8)+max(k, 8)/2+16, math.MaxInt32) }

// openScan covers the ordinals [lo, hi) exactly.
func (st *stream) openScan(s *searcher, p *part, lo, hi uint32) {
	st.bind(s, p, hi, true)
	st.cursor.Reset(&st.scorer, st.vecs, lo, hi, scanBatch(s.k), st.keep)
}

// openList covers the given ordinals, all of allowed rows, exactly.
func (st *stream) openList(s *searcher, p *part, ords []uint32) {
	st.bind(s, p, math.MaxUint32, false)
	st.ords = append(st.ords[:0], ords...)
	st.cursor.ResetList(&st.scorer, st.vecs, st.ords, scanBatch(s.k), st.keep)
}

// openWalk covers the linked ordinals below limit by the graph.
func (st *stream) openWalk(s *searcher, p *part, limit uint32, e effort) {
	st.bind(s, p, limit, true)
	params := hnsw.Params{K: s.k, Ef: e.size, Without: st.hidden}
	// Entries that are being linked right now are found by the walk, too; the scan
	// of the tail proposes them.
	if st.checkDead || st.checkAdded || st.checkAllow || st.hidden != 0 || p.file == nil {
		params.Accept = st.accept
	}
	if s.filtered {
		params.Pass = s.pass
	}
	walk, err := p.graph().Search(s.vec, params)
	if err != nil {
		// Search has checked the query; an exact scan is right in any case.
		st.openScan(s, p, 0, limit)
		return
	}
	st.walk = walk
	st.batch = min(max(s.k+2, 8), 256)
}

// openLists covers a segment by its lists.
func (st *stream) openLists(s *searcher, p *part, e effort) {
	n := p.n.Load()
	st.bind(s, p, n, true)
	params := ivf.Params{K: s.k, Probes: e.size}
	if st.checkDead || st.checkAdded || st.checkAllow || st.hidden != 0 {
		params.Accept = st.accept
	}
	lists, err := p.vecs.lists.Search(s.vec, params)
	if err != nil {
		// Search has checked the query; an exact scan is right in any case.
		st.openScan(s, p, 0, n)
		return
	}
	st.lists = lists
	st.batch = min(max(s.k+2, 8), 256)
}

// fillFromLists is fill of a segment with lists.
func (st *stream) fillFromLists(ctx context.Context) (bool, error) {
	st.found = slices.Grow(st.found[:0], st.batch)[:st.batch]
	n, err := st.lists.Next(ctx, st.found)
	for _, h := range st.found[:n] {
		st.buf = append(st.buf, flat.Candidate{Ord: h.Ord, Dist: h.Dist})
	}
	st.batch = min(st.batch*2, 256)
	return n > 0, err
}

// fill gets the next batch; false at the end.
func (st *stream) fill(ctx context.Context) (bool, error) {
	more, err := st.fillAny(ctx)
	if st.p.file != nil && st.p.budget != nil {
		st.noteRead()
	}
	return more, err
}

// noteRead tells the budget what a walk, or a search of lists, has read of the file since
// the last time: a vector for each distance that was computed anew, and, without a copy,
// codes that lie side by side for many distances.
func (st *stream) noteRead() {
	if st.walk == nil && st.lists == nil {
		return
	}
	var w vectorindex.Work
	st.addWork(&w)
	read := w.Reranked * pagesAround
	if !st.p.isSettled() {
		read += w.Distances * 4096
	}
	st.p.budget.touched(read - st.noted)
	st.noted = read
}

// fillAny is fill of any kind of part.
func (st *stream) fillAny(ctx context.Context) (bool, error) {
	st.buf, st.pos = st.buf[:0], 0
	if st.ranged {
		return st.fillRange(ctx)
	}
	if st.lists != nil {
		return st.fillFromLists(ctx)
	}
	if st.walk == nil {
		var err error
		st.buf, err = st.cursor.Next(ctx, st.buf)
		return len(st.buf) > 0, err
	}
	st.hits = slices.Grow(st.hits[:0], st.batch)[:st.batch]
	n, err := st.walk.Next(ctx, st.hits)
	if err != nil {
		return false, err
	}
	for _, h := range st.hits[:n] {
		st.buf = append(st.buf, flat.Candidate{Ord: h.Ord, Dist: h.Dist})
	}
	st.batch = min(st.batch*2, 256)
	return n > 0, nil
}

func (st *stream) addWork(w *vectorindex.Work) {
	if st.lists != nil {
		l := st.lists.Work()
		w.Distances += l.Distances
		w.Hops += l.Hops
		w.Reranked += l.Reranked
		return
	}
	if st.walk != nil {
		g := st.walk.Work()
		w.Distances += g.Distances
		w.Hops += g.Hops
		w.Reranked += g.Reranked
		return
	}
	w.Distances += st.cursor.Scanned
	w.Reranked += st.cursor.Exacts
}

func (st *stream) close() {
	if st.walk != nil {
		st.walk.Close()
		st.walk = nil
	}
	if st.lists != nil {
		st.lists.Close()
		st.lists = nil
	}
	st.ranged = false
	st.p, st.vecs, st.probe, st.marks = nil, nil, bitmap.Probe{}, nil
	st.cursor.Release()
}

// allowedOrds returns the ordinals of the allowed rows among the first n, if an
// exact scan of them is cheaper than a filtered walk or a scan of the part. A walk
// that must find ef passing nodes looks at about ef/share nodes, a dozen
// distances each, and misses some; so c allowed entries of n are scanned when
// c² ≤ 6·ef·n (measured with 128 dimensions: both cost the same near 10·ef·n).
func (s *searcher) allowedOrds(p *part, n uint32, e effort, marks []uint64) ([]uint32, bool) {
	c := s.pass * float64(n)
	if e.size > 0 && c*c > 6*float64(max(e.size, vectorindex.TypicalEffort))*float64(n) {
		return nil, false
	}
	if marks != nil {
		return s.marked(marks), true
	}
	if s.card > int(n)/10 {
		// Looking up so many rows one by one costs more than looking at every row.
		return s.scanRows(p, n), true
	}
	ords := s.listScratch()
	if p.file == nil {
		ords = s.lookUpHead(p, n, ords)
	} else {
		ords = s.lookUpSegment(p, ords)
	}
	s.spare[len(s.spare)-1].scratch = ords
	return ords, true
}

// listScratch returns an empty list from a spare stream, which stays spare.
func (s *searcher) listScratch() []uint32 {
	if len(s.spare) == 0 {
		s.spare = append(s.spare, newStream())
	}
	return s.spare[len(s.spare)-1].scratch[:0]
}

// scanRows looks at the rows of all entries.
func (s *searcher) scanRows(p *part, n uint32) []uint32 {
	ords := s.listScratch()
	for o := range n {
		if s.probe.Contains(p.cols.row(o)) {
			ords = append(ords, o)
		}
	}
	s.spare[len(s.spare)-1].scratch = ords
	return ords
}

func (s *searcher) lookUpHead(p *part, n uint32, ords []uint32) []uint32 {
	p.byRow.mu.RLock()
	defer p.byRow.mu.RUnlock()
	buf := s.rowBuf[:]
	it := s.allow.Iter()
	for m := it.NextMany(buf); m > 0; m = it.NextMany(buf) {
		for _, row := range buf[:m] {
			ords = p.byRow.appendOrds(ords, row)
		}
	}
	return slices.DeleteFunc(ords, func(o uint32) bool { return o >= n })
}

func (s *searcher) lookUpSegment(p *part, ords []uint32) []uint32 {
	rows := p.sorted.rows
	buf := s.rowBuf[:]
	at := 0
	it := s.allow.Iter()
	for m := it.NextMany(buf); m > 0; m = it.NextMany(buf) {
		for _, row := range buf[:m] {
			for at = p.sorted.seek(row, at); at < len(rows) && rows[at] == row; at++ {
				ords = append(ords, p.sorted.ord(at))
			}
		}
		if at >= len(rows) {
			break
		}
	}
	return ords
}
