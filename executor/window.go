package executor

import (
	"context"
	"errors"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// window computes window functions over an input that is ordered by partition
// and order keys, a partition at a time. It reads ahead as far as the results that
// are asked for need, each time sixteen times as far: where no function looks
// ahead, results of the rows read so far are computed as if they were the whole
// partition, which costs little more than computing all at once.
type window struct {
	node    *physical.Window
	input   Operator
	part    []*expr.Program
	order   *order
	calls   []*windowCall
	rows    rowQueue  // the input's columns
	keys    *rowStore // partition keys, then order keys
	results *rowStore // one column a call
	lo      int       // first row of the partition that is not complete
	step    int       // rows to read next
	begun   bool
	ended   bool // the input has been read
	at      int
	cols    []*batch.Col
	outs    []*batch.Col // the calls' results
	out     batch.Batch
	scratch expr.Scratch

	kept       batch.Batch // what goes to a store
	resultView batch.Batch
	env        *Env
}

// windowCall is one function: its arguments by row, and its results for the
// present partition.
type windowCall struct {
	def        *physical.WindowCall
	args       []*expr.Program
	filter     *expr.Program
	start, end frameEnd
	types      []types.T
	store      *rowStore // arguments, then whether the row passes the filter
	view       batch.Batch
	from, to   int // rows that view shows
	cols       []*batch.Col
	sel        []uint16
	groups     [batch.MaxRows]uint32
	arena      batch.Arena
	out        batch.Col // of any length
	inline     bool      // results are of fixed size: nothing to copy
}

func newWindow(n *physical.Window) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	w := &window{node: n, input: in, rows: rowQueue{id: n.ID, mem: newRowStore(n.Input.Info().Cols)}}
	if w.part, err = programs(n.Partition); err != nil {
		return nil, err
	}
	if w.order, err = newOrder(n.Order); err != nil {
		return nil, err
	}
	var keys, results []types.T
	for _, e := range n.Partition {
		keys = append(keys, e.Type())
	}
	w.keys = newRowStore(append(keys, w.order.types...))
	for i := range n.Calls {
		c, err := newWindowCall(&n.Calls[i])
		if err != nil {
			return nil, err
		}
		w.calls = append(w.calls, c)
		results = append(results, c.def.T)
	}
	w.results = newRowStore(results)
	return w, nil
}

func newWindowCall(def *physical.WindowCall) (*windowCall, error) {
	c := &windowCall{def: def, inline: def.T.Rep() != types.RepBytes}
	var err error
	if c.args, err = programs(def.Args); err != nil {
		return nil, err
	}
	if c.filter, err = program(def.Filter); err != nil {
		return nil, err
	}
	c.start = frameEnd{def: &def.Frame.Start, name: "starting"}
	c.end = frameEnd{def: &def.Frame.End, name: "ending"}
	for _, f := range []*frameEnd{&c.start, &c.end} {
		if f.offset, err = program(f.def.Offset); err != nil {
			return nil, err
		}
	}
	for _, a := range def.Args {
		c.types = append(c.types, a.Type())
	}
	c.store = newRowStore(append(append([]types.T(nil), c.types...), types.Of(types.BoolOID)))
	c.out.Init(def.T, 1) // not 0, so that the slice of the column's kind is not nil
	return c, nil
}

func (w *window) Open(ctx context.Context, env *Env) error {
	w.begun = false
	w.env, w.ended, w.at, w.lo, w.step = env, false, 0, 0, firstWindow
	w.scratch.Reset()
	if err := w.rows.open(env); err != nil {
		return err
	}
	w.keys.reset(env.Budget)
	w.results.reset(env.Budget)
	for _, c := range w.calls {
		c.store.reset(env.Budget)
	}
	return w.input.Open(ctx, env)
}

// firstWindow is how many rows a window reads at first.
const firstWindow = 64

// advance reads on and computes what can be.
func (w *window) advance(ctx context.Context) error {
	if !w.begun {
		w.begun = true
		for _, c := range w.calls {
			for _, f := range []*frameEnd{&c.start, &c.end} {
				if err := f.evaluate(w.env, &w.scratch); err != nil {
					return err
				}
			}
		}
	}
	if err := w.forget(); err != nil {
		return err
	}
	if err := w.read(ctx, w.keys.n+w.step); err != nil {
		return err
	}
	w.step = min(16*w.step, math.MaxInt32)
	for w.lo < w.keys.n {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := w.runEnd(w.lo, w.keys.n, 0, len(w.part))
		if hi < w.keys.n || w.ended {
			if err := w.partition(w.lo, hi); err != nil {
				return err
			}
			w.lo = hi
			continue
		}
		if hi = w.known(hi); hi > w.results.n {
			return w.partition(w.lo, hi)
		}
		return nil
	}
	return nil
}

