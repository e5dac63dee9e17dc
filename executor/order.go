package executor

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// order compares rows by sort keys held in columns.
type order struct {
	keys  []physical.SortKey
	progs []*expr.Program
	types []types.T
	// refuse has, of a key whose type does not tell whether its values can be compared, what is
	// wrong with two of them; it is nil where no key needs it. wrong is the first such error:
	// comparing goes on, and who has sorted asks for it.
	refuse []func(a, b types.Datum) error
	wrong  atomic.Pointer[error]
}

func newOrder(keys []physical.SortKey) (*order, error) {
	o := &order{keys: keys}
	for _, k := range keys {
		p, err := expr.Compile(k.Expr)
		if err != nil {
			return nil, err
		}
		o.progs = append(o.progs, p)
		o.types = append(o.types, k.Expr.Type())
		if f := builtin.OrderedBy(k.Expr.Type()); f != nil {
			o.refuse = append(o.refuse, make([]func(a, b types.Datum) error, len(keys)-len(o.refuse))...)
			o.refuse[len(o.types)-1] = f
		}
	}
	return o, nil
}

// failure is what was wrong with values that have been compared.
func (o *order) failure() error {
	if err := o.wrong.Swap(nil); err != nil {
		return *err
	}
	return nil
}

// ask notes what is wrong with two values of key k.
func (o *order) ask(k int, a *batch.Col, i int, b *batch.Col, j int) {
	f := o.refuse[k]
	if f == nil || a.Null[i] || b.Null[j] {
		return
	}
	if err := f(a.Datum(i), b.Datum(j)); err != nil {
		o.wrong.CompareAndSwap(nil, &err)
	}
}

// compare orders row i of a against row j of b; both have the key columns.
func (o *order) compare(a []batch.Col, i int, b []batch.Col, j int) int {
	return o.compareFrom(0, a, i, b, j)
}

// compareFrom compares the keys from k on.
func (o *order) compareFrom(k int, a []batch.Col, i int, b []batch.Col, j int) int {
	for ; k < len(o.keys); k++ {
		if o.refuse != nil {
			o.ask(k, &a[k], i, &b[k], j)
		}
		if c := compareKey(&o.keys[k], o.types[k], &a[k], i, &b[k], j); c != 0 {
			return c
		}
	}
	return 0
}

func compareKey(key *physical.SortKey, t types.T, a *batch.Col, i int, b *batch.Col, j int) int {
	an, bn := a.Null[i], b.Null[j]
	if an || bn {
		switch {
		case an && bn:
			return 0
		case an == key.NullsFirst:
			return -1
		}
		return 1
	}
	var c int
	switch {
	case a.I != nil:
		c = compareInt(t, a.I[i], b.I[j])
	case a.F != nil:
		c = types.CompareFloats(a.F[i], b.F[j])
	default:
		c = types.Compare(t, a.Datum(i), b.Datum(j))
	}
	if key.Desc {
		return -c
	}
	return c
}

func compareInt(t types.T, a, b int64) int {
	if unsigned(t) {
		return cmp.Compare(uint64(a), uint64(b))
	}
	return cmp.Compare(a, b)
}

// unsigned reports integers that order as unsigned ones.
func unsigned(t types.T) bool { return t.OID == types.OidOID || t.OID == types.XidOID }

// sortOp sorts its whole input, or keeps the first Top rows of the order.
type sortOp struct {
	input   Operator
	order   *order
	top     *expr.Program
	rows    *rowStore
	keys    *rowStore
	runs    *sortRuns // nil while all rows fit in memory
	id      int       // of the plan's node
	perm    []uint32
	at      int
	keep    int64 // −1 = all
	sorted  bool
	source  *scan      // of the rows of a top sort, of which goroutines can leave some out; nil: they cannot
	ahead   *readAhead // once they do
	worst   *bar       // that they compare with
	cols    []*batch.Col
	keyView batch.Batch
	out     batch.Batch
	scratch expr.Scratch
	env     *Env
}

func newSort(n *physical.Sort) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	s := &sortOp{input: in, rows: newRowStore(n.Cols), id: n.ID}
	if s.order, err = newOrder(n.Keys); err != nil {
		return nil, err
	}
	s.keys = newRowStore(s.order.types)
	s.cols = make([]*batch.Col, len(n.Keys))
	s.keyView.Cols = make([]batch.Col, len(n.Keys))
	s.out.Cols = make([]batch.Col, len(n.Cols))
	if s.top, err = program(n.Top); err != nil {
		return nil, err
	}
	if n.Top != nil && chained(n.Input) && concurrentKeys(n.Keys) {
		s.source = chainScan(in)
		s.source.taker = s
	}
	return s, nil
}

func (s *sortOp) Open(ctx context.Context, env *Env) (err error) {
	s.env, s.at, s.sorted, s.ahead, s.worst = env, 0, false, nil, nil
	s.scratch.Reset()
	if err := s.dropRuns(); err != nil {
		return err
	}
	s.rows.reset(env.Budget)
	s.keys.reset(env.Budget)
	s.keep, err = rowCount(s.top, env, &s.scratch, -1, pgerrcode.InvalidRowCountInLimitClause, "LIMIT must not be negative")
	if err != nil {
		return err
	}
	return s.input.Open(ctx, env)
}

