package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// expr converts a scalar expression; nil for nil.
func (c *conv) expr(n *pgast.Node) ast.Expr {
	if n == nil {
		return nil
	}
	c.enter()
	defer c.leave()
	switch v := n.Node.(type) {
	case *pgast.Node_ColumnRef:
		return c.columnRef(v.ColumnRef)
	case *pgast.Node_AConst:
		return c.lit(v.AConst)
	case *pgast.Node_ParamRef:
		return &ast.Param{At: at(v.ParamRef.Location), N: int(v.ParamRef.Number)}
	case *pgast.Node_AExpr:
		return c.aExpr(v.AExpr)
	case *pgast.Node_FuncCall:
		return c.funcCall(v.FuncCall)
	case *pgast.Node_TypeCast:
		c.mayType(v.TypeCast)
		return &ast.Cast{At: at(v.TypeCast.Location), X: c.expr(v.TypeCast.Arg), To: c.typeName(v.TypeCast.TypeName)}
	case *pgast.Node_BoolExpr:
		return c.boolExpr(v.BoolExpr)
	case *pgast.Node_SubLink:
		return c.subLink(v.SubLink)
	}
	return c.exprMore(n)
}

// exprMore converts the rarer nodes.
func (c *conv) exprMore(n *pgast.Node) ast.Expr {
	switch v := n.Node.(type) {
	case *pgast.Node_CaseExpr:
		return c.caseExpr(v.CaseExpr)
	case *pgast.Node_NullTest:
		t := v.NullTest
		return &ast.IsTest{At: at(t.Location), X: c.expr(t.Arg), What: ast.IsNull,
			Not: t.Nulltesttype == pgast.NullTestType_IS_NOT_NULL}
	case *pgast.Node_BooleanTest:
		return c.booleanTest(v.BooleanTest)
	case *pgast.Node_CoalesceExpr:
		return &ast.Coalesce{At: at(v.CoalesceExpr.Location), Args: c.exprs(v.CoalesceExpr.Args)}
	case *pgast.Node_MinMaxExpr:
		m := v.MinMaxExpr
		return &ast.MinMax{At: at(m.Location), Least: m.Op == pgast.MinMaxOp_IS_LEAST, Args: c.exprs(m.Args)}
	case *pgast.Node_SqlvalueFunction:
		return c.sqlValue(v.SqlvalueFunction)
	case *pgast.Node_AArrayExpr:
		return &ast.Array{At: at(v.AArrayExpr.Location), Elems: c.exprs(v.AArrayExpr.Elements)}
	case *pgast.Node_RowExpr:
		r := v.RowExpr
		return &ast.Row{At: at(r.Location), Args: c.exprs(r.Args),
			Explicit: r.RowFormat == pgast.CoercionForm_COERCE_EXPLICIT_CALL}
	case *pgast.Node_AIndirection:
		return c.indirection(v.AIndirection)
	case *pgast.Node_CollateClause:
		l := v.CollateClause
		return &ast.Collate{At: at(l.Location), X: c.expr(l.Arg), Name: c.qname(l.Collname, l.Location)}
	case *pgast.Node_SetToDefault:
		return &ast.Default{At: at(v.SetToDefault.Location)}
	case *pgast.Node_GroupingFunc:
		return &ast.Grouping{At: at(v.GroupingFunc.Location), Args: c.exprs(v.GroupingFunc.Args)}
	}
	c.unsupportedExpr(n)
	return nil
}

