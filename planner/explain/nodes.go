package explain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// fill describes one node and its inputs.
func (v *viewer) fill(it *item, n physical.Node) {
	switch x := n.(type) {
	case *physical.Scan:
		v.scan(it, x)
	case *physical.BitmapScan:
		v.bitmapScan(it, x)
	case *physical.VectorSearch:
		v.vectorSearch(it, x)
	case *physical.ExactSearch:
		it.nodeType, it.title = "Sort", "Sort"
		it.add("Sort Key", []string{sortKey(x.Key, x.Names)})
		v.child(it, x.Scan, "Outer")
	case *physical.RangeSearch:
		v.rangeSearch(it, x)
	case *physical.VirtualScan:
		it.nodeType = "Seq Scan"
		v.relation(it, x.Relation.Schema, x.Relation.Name, x.Alias, " on ")
		v.cond(it, "Filter", x.Filter, x.Names)
	case *physical.FuncScan:
		v.funcScan(it, x)
	case *physical.Values:
		v.values(it, x)
	case *physical.CTEScan:
		it.nodeType, it.title = "CTE Scan", "CTE Scan on "+x.Name
		it.addJSON("CTE Name", x.Name)
	case *physical.WorkScan:
		it.nodeType, it.title = "WorkTable Scan", "WorkTable Scan on "+x.Name
		it.addJSON("CTE Name", x.Name)
	case *physical.Filter:
		v.filter(it, x)
	case *physical.ProjectSet:
		it.nodeType, it.title = "ProjectSet", "ProjectSet"
		v.output(it, x.Exprs, names(x.Input))
		v.subplans(it, x.Exprs...)
		v.child(it, x.Input, "Outer")
	case *physical.Limit:
		it.nodeType, it.title = "Limit", "Limit"
		v.child(it, x.Input, "Outer")
		v.subplans(it, x.Limit, x.Offset)
	case *physical.Sort:
		it.nodeType, it.title = "Sort", "Sort"
		it.add("Sort Key", sortKeys(x.Keys, names(x.Input)))
		if it.c != nil && it.c.Spilled > 0 {
			it.add("Sort Method", fmt.Sprintf("external merge  Disk: %dkB", diskKB(it.c)))
		}
		v.child(it, x.Input, "Outer")
	default:
		v.fillMore(it, n)
	}
	if it.c != nil && v.o.Analyze {
		for _, c := range it.c.Extra {
			it.add(c.Name, c.Value)
		}
	}
}

func (v *viewer) fillMore(it *item, n physical.Node) {
	switch x := n.(type) {
	case *physical.Unique:
		it.nodeType, it.title = "Unique", "Unique"
		v.child(it, x.Input, "Outer")
	case *physical.HashDistinct:
		it.nodeType, it.title = "Aggregate", "HashAggregate"
		it.addJSON("Strategy", "Hashed")
		it.add("Group Key", names(x.Input))
		disk(it)
		v.child(it, x.Input, "Outer")
	case *physical.Agg:
		v.agg(it, x)
	case *physical.Window:
		it.nodeType, it.title = "WindowAgg", "WindowAgg"
		disk(it)
		v.child(it, x.Input, "Outer")
	case *physical.HashJoin:
		v.hashJoin(it, x)
	case *physical.NestLoop:
		v.nestLoop(it, x)
	case *physical.Append:
		it.nodeType, it.title = "Append", "Append"
		for _, k := range x.Inputs {
			v.child(it, k, "Member")
		}
	case *physical.MergeAppend:
		it.nodeType, it.title = "Merge Append", "Merge Append"
		it.add("Sort Key", sortKeys(x.Keys, x.Names))
		for _, k := range x.Inputs {
			v.child(it, k, "Member")
		}
	case *physical.SetOp:
		v.setOp(it, x)
	case *physical.RecursiveUnion:
		it.nodeType, it.title = "Recursive Union", "Recursive Union"
		v.child(it, x.Init, "Outer")
		v.child(it, x.Step, "Inner")
	case *physical.LockRows:
		it.nodeType, it.title = "LockRows", "LockRows"
		v.child(it, x.Input, "Outer")
	case *physical.Insert:
		v.modify(it, "Insert", x.Write, x.Alias, x.Input)
		v.conflict(it, x)
	case *physical.Update:
		v.modify(it, "Update", x.Write, x.Alias, x.Input)
	case *physical.Delete:
		v.modify(it, "Delete", x.Write, x.Alias, x.Input)
	case *physical.Merge:
		v.modify(it, "Merge", x.Write, x.Alias, x.Input)
		for i := range x.Whens {
			v.subplans(it, append(x.Whens[i].Values, x.Whens[i].Cond)...)
		}
	default:
		it.nodeType = strings.TrimPrefix(fmt.Sprintf("%T", n), "*physical.")
		it.title = it.nodeType
	}
}

