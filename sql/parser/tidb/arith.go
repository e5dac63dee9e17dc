package tidb

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
)

// A quotient has four digits more than its dividend, but what is computed with it goes on
// with more: 2 / 3 * 100 is 66.6667. So arithmetic over quotients is one call, of the
// steps in reverse Polish notation and their operands, that keeps those digits until
// its end (sql/builtin, mysql_arith.go).

// isQuotient reports a division, an AVG, or arithmetic over one, or alternatives of which one is.
func isQuotient(e ast.Expr) bool {
	switch v := e.(type) {
	case *ast.Func:
		return isChain(v)
	case *ast.Coalesce:
		return v.Mixed && slices.ContainsFunc(v.Args, isQuotient)
	case *ast.MinMax:
		return v.Mixed && slices.ContainsFunc(v.Args, isQuotient)
	case *ast.Case:
		return v.Mixed && (isQuotient(v.Else) || slices.ContainsFunc(v.Whens, func(w ast.When) bool { return isQuotient(w.Result) }))
	}
	return false
}

func isChain(f *ast.Func) bool {
	return f.Name.Schema == own && (f.Name.Name == "div" || f.Name.Name == "arith")
}

// arith is one more step over two values.
func arith(at ast.At, op string, l, r ast.Expr) ast.Expr {
	first, args := steps(l)
	second, more := steps(r)
	out := call(at, "arith", text(at, first+second+op))
	out.Args = append(append(out.Args, args...), more...)
	return out
}

// steps are the notation of a value, a letter for each operand, and the operands.
func steps(e ast.Expr) (string, []ast.Expr) {
	f, ok := e.(*ast.Func)
	if !ok || !isChain(f) {
		return "x", []ast.Expr{textual(e)}
	}
	if f.Name.Name == "arith" {
		return f.Args[0].(*ast.Lit).Text, f.Args[1:]
	}
	first, args := steps(f.Args[0])
	second, more := steps(f.Args[1])
	return first + second + "/", append(append([]ast.Expr{}, args...), more...)
}
