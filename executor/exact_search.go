package executor

import (
	"context"
	"errors"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/table"
)

// exactSearch finds the rows that come first by a distance when there is no
// index to ask. It walks the vectors alone: one step of the store a row. Only a
// row nearer than the k-th best so far is read, to test the rest of the filter,
// and only the k that are left at the end are read whole.
type exactSearch struct {
	node   *physical.ExactSearch
	reader *table.Reader
	bounds *bounds
	vec    int // the vector's place among the scan's columns
	key    *expr.Program
	query  *expr.Program
	top    *expr.Program
	// Conditions on the vector alone are tested as it is walked over; of the others,
	// those on scalars run before a candidate's vectors are read.
	near          *expr.Program
	before, after *expr.Program

	env      *Env
	scratch  expr.Scratch
	arena    batch.Arena
	walked   batch.Batch // the scan's columns, only the vector filled
	ids      []uint64    // rows of walked
	dists    []float64   // their distances
	fetched  batch.Batch
	wanted   []uint64 // rows to fetch
	places   []uint16 // their indexes in walked
	meter    *meter   // nil: only key tells distances
	best     nearest
	kept     *rowStore
	perm     []uint32
	at       int
	budgeted int64
	filled   bool
	steps    int64 // vectors walked over
	out      batch.Batch
}

// vectorChunk is how many vectors are measured at a time: those of a thousand
// dimensions still lie in the second cache when they are.
const vectorChunk = 128

func newExactSearch(n *physical.ExactSearch) (Operator, error) {
	s := &exactSearch{node: n, reader: table.NewReader(n.Scan.Table, n.Scan.Attrs)}
	width := len(n.Scan.Attrs)
	s.walked.Cols, s.fetched.Cols = make([]batch.Col, width), make([]batch.Col, width)
	s.out.Cols = make([]batch.Col, width)
	for i, a := range n.Scan.Attrs {
		if a == n.Attr {
			s.vec = i
		}
	}
	s.walked.Cols[s.vec].Init(n.Scan.Cols[s.vec], vectorChunk)
	s.ids, s.dists = make([]uint64, vectorChunk), make([]float64, vectorChunk)
	s.kept = newRowStore(n.Scan.Cols)
	near, rest := vectorOnly(n.Scan.Filter, s.vec)
	var err error
	if s.near, err = conjunction(near); err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		if s.before, s.after, err = splitFilter(&expr.And{Args: rest}, s.reader.VectorOutputs()); err != nil {
			return nil, err
		}
	}
	if s.bounds, err = newBounds(&n.Scan.Bounds); err != nil {
		return nil, err
	}
	if s.key, err = expr.Compile(n.Key); err != nil {
		return nil, err
	}
	if s.query, err = expr.Compile(n.Query); err != nil {
		return nil, err
	}
	s.top, err = program(n.Top)
	return s, err
}

// vectorOnly separates the conjuncts that use column vec and no other.
func vectorOnly(e expr.Expr, vec int) (near, rest []expr.Expr) {
	if e == nil {
		return nil, nil
	}
	conds := []expr.Expr{e}
	if and, ok := e.(*expr.And); ok {
		conds = and.Args
	}
	for _, c := range conds {
		if cols := expr.Columns(c); len(cols) == 1 && cols[0] == vec {
			near = append(near, c)
		} else {
			rest = append(rest, c)
		}
	}
	return near, rest
}

func (s *exactSearch) Open(_ context.Context, env *Env) error {
	s.env, s.filled, s.at = env, false, 0
	s.scratch.Reset()
	s.kept.reset(env.Budget)
	s.reader.UseCache(nil) // few rows out of many: they would only push others out
	return nil
}

func (s *exactSearch) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.filled {
		s.filled = true
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
	}
	n := min(batch.MaxRows, len(s.perm)-s.at)
	if n <= 0 {
		return nil, nil
	}
	s.kept.gather(s.perm[s.at:s.at+n], &s.out)
	s.at += n
	return &s.out, nil
}

func (s *exactSearch) Close() error {
	s.kept.reset(nil)
	s.perm = s.perm[:0]
	s.best.reset(0)
	return s.release()
}

func (s *exactSearch) release() error {
	if s.env == nil || s.budgeted == 0 {
		return nil
	}
	held := s.budgeted
	s.budgeted = 0
	return s.env.Budget.Grow(-held)
}