// filter joins a condition with the node below, which PostgreSQL shows as one.
func (v *viewer) filter(it *item, x *physical.Filter) {
	in := v.node(x.Input, it.rel)
	if !takesFilter(in.nodeType) {
		it.nodeType, it.title = "Subquery Scan", "Subquery Scan"
		it.kids = []*item{in}
		in.rel = "Subquery"
		v.cond(it, "Filter", x.Cond, names(x.Input))
		return
	}
	own := it.c
	*it = *in
	if own != nil && it.c != nil {
		c := *it.c
		c.Rows, c.Removed = own.Rows, own.Removed
		it.c = &c
	}
	b := *x.Info()
	it.base = &b
	v.cond(it, "Filter", x.Cond, names(x.Input))
}

// takesFilter: PostgreSQL's node types that have a Filter of their own.
func takesFilter(t string) bool {
	switch t {
	case "Limit", "Sort", "Unique", "WindowAgg", "Append", "SetOp", "LockRows", "ProjectSet", "Recursive Union", "ModifyTable":
		return false
	}
	return true
}

func (v *viewer) agg(it *item, x *physical.Agg) {
	in := names(x.Input)
	it.nodeType = "Aggregate"
	switch {
	case len(x.Groups) == 0:
		it.title = "Aggregate"
		it.addJSON("Strategy", "Plain")
	case x.Sorted:
		it.title = "GroupAggregate"
		it.addJSON("Strategy", "Sorted")
	default:
		it.title = "HashAggregate"
		it.addJSON("Strategy", "Hashed")
	}
	it.addJSON("Partial Mode", "Simple")
	if x.Sets != nil {
		for _, s := range x.Sets {
			var l []string
			for _, g := range s {
				l = append(l, expr.String(x.Groups[g], in))
			}
			it.add("Hash Key", l)
		}
	} else if len(x.Groups) > 0 {
		it.add("Group Key", exprList(x.Groups, in))
	}
	disk(it)
	v.child(it, x.Input, "Outer")
	for i := range x.Aggs {
		v.subplans(it, x.Aggs[i].Args...)
		v.subplans(it, x.Aggs[i].Direct...)
	}
}

func joinTitle(kind physical.JoinKind, base string) (title, typ string) {
	switch kind {
	case physical.Left:
		return base + " Left Join", "Left"
	case physical.Right:
		return base + " Right Join", "Right"
	case physical.Full:
		return base + " Full Join", "Full"
	case physical.Semi:
		return base + " Semi Join", "Semi"
	case physical.Anti:
		return base + " Anti Join", "Anti"
	}
	return base, "Inner"
}

// disk says what hashed rows or groups took on disk.
func disk(it *item) {
	if it.c != nil && it.c.Spilled > 0 {
		it.add("Disk Usage", fmt.Sprintf("%dkB", diskKB(it.c)))
	}
}

// diskKB is what a node wrote to temporary files in each loop.
func diskKB(c *Counters) int64 { return (c.Spilled/max(c.Loops, 1) + 1023) >> 10 }

