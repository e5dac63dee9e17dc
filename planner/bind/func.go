package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// grouping collects the aggregates of one query level.
type grouping struct {
	aggs []logical.AggCall
	out  []logical.ColID
	// calls are GROUPING(…), which are known when the groups are.
	calls []groupingCall
	// first is where the first aggregate stands.
	first ast.Pos
	// clause of the level at this moment is scope.in.
}

// srfList collects set-returning calls of a select list.
type srfList struct{ used bool }

// call binds a call of a fixed function over unbound arguments.
func (b *binder) call(s *scope, schema, name string, pos ast.Pos, args ...ast.Expr) (expr.Expr, error) {
	l, err := b.list(s, args)
	if err != nil {
		return nil, err
	}
	return b.callBound(schema, name, l, pos)
}

// callBound is call over bound arguments.
func (b *binder) callBound(schema, name string, args []expr.Expr, pos ast.Pos) (expr.Expr, error) {
	r, err := b.resolveCall(schema, name, args, builtin.CallShape{}, pos)
	if err != nil {
		return nil, err
	}
	return b.makeCall(r, args, false, pos)
}

// maxArguments bounds a call (FUNC_MAX_ARGS).
const maxArguments = 100

func (b *binder) resolveCall(schema, name string, args []expr.Expr, shape builtin.CallShape, pos ast.Pos) (*builtin.Resolved, error) {
	return b.resolveRoutine(schema, name, args, shape, pos, false)
}

