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

// exactNearest plans the first k rows by a distance as a walk over the vectors
// alone; ok false when the order is none, or it is cheaper to read the rows that
// pass the conditions first. k is LIMIT + OFFSET.
func (p *planner) exactNearest(x *logical.Sort, lim *logical.Limit, k float64, need *logical.ColSet) (*rel, bool, error) {
	s, conds, chain, ok := logical.ScanChain(x.Input)
	if !ok || lim == nil || lim.Limit == nil || len(x.Keys) != 1 || x.Keys[0].Desc || x.Keys[0].NullsFirst ||
		slices.ContainsFunc(conds, logical.IsVolatile) {
		return nil, false, nil
	}
	key := substituteAll(x.Keys[0].Expr, chain)
	col, query, ok := p.distanceOf(key, s)
	if !ok {
		return nil, false, nil
	}
	pt := best(p.paths(s, conds))
	if pt.index != nil || pt.arms != nil || pt.point || len(pt.bounds.Prefix) > 0 {
		return nil, false, nil
	}
	measure := pt.visited * (p.m.VectorRow + float64(typeDims(col.T))*p.m.DistDim)
	// The rows before whose distance no k that pass are known must be tested: k of
	// them at once and ever fewer later, each for 1/sel that are read.
	tested := 0.0
	if len(pt.filter) > 0 {
		rounds := 1 + math.Log(math.Max(pt.rows/math.Max(k, 1), 1))
		tested = math.Min(k*rounds*pt.visited/math.Max(pt.rows, 1e-3), pt.visited)
	}
	cost := measure + tested*p.m.Fetch
	if first := p.filterFirst(pt, measure); cost >= first {
		return nil, false, nil
	}
	r, err := p.overChain(chain, need, func(below *logical.ColSet) (*rel, error) {
		below = below.Clone(key)
		in := p.buildPath(s, pt, below)
		n := &physical.ExactSearch{Base: p.base(in.cols), Scan: in.node.(*physical.Scan), Attr: s.Attrs[slices.Index(s.Out, col.Index)],
			Key: p.remap(key, in.layout()), Query: p.remap(query, nil), Top: p.topExpr(lim)}
		n.Rows, n.Startup = math.Min(k, pt.rows), cost+p.m.Sort(pt.rows, k)
		n.Cost = n.Startup + n.Rows*(p.m.Fetch+p.m.Emit)
		return &rel{n, in.cols}, nil
	})
	return r, err == nil, err
}

// filterFirst is the cost of reading the rows, and the vectors of those that pass.
func (p *planner) filterFirst(pt *path, measure float64) float64 {
	share := pt.rows / math.Max(pt.visited, 1)
	vectors := math.Min(measure+pt.visited*(p.m.VectorRow), share*(measure+pt.visited*p.m.VectorGet))
	return pt.visited*p.m.SeqRow + vectors
}

// distanceOf reads a distance between a vector column of the scan and a value
// that is the same for all rows.
func (p *planner) distanceOf(e expr.Expr, s *logical.Scan) (col *expr.Column, query expr.Expr, ok bool) {
	c, ok := e.(*expr.Call)
	if !ok || len(c.Args) != 2 || !c.Fn.Strict || c.Fn.RetSet || c.Fn.Volatility == builtin.Volatile || c.T.OID != types.Float8OID {
		return nil, nil, false
	}
	own := logical.Produced(s)
	for i, a := range c.Args {
		col, ok := vectorColumn(a)
		query = c.Args[1-i]
		if ok && own.Has(col.Index) && p.meta.Cols[col.Index].Attr > 0 &&
			!logical.Uses(query, func(c logical.ColID) bool { return own.Has(c) }) && !logical.IsVolatile(query) && !logical.HasSubquery(query) {
			return col, query, true
		}
	}
	return nil, nil, false
}

// vectorColumn is a vector column, perhaps converted to another vector type.
func vectorColumn(e expr.Expr) (*expr.Column, bool) {
	switch x := e.(type) {
	case *expr.Column:
		return x, x.T.IsVector()
	case *expr.Relabel:
		return vectorColumn(x.X)
	case *expr.Cast:
		if x.To.IsVector() {
			return vectorColumn(x.X)
		}
	}
	return nil, false
}

// typeDims is the dimension of a vector type, a usual one when it has none.
func typeDims(t types.T) int {
	if t.Mod > 0 {
		return int(t.Mod)
	}
	return 768
}
