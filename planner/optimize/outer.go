package optimize

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// outerJoin plans left, right, full, semi and anti joins.
func (p *planner) outerJoin(x *logical.Join, need colset) (*rel, error) {
	if x.Kind == logical.Right {
		x = &logical.Join{Kind: logical.Left, Left: x.Right, Right: x.Left, On: x.On}
	}
	need = need.clone(x.On...)
	right := &leaf{node: x.Right, cols: colset(logical.Produced(x.Right))}
	switch r := x.Right.(type) {
	case *logical.Scan:
		right.scan = r
	case *logical.Filter:
		if s, ok := r.Input.(*logical.Scan); ok {
			right.scan, right.conds = s, append([]expr.Expr(nil), r.Conds...)
		}
	}
	leftCols := colset(logical.Produced(x.Left))
	lateral := false
	logical.FreeTree(x.Right, func(c logical.ColID) {
		if leftCols[c] {
			lateral = true
			need[c] = true
		}
	})
	left, err := p.build(x.Left, need)
	if err != nil {
		return nil, err
	}
	var on []expr.Expr
	for _, e := range x.On {
		// A condition on the right side alone filters it before the join.
		if x.Kind != logical.Full && !logical.Uses(e, func(c logical.ColID) bool { return leftCols[c] }) && !logical.IsVolatile(e) {
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
	how, err := p.chooseOuter(j, leftCols)
	if err != nil {
		return nil, err
	}
	return p.buildJoin(j, how, need)
}

func joinKind(k logical.JoinKind) physical.JoinKind {
	return [...]physical.JoinKind{logical.Inner: physical.Inner, logical.Left: physical.Left, logical.Right: physical.Right,
		logical.Full: physical.Full, logical.Semi: physical.Semi, logical.Anti: physical.Anti}[k]
}

// chooseOuter picks the method and fills the estimates.
func (p *planner) chooseOuter(j *joinSpec, leftCols colset) (method, error) {
	l, r := j.left.info(), j.right
	matched := r.rows * p.sel(j.conds)
	switch j.kind {
	case physical.Semi:
		j.rows = l.Rows * math.Min(matched, 1)
	case physical.Anti:
		j.rows = math.Max(l.Rows*(1-math.Min(matched, 0.9)), 1)
	case physical.Full:
		j.rows = math.Max(l.Rows*math.Max(matched, 1), r.rows)
	default:
		j.rows = l.Rows * math.Max(matched, 1)
	}
	hash := false
	for _, e := range j.conds {
		if _, _, ok := hashKey(e, r.cols, leftCols); ok {
			hash = true
		}
	}
	how, best := methodLoop, math.Inf(1)
	if hash && r.deps == 0 {
		how, best = methodHash, l.Cost+r.cost+r.rows*p.m.HashRow+l.Rows*p.m.Probe
	}
	if j.kind == physical.Full {
		if how != methodHash {
			return how, pgerr.New(pgerrcode.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
		}
		j.cost = best
		return how, nil
	}
	if r.scan != nil && len(j.conds) > 0 {
		list := p.paths(r.scan, append(append([]expr.Expr(nil), r.conds...), j.conds...))
		for k := 1; k < len(list); k++ {
			pt := &list[k]
			each := pt.cost
			if j.kind == physical.Semi || j.kind == physical.Anti { // the first match is enough
				each = pt.startup + (pt.cost-pt.startup)/math.Max(pt.rows, 1)
			}
			if c := l.Cost + l.Rows*(each+p.m.Open); pt.prefix > 0 && c < best {
				how, best, j.path = methodKeyed, c, pt
			}
		}
	}
	again := r.cost
	if r.deps == 0 {
		again = r.rows * p.m.Emit
	}
	if c := l.Cost + r.cost + l.Rows*(again+p.m.Open+r.rows*float64(len(j.conds))*p.m.Op); c < best {
		how, best = methodLoop, c
	}
	j.cost = best + j.rows*p.m.Emit
	return how, nil
}

// hashable reports that two equal values of the operand types have equal hashes:
// the same type on both sides, or integers.
func hashable(c *expr.Call) bool {
	a, b := c.Args[0].Type().OID, c.Args[1].Type().OID
	if a == b {
		return a != types.RecordOID
	}
	return intRank(a) > 0 && intRank(b) > 0
}
