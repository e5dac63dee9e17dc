package optimize

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// leftOrder asks for a join that keeps the order of its left side, which comes in
// the order of keys; about so many rows of it are wanted.
type leftOrder struct {
	keys []logical.SortKey
	rows float64
}

// outerJoin plans left, right, full, semi and anti joins. With order it answers
// errUnordered when the left side does not come in order, or sorting is cheaper.
func (p *planner) outerJoin(x *logical.Join, order *leftOrder, need *logical.ColSet) (*rel, error) {
	if x.Kind == logical.Right {
		x = &logical.Join{Kind: logical.Left, Left: x.Right, Right: x.Left, On: x.On}
	}
	need = need.Clone(x.On...)
	right := &leaf{node: x.Right, cols: logical.Produced(x.Right)}
	switch r := x.Right.(type) {
	case *logical.Scan:
		right.scan = r
	case *logical.Filter:
		if s, ok := r.Input.(*logical.Scan); ok {
			right.scan, right.conds = s, append([]expr.Expr(nil), r.Conds...)
		}
	}
	leftCols := logical.Produced(x.Left)
	lateral := false
	logical.FreeTree(x.Right, func(c logical.ColID) {
		if leftCols.Has(c) {
			lateral = true
			need.Add(c)
		}
	})
	left, err := p.leftSide(x.Left, order, need)
	if err != nil {
		return nil, err
	}
	var on []expr.Expr
	for _, e := range x.On {
		// A condition on the right side alone filters it before the join.
		if x.Kind != logical.Full && !logical.Uses(e, func(c logical.ColID) bool { return leftCols.Has(c) }) && !logical.IsVolatile(e) {
			right.conds = append(right.conds, e)
			continue
		}
		on = append(on, e)
	}
	if lateral {
		right.deps = 1
		right.scan = nil
		if right.conds != nil {
			right.node, right.conds = logical.PushFilter(x.Right, right.conds), nil
		}
	}
	if err := p.prepare(right, nil, 0, need); err != nil {
		return nil, err
	}
	j := &joinSpec{kind: joinKind(x.Kind), conds: on, left: left, right: right}
	if order != nil {
		j.share = math.Min(order.rows/math.Max(left.info().Rows, 1), 1)
	}
	p.matchOuter(j, leftCols)
	how := p.chooseOuter(j)
	if order != nil {
		free := *j
		free.share = 0
		p.chooseOuter(&free)
		if j.price > free.price+p.m.Sort(free.rows, finite(order.rows)) {
			return nil, errUnordered
		}
	}
	return p.buildJoin(j, how, need)
}

// leftSide plans the left side of a join, in order if that is asked for.
func (p *planner) leftSide(n logical.Node, order *leftOrder, need *logical.ColSet) (*rel, error) {
	if order == nil {
		return p.build(n, need)
	}
	r, ok, err := p.inOrder(&logical.Sort{Input: n, Keys: order.keys}, order.rows, need)
	if err == nil && !ok {
		err = errUnordered
	}
	return r, err
}

func joinKind(k logical.JoinKind) physical.JoinKind {
	return [...]physical.JoinKind{logical.Inner: physical.Inner, logical.Left: physical.Left, logical.Right: physical.Right,
		logical.Full: physical.Full, logical.Semi: physical.Semi, logical.Anti: physical.Anti}[k]
}

// matchOuter fills what the join is like whatever its method: its rows, whether it has a
// hash key, and the ways to read the right side by it.
func (p *planner) matchOuter(j *joinSpec, leftCols *logical.ColSet) {
	left, r := j.left.info().Rows, j.right
	matched := r.rows * p.sel(j.conds)
	switch j.kind {
	case physical.Semi:
		j.rows = left * math.Min(matched, 1)
	case physical.Anti:
		j.rows = math.Max(left*(1-math.Min(matched, 0.9)), 1)
	case physical.Full:
		j.rows = math.Max(left*math.Max(matched, 1), r.rows)
	default:
		j.rows = left * math.Max(matched, 1)
	}
	for _, e := range j.conds {
		if _, _, ok := hashKey(e, r.cols, leftCols); ok {
			j.hash = true
		}
	}
	if r.scan != nil && len(j.conds) > 0 && j.kind != physical.Full {
		j.keyed = p.paths(r.scan, slices.Concat(r.conds, j.conds))[1:]
	}
}

// chooseOuter picks the method and fills its costs. With a share it is one
// that keeps the left order and is cheap for that share of the rows.
func (p *planner) chooseOuter(j *joinSpec) method {
	l, r := j.left.info(), j.right
	how := methodLoop
	j.price = math.Inf(1)
	try := func(m method, startup, cost float64, pt *path) {
		price := cost
		if j.share > 0 {
			price = startup + (cost-startup)*j.share
		}
		if price < j.price {
			how, j.price, j.cost, j.path = m, price, cost+j.rows*p.m.Emit, pt
		}
	}
	// A left join by hash shows rows without a partner after the others of their batch.
	if j.hash && r.deps == 0 && (j.share == 0 || j.kind != physical.Left) {
		build := r.cost + r.rows*p.m.HashRow
		try(methodHash, l.Startup+build, l.Cost+build+l.Rows*p.m.Probe, nil)
	}
	if j.kind == physical.Full {
		if how != methodHash {
			// Without a key to hash by, all rows meet in one bucket.
			build := r.cost + r.rows*p.m.HashRow
			try(methodHash, l.Startup+build, l.Cost+build+l.Rows*(p.m.Probe+r.rows*float64(len(j.conds))*p.m.Op), nil)
		}
		return how
	}
	for k := range j.keyed {
		pt := &j.keyed[k]
		each := pt.cost
		if j.kind == physical.Semi || j.kind == physical.Anti { // the first match is enough
			each = pt.startup + (pt.cost-pt.startup)/math.Max(pt.rows, 1)
		}
		if pt.prefix > 0 || pt.arms != nil {
			try(methodKeyed, l.Startup, l.Cost+l.Rows*(each+p.m.Open), pt)
		}
	}
	again, startup := r.cost, l.Startup
	if r.deps == 0 {
		again, startup = r.rows*p.m.Emit, l.Startup+r.cost
	}
	try(methodLoop, startup, l.Cost+r.cost+l.Rows*(again+p.m.Open+r.rows*float64(len(j.conds))*p.m.Op), nil)
	return how
}

// hashable reports that two equal values of the operand types have equal hashes: the same
// type on both sides, or integers. Rows with columns that have no equality are left to the
// operator, which refuses them when it meets one.
func hashable(c *expr.Call) bool {
	a, b := c.Args[0].Type().OID, c.Args[1].Type().OID
	if a == b {
		return a != types.RecordOID && builtin.HasEquality(a)
	}
	return intRank(a) > 0 && intRank(b) > 0
}
