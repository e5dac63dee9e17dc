package optimize

import (
	"cmp"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// groupingSets aggregates the input once per set: the input is kept like a WITH
// query and read by one aggregation each, whose results are appended. Groups that
// are not in a set come as NULL.
func (p *planner) groupingSets(x *logical.Agg) (*rel, error) {
	cols := uniqueIDs(x.Input.Cols())
	used := aggNeeds(x)
	var kept []logical.ColID
	for _, c := range cols {
		if used.Has(c) {
			kept = append(kept, c)
		}
	}
	source := &logical.CTE{Name: "*GROUPING SETS*", Tree: x.Input, Out: kept}
	out := x.Cols()
	n := &physical.Append{}
	rows, total := 0.0, 0.0
	for _, set := range p.setsInOrder(x) {
		r, err := p.oneSet(x, source, set, out)
		if err != nil {
			return nil, err
		}
		n.Inputs = append(n.Inputs, r.node)
		rows, total = rows+r.info().Rows, total+r.info().Cost
	}
	n.Base = p.base(out)
	n.Rows, n.Cost = rows, total
	return &rel{n, out}, nil
}

// setsInOrder is the order in which PostgreSQL's hash aggregation gives the rows of sets,
// which shows where an ORDER BY leaves it open: the row of all first, then from long sets
// to short ones. Aggregates that need sorted input are not hashed, and MySQL's ROLLUP ends
// with the row of all.
func (p *planner) setsInOrder(x *logical.Agg) [][]int {
	if p.o.Session != nil {
		if v, _ := p.o.Session.Setting("sql_dialect"); v == "tidb" {
			return x.Sets
		}
	}
	for i := range x.Aggs {
		if x.Aggs[i].Distinct || len(x.Aggs[i].OrderBy) > 0 || len(x.Aggs[i].Direct) > 0 {
			return x.Sets
		}
	}
	rank := func(set []int) int {
		if len(set) == 0 {
			return math.MinInt
		}
		return -len(set)
	}
	list := slices.Clone(x.Sets)
	slices.SortStableFunc(list, func(a, b []int) int { return cmp.Compare(rank(a), rank(b)) })
	return list
}

// oneSet aggregates by the groups of one set.
func (p *planner) oneSet(x *logical.Agg, source *logical.CTE, set []int, out []logical.ColID) (*rel, error) {
	a := &logical.Agg{Input: &logical.CTERef{CTE: source, Out: source.Out}, AggOut: x.AggOut}
	in := map[int]bool{}
	for _, g := range set {
		if !in[g] {
			in[g] = true
			a.Groups, a.GroupOut = append(a.Groups, x.Groups[g]), append(a.GroupOut, x.GroupOut[g])
		}
	}
	for _, c := range x.Aggs {
		c.Direct = withoutGroups(c.Direct, x.Groups, in)
		a.Aggs = append(a.Aggs, c)
	}
	r, err := p.agg(a, nil)
	if err != nil {
		return nil, err
	}
	at := r.layout()
	n := &physical.Project{Base: p.base(out), Input: r.node}
	for i, c := range out {
		switch made := i - len(x.Groups) - len(x.Aggs); {
		case i < len(x.Groups) && !in[i]:
			n.Exprs = append(n.Exprs, &expr.Const{T: x.Groups[i].Type(), D: types.Null})
		case made >= 0:
			n.Exprs = append(n.Exprs, &expr.Const{T: types.Of(types.Int4OID), D: types.Int(x.Grouping[made].Value(set))})
		default:
			n.Exprs = append(n.Exprs, p.remapCol(c, p.meta.Cols[c].T, at))
		}
	}
	p.inherit(&n.Base, r, 0)
	return &rel{n, out}, nil
}

// withoutGroups makes groups that are not in a set NULL.
func withoutGroups(list, groups []expr.Expr, in map[int]bool) []expr.Expr {
	var clear func(expr.Expr) expr.Expr
	clear = func(e expr.Expr) expr.Expr {
		for i, g := range groups {
			if !in[i] && logical.Same(g, e) {
				return &expr.Const{T: e.Type(), D: types.Null}
			}
		}
		return logical.Map(e, clear)
	}
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = clear(e)
	}
	return out
}
