package explain

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

func (v *viewer) scan(it *item, x *physical.Scan) {
	b := bounds(&x.Bounds, keyName(x.Table, x.Index))
	index := x.Index
	if index == nil && (b != "" || x.Reverse) {
		for _, i := range x.Table.Indexes {
			if i.Primary {
				index = i
			}
		}
	}
	if index == nil {
		it.nodeType = "Seq Scan"
		v.table(it, x.Table, x.Alias, " on ")
	} else {
		it.nodeType = "Index Scan"
		back := ""
		dir := "Forward"
		if x.Reverse {
			back, dir = " Backward", "Backward"
		}
		it.addJSON("Scan Direction", dir)
		it.addJSON("Index Name", index.Name)
		v.table(it, x.Table, x.Alias, back+" using "+builtin.QuoteIdent(index.Name)+" on ")
	}
	if b != "" {
		it.add("Index Cond", b)
		for _, m := range x.Bounds.Prefix {
			v.subplans(it, m.X)
		}
		v.subplans(it, x.Bounds.Lo, x.Bounds.Hi)
	}
	v.cond(it, "Filter", x.Filter, x.Names)
}

// vectorSearch is an Index Scan with Order By, as pgvector's, and lines on how
// the filter is applied.
func (v *viewer) vectorSearch(it *item, x *physical.VectorSearch) {
	it.nodeType = "Index Scan"
	it.addJSON("Scan Direction", "Forward")
	it.addJSON("Index Name", x.Index.Name)
	v.table(it, x.Table, x.Alias, " using "+builtin.QuoteIdent(x.Index.Name)+" on ")
	it.add("Order By", orderText(x))
	if x.Radius != nil {
		it.add("Index Cond", "("+orderText(x)+opText(" < ", " <= ", x.Inclusive)+expr.String(x.Radius, nil)+")")
	}
	v.subplans(it, x.Query, x.Radius)
	v.included(it, x.Included, x.Names)
	v.cond(it, "Filter", x.Filter, x.Names)
	v.effort(it, x)
	if x.Filter == nil {
		return
	}
	s, why := strategyName(x.Strategy), x.Why
	if it.c != nil && it.c.Strategy != "" {
		s = it.c.Strategy
	}
	if it.c != nil && it.c.Why != "" {
		why = it.c.Why
	}
	it.add("Vector Strategy", s)
	if why != "" && v.o.Costs {
		it.add("Strategy Estimate", why)
	}
	if x.Pre != nil {
		k := v.node(x.Pre, "Member")
		k.label = "Pre-filter"
		it.kids = append(it.kids, k)
	}
}

// cursorText names a cursor.
func cursorText(c *physical.Cursor) string {
	if c.Variable != nil {
		return "$" + strconv.Itoa(c.Variable.N+1)
	}
	return ast.QuoteIdent(c.Name)
}

// bitmapScan shows the arms as PostgreSQL's scans of index entries.
func (v *viewer) bitmapScan(it *item, x *physical.BitmapScan) {
	it.nodeType = "Bitmap Heap Scan"
	if x.Cursor != nil {
		it.nodeType, it.title = "Tid Scan", "Tid Scan"
		v.table(it, x.Table, x.Alias, " on ")
		it.add("TID Cond", "CURRENT OF "+cursorText(x.Cursor))
		v.cond(it, "Filter", x.Filter, x.Names)
		return
	}
	v.table(it, x.Table, x.Alias, " on ")
	if len(x.Arms) == 1 {
		v.recheck(it, x)
		it.kids = append(it.kids, v.arm(x.Arms[0], "Outer"))
		return
	}
	v.cond(it, "Filter", x.Filter, x.Names)
	or := &item{nodeType: "BitmapOr", title: "BitmapOr", rel: "Outer", base: &physical.Base{Cost: x.Startup}}
	for _, a := range x.Arms {
		or.kids = append(or.kids, v.arm(a, "Member"))
		or.base.Rows += a.Info().Rows
	}
	if v.counters != nil {
		sum := Counters{Loops: 1}
		for _, k := range or.kids {
			if k.c != nil {
				sum.Rows, sum.TotalMs = sum.Rows+k.c.Rows, sum.TotalMs+k.c.TotalMs
				sum.Loops = k.c.Loops
			}
		}
		or.c = &sum
	}
	it.kids = append(it.kids, or)
}

// recheck shows what the one arm was for apart from what else is tested.
func (v *viewer) recheck(it *item, x *physical.BitmapScan) {
	it.add("Recheck Cond", expr.String(x.Recheck, x.Names))
	v.subplans(it, x.Recheck)
	if x.Rest != nil {
		v.cond(it, "Filter", x.Rest, x.Names)
	} else if v.o.Analyze && it.c != nil && it.c.Loops > 0 && it.c.Removed/it.c.Loops > 0 {
		it.add("Rows Removed by Index Recheck", it.c.Removed/it.c.Loops)
	}
}

