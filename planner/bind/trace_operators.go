package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// LIKE, IN, BETWEEN and comparisons of rows have no place for the schema of an operator. Where
// the search path does not lead to an extension's, PostgreSQL shows them as the operators that
// they stand for.

// traceOperators notes the schemas of the operators that a construct stands for, if any is an
// extension's.
func (b *binder) traceOperators(x ast.Expr, e expr.Expr) {
	t := b.trace()
	if t == nil || e == nil {
		return
	}
	var schemas []string
	for _, o := range operatorsOf(e) {
		schema := ""
		if o.Extension != "" {
			schema = ast.ExtensionSchema(o.Extension)
		}
		schemas = append(schemas, schema)
	}
	if slices.ContainsFunc(schemas, func(s string) bool { return s != "" }) {
		t.spelled[x] = schemas
	}
}

// operatorsOf are the operators that a bound construct consists of, in order.
func operatorsOf(e expr.Expr) (out []*builtin.Operator) {
	switch e := e.(type) {
	case *expr.Call:
		if e.Op != nil {
			out = append(out, e.Op)
		}
	case *expr.And:
		for _, a := range e.Args {
			out = append(out, operatorsOf(a)...)
		}
	case *expr.Or:
		for _, a := range e.Args {
			out = append(out, operatorsOf(a)...)
		}
	case *expr.Not:
		return operatorsOf(e.X)
	case *expr.AnyAll:
		out = append(out, e.Op)
	case *expr.InList:
		out = append(out, e.Op)
	case *expr.RowOrder:
		out = append(out, e.Ops[0])
	case *logical.Subquery:
		return operatorsOf(e.Test)
	}
	return out
}

// traceRoutine notes where a function that is called is found, of users' and extensions'.
func (b *binder) traceRoutine(x *ast.Func, fn *builtin.Func) {
	if t := b.trace(); t != nil && x.Explicit && x.Name.Name == "substring" && len(fn.Args) > 1 && fn.Args[1] == types.TextOID {
		t.patterns[x] = true
	}
	switch {
	case fn.User != nil:
		b.traceCall(x, fn.Schema)
	case fn.Extension != "":
		b.traceCall(x, "")
		if t := b.trace(); t != nil {
			t.extensions[x] = ast.ExtensionSchema(fn.Extension)
		}
	}
}

func (b *binder) traceCall(x *ast.Func, schema string) {
	if t := b.trace(); t != nil {
		t.callSchemas[x] = schema
	}
}

func (b *binder) traceOp(x *ast.Op, e expr.Expr) {
	if c, ok := e.(*expr.Call); ok && c.Op != nil && c.Op.Extension != "" && b.trace() != nil {
		b.trace().opSchemas[x] = ast.ExtensionSchema(c.Op.Extension)
	}
}

// spell writes a construct as its operators, where extensions have them and hidden says that one
// needs its schema; the names of extensions' functions get theirs.
func (t *Trace) spell(x ast.Expr, hidden func(schema string) bool) ast.Expr {
	if f, ok := x.(*ast.Func); ok && t.extensions[f] != "" && !f.Explicit {
		f.Name.Schema = t.extensions[f]
		return x
	}
	schemas := t.spelled[x]
	if !slices.ContainsFunc(schemas, hidden) {
		return x
	}
	out := ast.AsOperators(x)
	ast.InSchemas(out, schemas)
	return out
}
