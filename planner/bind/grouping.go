package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// groupingCall is GROUPING(…) before its level's GROUP BY is bound.
type groupingCall struct {
	args   []expr.Expr
	pos    []ast.Pos // of args
	out    logical.ColID
	having bool // it stands in HAVING, which is looked at last
}

// maxGrouping is how many arguments GROUPING's int4 result has bits for.
const maxGrouping = 31

// groupingCall binds GROUPING(…): like an aggregate it belongs to the level whose
// columns its arguments use, and is a column of the result.
func (b *binder) groupingCall(s *scope, x *ast.Grouping) (expr.Expr, error) {
	if len(x.Args) > maxGrouping {
		return nil, errAt(x.Pos, pgerrcode.TooManyArguments, "GROUPING must have fewer than 32 arguments")
	}
	s.inAgg.note(errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot be nested"))
	in := *s
	in.inAgg = &nesting{}
	args, err := b.list(&in, x.Args)
	if err == nil {
		err = in.inAgg.err
	}
	if err != nil {
		return nil, err
	}
	level := b.aggLevel(s, args)
	if level.grouping == nil {
		return nil, errAt(x.Pos, pgerrcode.GroupingError, "grouping operations are not allowed in %s", clauseName[level.in])
	}
	c := groupingCall{args: args, out: b.meta.Add(logical.ColInfo{Name: "grouping", T: types.Of(types.Int4OID)}), having: level.in == inHaving}
	for _, a := range x.Args {
		c.pos = append(c.pos, leftmost(a))
	}
	level.grouping.calls = append(level.grouping.calls, c)
	return b.meta.Column(c.out), nil
}

// isCall reports the result of a GROUPING(…).
func (g *grouping) isCall(c logical.ColID) bool {
	return slices.ContainsFunc(g.calls, func(x groupingCall) bool { return x.out == c })
}

// groupingCalls finds the arguments of those of the level's GROUPING(…) that stand in
// HAVING, or do not, among its groups.
func (b *binder) groupingCalls(q *selection, n *logical.Agg, having bool) error {
	for _, c := range q.level.calls {
		if c.having != having {
			continue
		}
		g := logical.Grouping{Out: c.out}
		for i, a := range c.args {
			at := slices.IndexFunc(q.groups, func(have groupExpr) bool { return same(have.e, a) })
			if at < 0 {
				return errAt(c.pos[i], pgerrcode.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
			}
			g.Groups = append(g.Groups, at)
		}
		if q.sets != nil {
			n.Grouping = append(n.Grouping, g)
		}
	}
	return nil
}
