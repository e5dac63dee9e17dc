package define

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// functions finds the functions and what they make of each other.
func (a *aggregate) functions() error {
	in := a.f.InputTypes()
	if err := a.signatureOf(a.TransType, "transition"); err != nil {
		return err
	}
	if a.Moving != nil {
		if err := a.signatureOf(a.Moving.TransType, "transition"); err != nil {
			return err
		}
	}
	trans, err := a.step("sfunc", "transition", a.TransType.OID, in)
	if err != nil {
		return err
	}
	a.Trans = trans.OID
	if err := startsAlone(trans, a.Init, in, a.TransType.OID); err != nil {
		return err
	}
	var ret types.OID
	if a.Moving != nil {
		if err := a.moving(in); err != nil {
			return err
		}
	}
	if a.Final, ret, err = a.last("finalfunc", a.TransType.OID, in, a.FinalExtra); err != nil {
		return err
	}
	if a.given["combinefunc"] != nil {
		f, err := a.step("combinefunc", "combine", a.TransType.OID, []types.OID{a.TransType.OID})
		if err != nil {
			return err
		}
		if a.Combine = f.OID; f.Strict && a.TransType.OID == types.InternalOID {
			return functionError("combine function with transition type %s must not be declared STRICT", "internal")
		}
	}
	if a.Serial, err = a.helper("serialfunc", "serialization", types.ByteaOID, types.InternalOID); err != nil {
		return err
	}
	if a.Deserial, err = a.helper("deserialfunc", "deserialization", types.InternalOID, types.ByteaOID, types.InternalOID); err != nil {
		return err
	}
	a.f.Ret = types.Of(ret)
	if err := a.signatureOf(a.f.Ret, "result"); err != nil {
		return err
	}
	if ret == types.InternalOID {
		return functionError("unsafe use of pseudo-type \"internal\"").WithDetail("A function returning \"internal\" must have at least one \"internal\" argument.")
	}
	if a.Moving != nil {
		_, mret, err := a.last("mfinalfunc", a.Moving.TransType.OID, in, a.Moving.FinalExtra)
		switch {
		case err != nil:
			return err
		case mret != ret:
			return functionError("moving-aggregate implementation returns type %s, but plain implementation returns type %s", types.TypeName(mret), types.TypeName(ret))
		}
	}
	return a.sortOperator(in)
}

// startsAlone refuses a strict function that has no state to begin with and cannot take
// the first value for one.
func startsAlone(f *builtin.Func, init *string, in []types.OID, state types.OID) error {
	if !f.Strict || init != nil || len(in) > 0 && sameBytes(in[0], state) {
		return nil
	}
	return functionError("must not omit initial value when transition function is strict and transition type is not compatible with input type")
}

func sameBytes(from, to types.OID) bool {
	c := builtin.CoercionPath(from, to, builtin.Implicit)
	return c == builtin.RelabelOnly || c == builtin.ByPolymorphic
}

// step finds a function from a state and other arguments to a state.
func (a *aggregate) step(name, what string, state types.OID, in []types.OID) (*builtin.Func, error) {
	f, ret, err := a.support(name, append([]types.OID{state}, in...))
	if err != nil {
		return nil, err
	}
	if ret != state {
		n, _ := nameOf(a.given[name])
		return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "return type of %s function %s is not %s", what, dotted(&n), types.TypeName(state))
	}
	return f, nil
}

// last finds a final function; without one the state is the result.
func (a *aggregate) last(name string, state types.OID, in []types.OID, extra bool) (catalog.ID, types.OID, error) {
	if a.given[name] == nil {
		return 0, state, nil
	}
	args := []types.OID{state}
	if extra {
		args = append(args, in...)
	}
	f, ret, err := a.support(name, args)
	if err != nil {
		return 0, 0, err
	}
	if extra && f.Strict {
		return 0, 0, functionError("final function with extra arguments must not be declared STRICT")
	}
	return f.OID, ret, nil
}

// helper finds a function that turns a state into bytes or back.
func (a *aggregate) helper(name, what string, want types.OID, args ...types.OID) (catalog.ID, error) {
	if a.given[name] == nil {
		return 0, nil
	}
	f, ret, err := a.support(name, args)
	if err != nil {
		return 0, err
	}
	if ret != want {
		n, _ := nameOf(a.given[name])
		return 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "return type of %s function %s is not %s", what, dotted(&n), types.TypeName(want))
	}
	return f.OID, nil
}

