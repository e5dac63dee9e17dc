package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// filter passes the rows for which the condition is true.
type filter struct {
	input   Operator
	cond    *expr.Program
	scratch expr.Scratch
	env     *Env
	id      int
	moves   bool         // the condition is volatile
	failed  error        // of the row behind those returned last
	rows    *batch.Batch // where rows are asked one by one: see Env.Stepwise
	at      int
	row     batch.Batch
}

func newFilter(n *physical.Filter) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	cond, err := expr.Compile(n.Cond)
	return &filter{input: in, cond: cond, id: n.ID, moves: expr.Volatile(n.Cond)}, err
}

func (f *filter) Open(ctx context.Context, env *Env) error {
	f.env, f.failed, f.rows = env, nil, nil
	f.scratch.Reset()
	return f.input.Open(ctx, env)
}

func (f *filter) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		if f.failed != nil {
			return nil, f.failed
		}
		b, err := f.read(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		if f.failed, err = filterUpTo(f.cond, f.env, &f.scratch, b, f.id, f.moves); err != nil {
			return nil, err
		}
		if b.Len() > 0 {
			return b, nil
		}
	}
}

// read is the next batch of the input, or a row of it where the condition may do something
// that must not come before the rows in front are returned.
func (f *filter) read(ctx context.Context) (*batch.Batch, error) {
	if !f.moves || !f.env.Stepwise {
		return f.input.Next(ctx)
	}
	for f.rows == nil || f.at >= len(f.rows.Sel) {
		var err error
		if f.rows, err = f.input.Next(ctx); err != nil || f.rows == nil {
			return nil, err
		}
		f.at = 0
	}
	f.at++
	f.row = *f.rows
	f.row.Sel = f.rows.Sel[f.at-1 : f.at : f.at]
	return &f.row, nil
}

// applyFilter narrows the batch and counts what it removes.
func applyFilter(cond *expr.Program, env *Env, s *expr.Scratch, b *batch.Batch, id int) error {
	if cond == nil {
		return nil
	}
	before := b.Len()
	err := cond.Filter(&env.Env, s, b)
	if id < len(env.Counters) {
		env.Counters[id].Removed += int64(before - b.Len())
	}
	return err
}

// filterUpTo is applyFilter for who may not want all rows: where one fails, the rows before
// it stay, and failed is what to answer when the next is asked for. A volatile condition
// (moves) is not computed a second time to find them, unless it is computed row by row anyway.
func filterUpTo(cond *expr.Program, env *Env, s *expr.Scratch, b *batch.Batch, id int, moves bool) (failed, err error) {
	if cond == nil || moves && !env.Stepwise {
		return nil, applyFilter(cond, env, s, b, id)
	}
	all := b.Sel
	if applyFilter(cond, env, s, b, id) == nil {
		return nil, nil
	}
	kept := make([]uint16, 0, len(all))
	for i := range all {
		row := *b
		row.Sel = all[i : i+1 : i+1]
		if failed = applyFilter(cond, env, s, &row, id); failed != nil {
			break
		}
		kept = append(kept, row.Sel...)
	}
	b.Sel = kept
	return failed, nil
}

func (f *filter) Close() error { return f.input.Close() }

// project computes a list of expressions for each row.
type project struct {
	input   Operator
	exprs   []*expr.Program
	cols    []*batch.Col
	plain   bool // only columns: nothing that can fail, or that happens for each row
	single  bool // a row is computed before the next: its expressions see what others do
	moves   bool // some expressions are volatile
	steps   bool // rows are computed one by one: see Env.Stepwise
	rows    *batch.Batch
	at      int // of rows, where single
	out     batch.Batch
	scratch expr.Scratch
	env     *Env
}

func newProject(n *physical.Project) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	ps, err := programs(n.Exprs)
	p := &project{input: in, exprs: ps, cols: make([]*batch.Col, len(ps)), plain: plain(n.Exprs)}
	p.out.Cols = make([]batch.Col, len(ps))
	_, all := expr.Effects(n.Exprs)
	_, below := effects(n.Input)
	if all > 0 && below > 0 {
		stepValues(in)
	}
	p.single, p.moves = all > 1 || all > 0 && below > 0, slices.ContainsFunc(n.Exprs, expr.Volatile)
	p.input = inPieces(in, &p.scratch, n.Exprs...)
	return p, err
}

// plain reports nothing but columns.
func plain(list []expr.Expr) bool {
	return !slices.ContainsFunc(list, func(e expr.Expr) bool {
		_, column := e.(*expr.Column)
		return !column
	})
}

func (p *project) Open(ctx context.Context, env *Env) error {
	p.env, p.rows = env, nil
	p.steps = p.single || p.moves && env.Stepwise
	p.scratch.Reset()
	return p.input.Open(ctx, env)
}

// bound implements bounded: a projection passes every row.
func (p *project) bound(rows int64) {
	if in, ok := p.input.(bounded); ok {
		in.bound(rows)
	}
}

// skip implements skipper.
func (p *project) skip(ctx context.Context, n int64) (int64, error) {
	if in, ok := p.input.(skipper); ok && p.plain {
		return in.skip(ctx, n)
	}
	return 0, nil
}

func (p *project) Next(ctx context.Context) (*batch.Batch, error) {
	if p.steps {
		return p.nextRow(ctx)
	}
	b, err := p.input.Next(ctx)
	if err != nil || b == nil {
		return nil, err
	}
	out, err := p.compute(b)
	if err != nil && (p.env.Stepwise || !p.moves) { // the rows before the one that fails may be enough
		p.rows, p.at, p.steps = b, 0, true
		return p.nextRow(ctx)
	}
	return out, err
}