// fill finds the rows.
func (s *exactSearch) fill(ctx context.Context) error {
	s.perm = s.perm[:0]
	k, err := rowCount(s.top, s.env, &s.scratch, math.MaxInt64, pgerrcode.InvalidRowCountInLimitClause, "LIMIT must not be negative")
	if err != nil || k == 0 {
		return err
	}
	q, err := s.query.One(&s.env.Env, &s.scratch)
	if err != nil {
		return err
	}
	s.best.reset(k)
	s.meter = newMeter(s.node, q)
	id, byIndex := scanned(s.node.Scan)
	use := scanUse{scans: 1}
	defer func() {
		if use.read = s.steps; byIndex {
			use.fetched = use.read
		}
		use.flush(s.env, id)
	}()
	s.steps = 0
	spans, err := s.bounds.spans(s.env, &s.scratch, false, nil)
	if err != nil {
		return err
	}
	if s.node.Scan.ID < len(s.env.Counters) {
		s.env.Counters[s.node.Scan.ID].Loops++
	}
	if !q.IsNull() { // else every distance is NULL
		for _, r := range spans {
			if err := s.walk(ctx, r); err != nil {
				return err
			}
		}
	}
	if err := s.keepBest(ctx); err != nil {
		return err
	}
	if missing := k - int64(len(s.perm)); missing > 0 && (q.IsNull() || !s.node.Scan.Table.Column(s.node.Attr).NotNull) {
		for _, r := range spans {
			if err := s.addUnranked(ctx, r, k, q.IsNull()); err != nil {
				return err
			}
		}
	}
	return nil
}

// walk measures the vectors of a range of rows.
func (s *exactSearch) walk(ctx context.Context, r span) (err error) {
	vs, err := table.ScanVectors(ctx, s.env.Read, s.node.Scan.Table, s.node.Attr, r.lo, r.hi)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vs.Close()) }()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if more, err = s.load(vs); err != nil {
			return err
		}
		if err := s.measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// load fills walked with the next vectors, without those that a meter shows to
// be too far; false at the end.
func (s *exactSearch) load(vs *table.VectorScan) (more bool, err error) {
	s.arena.Reset()
	col := &s.walked.Cols[s.vec]
	n, steps := 0, int64(0)
	for more = true; n < vectorChunk && steps < batch.MaxRows; {
		if more = vs.Next(); !more {
			break
		}
		steps++
		row, datum, err := vs.Value()
		if err != nil {
			return false, err
		}
		if s.meter != nil {
			if d, ok := s.meter.distance(datum); ok && !s.best.takes(found{d, row}) {
				continue
			}
		}
		s.ids[n], col.B[n], col.Null[n] = row, s.arena.Copy(datum), false
		n++
	}
	s.walked.Sel = batch.Identity(n)
	s.steps += steps
	if s.node.Scan.ID < len(s.env.Counters) {
		s.env.Counters[s.node.Scan.ID].Rows += steps
	}
	return more, vs.Err()
}

// measure puts the walked vectors that are near enough and pass the filter among
// the best. A condition or distance that fails, as between different dimensions,
// counts only for rows that pass the rest of the filter: they are then tested first.
func (s *exactSearch) measure(ctx context.Context) error {
	all := s.walked.Sel
	err := s.pick()
	if err != nil && (s.before != nil || s.after != nil) {
		s.walked.Sel = all
		if err = s.test(ctx); err == nil {
			err = s.pick()
		}
	} else if err == nil && len(s.walked.Sel) > 0 {
		err = s.test(ctx)
	}
	if err != nil {
		return err
	}
	for _, i := range s.walked.Sel {
		if err := s.push(found{s.dists[i], s.ids[i]}); err != nil {
			return err
		}
	}
	return nil
}

// pick narrows the walked vectors to those that may be among the best.
func (s *exactSearch) pick() error {
	if err := applyFilter(s.near, s.env, &s.scratch, &s.walked, s.node.Scan.ID); err != nil {
		return err
	}
	d, err := s.key.Eval(&s.env.Env, &s.scratch, &s.walked, s.walked.Sel)
	if err != nil {
		return err
	}
	sel := s.places[:0]
	for _, i := range s.walked.Sel {
		if f := d.F[i]; !d.Null[i] && s.best.takes(found{f, s.ids[i]}) {
			s.dists[i] = f
			sel = append(sel, i)
		}
	}
	s.places, s.walked.Sel = sel, sel
	return nil
}