// known is the end of the rows of the partition from lo to hi whose results do
// not depend on rows that have not been read.
func (w *window) known(hi int) int {
	switch w.node.Needs {
	case physical.NeedsNothing:
		return hi
	case physical.NeedsPeers:
		last := hi - 1
		for hi--; hi > w.lo && w.equalKeys(hi-1, last, len(w.part), len(w.keys.cols)); hi-- {
		}
		return hi
	}
	return w.lo
}

// keep stores a batch's rows, keys and arguments.
func (w *window) keep(b *batch.Batch) error {
	if err := w.rows.add(b); err != nil {
		return err
	}
	if err := w.store(w.keys, append(append([]*expr.Program(nil), w.part...), w.order.progs...), nil, b); err != nil {
		return err
	}
	for _, c := range w.calls {
		if err := w.store(c.store, c.args, c.filter, b); err != nil {
			return err
		}
	}
	return nil
}

// store evaluates programs into a store; with a filter, or room for one, the last
// column says whether the row passes.
func (w *window) store(s *rowStore, ps []*expr.Program, filter *expr.Program, b *batch.Batch) error {
	if cap(w.cols) < len(ps) {
		w.cols = make([]*batch.Col, len(ps))
	}
	w.cols = w.cols[:len(ps)]
	if err := evalAll(ps, w.env, &w.scratch, b, w.cols); err != nil {
		return err
	}
	w.kept.Cols = w.kept.Cols[:0]
	for _, c := range w.cols {
		w.kept.Cols = append(w.kept.Cols, *c)
	}
	w.kept.Sel = b.Sel
	if len(s.cols) > len(ps) {
		passed, err := w.passes(filter, b)
		if err != nil {
			return err
		}
		w.kept.Cols = append(w.kept.Cols, *passed)
	}
	return s.append(&w.kept)
}

// everyRow is true for each row.
var everyRow = func() (all batch.Col) {
	all.Init(types.Of(types.BoolOID), batch.MaxRows)
	for i := range all.I {
		all.I[i] = 1
	}
	return all
}()

// passes is a column that is true for the rows that pass the filter.
func (w *window) passes(filter *expr.Program, b *batch.Batch) (*batch.Col, error) {
	if filter != nil {
		return filter.Eval(&w.env.Env, &w.scratch, b, b.Sel)
	}
	return &everyRow, nil
}

// runEnd is the end of the run of rows from lo on that equal row lo in key columns first..last−1.
func (w *window) runEnd(lo, limit, first, last int) int {
	hi := lo + 1
	for hi < limit && w.equalKeys(lo, hi, first, last) {
		hi++
	}
	return hi
}

// equalKeys compares two rows on key columns first..last−1.
func (w *window) equalKeys(a, b, first, last int) bool {
	for k := first; k < last; k++ {
		c := &w.keys.cols[k]
		if !equalAt(w.keys.types[k], c, a, c, b) {
			return false
		}
	}
	return true
}

// partition computes all calls for rows lo..hi−1, of which some may have their
// results already.
func (w *window) partition(lo, hi int) error {
	p := &partitionRows{lo: lo, hi: hi}
	if len(w.node.Order) > 0 {
		p.key, p.order = &w.keys.cols[len(w.part)], &w.node.Order[0]
	}
	for at := lo; at < hi; {
		end := w.runEnd(at, hi, len(w.part), len(w.keys.cols))
		for range end - at {
			p.group = append(p.group, uint32(len(p.starts)))
		}
		p.starts = append(p.starts, at)
		at = end
	}
	p.starts = append(p.starts, hi)
	for _, c := range w.calls {
		c.out.Null, c.out.I, c.out.F, c.out.B = c.out.Null[:0], c.out.I[:0], c.out.F[:0], c.out.B[:0]
		c.arena.Reset()
		c.start.cursor, c.end.cursor = cursor{row: lo, at: lo}, cursor{row: lo, at: lo}
		if err := c.compute(w.env, p); err != nil {
			return err
		}
	}
	w.outs = w.outs[:0]
	for _, c := range w.calls {
		w.outs = append(w.outs, &c.out)
	}
	return w.results.appendRange(w.outs, w.results.n-lo, hi-lo)
}

func (w *window) Next(ctx context.Context) (*batch.Batch, error) {
	for w.at == w.results.n {
		if w.ended {
			return nil, nil
		}
		if err := w.advance(ctx); err != nil {
			return nil, err
		}
	}
	rows, err := w.rows.next(min(batch.MaxRows, w.results.n-w.at))
	if err != nil {
		return nil, err
	}
	n := rows.Len()
	results := w.results.window(&w.resultView, w.at, n)
	w.out.Cols = append(append(w.out.Cols[:0], rows.Cols...), results.Cols...)
	w.out.Sel = batch.Identity(n)
	w.at += n
	return &w.out, nil
}

func (w *window) Close() error {
	err := w.rows.close()
	w.keys.reset(nil)
	w.results.reset(nil)
	for _, c := range w.calls {
		c.store.reset(nil)
	}
	return errors.Join(err, w.input.Close())
}
