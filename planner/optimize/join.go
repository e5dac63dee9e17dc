package optimize

import (
	"math"
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// leaf is one relation of a cluster of inner joins, or a side of another join.
type leaf struct {
	node  logical.Node
	scan  *logical.Scan // set for tables: they can be read by key for each outer row
	conds []expr.Expr   // conditions on this leaf alone
	cols  *logical.ColSet
	deps  uint64 // leaves whose columns it uses (LATERAL)
	built *rel   // planned already: it depends on nothing beside it
	rows  float64
	cost  float64
	need  *logical.ColSet
	paths []path // of a scan under its conditions
}

// maxDP bounds the relations whose orders are all tried; beyond it joins are
// added greedily.
const maxDP = 8

// join plans a join; conds are those of a Filter above it.
func (p *planner) join(x *logical.Join, conds []expr.Expr, need *logical.ColSet) (*rel, error) {
	if x.Kind != logical.Inner {
		r, err := p.outerJoin(x, nil, need.Clone(conds...))
		if err != nil {
			return nil, err
		}
		return p.filterOver(r, conds), nil
	}
	c, err := p.newCluster(x, conds, need)
	if err != nil {
		return nil, err
	}
	return c.plan(need)
}

// cluster is a set of relations joined inner, with all conditions between them.
type cluster struct {
	p      *planner
	leaves []*leaf
	conds  []expr.Expr
	refs   []uint64 // leaves that conds[i] uses
	order  *outerOrder
	known  map[pairOf]*pairing
}

// pairOf is a leaf that is joined to a set of others, and pairing what that is like
// whatever the order and the method in which those were joined before.
type pairOf struct {
	set   uint64
	right int
}

type pairing struct {
	at    []int // conditions that are decided, by their place in the cluster
	conds []expr.Expr
	sel   float64 // of them
	hash  bool    // one of them can be a hash key
	keyed []path  // ways to read the leaf by them
}

// outerOrder asks for joins that keep the order in which path reads a leaf, and
// for those that are cheapest when only a share of the rows is wanted.
type outerOrder struct {
	leaf  int
	path  *path
	share float64
}

// maxCluster bounds a cluster's leaves, of which there are sets in words. A join of more of
// them has joins among its leaves, which are clusters of their own.
const maxCluster = 64

// flatten finds the leaves of n, at most so many.
func (c *cluster) flatten(n logical.Node, conds []expr.Expr, most int) {
	c.conds = append(c.conds, conds...)
	switch x := n.(type) {
	case *logical.Join:
		if x.Kind == logical.Inner && most > 1 {
			right := min(joined(x.Right), max(most-joined(x.Left), most/2))
			c.flatten(x.Left, x.On, most-right)
			c.flatten(x.Right, nil, right)
			return
		}
	case *logical.Filter:
		if j, ok := x.Input.(*logical.Join); ok && j.Kind == logical.Inner && most > 1 {
			c.flatten(j, x.Conds, most)
			return
		}
		if s, ok := x.Input.(*logical.Scan); ok {
			c.leaves = append(c.leaves, &leaf{node: s, scan: s, conds: append([]expr.Expr(nil), x.Conds...)})
			return
		}
	case *logical.Scan:
		c.leaves = append(c.leaves, &leaf{node: x, scan: x})
		return
	}
	c.leaves = append(c.leaves, &leaf{node: n})
}

// joined counts what joins inner below n, as far as it matters.
func joined(n logical.Node) int {
	count := 0
	for count <= maxCluster {
		if f, ok := n.(*logical.Filter); ok {
			n = f.Input
		}
		x, ok := n.(*logical.Join)
		if !ok || x.Kind != logical.Inner {
			break
		}
		count += joined(x.Right)
		n = x.Left
	}
	return count + 1
}

// mask is the set of leaves whose columns an expression uses.
func (c *cluster) mask(e expr.Expr) uint64 {
	m := uint64(0)
	logical.Free(e, func(id logical.ColID) { m |= c.owner(id) })
	return m
}

func (c *cluster) owner(id logical.ColID) uint64 {
	for i, l := range c.leaves {
		if l.cols.Has(id) {
			return 1 << i
		}
	}
	return 0
}

// newCluster flattens inner joins and estimates what is joined.
func (p *planner) newCluster(x *logical.Join, conds []expr.Expr, need *logical.ColSet) (*cluster, error) {
	c := &cluster{p: p}
	c.flatten(x, conds, maxCluster)
	for _, l := range c.leaves {
		l.cols = logical.Produced(l.node)
	}
	known := append([]expr.Expr(nil), c.conds...)
	for _, l := range c.leaves {
		known = append(known, l.conds...)
	}
	c.conds = append(c.conds, logical.Transitive(known)...)
	all := need.Clone(c.conds...)
	c.place(all)
	for _, l := range c.leaves { // what LATERAL leaves use must come out of the others
		logical.FreeTree(l.node, func(id logical.ColID) { all.Add(id) })
	}
	for i, l := range c.leaves {
		if err := p.prepare(l, c, i, all); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// plan orders and builds the cluster.
func (c *cluster) plan(need *logical.ColSet) (*rel, error) {
	s := c.search()
	if s == nil {
		return nil, pgerr.NotSupported(-1, "no join order satisfies the LATERAL references")
	}
	return c.buildStep(s, need)
}

// place hands conditions on one leaf to it and keeps the others with their masks.
func (c *cluster) place(all *logical.ColSet) {
	var keep []expr.Expr
	for _, e := range c.conds {
		m := c.mask(e)
		if bits.OnesCount64(m) == 1 {
			l := c.leaves[bits.TrailingZeros64(m)]
			l.conds = append(l.conds, e)
			continue
		}
		keep, c.refs = append(keep, e), append(c.refs, m)
	}
	c.conds = keep
	for _, l := range c.leaves { // conditions that came with a leaf may be lateral too
		var own []expr.Expr
		for _, e := range l.conds {
			if m := c.mask(e); m&^c.maskOf(l) != 0 {
				c.conds, c.refs = append(c.conds, e), append(c.refs, m)
				all.AddExpr(e)
				continue
			}
			own = append(own, e)
		}
		l.conds = own
	}
}

func (c *cluster) maskOf(l *leaf) uint64 {
	for i, x := range c.leaves {
		if x == l {
			return 1 << i
		}
	}
	return 0
}

// prepare estimates a leaf; one that depends on nothing is planned at once.
func (p *planner) prepare(l *leaf, c *cluster, i int, all *logical.ColSet) error {
	l.need = &logical.ColSet{}
	for id := range l.cols.All() {
		if all.Has(id) {
			l.need.Add(id)
		}
	}
	if c != nil {
		logical.FreeTree(l.node, func(id logical.ColID) { l.deps |= c.owner(id) })
		l.deps &^= 1 << i
	}
	switch {
	case l.scan != nil:
		l.paths = p.paths(l.scan, l.conds)
		b := best(l.paths)
		l.rows, l.cost = b.rows, b.cost
		return nil
	case l.deps != 0:
		l.rows, l.cost = 10, 10*p.m.Fetch
		if _, ok := l.node.(*logical.Func); ok {
			l.cost = 10 * p.m.Emit
		}
		return nil
	}
	r, err := p.buildLeaf(l)
	if err != nil {
		return err
	}
	l.built, l.rows, l.cost = r, r.info().Rows, r.info().Cost
	return nil
}

// buildLeaf plans a leaf on its own.
func (p *planner) buildLeaf(l *leaf) (*rel, error) {
	if l.built != nil {
		return l.built, nil
	}
	if l.scan != nil {
		return p.buildPath(l.scan, best(l.paths), l.need), nil
	}
	if len(l.conds) == 0 {
		return p.build(l.node, l.need)
	}
	return p.build(logical.PushFilter(l.node, l.conds), l.need)
}

// method is how a step joins.
type method uint8

const (
	methodHash method = iota
	methodHashSwap
	methodLoop
	methodKeyed // nested loop that reads the right table by key
)

// step is the best known way to join a set of leaves.
type step struct {
	set   uint64
	left  *step // nil: a single leaf
	right int
	how   method
	path  *path
	rows  float64
	cost  float64
	// startup is the part of cost before the first row.
	startup float64
	conds   []int // conditions that this step decides
}

// price is what a step with these costs is compared by.
func (c *cluster) price(startup, cost float64) float64 {
	if c.order == nil {
		return cost
	}
	return startup + (cost-startup)*c.order.share
}

// first is the step that reads leaf i alone, nil when the joins cannot begin with it.
func (c *cluster) first(i int) *step {
	l := c.leaves[i]
	switch {
	case l.deps != 0:
		return nil
	case c.order == nil:
		return &step{set: 1 << i, right: i, rows: l.rows, cost: l.cost}
	case i == c.order.leaf:
		pt := c.order.path
		return &step{set: 1 << i, right: i, rows: pt.rows, cost: pt.cost, startup: pt.startup}
	}
	return nil
}

// search finds the cheapest left-deep order.
func (c *cluster) search() *step {
	if len(c.leaves) > maxDP {
		return c.greedy()
	}
	n := len(c.leaves)
	bestOf := make([]*step, 1<<n)
	for i := range c.leaves {
		bestOf[1<<i] = c.first(i)
	}
	for set := uint64(1); set < 1<<n; set++ {
		s := bestOf[set]
		if s == nil {
			continue
		}
		for i := range c.leaves {
			bit := uint64(1) << i
			if set&bit != 0 || c.leaves[i].deps&^set != 0 || !c.worth(set, i) {
				continue
			}
			if t, b := c.extend(s, i), bestOf[set|bit]; b == nil || c.price(t.startup, t.cost) < c.price(b.startup, b.cost) {
				bestOf[set|bit] = kept(t)
			}
		}
	}
	return bestOf[1<<n-1]
}

// worth keeps cross products out while a connected leaf is left.
func (c *cluster) worth(set uint64, i int) bool {
	if c.connected(set, i) {
		return true
	}
	for j := range c.leaves {
		if set&(1<<j) == 0 && j != i && c.leaves[j].deps&^set == 0 && c.connected(set, j) {
			return false
		}
	}
	return true
}

func (c *cluster) connected(set uint64, i int) bool {
	if c.leaves[i].deps != 0 {
		return true
	}
	bit := uint64(1) << i
	for _, r := range c.refs {
		if r&bit != 0 && r&set != 0 && r&^(set|bit) == 0 {
			return true
		}
	}
	return false
}

// kept is a step that is the best for now: most that are tried are not.
func kept(s step) *step { return &s }

// greedy starts with each cheapest leaf and always adds the cheapest next.
func (c *cluster) greedy() *step {
	var s *step
	for i := range c.leaves {
		if f := c.first(i); f != nil && (s == nil || f.rows < s.rows) {
			s = f
		}
	}
	for s != nil && bits.OnesCount64(s.set) < len(c.leaves) {
		var next *step
		for i := range c.leaves {
			if s.set&(1<<i) != 0 || c.leaves[i].deps&^s.set != 0 || !c.worth(s.set, i) {
				continue
			}
			if t := c.extend(s, i); next == nil || c.price(t.startup, t.cost) < c.price(next.startup, next.cost) {
				next = kept(t)
			}
		}
		s = next
	}
	return s
}

// pair is the joining of leaf i to a set.
func (c *cluster) pair(set uint64, i int) *pairing {
	of := pairOf{set, i}
	if x := c.known[of]; x != nil {
		return x
	}
	p, l, x := c.p, c.leaves[i], &pairing{}
	bit := uint64(1) << i
	alone := set&(set-1) == 0
	var left *logical.ColSet
	for k, r := range c.refs {
		// What uses no leaf is decided by the first join.
		if r&^(set|bit) != 0 || r&bit == 0 && (r != 0 || !alone) {
			continue
		}
		e := c.conds[k]
		x.at, x.conds = append(x.at, k), append(x.conds, e)
		if left == nil {
			left = c.columns(set)
		}
		if _, _, ok := hashKey(e, l.cols, left); ok {
			x.hash = true
		}
	}
	x.sel = p.sel(x.conds)
	if l.scan != nil && len(x.conds) > 0 && l.deps == 0 {
		list := p.paths(l.scan, slices.Concat(l.conds, x.conds))
		x.keyed = slices.DeleteFunc(list[1:], func(pt path) bool { return pt.prefix == 0 && pt.arms == nil && pt.within == nil })
	}
	if c.known == nil {
		c.known = map[pairOf]*pairing{}
	}
	c.known[of] = x
	return x
}

// extend joins one more leaf to a step in the cheapest way.
func (c *cluster) extend(s *step, i int) step {
	p, l := c.p, c.leaves[i]
	x := c.pair(s.set, i)
	t := step{set: s.set | 1<<i, left: s, right: i, cost: math.Inf(1), conds: x.at}
	t.rows = math.Max(s.rows*l.rows*x.sel, 1e-3)
	try := func(how method, startup, cost float64, pt *path) {
		if math.IsInf(t.cost, 1) || c.price(startup, cost) < c.price(t.startup, t.cost) {
			t.how, t.startup, t.cost, t.path = how, startup, cost, pt
		}
	}
	if x.hash && l.deps == 0 {
		build := l.cost + l.rows*p.m.HashRow
		try(methodHash, s.startup+build, s.cost+build+s.rows*p.m.Probe+t.rows*p.m.Emit, nil)
		if c.order == nil {
			build = s.cost + s.rows*p.m.HashRow
			try(methodHashSwap, build, build+l.cost+l.rows*p.m.Probe+t.rows*p.m.Emit, nil)
		}
	}
	for k := range x.keyed {
		pt := &x.keyed[k]
		try(methodKeyed, s.startup, s.cost+s.rows*(pt.cost+p.m.Open)+t.rows*p.m.Emit, pt)
	}
	again, startup := l.cost, s.startup
	if l.deps == 0 { // kept in memory between rows
		again, startup = l.rows*p.m.Emit, s.startup+l.cost
	}
	try(methodLoop, startup, s.cost+l.cost+s.rows*(again+p.m.Open+l.rows*float64(len(x.conds))*p.m.Op)+t.rows*p.m.Emit, nil)
	return t
}

// columns are those of a set of leaves.
func (c *cluster) columns(set uint64) *logical.ColSet {
	out := &logical.ColSet{}
	for i, l := range c.leaves {
		if set&(1<<i) != 0 {
			out.AddSet(l.cols)
		}
	}
	return out
}
