package executor

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
)

// pruner finds the inputs of an Append that can have rows: see physical.Prune.
type pruner struct {
	def     *physical.Prune
	bounds  *bounds
	in      []bool // by input
	scratch expr.Scratch
}

func newPruner(def *physical.Prune, inputs int) (*pruner, error) {
	b, err := newBounds(&def.Bounds)
	return &pruner{def: def, bounds: b, in: make([]bool, inputs)}, err
}

func (p *pruner) open(env *Env) error {
	p.scratch.Reset()
	clear(p.in)
	w := &partition.Wanted{LoInc: p.def.Bounds.LoInc, HiInc: p.def.Bounds.HiInc}
	for k := range p.bounds.prefix {
		vals, err := p.bounds.match(k, env, &p.scratch, nil)
		if err != nil || len(vals) == 0 {
			return err
		}
		w.Prefix = append(w.Prefix, vals)
	}
	lo, hi, ok, err := p.bounds.limits(env, &p.scratch)
	if err != nil || !ok {
		return err
	}
	if p.bounds.lo != nil {
		w.Lo = &lo
	}
	if p.bounds.hi != nil {
		w.Hi = &hi
	}
	for i, in := range p.def.Set.In(w) {
		for _, k := range p.def.Parts[i] {
			p.in[k] = in
		}
	}
	return nil
}

// mergeAppend merges inputs that come in order: see physical.MergeAppend. Of equal rows
// those of earlier inputs come first.
type mergeAppend struct {
	inputs  []Operator
	order   *order
	heads   []appendHead
	heap    []int // inputs with rows left, by their next row
	out     *batch.Batch
	env     *Env
	opened  bool
	started bool
	limit   int64 // rows that are wanted, −1 = all
	scratch expr.Scratch
}

// appendHead is where the reading of an input stands.
type appendHead struct {
	b    *batch.Batch
	at   int
	keys []batch.Col
}

func newMergeAppend(n *physical.MergeAppend) (Operator, error) {
	ops, err := buildAll(n.Inputs)
	if err != nil {
		return nil, err
	}
	m := &mergeAppend{inputs: ops, heads: make([]appendHead, len(ops)), out: batch.New(n.Cols, batch.MaxRows)}
	if m.order, err = newOrder(n.Keys); err != nil {
		return nil, err
	}
	for i := range m.heads {
		m.heads[i].keys = make([]batch.Col, len(n.Keys))
	}
	return m, nil
}

func (m *mergeAppend) Open(ctx context.Context, env *Env) error {
	m.env, m.heap, m.limit = env, m.heap[:0], -1
	m.opened, m.started = true, false
	for _, in := range m.inputs {
		if err := in.Open(ctx, env); err != nil {
			return err
		}
	}
	return nil
}

// start reads the first rows of all inputs.
func (m *mergeAppend) start(ctx context.Context) error {
	m.started = true
	for i := range m.inputs {
		ok, err := m.fill(ctx, i)
		if err != nil {
			return err
		}
		if ok {
			m.heap = append(m.heap, i)
			m.up(len(m.heap) - 1)
		}
	}
	return m.order.failure()
}

// fill reads the next batch of an input and the keys of its rows; false at the end.
func (m *mergeAppend) fill(ctx context.Context, i int) (bool, error) {
	h := &m.heads[i]
	err := m.order.failure()
	if err != nil {
		return false, err
	}
	if h.b, err = m.inputs[i].Next(ctx); err != nil || h.b == nil {
		return false, err
	}
	h.at = 0
	m.scratch.Reset()
	for k, p := range m.order.progs {
		c, err := p.Eval(&m.env.Env, &m.scratch, h.b, h.b.Sel)
		if err != nil {
			return false, err
		}
		if h.keys[k].Null == nil {
			h.keys[k].Init(m.order.types[k], batch.MaxRows)
		}
		for _, r := range h.b.Sel {
			h.keys[k].Set(int(r), c.Datum(int(r)).Clone())
		}
	}
	return true, nil
}

// before orders the next rows of two inputs.
func (m *mergeAppend) before(i, j int) bool {
	a, b := &m.heads[i], &m.heads[j]
	c := m.order.compare(a.keys, int(a.b.Sel[a.at]), b.keys, int(b.b.Sel[b.at]))
	return c < 0 || c == 0 && i < j
}

func (m *mergeAppend) up(k int) {
	for k > 0 && m.before(m.heap[k], m.heap[(k-1)/2]) {
		m.heap[k], m.heap[(k-1)/2] = m.heap[(k-1)/2], m.heap[k]
		k = (k - 1) / 2
	}
}

func (m *mergeAppend) down() {
	for k := 0; ; {
		c := 2*k + 1
		if c >= len(m.heap) {
			return
		}
		if c+1 < len(m.heap) && m.before(m.heap[c+1], m.heap[c]) {
			c++
		}
		if !m.before(m.heap[c], m.heap[k]) {
			return
		}
		m.heap[k], m.heap[c] = m.heap[c], m.heap[k]
		k = c
	}
}

// bound implements bounded.
func (m *mergeAppend) bound(rows int64) {
	m.limit = rows
	for _, in := range m.inputs {
		if b, ok := in.(bounded); ok {
			b.bound(rows)
		}
	}
}

func (m *mergeAppend) Next(ctx context.Context) (*batch.Batch, error) {
	if !m.started {
		if err := m.start(ctx); err != nil {
			return nil, err
		}
	}
	n := 0
	room := batch.MaxRows
	if m.limit >= 0 {
		room = int(min(int64(room), m.limit))
	}
	for n < room && len(m.heap) > 0 {
		i := m.heap[0]
		h := &m.heads[i]
		r := int(h.b.Sel[h.at])
		for k := range m.out.Cols {
			m.out.Cols[k].Set(n, h.b.Cols[k].Datum(r).Clone())
		}
		n++
		if h.at++; h.at == len(h.b.Sel) {
			if m.limit == int64(n) { // no more is wanted
				break
			}
			ok, err := m.fill(ctx, i)
			if err != nil {
				return nil, err
			}
			if !ok {
				last := len(m.heap) - 1
				m.heap[0] = m.heap[last]
				m.heap = m.heap[:last]
			}
		}
		m.down()
	}
	if n == 0 {
		return nil, nil
	}
	if m.limit >= 0 {
		m.limit -= int64(n)
	}
	m.out.Sel = batch.Identity(n)
	return m.out, nil
}

func (m *mergeAppend) Close() error {
	if !m.opened {
		return nil
	}
	m.opened = false
	var errs []error
	for i, in := range m.inputs {
		m.heads[i].b = nil
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}
