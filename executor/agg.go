package executor

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// agg groups its input, by hashing or in its order, and folds aggregates.
type agg struct {
	node    *physical.Agg
	input   Operator
	groups  []*expr.Program
	calls   []*aggCall  // what is folded
	results []aggResult // by aggregate
	set     *rowSet
	cols    []*batch.Col
	ids     []uint32
	out     *batch.Batch
	view    batch.Batch // of the groups' keys
	at      int
	total   int                         // groups that are complete
	ended   bool                        // there are no more after them
	read    bool                        // the input has been read
	more    func(context.Context) error // completes further groups
	sorted  *sortedRuns                 // nil when grouping by hash
	parts   *aggParts                   // of rows that are kept in files; nil where groups do not leave memory
	crowded atomic.Bool                 // goroutines shall fold no more
	folded  int                         // how many of their stretches may still be folded then
	source  *scan                       // below a chain of which goroutines can fold the rows; nil: there is none
	scratch expr.Scratch
	arena   batch.Arena
	env     *Env
	held    int64
}

func newAgg(n *physical.Agg) (Operator, error) {
	if n.Sets != nil {
		return nil, pgerr.NotSupported(-1, "GROUPING SETS are not supported")
	}
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	a := &agg{node: n, input: in}
	a.more = a.fill
	if n.Sorted {
		a.sorted = &sortedRuns{agg: a}
		a.more = a.sorted.fill
	}
	if a.groups, err = programs(n.Groups); err != nil {
		return nil, err
	}
	var ts []types.T
	for _, g := range n.Groups {
		ts = append(ts, g.Type())
	}
	a.set = newRowSet(ts)
	a.cols = make([]*batch.Col, len(n.Groups))
	for i := range n.Aggs {
		if err := a.addCall(&n.Aggs[i]); err != nil {
			return nil, err
		}
	}
	a.out = batch.New(n.Cols, 1)
	if !n.Sorted && len(n.Groups) > 0 && !slices.ContainsFunc(n.Groups, expr.Volatile) {
		a.parts = &aggParts{types: n.Input.Info().Cols}
	}
	if foldsAhead(n) {
		a.source = chainScan(in)
		a.source.taker = a
	}
	computed := slices.Clone(n.Groups)
	for i := range n.Aggs {
		computed = append(append(computed, n.Aggs[i].Args...), n.Aggs[i].Filter)
	}
	a.input = inPieces(in, &a.scratch, computed...)
	return a, nil
}

func (a *agg) Open(ctx context.Context, env *Env) error {
	if err := a.dropParts(); err != nil {
		return err
	}
	a.env, a.ended, a.held, a.read = env, false, 0, false
	a.crowded.Store(false)
	a.folded = 0
	a.scratch.Reset()
	if a.sorted != nil {
		a.sorted.reset()
	}
	if err := a.start(); err != nil {
		return err
	}
	return a.input.Open(ctx, env)
}

// start forgets all groups.
func (a *agg) start() error {
	held := a.held
	a.at, a.total, a.held = 0, 0, 0
	a.set.reset(a.env.Budget)
	for _, c := range a.calls {
		c.state = c.call.Fn.Agg(c.types)
		if c.within != nil {
			c.within.reset(c)
		}
		if c.seen != nil {
			c.seen.reset(a.env.Budget)
		}
		if c.rows != nil {
			c.rows.reset(a.env.Budget)
		}
	}
	return a.env.Budget.Grow(-held)
}

// fill folds the whole input, and then, each time, rows of it that are kept in files.
func (a *agg) fill(ctx context.Context) error {
	if a.read {
		more, err := a.nextPart(ctx)
		a.ended = !more
		return err
	}
	a.read = true
	if len(a.groups) == 0 {
		a.grow(1)
	}
	for {
		b, err := a.input.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			if a.source.offers() {
				if err := a.foldAhead(ctx); err != nil {
					return err
				}
				continue
			}
			break
		}
		if err := a.fold(b); err != nil {
			return err
		}
	}
	if err := a.finish(); err != nil {
		return err
	}
	return a.input.Close()
}

