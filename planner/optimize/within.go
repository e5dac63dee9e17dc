package optimize

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
)

// within is a path through a vector index to the rows within a distance.
type within struct {
	def       *physical.IndexWrite
	knn       *logical.KNN
	radius    expr.Expr
	inclusive bool
}

// withRanges adds the ways through vector indexes to list when conds bound a distance:
// WHERE key op query < radius. The other ways then pay for a distance of every row that
// they visit.
func (p *planner) withRanges(s *logical.Scan, conds []expr.Expr, rows float64, list []path) []path {
	if !s.Table.IsStored() || !slices.ContainsFunc(s.Table.Indexes, (*catalog.Index).IsVector) {
		return list
	}
	plain := len(list)
	for i, c := range conds {
		w := p.withinOf(s, conds, c)
		if w == nil {
			continue
		}
		dims := dimsOf(w.def.Index)
		measure := float64(dims)*p.m.DistDim + p.m.VectorGet
		for k := range list[:plain] {
			list[k].cost += list[k].visited * measure
		}
		entries := rows
		if w.def.Where != nil {
			entries *= p.sel(logical.Conjuncts(nil, p.tableExpr(s, w.def.Where)))
		}
		pt := path{index: w.def.Index, within: w, keys: []expr.Expr{w.knn.Dist}, rows: list[0].rows}
		for k, other := range conds {
			if k != i {
				pt.filter = append(pt.filter, other)
			}
		}
		pt.visited = rows * p.sel([]expr.Expr{c})
		// Every entry is measured before the first row comes.
		pt.startup = p.m.Seek + entries*float64(dims)*p.m.DistDim
		fetched := p.sel(included(w.def.Index, s, pt.filter))
		pt.cost = pt.startup + pt.visited*(fetched*p.m.Fetch+float64(len(pt.filter))*p.m.Op)
		if p.noIndex {
			pt.cost += disabled
		}
		list = append(list, pt)
	}
	return list
}

// withinOf recognises condition c as a bound on a distance that some valid vector index
// of the table orders by; nil when it is not.
func (p *planner) withinOf(s *logical.Scan, conds []expr.Expr, c expr.Expr) *within {
	x, ok := c.(*expr.Call)
	if !ok || x.Op == nil || len(x.Args) != 2 {
		return nil
	}
	own := &logical.ColSet{}
	for _, id := range s.Out {
		own.Add(id)
	}
	for _, arg := range x.Args {
		d, ok := arg.(*expr.Call)
		if !ok || d.Op == nil || len(d.Args) != 2 || !opclass.Distance(d.Op.Name, d.Op.Left) {
			continue
		}
		radius, strategy, ok := comparison(x, d, own)
		if !ok || strategy > 2 {
			continue
		}
		n := &logical.KNN{Scan: s, Conds: conds, Dist: d}
		switch a, b := d.Args[0], d.Args[1]; {
		case !free(a, own) && free(b, own):
			n.Key, n.Query = a, b
		case !free(b, own) && free(a, own) && d.Op.Commutes:
			n.Key, n.Query = b, a
		default:
			continue
		}
		if def, _ := p.vectorIndex(n, 1); def != nil {
			return &within{def: def, knn: n, radius: radius, inclusive: strategy == 2}
		}
	}
	return nil
}

// rangeSearch makes the node of a path with a bound on a distance.
func (p *planner) rangeSearch(s *logical.Scan, pt *path, need *logical.ColSet) *rel {
	w := pt.within
	n := &physical.RangeSearch{Table: s.Table, Alias: s.Alias, Index: w.def.Index, Def: *w.def, Op: w.knn.Dist.Op, Inclusive: w.inclusive}
	var cols []logical.ColID
	cols, n.Attrs = needed(s, need)
	n.Base = p.base(cols)
	r := &rel{n, cols}
	n.Query, n.Radius = p.remap(w.knn.Query, nil), p.remap(w.radius, nil)
	n.Filter = p.remapCond(pt.filter, r.layout())
	n.Included = p.remapCond(included(w.def.Index, s, pt.filter), r.layout())
	n.Rows, n.Startup, n.Cost = pt.rows, pt.startup, pt.cost
	return r
}
