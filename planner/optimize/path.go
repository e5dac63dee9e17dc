package optimize

import (
	"math"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/planner/stats"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// path is one way to read a table: in key order, or through an ordered index.
type path struct {
	index   *catalog.Index // nil = the table itself
	bounds  physical.Bounds
	reverse bool
	filter  []expr.Expr // conditions that the bounds do not cover
	keys    []expr.Expr // key columns in index order, over ColIDs
	rows    float64     // that come out
	visited float64
	startup float64
	cost    float64
	point   bool        // at most one row
	multi   bool        // several points: no order
	prefix  int         // equality columns
	loose   []int       // conditions that narrow the range but must still be tested
	arms    []path      // not nil: the rows that any of these finds, in no order
	meet    []path      // not nil: the rows that all of these find; of an arm
	covers  []expr.Expr // conditions that the bounds make true or narrow
	// inverted: the rows that the entries of an inverted index allow; of an arm.
	inverted *inverted
	within   *within // a vector index read up to a distance; nil for other ways
	family   *family // the ways to read the tables of a family; nil for one table
}

// read is the path as it is read forwards or backwards.
func (pt *path) read(reverse bool) *path {
	p := *pt
	p.reverse = reverse
	return &p
}

// pinned is how many leading key columns have one value in the whole range.
func (pt *path) pinned() int {
	for i, m := range pt.bounds.Prefix {
		if m.Any {
			return i
		}
	}
	return pt.prefix
}

// disabled is added to the cost of what a setting switched off.
const disabled = 1e10

// tableRows is the assumed size of a table.
func (p *planner) tableRows(t *catalog.Table) float64 {
	if s := p.o.Catalog.Stats(t.ID); s != nil {
		return math.Max(s.Rows, 1)
	}
	if p.o.VectorStats != nil { // never analyzed: a vector index knows how many entries it has
		best := int64(0)
		for _, x := range t.Indexes {
			if x.IsVector() && x.Valid {
				best = max(best, p.o.VectorStats(x.ID).Entries)
			}
		}
		if best > 0 {
			return float64(best)
		}
	}
	if t.Temp && p.o.TempRows != nil {
		return math.Max(stats.DefaultRows, float64(p.o.TempRows(t)))
	}
	return stats.DefaultRows
}

// paths lists the ways to read s under conds (all of which hold for every result).
func (p *planner) paths(s *logical.Scan, conds []expr.Expr) []path {
	conds = s.Secured(conds)
	if s.Family != nil {
		return p.familyPaths(s, conds)
	}
	if s.Cursor != nil {
		return []path{{filter: conds, rows: 1, visited: 1, startup: p.m.Seek, cost: p.m.Seek + p.m.Fetch, point: true}}
	}
	rows := p.tableRows(s.Table)
	out := math.Max(rows*p.sel(conds), 0)
	full := path{filter: conds, keys: p.ownKey(s), rows: out, visited: rows, startup: p.m.Seek}
	full.cost = p.m.Seek + rows*(p.m.SeqRow+float64(len(conds))*p.m.Op)
	if p.noSeq {
		full.startup, full.cost = full.startup+disabled, full.cost+disabled
	}
	list := make([]path, 1, 1+len(s.Table.Indexes))
	list[0] = full
	list = p.keyedPaths(list, s, full.keys, conds, out)
	if pt, ok := p.bitmapPath(s, conds, rows, out); ok {
		list = append(list, pt)
	}
	list = append(list, p.invertedPaths(s, conds, out)...)
	return p.withRanges(s, conds, rows, list)
}

// ownKey is the column of the table's own key; nil when there is none.
func (p *planner) ownKey(s *logical.Scan) []expr.Expr {
	if s.Table.PrimaryAttr == 0 {
		return nil
	}
	return []expr.Expr{p.attrColumn(s, s.Table.PrimaryAttr)}
}

// keyedPaths adds the ways to read a range of the table's own key or of an index, of
// which out rows come.
func (p *planner) keyedPaths(list []path, s *logical.Scan, own, conds []expr.Expr, out float64) []path {
	rows := p.tableRows(s.Table)
	if own != nil {
		if x, ok := p.keyPath(s, own, conds, rows, out); ok {
			list = append(list, x)
		}
	}
	for _, x := range s.Table.Indexes {
		if !x.Usable() || x.IsVector() || x.Method != "btree" || x.Primary && s.Table.PrimaryAttr != 0 {
			continue
		}
		if pt, ok := p.indexPath(s, x, conds, rows, out); ok {
			list = append(list, pt)
		}
	}
	return list
}

// attrColumn is a table column as a logical column; nil when the scan lacks it.
func (p *planner) attrColumn(s *logical.Scan, attr int16) expr.Expr {
	for i, a := range s.Attrs {
		if a == attr {
			return p.meta.Column(s.Out[i])
		}
	}
	return nil
}

// keyPath reads a range of the table's own key.
func (p *planner) keyPath(s *logical.Scan, own, conds []expr.Expr, rows, out float64) (path, bool) {
	pt := path{rows: out, keys: own}
	used := p.bounds(s, &pt, pt.keys, conds)
	if len(used) == 0 || hasNull(pt.bounds.Prefix) {
		return pt, false
	}
	p.finishPath(&pt, conds, used, rows, true, p.m.SeqRow)
	return pt, true
}

// indexPath reads a range of an index, or all of it for its order.
func (p *planner) indexPath(s *logical.Scan, x *catalog.Index, conds []expr.Expr, rows, out float64) (path, bool) {
	pt := path{index: x, rows: out}
	var where expr.Expr
	if indexNeedsBinding(x) {
		w, err := bind.IndexWrite(s.Table, x, p.o)
		if err != nil {
			return pt, false
		}
		for _, k := range w.Keys {
			pt.keys = append(pt.keys, p.tableExpr(s, k))
		}
		where = p.tableExpr(s, w.Where)
	} else {
		for _, k := range x.Keys {
			pt.keys = append(pt.keys, p.attrColumn(s, k.Attr))
		}
	}
	for _, k := range pt.keys {
		if k == nil {
			return pt, false
		}
	}
	indexed := rows
	if where != nil {
		if !bind.Implies(conds, where) {
			return pt, false
		}
		indexed = rows * p.sel(logical.Conjuncts(nil, where))
	}
	used := p.bounds(s, &pt, pt.keys, conds)
	p.finishPath(&pt, conds, used, indexed, x.Distinct(), p.m.IndexRow+p.m.Fetch)
	if p.noIndex {
		pt.cost += disabled
	}
	return pt, true
}

func indexNeedsBinding(x *catalog.Index) bool {
	if x.Where != "" {
		return true
	}
	for _, k := range x.Keys {
		if k.Attr == 0 || k.Order != "" {
			return true
		}
	}
	return false
}

// tableExpr renumbers an expression over the table row to the scan's columns.
func (p *planner) tableExpr(s *logical.Scan, e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	ok := true
	out := logical.Rewrite(e, func(n expr.Expr) expr.Expr {
		if c, is := n.(*expr.Column); is {
			col := p.attrColumn(s, int16(c.Index+1))
			if col == nil {
				ok = false
				return n
			}
			return col
		}
		return n
	})
	if !ok {
		return nil
	}
	return out
}

// finishPath prices a path whose bounds cover the used conditions.
func (p *planner) finishPath(pt *path, conds []expr.Expr, used []int, rows float64, unique bool, perRow float64) {
	covered := make([]bool, len(conds))
	in := make([]expr.Expr, 0, len(used)+len(pt.loose))
	for _, i := range used {
		covered[i] = true
		in = append(in, conds[i])
	}
	for i, c := range conds {
		if !covered[i] {
			pt.filter = append(pt.filter, c)
		}
	}
	for _, i := range pt.loose {
		in = append(in, conds[i])
	}
	pt.covers = in
	pt.visited = rows
	if len(in) > 0 {
		pt.visited = math.Max(rows*p.sel(in), 0)
	}
	seeks := 1.0
	if unique && pt.prefix == len(pt.keys) && len(pt.keys) > 0 && !hasNull(pt.bounds.Prefix) {
		if pt.multi {
			seeks = math.Max(math.Min(pt.visited, rows), 1)
		} else {
			pt.point = true
			pt.visited, pt.rows = math.Min(pt.visited, 1), math.Min(pt.rows, 1)
		}
	} else if pt.multi {
		seeks = 4
	}
	pt.startup = p.m.Seek
	pt.cost = seeks*p.m.Seek + pt.visited*(perRow+float64(len(pt.filter))*p.m.Op)
}

func hasNull(l []physical.Match) bool {
	for _, m := range l {
		if m.Null {
			return true
		}
	}
	return false
}

// best is the cheapest path.
func best(list []path) *path {
	b := &list[0]
	for i := range list {
		if list[i].cost < b.cost {
			b = &list[i]
		}
	}
	return b
}

// buildPath makes the Scan node of a path, or the BitmapScan of one with arms.
func (p *planner) buildPath(s *logical.Scan, pt *path, need *logical.ColSet) *rel {
	if pt.family != nil {
		return p.buildFamily(s, pt, need)
	}
	if pt.arms != nil || s.Cursor != nil {
		return p.buildBitmap(s, pt, need)
	}
	need = need.Clone(pt.filter...)
	if pt.within != nil {
		return p.rangeSearch(s, pt, need)
	}
	n := &physical.Scan{Table: s.Table, Alias: s.Alias, Index: pt.index, Reverse: pt.reverse}
	var cols []logical.ColID
	cols, n.Attrs = needed(s, need)
	n.Base = p.base(cols)
	r := &rel{n, cols}
	n.Bounds = p.remapBounds(&pt.bounds)
	n.Filter = p.remapCond(pt.filter, r.layout())
	n.Rows, n.Startup, n.Cost = pt.rows, pt.startup, pt.cost
	return r
}

// needed are the columns of a scan that are needed, and their attributes.
func needed(s *logical.Scan, need *logical.ColSet) (cols []logical.ColID, attrs []int16) {
	cols, attrs = make([]logical.ColID, 0, len(s.Out)), make([]int16, 0, len(s.Out))
	for i, c := range s.Out {
		if need.Has(c) {
			cols, attrs = append(cols, c), append(attrs, s.Attrs[i])
		}
	}
	return cols, attrs
}

func (p *planner) remapBounds(b *physical.Bounds) physical.Bounds {
	out := *b
	out.Prefix = nil
	for _, m := range b.Prefix {
		m.X = p.remap(m.X, nil)
		out.Prefix = append(out.Prefix, m)
	}
	out.Lo, out.Hi = p.remap(b.Lo, nil), p.remap(b.Hi, nil)
	return out
}
