package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// groupOf is the group that an item of the select list is, where there are grouping sets.
func (q *selection) groupOf(item int) *groupExpr {
	for i := range q.groups {
		if q.bySets && q.groups[i].target == item {
			return &q.groups[i]
		}
	}
	return nil
}

// regroup rewrites expressions above an Agg.
type regroup struct {
	b     *binder
	q     *selection
	agg   *logical.Agg
	below map[logical.ColID]bool
	known map[logical.ColID]bool // see follows; nil until it is asked for
	any   map[logical.ColID]logical.ColID
	err   error
}

func (r *regroup) rewrite(e expr.Expr) (expr.Expr, error) {
	out := r.expr(e)
	return out, r.err
}

func (r *regroup) expr(e expr.Expr) expr.Expr {
	if r.err != nil {
		return e
	}
	for i := range r.q.groups {
		if g := &r.q.groups[i]; same(g.e, e) {
			return &expr.Column{Index: g.id, T: e.Type(), Name: r.b.meta.Cols[g.id].Name}
		}
	}
	switch x := e.(type) {
	case *expr.Column:
		if r.q.sets == nil && r.q.level.isCall(x.Index) {
			return intConst(0) // without sets every row has all groups
		}
		if r.below[x.Index] && !r.isAgg(x.Index) && !r.dependent(x.Index) && !r.follows(x.Index) {
			if v := r.anyValue(x); v != nil {
				return v
			}
			pos, known := r.b.pos[x]
			if !known { // one of a column that a join has merged
				pos = ast.NoPos
			}
			r.err = r.ungrouped(x.Index, pos, false)
		}
		return e
	case *expr.Subscript: // whose places are looked at before what they are in
		for _, list := range [][]expr.Expr{x.Index, x.Lo, x.Hi} {
			for _, i := range list {
				if i != nil {
					r.expr(i)
				}
			}
		}
	case *expr.RowOf:
		if it := r.b.wholeRows[x]; it != nil {
			return r.wholeRow(x, x, it)
		}
	case *expr.Case:
		if row := r.b.caseRows[x]; row != nil && r.b.wholeRows[row] != nil {
			return r.wholeRow(x, row, r.b.wholeRows[row])
		}
	case *logical.Subquery:
		if r.q.sets == nil && len(r.q.level.calls) > 0 {
			logical.RewriteTree(x.Tree, func(n expr.Expr) expr.Expr {
				if c, ok := n.(*expr.Column); ok && r.q.level.isCall(c.Index) {
					return intConst(0)
				}
				return n
			})
		}
		first, at, some := logical.ColID(0), ast.NoPos, false
		logical.FreeTree(x.Tree, func(c logical.ColID) {
			if r.below[c] && !r.grouped(c) && !r.dependent(c) && !r.follows(c) {
				if pos := r.posIn(x.Tree, c); !some || pos < at {
					first, at, some = c, pos, true
				}
			}
		})
		if some {
			r.err = r.ungrouped(first, at, true)
		}
	}
	return logical.Map(e, r.expr)
}

// wholeRow is t among groups: it is one of them, or depends on the table's key. That all its
// columns are groups does not count.
func (r *regroup) wholeRow(x expr.Expr, row *expr.RowOf, it *nsItem) expr.Expr {
	for i := range r.q.groups {
		g := &r.q.groups[i]
		if group := r.b.rowBehind(g.e); group == nil || r.b.wholeRows[group] != it {
			continue
		}
		e := expr.Expr(&expr.Column{Index: g.id, T: g.e.Type(), Name: r.b.meta.Cols[g.id].Name})
		if row.T.OID == types.RecordOID && g.e.Type().OID != types.RecordOID {
			e, r.err = r.b.asRecord(e, builtin.Implicit, ast.NoPos)
		}
		return e
	}
	for _, c := range it.cols {
		if col, ok := c.e.(*expr.Column); ok && r.below[col.Index] && !r.byKey(col.Index) && !r.follows(col.Index) && r.anyValue(col) == nil {
			r.err = errAt(r.b.wholeAt[row], pgerrcode.GroupingError,
				"column \"%s.*\" must appear in the GROUP BY clause or be used in an aggregate function", it.name)
			return x
		}
	}
	return logical.Map(x, r.expr)
}

