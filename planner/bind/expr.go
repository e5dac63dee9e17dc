package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// expr binds an expression. Its result may still be of type unknown: a string
// literal, NULL or a parameter that its context gives a type.
func (b *binder) expr(s *scope, e ast.Expr) (expr.Expr, error) {
	if b.depth++; b.depth > maxDepth {
		return nil, errAt(e.Position(), pgerrcode.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { b.depth-- }()
	switch x := e.(type) {
	case *ast.Lit:
		return b.literal(x)
	case *ast.Param:
		return b.param(x)
	case *ast.ColumnRef:
		return b.columnRef(s, x)
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
	case *ast.In:
		return b.in(s, x)
	case *ast.Quantified:
		return b.quantified(s, x)
	case *ast.Subquery:
		return b.subquery(s, x)
	}
	return b.construct(s, e)
}

// construct binds the rarer SQL constructs.
func (b *binder) construct(s *scope, e ast.Expr) (expr.Expr, error) {
	switch x := e.(type) {
	case *ast.Like:
		return b.like(s, x)
	case *ast.Between:
		return b.between(s, x)
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
		return b.call(s, "pg_catalog", "timezone", x.Pos, x.Zone, x.X)
	case *ast.Default:
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "DEFAULT is not allowed in this context")
	case *ast.Grouping:
		return nil, notYet(x.Pos, "GROUPING")
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
			what, "boolean", builtin.TypeName(x.Type().OID))
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
		v, err := b.value(s, x.X)
		if err != nil {
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
		return &expr.IsNull{X: v, Not: x.Not}, nil
	}
	return &expr.IsBool{X: v, Want: x.What == ast.IsTrue, Not: x.Not}, nil
}

// op binds a unary or binary operator, row comparisons included.
func (b *binder) op(s *scope, x *ast.Op) (expr.Expr, error) {
	if l, ok := x.Left.(*ast.Row); ok {
		if r, ok := x.Right.(*ast.Row); ok {
			return b.rowCompare(s, x, l, r)
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
	return b.makeOp(x.Schema, x.Name, l, r, x.Pos)
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
	res, err := resolveOp(schema, name, lt, r.Type().OID)
	if err != nil {
		return nil, atPos(err, pos)
	}
	call := &expr.Call{Fn: res.Op.Func, Op: res.Op, T: types.Of(res.Ret), Pos: int(pos)}
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

// rowCompare is (a, b) op (c, d).
func (b *binder) rowCompare(s *scope, x *ast.Op, l, r *ast.Row) (expr.Expr, error) {
	if len(l.Args) != len(r.Args) {
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(l.Args) == 0 {
		return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "cannot compare rows of zero length")
	}
	ls, err := b.list(s, l.Args)
	if err != nil {
		return nil, err
	}
	rs, err := b.list(s, r.Args)
	if err != nil {
		return nil, err
	}
	return b.compareLists(x.Schema, x.Name, ls, rs, x.Pos)
}

// compareLists compares two rows: = and <> by columns, order operators
// lexicographically with SQL's NULL rules.
func (b *binder) compareLists(schema, name string, ls, rs []expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if len(ls) == 1 {
		return b.makeOp(schema, name, ls[0], rs[0], pos)
	}
	switch name {
	case "=", "<>", "!=":
		terms := make([]expr.Expr, len(ls))
		for i := range ls {
			t, err := b.makeOp(schema, name, ls[i], rs[i], pos)
			if err != nil {
				return nil, err
			}
			terms[i] = t
		}
		if name == "=" {
			return &expr.And{Args: terms}, nil
		}
		return &expr.Or{Args: terms}, nil
	case "<", "<=", ">", ">=":
		return b.compareOrder(schema, name, ls, rs, pos)
	}
	return nil, errAt(pos, pgerrcode.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", name).
		WithHint("Row comparison operators must be associated with btree operator families.")
}

// compareOrder builds a < c OR (a = c AND (b < d …)).
func (b *binder) compareOrder(schema, name string, ls, rs []expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if len(ls) == 1 {
		return b.makeOp(schema, name, ls[0], rs[0], pos)
	}
	strict, err := b.makeOp(schema, name[:1], ls[0], rs[0], pos)
	if err != nil {
		return nil, err
	}
	call := strict.(*expr.Call)
	eq, err := b.makeOp(schema, "=", call.Args[0], call.Args[1], pos)
	if err != nil {
		return nil, err
	}
	rest, err := b.compareOrder(schema, name, ls[1:], rs[1:], pos)
	if err != nil {
		return nil, err
	}
	return &expr.Or{Args: []expr.Expr{strict, &expr.And{Args: []expr.Expr{eq, rest}}}}, nil
}

// list binds expressions one by one; stars in rows expand.
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

func (b *binder) in(s *scope, x *ast.In) (expr.Expr, error) {
	if x.Sub != nil {
		e, err := b.quantifiedSub(s, x.Left, "=", x.Sub, false, x.Pos)
		if err != nil || !x.Not {
			return e, err
		}
		return &expr.Not{X: e}, nil
	}
	name, join := "=", func(l []expr.Expr) expr.Expr { return &expr.Or{Args: l} }
	if x.Not {
		name, join = "<>", func(l []expr.Expr) expr.Expr { return &expr.And{Args: l} }
	}
	left, leftIsRow := x.Left.(*ast.Row)
	if !leftIsRow {
		e, err := b.inList(s, x, name)
		if e != nil || err != nil {
			return e, err
		}
	}
	var terms []expr.Expr
	for _, item := range x.List {
		var t expr.Expr
		var err error
		if r, ok := item.(*ast.Row); ok && leftIsRow {
			t, err = b.rowCompare(s, &ast.Op{At: ast.At{Pos: x.Pos}, Name: name}, left, r)
		} else {
			t, err = b.op(s, &ast.Op{At: ast.At{Pos: x.Pos}, Name: name, Left: x.Left, Right: item})
		}
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return join(terms), nil
}

// inList makes x IN (list) an InList when all values have a common type; nil otherwise.
func (b *binder) inList(s *scope, x *ast.In, name string) (expr.Expr, error) {
	if len(x.List) < 2 {
		return nil, nil
	}
	left, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	items, err := b.list(s, x.List)
	if err != nil {
		return nil, err
	}
	ts := []types.OID{left.Type().OID}
	for _, i := range items {
		ts = append(ts, i.Type().OID)
	}
	common, err := builtin.CommonType("IN", ts)
	if err != nil || common == types.RecordOID {
		return nil, nil // one by one: it finds the operator or the better error
	}
	lt := left.Type().OID
	res, err := resolveOp("", "=", lt, common)
	if err != nil {
		return nil, atPos(err, x.Pos)
	}
	if left, err = b.coerce(left, types.Of(res.Left), builtin.Implicit, x.Pos); err != nil {
		return nil, err
	}
	for i := range items {
		if items[i], err = b.coerce(items[i], types.Of(res.Right), builtin.Implicit, leftmost(x.List[i])); err != nil {
			return nil, err
		}
	}
	return &expr.InList{L: left, List: items, Not: x.Not, Op: res.Op}, nil
}

// quantified is left op ANY|ALL (array or subquery).
func (b *binder) quantified(s *scope, x *ast.Quantified) (expr.Expr, error) {
	if x.Sub != nil {
		return b.quantifiedSub(s, x.Left, x.Op, x.Sub, x.All, x.Pos)
	}
	l, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	r, err := b.expr(s, x.Right)
	if err != nil {
		return nil, err
	}
	elem := types.OID(types.UnknownOID)
	if rt := r.Type(); rt.OID != types.UnknownOID {
		if i := types.Lookup(rt.OID); i == nil || i.Elem == 0 || i.Category != 'A' {
			return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
		elem = rt.Elem().OID
	}
	name := x.Op
	if name == "!=" {
		name = "<>"
	}
	res, err := resolveOp("", name, l.Type().OID, elem)
	if err != nil {
		return nil, atPos(err, x.Pos)
	}
	if res.Ret != types.BoolOID {
		return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if l, err = b.coerce(l, types.Of(res.Left), builtin.Implicit, x.Pos); err != nil {
		return nil, err
	}
	at := types.Of(res.Right).ArrayOf()
	if at.OID == 0 {
		return nil, errAt(x.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", builtin.TypeName(res.Right))
	}
	if r.Type().OID == types.Int2VectorOID || r.Type().OID == types.OidVectorOID {
		at = r.Type()
	}
	if r, err = b.coerce(r, at, builtin.Implicit, leftmost(x.Right)); err != nil {
		return nil, err
	}
	return &expr.AnyAll{All: x.All, Op: res.Op, L: l, R: r}, nil
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
	case *ast.AtTimeZone:
		return min(x.Pos, x.X)
	}
	return e.Position()
}
