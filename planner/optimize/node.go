package optimize

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/planner/stats"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// build plans a tree. The result has at least the columns of need that the tree
// produces, in any order.
func (p *planner) build(n logical.Node, need *logical.ColSet) (*rel, error) {
	switch x := n.(type) {
	case *logical.Scan:
		if x.Family != nil {
			return p.family(x, nil, need)
		}
		return p.buildPath(x, best(p.paths(x, nil)), need), nil
	case *logical.Filter:
		return p.filter(x, need)
	case *logical.Project:
		return p.project(x, need)
	case *logical.Join:
		return p.join(x, nil, need)
	case *logical.Sort:
		return p.sort(x, nil, need)
	case *logical.Limit:
		return p.limit(x, need)
	case *logical.Agg:
		return p.agg(x, need)
	case *logical.Values:
		return p.values(x), nil
	case *logical.Virtual:
		return p.virtual(x, nil, need), nil
	case *logical.Func:
		return p.funcScan(x), nil
	}
	return p.buildMore(n, need)
}

func (p *planner) buildMore(n logical.Node, need *logical.ColSet) (*rel, error) {
	switch x := n.(type) {
	case *logical.ProjectSet:
		return p.projectSet(x, need)
	case *logical.Distinct:
		return p.distinct(x, need)
	case *logical.SetOp:
		return p.setOp(x)
	case *logical.CTERef:
		return p.cteRef(x)
	case *logical.WorkRef:
		w := &physical.WorkScan{Base: p.base(x.Out), Work: x.Work, Name: x.Name}
		w.Rows, w.Cost = 100, 100*p.m.Emit
		return &rel{w, x.Out}, nil
	case *logical.RecursiveUnion:
		return p.recursive(x)
	case *logical.Window:
		return p.window(x, math.Inf(1), need)
	case *logical.Lock:
		return p.lock(x, need)
	case *logical.Insert:
		return p.insert(x)
	case *logical.Update:
		return p.update(x)
	case *logical.Merge:
		return p.merge(x)
	case *logical.Delete:
		return p.delete(x)
	}
	return nil, pgerr.NotSupported(-1, "this query is not supported")
}

// filter plans conditions over an input; scans and joins take them in.
func (p *planner) filter(f *logical.Filter, need *logical.ColSet) (*rel, error) {
	switch in := f.Input.(type) {
	case *logical.Scan:
		if in.Family != nil {
			return p.family(in, f.Conds, need)
		}
		return p.buildPath(in, best(p.paths(in, f.Conds)), need), nil
	case *logical.Virtual:
		return p.virtual(in, f.Conds, need), nil
	case *logical.Join:
		return p.join(in, f.Conds, need)
	}
	in, err := p.build(f.Input, need.Clone(f.Conds...))
	if err != nil {
		return nil, err
	}
	return p.filterOver(in, f.Conds), nil
}

// filterOver puts a Filter on a built input.
func (p *planner) filterOver(in *rel, conds []expr.Expr) *rel {
	if len(conds) == 0 {
		return in
	}
	n := &physical.Filter{Base: p.base(in.cols), Input: in.node, Cond: p.remapCond(conds, in.layout())}
	p.inherit(&n.Base, in, float64(len(conds))*p.m.Op)
	n.Rows = in.info().Rows * p.sel(conds)
	return &rel{n, in.cols}
}

// project builds a projection over its input.
func (p *planner) project(x *logical.Project, need *logical.ColSet) (*rel, error) {
	return p.projectFrom(x, need, func(below *logical.ColSet) (*rel, error) { return p.build(x.Input, below) })
}

// projectFrom computes what is needed of a projection over what input builds with the
// columns that takes; plain columns need no node.
func (p *planner) projectFrom(x *logical.Project, need *logical.ColSet, input func(*logical.ColSet) (*rel, error)) (*rel, error) {
	below := &logical.ColSet{}
	exprs, out := make([]expr.Expr, 0, len(x.Out)), make([]logical.ColID, 0, len(x.Out))
	computed := false
	for i, c := range x.Out {
		// What a volatile function does is wanted, though nobody may want what it returns.
		if !need.Has(c) && !logical.IsVolatile(x.Exprs[i]) || containsID(out, c) {
			continue
		}
		exprs, out = append(exprs, x.Exprs[i]), append(out, c)
		below.AddExpr(x.Exprs[i])
		col, ok := x.Exprs[i].(*expr.Column)
		computed = computed || !ok || col.Index != c
	}
	in, err := input(below)
	if err != nil || !computed {
		return in, err
	}
	if r, ok := renamed(in, exprs, out); ok {
		return r, nil
	}
	return p.projectOver(in, exprs, out), nil
}

