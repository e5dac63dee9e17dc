package executor

import (
	"context"
	"errors"

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
// then passes rows of the left. DISTINCT is EXCEPT without a right side: it passes
// each distinct row once, the first of equal ones.
type setOp struct {
	except, all bool
	left, right Operator // right is nil for DISTINCT
	set         *rowSet
	counts      []int64 // rows on the right still to match; for DISTINCT: −1 = emitted
	refs        []*batch.Col
	sel         []uint16
	env         *Env
	ready       bool
	parts       setParts
	part        *runReader // the left rows of a part; nil while the input is read
	out         batch.Batch
}

func newSetOp(n *physical.SetOp) (Operator, error) {
	ops, err := buildAll([]physical.Node{n.Left, n.Right})
	if err != nil {
		return nil, err
	}
	return &setOp{except: n.Except, all: n.All, left: ops[0], right: ops[1], set: newRowSet(n.Cols), parts: setParts{types: n.Cols, id: n.ID}}, nil
}

func newHashDistinct(n *physical.HashDistinct) (Operator, error) {
	in, err := build(n.Input)
	return &setOp{except: true, left: in, set: newRowSet(n.Cols), parts: setParts{types: n.Cols, id: n.ID, keeps: n.Ordered}}, err
}

func (s *setOp) Open(ctx context.Context, env *Env) error {
	s.env, s.ready, s.part, s.counts = env, s.right == nil, nil, s.counts[:0]
	s.set.reset(env.Budget)
	if err := s.parts.close(); err != nil {
		return err
	}
	s.parts.env = env
	return s.left.Open(ctx, env)
}

// load counts the rows of the right side.
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
		if err := s.count(b); err != nil {
			return err
		}
	}
}

// count counts rows of the right side.
func (s *setOp) count(b *batch.Batch) error {
	ids, err := s.number(b)
	if err != nil {
		return err
	}
	for n, i := range b.Sel {
		if ids[n] == none {
			if err := s.parts.write(rightSide, b.Cols, int(i), s.set.hashes[n]); err != nil {
				return err
			}
			continue
		}
		s.counts[ids[n]]++
	}
	return s.parts.mind(s.set)
}

// number finds the rows of a batch in the set, and adds those that are not there, or has
// none for them when no row is added any more.
func (s *setOp) number(b *batch.Batch) ([]uint32, error) {
	s.refs = columnRefs(s.refs, b)
	if s.parts.full {
		return s.set.findAll(s.refs, b.Sel), nil
	}
	ids, err := s.set.addAll(s.refs, b.Sel)
	for len(s.counts) < s.set.rows.n {
		s.counts = append(s.counts, 0)
	}
	return ids, err
}

func (s *setOp) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.ready {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
	}
	for {
		b, err := s.next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		ids, err := s.number(b)
		if err != nil {
			return nil, err
		}
		s.sel = s.sel[:0]
		for n, i := range b.Sel {
			switch {
			case ids[n] == none:
				if err := s.parts.write(leftSide, b.Cols, int(i), s.set.hashes[n]); err != nil {
					return nil, err
				}
			case s.pass(ids[n]):
				s.sel = append(s.sel, i)
			}
		}
		if err := s.parts.mind(s.set); err != nil {
			return nil, err
		}
		if b.Sel = s.sel; len(s.sel) > 0 {
			return b, nil
		}
	}
}

// next gives the next rows of the left side: of the input, then of one part after the
// other, whose right side is counted first.
func (s *setOp) next(ctx context.Context) (*batch.Batch, error) {
	if s.part == nil {
		if b, err := s.left.Next(ctx); err != nil || b != nil {
			return b, err
		}
	}
	for {
		if s.part != nil {
			ok, err := s.part.next()
			if err != nil {
				return nil, err
			}
			if ok {
				s.out.Cols, s.out.Sel = s.part.cols, batch.Identity(s.part.n)
				return &s.out, ctx.Err()
			}
		}
		more, err := s.parts.next()
		if err != nil || !more {
			s.part = newRunReader(spillRun{}, nil) // the end stays the end
			return nil, err
		}
		s.set.reset(s.env.Budget)
		s.counts = s.counts[:0]
		if err := s.countPart(ctx); err != nil {
			return nil, err
		}
		s.part = newRunReader(s.parts.reading.sides[leftSide], s.parts.types)
	}
}

func (s *setOp) countPart(ctx context.Context) error {
	r := newRunReader(s.parts.reading.sides[rightSide], s.parts.types)
	for {
		ok, err := r.next()
		if err != nil || !ok {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.count(&batch.Batch{Cols: r.cols, Sel: batch.Identity(r.n)}); err != nil {
			return err
		}
	}
}

// pass decides on one left row equal to distinct row id.
func (s *setOp) pass(id uint32) bool {
	c := &s.counts[id]
	if s.all {
		if *c > 0 {
			*c--
			return !s.except
		}
		return s.except
	}
	matched, emitted := *c > 0, *c < 0
	if emitted || matched == s.except {
		return false
	}
	*c = -1
	return true
}

func (s *setOp) Close() error {
	s.set.reset(nil)
	return errors.Join(s.parts.close(), s.left.Close())
}
