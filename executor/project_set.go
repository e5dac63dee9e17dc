package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// projectSet is project with set-returning calls: each input row gives as many
// rows as its longest set; shorter sets are padded with NULLs (PostgreSQL 10 and later).
type projectSet struct {
	input   Operator
	node    *physical.ProjectSet
	plain   []*expr.Program
	sets    []*setCall
	setCols [][]*batch.Col
	cols    []*batch.Col
	out     *batch.Batch
	arena   batch.Arena
	b       *batch.Batch
	at      int
	running bool
	lazy    bool // some expressions are volatile: they are computed for each row that they show in
	scratch expr.Scratch
	env     *Env
}

func newProjectSet(n *physical.ProjectSet) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	p := &projectSet{input: in, node: n, lazy: slices.Contains(n.Volatile, true), cols: make([]*batch.Col, len(n.Exprs))}
	p.out = &batch.Batch{Cols: make([]batch.Col, len(n.Cols))}
	for _, e := range n.Exprs {
		if c, ok := e.(*expr.Call); ok && c.Fn.RetSet {
			s, err := newSetCall(c)
			if err != nil {
				return nil, err
			}
			p.sets, p.plain = append(p.sets, s), append(p.plain, nil)
			p.setCols = append(p.setCols, make([]*batch.Col, len(s.args)))
			continue
		}
		q, err := expr.Compile(e)
		if err != nil {
			return nil, err
		}
		p.sets, p.plain, p.setCols = append(p.sets, nil), append(p.plain, q), append(p.setCols, nil)
	}
	return p, nil
}

func (p *projectSet) Open(ctx context.Context, env *Env) error {
	p.env, p.b, p.running = env, nil, false
	p.scratch.Reset()
	return p.input.Open(ctx, env)
}

func (p *projectSet) Next(ctx context.Context) (*batch.Batch, error) {
	if err := ctx.Err(); err != nil { // an input row's set may be longer than anybody waits
		return nil, err
	}
	for k := range p.out.Cols {
		p.out.Cols[k].Init(p.node.Cols[k], batch.MaxRows)
	}
	p.arena.Reset()
	n, most := 0, batch.MaxRows
	if p.lazy {
		most = 1
	}
	for n < most && !p.arena.Full() {
		ok, err := p.row(ctx, n)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		n++
	}
	if n == 0 {
		return nil, nil
	}
	p.out.Sel = batch.Identity(n)
	return p.out, nil
}

// row produces the next output row at index n.
func (p *projectSet) row(ctx context.Context, n int) (bool, error) {
	for {
		if !p.running {
			if ok, err := p.begin(ctx); err != nil || !ok {
				return false, err
			}
		}
		any := false
		for k, s := range p.sets {
			if s == nil {
				if err := p.again(k); err != nil {
					return false, err
				}
				continue
			}
			ok, err := s.next()
			if err != nil {
				return false, err
			}
			any = any || ok
		}
		if any {
			p.put(n)
			return true, nil
		}
		p.running = false
		p.at++
	}
}

// begin moves to the next input row and starts its sets.
func (p *projectSet) begin(ctx context.Context) (bool, error) {
	if p.b == nil || p.at >= len(p.b.Sel) {
		b, err := p.input.Next(ctx)
		if err != nil || b == nil {
			return false, err
		}
		p.b, p.at = b, 0
		if !p.lazy {
			if err := p.eval(b); err != nil {
				return false, err
			}
		}
	}
	if p.lazy {
		one := *p.b
		one.Sel = p.b.Sel[p.at : p.at+1]
		if err := p.eval(&one); err != nil {
			return false, err
		}
	}
	i := int(p.b.Sel[p.at])
	for k, s := range p.sets {
		if s == nil {
			continue
		}
		s.vals = s.vals[:0]
		for _, c := range p.setCols[k] {
			s.vals = append(s.vals, c.Datum(i))
		}
		if err := s.start(p.env); err != nil {
			return false, err
		}
	}
	p.running = true
	return true, nil
}

// eval computes what the rows of a batch have once, and the arguments of their sets.
func (p *projectSet) eval(b *batch.Batch) (err error) {
	for k, q := range p.plain {
		switch {
		case q == nil:
			err = evalAll(p.sets[k].args, p.env, &p.scratch, b, p.setCols[k])
		case !p.node.Volatile[k]:
			p.cols[k], err = q.Eval(&p.env.Env, &p.scratch, b, b.Sel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// again computes a volatile expression for one more row, or for the look beyond the last:
// PostgreSQL computes it then, too.
func (p *projectSet) again(k int) (err error) {
	if p.node.Volatile[k] {
		p.cols[k], err = p.plain[k].Eval(&p.env.Env, &p.scratch, p.b, p.b.Sel[p.at:p.at+1])
	}
	return err
}

func (p *projectSet) put(n int) {
	i := int(p.b.Sel[p.at])
	for k := range p.out.Cols {
		var d types.Datum
		if s := p.sets[k]; s != nil {
			d = s.value()
		} else {
			d = p.cols[k].Datum(i)
		}
		if b := d.Bytes(); b != nil && !d.IsNull() {
			d = types.Bytes(p.arena.Copy(b))
		}
		p.out.Cols[k].Set(n, d)
	}
}

func (p *projectSet) Close() error { return p.input.Close() }
