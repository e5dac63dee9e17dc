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
				return errAt(ast.NoPos, pgerrcode.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
			}
		}
		if !plain {
			q.sets = sets
			if q.x.GroupAll {
				q.sets = uniqueSets(sets)
			}
			if t := b.trace(); t != nil && len(q.sets) == 1 && len(q.groups) > 0 {
				t.oneSet[q.x] = true
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
