package bind

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// userFuncs are the functions of users that a name finds, by schema in the order of the
// search path.
func (b *binder) userFuncs(schema, name string) (out [][]*builtin.Func) {
	if b.o.Catalog == nil || !b.o.Catalog.HasFunctions() {
		return nil
	}
	path := []string{schema}
	if schema == "" {
		if b.o.Session == nil {
			return nil
		}
		path = b.o.Session.SearchPath(true)
	}
	for _, p := range path {
		s, ok := b.o.Catalog.Schema(p)
		if !ok || s.Temp && schema == "" { // temporary functions are called with their schema only
			continue
		}
		var list []*builtin.Func
		for _, f := range b.o.Catalog.Functions(s.ID, name) {
			list = append(list, builtin.UserFunc(f, s.Name))
		}
		if list != nil {
			out = append(out, list)
		}
	}
	return out
}

// resolveFunc is builtin.ResolveFunc with the functions of users.
func (b *binder) resolveFunc(schema, name string, args []types.OID, shape builtin.CallShape, procedure bool) (*builtin.Resolved, error) {
	users := b.userFuncs(schema, name)
	shape.Outs, shape.Parents = procedure, b.isParent
	r, err := builtin.ResolveAmong(users, schema, name, args, shape)
	call := func() string { return shape.Text(schema, name, args) }
	if procedure {
		switch pgerr.Code(err) {
		case pgerrcode.UndefinedFunction:
			return nil, noProcedure(call())
		case pgerrcode.AmbiguousFunction:
			return nil, pgerr.Newf(pgerrcode.AmbiguousFunction, "procedure %s is not unique", call()).
				WithHint("Could not choose a best candidate procedure. You might need to add explicit type casts.")
		}
	}
	if err != nil {
		return nil, err
	}
	is := r.Fn != nil && r.Fn.Kind == 'p'
	switch {
	case is && !procedure:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%s is a procedure", call()).WithHint("To call a procedure, use CALL.")
	case procedure && !is:
		return nil, notProcedure(call())
	}
	return r, nil
}

// userDefined reports a name that finds a function of a user.
func (b *binder) userDefined(n ast.QName) bool { return len(b.userFuncs(n.Schema, n.Name)) > 0 }

// userArg is the default of an argument that a call leaves out.
func (b *binder) userDefault(f *catalog.Function, i int, t types.OID, pos ast.Pos) (expr.Expr, error) {
	in := f.Inputs()
	if i >= len(in) || in[i].Default == "" {
		return nil, notYet(pos, "leaving out an argument")
	}
	x, err := b.storedExpr(in[i].Default)
	if err != nil {
		return nil, err
	}
	vars, role := b.o.Vars, b.o.Role
	b.o.Vars, b.o.Role = nil, 0
	e, err := b.expr(&scope{}, x)
	b.o.Vars, b.o.Role = vars, role
	if err != nil {
		return nil, withoutPos(err)
	}
	return b.coerce(e, types.Of(t), builtin.Assignment, ast.NoPos)
}

// storedExpr reads a stored expression.
func (b *binder) storedExpr(text string) (ast.Expr, error) {
	q, err := viewQuery("SELECT "+text, b.o)
	if err != nil {
		return nil, err
	}
	return q.Targets[0].Expr, nil
}

// userCall finishes the call of a user's function: arguments that were left out, checks
// of domains, and its body in its place where that is right.
func (b *binder) userCall(r *builtin.Resolved, in []expr.Expr, variadic bool, pos ast.Pos) (expr.Expr, error) {
	f := r.Fn.User
	list := f.Inputs()
	left := r.ArgOrder != nil && slices.Contains(r.ArgOrder, -1)
	for i := len(in); i < len(r.Fn.Args) && !b.keepCalls; i++ {
		left = true
		d, err := b.defaultOf(f, i, list[i].Type.OID, pos)
		if err != nil {
			return nil, err
		}
		in = append(in, d)
	}
	if left && len(in) == len(r.Fn.Args) && slices.ContainsFunc(r.Fn.Args, builtin.IsPolymorphic) {
		if err := b.settle(r, in, pos); err != nil {
			return nil, err
		}
	}
	for i := range in {
		if d, ok := b.o.Catalog.TypeByID(list[i].Domain); ok && list[i].Domain != 0 {
			var err error
			if in[i], err = b.toDomain(b.applyMod(in[i], d.Base, builtin.Implicit, ast.NoPos), d); err != nil {
				return nil, err
			}
		}
	}
	call := &expr.Call{Fn: r.Fn, Args: in, T: types.Of(r.Ret), Domain: r.Domain, Variadic: variadic, Pos: int(pos)}
	x := b.inlined(call)
	if x == nil {
		b.meta.Calls = true
		if r.Domain == 0 || f.RetSet {
			return call, nil
		}
		x = call
	}
	if d, ok := b.o.Catalog.TypeByID(r.Domain); ok && r.Domain != 0 { // which the body knows nothing of
		return b.toDomain(x, d)
	}
	return computedValue(x), nil
}