func (v *viewer) arm(n physical.Node, rel string) *item {
	it := v.node(n, rel)
	switch x := n.(type) {
	case *physical.Scan:
		index := x.Index
		for _, i := range x.Table.Indexes {
			if index == nil && i.Primary {
				index = i
			}
		}
		it.nodeType, it.title = "Bitmap Index Scan", "Bitmap Index Scan"
		if index != nil {
			it.title += " on " + index.Name
		}
	case *physical.InvertedScan:
		it.nodeType, it.title = "Bitmap Index Scan", "Bitmap Index Scan on "+builtin.QuoteIdent(x.Index.Name)
		it.addJSON("Index Name", x.Index.Name)
		it.add("Index Cond", invertedConds(x))
		for i := range x.Conds {
			v.subplans(it, x.Conds[i].Value)
		}
	case *physical.BitmapAnd:
		it.nodeType, it.title = "BitmapAnd", "BitmapAnd"
		for _, a := range x.Arms {
			it.kids = append(it.kids, v.arm(a, "Member"))
		}
	}
	return it
}

// invertedConds is (tags @> '{a}'::text[]) for each condition, joined by AND.
func invertedConds(x *physical.InvertedScan) string {
	var parts []string
	for i := range x.Conds {
		c := &x.Conds[i]
		key := x.Index.Keys[c.Column].Expr
		if a := x.Index.Keys[c.Column].Attr; a != 0 {
			key = builtin.QuoteIdent(x.Table.Columns[a-1].Name)
		}
		parts = append(parts, "("+key+" "+c.Op.Name+" "+expr.String(c.Value, nil)+")")
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

// effort says what recall a search was to reach and what it spent on that.
func (v *viewer) effort(it *item, x *physical.VectorSearch) {
	if it.c == nil || it.c.EffortFrom == "" {
		return
	}
	if it.c.Target > 0 {
		it.add("Recall Target", it.c.Target)
	}
	unit := "ef "
	if x.Index.Method != "hnsw" {
		unit = "probes "
	}
	s := "every entry"
	if it.c.Effort > 0 {
		s = unit + strconv.FormatInt(it.c.Effort, 10)
	}
	it.add("Search Effort", s+" ("+it.c.EffortFrom+")")
}

// orderText is (embedding <-> '[1,2]'::vector).
func orderText(x *physical.VectorSearch) string {
	if x.OrderText != "" {
		return x.OrderText
	}
	return distanceText(x.Table, x.Index, x.Op, x.Query)
}

func distanceText(t *catalog.Table, x *catalog.Index, op *builtin.Operator, query expr.Expr) string {
	key := x.Keys[0].Expr
	if key == "" {
		key = keyName(t, x)(0)
	}
	return "(" + key + " " + op.Name + " " + expr.String(query, nil) + ")"
}

// rangeSearch is an Index Scan whose condition bounds the distance.
func (v *viewer) rangeSearch(it *item, x *physical.RangeSearch) {
	it.nodeType = "Index Scan"
	it.addJSON("Scan Direction", "Forward")
	it.addJSON("Index Name", x.Index.Name)
	v.table(it, x.Table, x.Alias, " using "+builtin.QuoteIdent(x.Index.Name)+" on ")
	it.add("Index Cond", "("+distanceText(x.Table, x.Index, x.Op, x.Query)+opText(" < ", " <= ", x.Inclusive)+expr.String(x.Radius, nil)+")")
	v.subplans(it, x.Query, x.Radius)
	v.included(it, x.Included, x.Names)
	v.cond(it, "Filter", x.Filter, x.Names)
}

// included shows the part of the filter that is tested on what the index carries.
func (v *viewer) included(it *item, e expr.Expr, names []string) {
	if e == nil {
		return
	}
	it.add("Index Filter", expr.String(e, names))
	if v.o.Analyze && it.c != nil && it.c.Loops > 0 {
		if n := it.c.Skipped / it.c.Loops; n > 0 || !v.o.Costs {
			it.add("Entries Removed by Index Filter", n)
		}
	}
}

func strategyName(s physical.Strategy) string {
	switch s {
	case physical.StrategyPost:
		return "post-filter"
	case physical.StrategyPre:
		return "pre-filter"
	case physical.StrategyIncluded:
		return "index-filter"
	case physical.StrategyWithin:
		return "range search"
	}
	return "chosen at run time"
}

func (v *viewer) funcScan(it *item, x *physical.FuncScan) {
	it.nodeType = "Function Scan"
	name := x.Alias
	if len(x.Calls) == 1 {
		name = x.Calls[0].Fn.Name
		it.addJSON("Function Name", name)
	}
	it.title = "Function Scan on " + name
	if x.Alias != name {
		it.title += " " + x.Alias
	}
	it.addJSON("Alias", x.Alias)
	for _, c := range x.Calls {
		v.subplans(it, c.Args...)
	}
}

func (v *viewer) values(it *item, x *physical.Values) {
	if len(x.Rows) > 1 {
		it.nodeType, it.title = "Values Scan", "Values Scan on \"*VALUES*\""
		it.addJSON("Alias", "*VALUES*")
	} else {
		it.nodeType, it.title = "Result", "Result"
		if len(x.Rows) == 0 {
			it.add("One-Time Filter", "false")
		}
	}
	for _, r := range x.Rows {
		v.subplans(it, r...)
	}
}
