package optimize

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// buildStep makes the nodes of the chosen order.
func (c *cluster) buildStep(s *step, need *logical.ColSet) (*rel, error) {
	if s.left == nil {
		if l := c.leaves[s.right]; c.order != nil {
			return c.p.buildPath(l.scan, c.order.path, l.need), nil
		}
		return c.p.buildLeaf(c.leaves[s.right])
	}
	conds := make([]expr.Expr, len(s.conds))
	for i, k := range s.conds {
		conds[i] = c.conds[k]
	}
	below := need.Clone(conds...)
	if l := c.leaves[s.right]; l.deps != 0 {
		logical.FreeTree(l.node, func(id logical.ColID) { below.Add(id) })
	}
	left, err := c.buildStep(s.left, below)
	if err != nil {
		return nil, err
	}
	j := &joinSpec{kind: physical.Inner, conds: conds, left: left, right: c.leaves[s.right], rows: s.rows, cost: s.cost, path: s.path}
	return c.p.buildJoin(j, s.how, need)
}

// joinSpec is a join whose method is chosen.
type joinSpec struct {
	kind  physical.JoinKind
	conds []expr.Expr
	left  *rel
	right *leaf
	hash  bool   // one of conds can be a hash key
	keyed []path // ways to read the right side by conds
	path  *path  // the chosen one of keyed
	rows  float64
	cost  float64
	share float64 // of the left rows that are wanted, in their order; 0 = all in any order
	price float64 // cost of that share
}

func (p *planner) buildJoin(j *joinSpec, how method, need *logical.ColSet) (*rel, error) {
	if how == methodHash || how == methodHashSwap {
		right, err := p.buildLeaf(j.right)
		if err != nil {
			return nil, err
		}
		if how == methodHashSwap {
			return p.hashJoin(j, right, j.left), nil
		}
		return p.hashJoin(j, j.left, right), nil
	}
	f := &frame{at: j.left.layout()}
	p.push(f)
	var right *rel
	var err error
	filter := j.conds
	if how == methodKeyed {
		filter = nil
		right = p.buildPath(j.right.scan, j.path, j.right.need)
	} else {
		right, err = p.buildLeaf(j.right)
	}
	p.pop()
	if err != nil {
		return nil, err
	}
	return p.nestLoop(j, right, f, filter), nil
}

// joinCols are the columns of a pair of rows of two built sides, and of those the ones
// that come out of a join.
func joinCols(kind physical.JoinKind, l, r *rel) (both layout, out []logical.ColID) {
	both = slices.Concat(l.cols, r.cols)
	if kind == physical.Semi || kind == physical.Anti {
		return both, l.cols
	}
	return both, both
}

func (p *planner) nestLoop(j *joinSpec, right *rel, f *frame, conds []expr.Expr) *rel {
	both, cols := joinCols(j.kind, j.left, right)
	n := &physical.NestLoop{Base: p.base(cols), Kind: j.kind, Left: j.left.node, Right: right.node}
	n.Filter = p.remapCond(conds, both)
	n.Slots, n.Args = f.slots, f.args
	n.Rows, n.Cost, n.Startup = j.rows, j.cost, j.left.info().Startup+right.info().Startup
	return &rel{n, cols}
}

func (p *planner) hashJoin(j *joinSpec, left, right *rel) *rel {
	both, cols := joinCols(j.kind, left, right)
	n := &physical.HashJoin{Base: p.base(cols), Kind: j.kind, Left: left.node, Right: right.node}
	lc, rc := logical.SetOf(left.cols...), logical.SetOf(right.cols...)
	var rest []expr.Expr
	for _, e := range j.conds {
		r, l, ok := hashKey(e, rc, lc)
		if !ok {
			rest = append(rest, e)
			continue
		}
		n.LeftKeys = append(n.LeftKeys, p.remap(l, left.layout()))
		n.RightKeys = append(n.RightKeys, p.remap(r, right.layout()))
	}
	if len(n.LeftKeys) == 0 {
		one := &expr.Const{T: types.Of(types.Int4OID), D: types.Int(1)}
		n.LeftKeys, n.RightKeys = []expr.Expr{one}, []expr.Expr{one}
	}
	n.Filter = p.remapCond(rest, both)
	n.Rows, n.Cost, n.Startup = j.rows, j.cost, right.info().Cost
	return &rel{n, cols}
}

// hashKey splits an equality into the side over right and the side over left. The
// types must hash alike: values are equal exactly when = says so.
func hashKey(e expr.Expr, right, left *logical.ColSet) (r, l expr.Expr, ok bool) {
	c, is := e.(*expr.Call)
	if !is || c.Op == nil || c.Op.Strategy != 3 || len(c.Args) != 2 || !hashable(c) || logical.IsVolatile(e) {
		return nil, nil, false
	}
	a, b := c.Args[0], c.Args[1]
	switch {
	case only(a, right) && only(b, left):
		return a, b, true
	case only(b, right) && only(a, left):
		return b, a, true
	}
	return nil, nil, false
}

// only reports that an expression uses columns, and only of the set. A subquery may
// be among it: as a hash key it is run once for a row, as a filter once for a pair.
func only(e expr.Expr, s *logical.ColSet) bool {
	any, all := false, true
	logical.Free(e, func(c logical.ColID) {
		any = true
		all = all && s.Has(c)
	})
	return any && all
}