func (a *aggregate) moving(in []types.OID) error {
	m := a.Moving
	m.Init, m.Space, m.FinalExtra = a.text("minitcond"), a.number("msspace"), a.on("mfinalfunc_extra")
	if d := a.given["mfinalfunc_modify"]; d != nil {
		m.FinalModify = modifies(d)
	}
	forward, err := a.step("msfunc", "transition", m.TransType.OID, in)
	if err != nil {
		return err
	}
	if err := startsAlone(forward, m.Init, in, m.TransType.OID); err != nil {
		return err
	}
	back, err := a.step("minvfunc", "inverse transition", m.TransType.OID, in)
	if err != nil {
		return err
	}
	if m.Trans, m.Inverse = forward.OID, back.OID; forward.Strict != back.Strict {
		return functionError("strictness of aggregate's forward and inverse transition functions must match")
	}
	m.Final, _, err = a.last("mfinalfunc", m.TransType.OID, in, m.FinalExtra)
	return err
}

// support finds a function that an aggregate is made of (lookup_agg_function).
func (a *aggregate) support(name string, args []types.OID) (*builtin.Func, types.OID, error) {
	n, err := nameOf(a.given[name])
	if err != nil {
		return nil, 0, err
	}
	text := builtin.CallText(n.Schema, n.Name, args)
	takesAny := func(f *builtin.Func) error { // must take what the aggregate takes
		if k := len(a.f.Args); len(args) == 1+k && k > 0 && a.f.Args[k-1].Mode == catalog.ArgVariadic && a.f.Args[k-1].Type.OID == types.AnyOID && f.Variadic != types.AnyOID {
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "function %s must accept VARIADIC ANY to be used in this aggregate", text)
		}
		return nil
	}
	if f := a.builtinOrOwn(&n, args); f != nil && f.Kind == 'f' && !f.RetSet {
		return f, f.Ret, takesAny(f)
	}
	r, err := builtin.ResolveAmong(a.ownFunctions(&n), n.Schema, n.Name, args, builtin.CallShape{})
	if err != nil || r.Fn == nil || r.Fn.Kind != 'f' {
		return nil, 0, pgerr.Newf(pgerrcode.UndefinedFunction, "function %s does not exist", text)
	}
	if r.Fn.RetSet {
		return nil, 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "function %s returns a set", text)
	}
	if r.VariadicExpanded {
		return nil, 0, pgerr.NotSupported(int(a.given[name].Pos), "a variadic function in an aggregate is not supported")
	}
	for i, t := range args {
		if !sameBytes(t, r.ArgTypes[i]) {
			return nil, 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "function %s requires run-time type coercion", builtin.CallText(n.Schema, n.Name, r.ArgTypes))
		}
	}
	return r.Fn, r.Ret, takesAny(r.Fn)
}

// ownFunctions are the functions of users that a name finds, schema by schema.
func (e *Env) ownFunctions(n *ast.QName) (out [][]*builtin.Func) {
	_ = e.find(n, func(schema catalog.ID) bool {
		if s, ok := e.Catalog.SchemaByID(schema); ok && s.Temp && n.Schema == "" {
			return false // temporary functions are called with their schema only
		}
		var list []*builtin.Func
		for _, f := range e.Catalog.Functions(schema, n.Name) {
			list = append(list, builtin.UserFunc(f, e.Catalog.SchemaName(schema)))
		}
		if list != nil {
			out = append(out, list)
		}
		return false
	})
	return out
}

// sortOperator finds the operator by whose order the aggregate is the first value.
func (a *aggregate) sortOperator(in []types.OID) error {
	d := a.given["sortop"]
	if d == nil {
		return nil
	}
	if len(in) != 1 {
		return functionError("sort operator can only be specified for single-argument aggregates")
	}
	n, _ := nameOf(d)
	for _, o := range builtin.HasOf(a.Env.Catalog).Operators(n.Schema, n.Name) {
		if o.Left == in[0] && o.Right == in[0] {
			a.SortOp = o.OID
			return nil
		}
	}
	if info := types.Lookup(in[0]); info != nil && (info.Type == 'p' || in[0] >= types.FirstTypeOID) {
		return pgerr.NotSupported(int(d.Pos), "a sort operator of type %s is not supported", types.TypeName(in[0]))
	}
	return pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s %s %s", types.TypeName(in[0]), dotted(&n), types.TypeName(in[0]))
}

// aggregateNotFunction refuses DROP FUNCTION of an aggregate.
func aggregateNotFunction(n *ast.QName) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "%s is an aggregate function", strconv.Quote(dotted(n))).
		WithHint("Use DROP AGGREGATE to drop aggregate functions.")
}