// resolveRoutine is resolveCall of a function, or of a procedure.
func (b *binder) resolveRoutine(schema, name string, args []expr.Expr, shape builtin.CallShape, pos ast.Pos, procedure bool) (*builtin.Resolved, error) {
	if schema != "" {
		if _, ok := b.schemaID(schema); !ok {
			return nil, errAt(pos, pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", schema)
		}
		if err := b.mayLookInto(&ast.QName{Schema: schema, At: ast.At{Pos: pos}}); err != nil {
			return nil, err
		}
	}
	if len(args) > maxArguments {
		return nil, errAt(pos, pgerrcode.TooManyArguments, "cannot pass more than %d arguments to a function", maxArguments)
	}
	ts := make([]types.OID, len(args))
	for i, a := range args {
		ts[i] = a.Type().OID
	}
	if to := b.userCast(schema, name, ts, shape); to != 0 && !b.userDefined(ast.QName{Schema: schema, Name: name}) {
		if procedure {
			return nil, atPos(notProcedure(builtin.CallText(schema, name, ts)), pos)
		}
		return &builtin.Resolved{Coercion: to, ArgTypes: []types.OID{to}, Ret: to}, nil
	}
	shape.Has = b.extensions()
	r, err := b.resolveFunc(schema, name, ts, shape, procedure)
	if err != nil {
		if shape.Shown = b.shownTypes(args); shape.Shown != nil {
			_, err = b.resolveFunc(schema, name, ts, shape, procedure)
		}
		switch pgerr.Code(err) {
		case pgerrcode.DatatypeMismatch, pgerrcode.UndefinedObject: // of polymorphic types, which no place has
			return nil, err
		}
		return nil, atPos(err, pos)
	}
	over, ok := b.withDomains(r, args)
	switch {
	case ok:
		return over, nil
	case procedure:
		return nil, atPos(noProcedure(builtin.CallText(schema, name, b.shownTypes(args))), pos)
	}
	shape.Shown = b.shownTypes(args)
	return nil, atPos(builtin.NoFunction(schema, name, ts, shape), pos)
}

// userCast is the user's type that a call of its name casts to, 0 for other calls.
func (b *binder) userCast(schema, name string, args []types.OID, shape builtin.CallShape) types.OID {
	if len(args) != 1 || shape.Names != nil || shape.Variadic || len(b.extensions().Functions(schema, name)) > 0 {
		return 0
	}
	i := b.userType(&ast.TypeName{Name: ast.QName{Schema: schema, Name: name}})
	if i == nil || i.Type == 'd' || i.Composite != nil {
		return 0
	}
	switch builtin.CoercionPath(args[0], i.OID, builtin.Explicit) {
	case builtin.RelabelOnly, builtin.ByIO:
		return i.OID
	}
	return 0
}

// makeCall coerces the arguments and builds the call.
func (b *binder) makeCall(r *builtin.Resolved, args []expr.Expr, variadic bool, pos ast.Pos) (expr.Expr, error) {
	if r.Fn == nil {
		return b.coerce(args[0], types.Of(r.Coercion), builtin.Explicit, pos)
	}
	if r.Fn.Takes != "" {
		if err := noVectors(r.Fn, args, pos); err != nil {
			return nil, err
		}
		if places := b.placesOf(r.Fn, args); places != nil {
			return b.callBound(r.Fn.Schema, r.Fn.Name, places, pos)
		}
	}
	in, packed, err := b.callArgs(r, args, pos)
	if err != nil {
		return nil, err
	}
	if r.Fn.User != nil {
		return b.userCall(r, in, variadic || packed, pos)
	}
	ret := types.Of(r.Ret)
	if builtin.IsPolymorphic(r.Fn.Ret) {
		ret = rowsLike(ret, in)
	}
	fn := r.Fn
	if fn.PopulatesRow() && len(args) > 0 { // a row of a domain's
		fn = builtin.OfDomain(fn, b.exprDomain(args[0]))
	}
	c := &expr.Call{Fn: fn, Args: in, T: ret, Domain: r.Domain, Variadic: variadic || packed, Pos: int(pos)}
	if fn.Schema == builtin.MySQLSchema {
		c.Fn = b.inStrictMode(fn, in)
		return b.decimalCall(c, pos)
	}
	return c, nil
}

func (b *binder) callArgs(r *builtin.Resolved, args []expr.Expr, pos ast.Pos) (in []expr.Expr, packed bool, err error) {
	in = make([]expr.Expr, len(r.ArgTypes))
	for i, t := range r.ArgTypes {
		from := i
		if r.ArgOrder != nil {
			if from = r.ArgOrder[i]; from < 0 && r.Fn.User != nil {
				if in[i], err = b.defaultOf(r.Fn.User, i, t, pos); err != nil {
					return nil, false, err
				}
				continue
			} else if from < 0 {
				d, ok := r.Fn.DefaultArg(i)
				if !ok {
					return nil, false, notYet(pos, "leaving out an argument before a named one")
				}
				in[i] = &expr.Const{T: types.Of(t), D: d}
				continue
			}
		}
		if r.Fn.Src == "pg_typeof" && args[from].Type().OID == types.UnknownOID && isLiteral(args[from]) {
			in[i] = &expr.Const{T: types.Of(types.UnknownOID), D: types.Null}
			if l, ok := args[from].(*unknownLit); ok {
				in[i] = l.untyped()
			}
			continue
		}
		if d := b.exprDomain(args[from]); d != 0 && r.Fn.Src == "pg_typeof" {
			in[i] = &expr.Relabel{X: args[from], T: types.Of(d)}
			continue
		}
		if i < len(r.Fn.Args) && r.Fn.Args[i] == types.AnyOID && b.exprDomain(args[from]) != 0 {
			in[i] = args[from] // of the domain, not of its base type
			continue
		}
		if r.Fn.KeepsRow() && types.IsComposite(args[from].Type().OID) {
			in[i] = args[from]
			continue
		}
		if in[i], err = b.coerce(args[from], types.Of(t), builtin.Implicit, pos); err != nil {
			return nil, false, err
		}
		if in[i], err = b.argDomain(r, i, args[from], in[i]); err != nil {
			return nil, false, err
		}
		if p, ok := in[i].(*unknownParam); ok {
			in[i] = b.untyped(p)
			continue
		}
		if l, ok := in[i].(*unknownLit); ok && (r.Fn.Src == "pg_typeof" || r.Fn.Src == "pg_column_size" || r.Fn.Src == "pg_collation_for") {
			in[i] = l.untyped()
		} else if in[i].Type().OID == types.UnknownOID {
			as := b.knownAsIs
			if r.Fn.Schema == builtin.MySQLSchema { // where a string is one
				as = b.known
			}
			if in[i], err = as(in[i]); err != nil {
				return nil, false, err
			}
			if r.Fn.SeesUnknown() {
				in[i] = &expr.Relabel{X: in[i], T: unknownT}
			}
		}
	}
	if r.VariadicExpanded && r.Fn.Variadic != types.AnyOID {
		return append(in[:r.Fixed:r.Fixed], variadicArray(r, slices.Clone(in[r.Fixed:]))), true, nil
	}
	return in, false, nil
}

// funcCall binds a function, aggregate or set-returning call.
func (b *binder) funcCall(s *scope, x *ast.Func) (expr.Expr, error) {
	if x.Over != nil {
		return b.windowCall(s, x)
	}
	g := b.aggScope(s, x)
	args, err := b.list(g, x.Args)
	if err != nil {
		return nil, err
	}
	var summed expr.Expr
	if x.Mixed {
		if x, args, summed, err = b.mixedAggregate(x, args); err != nil {
			return nil, err
		}
	}
	if isAsVector(x) {
		return b.vectorOf(args[0], x.Pos)
	}
	if x.Name.Schema == builtin.MySQLSchema && len(args) == 1 && !isOpen(args[0]) {
		summed = args[0] // of mysql.min and mysql.max
	}
	x = b.extreme(x, args)
	x, args = fieldByNumbers(x, args)
	if err := namedLast(x); err != nil {
		return nil, err
	}
	if x.WithinGroup {
		if len(x.OrderBy) > 0 && slices.ContainsFunc(x.ArgNames, func(n string) bool { return n != "" }) {
			return nil, errAt(leftmost(x.OrderBy[0].Expr), pgerrcode.SyntaxError, "positional argument cannot follow named argument")
		}
		for i := range x.OrderBy {
			e, err := b.expr(g, x.OrderBy[i].Expr)
			if err != nil {
				return nil, err
			}
			args = append(args, e)
		}
	}
	filter, err := b.filter(g, x)
	if err != nil {
		return nil, err
	}
	r, err := b.resolveCall(b.schemaMeant(x.Name.Schema), x.Name.Name, args, builtin.CallShape{Names: x.ArgNames, Variadic: x.Variadic}, x.Pos)
	if err != nil {
		if pgerr.Code(err) == pgerrcode.UndefinedFunction {
			if e := b.projected(x, args); e != nil {
				return e, nil
			}
			if e, cerr := b.castCall(x, args); e != nil || cerr != nil {
				return e, cerr
			}
		}
		return nil, misplacedOrder(err, x)
	}
	if r.Fn != nil && r.Fn.Kind == 'a' {
		if err := b.withinGroup(x, r, args); err != nil {
			return nil, err
		}
		b.traceRoutine(x, r.Fn)
		if r.Fn.User != nil {
			b.meta.Calls = true
		}
		if x.ArgNames != nil {
			return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "aggregates cannot use named arguments")
		}
		e, err := b.aggregate(s, g, x, r, args, filter)
		if err != nil || summed == nil {
			return e, err
		}
		return b.aggregateDigits(x, summed, e)
	}
	if err := onlyAggregates(x, r); err != nil {
		return nil, err
	}
	if r.Fn != nil && r.Fn.RetSet {
		if err := setAllowed(s, x.Pos); err != nil {
			return nil, err
		}
		s.srfs.used = true
	}
	if r.Fn != nil {
		b.traceRoutine(x, r.Fn)
	} else if types.Extension(r.Coercion) != "" {
		b.traceCall(x, "")
	}
	if last := len(args) - 1; x.Variadic && r.Fn != nil && r.Fn.Variadic == types.AnyOID {
		if i := types.Lookup(args[last].Type().OID); i == nil || !i.IsArray {
			return nil, errAt(leftmost(x.Args[last]), pgerrcode.DatatypeMismatch, "VARIADIC argument must be an array")
		}
	}
	e, err := b.makeCall(r, args, x.Variadic, x.Pos)
	b.traceVariadic(x, r)
	if c, ok := e.(*expr.Call); ok {
		c.Syntax, c.Written = x.Explicit, b.writtenArguments(x, r)
	}
	return e, err
}

