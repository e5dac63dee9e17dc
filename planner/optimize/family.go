package optimize

import (
	"math"
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/types"
)

// A scan of a table with children stays one leaf of the logical tree, so that conditions,
// joins and orders find it as they find a table. Here it becomes a scan of each table
// that can have such rows. All give the same columns under the same numbers, whatever
// their attributes are, so that conditions and keys are the same for each of them.

// family is how the tables of a scan's family are read.
type family struct {
	scans []*logical.Scan
	paths []path
	prune *pruning
}

// pruning is what is left to the execution: bounds of the key of the top table.
type pruning struct {
	set    *partition.Set
	bounds physical.Bounds
}

// memberColumn is the table and attribute of a column while a table of a family is planned.
func (p *planner) memberColumn(id logical.ColID) (*catalog.Table, int16) {
	if p.member == nil {
		return nil, 0
	}
	i := slices.Index(p.member.Out, id)
	if i < 0 {
		return nil, 0
	}
	return p.member.Table, p.member.Attrs[i]
}

// as plans something for one table of a family.
func (p *planner) as(s *logical.Scan, plan func()) {
	saved := p.member
	p.member = s
	plan()
	p.member = saved
}

// members are scans of the tables of s that can have rows which fulfil conds.
func (p *planner) members(s *logical.Scan, conds []expr.Expr) ([]*logical.Scan, *pruning) {
	tables, prune := p.pruned(s, conds)
	out := make([]*logical.Scan, len(tables))
	for i, t := range tables {
		out[i] = memberScan(s, t)
		if len(tables) > 1 {
			out[i].Alias = s.Alias + "_" + strconv.Itoa(i+1)
		}
	}
	return out, prune
}

// memberScan is a scan of one table of the family of s. What row security says is among
// the conditions on s.
func memberScan(s *logical.Scan, t *catalog.Table) *logical.Scan {
	m := *s
	m.Table, m.Family, m.Secure = t, nil, nil
	if t == s.Table {
		return &m
	}
	attrs := s.Table.AttrsIn(t)
	m.Attrs = make([]int16, len(s.Attrs))
	for i, a := range s.Attrs {
		if m.Attrs[i] = a; a > 0 {
			m.Attrs[i] = attrs[a-1]
		}
	}
	return &m
}

// pruned are the tables of s that can have rows for which conds hold.
func (p *planner) pruned(s *logical.Scan, conds []expr.Expr) ([]*catalog.Table, *pruning) {
	if !s.Table.IsPartitioned() || settingOff(p.o, "enable_partition_pruning") {
		return s.Family, nil
	}
	var out []*catalog.Table
	prune := p.prunedBelow(s, s.Table, conds, &out)
	return out, prune
}

// prunedBelow adds the leaves of t, a partitioned table of the family of s.
func (p *planner) prunedBelow(s *logical.Scan, t *catalog.Table, conds []expr.Expr, out *[]*catalog.Table) *pruning {
	set := partition.New(p.o.Catalog, t)
	in, prune := p.survivors(s, t, set, conds)
	for i, part := range set.Parts {
		switch {
		case !in[i]:
		case part.IsPartitioned():
			p.prunedBelow(s, part, conds, out)
		case slices.Contains(s.Family, part): // the statement may name some alone
			*out = append(*out, part)
		}
	}
	return prune
}

// survivors tells which partitions of t can have rows for which conds hold, by the
// constants among them; what other values say is left to the execution.
func (p *planner) survivors(s *logical.Scan, t *catalog.Table, set *partition.Set, conds []expr.Expr) ([]bool, *pruning) {
	in := make([]bool, len(set.Parts))
	for i := range in {
		in[i] = true
	}
	keys, err := bind.PartitionKeys(t, p.o)
	if err != nil {
		return in, nil
	}
	m := memberScan(s, t)
	for i, k := range keys {
		if keys[i] = p.tableExpr(m, k); keys[i] == nil {
			return in, nil
		}
	}
	for _, c := range conds {
		if k, ok := c.(*expr.Const); ok && (k.D.IsNull() || !k.D.Bool()) {
			return make([]bool, len(in)), nil
		}
	}
	both := func(by []bool) {
		for i := range in {
			in[i] = in[i] && by[i]
		}
	}
	pt := &path{}
	p.bounds(m, pt, keys, conds)
	w, rest, none := constants(&pt.bounds)
	switch {
	case none:
		return make([]bool, len(in)), nil
	case w != nil:
		both(set.In(w))
	}
	var prune *pruning
	if rest {
		prune = &pruning{set, pt.bounds}
	}
	for _, c := range conds {
		or, ok := c.(*expr.Or)
		if !ok {
			continue
		}
		any := make([]bool, len(in))
		for _, a := range or.Args {
			by, _ := p.survivors(s, t, set, logical.Conjuncts(nil, a))
			for i := range any {
				any[i] = any[i] || by[i]
			}
		}
		both(any)
	}
	return in, prune
}