// finish completes all groups.
func (a *agg) finish() error {
	if a.total = a.set.rows.n; len(a.groups) == 0 {
		a.total = 1
	}
	if err := a.endParts(); err != nil {
		return err
	}
	for _, c := range a.calls {
		if err := c.finish(a.env, &a.scratch, a.total); err != nil {
			return err
		}
	}
	a.adopt()
	return nil
}

func (a *agg) grow(n int) {
	for _, c := range a.calls {
		c.state.Grow(n)
	}
}

// fold assigns the batch's rows to groups and steps every aggregate.
func (a *agg) fold(b *batch.Batch) error {
	if err := evalAll(a.groups, a.env, &a.scratch, b, a.cols); err != nil {
		return err
	}
	if len(a.ids) < batch.MaxRows {
		a.ids = make([]uint32, batch.MaxRows)
	}
	if a.parts != nil && a.parts.full {
		return a.foldKnown(b)
	}
	if len(a.groups) > 0 {
		ids, err := a.set.addAll(a.cols, b.Sel)
		if err != nil {
			return err
		}
		for n, i := range b.Sel {
			a.ids[i] = ids[n]
		}
		a.grow(a.set.rows.n)
	}
	if err := a.step(b); err != nil || !a.spills() {
		return err
	}
	return a.beginParts()
}

// step steps every aggregate with the batch's rows, whose groups are in ids.
func (a *agg) step(b *batch.Batch) error {
	for _, c := range a.calls {
		if err := c.step(a.env, &a.scratch, b, a.ids); err != nil {
			return err
		}
	}
	return a.account()
}

// account takes what the states hold from the budget.
func (a *agg) account() error {
	bytes := int64(0)
	for _, c := range a.calls {
		bytes += c.state.Bytes()
	}
	grown := bytes - a.held
	a.held = bytes
	return a.env.Budget.Grow(grown)
}

// Next returns groups with their aggregates.
func (a *agg) Next(ctx context.Context) (*batch.Batch, error) {
	for a.at == a.total {
		if a.ended {
			return nil, nil
		}
		if err := a.more(ctx); err != nil {
			return nil, err
		}
	}
	n := min(batch.MaxRows, a.total-a.at)
	a.arena.Reset()
	for k := len(a.groups); k < len(a.out.Cols); k++ {
		a.out.Cols[k].Init(a.node.Cols[k], n)
	}
	if len(a.groups) > 0 {
		view := a.set.rows.window(&a.view, a.at, n)
		for k := range a.groups {
			a.out.Cols[k] = view.Cols[k]
		}
	}
	for k := range a.results {
		if err := a.finals(a.results[k].state, &a.out.Cols[len(a.groups)+k], n); err != nil {
			return nil, err
		}
	}
	a.at += n
	a.out.Sel = batch.Identity(n)
	return a.out, nil
}

// finals puts the aggregates of the next n groups into a column.
func (a *agg) finals(state builtin.Agg, col *batch.Col, n int) (err error) {
	defer types.CatchStop(&err)
	for i := range n {
		d, err := state.Final(&a.env.Ctx, uint32(a.at+i))
		if err != nil {
			return err
		}
		if b := d.Bytes(); b != nil && !d.IsNull() {
			d = types.Bytes(a.arena.Copy(b))
		}
		col.Set(i, d)
	}
	return nil
}

// stepAgg is Agg.Step with the error of a value that grows too large.
func stepAgg(state builtin.Agg, env *Env, sel []uint16, groups []uint32, args []*batch.Col) (err error) {
	defer types.CatchStop(&err)
	return state.Step(&env.Ctx, sel, groups, args)
}

func (a *agg) Close() error {
	if a.env != nil {
		_ = a.env.Budget.Grow(-a.held)
	}
	a.held = 0
	a.set.reset(nil)
	for i := range a.results {
		a.results[i].state = nil
	}
	for _, c := range a.calls {
		c.state = nil
		if c.seen != nil {
			c.seen.reset(nil)
		}
		if c.rows != nil {
			c.rows.reset(nil)
		}
	}
	return errors.Join(a.dropParts(), a.input.Close())
}
