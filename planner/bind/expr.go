package bind

import (
	"github.com/jackc/pgerrcode"
	"reflect"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// expr binds an expression. Its result may still be of type unknown: a string
// literal, NULL or a parameter that its context gives a type.
func (b *binder) expr(s *scope, e ast.Expr) (expr.Expr, error) {
	v, err := b.exprKind(s, e)
	if t := b.trace(); t != nil && err == nil {
		t.origins[v] = e
	}
	return v, err
}

func (b *binder) exprKind(s *scope, e ast.Expr) (expr.Expr, error) {
	if b.depth++; b.depth > maxDepth {
		return nil, pgerr.TooDeep()
	}
	defer func() { b.depth-- }()
	switch x := e.(type) {
	case *ast.Lit:
		return b.literal(x)
	case *ast.Param:
		return b.param(x)
	case *ast.ColumnRef:
		return b.columnRef(s, x)
	case *spreadColumn:
		return x.e, nil
	case *ast.Op:
		return b.op(s, x)
	case *ast.BoolOp:
		return b.boolOp(s, x)
	case *ast.Func:
		return b.funcCall(s, x)
	case *ast.Cast:
		return b.cast(s, x)
	case *ast.IsTest:
		return b.isTest(s, x)
	case *ast.In, *ast.Quantified, *ast.Like, *ast.Between:
		y, err := b.comparison(s, x)
		if err != nil {
			return nil, err
		}
		b.traceOperators(x, y)
		return y, b.traceApart(s, x, y)
	case *ast.Subquery:
		return b.subquery(s, x)
	}
	return b.construct(s, e)
}

// comparison binds a construct that is one operator or several.
func (b *binder) comparison(s *scope, e ast.Expr) (expr.Expr, error) {
	switch x := e.(type) {
	case *ast.In:
		return b.in(s, x)
	case *ast.Quantified:
		return b.quantified(s, x)
	case *ast.Like:
		return b.like(s, x)
	}
	return b.between(s, e.(*ast.Between))
}

// construct binds the rarer SQL constructs.
func (b *binder) construct(s *scope, e ast.Expr) (expr.Expr, error) {
	switch x := e.(type) {
	case *ast.Distinct:
		return b.distinct(s, x)
	case *ast.NullIf:
		return b.nullIf(s, x)
	case *ast.Coalesce:
		return b.coalesce(s, x)
	case *ast.MinMax:
		return b.minMax(s, x)
	case *ast.Case:
		return b.caseExpr(s, x)
	case *ast.Collate:
		return b.collate(s, x)
	case *ast.SQLValue:
		return b.sqlValue(x)
	case *ast.Array:
		return b.array(s, x, types.T{})
	case *ast.Row:
		return b.row(s, x)
	case *ast.Index:
		return b.subscript(s, x)
	case *ast.FieldSel:
		return b.fieldSel(s, x)
	case *ast.AtTimeZone:
		e, err := b.call(s, "pg_catalog", "timezone", x.Pos, x.Zone, x.X)
		if c, ok := e.(*expr.Call); ok {
			c.Syntax = true
		}
		return e, err
	case *ast.Default:
		if x.Of != nil {
			return b.columnDefaultOf(s, x)
		}
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "DEFAULT is not allowed in this context")
	case *ast.Stored:
		return b.storedValue(s, x)
	case *ast.Grouping:
		return b.groupingCall(s, x)
	}
	return nil, notYet(e.Position(), "this expression")
}

// value binds an expression and gives it a type: unknown becomes text.
func (b *binder) value(s *scope, e ast.Expr) (expr.Expr, error) {
	x, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	return b.known(x)
}

// known resolves an unknown value to text.
func (b *binder) known(x expr.Expr) (expr.Expr, error) {
	if x.Type().OID != types.UnknownOID {
		return x, nil
	}
	switch x.(type) {
	case *expr.Const, *expr.Field: // of a row
		return nil, pgerr.New(pgerrcode.InternalError, "failed to find conversion function from unknown to text")
	}
	return b.coerce(x, types.Of(types.TextOID), builtin.Implicit, ast.NoPos)
}

