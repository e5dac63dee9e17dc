package optimize

import (
	"cmp"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
)

// inverted is an inverted index read for conditions, over ColIDs.
type inverted struct {
	conds []physical.InvertedCond
	from  []expr.Expr // the conditions themselves
}

// usualEntries is how many entries a condition is taken to look up when its value is
// not known.
const usualEntries = 3

// invertedArms are the inverted indexes that find rows under the conditions, as ways to
// find row numbers.
func (p *planner) invertedArms(s *logical.Scan, conds []expr.Expr) (list []path) {
	for _, x := range s.Table.Indexes {
		if !x.Usable() || !x.IsInverted() {
			continue
		}
		if pt, ok := p.invertedArm(s, x, conds); ok {
			list = append(list, pt)
		}
	}
	return list
}

func (p *planner) invertedArm(s *logical.Scan, x *catalog.Index, conds []expr.Expr) (path, bool) {
	def, err := bind.IndexWrite(s.Table, x, p.o)
	if err != nil {
		return path{}, false
	}
	if def.Where != nil {
		where := p.tableExpr(s, def.Where)
		if where == nil || !bind.Implies(conds, where) {
			return path{}, false
		}
	}
	own := &logical.ColSet{}
	for _, c := range s.Out {
		own.Add(c)
	}
	inv, entries, empty := &inverted{}, 0, false
	for k := range def.Keys {
		key := p.tableExpr(s, def.Keys[k])
		class, known := gin.ByName(x.Keys[k].OpClass)
		if key == nil || !known {
			continue
		}
		for _, c := range conds {
			ic, ok := invertedCond(class, key, c, own)
			if !ok {
				continue
			}
			ic.Column = k
			n, kind := p.lookups(&ic, x)
			if kind == gin.All {
				continue // entries say nothing of it
			}
			entries, empty = entries+n, empty || kind == gin.None
			inv.conds, inv.from = append(inv.conds, ic), append(inv.from, c)
		}
	}
	if len(inv.conds) == 0 {
		return path{}, false
	}
	pt := path{index: x, inverted: inv}
	if !empty {
		pt.visited = math.Max(p.tableRows(s.Table)*p.sel(inv.from), 0)
	}
	pt.rows = pt.visited
	pt.cost = float64(entries) * (p.m.Seek + pt.visited*p.m.IndexRow)
	pt.startup = pt.cost
	return pt, true
}

// invertedCond reads key op value, or value op key with the operator's commutator.
func invertedCond(class *gin.Class, key, cond expr.Expr, own *logical.ColSet) (physical.InvertedCond, bool) {
	x, ok := cond.(*expr.Call)
	if !ok || x.Op == nil || len(x.Args) != 2 {
		return physical.InvertedCond{}, false
	}
	name, v := x.Op.Name, x.Args[1]
	if !isKey(x.Args[0], key) {
		if !isKey(x.Args[1], key) || x.Op.Commutator == "" {
			return physical.InvertedCond{}, false
		}
		name, v = x.Op.Commutator, x.Args[0]
	}
	op, ok := class.Op(name, key.Type(), v.Type())
	if !ok || !free(v, own) {
		return physical.InvertedCond{}, false
	}
	return physical.InvertedCond{Class: class, Op: op, Value: v}, true
}

// lookups is how many entries a condition looks up, and what kind of search it is, as
// far as its value is known.
func (p *planner) lookups(c *physical.InvertedCond, x *catalog.Index) (int, gin.Kind) {
	v, ok := c.Value.(*expr.Const)
	if !ok {
		return usualEntries, gin.And
	}
	s := c.Class.Query(c.Column, x.Keys[c.Column].Type, c.Op, v.D, settings{p})
	return s.Entries(), s.Kind
}

// settings are the session's, for operators that depend on them.
type settings struct{ p *planner }

// Threshold implements gin.Settings.
func (s settings) Threshold(name string) float64 {
	if s.p.o.Session == nil {
		return 0
	}
	return gin.ThresholdOf(s.p.o.Session.Setting(name))
}

