package optimize

import (
	"errors"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
)

// inOrder plans the input of a sort so that its rows come in order of
// themselves: a scan, or what keeps the order of its input (nested loops and the
// probing side of a hash join, windows, DISTINCT), or groups that are formed in order.
// ok is false when there is no such plan or it is dearer than sorting; k is how
// many rows are wanted, infinite for all.
func (p *planner) inOrder(x *logical.Sort, k float64, need *logical.ColSet) (r *rel, ok bool, err error) {
	if r, ok, err = p.ordered(x, k, need); ok || err != nil {
		return r, ok, err
	}
	n, conds, chain := below(x.Input)
	keys := make([]logical.SortKey, len(x.Keys))
	for i, key := range x.Keys {
		keys[i] = key
		keys[i].Expr = substituteAll(key.Expr, chain)
		if logical.IsVolatile(keys[i].Expr) || logical.HasSubquery(keys[i].Expr) {
			return nil, false, nil
		}
	}
	base := func(need *logical.ColSet) (*rel, error) {
		for _, key := range keys {
			need.AddExpr(key.Expr)
		}
		switch n := n.(type) {
		case *logical.Join:
			if n.Kind == logical.Inner {
				r, ok, err = p.joinInOrder(n, conds, keys, k, need)
			} else {
				r, ok, err = p.outerInOrder(n, conds, keys, k, need)
			}
		case *logical.Agg:
			r, ok, err = p.aggInOrder(n, conds, keys, k, need)
		case *logical.Window:
			r, ok, err = p.windowInOrder(n, conds, keys, k, need)
		case *logical.Distinct:
			r, ok, err = p.distinctInOrder(n, conds, keys, k)
		}
		if !ok && err == nil {
			err = errUnordered
		}
		return r, err
	}
	subPlans, ctes := len(p.plan.SubPlans), len(p.plan.CTEs)
	if r, err = p.overChain(chain, need, base); err == errUnordered {
		if len(p.plan.CTEs) == ctes { // what was planned for nothing leaves no trace
			p.plan.SubPlans = p.plan.SubPlans[:subPlans]
		}
		return nil, false, nil
	}
	return r, err == nil, err
}

// errUnordered ends the attempt to plan a tree in order.
var errUnordered = errors.New("optimize: not in order")

// below sees through projections and one filter.
func below(n logical.Node) (in logical.Node, conds []expr.Expr, chain []*logical.Project) {
	for {
		switch x := n.(type) {
		case *logical.Project:
			chain = append(chain, x)
			n = x.Input
			continue
		case *logical.Filter:
			return x.Input, x.Conds, chain
		}
		return n, nil, chain
	}
}

// joinInOrder begins with the relation whose columns are the keys and keeps its order.
func (p *planner) joinInOrder(x *logical.Join, conds []expr.Expr, keys []logical.SortKey, k float64, need *logical.ColSet) (*rel, bool, error) {
	c, err := p.newCluster(x, conds, need)
	if err != nil {
		return nil, false, err
	}
	plain := c.search()
	if plain == nil {
		return nil, false, nil
	}
	var order *outerOrder
	least := plain.cost + p.m.Sort(plain.rows, finite(k))
	for i, l := range c.leaves {
		if l.scan == nil || slices.ContainsFunc(keys, func(k logical.SortKey) bool { return !only(k.Expr, l.cols) }) {
			continue
		}
		for way := range l.paths {
			pt := &l.paths[way]
			reverse, ok := p.gives(l.scan, pt, keys)
			if !ok {
				continue
			}
			c.order = &outerOrder{leaf: i, path: pt.read(reverse), share: math.Min(k/math.Max(plain.rows, 1), 1)}
			if s := c.search(); s != nil && c.price(s.startup, s.cost) < least {
				least, order = c.price(s.startup, s.cost), c.order
			}
		}
	}
	if order == nil {
		return nil, false, nil
	}
	c.order = order
	r, err := c.plan(need)
	return r, err == nil, err
}

// outerInOrder keeps the order of the left side.
func (p *planner) outerInOrder(x *logical.Join, conds []expr.Expr, keys []logical.SortKey, k float64, need *logical.ColSet) (*rel, bool, error) {
	if x.Kind != logical.Left && x.Kind != logical.Semi && x.Kind != logical.Anti {
		return nil, false, nil
	}
	left := logical.Produced(x.Left)
	for _, key := range keys {
		if !only(key.Expr, left) {
			return nil, false, nil
		}
	}
	r, err := p.outerJoin(x, &leftOrder{keys: keys, rows: k / math.Max(p.sel(conds), 1e-6)}, need.Clone(conds...))
	if err != nil {
		return nil, false, err
	}
	return p.filterOver(r, conds), true, nil
}

