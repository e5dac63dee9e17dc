package optimize

import (
	"math"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// limit plans LIMIT; directly over a Sort it makes the sort keep only the best.
func (p *planner) limit(x *logical.Limit, need *logical.ColSet) (*rel, error) {
	if x.WithTies != nil {
		return p.withTies(x, need)
	}
	need = need.Clone()
	var in *rel
	var err error
	if s, node, ok := sortBelow(x.Input); ok {
		in, err = p.sortUnder(s, node, x, need)
	} else {
		in, err = p.firstRows(x, need)
	}
	if err != nil {
		return nil, err
	}
	n := &physical.Limit{Base: p.base(in.cols), Input: in.node, Limit: p.remap(x.Limit, nil), Offset: p.remap(x.Offset, nil)}
	i := in.info()
	n.Rows, n.Startup, n.Cost = i.Rows, i.Startup, i.Cost
	if k, ok := limitRows(x); ok && k < i.Rows {
		n.Rows = math.Max(k, 0)
		n.Cost = i.Startup + (i.Cost-i.Startup)*k/math.Max(i.Rows, 1)
	}
	return &rel{n, in.cols}, nil
}

// firstRows plans the input of a LIMIT without an order.
func (p *planner) firstRows(x *logical.Limit, need *logical.ColSet) (*rel, error) {
	in, conds, chain := below(x.Input)
	w, ok := in.(*logical.Window)
	k, known := limitRows(x)
	if !ok || !known || len(conds) > 0 {
		return p.build(x.Input, need)
	}
	return p.overChain(chain, need, func(below *logical.ColSet) (*rel, error) { return p.window(w, k, below) })
}

// sortBelow finds a Sort under LIMIT, through projections that do not matter.
func sortBelow(n logical.Node) (*logical.Sort, *logical.Project, bool) {
	switch x := n.(type) {
	case *logical.Sort:
		return x, nil, true
	case *logical.Project:
		if s, ok := x.Input.(*logical.Sort); ok {
			return s, x, true
		}
	}
	return nil, nil, false
}

func (p *planner) sortUnder(s *logical.Sort, over *logical.Project, x *logical.Limit, need *logical.ColSet) (*rel, error) {
	if over == nil {
		return p.sort(s, x, need)
	}
	below := &logical.ColSet{}
	for i, c := range over.Out {
		if need.Has(c) {
			below.AddExpr(over.Exprs[i])
		}
	}
	in, err := p.sort(s, x, below)
	if err != nil {
		return nil, err
	}
	var exprs []expr.Expr
	var out []logical.ColID
	for i, c := range over.Out {
		if need.Has(c) && !containsID(out, c) {
			exprs, out = append(exprs, over.Exprs[i]), append(out, c)
		}
	}
	return p.projectOver(in, exprs, out), nil
}

// limitRows is LIMIT + OFFSET when both are constants.
func limitRows(x *logical.Limit) (float64, bool) {
	k := 0.0
	for i, e := range []expr.Expr{x.Limit, x.Offset} {
		if e == nil {
			if i == 0 {
				return 0, false
			}
			continue
		}
		c, ok := e.(*expr.Const)
		if !ok || c.D.IsNull() {
			return 10, i == 0 && !ok
		}
		k += float64(c.D.Int())
	}
	return k, true
}

// topExpr is LIMIT + OFFSET as an expression, nil when there is no limit.
func (p *planner) topExpr(x *logical.Limit) expr.Expr {
	if x == nil || x.Limit == nil {
		return nil
	}
	if x.Offset == nil {
		return p.remap(x.Limit, nil)
	}
	r, err := builtin.ResolveOp("pg_catalog", "+", types.Int8OID, types.Int8OID)
	if err != nil {
		return nil
	}
	e := &expr.Call{Fn: r.Op.Func, Op: r.Op, T: types.Of(types.Int8OID), Pos: -1,
		Args: []expr.Expr{p.remap(x.Limit, nil), p.remap(x.Offset, nil)}}
	return expr.Fold(e)
}

// sort plans an order; lim is the LIMIT right above it, if any. An index that
// gives the order makes the Sort unnecessary when that is cheaper.
func (p *planner) sort(x *logical.Sort, lim *logical.Limit, need *logical.ColSet) (*rel, error) {
	k := math.Inf(1)
	if lim != nil {
		if n, ok := limitRows(lim); ok {
			k = n
		}
	}
	return p.sortFor(x, lim, k, need)
}

// sortFor is sort for a consumer that is likely to take no more than k rows.
func (p *planner) sortFor(x *logical.Sort, lim *logical.Limit, k float64, need *logical.ColSet) (*rel, error) {
	below := need.Clone()
	for _, k := range x.Keys {
		below.AddExpr(k.Expr)
	}
	if r, ok, err := p.familyInOrder(x, lim, k, below); ok || err != nil {
		return r, err
	}
	if r, ok, err := p.knn(x, lim, k, below); ok || err != nil {
		return r, err
	}
	if r, ok, err := p.inOrder(x, k, below); ok || err != nil {
		return r, err
	}
	if r, ok, err := p.exactNearest(x, lim, k, below); ok || err != nil {
		return r, err
	}
	in, err := p.build(x.Input, below)
	if err != nil {
		return nil, err
	}
	n := &physical.Sort{Base: p.base(in.cols), Input: in.node, Keys: p.remapKeys(x.Keys, in.layout()), Top: p.topExpr(lim)}
	i := in.info()
	n.Rows = i.Rows
	top := 0.0
	if n.Top != nil && !math.IsInf(k, 1) {
		top, n.Rows = k, math.Min(k, i.Rows)
	}
	n.Startup = i.Cost + p.m.Sort(i.Rows, top)
	n.Cost = n.Startup + n.Rows*p.m.Emit
	return &rel{n, in.cols}, nil
}

// ordered tries to read the rows in order through an index: the input is a scan,
// perhaps filtered and projected, and the keys are its columns.
func (p *planner) ordered(x *logical.Sort, k float64, need *logical.ColSet) (*rel, bool, error) {
	s, conds, chain, ok := logical.ScanChain(x.Input)
	if !ok {
		return nil, false, nil
	}
	keys := make([]logical.SortKey, len(x.Keys))
	for i, key := range x.Keys {
		keys[i] = key
		keys[i].Expr = substituteAll(key.Expr, chain)
	}
	list := p.paths(s, conds)
	cheapest := best(list)
	sorted := cheapest.cost + p.m.Sort(cheapest.rows, finite(k))
	var bestPath *path
	bestCost := sorted
	for i := range list {
		pt := &list[i]
		reverse, ok := p.gives(s, pt, keys)
		if !ok || reverse && pt.within != nil {
			continue
		}
		c := pt.cost
		if pt.rows > k {
			c = pt.startup + (pt.cost-pt.startup)*k/pt.rows
		}
		if c < bestCost {
			bestPath, bestCost = pt.read(reverse), c
		}
	}
	if bestPath == nil {
		return nil, false, nil
	}
	r, err := p.overChain(chain, need, func(n *logical.ColSet) (*rel, error) { return p.buildPath(s, bestPath, n), nil })
	return r, true, err
}

func finite(k float64) float64 {
	if math.IsInf(k, 1) {
		return 0
	}
	return k
}

// substituteAll replaces columns that the projections compute by their definitions.
func substituteAll(e expr.Expr, chain []*logical.Project) expr.Expr {
	for _, pr := range chain {
		e = logical.Substitute(e, pr)
	}
	return e
}

// overChain builds the projections of a chain over its scan.
func (p *planner) overChain(chain []*logical.Project, need *logical.ColSet, base func(*logical.ColSet) (*rel, error)) (*rel, error) {
	if len(chain) == 0 {
		return base(need)
	}
	return p.projectFrom(chain[0], need, func(below *logical.ColSet) (*rel, error) {
		return p.overChain(chain[1:], below, base)
	})
}

// gives reports whether a path yields the order, perhaps read backwards. Columns
// that the bounds pin to one value do not count.
func (p *planner) gives(s *logical.Scan, pt *path, keys []logical.SortKey) (reverse, ok bool) {
	if pt.point {
		return false, true
	}
	if len(pt.keys) == 0 {
		return false, false
	}
	at, decided := 0, false
	for _, k := range keys {
		at = max(at, pt.pinned())
		if pinned(pt, k.Expr) {
			continue
		}
		if at >= len(pt.keys) || !logical.Same(k.Expr, pt.keys[at]) {
			return false, false
		}
		rev, fits := p.direction(s, pt, at, k)
		if !fits || decided && rev != reverse {
			return false, false
		}
		reverse, decided = rev, true
		at++
	}
	return reverse, true
}

func pinned(pt *path, e expr.Expr) bool {
	for i := 0; i < pt.pinned() && i < len(pt.keys); i++ {
		if logical.Same(pt.keys[i], e) {
			return true
		}
	}
	return false
}

// direction says whether key column at of the path, read forwards or backwards,
// has the direction and the place of NULLs of k.
func (p *planner) direction(s *logical.Scan, pt *path, at int, k logical.SortKey) (reverse, ok bool) {
	desc, nullsFirst := false, false
	if pt.index != nil {
		desc, nullsFirst = pt.index.Keys[at].Desc, pt.index.Keys[at].NullsFirst
	}
	reverse = desc != k.Desc
	if p.notNull(s, pt.keys[at]) {
		return reverse, true
	}
	return reverse, (nullsFirst != reverse) == k.NullsFirst
}

func (p *planner) notNull(s *logical.Scan, e expr.Expr) bool {
	c, ok := e.(*expr.Column)
	if !ok {
		return false
	}
	if t, attr := p.memberColumn(c.Index); t != nil {
		col := t.Column(attr)
		return col != nil && col.NotNull
	}
	info := &p.meta.Cols[c.Index]
	if info.Table == nil || info.Attr < 1 {
		return false
	}
	col := info.Table.Column(info.Attr)
	return col != nil && col.NotNull
}
