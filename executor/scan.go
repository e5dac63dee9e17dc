package executor

import (
	"context"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// scan reads a table in key order or through an ordered index.
type scan struct {
	node   *physical.Scan
	reader *table.Reader
	bounds *bounds
	// Conditions on scalars run before vectors are read, the others after.
	filter  rowFilter
	out     batch.Batch
	env     *Env
	scratch expr.Scratch

	rows   *table.Scan      // table-key order
	span   span             // that rows walks over
	index  *table.IndexScan // index order
	spans  []span           // table-key ranges still to visit
	ranges []keyRange       // index ranges still to visit
	ids    []uint64
	size   int
	// moves: the filter is volatile; single: so rows are read one by one, see Env.Stepwise.
	moves, single bool
	// Reading ahead: whether the node allows it and this execution does, the view's
	// time, what was read before, and the goroutines once they run.
	concurrent, mayAhead bool
	at                   kv.TS
	begun                uint64
	seen, batches        int
	looks                int // after how many batches the rest is looked at
	passed               int // of the rows that were seen
	ahead                *readAhead
	// taker is the operator, some way above, that may let goroutines do more with the
	// rest of the rows than read them. While it wants to be asked, the scan ends for a
	// moment where that is possible, with what is left to read in rest.
	taker any
	asks  bool
	rest  *remainder
	// keysOnly: the index alone tells all that is wanted, the rows' numbers.
	keysOnly bool
	// use is counted for relation, an index or the table.
	use      scanUse
	relation catalog.ID
	byIndex  bool
}

// remainder is what a scan has not read yet: rows lo..hi, about so many for each number,
// of about so many bytes.
type remainder struct {
	lo, hi   uint64
	density  float64
	rowBytes int
}

// fewPass is of how many rows that a scan has seen one or less must have passed for
// batches to be gathered.
const fewPass = 4

// firstBatch is how many rows a scan reads at first; it then grows, so that a
// consumer that wants few rows pays for few.
const firstBatch = 16

func newScan(n *physical.Scan) (*scan, error) {
	s := &scan{node: n, reader: table.NewReader(n.Table, n.Attrs)}
	s.out.Cols = make([]batch.Col, len(n.Attrs))
	s.keysOnly = n.Index != nil && n.Filter == nil &&
		!slices.ContainsFunc(n.Attrs, func(a int16) bool { return a != catalog.RowIDAttr })
	s.relation, s.byIndex = scanned(n)
	var err error
	if s.bounds, err = newBounds(&n.Bounds); err != nil {
		return nil, err
	}
	s.concurrent = n.Index == nil && !n.Reverse && (n.Filter == nil || expr.Concurrent(n.Filter))
	s.moves = n.Filter != nil && expr.Volatile(n.Filter)
	s.filter, err = newRowFilter(n.Filter, s.reader)
	return s, err
}

func (s *scan) Open(ctx context.Context, env *Env) (err error) {
	if err := s.Close(); err != nil { // a consumer that had enough leaves a walk open
		return err
	}
	s.env, s.size, s.filter.failed = env, firstBatch, nil
	if s.single = env.Stepwise && s.moves; s.single {
		s.size = 1
	}
	s.scratch.Reset()
	s.reader.UseCache(env.rowCache())
	s.reader.UseColumns(env.columns())
	s.seen, s.passed, s.batches, s.at = 0, 0, 0, env.Read.At()
	s.looks = aheadAfter
	s.asks, s.rest = s.taker != nil, nil
	s.mayAhead = s.concurrent && env.Fork != nil && env.Workers > 0 && (env.Txn == nil || !env.Txn.Dirty())
	if s.node.Index == nil {
		s.spans, err = s.bounds.spans(env, &s.scratch, s.node.Reverse, s.spans[:0])
		return err
	}
	s.ranges, err = s.bounds.ranges(env, &s.scratch, s.node.Index, s.node.Reverse, s.ranges[:0])
	return err
}

func (s *scan) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		switch {
		case s.ahead != nil:
			return s.ahead.nextBatch(ctx)
		case s.rest != nil && s.asks:
			return nil, nil
		case s.rest != nil:
			if err := s.readAhead(ctx, s.reading()); err != nil {
				return nil, err
			}
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.filter.failed != nil {
			return nil, s.filter.failed
		}
		more, err := s.read(ctx)
		if err != nil || !more {
			return nil, err
		}
		if s.size = min(4*s.size, batch.MaxRows); s.single {
			s.size = 1
		}
		if err := s.filter.upTo(ctx, s.env, &s.scratch, s.reader, &s.out, s.node.ID); err != nil {
			return nil, err
		}
		if s.passed += s.out.Len(); s.out.Len() > 0 {
			return &s.out, nil
		}
	}
}

// read fills the batch from the table or the index; false at the end.
func (s *scan) read(ctx context.Context) (bool, error) {
	if s.node.Index != nil {
		return s.readIndex(ctx)
	}
	for {
		if s.rows == nil {
			if len(s.spans) == 0 {
				return false, nil
			}
			if s.spans[0].point() {
				return true, s.readPoints(ctx)
			}
			sc, err := s.reader.Scan(ctx, s.env.Read, s.spans[0].lo, s.spans[0].hi, s.node.Reverse)
			if err != nil {
				return false, err
			}
			s.rows, s.span, s.spans = sc, s.spans[0], s.spans[1:]
			s.use.scans++
		}
		if err := s.rows.Next(&s.out, s.size); err != nil {
			return false, err
		}
		if s.out.Len() > 0 {
			return true, s.look(ctx)
		}
		err := s.rows.Close()
		if s.rows = nil; err != nil {
			return false, err
		}
	}
}