// computedValue is an expression that is no column of a table, though its value is one's.
func computedValue(x expr.Expr) expr.Expr {
	if c, ok := x.(*expr.Column); ok {
		return &expr.Relabel{X: c, T: c.T}
	}
	return x
}

// defaultOf is the default of an argument of type t. That of a polymorphic one stays what it
// is until all arguments are known.
func (b *binder) defaultOf(f *catalog.Function, i int, t types.OID, pos ast.Pos) (expr.Expr, error) {
	if !isPseudo(t) {
		return b.userDefault(f, i, t, pos)
	}
	x, err := b.storedExpr(f.Inputs()[i].Default)
	if err != nil {
		return nil, err
	}
	if builtin.IsPolymorphic(t) {
		e, err := b.expr(&scope{}, x)
		return e, withoutPos(err)
	}
	e, err := b.value(&scope{}, x)
	return e, withoutPos(err)
}

// settle gives the polymorphic arguments their types, defaults among them, and the result its own.
func (b *binder) settle(r *builtin.Resolved, in []expr.Expr, pos ast.Pos) error {
	actual := make([]types.OID, len(in))
	for i := range in {
		actual[i] = in[i].Type().OID
	}
	args, ret, err := builtin.Concrete(r.Fn.Args, actual, r.Fn.Ret)
	if err != nil {
		return err
	}
	for i := range in {
		if actual[i] != args[i] {
			if in[i], err = b.coerce(in[i], types.Of(args[i]), builtin.Implicit, pos); err != nil {
				return err
			}
		}
	}
	if builtin.IsPolymorphic(r.Fn.Ret) {
		r.Ret = ret
	}
	return nil
}

func isPseudo(t types.OID) bool {
	i := types.Lookup(t)
	return i != nil && i.Type == 'p'
}

// maxInlined bounds bodies in bodies.
const maxInlined = 20

// inlined is the body of a function in the place of its call: of one in SQL that is one
// expression, does nothing besides, and means the same there. nil where it does not.
func (b *binder) inlined(call *expr.Call) expr.Expr {
	f := call.Fn.User
	switch {
	case f.Language != "sql", f.RetSet, f.Definer, f.Settings != nil, f.Ret.OID == types.VoidOID, b.keepCalls, slices.Contains(b.inlining, f), b.callInFrom == ast.Pos(call.Pos) && call.Pos >= 0,
		f.Ret.OID == types.RecordOID, types.IsComposite(f.Ret.OID), f.RetDomain != 0, !b.mayExecute(f):
		return nil
	}
	x := b.bodyExpr(f)
	if x == nil || slices.ContainsFunc(call.Args, b.failing) {
		return nil
	}
	vars := b.bodyVars(f, call.Args)
	outer, noParams, views, body, trace := b.o.Vars, b.noParams, b.views, b.body, b.o.Trace
	b.o.Vars, b.noParams, b.views, b.body, b.o.Trace = vars, false, nil, 0, nil
	depth := b.inlining
	b.inlining = append(slices.Clone(depth), f)
	e, err := b.expr(&scope{}, x)
	if err == nil {
		e, err = b.coerce(e, call.T, builtin.Assignment, ast.NoPos)
	}
	b.o.Vars, b.noParams, b.views, b.body, b.o.Trace, b.inlining = outer, noParams, views, body, trace, depth
	if err != nil || !b.fits(f, e, call, vars) {
		return nil
	}
	return logical.Rewrite(e, func(n expr.Expr) expr.Expr {
		if p, ok := n.(*expr.Param); ok {
			return b.inBody(call.Args[vars.Used[p.N].Slot], call.Args)
		}
		return n
	})
}

// inBody is an argument as it stands in the body of its call: a text in the collation of all arguments.
func (b *binder) inBody(arg expr.Expr, all []expr.Expr) expr.Expr {
	if !b.collates || !Collatable(arg.Type()) {
		return arg
	}
	for _, other := range all {
		if other != arg && Collatable(other.Type()) {
			return &expr.Relabel{X: arg, T: arg.Type(), Collation: &expr.Collation{Among: all}}
		}
	}
	return arg
}

// failing reports an argument with a computation of constants that fails. It fails the
// statement, though a body may have no use for it: PostgreSQL computes constants first.
func (b *binder) failing(arg expr.Expr) (fails bool) {
	ctx := b.o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	expr.FoldTelling(ctx, arg, func(error) { fails = true })
	return fails
}

// bodyExpr is the expression that a function's body is, nil where it is more.
func (b *binder) bodyExpr(f *catalog.Function) ast.Expr {
	if len(b.inlining) >= maxInlined {
		return nil
	}
	text := f.Body
	if f.Return {
		text = "SELECT " + f.Statements[0]
	} else if f.Atomic {
		return nil
	}
	q, err := viewQuery(text, b.o)
	if err != nil || !isExpression(q) {
		return nil
	}
	simple := true
	ast.Walk(q.Targets[0].Expr, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Select, *ast.Grouping: // a query in it, under whichever operator
			simple = false
		case *ast.Func:
			simple = simple && x.Over == nil && !b.isAggregate(x.Name) && !b.isSetName(x.Name)
		}
		return simple
	})
	if !simple {
		return nil
	}
	return q.Targets[0].Expr
}

