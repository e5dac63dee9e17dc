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

// targetRef stands for a select item (or junk item) until it has a number.
type targetRef struct {
	n    int
	junk bool
	t    types.T
}

func (r *targetRef) Type() types.T { return r.t }

// same compares bound expressions, unknown literals included.
func same(a, b expr.Expr) bool {
	switch x := a.(type) {
	case *unknownLit:
		y, ok := b.(*unknownLit)
		return ok && x.text == y.text && x.null == y.null
	case *unknownParam:
		y, ok := b.(*unknownParam)
		return ok && x.n == y.n
	case *expr.Param:
		if y, ok := b.(*unknownParam); ok {
			return x.N == y.n
		}
	}
	return logical.Same(a, b)
}

func sameAgg(a, b *logical.AggCall) bool {
	if a.Fn != b.Fn || a.Distinct != b.Distinct || len(a.Args) != len(b.Args) || len(a.Direct) != len(b.Direct) || len(a.OrderBy) != len(b.OrderBy) ||
		(a.Filter == nil) != (b.Filter == nil) || a.Filter != nil && !same(a.Filter, b.Filter) {
		return false
	}
	for i := range a.Args {
		if !same(a.Args[i], b.Args[i]) || logical.IsVolatile(a.Args[i]) {
			return false
		}
	}
	for i := range a.Direct {
		if !same(a.Direct[i], b.Direct[i]) || logical.IsVolatile(a.Direct[i]) {
			return false
		}
	}
	for i, k := range a.OrderBy {
		o := b.OrderBy[i]
		if k.Desc != o.Desc || k.NullsFirst != o.NullsFirst || !same(k.Expr, o.Expr) {
			return false
		}
	}
	return true
}

