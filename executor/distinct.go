package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// columnRefs points at the columns of a batch.
func columnRefs(dst []*batch.Col, b *batch.Batch) []*batch.Col {
	dst = dst[:0]
	for i := range b.Cols {
		dst = append(dst, &b.Cols[i])
	}
	return dst
}

// hashDistinct passes each distinct row once.
type hashDistinct struct {
	input Operator
	set   *rowSet
	refs  []*batch.Col
	sel   []uint16
}

func newHashDistinct(n *physical.HashDistinct) (Operator, error) {
	in, err := build(n.Input)
	return &hashDistinct{input: in, set: newRowSet(n.Cols)}, err
}

func (d *hashDistinct) Open(ctx context.Context, env *Env) error {
	d.set.reset(env.Budget)
	return d.input.Open(ctx, env)
}

func (d *hashDistinct) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		b, err := d.input.Next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		d.refs, d.sel = columnRefs(d.refs, b), d.sel[:0]
		known := d.set.rows.n
		ids, err := d.set.addAll(d.refs, b.Sel)
		if err != nil {
			return nil, err
		}
		for n, i := range b.Sel {
			if int(ids[n]) == known { // numbers are given in order
				d.sel = append(d.sel, i)
				known++
			}
		}
		if b.Sel = d.sel; len(d.sel) > 0 {
			return b, nil
		}
	}
}

func (d *hashDistinct) Close() error {
	d.set.reset(nil)
	return d.input.Close()
}

// unique drops rows whose keys equal the row before.
type unique struct {
	input   Operator
	keys    []*expr.Program
	last    *rowStore
	cols    []*batch.Col
	row     []types.Datum
	sel     []uint16
	scratch expr.Scratch
	env     *Env
}

func newUnique(n *physical.Unique) (Operator, error) {
	in, err := build(n.Input)
	if err != nil {
		return nil, err
	}
	ps, err := programs(n.Keys)
	if err != nil {
		return nil, err
	}
	u := &unique{input: in, keys: ps, cols: make([]*batch.Col, len(ps))}
	var ts []types.T
	for _, k := range n.Keys {
		ts = append(ts, k.Type())
	}
	u.last = newRowStore(ts)
	return u, nil
}

func (u *unique) Open(ctx context.Context, env *Env) error {
	u.env = env
	u.scratch.Reset()
	u.last.reset(nil)
	return u.input.Open(ctx, env)
}

func (u *unique) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		b, err := u.input.Next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		if err := evalAll(u.keys, u.env, &u.scratch, b, u.cols); err != nil {
			return nil, err
		}
		u.sel = u.sel[:0]
		for _, i := range b.Sel {
			if u.last.n == 1 && u.same(int(i)) {
				continue
			}
			u.sel = append(u.sel, i)
			u.last.reset(nil)
			u.row = u.row[:0]
			for _, c := range u.cols {
				u.row = append(u.row, c.Datum(int(i)))
			}
			if err := u.last.appendRow(u.row); err != nil {
				return nil, err
			}
		}
		if b.Sel = u.sel; len(u.sel) > 0 {
			return b, nil
		}
	}
}

func (u *unique) same(i int) bool {
	for k, c := range u.cols {
		if !equalAt(u.last.types[k], c, i, &u.last.cols[k], 0) {
			return false
		}
	}
	return true
}

func (u *unique) Close() error { return u.input.Close() }

// setOp is INTERSECT or EXCEPT: it counts each distinct row of the right side,
// then passes rows of the left.
type setOp struct {
	node        *physical.SetOp
	left, right Operator
	set         *rowSet
	counts      []int64 // rows on the right still to match; for DISTINCT: −1 = emitted
	refs        []*batch.Col
	sel         []uint16
	env         *Env
	ready       bool
}

func newSetOp(n *physical.SetOp) (Operator, error) {
	ops, err := buildAll([]physical.Node{n.Left, n.Right})
	if err != nil {
		return nil, err
	}
	return &setOp{node: n, left: ops[0], right: ops[1], set: newRowSet(n.Cols)}, nil
}

func (s *setOp) Open(ctx context.Context, env *Env) error {
	s.env, s.ready, s.counts = env, false, s.counts[:0]
	s.set.reset(env.Budget)
	return s.left.Open(ctx, env)
}

func (s *setOp) load(ctx context.Context) error {
	s.ready = true
	if err := s.right.Open(ctx, s.env); err != nil {
		return err
	}
	for {
		b, err := s.right.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return s.right.Close()
		}
		s.refs = columnRefs(s.refs, b)
		for _, i := range b.Sel {
			id, err := s.count(int(i))
			if err != nil {
				return err
			}
			s.counts[id]++
		}
	}
}

func (s *setOp) count(i int) (uint32, error) {
	id, added, err := s.set.add(s.refs, i)
	if added {
		s.counts = append(s.counts, 0)
	}
	return id, err
}

func (s *setOp) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.ready {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
	}
	for {
		b, err := s.left.Next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		s.refs, s.sel = columnRefs(s.refs, b), s.sel[:0]
		for _, i := range b.Sel {
			id, err := s.count(int(i))
			if err != nil {
				return nil, err
			}
			if s.pass(id) {
				s.sel = append(s.sel, i)
			}
		}
		if b.Sel = s.sel; len(s.sel) > 0 {
			return b, nil
		}
	}
}

// pass decides on one left row equal to distinct row id.
func (s *setOp) pass(id uint32) bool {
	c := &s.counts[id]
	if s.node.All {
		if *c > 0 {
			*c--
			return !s.node.Except
		}
		return s.node.Except
	}
	matched, emitted := *c > 0, *c < 0
	if emitted || matched == s.node.Except {
		return false
	}
	*c = -1
	return true
}

func (s *setOp) Close() error {
	s.set.reset(nil)
	return s.left.Close()
}
