package optimize

import (
	"fmt"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/cost"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
)

// knn plans a nearest-neighbour order through a vector index; ok false when
// there is none or an exact sort is cheaper. k is LIMIT + OFFSET, infinite when unknown.
func (p *planner) knn(x *logical.Sort, lim *logical.Limit, k float64, need *logical.ColSet) (*rel, bool, error) {
	n, ok := logical.FindKNN(x)
	if !ok || lim == nil && !p.noSeq || p.noIndex {
		return nil, false, nil
	}
	n.Conds = n.Scan.Secured(n.Conds)
	rows := p.tableRows(n.Scan.Table)
	want := k
	if math.IsInf(k, 1) {
		want = 10
		if lim == nil {
			want = rows
		}
	}
	def, indexed := p.vectorIndex(n, want)
	if def == nil {
		return nil, false, nil
	}
	sel := p.sel(n.Conds)
	walked := sel // of what a walk proposes
	if at, _, _ := bound(n); at >= 0 {
		walked = p.sel(slices.Delete(slices.Clone(n.Conds), at, at+1)) // it ends at the bound
	}
	list := p.paths(n.Scan, n.Conds)
	pre := best(list)
	dims := dimsOf(def.Index)
	exact := pre.cost + pre.rows*(float64(dims)*p.m.DistDim+p.m.VectorGet) + p.m.Sort(pre.rows, want)
	part, entries := cost.Within(walked, rows, indexed)
	carried := included(def.Index, n.Scan, n.Conds)
	passed := p.sel(carried)
	fetched, _ := cost.Within(math.Max(passed, walked), rows, indexed)
	shape := p.shape(def.Index)
	costs := p.m.KNN(cost.Ask{Shape: shape, Sel: part, Entries: entries, K: want, Dims: dims, Pre: pre.cost, Carried: len(carried) > 0, Fetched: fetched})
	search := costs.Post
	if len(n.Conds) > 0 {
		search = min(costs.Post, costs.Pre, costs.Included)
	}
	if pre.point || exact <= search && !p.noSeq {
		return nil, false, nil
	}
	v := &physical.VectorSearch{Table: n.Scan.Table, Alias: n.Scan.Alias, Index: def.Index, Def: *def, Op: n.Dist.Op,
		Selectivity: walked, IncludedSel: passed, TableRows: rows, Indexed: indexed, Shape: shape}
	v.Startup, v.Cost, v.Rows = p.m.Seek, math.Max(search, p.m.Seek), rows*sel
	r, err := p.overSearch(n, v, lim, need)
	return r, err == nil, err
}

// dimsOf is the dimension of an index's vectors.
func dimsOf(x *catalog.Index) int {
	if d := x.Keys[0].Dimensions(); d > 0 {
		return d
	}
	return 768
}

// shape is what a live index says of its searches.
func (p *planner) shape(x *catalog.Index) physical.VectorShape {
	s := physical.VectorShape{Method: x.Method}
	if p.o.VectorStats != nil {
		st := p.o.VectorStats(x.ID)
		s.Effort, s.Lists = st.Effort, st.Lists
	}
	return s
}

// vectorIndex finds a valid index on the key with the operator's class: the one
// with the fewest entries if several will do, as a partial one has fewer than a
// whole one, and among those the one that proposes the want nearest rows at the least cost.
// fewest is the fraction of the table's rows that are in it.
func (p *planner) vectorIndex(n *logical.KNN, want float64) (best *physical.IndexWrite, fewest float64) {
	fewest = math.Inf(1)
	least := math.Inf(1)
	for _, x := range n.Scan.Table.Indexes {
		class, ok := opclass.Of(x)
		if !ok || !x.Usable() || !class.Orders(n.Dist.Op.Name, n.Dist.Op.Left) {
			continue
		}
		def, err := bind.IndexWrite(n.Scan.Table, x, p.o)
		if err != nil {
			continue
		}
		key := p.tableExpr(n.Scan, def.Keys[0])
		if key == nil || !logical.Same(key, n.Key) {
			continue
		}
		entries := 1.0
		if def.Where != nil {
			where := p.tableExpr(n.Scan, def.Where)
			if where == nil || !bind.Implies(n.Conds, where) {
				continue
			}
			entries = p.sel(logical.Conjuncts(nil, where))
		}
		ask := cost.Ask{Shape: p.shape(x), Entries: entries * p.tableRows(n.Scan.Table), Dims: dimsOf(x)}
		if c := p.m.Search(&ask, want); entries < fewest || entries == fewest && c < least {
			best, fewest, least = &def, entries, c
		}
	}
	return best, fewest
}

// overSearch builds the search and the projections above it; where they compute
// the distance again they take the search's.
func (p *planner) overSearch(n *logical.KNN, v *physical.VectorSearch, lim *logical.Limit, need *logical.ColSet) (*rel, error) {
	dist := p.meta.Add(logical.ColInfo{Name: "distance", T: types.Of(types.Float8OID)})
	chain := reuse(n, dist)
	if len(chain) == 0 {
		return p.search(n, v, lim, dist, need)
	}
	return p.overChain(chain, need, func(below *logical.ColSet) (*rel, error) {
		return p.search(n, v, lim, dist, below)
	})
}

// reuse copies the projections with every occurrence of the distance replaced by
// the search's own column.
func reuse(n *logical.KNN, dist logical.ColID) []*logical.Project {
	col := &expr.Column{Index: dist, T: n.Dist.T, Name: "distance"}
	out := make([]*logical.Project, len(n.Chain))
	for i, pr := range n.Chain {
		c := *pr
		c.Exprs = append([]expr.Expr(nil), pr.Exprs...)
		// Only the innermost projection sees the scan's columns.
		if i == len(n.Chain)-1 {
			for j, e := range c.Exprs {
				c.Exprs[j] = replaceSame(e, n.Dist, col)
			}
		}
		out[i] = &c
	}
	return out
}