// condition binds a boolean expression; what names it in the error.
func (b *binder) condition(s *scope, e ast.Expr, what string) (expr.Expr, error) {
	x, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	return b.asBool(x, e, what)
}

func (b *binder) asBool(x expr.Expr, e ast.Expr, what string) (expr.Expr, error) {
	y, err := b.coerceOrNil(x, types.Of(types.BoolOID), builtin.Assignment, leftmost(e))
	if err != nil {
		return nil, err
	}
	if y == nil {
		return nil, errAt(leftmost(e), pgerrcode.DatatypeMismatch, "argument of %s must be type %s, not type %s",
			what, "boolean", builtin.TypeName(b.shownType(x)))
	}
	if hasSRF(y) {
		return nil, errAt(leftmost(e), pgerrcode.DatatypeMismatch, "argument of %s must not return a set", what)
	}
	return y, nil
}

func (b *binder) boolOp(s *scope, x *ast.BoolOp) (expr.Expr, error) {
	what := [...]string{"AND", "OR", "NOT"}[x.Kind]
	args := make([]expr.Expr, len(x.Args))
	for i, a := range x.Args {
		c, err := b.condition(s, a, what)
		if err != nil {
			return nil, err
		}
		args[i] = c
	}
	switch x.Kind {
	case ast.And:
		return &expr.And{Args: args}, nil
	case ast.Or:
		return &expr.Or{Args: args}, nil
	}
	return &expr.Not{X: args[0]}, nil
}

func (b *binder) isTest(s *scope, x *ast.IsTest) (expr.Expr, error) {
	if x.What == ast.IsNull {
		v, err := b.expr(s, x.X)
		if err != nil {
			return nil, err
		}
		if p, ok := v.(*unknownParam); ok {
			v = b.untyped(p)
		} else if v, err = b.knownAsIs(v); err != nil {
			return nil, err
		}
		return &expr.IsNull{X: v, Not: x.Not}, nil
	}
	names := [...]string{ast.IsTrue: "TRUE", ast.IsFalse: "FALSE", ast.IsUnknown: "UNKNOWN"}
	what := "IS " + names[x.What]
	if x.Not {
		what = "IS NOT " + names[x.What]
	}
	v, err := b.condition(s, x.X, what)
	if err != nil {
		return nil, err
	}
	if x.What == ast.IsUnknown {
		return &expr.IsNull{X: v, Not: x.Not, Unknown: true}, nil
	}
	return &expr.IsBool{X: v, Want: x.What == ast.IsTrue, Not: x.Not}, nil
}

// op binds a unary or binary operator, row comparisons included.
func (b *binder) op(s *scope, x *ast.Op) (expr.Expr, error) {
	if l, ok := x.Left.(*ast.Row); ok {
		if r, ok := x.Right.(*ast.Row); ok {
			e, err := b.rowCompare(s, x, l, r)
			b.traceOperators(x, e)
			return e, err
		}
		if r, ok := x.Right.(*ast.Subquery); ok && r.Kind == ast.ScalarSub {
			return b.compareSub(s, expr.RowSub, l, subOp{x, x.Schema, x.Name, x.Pos}, r.Query)
		}
	}
	var l expr.Expr
	var err error
	if x.Left != nil {
		if l, err = b.expr(s, x.Left); err != nil {
			return nil, err
		}
	}
	r, err := b.expr(s, x.Right)
	if err != nil {
		return nil, err
	}
	if x.Schema == builtin.MySQLSchema {
		plain := b.plainOp(x, l, r)
		l, r = truthBeside(r, l, x.Left), truthBeside(l, r, x.Right)
		e, err := b.mixedOp(x.Name, l, r, x.Pos)
		b.tracePlain(x, err == nil && plain != nil && reflect.DeepEqual(plain, e))
		return e, err
	}
	e, err := b.makeOp(b.schemaMeant(x.Schema), x.Name, l, r, x.Pos)
	b.traceOp(x, e)
	return e, err
}