// invertedPaths read the rows that an inverted index finds, alone or together with
// what other indexes find.
func (p *planner) invertedPaths(s *logical.Scan, conds []expr.Expr, out float64) (list []path) {
	arms := p.invertedArms(s, conds)
	if len(arms) == 0 {
		return nil
	}
	for _, a := range arms {
		list = append(list, p.overArms(conds, []path{a}, out))
	}
	for _, a := range p.keyedPaths(nil, s, p.ownKey(s), conds, out) {
		if a, ok := p.keyedArm(a); ok {
			arms = append(arms, a)
		}
	}
	if both, ok := p.meeting(s, conds, arms, out); ok {
		list = append(list, both)
	}
	if p.noBitmap {
		for i := range list {
			list[i].cost += disabled
		}
	}
	return list
}

// overArms reads the rows that the arms find together; rows of them come out.
func (p *planner) overArms(conds []expr.Expr, arms []path, out float64) path {
	pt := path{rows: out, filter: conds, arms: arms, visited: math.Inf(1)}
	for _, a := range arms {
		pt.visited = math.Min(pt.visited, a.visited)
		pt.startup += a.cost
	}
	if len(arms) > 1 {
		pt.arms = []path{{meet: arms, visited: pt.visited, cost: pt.startup}}
	}
	pt.cost = pt.startup + pt.visited*(p.m.Fetch+float64(len(conds))*p.m.Op)
	return pt
}

// meeting takes the arm that makes the table cheapest to read, and then those that make it
// cheaper still, each for conditions that no other is for.
func (p *planner) meeting(s *logical.Scan, conds []expr.Expr, arms []path, out float64) (path, bool) {
	slices.SortStableFunc(arms, func(a, b path) int {
		return cmp.Compare(p.overArms(conds, []path{a}, out).cost, p.overArms(conds, []path{b}, out).cost)
	})
	taken := arms[:1:1]
	bestPath, used := p.overArms(conds, taken, out), slices.Clone(arms[0].foundBy())
	for _, a := range arms[1:] {
		mine := a.foundBy()
		if slices.ContainsFunc(mine, func(c expr.Expr) bool { return slices.Contains(used, c) }) {
			continue
		}
		next := p.overArms(conds, append(slices.Clone(taken), a), out)
		both := append(slices.Clone(used), mine...)
		rows := math.Max(p.tableRows(s.Table)*p.sel(both), 0)
		next.cost -= (next.visited - rows) * (p.m.Fetch + float64(len(conds))*p.m.Op)
		next.visited = rows
		next.arms[0].visited = rows
		if next.cost < bestPath.cost {
			taken, used, bestPath = append(slices.Clone(taken), a), both, next
		}
	}
	return bestPath, len(taken) > 1
}

// foundBy are the conditions that a way to find row numbers is for.
func (pt *path) foundBy() (list []expr.Expr) {
	if pt.inverted != nil {
		return pt.inverted.from
	}
	for i := range pt.meet {
		list = append(list, pt.meet[i].foundBy()...)
	}
	return append(list, pt.covers...)
}

// buildArm makes the node of a way to find row numbers, over the scan with its row
// number as column id.
func (p *planner) buildArm(keys *logical.Scan, a *path, id logical.ColID) physical.Node {
	switch {
	case a.meet != nil:
		n := &physical.BitmapAnd{Base: p.base([]logical.ColID{id})}
		for i := range a.meet {
			n.Arms = append(n.Arms, p.buildArm(keys, &a.meet[i], id))
		}
		n.Rows, n.Startup, n.Cost = a.visited, a.cost, a.cost
		return n
	case a.inverted != nil:
		n := &physical.InvertedScan{Base: p.base([]logical.ColID{id}), Table: keys.Table, Index: a.index}
		for _, c := range a.inverted.conds {
			c.Value = p.remap(c.Value, nil)
			n.Conds = append(n.Conds, c)
		}
		n.Rows, n.Startup, n.Cost = a.visited, a.startup, a.cost
		return n
	}
	arm := p.buildPath(keys, a, logical.SetOf(id))
	arm.info().Rows = a.visited
	return arm.node
}
