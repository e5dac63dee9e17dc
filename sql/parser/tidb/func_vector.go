package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// distanceOps are the operators that the distance functions become, so that a
// search written with them is planned as one written with operators.
var distanceOps = map[string]bool{"<->": true, "<=>": true, "<#>": true, "<+>": true}

// nullIfNaN is the function of the schema mysql around the distance that can be NaN: the one by
// angle, of a vector of zeros.
const nullIfNaN = "null_if_nan"

// distanceFuncs are TiDB's distances.
var distanceFuncs = map[string]string{
	"vec_l2_distance": "<->", "vec_cosine_distance": "<=>", "vec_negative_inner_product": "<#>", "vec_l1_distance": "<+>",
}

// methods are the ways of DISTANCE(a, b, 'method') of MySQL.
var methods = map[string]string{"euclidean": "<->", "cosine": "<=>", "dot": "<#>"}

func init() {
	for name, op := range distanceFuncs {
		special[name] = func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
			c.arity(f, 2, 2)
			return c.distance(f, op), false
		}
	}
}

var _ = register(map[string]func(*conv, *tast.FuncCallExpr) (ast.Expr, bool){
	"distance":         distanceBy,
	"vector_distance":  distanceBy,
	"vec_from_text":    toVector,
	"string_to_vector": toVector,
	"to_vector":        toVector,
	"vec_as_text": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, 1)
		return cast(c.vector(c.expr(f.Args[0])), typed(c.at(f), "text")), false
	},
	"vector_to_string": toString,
	"from_vector":      toString,
	"vec_dims":         vectorFunc("vector_dims"),
	"vector_dim":       vectorFunc("vector_dims"),
	"vec_l2_norm":      vectorFunc("vector_norm"),
})

func vectorType(at ast.At) ast.TypeName {
	return ast.TypeName{At: at, Name: ast.QName{At: at, Schema: vectors, Name: "vector"}}
}

// vector is what a function of vectors takes: what has no type yet gets the type vector, and
// of anything else its type says what becomes of it (planner/bind, mixed_vector.go). What
// is stored names functions of PostgreSQL's dialect, which must take it as it is.
func (c *conv) vector(e ast.Expr) ast.Expr {
	at := ast.At{Pos: e.Position()}
	switch {
	case isBytes(e):
		return call(at, "to_vector", e)
	case untyped(e):
		return cast(e, vectorType(at))
	case c.stored:
		return e
	}
	return call(at, "as_vector", e)
}

// untyped reports a string, a NULL or a parameter.
func untyped(e ast.Expr) bool {
	l, ok := e.(*ast.Lit)
	return ok && (l.Kind == ast.LitString || l.Kind == ast.LitNull) || isParam(e)
}

// isBytes reports a hexadecimal literal.
func isBytes(e ast.Expr) bool {
	k, ok := e.(*ast.Cast)
	return ok && k.To.Name.Name == "bytea"
}

func (c *conv) distance(f *tast.FuncCallExpr, op string) ast.Expr {
	l, r := c.expr(f.Args[0]), c.expr(f.Args[1])
	both := untyped(l) && untyped(r)
	if both || !untyped(l) {
		l = c.vector(l)
	}
	if both || !untyped(r) {
		r = c.vector(r)
	}
	d := &ast.Op{At: c.at(f), Schema: vectors, Name: op, Left: l, Right: r}
	if op == "<=>" {
		return call(c.at(f), nullIfNaN, d)
	}
	return d
}

// isDistanceCall reports what distance makes.
func isDistanceCall(e ast.Expr) bool {
	if f, ok := e.(*ast.Func); ok && f.Name.Schema == own && f.Name.Name == nullIfNaN && len(f.Args) == 1 {
		e = f.Args[0]
	}
	op, ok := e.(*ast.Op)
	return ok && op.Schema == vectors && distanceOps[op.Name]
}

func distanceBy(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	c.arity(f, 3, 3)
	method, ok := stringOf(f.Args[2])
	if !ok {
		c.fail(f, "the method of DISTANCE must be a literal: 'COSINE', 'DOT' or 'EUCLIDEAN'")
	}
	op, ok := methods[strings.ToLower(method)]
	if !ok {
		c.wrong(f, "unknown method \"%s\" of DISTANCE: it is 'COSINE', 'DOT' or 'EUCLIDEAN'", method)
	}
	return c.distance(f, op), false
}

func toVector(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	c.arity(f, 1, 1)
	x := c.expr(f.Args[0])
	if isBytes(x) { // of a text
		x = syscall(c.at(f), "convert_from", x, text(c.at(f), "UTF8"))
	}
	return cast(x, vectorType(c.at(f))), false
}

func toString(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	c.arity(f, 1, 1)
	return call(c.at(f), "vector_to_string", c.vector(c.expr(f.Args[0]))), false
}

func vectorFunc(name string) func(*conv, *tast.FuncCallExpr) (ast.Expr, bool) {
	return func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, 1)
		at := c.at(f)
		return &ast.Func{At: at, Name: ast.QName{At: at, Schema: vectors, Name: name}, Args: []ast.Expr{c.vector(c.expr(f.Args[0]))}}, false
	}
}