// renamed gives a projection that only renames its input's columns without a node.
func renamed(in *rel, exprs []expr.Expr, out []logical.ColID) (*rel, bool) {
	to := map[logical.ColID]logical.ColID{}
	for i, e := range exprs {
		c, ok := e.(*expr.Column)
		if !ok || to[c.Index] != 0 {
			return nil, false
		}
		to[c.Index] = out[i]
	}
	cols := append([]logical.ColID(nil), in.cols...)
	found := 0
	for i, c := range cols {
		if n := to[c]; n != 0 {
			cols[i] = n
			delete(to, c)
			found++
		}
	}
	return &rel{in.node, cols}, found == len(exprs)
}

func containsID(l []logical.ColID, c logical.ColID) bool {
	for _, x := range l {
		if x == c {
			return true
		}
	}
	return false
}

func (p *planner) projectOver(in *rel, exprs []expr.Expr, out []logical.ColID) *rel {
	n := &physical.Project{Base: p.base(out), Input: in.node, Exprs: p.remapAll(exprs, in.layout())}
	p.inherit(&n.Base, in, float64(len(exprs))*p.m.Op)
	if slices.ContainsFunc(exprs, func(e expr.Expr) bool { return isColumn(logical.PlainDistance(e)) }) &&
		!slices.ContainsFunc(exprs, func(e expr.Expr) bool { return !isColumn(e) && !isColumn(logical.PlainDistance(e)) }) {
		p.inherit(&n.Base, in, 0) // next to what has computed the distance it is nothing
		if len(exprs) == len(in.cols) {
			n.Cost = in.info().Cost
		}
	}
	return &rel{n, out}
}

func isColumn(e expr.Expr) bool { _, ok := e.(*expr.Column); return ok }

func (p *planner) projectSet(x *logical.ProjectSet, need *logical.ColSet) (*rel, error) {
	below := &logical.ColSet{}
	var exprs []expr.Expr
	var out []logical.ColID
	for i, c := range x.Out {
		call, ok := x.Exprs[i].(*expr.Call)
		if set := ok && call.Fn.RetSet; !set && (!need.Has(c) || containsID(out, c)) {
			continue
		}
		exprs, out = append(exprs, x.Exprs[i]), append(out, c)
		below.AddExpr(x.Exprs[i])
	}
	in, err := p.build(x.Input, below)
	if err != nil {
		return nil, err
	}
	n := &physical.ProjectSet{Base: p.base(out), Input: in.node, Exprs: p.remapAll(exprs, in.layout())}
	p.inherit(&n.Base, in, float64(len(exprs))*p.m.Op)
	each := 1.0
	for _, e := range exprs {
		n.Volatile = append(n.Volatile, volatileItem(e))
		if c, ok := e.(*expr.Call); ok && c.Fn.RetSet {
			each = math.Max(each, p.est.SetRows(c))
		}
	}
	n.Rows = in.info().Rows * each
	n.Cost += n.Rows * p.m.Emit
	return &rel{n, out}, nil
}

// volatileItem reports volatile functions in an item beside sets, or in the arguments of a set.
func volatileItem(e expr.Expr) bool {
	if c, ok := e.(*expr.Call); ok && c.Fn.RetSet {
		return slices.ContainsFunc(c.Args, logical.IsVolatile)
	}
	return logical.IsVolatile(e)
}

func (p *planner) values(x *logical.Values) *rel {
	n := &physical.Values{Base: p.base(x.Out), Order: x.Order}
	for _, r := range x.Rows {
		n.Rows = append(n.Rows, p.remapAll(r, nil))
	}
	n.Base.Rows = float64(len(x.Rows))
	n.Cost = n.Base.Rows * p.m.Emit
	return &rel{n, x.Out}
}

// virtualRows is the assumed size of a system relation.
const virtualRows = 500

