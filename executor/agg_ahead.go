package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
)

// Goroutines that read ahead for groups fold what they read: each has a table of groups
// of its own, and states of the aggregates of which states can be merged. What comes out
// does not depend on it. New groups are told in the table's order, stretch by stretch,
// so that groups have the numbers that they have without goroutines; and of an aggregate
// for which the order of its rows matters, as for a sum of floats, the arguments are
// handed out with their groups and folded in the table's order by the statement itself.

const (
	// At least so many rows must be expected for each group: tables of several goroutines
	// hold most groups several times.
	rowsPerGroup = 8
	// A goroutine begins a new table when one has so many groups.
	maxPartGroups = 1 << 17
)

// foldsAhead reports that goroutines can fold rows for the node.
func foldsAhead(n *physical.Agg) bool {
	if n.Sorted || !chained(n.Input) || !concurrent(n.Groups...) {
		return false
	}
	for i := range n.Aggs {
		c := &n.Aggs[i]
		if c.Distinct || len(c.OrderBy) > 0 || c.Fn.AggKind != 'n' || !concurrent(c.Args...) || !concurrent(c.Filter) {
			return false
		}
	}
	return len(n.Groups) == 0 || n.Rows*rowsPerGroup <= n.Input.Info().Rows
}

// aggTable is one goroutine's table of groups.
type aggTable struct {
	set    *rowSet
	states []builtin.Agg // by call; nil where states cannot be merged
	held   int64         // by states
	global []uint32      // by group: its number in the statement's table, which writes it
}

// aggPart is what a stretch comes to.
type aggPart struct {
	table *aggTable
	added *rowStore   // keys of the groups that it added to the table
	loose []looseRows // by call
	last  bool        // the table is complete
}

// looseRows are arguments of a call that are to be folded in order, and their rows'
// groups in the goroutine's table.
type looseRows struct {
	args   *rowStore
	groups []uint32
}

// aggReader folds the stretches of one goroutine. Once the statement's groups take much
// memory it hands out the rows of its stretches instead.
type aggReader struct {
	gatherer
	agg     *agg
	table   *aggTable
	cols    []*batch.Col
	ids     []uint32 // by row
	scratch expr.Scratch
}

