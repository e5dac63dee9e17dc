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
		return &builtin.Resolved{Coercion: to, ArgTypes: []types.OID{to}, Ret: to}, nil
	}
	shape.Has = b.extensions()
	r, err := b.resolveFunc(schema, name, ts, shape, procedure)
	if err != nil {
		if pgerr.Code(err) == pgerrcode.DatatypeMismatch { // of polymorphic types, which no place has
			return nil, err
		}
		return nil, atPos(err, pos)
	}
	return b.overDomain(r, args), nil
}

// userCast is the user's type that a call of its name casts to, 0 for other calls.
func (b *binder) userCast(schema, name string, args []types.OID, shape builtin.CallShape) types.OID {
	if len(args) != 1 || shape.Names != nil || shape.Variadic || len(b.extensions().Functions(schema, name)) > 0 {
		return 0
	}
	i := b.userType(&ast.TypeName{Name: ast.QName{Schema: schema, Name: name}})
	if i == nil || i.Type == 'd' {
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
	return &expr.Call{Fn: fn, Args: in, T: ret, Variadic: variadic || packed, Pos: int(pos)}, nil
}

func (b *binder) callArgs(r *builtin.Resolved, args []expr.Expr, pos ast.Pos) (in []expr.Expr, packed bool, err error) {
	in = make([]expr.Expr, len(r.ArgTypes))
	for i, t := range r.ArgTypes {
		from := i
		if r.ArgOrder != nil {
			if from = r.ArgOrder[i]; from < 0 && r.Fn.User != nil {
				if in[i], err = b.userDefault(r.Fn.User, i, t, pos); err != nil {
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
		if p, ok := in[i].(*unknownParam); ok {
			return nil, false, errAt(p.pos, pgerrcode.IndeterminateDatatype, "could not determine data type of parameter $%d", p.n+1)
		}
		if l, ok := in[i].(*unknownLit); ok && (r.Fn.Src == "pg_typeof" || r.Fn.Src == "pg_column_size") {
			in[i] = l.untyped()
		} else if in[i].Type().OID == types.UnknownOID {
			if in[i], err = b.known(in[i]); err != nil {
				return nil, false, err
			}
			if r.Fn.SeesUnknown() {
				in[i] = &expr.Relabel{X: in[i], T: unknownT}
			}
		}
	}
	if r.VariadicExpanded && r.Fn.Variadic != types.AnyOID {
		rest := append([]expr.Expr(nil), in[r.Fixed:]...)
		elem := r.Fn.Variadic
		if len(rest) > 0 {
			elem = rest[0].Type().OID
		}
		arr := &expr.ArrayOf{Elems: rest, T: types.Of(elem).ArrayOf()}
		return append(in[:r.Fixed:r.Fixed], arr), true, nil
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
	if x.Mixed {
		if x, args, err = b.mixedAggregate(x, args); err != nil {
			return nil, err
		}
	}
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
	r, err := b.resolveCall(x.Name.Schema, x.Name.Name, args, builtin.CallShape{Names: x.ArgNames, Variadic: x.Variadic}, x.Pos)
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
		if r.Fn.User != nil {
			b.traceCall(x, r.Fn.Schema)
			b.meta.Calls = true
		}
		if x.ArgNames != nil {
			return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "aggregates cannot use named arguments")
		}
		return b.aggregate(s, g, x, r, args)
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
	if r.Fn != nil && r.Fn.User != nil {
		b.traceCall(x, r.Fn.Schema)
	}
	if last := len(args) - 1; x.Variadic && r.Fn != nil && r.Fn.Variadic == types.AnyOID {
		if i := types.Lookup(args[last].Type().OID); i == nil || !i.IsArray {
			return nil, errAt(leftmost(x.Args[last]), pgerrcode.DatatypeMismatch, "VARIADIC argument must be an array")
		}
	}
	return b.makeCall(r, args, x.Variadic, x.Pos)
}

// setAllowed refuses a set-returning function where one value stands.
func setAllowed(s *scope, pos ast.Pos) error {
	const hint = "You might be able to move the set-returning function into a LATERAL FROM item."
	switch {
	case s.srfs == nil:
		return errAt(pos, pgerrcode.FeatureNotSupported, "set-returning functions are not allowed in %s", clauseName[s.in])
	case s.inAgg:
		return errAt(pos, pgerrcode.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").WithHint(hint)
	case s.inWindow:
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

// onlyAggregates refuses aggregate syntax on plain functions.
func onlyAggregates(x *ast.Func, r *builtin.Resolved) error {
	what := ""
	switch {
	case x.Star:
		what = "(*) specified, but %s is not an aggregate function"
		name := x.Name.Name
		return errAt(x.Pos, pgerrcode.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case r.Fn != nil && r.Fn.Kind == 'w' && x.WithinGroup:
		what = "window function %s requires an OVER clause"
	case x.WithinGroup:
		what = "WITHIN GROUP specified, but %s is not an aggregate function"
	case x.Distinct:
		what = "DISTINCT specified, but %s is not an aggregate function"
	case x.OrderBy != nil:
		what = "ORDER BY specified, but %s is not an aggregate function"
	case x.Filter != nil:
		what = "FILTER specified, but %s is not an aggregate function"
	case r.Fn != nil && r.Fn.Kind == 'w':
		return errAt(x.Pos, pgerrcode.WrongObjectType, "window function %s requires an OVER clause", x.Name.Name)
	default:
		return nil
	}
	return errAt(x.Pos, pgerrcode.WrongObjectType, what, x.Name.Name)
}

// aggScope is the scope in which a call's arguments are bound: inside an
// aggregate no other may stand.
func (b *binder) aggScope(s *scope, x *ast.Func) *scope {
	if !b.isAggregate(x.Name) {
		return s
	}
	g := *s
	g.inAgg = true
	return &g
}

func isSetName(n ast.QName) bool {
	for _, f := range builtin.Functions(n.Schema, n.Name) {
		if f.RetSet {
			return true
		}
	}
	return false
}

// isAggregate is isAggregateName with the aggregates of users.
func (b *binder) isAggregate(n ast.QName) bool {
	if isAggregateName(n) {
		return true
	}
	for _, list := range b.userFuncs(n.Schema, n.Name) {
		for _, f := range list {
			if f.Kind == 'a' {
				return true
			}
		}
	}
	return false
}

func isAggregateName(n ast.QName) bool {
	for _, f := range builtin.Functions(n.Schema, n.Name) {
		if f.Kind == 'a' {
			return true
		}
	}
	return false
}

// aggregate registers an aggregate call with its query level and refers to its result.
func (b *binder) aggregate(s, g *scope, x *ast.Func, r *builtin.Resolved, args []expr.Expr) (expr.Expr, error) {
	if len(args) == 0 && !x.Star && len(r.Fn.Args) == 0 {
		return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", x.Name.Name)
	}
	if s.inAgg {
		return nil, errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot be nested")
	}
	direct := directArgs(x, r, len(args))
	var filter expr.Expr
	if x.Filter != nil {
		f := *g
		f.in, f.grouping, f.inAgg = inFilter, nil, false
		var err error
		f.srfs = nil
		if filter, err = b.condition(&f, x.Filter, "FILTER"); err != nil {
			return nil, err
		}
	}
	level := b.aggLevel(s, append(slices.Clone(args[direct:]), filter))
	if err := b.noAggIn(level, append(slices.Clone(args[direct:]), filter)); err != nil {
		return nil, err
	}
	if level.inAgg { // of a query around, whose aggregate this is in
		return nil, errAt(x.Pos, pgerrcode.GroupingError, "aggregate function calls cannot be nested")
	}
	if level.grouping == nil {
		name := clauseName[level.in]
		if level.in == inNone {
			name = "this context"
		}
		return nil, errAt(x.Pos, pgerrcode.GroupingError, "aggregate functions are not allowed in %s", name)
	}
	in, _, err := b.callArgs(r, args, x.Pos)
	if err != nil {
		return nil, err
	}
	a := logical.AggCall{Fn: r.Fn, Args: in[direct:], Direct: in[:direct], Distinct: x.Distinct, T: rowsLike(types.Of(r.Ret), in)}
	a.Filter = filter
	if x.Distinct {
		for i, e := range a.Args {
			if err := sortable(e.Type(), distinctPos(x, i)); err != nil {
				return nil, err
			}
		}
	}
	if err := b.checkDirect(s, level, a.Direct); err != nil {
		return nil, err
	}
	for i := range x.OrderBy {
		if x.WithinGroup {
			k, err := b.sortKey(a.Args[i], &x.OrderBy[i])
			if err != nil {
				return nil, err
			}
			a.OrderBy = append(a.OrderBy, k)
			continue
		}
		k, err := b.aggOrder(g, x, &x.OrderBy[i], args, in)
		if err != nil {
			return nil, err
		}
		a.OrderBy = append(a.OrderBy, k)
	}
	return b.addAgg(level.grouping, a, x), nil
}

// sortable refuses types whose values an aggregate cannot tell apart by sorting.
func sortable(t types.T, pos ast.Pos) error {
	if err := needEqual(t, pos); err != nil {
		return err
	}
	if err, ok := pgerr.As(needOrder(t, pos)); ok {
		err.Hint = ""
		return err.WithDetail("Aggregates with DISTINCT must be able to sort their inputs.")
	}
	return nil
}

// distinctPos is where argument i of an aggregate over DISTINCT values stands.
func distinctPos(x *ast.Func, i int) ast.Pos {
	if i < len(x.Args) {
		return leftmost(x.Args[i])
	}
	return x.Pos
}

// aggOrder binds ORDER BY of an aggregate. What is one of the arguments as they are
// written is what the aggregate gets of it, and with DISTINCT it must be one.
func (b *binder) aggOrder(g *scope, x *ast.Func, o *ast.SortBy, args, in []expr.Expr) (logical.SortKey, error) {
	e, err := b.value(g, o.Expr)
	if err != nil {
		return logical.SortKey{}, err
	}
	at := slices.IndexFunc(args, func(a expr.Expr) bool { return same(a, e) })
	switch {
	case at >= 0 && at < len(in):
		e = in[at]
	case x.Distinct:
		return logical.SortKey{}, errAt(leftmost(o.Expr), pgerrcode.InvalidColumnReference,
			"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
	}
	return b.sortKey(e, o)
}

// noAggIn refuses aggregates of the level among the arguments of one.
func (b *binder) noAggIn(level *scope, args []expr.Expr) error {
	if level.grouping == nil {
		return nil
	}
	var err error
	for _, a := range args {
		if a == nil {
			continue
		}
		logical.Walk(a, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && err == nil && slices.Contains(level.grouping.out, c.Index) {
				err = errAt(b.pos[c], pgerrcode.GroupingError, "aggregate function calls cannot be nested")
			}
			return err == nil
		})
	}
	return err
}

// addAgg adds the call, or finds an equal one.
func (b *binder) addAgg(g *grouping, a logical.AggCall, x *ast.Func) expr.Expr {
	if len(g.aggs) == 0 {
		g.first = x.Pos
	}
	for i := range g.aggs {
		if sameAgg(&g.aggs[i], &a) {
			return b.reference(b.meta.Column(g.out[i]), x.Pos)
		}
	}
	id := b.meta.Add(logical.ColInfo{Name: x.Name.Name, T: a.T})
	g.aggs, g.out = append(g.aggs, a), append(g.out, id)
	return b.reference(b.meta.Column(id), x.Pos)
}

// aggLevel is the query level an aggregate belongs to: the innermost whose
// columns its arguments use, or its own when they use none.
func (b *binder) aggLevel(s *scope, args []expr.Expr) *scope {
	used := map[logical.ColID]bool{}
	for _, a := range args {
		if a != nil {
			logical.Free(a, func(c logical.ColID) { used[c] = true })
		}
	}
	if len(used) == 0 {
		return s
	}
	for level := s; level != nil; level = level.parent {
		if level.owns(func(id logical.ColID) bool { return used[id] }) {
			return level
		}
	}
	return s
}

// owns reports a column of the level's FROM for which in is true.
func (s *scope) owns(in func(logical.ColID) bool) bool {
	for _, it := range s.items {
		for _, c := range it.cols {
			if logical.Uses(c.e, in) {
				return true
			}
		}
		if it.rel != nil && it.rel.scan != nil && slices.ContainsFunc(it.rel.scan.Out, in) {
			return true
		}
	}
	return false
}

// varFree refuses columns of the level in a clause that has one value for all of
// its rows.
func (b *binder) varFree(s *scope, e expr.Expr, construct string) error {
	var err error
	logical.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok && err == nil && s.owns(func(id logical.ColID) bool { return id == c.Index }) {
			pos, ok := b.pos[c]
			if !ok {
				pos = ast.NoPos
			}
			err = errAt(pos, pgerrcode.InvalidColumnReference, "argument of %s must not contain variables", construct)
		}
		return err == nil
	})
	return err
}