func (p *planner) virtual(x *logical.Virtual, conds []expr.Expr, need *logical.ColSet) *rel {
	need = need.Clone(conds...)
	n := &physical.VirtualScan{Relation: x.Relation, Alias: x.Alias}
	var cols []logical.ColID
	for i, c := range x.Out {
		if need.Has(c) {
			cols, n.Attrs = append(cols, c), append(n.Attrs, x.Attrs[i])
		}
	}
	n.Base = p.base(cols)
	r := &rel{n, cols}
	n.Filter = p.remapCond(conds, r.layout())
	n.Rows = math.Max(virtualRows*p.sel(conds), 1)
	n.Cost = virtualRows * (p.m.Virtual + float64(len(conds))*p.m.Op)
	return r
}

func (p *planner) funcScan(x *logical.Func) *rel {
	n := &physical.FuncScan{Base: p.base(x.Out), Ordinality: x.Ordinality, Alias: x.Alias}
	n.Rows = 1
	for _, c := range x.Calls {
		d := *c
		d.Args = p.remapAll(c.Args, nil)
		n.Calls = append(n.Calls, &d)
		if c.Fn.RetSet {
			n.Rows = math.Max(n.Rows, p.est.SetRows(c))
		}
	}
	n.Cost = n.Rows * p.m.Op
	return &rel{n, x.Out}
}

func (p *planner) agg(x *logical.Agg, need *logical.ColSet) (*rel, error) {
	if x.Sets != nil {
		return p.groupingSets(x)
	}
	in, err := p.build(x.Input, aggNeeds(x))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(x.Groups, comparedLate) {
		return p.aggOver(x, p.sortedBy(in, x.Groups), true), nil
	}
	return p.aggOver(x, in, false), nil
}

// comparedLate reports values whose type does not tell whether they can be compared, records
// above all: sorting finds it out, where hashing would not.
func comparedLate(e expr.Expr) bool { return builtin.OrderedBy(e.Type()) != nil }

func (p *planner) columns(ids []logical.ColID) (out []expr.Expr) {
	for _, c := range ids {
		out = append(out, p.meta.Column(c))
	}
	return out
}

// sortedBy sorts a built input by expressions.
func (p *planner) sortedBy(in *rel, by []expr.Expr) *rel {
	n := &physical.Sort{Base: p.base(in.cols), Input: in.node}
	for _, e := range p.remapAll(by, in.layout()) {
		n.Keys = append(n.Keys, physical.SortKey{Expr: e})
	}
	i := in.info()
	n.Rows, n.Startup = i.Rows, i.Cost+p.m.Sort(i.Rows, 0)
	n.Cost = n.Startup + n.Rows*p.m.Emit
	return &rel{n, in.cols}
}

// uniqueOver drops the duplicates of a built input by sorting it, if that is how they have to
// be told apart.
func (p *planner) uniqueOver(in *rel) (*rel, bool) {
	by := p.columns(in.cols)
	if !slices.ContainsFunc(by, comparedLate) {
		return in, false
	}
	in = p.sortedBy(in, by)
	n := &physical.Unique{Base: p.base(in.cols), Input: in.node, Keys: p.remapAll(by, in.layout())}
	p.inherit(&n.Base, in, p.m.Cmp)
	n.Rows = p.groups(by, in.info().Rows)
	return &rel{n, in.cols}, true
}

// aggNeeds are the columns that the groups and aggregates are computed from.
func aggNeeds(x *logical.Agg) *logical.ColSet {
	need := &logical.ColSet{}
	for _, g := range x.Groups {
		need.AddExpr(g)
	}
	for i := range x.Aggs {
		a := &x.Aggs[i]
		need = need.Clone(a.Args...).Clone(a.Direct...)
		need.AddExpr(a.Filter)
		for _, k := range a.OrderBy {
			need.AddExpr(k.Expr)
		}
	}
	return need
}