// orderBy binds ORDER BY into keys that refer to select or junk items.
func (b *binder) orderBy(q *selection) error {
	return b.within(q.scope, inOrderBy, true, true, func() error {
		for i := range q.x.OrderBy {
			o := &q.x.OrderBy[i]
			ref, err := b.clauseTarget(q, o.Expr, inOrderBy)
			if err != nil {
				return err
			}
			if q.x.Distinct && ref.junk && !q.follows(o, ref) {
				return errAt(leftmost(o.Expr), pgerrcode.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
			}
			if o.Places { // with DISTINCT, too: it follows from an item of the select list
				ref = b.byPlace(q, ref, o)
			}
			if len(q.x.OrderBy) == 1 && !o.Desc && o.Nulls != ast.NullsFirst {
				q.byDistance(ref)
			}
			k, err := b.sortKey(ref, o)
			if err != nil {
				return err
			}
			if o.Places && !o.Desc && isDistance(behind(q.tree, q.item(ref).e)) {
				k.NullsFirst = false
			}
			q.keys = append(q.keys, k)
		}
		return nil
	})
}

// clauseTarget finds or adds the item that an ORDER BY or DISTINCT ON element
// means: an output name, a position, or an expression (findTargetlistEntrySQL92).
func (b *binder) clauseTarget(q *selection, e ast.Expr, c clause) (*targetRef, error) {
	n, err := b.byNameOrPosition(q, e, c)
	if err != nil {
		return nil, err
	}
	if n >= 0 {
		if q.targets[n].e, err = b.known(q.targets[n].e); err != nil {
			return nil, err
		}
		return &targetRef{n: n, t: q.targets[n].e.Type()}, nil
	}
	x, err := b.value(q.scope, e)
	if err != nil {
		return nil, err
	}
	for i := range q.targets {
		if same(q.targets[i].e, x) {
			return &targetRef{n: i, t: x.Type()}, nil
		}
	}
	for i := range q.junk {
		if same(q.junk[i].e, x) {
			return &targetRef{n: i, junk: true, t: x.Type()}, nil
		}
	}
	if q.full() {
		return &targetRef{n: 0, t: x.Type()}, nil
	}
	q.junk = append(q.junk, target{name: figureName(e), e: x, src: e, pos: leftmost(e)})
	return &targetRef{n: len(q.junk) - 1, junk: true, t: x.Type()}, nil
}

// byNameOrPosition resolves an output name or ordinal to a select item, −1 for neither.
func (b *binder) byNameOrPosition(q *selection, e ast.Expr, c clause) (int, error) {
	switch x := e.(type) {
	case *ast.ColumnRef:
		if len(x.Parts) != 1 || x.Star {
			return -1, nil
		}
		if c == inGroupBy { // input columns come first in GROUP BY
			own := *q.scope
			own.parent = nil
			if col, err := b.findColumn(&own, x.Parts[0], x.Pos); err != nil || col != nil {
				return -1, err
			}
		}
		return b.byName(q, x, c)
	case *ast.Lit:
		if x.Kind != ast.LitInt {
			return -1, errAt(x.Pos, pgerrcode.SyntaxError, "non-integer constant in %s", clauseName[c])
		}
		if x.Int < 1 || int(x.Int) > len(q.targets) {
			return -1, errAt(x.Pos, pgerrcode.InvalidColumnReference, "%s position %d is not in select list", clauseName[c], x.Int)
		}
		return int(x.Int) - 1, nil
	}
	return -1, nil
}

func (b *binder) byName(q *selection, x *ast.ColumnRef, c clause) (int, error) {
	found := -1
	for i := range q.targets {
		if q.targets[i].name != x.Parts[0] {
			continue
		}
		if found >= 0 && !same(q.targets[found].e, q.targets[i].e) {
			return -1, errAt(x.Pos, pgerrcode.AmbiguousColumn, "%s \"%s\" is ambiguous", clauseName[c], x.Parts[0])
		}
		if found < 0 {
			found = i
		}
	}
	return found, nil
}

// sortKey completes a key: direction, NULLs, and the check that the type has an order.
func (b *binder) sortKey(e expr.Expr, o *ast.SortBy) (logical.SortKey, error) {
	k := logical.SortKey{Expr: e, Desc: o.Desc}
	if o.Using != "" {
		var err error
		if k.Desc, k.Bytes, err = b.orderingOperator(o, e.Type()); err != nil {
			return k, err
		}
	}
	k.NullsFirst = k.Desc
	if o.Nulls != ast.NullsDefault {
		k.NullsFirst = o.Nulls == ast.NullsFirst
	}
	return k, needOrder(e.Type(), foremost(o.Expr))
}

// needOrder is 42883 for types without btree order.
func needOrder(t types.T, pos ast.Pos) error {
	if builtin.HasOrder(t.OID) {
		return nil
	}
	return errAt(pos, pgerrcode.UndefinedFunction, "could not identify an ordering operator for type %s", builtin.TypeName(t.OID)).
		WithHint("Use an explicit ordering operator or modify the query.")
}

// needEqual is 42883 for types without equality.
func needEqual(t types.T, pos ast.Pos) error {
	if builtin.HasEquality(t.OID) {
		return nil
	}
	return errAt(pos, pgerrcode.UndefinedFunction, "could not identify an equality operator for type %s", builtin.TypeName(t.OID))
}

// distinctClause adds DISTINCT or DISTINCT ON above the projection.
func (b *binder) distinctClause(q *selection, out []target) error {
	if q.x.Distinct && q.x.DistinctOn == nil {
		for i := range out {
			if err := needEqual(out[i].e.Type(), out[i].pos); err != nil {
				return err
			}
		}
		if len(q.junk) > 0 {
			b.distinctItems(q)
			return nil
		}
		q.tree = &logical.Distinct{Input: q.tree}
	}
	if q.on == nil {
		return nil
	}
	on := make([]expr.Expr, len(q.on))
	for i, r := range q.on {
		on[i] = b.meta.Column(q.refID(r))
	}
	if len(q.keys) > 0 || len(on) > 0 {
		keys := append([]logical.SortKey(nil), q.keys...)
	next:
		for _, o := range on {
			for _, k := range keys {
				if logical.Same(k.Expr, o) {
					continue next
				}
			}
			keys = append(keys, logical.SortKey{Expr: o})
		}
		q.tree = &logical.Sort{Input: q.tree, Keys: keys}
		q.keys, q.ties = nil, q.keys
	}
	q.tree = &logical.Distinct{Input: q.tree, On: on}
	return nil
}

// distinctOn binds DISTINCT ON's expressions; they must lead ORDER BY.
func (b *binder) distinctOn(q *selection) error {
	if q.x.DistinctOn == nil {
		return nil
	}
	return b.within(q.scope, inDistinctOn, true, true, func() error {
		for _, e := range q.x.DistinctOn {
			r, err := b.clauseTarget(q, e, inDistinctOn)
			if err != nil {
				return err
			}
			if err := needEqual(r.t, leftmost(e)); err != nil {
				return err
			}
			q.on = append(q.on, r)
		}
		if at := q.notLeading(); at >= 0 {
			return errAt(leftmost(q.x.DistinctOn[at]), pgerrcode.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		}
		return nil
	})
}

// notLeading is the expression of DISTINCT ON that does not lead ORDER BY: one that comes
// there after others, else the first that does not come at all; -1 if there is none.
func (q *selection) notLeading() int {
	found := make([]bool, len(q.on))
	other := false
	for _, k := range q.keys {
		r := k.Expr.(*targetRef)
		at := -1
		for i, o := range q.on {
			if o.n == r.n && o.junk == r.junk {
				if found[i] = true; at < 0 {
					at = i
				}
			}
		}
		switch {
		case at < 0:
			other = true
		case other:
			return at
		}
	}
	if other {
		return slices.Index(found, false)
	}
	return -1
}
