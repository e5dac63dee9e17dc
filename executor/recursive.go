package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
)

// recursiveUnion runs Init once and then Step over the rows that the last run
// added, until there are none (PostgreSQL chapter 7.8.2).
type recursiveUnion struct {
	node       *physical.RecursiveUnion
	init, step Operator
	seen       *rowSet
	work, next *rowStore
	refs       []*batch.Col
	sel        []uint16
	current    Operator
	env        *Env
}

func newRecursiveUnion(n *physical.RecursiveUnion) (Operator, error) {
	ops, err := buildAll([]physical.Node{n.Init, n.Step})
	if err != nil {
		return nil, err
	}
	return &recursiveUnion{
		node: n, init: ops[0], step: ops[1], seen: newRowSet(n.Cols),
		work: newRowStore(n.Cols), next: newRowStore(n.Cols),
	}, nil
}

func (r *recursiveUnion) Open(ctx context.Context, env *Env) error {
	r.env, r.current = env, r.init
	r.seen.reset(env.Budget)
	r.work.reset(env.Budget)
	r.next.reset(env.Budget)
	for len(env.work) <= r.node.Work {
		env.work = append(env.work, nil)
	}
	return r.init.Open(ctx, env)
}

func (r *recursiveUnion) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		if r.current == nil {
			return nil, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := r.current.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			if err := r.turn(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if r.node.Distinct {
			if err := r.fresh(b); err != nil {
				return nil, err
			}
		}
		if b.Len() == 0 {
			continue
		}
		if err := r.next.append(b); err != nil {
			return nil, err
		}
		return b, nil
	}
}

// fresh keeps the rows that were never produced before.
func (r *recursiveUnion) fresh(b *batch.Batch) error {
	r.refs, r.sel = columnRefs(r.refs, b), r.sel[:0]
	for _, i := range b.Sel {
		_, added, err := r.seen.add(r.refs, int(i))
		if err != nil {
			return err
		}
		if added {
			r.sel = append(r.sel, i)
		}
	}
	b.Sel = r.sel
	return nil
}

// turn makes the rows just added the working table of the next step.
func (r *recursiveUnion) turn(ctx context.Context) error {
	if err := r.current.Close(); err != nil {
		return err
	}
	r.current = nil
	if r.next.n == 0 {
		return nil
	}
	r.work, r.next = r.next, r.work
	r.next.reset(r.env.Budget)
	r.env.work[r.node.Work] = r.work
	for _, i := range r.node.CTEs {
		r.env.query.ctes[i].reset(r.env)
	}
	r.current = r.step
	return r.step.Open(ctx, r.env)
}

func (r *recursiveUnion) Close() error {
	r.seen.reset(nil)
	r.work.reset(nil)
	r.next.reset(nil)
	if r.current != nil {
		return r.current.Close()
	}
	return nil
}

// workScan reads the working table.
type workScan struct {
	node *physical.WorkScan
	rows replay
}

func (s *workScan) Open(_ context.Context, env *Env) error {
	s.rows = replay{}
	if s.node.Work < len(env.work) {
		s.rows.store = env.work[s.node.Work]
	}
	return nil
}

func (s *workScan) Next(context.Context) (*batch.Batch, error) { return s.rows.next(), nil }
func (s *workScan) Close() error                               { return nil }