func replaceSame(e expr.Expr, what *expr.Call, by expr.Expr) expr.Expr {
	if sameDistance(e, what) {
		return by
	}
	return logical.Map(e, func(c expr.Expr) expr.Expr { return replaceSame(c, what, by) })
}

// sameDistance allows the operands in either order.
func sameDistance(e expr.Expr, d *expr.Call) bool {
	c, ok := e.(*expr.Call)
	if !ok || c.Fn != d.Fn || len(c.Args) != 2 {
		return false
	}
	return logical.Same(c.Args[0], d.Args[0]) && logical.Same(c.Args[1], d.Args[1]) ||
		d.Op.Commutes && logical.Same(c.Args[0], d.Args[1]) && logical.Same(c.Args[1], d.Args[0])
}

// search completes the VectorSearch, whose index and estimates are set.
func (p *planner) search(n *logical.KNN, v *physical.VectorSearch, lim *logical.Limit, dist logical.ColID, need *logical.ColSet) (*rel, error) {
	wantDist := need.Has(dist)
	need = need.Clone(n.Conds...)
	v.DistCol = wantDist
	var cols []logical.ColID
	cols, v.Attrs = needed(n.Scan, need)
	if wantDist {
		cols = append(cols, dist)
	}
	estimate := v.Base
	v.Base = p.base(cols)
	v.Startup, v.Cost, v.Rows = estimate.Startup, estimate.Cost, estimate.Rows
	r := &rel{v, cols}
	v.Query = p.remap(n.Query, nil)
	v.K = p.topExpr(lim)
	v.Filter = p.remapCond(n.Conds, r.layout())
	v.Included = p.remapCond(included(v.Index, n.Scan, n.Conds), r.layout())
	if at, radius, inclusive := bound(n); at >= 0 {
		v.Radius, v.Inclusive = p.remap(radius, nil), inclusive
	}
	if len(n.Conds) == 0 {
		v.Strategy = physical.StrategyPost
		return r, nil
	}
	v.Pre = p.preFilter(n)
	v.Strategy, v.Why = p.chosen(v)
	return r, nil
}

// bound finds the condition that bounds the distance of the order; at is −1 when there is none.
func bound(n *logical.KNN) (at int, radius expr.Expr, inclusive bool) {
	own := &logical.ColSet{}
	for _, id := range n.Scan.Out {
		own.Add(id)
	}
	for i, c := range n.Conds {
		x, ok := c.(*expr.Call)
		if !ok || len(x.Args) != 2 {
			continue
		}
		for _, arg := range x.Args {
			if !sameDistance(arg, n.Dist) {
				continue
			}
			if r, strategy, ok := comparison(x, arg, own); ok && strategy <= 2 {
				return i, r, strategy == 2
			}
		}
	}
	return -1, nil, false
}

// included are the conditions that the entries of vector index x of the scan's table can
// answer: of its included columns alone, and the same whenever they are asked.
func included(x *catalog.Index, s *logical.Scan, conds []expr.Expr) []expr.Expr {
	if len(x.Include) == 0 {
		return nil
	}
	lacks := &logical.ColSet{}
	for i, id := range s.Out {
		if !slices.Contains(x.Include, s.Attrs[i]) {
			lacks.Add(id)
		}
	}
	var out []expr.Expr
	for _, c := range conds {
		if !logical.Uses(c, func(id logical.ColID) bool { return lacks.Has(id) }) && !logical.IsVolatile(c) && !logical.HasSubquery(c) {
			out = append(out, c)
		}
	}
	return out
}

// preFilter reads the keys of the rows that pass the conditions.
func (p *planner) preFilter(n *logical.KNN) physical.Node {
	id := logical.ColID(0)
	for i, a := range n.Scan.Attrs {
		if a == catalog.RowIDAttr {
			id = n.Scan.Out[i]
		}
	}
	s := *n.Scan
	if id == 0 {
		id = p.meta.Add(logical.ColInfo{Name: "rowid", Rel: s.Alias, T: types.Of(types.Int8OID), Table: s.Table, Attr: catalog.RowIDAttr})
		s.Attrs = append(append([]int16(nil), s.Attrs...), catalog.RowIDAttr)
		s.Out = append(append([]logical.ColID(nil), s.Out...), id)
	}
	only := []logical.ColID{id}
	for _, c := range n.Conds {
		if !logical.HasSubquery(c) {
			continue
		}
		// As a join the subquery may drive the search for the keys.
		if r, err := p.exactly(logical.Filtered(&s, n.Conds, p.meta), only); err == nil {
			return r.node
		}
		break
	}
	r := p.buildPath(&s, best(p.paths(&s, n.Conds)), logical.SetOf(id))
	return p.exact(r, only).node
}

// chosen decides the strategy now when the filter has no parameters, else leaves
// it to Open. It states the estimate either way.
func (p *planner) chosen(v *physical.VectorSearch) (physical.Strategy, string) {
	s, why := cost.ChooseKNN(v, v.Selectivity, v.IncludedSel, v.TableRows)
	runtime := false
	expr.Walk(v.Filter, func(e expr.Expr) bool {
		switch e.(type) {
		case *expr.Param, *expr.Exec:
			runtime = true
		}
		return true
	})
	switch e := v.K.(type) {
	case nil, *expr.Const:
	default:
		_ = e
		runtime = true
	}
	if runtime {
		return physical.StrategyAuto, fmt.Sprintf("at plan time: %s", why)
	}
	return s, why
}
