package bind

import (
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// groupExpr is one distinct GROUP BY expression. Where there are grouping sets, items of
// the select list that are alike are grouped each for itself: a set can have one of them.
type groupExpr struct {
	e      expr.Expr
	id     logical.ColID
	target int // the item of the select list that it is, −1 for none
}

// maxSets bounds what CUBE and ROLLUP may expand to, as PostgreSQL does.
const maxSets = 4096

// groupBy binds GROUP BY.
func (b *binder) groupBy(q *selection) error {
	if len(q.x.GroupBy) == 0 {
		return nil
	}
	return b.within(q.scope, inGroupBy, false, true, func() error {
		q.scope.calls = nil
		q.grouped = true
		plain := true
		for i := range q.x.GroupBy {
			plain = plain && q.x.GroupBy[i].Kind == ast.GroupExpr
		}
		q.bySets = !plain
		sets := [][]int{{}}
		for i := range q.x.GroupBy {
			s, err := b.groupItem(q, &q.x.GroupBy[i])
			if err != nil {
				return err
			}
			if sets = crossSets(sets, s); len(sets) > maxSets {
				return errAt(q.x.GroupBy[i].Pos, pgerrcode.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
			}
		}
		if !plain {
			q.sets = sets
			if q.x.GroupAll {
				q.sets = uniqueSets(sets)
			}
		}
		return nil
	})
}

// groupItem expands an item into its grouping sets.
func (b *binder) groupItem(q *selection, g *ast.GroupItem) ([][]int, error) {
	switch g.Kind {
	case ast.GroupExpr:
		if r, ok := g.Expr.(*ast.Row); ok && !r.Explicit {
			var set []int
			for _, e := range r.Args {
				n, err := b.groupOne(q, e)
				if err != nil {
					return nil, err
				}
				set = append(set, n)
			}
			return [][]int{set}, nil
		}
		n, err := b.groupOne(q, g.Expr)
		return [][]int{{n}}, err
	case ast.GroupEmpty:
		return [][]int{{}}, nil
	case ast.GroupRow:
		sets := [][]int{{}}
		for i := range g.Items {
			s, err := b.groupItem(q, &g.Items[i])
			if err != nil {
				return nil, err
			}
			sets = crossSets(sets, s)
		}
		return sets, nil
	case ast.GroupSets:
		var sets [][]int
		for i := range g.Items {
			s, err := b.groupItem(q, &g.Items[i])
			if err != nil {
				return nil, err
			}
			sets = append(sets, s...)
		}
		return sets, nil
	}
	return b.rollupCube(q, g)
}

func (b *binder) rollupCube(q *selection, g *ast.GroupItem) ([][]int, error) {
	var parts [][]int
	for i := range g.Items {
		s, err := b.groupItem(q, &g.Items[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, s[0])
	}
	var sets [][]int
	if g.Kind == ast.GroupRollup {
		for n := len(parts); n >= 0; n-- {
			var set []int
			for _, p := range parts[:n] {
				set = append(set, p...)
			}
			sets = append(sets, set)
		}
		return sets, nil
	}
	if len(parts) > 12 {
		return nil, errAt(g.Pos, pgerrcode.TooManyColumns, "CUBE is limited to 12 elements")
	}
	for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
		var set []int
		for i, p := range parts {
			if mask&(1<<(len(parts)-1-i)) != 0 {
				set = append(set, p...)
			}
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func crossSets(a, b [][]int) [][]int {
	if len(a)*len(b) > 2*maxSets {
		return make([][]int, maxSets+1)
	}
	out := make([][]int, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, append(append([]int(nil), x...), y...))
		}
	}
	return out
}

func uniqueSets(sets [][]int) [][]int {
	seen := map[string]bool{}
	var out [][]int
	for _, s := range sets {
		members := slices.Clone(s)
		slices.Sort(members)
		key := fmt.Sprint(slices.Compact(members))
		if !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

// aggregation puts the Agg under the select list and rewrites everything above
// it to use its output.
func (b *binder) aggregation(q *selection) error {
	orderWindows(q)
	g := q.level
	if len(g.aggs) == 0 && len(g.calls) == 0 && !q.grouped && q.having == nil {
		return b.windowNodes(q, nil)
	}
	if len(g.aggs) > 0 && slices.ContainsFunc(q.items, func(it *nsItem) bool { return it.rel != nil && it.rel.work }) {
		return errAt(g.first, pgerrcode.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
	}
	below := map[logical.ColID]bool{}
	for _, c := range q.tree.Cols() {
		below[c] = true
	}
	var sets []expr.Expr
	for i := range q.groups {
		sets = append(sets, q.groups[i].e)
	}
	expanded := b.expandSets(q, sets)
	n := &logical.Agg{Input: q.tree, Aggs: g.aggs, AggOut: g.out, Sets: q.sets}
	for i := range q.groups {
		ge := &q.groups[i]
		by := ge.e
		if expanded != nil {
			by = expanded(by)
		}
		if c, ok := by.(*expr.Column); ok && !slices.Contains(n.GroupOut, c.Index) {
			ge.id = c.Index
		} else {
			ge.id = b.meta.Add(logical.ColInfo{T: ge.e.Type(), Domain: b.exprDomain(ge.e)})
		}
		n.Groups, n.GroupOut = append(n.Groups, by), append(n.GroupOut, ge.id)
	}
	if err := b.groupingCalls(q, n, false); err != nil {
		return err
	}
	r := &regroup{b: b, q: q, agg: n, below: below}
	for k, l := range [][]target{q.targets, q.junk} {
		for i := range l {
			if g := q.groupOf(i); g != nil && k == 0 {
				l[i].e = &expr.Column{Index: g.id, T: g.e.Type(), Name: b.meta.Cols[g.id].Name}
				continue
			}
			e, err := r.rewrite(l[i].e)
			if err != nil {
				return err
			}
			l[i].e = e
		}
	}
	if err := r.checkDirect(); err != nil {
		return err
	}
	if err := b.groupingCalls(q, n, true); err != nil {
		return err
	}
	for i := range q.having {
		e, err := r.rewrite(q.having[i])
		if err != nil {
			return err
		}
		q.having[i] = e
	}
	q.tree = n
	if len(n.Aggs) == 0 && len(n.Groups) == 0 && q.sets == nil {
		q.tree = &logical.Values{Rows: [][]expr.Expr{{}}} // one row whatever was read
	}
	if q.having != nil {
		q.tree = &logical.Filter{Input: q.tree, Conds: q.having}
	}
	return b.windowNodes(q, r)
}

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
		if r.below[x.Index] && !r.isAgg(x.Index) && !r.dependent(x.Index) {
			pos, known := r.b.pos[x]
			if !known { // one of a column that a join has merged
				pos = ast.NoPos
			}
			r.err = r.ungrouped(x.Index, pos, false)
		}
		return e
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
			if r.below[c] && !r.grouped(c) && !r.dependent(c) {
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
	info := &r.b.meta.Cols[c]
	if r.grouped(c) {
		return true
	}
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
		r.agg.Groups, r.agg.GroupOut = append(r.agg.Groups, r.b.meta.Column(c)), append(r.agg.GroupOut, c)
		r.agg.Sets = withGroup(r.agg.Sets, len(r.agg.Groups)-1)
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