// fill reads the input. With a bound it compacts now and then to the best rows,
// so that memory stays proportional to the bound.
func (s *sortOp) fill(ctx context.Context) error {
	bound := 0
	if s.keep >= 0 && s.keep < 1<<20 {
		bound = int(s.keep)
	}
	for {
		b, err := s.next(ctx, bound)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := evalAll(s.order.progs, s.env, &s.scratch, b, s.cols); err != nil {
			return err
		}
		if err := s.add(b, bound); err != nil {
			return err
		}
		if s.env.Spill != nil && s.env.Budget.crowded(s.rows.bytes+s.keys.bytes) {
			if bound, err = s.makeRoom(bound); err != nil {
				return err
			}
		}
	}
	if s.runs != nil {
		if err := s.spill(); err != nil {
			return err
		}
		if err := s.runs.start(ctx, s.env); err != nil {
			return err
		}
		return s.input.Close()
	}
	if err := s.sort(); err != nil {
		return err
	}
	if s.keep >= 0 && int64(len(s.perm)) > s.keep {
		s.perm = s.perm[:s.keep]
	}
	return s.input.Close()
}

// next is a batch of the input, of goroutines once they read it.
func (s *sortOp) next(ctx context.Context, bound int) (*batch.Batch, error) {
	for {
		if s.ahead != nil {
			return s.ahead.nextBatch(ctx)
		}
		b, err := s.input.Next(ctx)
		if err != nil || b != nil || !s.source.offers() {
			return b, err
		}
		if err := s.siftAhead(ctx, bound); err != nil {
			return nil, err
		}
	}
}

// makeRoom drops the rows over a bound, or else writes all to a file; from then on
// there is no bound.
func (s *sortOp) makeRoom(bound int) (int, error) {
	if bound > 0 && s.rows.n > bound {
		if err := s.compact(bound); err != nil {
			return bound, err
		}
		if !s.env.Budget.crowded(s.rows.bytes + s.keys.bytes) {
			return bound, nil
		}
	}
	return 0, s.spill()
}

func (s *sortOp) add(b *batch.Batch, bound int) error {
	for k, c := range s.cols {
		s.keyView.Cols[k] = *c
	}
	s.keyView.Sel = b.Sel
	if bound > 0 && s.sorted && len(s.perm) == bound {
		// Rows that do not beat the worst kept one need no place.
		worst := int(s.perm[bound-1])
		sel := make([]uint16, 0, len(b.Sel))
		for _, i := range b.Sel {
			if s.order.compare(s.keyView.Cols, int(i), s.keys.cols, worst) < 0 {
				sel = append(sel, i)
			}
		}
		if len(sel) == 0 {
			return nil
		}
		b.Sel, s.keyView.Sel = sel, sel
	}
	if err := s.rows.append(b); err != nil {
		return err
	}
	if err := s.keys.append(&s.keyView); err != nil {
		return err
	}
	limit := max(4*bound, 2*batch.MaxRows)
	if s.ahead != nil { // few rows come, and the sooner the bar rises the fewer
		limit = max(2*bound, siftRows)
	}
	if bound > 0 && s.rows.n >= limit {
		return s.compact(bound)
	}
	return nil
}

// compact keeps only the best bound rows.
func (s *sortOp) compact(bound int) error {
	if err := s.sort(); err != nil {
		return err
	}
	best := s.perm[:bound]
	rows, keys := newRowStore(s.rows.types), newRowStore(s.keys.types)
	rows.budget, keys.budget = s.env.Budget, s.env.Budget
	var row []types.Datum
	for _, id := range best {
		row = s.rows.row(int(id), row[:0])
		if err := rows.appendRow(row); err != nil {
			return err
		}
		row = s.keys.row(int(id), row[:0])
		if err := keys.appendRow(row); err != nil {
			return err
		}
	}
	s.rows.reset(nil)
	s.keys.reset(nil)
	s.rows, s.keys = rows, keys
	s.sorted = true
	if err := s.sort(); err != nil {
		return err
	}
	s.worst.raise(s.keys, int(s.perm[bound-1]))
	return nil
}

func (s *sortOp) sort() (err error) {
	s.perm, err = sortRows(s.perm, s.keys, s.order, 0, &sortCrew{s.env, s.id})
	return err
}

// ready sorts before the first row is taken.
func (s *sortOp) ready(ctx context.Context) error {
	if s.at != 0 {
		return nil
	}
	if s.perm != nil {
		s.perm = s.perm[:0]
	}
	if s.keep == 0 {
		s.at = -1
		return nil
	}
	err := s.fill(ctx)
	if s.runs != nil {
		s.at = 1 // only that it has begun
	}
	return err
}

// skip implements skipper: rows in memory are only gathered to be shown.
func (s *sortOp) skip(ctx context.Context, n int64) (int64, error) {
	if err := s.ready(ctx); err != nil || s.runs != nil || s.at < 0 {
		return 0, err
	}
	k := int(min(n, int64(len(s.perm)-s.at)))
	if s.at += k; s.at == 0 { // there is nothing: it is not asked for again
		s.at = -1
	}
	return int64(k), nil
}

func (s *sortOp) Next(ctx context.Context) (*batch.Batch, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if s.at < 0 {
		return nil, nil
	}
	if s.runs != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := s.runs.next(s.keep)
		if b == nil {
			s.at = -1
		}
		return b, err
	}
	if s.at >= len(s.perm) {
		s.at = -1
		return nil, nil
	}
	n := min(batch.MaxRows, len(s.perm)-s.at)
	s.rows.gather(s.perm[s.at:s.at+n], &s.out)
	s.at += n
	return &s.out, nil
}

func (s *sortOp) Close() error {
	s.rows.reset(nil)
	s.keys.reset(nil)
	return errors.Join(s.dropRuns(), s.input.Close())
}

// dropRuns removes what was spilled.
func (s *sortOp) dropRuns() error {
	if s.runs == nil {
		return nil
	}
	r := s.runs
	s.runs = nil
	return r.close(s.env.Budget)
}