// nextRow computes one row.
func (p *project) nextRow(ctx context.Context) (*batch.Batch, error) {
	for p.rows == nil || p.at >= len(p.rows.Sel) {
		var err error
		if p.rows, err = p.input.Next(ctx); err != nil || p.rows == nil {
			return nil, err
		}
		p.at = 0
	}
	p.at++
	row := *p.rows
	row.Sel = p.rows.Sel[p.at-1 : p.at]
	return p.compute(&row)
}

func (p *project) compute(b *batch.Batch) (*batch.Batch, error) {
	if err := evalAll(p.exprs, p.env, &p.scratch, b, p.cols); err != nil {
		return nil, err
	}
	for i, c := range p.cols {
		p.out.Cols[i] = *c
	}
	p.out.Sel = b.Sel
	return &p.out, nil
}

func (p *project) Close() error { return p.input.Close() }

// values yields rows of expressions.
type values struct {
	rows    [][]cell
	order   []int // in which a row's cells are computed, nil: as they stand
	out     *batch.Batch
	types   []types.T
	at      int
	step    int   // how many rows are computed at once
	failed  error // of the row behind those returned last
	scratch expr.Scratch
	arena   batch.Arena
	env     *Env
}

func newValues(n *physical.Values) (Operator, error) {
	v := &values{types: n.Cols, order: n.Order, step: batch.MaxRows, out: &batch.Batch{Cols: make([]batch.Col, len(n.Cols))}}
	for _, row := range n.Rows {
		cells := make([]cell, len(row))
		for i, e := range row {
			if k, ok := e.(*expr.Const); ok {
				cells[i].d = k.D
				continue
			}
			var err error
			if cells[i].p, err = expr.Compile(e); err != nil {
				return nil, err
			}
		}
		v.rows = append(v.rows, cells)
	}
	return v, nil
}

// cell is a value of a list: a constant, or a program that computes it.
type cell struct {
	p *expr.Program // nil = d
	d types.Datum
}

// fewRows is up to how many rows the working memory of the programs is kept for the
// next execution. Finding a program's takes time with the number of programs: for a
// load's thousands of rows each has new memory.
const fewRows = 16

func (v *values) Open(_ context.Context, env *Env) error {
	v.env, v.at, v.failed = env, 0, nil
	v.scratch.Reset()
	return nil
}

func (v *values) Next(context.Context) (*batch.Batch, error) {
	n := min(v.step, len(v.rows)-v.at)
	if v.env.Stepwise {
		n = min(n, 1)
	}
	if n <= 0 || v.failed != nil {
		return nil, v.failed
	}
	for i := range v.out.Cols {
		v.out.Cols[i].Init(v.types[i], n)
	}
	v.arena.Reset()
	for i := range n {
		if v.failed = v.row(i); v.failed != nil {
			if n = i; n == 0 {
				return nil, v.failed
			}
			break
		}
	}
	v.at += n
	v.out.Sel = batch.Identity(n)
	return v.out, nil
}

// row computes the next row but i as row i of the batch.
func (v *values) row(i int) error {
	if len(v.rows) > fewRows {
		v.scratch = expr.Scratch{}
	}
	row := v.rows[v.at+i]
	for at := range row {
		k := at
		if v.order != nil {
			k = v.order[at]
		}
		c := &row[k]
		if c.p == nil {
			v.out.Cols[k].Set(i, c.d)
			continue
		}
		d, err := c.p.One(&v.env.Env, &v.scratch)
		if err != nil {
			return err
		}
		if b := d.Bytes(); b != nil && !d.IsNull() {
			d = types.Bytes(v.arena.Copy(b))
		}
		v.out.Cols[k].Set(i, d)
	}
	return nil
}

func (v *values) Close() error { return nil }

// appendOp concatenates its inputs.
type appendOp struct {
	inputs []Operator
	prune  *pruner // nil: all are read
	at     int
	env    *Env
	opened bool
}

func newAppend(n *physical.Append) (Operator, error) {
	ops, err := buildAll(n.Inputs)
	if err != nil {
		return nil, err
	}
	a := &appendOp{inputs: ops}
	if n.Prune != nil {
		a.prune, err = newPruner(n.Prune, len(ops))
	}
	return a, err
}

func (a *appendOp) Open(_ context.Context, env *Env) error {
	a.env, a.at, a.opened = env, 0, false
	if a.prune != nil {
		return a.prune.open(env)
	}
	return nil
}

func (a *appendOp) Next(ctx context.Context) (*batch.Batch, error) {
	for ; a.at < len(a.inputs); a.at++ {
		if a.prune != nil && !a.prune.in[a.at] {
			continue
		}
		in := a.inputs[a.at]
		if !a.opened {
			if err := in.Open(ctx, a.env); err != nil {
				return nil, err
			}
			a.opened = true
		}
		b, err := in.Next(ctx)
		if err != nil || b != nil {
			return b, err
		}
		if err := in.Close(); err != nil {
			return nil, err
		}
		a.opened = false
	}
	return nil, nil
}

func (a *appendOp) Close() error {
	if !a.opened {
		return nil
	}
	a.opened = false
	return a.inputs[a.at].Close()
}

// sourceOp yields the batch that the session provides.
type sourceOp struct{ b *batch.Batch }

func (s *sourceOp) Open(_ context.Context, env *Env) error {
	s.b = env.Source
	return nil
}

func (s *sourceOp) Next(context.Context) (*batch.Batch, error) {
	b := s.b
	s.b = nil
	return b, nil
}

func (s *sourceOp) Close() error { return nil }