func (v *viewer) hashJoin(it *item, x *physical.HashJoin) {
	title, typ := joinTitle(x.Kind, "Hash")
	if typ == "Inner" {
		title = "Hash Join"
	}
	it.title, it.nodeType = title, "Hash Join"
	it.addJSON("Join Type", typ)
	l, r := names(x.Left), names(x.Right)
	var conds []string
	for i := range x.LeftKeys {
		conds = append(conds, "("+expr.String(x.LeftKeys[i], l)+" = "+expr.String(x.RightKeys[i], r)+")")
	}
	c := strings.Join(conds, " AND ")
	if len(conds) > 1 {
		c = "(" + c + ")"
	}
	it.add("Hash Cond", c)
	v.cond(it, "Join Filter", x.Filter, append(append([]string(nil), l...), r...))
	if it.c != nil && it.c.Spilled > 0 {
		it.add("Batches", fmt.Sprintf("32  Disk: %dkB", diskKB(it.c)))
	}
	v.child(it, x.Left, "Outer")
	h := &item{title: "Hash", nodeType: "Hash", rel: "Inner", base: x.Right.Info()}
	if v.counters != nil {
		h.c = v.counters(x.Right.Info().ID)
	}
	v.child(h, x.Right, "Outer")
	it.kids = append(it.kids, h)
}

func (v *viewer) nestLoop(it *item, x *physical.NestLoop) {
	title, typ := joinTitle(x.Kind, "Nested Loop")
	it.title, it.nodeType = title, "Nested Loop"
	it.addJSON("Join Type", typ)
	l, r := names(x.Left), names(x.Right)
	v.cond(it, "Join Filter", x.Filter, append(append([]string(nil), l...), r...))
	v.child(it, x.Left, "Outer")
	v.child(it, x.Right, "Inner")
	if len(x.Slots) > 0 {
		ahead(it, x.Right)
	}
}

// ahead says that vector searches of later runs of n are begun before they come.
func ahead(it *item, n physical.Node) {
	if physical.SearchedAhead(n) != nil {
		it.add("Searches Ahead", "up to "+strconv.Itoa(physical.AheadRows)+" rows")
	}
}

func (v *viewer) setOp(it *item, x *physical.SetOp) {
	cmd := "Intersect"
	if x.Except {
		cmd = "Except"
	}
	if x.All {
		cmd += " All"
	}
	it.nodeType, it.title = "SetOp", "HashSetOp "+cmd
	it.addJSON("Strategy", "Hashed")
	it.addJSON("Command", cmd)
	disk(it)
	v.child(it, x.Left, "Outer")
	v.child(it, x.Right, "Inner")
}

func (v *viewer) modify(it *item, op string, w *physical.TableWrite, alias string, in physical.Node) {
	it.nodeType = op
	it.addJSON("Operation", op)
	v.table(it, w.Table, alias, " on ")
	it.nodeType = "ModifyTable"
	v.child(it, in, "Outer")
}

func (v *viewer) conflict(it *item, x *physical.Insert) {
	c := x.OnConflict
	if c == nil {
		return
	}
	res := "NOTHING"
	if c.DoUpdate {
		res = "UPDATE"
	}
	if c.Replace {
		res = "REPLACE"
	}
	it.add("Conflict Resolution", res)
	if len(c.Arbiters) > 0 {
		it.add("Conflict Arbiter Indexes", arbiterNames(c.Arbiters))
	}
	var names []string
	for i := range x.Write.Table.Columns {
		names = append(names, x.Write.Table.Columns[i].Name)
	}
	for i := range x.Write.Table.Columns {
		names = append(names, "excluded."+x.Write.Table.Columns[i].Name)
	}
	if c.Where != nil {
		it.add("Conflict Filter", expr.String(c.Where, names))
	}
}

func arbiterNames(l []*catalog.Index) []string {
	out := make([]string, len(l))
	for i, x := range l {
		out[i] = x.Name
	}
	return out
}
