package optimize

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// bitmapPath reads the rows of a disjunction of which every term can be looked up
// in an index, perhaps a different one each. All conditions are tested on the rows:
// the other conditions help to find them only.
func (p *planner) bitmapPath(s *logical.Scan, conds []expr.Expr, rows, out float64) (path, bool) {
	var chosen path
	found := false
	for i, c := range conds {
		or, ok := c.(*expr.Or)
		if !ok {
			continue
		}
		others := slices.Delete(slices.Clone(conds), i, i+1)
		if pt, ok := p.unionPath(s, or, others, rows, out); ok && (!found || pt.cost < chosen.cost) {
			pt.filter = conds
			pt.cost += pt.visited * float64(len(conds)) * p.m.Op
			chosen, found = pt, true
		}
	}
	if p.noIndex || p.noBitmap {
		chosen.cost += disabled
	}
	return chosen, found
}

// unionPath finds an index for every term of a disjunction.
func (p *planner) unionPath(s *logical.Scan, or *expr.Or, others []expr.Expr, rows, out float64) (path, bool) {
	pt := path{rows: out}
	for _, term := range or.Args {
		arm, ok := p.armPath(s, append(logical.Conjuncts(nil, term), others...))
		if !ok {
			return path{}, false
		}
		pt.arms = append(pt.arms, arm)
		pt.visited += arm.visited
		pt.cost += arm.cost
	}
	pt.startup = pt.cost
	pt.visited = math.Min(pt.visited, rows)
	pt.cost += pt.visited * p.m.Fetch
	return pt, true
}

// armPath is the cheapest way to find the keys of the rows under the conditions:
// entries of an index range, or a range of the table's own key.
func (p *planner) armPath(s *logical.Scan, conds []expr.Expr) (path, bool) {
	var chosen path
	found := false
	out := math.Max(p.tableRows(s.Table)*p.sel(conds), 0)
	arms := p.invertedArms(s, conds)
	for _, pt := range p.keyedPaths(nil, s, p.ownKey(s), conds, out) {
		if a, ok := p.keyedArm(pt); ok {
			arms = append(arms, a)
		}
	}
	for _, pt := range arms {
		if !found || pt.cost < chosen.cost {
			chosen, found = pt, true
		}
	}
	return chosen, found
}

// keyedArm makes a way to read a range of an index, or of the table's own key, one to find
// row numbers.
func (p *planner) keyedArm(pt path) (path, bool) {
	if len(pt.bounds.Prefix) == 0 && pt.bounds.Lo == nil && pt.bounds.Hi == nil {
		return path{}, false
	}
	each := p.m.SeqRow
	if pt.index != nil {
		each = p.m.IndexRow
	}
	pt.filter = nil
	pt.cost = pt.startup + pt.visited*each
	return pt, true
}

// buildBitmap makes the nodes of a path with arms.
func (p *planner) buildBitmap(s *logical.Scan, pt *path, need *logical.ColSet) *rel {
	need = need.Clone(pt.filter...)
	n := &physical.BitmapScan{Table: s.Table, Alias: s.Alias, Cursor: (*physical.Cursor)(s.Cursor)}
	var cols []logical.ColID
	cols, n.Attrs = needed(s, need)
	n.Base = p.base(cols)
	r := &rel{n, cols}
	n.Filter = p.remapCond(pt.filter, r.layout())
	if len(pt.arms) == 1 { // else the arms are a disjunction's terms with what helps to find them
		found, rest := pt.arms[0].foundBy(), []expr.Expr(nil)
		for _, c := range pt.filter {
			if !slices.Contains(found, c) {
				rest = append(rest, c)
			}
		}
		n.Recheck, n.Rest = p.remapCond(found, r.layout()), p.remapCond(rest, r.layout())
	}
	n.Rows, n.Startup, n.Cost = pt.rows, pt.startup, pt.cost
	id := p.meta.Add(logical.ColInfo{Name: "rowid", Rel: s.Alias, T: types.Of(types.Int8OID), Table: s.Table, Attr: catalog.RowIDAttr})
	keys := *s
	keys.Attrs = append(slices.Clone(s.Attrs), catalog.RowIDAttr)
	keys.Out = append(slices.Clone(s.Out), id)
	for i := range pt.arms {
		n.Arms = append(n.Arms, p.buildArm(&keys, &pt.arms[i], id))
	}
	return r
}