// constants are the bounds as far as they are constants; rest: there are others. none:
// one of them is NULL, so that no row fulfils them.
func constants(b *physical.Bounds) (w *partition.Wanted, rest, none bool) {
	w = &partition.Wanted{}
	for _, m := range b.Prefix {
		if m.Null {
			w.Prefix = append(w.Prefix, []types.Datum{types.Null})
			continue
		}
		c, ok := m.X.(*expr.Const)
		switch {
		case !ok:
			return w, true, false
		case c.D.IsNull():
			return nil, false, true
		case !m.Any:
			w.Prefix = append(w.Prefix, []types.Datum{c.D})
			continue
		}
		var vals []types.Datum
		for it := types.NewArrayIter(c.D); ; {
			d, ok := it.Next()
			if !ok {
				break
			}
			if !d.IsNull() {
				vals = append(vals, d.Clone())
			}
		}
		if len(vals) == 0 {
			return nil, false, true
		}
		w.Prefix = append(w.Prefix, vals)
	}
	for _, e := range []expr.Expr{b.Lo, b.Hi} {
		if e == nil {
			continue
		}
		c, ok := e.(*expr.Const)
		switch {
		case !ok:
			rest = true
		case c.D.IsNull():
			return nil, false, true
		case e == b.Lo:
			w.Lo, w.LoInc = &c.D, b.LoInc
		default:
			w.Hi, w.HiInc = &c.D, b.HiInc
		}
	}
	return w, rest, false
}

// familyPaths are the ways to read a family: each table in the cheapest way, and if
// there is one for each of them, by the values of other tables.
func (p *planner) familyPaths(s *logical.Scan, conds []expr.Expr) []path {
	var down, up []expr.Expr
	for _, c := range conds {
		if logical.HasSubquery(c) || logical.IsVolatile(c) {
			up = append(up, c)
		} else {
			down = append(down, c)
		}
	}
	cheapest, keyed := path{family: &family{}, filter: up}, path{family: &family{}, filter: up, prefix: 1}
	scans, prune := p.members(s, down)
	for _, m := range scans {
		p.as(m, func() {
			list := p.paths(m, down)
			cheapest.add(m, best(list))
			var k *path
			for i := range list[1:] {
				if pt := &list[1+i]; (pt.prefix > 0 || pt.arms != nil || pt.within != nil) && (k == nil || pt.cost < k.cost) {
					k = pt
				}
			}
			if k == nil {
				keyed.prefix = 0
			} else {
				keyed.add(m, k)
			}
		})
	}
	for _, pt := range []*path{&cheapest, &keyed} {
		pt.family.prune = prune
		pt.visited = pt.rows
		pt.rows *= p.sel(up)
		pt.cost += pt.visited * float64(len(up)) * p.m.Op
		pt.startup = p.m.Seek
	}
	if keyed.prefix == 0 || len(scans) == 0 {
		return []path{cheapest}
	}
	return []path{cheapest, keyed}
}

func (pt *path) add(s *logical.Scan, m *path) {
	pt.family.scans, pt.family.paths = append(pt.family.scans, s), append(pt.family.paths, *m)
	pt.rows += m.rows
	pt.cost += m.cost
}

// family plans the scan of a family under conditions.
func (p *planner) family(s *logical.Scan, conds []expr.Expr, need *logical.ColSet) (*rel, error) {
	return p.buildPath(s, best(p.familyPaths(s, s.Secured(conds))), need), nil
}