// unsupportedExpr names syntax that parses but has no neutral form.
func (c *conv) unsupportedExpr(n *pgast.Node) {
	switch v := n.Node.(type) {
	case *pgast.Node_XmlExpr:
		c.fail(v.XmlExpr.Location, "XML functions are not supported")
	case *pgast.Node_XmlSerialize:
		c.fail(v.XmlSerialize.Location, "XML functions are not supported")
	case *pgast.Node_JsonIsPredicate:
		c.isJSON(v.JsonIsPredicate.Location)
	case *pgast.Node_JsonFuncExpr:
		c.fail(v.JsonFuncExpr.Location, "SQL/JSON query functions are not supported")
	case *pgast.Node_JsonParseExpr:
		c.fail(v.JsonParseExpr.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_JsonScalarExpr:
		c.fail(v.JsonScalarExpr.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_JsonSerializeExpr:
		c.fail(v.JsonSerializeExpr.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_JsonObjectConstructor:
		c.fail(v.JsonObjectConstructor.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_JsonArrayConstructor:
		c.fail(v.JsonArrayConstructor.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_JsonArrayQueryConstructor:
		c.fail(v.JsonArrayQueryConstructor.Location, "SQL/JSON constructors are not supported")
	case *pgast.Node_CurrentOfExpr:
		c.fail(-1, "WHERE CURRENT OF is not supported here")
	}
	c.fail(-1, "%s is not supported in an expression", nodeName(n))
}

// isJSON is the error of IS JSON, a later PostgreSQL's, whose word JSON is the first that does
// not fit. It belongs to the first of them in the statement.
func (c *conv) isJSON(loc int32) {
	b := blamer{src: c.src, tokens: lexemes(c.src)}
	for i, t := range b.tokens {
		if t.start >= int(c.stmtPos) && b.at(i) == "json" && (b.at(i-1) == "is" || b.at(i-1) == "not" && b.at(i-2) == "is") {
			panic(bail{missed(c.src, t.start)})
		}
	}
	c.fail(loc, "IS JSON is not supported")
}

func (c *conv) exprs(list []*pgast.Node) []ast.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(list))
	for i, n := range list {
		out[i] = c.expr(n)
	}
	return out
}

func (c *conv) columnRef(r *pgast.ColumnRef) ast.Expr {
	out := &ast.ColumnRef{At: at(r.Location)}
	fields := r.Fields
	if k := len(fields); k > 0 && fields[k-1].GetAStar() != nil {
		out.Star = true
		fields = fields[:k-1]
	}
	out.Parts = c.strs(fields)
	return out
}

// indirection unrolls x[1][2].f into a left-deep chain.
func (c *conv) indirection(x *pgast.A_Indirection) ast.Expr {
	out := c.expr(x.Arg)
	pos := ast.At{Pos: out.Position()}
	if len(x.Indirection) > maxTreeDepth-c.depth {
		panic(bail{pgerr.TooDeep()})
	}
	for k, step := range x.Indirection {
		switch s := step.Node.(type) {
		case *pgast.Node_String_:
			out = &ast.FieldSel{At: pos, X: out, Name: s.String_.Sval}
		case *pgast.Node_AStar:
			out = &ast.FieldSel{At: pos, X: out, Star: true}
		case *pgast.Node_AIndices:
			ix := c.index(s.AIndices)
			_, inner := out.(*ast.Index)
			ix.At, ix.X, ix.Apart = pos, out, k == 0 && inner
			out = &ix
		default:
			c.fail(int32(pos.Pos), "%s is not supported after an expression", nodeName(step))
		}
	}
	return out
}

// index converts one subscript; X is left to the caller.
func (c *conv) index(i *pgast.A_Indices) ast.Index {
	out := ast.Index{At: ast.At{Pos: ast.NoPos}, Slice: i.IsSlice}
	if i.IsSlice {
		out.Lo, out.Hi = c.expr(i.Lidx), c.expr(i.Uidx)
	} else {
		out.Lo = c.expr(i.Uidx)
	}
	return out
}

func (c *conv) boolExpr(b *pgast.BoolExpr) ast.Expr {
	out := &ast.BoolOp{At: at(b.Location), Args: c.exprs(b.Args)}
	switch b.Boolop {
	case pgast.BoolExprType_AND_EXPR:
		out.Kind = ast.And
	case pgast.BoolExprType_OR_EXPR:
		out.Kind = ast.Or
	case pgast.BoolExprType_NOT_EXPR:
		// x NOT IN (SELECT …) reaches us as NOT (x IN (SELECT …)).
		if in, ok := out.Args[0].(*ast.In); ok && in.Sub != nil && !in.Not {
			in.Not = true
			return in
		}
		out.Kind = ast.Not
	default:
		c.fail(b.Location, "unknown boolean connective")
	}
	return out
}

func (c *conv) booleanTest(t *pgast.BooleanTest) ast.Expr {
	out := &ast.IsTest{At: at(t.Location), X: c.expr(t.Arg)}
	switch t.Booltesttype {
	case pgast.BoolTestType_IS_TRUE:
		out.What = ast.IsTrue
	case pgast.BoolTestType_IS_NOT_TRUE:
		out.What, out.Not = ast.IsTrue, true
	case pgast.BoolTestType_IS_FALSE:
		out.What = ast.IsFalse
	case pgast.BoolTestType_IS_NOT_FALSE:
		out.What, out.Not = ast.IsFalse, true
	case pgast.BoolTestType_IS_UNKNOWN:
		out.What = ast.IsUnknown
	case pgast.BoolTestType_IS_NOT_UNKNOWN:
		out.What, out.Not = ast.IsUnknown, true
	default:
		c.fail(t.Location, "unknown boolean test")
	}
	return out
}

func (c *conv) caseExpr(e *pgast.CaseExpr) ast.Expr {
	out := &ast.Case{At: at(e.Location), X: c.expr(e.Arg), Else: c.expr(e.Defresult)}
	for _, n := range e.Args {
		w := n.GetCaseWhen()
		if w == nil {
			c.fail(e.Location, "unexpected %s in CASE", nodeName(n))
		}
		out.Whens = append(out.Whens, ast.When{Cond: c.expr(w.Expr), Result: c.expr(w.Result), Pos: ast.Pos(w.Location)})
	}
	return out
}

func (c *conv) subLink(s *pgast.SubLink) ast.Expr {
	q := c.query(s.Subselect)
	if q.Pos == ast.NoPos {
		q.Pos = ast.Pos(s.Location)
	}
	switch s.SubLinkType {
	case pgast.SubLinkType_EXISTS_SUBLINK:
		return &ast.Subquery{At: at(s.Location), Kind: ast.ExistsSub, Query: q}
	case pgast.SubLinkType_EXPR_SUBLINK:
		return &ast.Subquery{At: at(s.Location), Kind: ast.ScalarSub, Query: q}
	case pgast.SubLinkType_ARRAY_SUBLINK:
		return &ast.Subquery{At: at(s.Location), Kind: ast.ArraySub, Query: q}
	case pgast.SubLinkType_ANY_SUBLINK, pgast.SubLinkType_ALL_SUBLINK:
		all := s.SubLinkType == pgast.SubLinkType_ALL_SUBLINK
		left := c.expr(s.Testexpr)
		if !all && len(s.OperName) == 0 {
			return &ast.In{At: at(s.Location), Left: left, Sub: q}
		}
		schema, name := c.opName(s.OperName, s.Location)
		return &ast.Quantified{At: at(s.Location), All: all, Schema: schema, Op: name, Left: left, Sub: q}
	}
	c.fail(s.Location, "unknown kind of subquery")
	return nil
}

// sqlValues names the functions without parentheses.
var sqlValues = map[pgast.SQLValueFunctionOp]string{
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_DATE:        "CURRENT_DATE",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIME:        "CURRENT_TIME",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIME_N:      "CURRENT_TIME",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP:   "CURRENT_TIMESTAMP",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP_N: "CURRENT_TIMESTAMP",
	pgast.SQLValueFunctionOp_SVFOP_LOCALTIME:           "LOCALTIME",
	pgast.SQLValueFunctionOp_SVFOP_LOCALTIME_N:         "LOCALTIME",
	pgast.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP:      "LOCALTIMESTAMP",
	pgast.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP_N:    "LOCALTIMESTAMP",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_ROLE:        "CURRENT_ROLE",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_USER:        "CURRENT_USER",
	pgast.SQLValueFunctionOp_SVFOP_USER:                "USER",
	pgast.SQLValueFunctionOp_SVFOP_SESSION_USER:        "SESSION_USER",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_CATALOG:     "CURRENT_CATALOG",
	pgast.SQLValueFunctionOp_SVFOP_CURRENT_SCHEMA:      "CURRENT_SCHEMA",
}

func (c *conv) sqlValue(f *pgast.SQLValueFunction) ast.Expr {
	name, ok := sqlValues[f.Op]
	if !ok {
		c.fail(f.Location, "unknown SQL value function")
	}
	out := &ast.SQLValue{At: at(f.Location), Name: name, Precision: -1}
	switch f.Op {
	case pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIME_N, pgast.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP_N,
		pgast.SQLValueFunctionOp_SVFOP_LOCALTIME_N, pgast.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP_N:
		out.Precision = f.Typmod
	}
	return out
}