// test reads the walked rows and narrows them to those that pass what the vector
// alone did not decide.
func (s *exactSearch) test(ctx context.Context) error {
	if s.before == nil && s.after == nil {
		return nil
	}
	s.wanted = s.wanted[:0]
	for _, i := range s.walked.Sel {
		s.wanted = append(s.wanted, s.ids[i])
	}
	b := &s.fetched
	if err := s.reader.Fetch(ctx, s.env.Read, s.wanted, b); err != nil {
		return err
	}
	if err := s.filterFetched(ctx, b); err != nil {
		return err
	}
	sel := make([]uint16, 0, len(b.Sel))
	for _, j := range b.Sel {
		sel = append(sel, s.walked.Sel[j])
	}
	s.walked.Sel = sel
	return nil
}

// filterFetched applies the conditions that the vector alone does not decide.
func (s *exactSearch) filterFetched(ctx context.Context, b *batch.Batch) error {
	if err := applyFilter(s.before, s.env, &s.scratch, b, s.node.Scan.ID); err != nil || s.after == nil || b.Len() == 0 {
		return err
	}
	if err := s.reader.LoadVectors(ctx, s.env.Read, b); err != nil {
		return err
	}
	return applyFilter(s.after, s.env, &s.scratch, b, s.node.Scan.ID)
}

func (s *exactSearch) push(f found) error {
	grown := s.best.push(f)
	s.budgeted += grown
	return s.env.Budget.Grow(grown)
}

// keepBest reads the best rows whole, before the consumer can write to them, and
// puts them in order.
func (s *exactSearch) keepBest(ctx context.Context) error {
	hits := s.best.sorted()
	for at := 0; at < len(hits); at += batch.MaxRows {
		part := hits[at:min(at+batch.MaxRows, len(hits))]
		s.wanted = s.wanted[:0]
		for _, h := range part {
			s.wanted = append(s.wanted, h.row)
		}
		b := &s.fetched
		if err := s.reader.Fetch(ctx, s.env.Read, s.wanted, b); err != nil {
			return err
		}
		if err := s.keep(ctx, b); err != nil {
			return err
		}
	}
	s.best.reset(0)
	return s.release()
}

func (s *exactSearch) keep(ctx context.Context, b *batch.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := s.reader.LoadVectors(ctx, s.env.Read, b); err != nil {
		return err
	}
	first := s.kept.n
	if err := s.kept.append(b); err != nil {
		return err
	}
	for i := first; i < s.kept.n; i++ {
		s.perm = append(s.perm, uint32(i))
	}
	return nil
}

// addUnranked adds rows of a range that have no distance, because their vector or
// the query is NULL, until there are k.
func (s *exactSearch) addUnranked(ctx context.Context, r span, k int64, queryNull bool) (err error) {
	rows, err := s.reader.Scan(ctx, s.env.Read, r.lo, r.hi, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	b := &s.fetched
	for int64(len(s.perm)) < k {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := rows.Next(b, batch.MaxRows); err != nil || b.Len() == 0 {
			return err
		}
		sel := make([]uint16, 0, b.Len())
		for _, i := range b.Sel {
			if queryNull || b.Cols[s.vec].Null[i] {
				sel = append(sel, i)
			}
		}
		b.Sel = sel
		if err := s.unrankedPass(ctx, b); err != nil {
			return err
		}
		if room := k - int64(len(s.perm)); int64(len(b.Sel)) > room {
			b.Sel = b.Sel[:room]
		}
		if err := s.keep(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// unrankedPass applies the whole filter to rows without a distance.
func (s *exactSearch) unrankedPass(ctx context.Context, b *batch.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := s.filterFetched(ctx, b); err != nil || s.near == nil || b.Len() == 0 {
		return err
	}
	if err := s.reader.LoadVectors(ctx, s.env.Read, b); err != nil {
		return err
	}
	return applyFilter(s.near, s.env, &s.scratch, b, s.node.Scan.ID)
}