// isExpression reports SELECT with one target and nothing else.
func isExpression(s *ast.Select) bool {
	return len(s.Targets) == 1 && s.With == nil && s.From == nil && s.Where == nil && s.GroupBy == nil && s.Having == nil && s.Windows == nil &&
		s.SetOp == ast.SetNone && s.OrderBy == nil && s.Limit == nil && s.Offset == nil && s.Locking == nil && !s.Distinct &&
		s.DistinctOn == nil && s.Values == nil && s.Into == nil
}

// bodyVars are a function's arguments as its body names them.
func (b *binder) bodyVars(f *catalog.Function, args []expr.Expr) *Variables {
	in := f.Inputs()
	ts := make([]types.T, len(in))
	for i := range in {
		if ts[i] = types.Of(in[i].Type.OID); isPseudo(in[i].Type.OID) {
			ts[i] = types.Of(args[i].Type().OID)
		}
	}
	return ArgumentVariables(f, ts, b.o.Format)
}

// ArgumentVariables are the arguments of a function, of the types ts, as a body in SQL
// names them; their slots count the input arguments. format knows the attributes of composite
// types, nil: as they are without a session.
func ArgumentVariables(f *catalog.Function, ts []types.T, format *types.Format) *Variables {
	in := f.Inputs()
	v := &Variables{Prefer: PreferColumn, Function: f.Name, Names: argumentNames(f)}
	v.Find = func(parts []string) (Variable, bool) {
		if len(parts) > 1 && parts[0] == f.Name {
			parts = parts[1:]
		}
		if len(parts) == 0 || len(parts) > 2 {
			return Variable{}, false
		}
		for i := range in {
			if i < len(ts) && (in[i].Name == parts[0] || parts[0] == paramName(i)) {
				if len(parts) == 1 {
					return Variable{Slot: i, T: ts[i]}, true
				}
				if field, ok := fieldType(ts[i], parts[1], format); ok {
					return Variable{Slot: i, Field: parts[1], T: field}, true
				}
			}
		}
		return Variable{}, false
	}
	v.Fields = func(parts []string) (names []string) {
		if x, ok := v.Find(parts); ok && x.Field == "" {
			if c := types.CompositeOf(x.T.OID, format); c != nil {
				for i := range c.Fields {
					if !c.Fields[i].Dropped {
						names = append(names, c.Fields[i].Name)
					}
				}
			}
		}
		return names
	}
	return v
}

// argumentNames are those of all arguments of a function, nil where none has one.
func argumentNames(f *catalog.Function) (names []string) {
	any := false
	for i := range f.Args {
		names = append(names, f.Args[i].Name)
		any = any || f.Args[i].Name != ""
	}
	if !any {
		return nil
	}
	return names
}

func fieldType(t types.T, name string, format *types.Format) (types.T, bool) {
	c := types.CompositeOf(t.OID, format)
	if c == nil {
		return types.T{}, false
	}
	i := c.Index(name)
	if i < 0 {
		return types.T{}, false
	}
	return c.Fields[i].T, true
}

// fits reports whether a body means the same in the place of the call (inline_function).
func (b *binder) fits(f *catalog.Function, e expr.Expr, call *expr.Call, vars *Variables) bool {
	uses := make([]int, len(call.Args))
	ok := true
	logical.Walk(e, func(n expr.Expr) bool {
		if p, is := n.(*expr.Param); is {
			uses[vars.Used[p.N].Slot]++
			ok = ok && vars.Used[p.N].Field == ""
		}
		return true
	})
	if !ok || e.Type() != call.T {
		return false
	}
	switch v := volatility(e); {
	case f.Volatility == builtin.Immutable && v != builtin.Immutable, f.Volatility == builtin.Stable && v == builtin.Volatile:
		return false
	}
	if f.Strict && !strictCalls(e, uses) {
		return false
	}
	for i, a := range call.Args {
		switch a.(type) {
		case *expr.Const, *expr.Param, *expr.Column:
		default:
			if uses[i] > 1 || uses[i] == 0 && logical.IsVolatile(a) {
				return false
			}
			// An argument that may be skipped in a branch must not be: its errors count.
			if uses[i] == 1 && logical.IsVolatile(a) && !strictCalls(e, uses) {
				return false
			}
		}
	}
	return true
}

func volatility(e expr.Expr) byte {
	v := builtin.Immutable
	logical.Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok {
			switch {
			case c.Fn.Volatility == builtin.Volatile, v == builtin.Volatile:
				v = builtin.Volatile
			case c.Fn.Volatility == builtin.Stable:
				v = builtin.Stable
			}
		}
		return true
	})
	return v
}

// strictCalls reports an expression of strict calls alone in which every argument occurs.
func strictCalls(e expr.Expr, uses []int) bool {
	strict := !slices.Contains(uses, 0)
	logical.Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Call:
			strict = strict && x.Fn.Strict
		case *expr.Param, *expr.Const, *expr.Cast, *expr.Relabel:
		default:
			strict = false
		}
		return strict
	})
	return strict
}