// foldAhead lets goroutines fold the rest of the scan below, if there are any.
func (a *agg) foldAhead(ctx context.Context) error {
	var readers []*aggReader
	work := &aheadWork{batches: stretchFolded, took: a.took, reader: func(env *Env, size int) stretchReader {
		r := &aggReader{gatherer: gatherer{newWorker(a.input, env, size)}, agg: a, cols: make([]*batch.Col, len(a.groups)), ids: make([]uint32, batch.MaxRows)}
		readers = append(readers, r)
		return r
	}}
	s := a.source
	if err := s.readAhead(ctx, work); err != nil || s.ahead == nil {
		return err
	}
	for {
		b, err := s.ahead.nextBatch(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := a.fold(b); err != nil {
			return err
		}
	}
	s.ahead.close()
	s.ahead, a.folded = nil, 0
	for _, r := range readers {
		if r.table != nil {
			if err := a.merge(r.table); err != nil {
				return err
			}
		}
	}
	return nil
}

// read implements stretchReader.
func (r *aggReader) read(ctx context.Context, x *stretch) error {
	if r.agg.crowded.Load() {
		x.part = nil
		return r.gatherer.read(ctx, x)
	}
	if r.table == nil {
		r.table = r.agg.newTable(r.env.Budget)
	}
	if x.part == nil {
		x.part = r.agg.newPart()
	}
	p, rows := x.part, r.table.set.rows
	p.reset(r.env.Budget)
	first := rows.n
	if err := r.each(ctx, x, func(b *batch.Batch) error { return r.fold(b, p) }); err != nil {
		return err
	}
	if err := p.added.appendRange(colRefs(rows.cols), first, rows.n); err != nil {
		return err
	}
	if p.table, p.last = r.table, rows.n >= maxPartGroups; p.last {
		r.table = nil
	}
	return nil
}

// fold folds a batch into the table.
func (r *aggReader) fold(b *batch.Batch, p *aggPart) error {
	if err := evalAll(r.agg.groups, r.env, &r.scratch, b, r.cols); err != nil {
		return err
	}
	t := r.table
	if len(r.cols) > 0 {
		ids, err := t.set.addAll(r.cols, b.Sel)
		if err != nil {
			return err
		}
		for n, i := range b.Sel {
			r.ids[i] = ids[n]
		}
	}
	bytes := int64(0)
	for k, c := range r.agg.calls {
		if err := r.step(b, c, t.states[k], &p.loose[k]); err != nil {
			return err
		}
		if t.states[k] != nil {
			bytes += t.states[k].Bytes()
		}
	}
	grown := bytes - t.held
	t.held = bytes
	return r.env.Budget.Grow(grown)
}

// step folds the batch into a call's state, or keeps the arguments.
func (r *aggReader) step(b *batch.Batch, c *aggCall, state builtin.Agg, loose *looseRows) error {
	sel := b.Sel
	if c.filter != nil {
		view := batch.Batch{Sel: b.Sel, Cols: b.Cols}
		if err := c.filter.Filter(&r.env.Env, &r.scratch, &view); err != nil {
			return err
		}
		sel = view.Sel
	}
	var buf [4]*batch.Col
	args := buf[:0]
	for _, p := range c.args {
		col, err := p.Eval(&r.env.Env, &r.scratch, b, sel)
		if err != nil {
			return err
		}
		args = append(args, col)
	}
	if state != nil {
		if len(r.cols) > 0 {
			state.Grow(r.table.set.rows.n)
		}
		return stepAgg(state, r.env, sel, r.ids, args)
	}
	for _, i := range sel {
		loose.groups = append(loose.groups, r.ids[i])
	}
	kept := batch.Batch{Sel: sel}
	for _, col := range args {
		kept.Cols = append(kept.Cols, *col)
	}
	return loose.args.append(&kept)
}

// newTable makes a table without groups, but with the one that there is when rows are
// not grouped.
func (a *agg) newTable(budget *Budget) *aggTable {
	t := &aggTable{set: newRowSet(a.set.rows.types)}
	t.set.reset(budget)
	for _, c := range a.calls {
		state := c.call.Fn.Agg(c.types)
		if !builtin.Mergeable(state) {
			state = nil
		} else if len(a.groups) == 0 {
			state.Grow(1)
		}
		t.states = append(t.states, state)
	}
	if len(a.groups) == 0 {
		t.global = []uint32{0}
	}
	return t
}

func (a *agg) newPart() *aggPart {
	p := &aggPart{added: newRowStore(a.set.rows.types)}
	for _, c := range a.calls {
		p.loose = append(p.loose, looseRows{args: newRowStore(c.types)})
	}
	return p
}

func (p *aggPart) reset(budget *Budget) {
	p.added.reset(budget)
	for k := range p.loose {
		p.loose[k].args.reset(budget)
		p.loose[k].groups = p.loose[k].groups[:0]
	}
}

// took numbers the groups that a stretch added, and folds what it did not.
func (a *agg) took(x *stretch) error {
	a.folded = max(0, a.folded-1)
	p := x.part
	if p == nil { // its rows were handed out
		return nil
	}
	if len(a.ids) < batch.MaxRows {
		a.ids = make([]uint32, batch.MaxRows)
	}
	rows := replay{store: p.added}
	for b := rows.next(); b != nil; b = rows.next() {
		a.cols = columnRefs(a.cols, b)
		ids, err := a.set.addAll(a.cols, b.Sel)
		if err != nil {
			return err
		}
		p.table.global = append(p.table.global, ids...)
	}
	if len(a.groups) > 0 {
		a.grow(a.set.rows.n)
	}
	for k, c := range a.calls {
		if err := a.foldLoose(c, &p.loose[k], p.table.global); err != nil {
			return err
		}
	}
	if p.last {
		return a.merge(p.table)
	}
	if err := a.account(); err != nil || a.crowded.Load() || !a.spills() {
		return err
	}
	// Stretches that were given away before may still be folded, and add groups: until
	// they have been, groups are not parted.
	a.folded = len(a.source.ahead.turn)
	a.crowded.Store(true)
	return nil
}

// foldLoose folds kept arguments in their order.
func (a *agg) foldLoose(c *aggCall, loose *looseRows, global []uint32) error {
	rows := replay{store: loose.args}
	groups := loose.groups
	for b := rows.next(); b != nil; b = rows.next() {
		for i := range b.Sel {
			a.ids[i] = global[groups[i]]
		}
		groups = groups[len(b.Sel):]
		c.cols = columnRefs(c.cols, b)
		if err := stepAgg(c.state, a.env, b.Sel, a.ids, c.cols); err != nil {
			return err
		}
	}
	return nil
}

// merge folds a goroutine's states into the statement's.
func (a *agg) merge(t *aggTable) error {
	for k, c := range a.calls {
		if t.states[k] != nil {
			c.state.(builtin.Merger).Merge(t.states[k], t.global)
		}
	}
	t.set.reset(nil)
	err := a.env.Budget.Grow(-t.held)
	t.states, t.held = nil, 0
	if err == nil {
		err = a.account()
	}
	return err
}

// colRefs points at columns.
func colRefs(cols []batch.Col) []*batch.Col {
	refs := make([]*batch.Col, len(cols))
	for i := range cols {
		refs[i] = &cols[i]
	}
	return refs
}
