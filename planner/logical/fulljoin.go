package logical

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// PostgreSQL makes full joins by hash or merge only, and fails where it must make one that
// neither can. The executor can make any; what follows finds the joins that PostgreSQL
// would fail at: those that are full joins after all conditions have been looked at, that
// can have rows, and that it comes to plan at all.

// joinable reports that a full join of columns left and right can be made under the
// conditions by PostgreSQL's means: one of them can be hashed, or all be merged.
func joinable(conds []expr.Expr, left, right *ColSet) bool {
	merge := true
	for _, c := range conds {
		if IsFalse(c) {
			return true
		}
		op, t := acrossSides(c, left, right)
		switch {
		case op == nil:
			merge = false
		case op.Hashes && comparableBy(t, true):
			return true
		case !op.Merges || !comparableBy(t, false):
			merge = false
		}
	}
	return merge
}

// acrossSides is the operator of a condition that compares a value of one side with one
// of the other, and the type that it compares.
func acrossSides(e expr.Expr, left, right *ColSet) (*builtin.Operator, types.OID) {
	if IsVolatile(e) {
		return nil, 0
	}
	var op *builtin.Operator
	var a, b expr.Expr
	switch x := e.(type) {
	case *expr.Call:
		if x.Op == nil || len(x.Args) != 2 {
			return nil, 0
		}
		op, a, b = x.Op, x.Args[0], x.Args[1]
	case *expr.InList:
		if x.Not || len(x.List) != 1 {
			return nil, 0
		}
		op, a, b = x.Op, x.L, x.List[0]
	default:
		return nil, 0
	}
	if ofOneSide(a, left, right) && ofOneSide(b, right, left) || ofOneSide(a, right, left) && ofOneSide(b, left, right) {
		return op, a.Type().OID
	}
	return nil, 0
}

// ofOneSide reports that an expression uses columns of one side and none of the other;
// those of outer queries do not count.
func ofOneSide(e expr.Expr, side, other *ColSet) bool {
	uses, strays := false, false
	Free(e, func(c ColID) {
		uses = uses || side.Has(c)
		strays = strays || other.Has(c)
	})
	return uses && !strays
}

// comparableBy reports that values of a type can be hashed, or else ordered: those that a
// container is made of, too. Of a record's columns nothing is known yet.
func comparableBy(t types.OID, hash bool) bool {
	if o := builtin.ExactOperator("=", t, t); o != nil && !can(o, hash) {
		return false
	}
	info := types.Lookup(t)
	switch {
	case info == nil:
		return true
	case t == types.RecordOID:
		return !hash
	case info.Composite != nil:
		return !slices.ContainsFunc(info.Composite.Fields, func(f types.Field) bool { return !comparableBy(f.T.OID, hash) })
	case info.IsArray:
		return comparableBy(info.Elem, hash)
	}
	return true
}

func can(o *builtin.Operator, hash bool) bool { return hash && o.Hashes || !hash && o.Merges }

// fullJoins notes the full joins of a tree that PostgreSQL would fail at. inner: the tree
// is inner joined with others, so that a condition which is never true stands on all.
func (r *normalizer) fullJoins(n Node, inner bool) {
	switch x := n.(type) {
	case *Values:
		if inner && r.never[x] {
			r.unjoinable()
		}
	case *Join:
		r.fullJoinsBelow(x, inner)
	case *Filter:
		r.fullJoins(x.Input, inner)
	case *Project:
		r.fullJoins(x.Input, inner)
	default:
		for _, in := range Inputs(n) {
			r.fullJoins(in, false)
		}
	}
	r.fullJoinsInExprs(n)
}

func (r *normalizer) fullJoinsBelow(x *Join, inner bool) {
	if x.Kind == Full && x.Unjoinable && !(dummy(x.Left) && dummy(x.Right)) {
		r.unjoinable()
	}
	r.fullJoins(x.Left, x.Kind != Full && x.Kind != Right)
	r.fullJoins(x.Right, x.Kind == Inner || x.Kind == Semi || x.Kind == Right)
}

// fullJoinsInExprs goes on in the queries of a node's expressions.
func (r *normalizer) fullJoinsInExprs(n Node) {
	look := func(e expr.Expr) {
		Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*Subquery); ok {
				r.fullJoins(s.Tree, false)
			}
			return true
		})
	}
	if p, ok := n.(*Project); ok {
		for i, e := range p.Exprs {
			r.makes = append(r.makes, p.Out[i])
			look(e)
			r.makes = r.makes[:len(r.makes)-1]
		}
		return
	}
	MapExprs(n, func(e expr.Expr) expr.Expr {
		look(e)
		return e
	})
}

func (r *normalizer) unjoinable() {
	r.fails(pgerr.New(pgerrcode.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions"))
}

// neverTrue gives what stands in the place of a tree under a condition that is never
// true. What the tree joins is planned by PostgreSQL all the same, but not a full join
// that the condition stands right on, nor a query that stays one of its own.
func (r *normalizer) neverTrue(n Node) Node {
	v := &Values{Out: n.Cols()}
	for {
		switch x := n.(type) {
		case *Project:
			r.fullJoinsInExprs(x)
			n = x.Input
			continue
		case *Filter:
			r.fullJoinsInExprs(x)
			n = x.Input
			continue
		case *Join:
			reduce(x, nil)
			if x.Kind == Full && x.Unjoinable {
				r.never[v] = true
				r.fullJoins(x.Left, false)
				r.fullJoins(x.Right, false)
				break
			}
			r.fullJoins(x, true)
		}
		return v
	}
}

// dummy reports that PostgreSQL, too, knows a tree to have no rows.
func dummy(n Node) bool {
	switch x := n.(type) {
	case *Values:
		return len(x.Rows) == 0
	case *Project:
		return dummy(x.Input)
	case *ProjectSet:
		return dummy(x.Input)
	case *Filter:
		return slices.ContainsFunc(x.Conds, IsFalse) || dummy(x.Input)
	case *SetOp:
		return x.Kind == Union && x.All && dummy(x.Left) && dummy(x.Right)
	case *Join:
		l, r := dummy(x.Left), dummy(x.Right)
		switch x.Kind {
		case Inner, Semi:
			return l || r || slices.ContainsFunc(x.On, IsFalse)
		case Right:
			return r
		case Full:
			return l && r
		}
		return l
	}
	return false
}