// makeOp resolves an operator over bound operands; l nil = prefix.
func (b *binder) makeOp(schema, name string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	var lt types.OID
	if l != nil {
		lt = l.Type().OID
	}
	if name == "!=" {
		name = "<>"
	}
	if err := b.hasOperatorSchema(schema, pos); err != nil {
		return nil, err
	}
	l, r = b.clockBeside(r, l), b.clockBeside(l, r)
	res, err := b.resolveOp(schema, name, lt, r.Type().OID)
	if pgerr.Code(err) == pgerrcode.DatatypeMismatch { // of polymorphic operands, which has no place in PostgreSQL
		return nil, err
	}
	if err != nil {
		return nil, atPos(b.unresolved(err, schema, name, l, r), pos)
	}
	res, domain, ok := b.operatorDomains(res, l, r)
	if !ok {
		return nil, atPos(b.unresolved(builtin.UnresolvedOp(pgerrcode.UndefinedFunction, schema, name, lt, r.Type().OID), schema, name, l, r), pos)
	}
	call := &expr.Call{Fn: res.Op.Func, Op: res.Op, Args: make([]expr.Expr, 0, 2), T: types.Of(res.Ret), Domain: domain, Pos: int(pos)}
	if l != nil {
		if l, err = b.coerce(l, types.Of(res.Left), builtin.Implicit, pos); err != nil {
			return nil, err
		}
		call.Args = append(call.Args, l)
	}
	if r, err = b.coerce(r, types.Of(res.Right), builtin.Implicit, pos); err != nil {
		return nil, err
	}
	call.Args = append(call.Args, r)
	return call, nil
}

// list binds expressions one by one.
func (b *binder) list(s *scope, l []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, 0, len(l))
	for _, e := range l {
		x, err := b.expr(s, e)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// foremost is where an expression begins in the text: leftmost, but for casts of literals.
func foremost(e ast.Expr) ast.Pos {
	at := leftmost(e)
	if x, ok := e.(*ast.Cast); ok {
		for _, p := range []ast.Pos{x.Pos, x.To.Pos} {
			if p >= 0 && p < at {
				at = p
			}
		}
	}
	return at
}

// leftmost is where an expression begins (PostgreSQL's exprLocation).
func leftmost(e ast.Expr) ast.Pos {
	min := func(a ast.Pos, es ...ast.Expr) ast.Pos {
		for _, x := range es {
			if x == nil {
				continue
			}
			if p := leftmost(x); p >= 0 && (p < a || a < 0) {
				a = p
			}
		}
		return a
	}
	switch x := e.(type) {
	case nil:
		return ast.NoPos
	case *ast.Op:
		return min(x.Pos, x.Left, x.Right)
	case *ast.Cast:
		// A literal of no type becomes one of the type where it stands.
		if l, ok := x.X.(*ast.Lit); ok && (l.Kind == ast.LitString || l.Kind == ast.LitNull) && l.Pos >= 0 && len(x.To.Mods) == 0 {
			return l.Pos
		}
		return min(x.Pos, x.X)
	case *ast.BoolOp:
		return min(x.Pos, x.Args[0])
	case *ast.IsTest:
		return min(x.Pos, x.X)
	case *ast.In:
		return min(x.Pos, x.Left)
	case *ast.Like:
		return min(x.Pos, x.Left)
	case *ast.Between:
		return min(x.Pos, x.X)
	case *ast.Quantified:
		return min(x.Pos, x.Left)
	case *ast.Distinct:
		return min(x.Pos, x.Left)
	case *ast.Collate:
		return min(x.Pos, x.X)
	case *ast.Index:
		return min(x.Pos, x.X)
	case *ast.FieldSel:
		return min(x.Pos, x.X)
	case *spreadColumn:
		return leftmost(x.Expr)
	case *ast.AtTimeZone:
		return min(x.Pos, x.X)
	}
	return e.Position()
}