// aggInOrder forms groups one after the other from rows that an index gives in
// the order of the groups.
func (p *planner) aggInOrder(x *logical.Agg, conds []expr.Expr, keys []logical.SortKey, k float64, need *logical.ColSet) (*rel, bool, error) {
	order, ok := groupOrder(x, keys)
	if !ok {
		return nil, false, nil
	}
	s, scanConds, chain, ok := logical.ScanChain(x.Input)
	if !ok {
		return nil, false, nil
	}
	for i := range order {
		order[i].Expr = substituteAll(order[i].Expr, chain)
	}
	list := p.paths(s, scanConds)
	hashed := best(list)
	groups := p.groups(x.Groups, hashed.rows)
	share := math.Min(k/math.Max(groups*p.sel(conds), 1), 1)
	calls := float64(len(x.Aggs)) * p.m.Op
	least := hashed.cost + hashed.rows*(p.m.HashRow+calls) + p.m.Sort(groups, finite(k))
	var chosen *path
	for i := range list {
		pt := &list[i]
		reverse, ok := p.gives(s, pt, order)
		if !ok {
			continue
		}
		if c := pt.startup + (pt.cost-pt.startup+pt.rows*(p.m.Cmp+calls))*share; c < least {
			chosen, least = pt.read(reverse), c
		}
	}
	if chosen == nil {
		return nil, false, nil
	}
	in, err := p.overChain(chain, aggNeeds(x), func(n *logical.ColSet) (*rel, error) { return p.buildPath(s, chosen, n), nil })
	if err != nil {
		return nil, false, err
	}
	return p.filterOver(p.aggOver(x, in, true), conds), true, nil
}

// groupOrder is the order of the input in which groups come in the order of the
// keys: what the keys do not name follows.
func groupOrder(x *logical.Agg, keys []logical.SortKey) ([]logical.SortKey, bool) {
	if x.Sets != nil || len(x.Groups) == 0 {
		return nil, false
	}
	named := make([]bool, len(x.Groups))
	var order []logical.SortKey
	for _, key := range keys {
		at := -1
		for i, out := range x.GroupOut {
			if c, ok := key.Expr.(*expr.Column); ok && c.Index == out {
				at = i
			}
		}
		if at < 0 {
			return nil, false
		}
		if !named[at] {
			named[at] = true
			key.Expr = x.Groups[at]
			order = append(order, key)
		}
	}
	for i, g := range x.Groups {
		if !named[i] {
			order = append(order, logical.SortKey{Expr: g, Desc: keys[0].Desc, NullsFirst: keys[0].NullsFirst})
		}
	}
	return order, true
}

// windowInOrder: a window's rows keep the order that it needs itself.
func (p *planner) windowInOrder(x *logical.Window, conds []expr.Expr, keys []logical.SortKey, k float64, need *logical.ColSet) (*rel, bool, error) {
	own := windowKeys(x)
	if len(keys) > len(own) {
		return nil, false, nil
	}
	for i, key := range keys {
		// A partition may come in either direction: it is asked for the one of the key.
		if i < len(x.Partition) && logical.Same(key.Expr, own[i].Expr) {
			own[i] = key
		}
		if !logical.Same(key.Expr, own[i].Expr) || key.Desc != own[i].Desc || key.NullsFirst != own[i].NullsFirst {
			return nil, false, nil
		}
	}
	r, err := p.windowOver(x, own, k/math.Max(p.sel(conds), 1e-6), need.Clone(conds...))
	if err != nil {
		return nil, false, err
	}
	return p.filterOver(r, conds), true, nil
}

// distinctInOrder: DISTINCT passes the first of equal rows as they come.
func (p *planner) distinctInOrder(x *logical.Distinct, conds []expr.Expr, keys []logical.SortKey, k float64) (*rel, bool, error) {
	if x.On != nil || len(conds) > 0 {
		return nil, false, nil
	}
	all := &logical.ColSet{}
	var by []expr.Expr
	for _, c := range uniqueIDs(x.Input.Cols()) {
		all.Add(c)
		by = append(by, p.meta.Column(c))
	}
	rows := math.Inf(1) // that have k different ones among them
	if s, scanConds, _, ok := logical.ScanChain(x.Input); ok {
		n := best(p.paths(s, scanConds)).rows
		rows = k * math.Max(n/p.groups(by, n), 1)
	}
	in, ok, err := p.inOrder(&logical.Sort{Input: x.Input, Keys: keys}, rows, all)
	if !ok || err != nil {
		return nil, false, err
	}
	r := p.distinctOver(p.exact(in, uniqueIDs(x.Input.Cols())))
	if d, ok := r.node.(*physical.HashDistinct); ok {
		d.Ordered = true
	}
	return r, true, nil
}
