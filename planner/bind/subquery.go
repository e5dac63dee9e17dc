package bind

import (
	"reflect"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// subqueryAllowed refuses subqueries where stored or row-less expressions stand.
func subqueryAllowed(s *scope, pos ast.Pos) error {
	switch s.in {
	case inDefault, inCheck, inIndexExpr, inPartKey, inPartBound, inIndexPred, inStatistics, inGenerated, inUsing, inCopyWhere, inTriggerWhen, inExecute, inCall:
		name := map[clause]string{inDefault: "DEFAULT expression", inCheck: "check constraint", inIndexExpr: "index expression", inPartKey: "partition key expression", inPartBound: "partition bound",
			inIndexPred: "index predicate", inStatistics: "statistics expression", inGenerated: "column generation expression", inUsing: "transform expression",
			inCopyWhere: "COPY FROM WHERE condition", inTriggerWhen: "trigger WHEN condition", inExecute: "EXECUTE parameter", inCall: "CALL argument"}[s.in]
		return errAt(pos, pgerrcode.FeatureNotSupported, "cannot use subquery in %s", name)
	}
	return nil
}

// subquery is (SELECT …), EXISTS or ARRAY(SELECT …) as a value.
func (b *binder) subquery(s *scope, x *ast.Subquery) (expr.Expr, error) {
	if err := subqueryAllowed(s, x.Pos); err != nil {
		return nil, err
	}
	q, err := b.selectStmt(x.Query, s, queryOpts{})
	if err != nil {
		return nil, err
	}
	sub := &logical.Subquery{Tree: q.tree, Out: q.ids(), Source: func() string { return ast.Print(x.Query) }}
	switch x.Kind {
	case ast.ExistsSub:
		sub.Kind, sub.T = expr.ExistsSub, types.Of(types.BoolOID)
		return sub, nil
	case ast.ArraySub:
		if len(q.out) != 1 {
			return nil, errAt(x.Pos, pgerrcode.SyntaxError, "subquery must return only one column")
		}
		sub.Kind = expr.ArraySub
		defer func() {
			if sub.T.OID == types.RecordArrayOID {
				sub.T.Mod = q.out[0].t.Mod
			}
		}()
		if over := types.Of(b.exprDomain(b.meta.Column(q.out[0].id))).ArrayOf(); over.OID != 0 {
			sub.T = over
			return sub, nil
		}
		if sub.T = q.out[0].t.ArrayOf(); sub.T.OID == 0 {
			if !q.out[0].t.IsArray() {
				return nil, errAt(x.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", builtin.TypeName(q.out[0].t.OID))
			}
			sub.Kind, sub.T = expr.ArraysSub, q.out[0].t
		}
		return sub, nil
	}
	if len(q.out) != 1 {
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "subquery must return only one column")
	}
	if id, d := b.preciseColumn(q, 0); id != 0 {
		sub.Kind, sub.T, sub.Out = expr.ScalarSub, b.meta.Cols[id].T, []logical.ColID{id}
		return b.shown(sub, d, x.Pos)
	}
	sub.Kind, sub.T, sub.Domain = expr.ScalarSub, q.out[0].t, b.exprDomain(b.meta.Column(q.out[0].id))
	return sub, nil
}

// subOp is the operator between a value and the rows of a query, as the node of says it.
type subOp struct {
	of           ast.Expr
	schema, name string
	pos          ast.Pos
}

// compareSub compares left, a value or a row of them, with the rows of a query.
func (b *binder) compareSub(s *scope, kind expr.SubPlanKind, left ast.Expr, op subOp, sel *ast.Select) (expr.Expr, error) {
	pos := op.pos
	if err := subqueryAllowed(s, pos); err != nil {
		return nil, err
	}
	var ls []expr.Expr
	var err error
	if r, ok := left.(*ast.Row); ok {
		ls, err = b.members(s, r)
	} else {
		ls, err = b.list(s, []ast.Expr{left})
	}
	if err != nil {
		return nil, err
	}
	q, err := b.selectStmt(sel, s, queryOpts{})
	if err != nil {
		return nil, err
	}
	switch {
	case len(q.out) > len(ls):
		return nil, errAt(pos, pgerrcode.SyntaxError, "subquery has too many columns")
	case len(q.out) < len(ls):
		return nil, errAt(pos, pgerrcode.SyntaxError, "subquery has too few columns")
	}
	tree, out := q.tree, q.ids()
	if op.schema == builtin.MySQLSchema {
		if tree, out, err = b.mixedPairs(q, ls, op); err != nil {
			return nil, err
		}
	}
	sub := &logical.Subquery{Kind: kind, Tree: tree, Out: out, T: types.Of(types.BoolOID), Source: func() string { return op.name + " " + ast.Print(sel) }}
	return sub, b.pairTest(sub, ls, b.plainSchema(op.schema), op.name, pos)
}

// mixedPairs makes the values of ls, and the columns of a query that MySQL compares them with, of
// one type each.
func (b *binder) mixedPairs(q *query, ls []expr.Expr, op subOp) (logical.Node, []logical.ColID, error) {
	rs := make([]expr.Expr, len(ls))
	plain := true
	for i := range ls {
		rs[i] = b.meta.Column(q.out[i].id)
		as := b.plainAs(&ast.Op{At: ast.At{Pos: op.pos}, Name: cmpName(op.name)}, ls[i], rs[i])
		e, err := b.mixedOp(cmpName(op.name), ls[i], rs[i], op.pos)
		if err != nil {
			return nil, nil, err
		}
		if as != nil && reflect.DeepEqual(as, e) {
			continue
		}
		plain = false
		if c, ok := e.(*expr.Call); ok && c.Op != nil && len(c.Args) == 2 {
			ls[i], rs[i] = c.Args[0], c.Args[1]
		}
	}
	b.tracePlain(op.of, plain)
	tree, out := b.retype(q, rs)
	return tree, out, nil
}

// pairTest builds the comparison of a row of values with a row of the subquery.
func (b *binder) pairTest(sub *logical.Subquery, ls []expr.Expr, schema, op string, pos ast.Pos) error {
	rs := make([]expr.Expr, len(ls))
	cols := make([]expr.Expr, len(ls))
	for i, l := range ls {
		rs[i] = b.meta.Column(sub.Out[i])
		// Give unknown values the type that the operator wants before they become a column.
		if l.Type().OID == types.UnknownOID {
			e, err := b.makeOp(schema, cmpName(op), l, rs[i], pos)
			if err != nil {
				return err
			}
			l = e.(*expr.Call).Args[0]
		}
		id := b.meta.Add(logical.ColInfo{T: l.Type()})
		sub.Left, sub.LeftCols = append(sub.Left, l), append(sub.LeftCols, id)
		cols[i] = &expr.Column{Index: id, T: l.Type()}
	}
	test, err := b.compareLists(schema, op, cols, rs, pos)
	if err != nil {
		return err
	}
	if test.Type().OID != types.BoolOID {
		return errAt(pos, pgerrcode.DatatypeMismatch, "operator %s must return type boolean, not type %s", op, builtin.TypeName(test.Type().OID))
	}
	sub.Test = test
	return nil
}

func cmpName(op string) string {
	if op == "!=" {
		return "<>"
	}
	return op
}