// posIn is where a subquery's tree first refers to the column.
func (r *regroup) posIn(n logical.Node, c logical.ColID) ast.Pos {
	pos := ast.NoPos
	logical.VisitExprs(n, func(e expr.Expr) {
		logical.Walk(e, func(x expr.Expr) bool {
			if col, ok := x.(*expr.Column); ok && col.Index == c {
				if p, ok := r.b.pos[col]; ok && (pos < 0 || p < pos) {
					pos = p
				}
			}
			return true
		})
	})
	return pos
}

func (r *regroup) isAgg(c logical.ColID) bool { return contains(r.agg.AggOut, c) }

func (r *regroup) grouped(c logical.ColID) bool {
	for _, id := range r.agg.GroupOut {
		if id == c {
			return true
		}
	}
	return false
}

// nameOf is a column as FROM names it.
func (r *regroup) nameOf(id logical.ColID) string {
	for _, it := range r.q.items {
		if it.rel == nil || it.name == "" {
			continue
		}
		for _, c := range it.cols {
			if col, ok := c.e.(*expr.Column); ok && col.Index == id {
				return it.name + "." + c.name
			}
		}
	}
	info := &r.b.meta.Cols[id]
	if info.Rel != "" {
		return info.Rel + "." + info.Name
	}
	return info.Name
}

func (r *regroup) ungrouped(c logical.ColID, pos ast.Pos, sub bool) error {
	name := r.nameOf(c)
	if sub {
		return errAt(pos, pgerrcode.GroupingError, "subquery uses ungrouped column \"%s\" from outer query", name)
	}
	return errAt(pos, pgerrcode.GroupingError, "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function", name)
}

// dependent reports that the column is a function of the groups, because they
// hold its table's primary key; it then becomes a group too.
func (r *regroup) dependent(c logical.ColID) bool {
	return r.grouped(c) || r.byKey(c)
}

// byKey reports that the groups hold the primary key of a column's table.
func (r *regroup) byKey(c logical.ColID) bool {
	info := &r.b.meta.Cols[c]
	if info.Table == nil || len(r.q.groups) == 0 {
		return false
	}
	pk := info.Table.PrimaryKey()
	if pk == nil || pk.Deferrable {
		return false
	}
	for _, it := range r.q.items {
		if it.rel == nil || it.rel.scan == nil || !contains(it.rel.scan.Out, c) {
			continue
		}
		for _, attr := range pk.Columns {
			if !r.groupedAttr(it.rel, attr) {
				return false
			}
		}
		if !r.grouped(c) {
			r.agg.Groups, r.agg.GroupOut = append(r.agg.Groups, r.b.meta.Column(c)), append(r.agg.GroupOut, c)
			r.agg.Sets = withGroup(r.agg.Sets, len(r.agg.Groups)-1)
		}
		if t := r.b.trace(); t != nil {
			t.keys[pk.ID] = true
		}
		return true
	}
	return false
}

// groupedAttr reports a column that is a group, of every grouping set.
func (r *regroup) groupedAttr(rel *relation, attr int16) bool {
	i := slices.Index(rel.scan.Attrs, attr)
	if i < 0 {
		return false
	}
	at := slices.Index(r.agg.GroupOut, rel.scan.Out[i])
	return at >= 0 && !slices.ContainsFunc(r.agg.Sets, func(set []int) bool { return !slices.Contains(set, at) })
}

// withGroup adds a group to each set.
func withGroup(sets [][]int, group int) [][]int {
	out := slices.Clone(sets)
	for i := range out {
		out[i] = append(slices.Clone(out[i]), group)
	}
	return out
}

func contains(l []logical.ColID, c logical.ColID) bool {
	for _, x := range l {
		if x == c {
			return true
		}
	}
	return false
}
