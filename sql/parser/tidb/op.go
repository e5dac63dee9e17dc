package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/opcode"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

var comparisons = map[opcode.Op]string{
	opcode.EQ: "=", opcode.NE: "<>", opcode.LT: "<", opcode.LE: "<=", opcode.GT: ">", opcode.GE: ">=",
}

var arithmetic = map[opcode.Op]string{opcode.Plus: "+", opcode.Minus: "-", opcode.Mul: "*"}

// divisions are functions: a zero divisor gives NULL, and / is decimal.
var divisions = map[opcode.Op]string{opcode.Div: "div", opcode.IntDiv: "int_div", opcode.Mod: "mod"}

// bitwise are functions: their numbers have 64 bits and no sign.
var bitwise = map[opcode.Op]string{
	opcode.And: "bits_and", opcode.Or: "bits_or", opcode.Xor: "bits_xor", opcode.LeftShift: "bits_left", opcode.RightShift: "bits_right",
}

func (c *conv) binary(v *tast.BinaryOperationExpr) (e ast.Expr, condition bool) {
	at := c.at(v)
	switch v.Op {
	case opcode.LogicAnd, opcode.LogicOr:
		return c.logic(v), true
	case opcode.LogicXor:
		return &ast.Op{At: at, Name: "<>", Left: c.cond(v.L), Right: c.cond(v.R)}, true
	case opcode.NullEQ:
		l, r := c.expr(v.L), c.expr(v.R)
		return &ast.Distinct{At: at, Schema: own, Not: true, Left: l, Right: r}, true
	}
	if op, ok := comparisons[v.Op]; ok {
		l, r := c.expr(v.L), c.expr(v.R)
		switch {
		case isDocument(l) && !isDocument(r):
			r = call(at, "to_json", textual(c.truthOr(v.R, r)))
		case isDocument(r) && !isDocument(l):
			l = call(at, "to_json", textual(c.truthOr(v.L, l)))
		}
		return &ast.Op{At: at, Schema: own, Name: op, Left: l, Right: r}, true
	}
	if op, ok := arithmetic[v.Op]; ok {
		l, r := c.operand(v.L), c.operand(v.R)
		if isQuotient(l) || isQuotient(r) {
			return arith(at, op, l, r), false
		}
		if isWord(l) && isWord(r) { // nothing else tells that they are numbers
			l, r = call(at, "to_double", l), call(at, "to_double", r)
		}
		return &ast.Op{At: at, Schema: own, Name: op, Left: c.wide(l), Right: c.wide(r)}, false
	}
	if name, ok := divisions[v.Op]; ok {
		l, r := textual(c.number(v.L)), textual(c.number(v.R))
		if v.Op == opcode.Div && (isQuotient(l) || isQuotient(r)) {
			return arith(at, "/", l, r), false
		}
		return call(at, name, l, r), false
	}
	if op, ok := bitwise[v.Op]; ok {
		return call(at, op, textual(c.operand(v.L)), textual(c.operand(v.R))), false
	}
	c.fail(v, "operator %s is not supported", v.Op.String())
	return nil, false
}

// logic flattens a chain of AND or OR, which the grammar nests to the left.
func (c *conv) logic(v *tast.BinaryOperationExpr) ast.Expr {
	out := &ast.BoolOp{At: c.at(v), Kind: ast.And}
	if v.Op == opcode.LogicOr {
		out.Kind = ast.Or
	}
	var right []tast.ExprNode
	left := tast.ExprNode(v)
	for {
		b, ok := left.(*tast.BinaryOperationExpr)
		if !ok || b.Op != v.Op {
			break
		}
		right = append(right, b.R)
		left = b.L
	}
	out.Args = append(out.Args, c.cond(left))
	for i := len(right) - 1; i >= 0; i-- {
		out.Args = append(out.Args, c.cond(right[i]))
	}
	return out
}

// mixes reports that alternatives of several types become one by MySQL's rules, as they do in
// queries and views; in other definitions, PostgreSQL's words say what they are.
func (c *conv) mixes() bool { return !c.stored || c.viewed }

// operand converts an operand of arithmetic: there a hexadecimal literal is a number.
func (c *conv) operand(n tast.ExprNode) ast.Expr {
	if v := value(n); v != nil && v.Kind() == driver.KindBinaryLiteral {
		return c.bits(v)
	}
	return c.expr(n)
}

// number is an operand of a division, where a variable, which is kept as text, is a number.
func (c *conv) number(n tast.ExprNode) ast.Expr {
	e := c.expr(n)
	if isVariable(e) {
		return call(ast.At{Pos: e.Position()}, "to_decimal", e)
	}
	return e
}

// truthOr is TRUE or FALSE as such, where n is one of them, else e.
func (c *conv) truthOr(n tast.ExprNode, e ast.Expr) ast.Expr {
	if v := value(n); v != nil && v.Type.GetFlag()&mysql.IsBooleanFlag != 0 {
		e, _ = c.literal(v)
	}
	return e
}

// isWord reports a literal that has no type of its own.
func isWord(e ast.Expr) bool {
	l, ok := e.(*ast.Lit)
	return ok && (l.Kind == ast.LitString || l.Kind == ast.LitNull)
}

// wide makes an integer literal a bigint in arithmetic, which MySQL does in 64 bits,
// and a variable, which is kept as text, a number. The terms of a recursive query must
// agree in their types, so literals stay there what they are.
func (c *conv) wide(e ast.Expr) ast.Expr {
	switch v := e.(type) {
	case *ast.Lit:
		if v.Kind == ast.LitInt && !c.recursive {
			return cast(v, typed(v.At, "int8"))
		}
	case *ast.Func:
		if isVariable(v) {
			return call(v.At, "to_decimal", v)
		}
	}
	return e
}

func (c *conv) unary(v *tast.UnaryOperationExpr) (e ast.Expr, condition bool) {
	at := c.at(v)
	switch v.Op {
	case opcode.Not, opcode.Not2:
		x := c.cond(v.V)
		return &ast.BoolOp{At: at, Kind: ast.Not, Args: []ast.Expr{x}}, true
	case opcode.Plus:
		return c.expr(v.V), false
	case opcode.Minus:
		x := c.expr(v.V)
		if l, ok := x.(*ast.Lit); ok {
			switch l.Kind {
			case ast.LitInt:
				return integer(at, -l.Int), false
			case ast.LitNumeric:
				return &ast.Op{At: at, Schema: own, Name: "-", Right: l}, false
			case ast.LitNull, ast.LitString:
				x = call(at, "to_double", l)
			}
		}
		if isQuotient(x) {
			return arith(at, "-", integer(at, 0), x), false
		}
		return &ast.Op{At: at, Schema: own, Name: "-", Right: c.wide(x)}, false
	case opcode.BitNeg:
		return call(at, "bit_not", c.expr(v.V)), false
	}
	c.fail(v, "operator %s is not supported", v.Op.String())
	return nil, false
}

// documents are the own functions that give JSON: what is compared with one is
// compared as JSON.
var documents = setOf("json_extract json_object json_array json_set json_insert json_replace json_remove json_keys json_merge_patch json_merge_preserve json_array_append json_array_insert to_json_document")

func isDocument(e ast.Expr) bool {
	f, ok := e.(*ast.Func)
	return ok && f.Name.Schema == own && documents[f.Name.Name]
}
