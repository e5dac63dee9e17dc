package sidecar

import (
	"context"
	"fmt"
	"math"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
)

// Search starts a search over all parts. See vectorindex.Searcher for the order
// of hits; a caller that filters uses vectorindex.Nearest. All hits are exact
// (Err 0).
func (ix *Index) Search(ctx context.Context, q *vectorindex.Query) (vectorindex.Searcher, error) {
	if err := ix.check(q); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	set, err := ix.acquire()
	if err != nil {
		return nil, err
	}
	if q.AsOf != 0 && q.AsOf < set.validFrom {
		defer set.release()
		return nil, fmt.Errorf("%w: snapshot %d, index answers from %d", vectorindex.ErrTooOld, q.AsOf, set.validFrom)
	}
	ix.recent.remember(q.Vec)
	s := ix.searcher()
	s.hidden = entryOf{}
	s.open(set, q)
	return s, nil
}

// searcher returns one to open.
func (ix *Index) searcher() *searcher {
	s, _ := ix.searchers.Get().(*searcher)
	if s == nil {
		s = &searcher{ix: ix}
	}
	return s
}

func (ix *Index) check(q *vectorindex.Query) error {
	if err := ix.cfg.Spec.Space().Check(q.Vec); err != nil {
		return fmt.Errorf("%w: %w", vectorindex.ErrQuery, err)
	}
	switch {
	case q.K < 0 || q.Effort < 0 || q.Least < 0 || q.Probes < 0:
		return fmt.Errorf("%w: k %d, effort %d, %d probes", vectorindex.ErrQuery, q.K, q.Effort, q.Probes)
	case q.Test != nil && (q.Allow != nil || !ix.cfg.Spec.Payloads):
		return fmt.Errorf("%w: a test of payloads beside a set of rows, or without payloads", vectorindex.ErrQuery)
	case !(q.Recall >= 0 && q.Recall <= 1):
		return fmt.Errorf("%w: recall %v", vectorindex.ErrQuery, q.Recall)
	}
	return nil
}

// searcher merges one stream of candidates per part. It is pooled.
type searcher struct {
	ix  *Index
	set *partSet // nil when closed

	// the query
	vec      []byte
	asOf     uint64 // MaxUint64 = now
	k        int
	depth    int // at least k
	total    int // entries of all parts
	ef       int // as the query names it; 0 = by target
	least    int // what the target does not go below
	probes   int // as the query names them; 0 = by target
	target   float64
	typical  *effortTable // for parts that were not measured
	hidden   entryOf      // an entry to do without
	ranged   bool
	radius   float64
	filtered bool
	probe    bitmap.Probe
	allow    *bitmap.Bitmap
	test     func(payloads [][]byte, dst []uint16) []uint16
	testing  payloadTest
	card     int     // |allow|
	pass     float64 // share of all entries that allow lets through, estimated
	rowBuf   [256]uint64

	streams []*stream // of this search
	spare   []*stream // unused ones, for the next
	last    float64
	started bool
	rounds  int64
	work    vectorindex.Work // of streams that are finished
}

func (s *searcher) open(set *partSet, q *vectorindex.Query) {
	total := 0
	set.each(func(p *part) bool { total += int(p.n.Load()); return true })
	// Nobody can take more than there is, however much was asked for.
	s.set, s.vec, s.asOf, s.k, s.depth = set, q.Vec, q.AsOf, min(q.K, total), min(max(q.K, q.Depth), total)
	if s.asOf == 0 {
		s.asOf = math.MaxUint64
	}
	s.total, s.probes, s.ef, s.target = total, q.Probes, min(q.Effort, total), targetOf(q)
	s.least = min(q.Least, total)
	s.typical = set.typical()
	s.filtered, s.allow, s.test = q.Allow != nil || q.Test != nil, q.Allow, q.Test
	s.ranged, s.radius = q.Ranged, q.Radius
	s.started, s.rounds, s.work = false, 1, vectorindex.Work{}
	if s.allow != nil {
		s.probe = q.Allow.Probe()
		s.card = int(min(q.Allow.Cardinality(), math.MaxInt32))
		s.pass = min(1, float64(s.card)/float64(max(total, 1)))
		if s.card == 0 {
			return
		}
	}
	set.each(func(p *part) bool {
		s.addPart(p)
		return true
	})
}