// buildFamily makes the Append of a family's scans.
func (p *planner) buildFamily(s *logical.Scan, pt *path, need *logical.ColSet) *rel {
	need = need.Clone(pt.filter...)
	cols, _ := needed(s, need)
	n := &physical.Append{}
	place := map[catalog.ID]int{}
	for i, m := range pt.family.scans {
		p.as(m, func() {
			r := p.exact(p.buildPath(m, &pt.family.paths[i], need), cols)
			place[m.Table.ID] = len(n.Inputs)
			n.Inputs = append(n.Inputs, r.node)
		})
	}
	if len(n.Inputs) == 0 { // nothing can fulfil the conditions
		v := &physical.Values{Base: p.base(cols)}
		return &rel{v, cols}
	}
	if len(n.Inputs) == 1 {
		return p.filterOver(&rel{n.Inputs[0], cols}, pt.filter)
	}
	if u := pt.family.prune; u != nil {
		n.Prune = &physical.Prune{Set: u.set, Bounds: p.remapBounds(&u.bounds)}
		for _, part := range u.set.Parts {
			var at []int
			for _, t := range p.o.Catalog.Family(part) {
				if i, ok := place[t.ID]; ok {
					at = append(at, i)
				}
			}
			n.Prune.Parts = append(n.Prune.Parts, at)
		}
	}
	n.Base = p.base(cols)
	n.Rows, n.Cost, n.Startup = pt.visited, pt.cost, pt.startup
	return p.filterOver(&rel{n, cols}, pt.filter)
}

// familyInOrder plans an order over a family as a merge of its tables in that order: each
// is read by an index that gives it, is searched for what is nearest, or is sorted. ok is
// false when all would be sorted, which is better done once.
func (p *planner) familyInOrder(x *logical.Sort, lim *logical.Limit, k float64, need *logical.ColSet) (*rel, bool, error) {
	s, conds, chain, ok := logical.FamilyChain(x.Input)
	if !ok || s.Family == nil {
		return nil, false, nil
	}
	conds = s.Secured(conds)
	if slices.ContainsFunc(conds, func(c expr.Expr) bool { return logical.HasSubquery(c) || logical.IsVolatile(c) }) {
		return nil, false, nil
	}
	keys := make([]logical.SortKey, len(x.Keys))
	for i, key := range x.Keys {
		keys[i] = key
		keys[i].Expr = substituteAll(key.Expr, chain)
		if logical.IsVolatile(keys[i].Expr) || logical.HasSubquery(keys[i].Expr) {
			return nil, false, nil
		}
	}
	subPlans := len(p.plan.SubPlans)
	var inputs []*rel
	below := &logical.ColSet{}
	for _, c := range chainNeeds(chain, need) {
		below.Add(c)
	}
	for _, key := range keys {
		below.AddExpr(key.Expr)
	}
	cols, _ := needed(s, below)
	scans, _ := p.members(s, conds)
	sorted := true
	for _, m := range scans {
		var r *rel
		var err error
		p.as(m, func() {
			var in logical.Node = m
			if len(conds) > 0 {
				in = &logical.Filter{Input: m, Conds: conds}
			}
			if r, err = p.sortFor(&logical.Sort{Input: in, Keys: slices.Clone(keys)}, lim, k, below.Clone()); err == nil {
				if _, is := r.node.(*physical.Sort); !is {
					sorted = false
				}
				r = p.exact(r, cols)
			}
		})
		if err != nil {
			return nil, false, err
		}
		inputs = append(inputs, r)
	}
	if sorted {
		p.plan.SubPlans = p.plan.SubPlans[:subPlans]
		return nil, false, nil
	}
	r, err := p.overChain(chain, need, func(*logical.ColSet) (*rel, error) { return p.mergeAppend(inputs, cols, keys, k), nil })
	return r, err == nil, err
}

// chainNeeds are the columns of the scan below a chain of projections that need asks for.
func chainNeeds(chain []*logical.Project, need *logical.ColSet) []logical.ColID {
	set := need.Clone()
	for _, pr := range chain {
		below := &logical.ColSet{}
		for i, c := range pr.Out {
			if set.Has(c) {
				below.AddExpr(pr.Exprs[i])
			}
		}
		set = below
	}
	return slices.Collect(set.All())
}

func (p *planner) mergeAppend(inputs []*rel, cols []logical.ColID, keys []logical.SortKey, k float64) *rel {
	if len(inputs) == 1 {
		return inputs[0]
	}
	n := &physical.MergeAppend{Base: p.base(cols)}
	r := &rel{n, cols}
	n.Keys = p.remapKeys(keys, r.layout())
	for _, in := range inputs {
		i := in.info()
		n.Inputs = append(n.Inputs, in.node)
		n.Rows += i.Rows
		n.Startup += i.Startup
		share := 1.0
		if i.Rows > k {
			share = math.Max(k, 1) / i.Rows
		}
		n.Cost += i.Startup + (i.Cost-i.Startup)*share
	}
	return r
}