// aggOver groups a built input, which comes in the order of the groups when
// sorted is set.
func (p *planner) aggOver(x *logical.Agg, in *rel, sorted bool) *rel {
	at := in.layout()
	cols := append(append([]logical.ColID(nil), x.GroupOut...), x.AggOut...)
	n := &physical.Agg{Base: p.base(cols), Input: in.node, Groups: p.remapAll(x.Groups, at), Sets: x.Sets, Sorted: sorted}
	for i := range x.Aggs {
		a := &x.Aggs[i]
		n.Aggs = append(n.Aggs, physical.AggCall{Fn: a.Fn, Args: p.remapAll(a.Args, at), Direct: p.remapAll(a.Direct, at), Distinct: a.Distinct,
			Filter: p.remap(a.Filter, at), OrderBy: p.remapKeys(a.OrderBy, at), T: a.T})
	}
	i := in.info()
	n.Rows = p.groups(x.Groups, i.Rows)
	if len(x.Groups) == 0 {
		n.Rows = 1
	}
	n.Cost = i.Cost + i.Rows*(p.m.HashRow+float64(len(x.Aggs))*p.m.Op) + n.Rows*p.m.Emit
	n.Startup = n.Cost
	if sorted {
		n.Startup = i.Startup + (n.Cost-i.Startup)/n.Rows
	}
	return &rel{n, cols}
}

// groups is the number of different values of the expressions among rows.
func (p *planner) groups(by []expr.Expr, rows float64) float64 {
	d := 1.0
	for _, g := range by {
		if c := stats.Grouped(g); c != nil {
			st, n, unique := p.columnStats(c.Index)
			d *= stats.Distinct(st, n, unique, c.T)
			continue
		}
		d *= 200
	}
	return math.Max(math.Min(d, rows), 1)
}

func (p *planner) distinct(x *logical.Distinct, need *logical.ColSet) (*rel, error) {
	if x.On == nil {
		all := &logical.ColSet{}
		for _, c := range x.Input.Cols() {
			all.Add(c)
		}
		in, err := p.build(x.Input, all)
		if err != nil {
			return nil, err
		}
		return p.distinctOver(p.exact(in, uniqueIDs(x.Input.Cols()))), nil
	}
	in, err := p.build(x.Input, need.Clone(x.On...))
	if err != nil {
		return nil, err
	}
	n := &physical.Unique{Base: p.base(in.cols), Input: in.node, Keys: p.remapAll(x.On, in.layout())}
	p.inherit(&n.Base, in, p.m.Cmp)
	n.Rows = p.groups(x.On, in.info().Rows)
	return &rel{n, in.cols}, nil
}

// distinctOver drops the duplicates of a built input; the first of equal rows pass
// in the order of the input.
func (p *planner) distinctOver(in *rel) *rel {
	if u, ok := p.uniqueOver(in); ok {
		return u
	}
	n := &physical.HashDistinct{Base: p.base(in.cols), Input: in.node}
	var by []expr.Expr
	for _, c := range in.cols {
		by = append(by, p.meta.Column(c))
	}
	i := in.info()
	n.Rows = p.groups(by, i.Rows)
	n.Cost = i.Cost + i.Rows*p.m.HashRow
	n.Startup = i.Startup
	return &rel{n, in.cols}
}

func uniqueIDs(l []logical.ColID) []logical.ColID {
	var out []logical.ColID
	for _, c := range l {
		if !containsID(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (p *planner) exactly(n logical.Node, cols []logical.ColID) (*rel, error) {
	need := &logical.ColSet{}
	for _, c := range cols {
		need.Add(c)
	}
	r, err := p.build(n, need)
	if err != nil {
		return nil, err
	}
	return p.exact(r, cols), nil
}

func (p *planner) lock(x *logical.Lock, need *logical.ColSet) (*rel, error) {
	need = need.Clone()
	for _, l := range x.Locks {
		need.Add(l.Row)
		if l.Family != nil {
			need.Add(l.TableOID)
		}
	}
	in, err := p.build(x.Input, need)
	if err != nil {
		return nil, err
	}
	at := in.layout()
	n := &physical.LockRows{Base: p.base(in.cols), Input: in.node}
	for _, l := range x.Locks {
		p.writes(l.Table)
		row, _ := at.at(l.Row)
		of, _ := at.at(l.TableOID)
		n.Locks = append(n.Locks, physical.RowLock{Table: l.Table, RowCol: row, Shared: l.Shared, NoWait: l.NoWait, Skip: l.Skip,
			Family: l.Family, TableCol: of})
	}
	p.inherit(&n.Base, in, p.m.Fetch)
	return &rel{n, in.cols}, nil
}