// writtenArguments are those of a call with names as they were written, nil of others.
func (b *binder) writtenArguments(x *ast.Func, r *builtin.Resolved) (out []expr.Argument) {
	if !b.asWritten || r.ArgOrder == nil || !slices.ContainsFunc(x.ArgNames, func(n string) bool { return n != "" }) {
		return nil
	}
	for k, name := range x.ArgNames {
		out = append(out, expr.Argument{Name: name, At: slices.Index(r.ArgOrder, k)})
	}
	return out
}

// setAllowed refuses a set-returning function where one value stands.
func setAllowed(s *scope, pos ast.Pos) error {
	const hint = "You might be able to move the set-returning function into a LATERAL FROM item."
	switch {
	case s.srfs == nil:
		return errAt(pos, pgerrcode.FeatureNotSupported, "set-returning functions are not allowed in %s", clauseName[s.in])
	case s.inAgg != nil:
		return errAt(pos, pgerrcode.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").WithHint(hint)
	case s.inWindow != nil:
		return errAt(pos, pgerrcode.FeatureNotSupported, "window function calls cannot contain set-returning function calls").WithHint(hint)
	case s.branch != "":
		return errAt(pos, pgerrcode.FeatureNotSupported, "set-returning functions are not allowed in %s", s.branch).WithHint(hint)
	}
	return nil
}

// namedLast refuses arguments without a name behind those that have one.
func namedLast(x *ast.Func) error {
	named := false
	for i, n := range x.ArgNames {
		if n == "" && named {
			return errAt(leftmost(x.Args[i]), pgerrcode.SyntaxError, "positional argument cannot follow named argument")
		}
		named = named || n != ""
	}
	return nil
}