// addPart opens the streams that cover a part: its graph and what is not linked.
func (s *searcher) addPart(p *part) {
	n, linked := p.n.Load(), uint32(0)
	if n == 0 {
		return
	}
	s.work.Segments++
	var marks []uint64
	if s.test != nil {
		if marks = s.testPart(p, n); s.card == 0 {
			return
		}
	}
	if s.ranged {
		s.next(marks).openRange(s, p, n)
		return
	}
	if p.graph() != nil {
		linked = min(p.linked.Load(), n)
	}
	e := s.effortFor(p, linked)
	if s.filtered {
		if ords, ok := s.allowedOrds(p, n, e, marks); ok {
			s.note(effort{from: e.from})
			s.next(nil).openList(s, p, ords)
			return
		}
	}
	switch {
	case e.size == 0:
		linked = 0
	case p.vecs.lists != nil:
		s.next(marks).openLists(s, p, e)
		linked = n
	default:
		s.next(marks).openWalk(s, p, linked, e)
	}
	if linked > 0 || s.work.Effort == 0 {
		s.note(e)
	}
	if linked < n {
		s.next(marks).openScan(s, p, linked, n)
	}
}

// next returns a stream to open over a part of which the marked entries have passed the
// query's test; nil: there is none.
func (s *searcher) next(marks []uint64) *stream {
	var st *stream
	if n := len(s.spare); n > 0 {
		st, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		st = newStream()
	}
	s.streams = append(s.streams, st)
	st.marks = marks
	return st
}

// Next merges the streams. A stream whose batch is used up is asked for more
// before anything farther is handed out.
func (s *searcher) Next(ctx context.Context, dst []vectorindex.Hit) (int, error) {
	if s.set == nil {
		return 0, vectorindex.ErrClosed
	}
	n := 0
	for n < len(dst) {
		best, err := s.nearest(ctx)
		if err != nil || best == nil {
			return n, err
		}
		c := best.buf[best.pos]
		if s.started && vectorindex.Compare(c.Dist, s.last) < 0 {
			if n > 0 {
				return n, nil // the late hit opens a round of its own
			}
			s.rounds++
		}
		best.pos++
		s.started, s.last = true, c.Dist
		cols := &best.p.cols
		dst[n] = vectorindex.Hit{Row: vectorindex.RowID(cols.row(c.Ord)), Epoch: cols.epoch(c.Ord), Dist: c.Dist, Payload: cols.payload(c.Ord)}
		n++
	}
	return n, nil
}

// nearest returns the stream with the nearest candidate; nil at the end.
func (s *searcher) nearest(ctx context.Context) (*stream, error) {
	var best *stream
	for i := 0; i < len(s.streams); i++ {
		st := s.streams[i]
		if st.pos == len(st.buf) {
			more, err := st.fill(ctx)
			if err != nil {
				return nil, err
			}
			if !more {
				s.finish(i)
				i--
				continue
			}
		}
		if best == nil || vectorindex.Compare(st.buf[st.pos].Dist, best.buf[best.pos].Dist) < 0 {
			best = st
		}
	}
	return best, nil
}

// finish retires stream i.
func (s *searcher) finish(i int) {
	st := s.streams[i]
	st.addWork(&s.work)
	st.close()
	last := len(s.streams) - 1
	s.streams[i] = s.streams[last]
	s.streams = s.streams[:last]
	s.spare = append(s.spare, st)
}

// Work sums what the streams did.
func (s *searcher) Work() vectorindex.Work {
	w := s.work
	for _, st := range s.streams {
		st.addWork(&w)
	}
	w.Rounds = s.rounds
	return w
}

// Close ends the search; the searcher must not be used afterwards.
func (s *searcher) Close() {
	if s.set == nil {
		return
	}
	for len(s.streams) > 0 {
		s.finish(len(s.streams) - 1)
	}
	set := s.set
	s.set, s.vec, s.allow, s.test, s.probe = nil, nil, nil, nil, bitmap.Probe{}
	s.testing.reset()
	set.release()
	s.ix.searchers.Put(s)
}