// look counts the rows that were read, and notes the rest of the table for others to
// read when there was much and there is much to come.
func (s *scan) look(ctx context.Context) error {
	rows := s.reader.Rows()
	if s.seen == 0 {
		s.begun = rows[0]
	}
	s.seen += len(rows)
	s.saw(len(rows))
	if s.batches++; !s.mayAhead || s.batches < s.looks || !s.rows.Even() || len(s.spans) > 0 {
		return nil
	}
	s.looks = s.batches + aheadAfter
	last, hi := rows[len(rows)-1], s.span.hi
	hi, ok, err := table.LastRow(ctx, s.env.Read, s.node.Table, last, hi)
	if err != nil || !ok {
		return err
	}
	density := float64(s.seen) / float64(last-s.begun+1)
	if float64(hi-last)*density >= aheadFrom*batch.MaxRows {
		s.rest = &remainder{last + 1, hi, density, rowBytes(&s.out)}
	}
	return nil
}

// readAhead lets goroutines work on the rest, or goes on alone when there are none.
func (s *scan) readAhead(ctx context.Context, work *aheadWork) error {
	rest := s.rest
	s.rest = nil
	if s.ahead = startAhead(ctx, s, rest, work); s.ahead == nil {
		return nil
	}
	s.env.noteRead(table.RowRange(s.node.Table, rest.lo, s.span.hi))
	err := s.rows.Close()
	s.rows = nil
	return err
}

// offers reports that the scan has ended for a moment, with a rest that its taker may
// let goroutines work on.
func (s *scan) offers() bool { return s != nil && s.rest != nil && s.asks }

// reading is the work of a scan alone. Where few rows pass, copies of them fill batches:
// handing over takes more than a copy.
func (s *scan) reading() *aheadWork {
	if s.passed*fewPass < s.seen {
		return gathering(s, stretchFolded)
	}
	return &aheadWork{batches: stretchBatches, reader: func(env *Env, size int) stretchReader {
		return &scanStretches{scan: s, env: env, size: size}
	}}
}

// rowBytes is about what a row of the batch takes.
func rowBytes(b *batch.Batch) int {
	n := 0
	for k := range b.Cols {
		for _, i := range b.Sel {
			if c := &b.Cols[k]; c.B != nil && !c.Null[i] {
				n += len(c.B[i])
			}
		}
	}
	return n/max(1, b.Len()) + 9*len(b.Cols)
}

// readPoints fetches a run of single rows.
func (s *scan) readPoints(ctx context.Context) error {
	s.ids = s.ids[:0]
	for len(s.spans) > 0 && s.spans[0].point() && len(s.ids) < s.size {
		s.ids, s.spans = append(s.ids, s.spans[0].lo), s.spans[1:]
	}
	s.use.scans += int64(len(s.ids))
	err := s.reader.Fetch(ctx, s.env.Read, s.ids, &s.out)
	s.saw(s.out.Len())
	return err
}

// saw counts rows of the table.
func (s *scan) saw(rows int) {
	s.use.read += int64(rows)
	if s.byIndex {
		s.use.fetched += int64(rows)
	}
}

func (s *scan) readIndex(ctx context.Context) (bool, error) {
	for {
		if s.index == nil {
			if len(s.ranges) == 0 {
				return false, nil
			}
			ix, err := table.ScanIndex(ctx, s.env.Read, s.ranges[0].kv(s.node.Reverse))
			if err != nil {
				return false, err
			}
			s.index, s.ranges = ix, s.ranges[1:]
			s.use.scans++
		}
		var err error
		if s.ids, err = s.index.Next(s.ids[:0], s.size); err != nil {
			return false, err
		}
		if len(s.ids) > 0 {
			s.use.read += int64(len(s.ids))
			if s.keysOnly {
				s.numbers()
				return true, nil
			}
			err = s.reader.Fetch(ctx, s.env.Read, s.ids, &s.out)
			s.use.fetched += int64(s.out.Len())
			return true, err
		}
		err = s.index.Close()
		if s.index = nil; err != nil {
			return false, err
		}
	}
}

// numbers makes the rows' numbers the batch. An entry and its row are written and
// removed together: a view that sees the one sees the other.
func (s *scan) numbers() {
	for k := range s.out.Cols {
		c := &s.out.Cols[k]
		c.Init(types.Of(types.Int8OID), len(s.ids))
		for i, id := range s.ids {
			c.I[i] = int64(id)
		}
	}
	s.out.Sel = batch.Identity(len(s.ids))
}

func (s *scan) Close() error {
	var err error
	s.use.flush(s.env, s.relation)
	if s.ahead != nil {
		s.ahead.close()
		s.ahead = nil
	}
	if s.rows != nil {
		err, s.rows = s.rows.Close(), nil
	}
	if s.index != nil {
		err, s.index = s.index.Close(), nil
	}
	return err
}

// span is a range of row numbers, both ends included.
type span struct{ lo, hi uint64 }

func (s span) point() bool { return s.lo == s.hi }

// everything is the span of all rows.
var everything = span{0, math.MaxUint64}
