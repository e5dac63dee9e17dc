package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Call binds the call of a procedure by CALL; OUT parameters have arguments, too, which
// are not evaluated.
func Call(x *ast.Func, o Options) (*expr.Call, []types.OID, error) {
	b := newBinder(o)
	b.keepCalls = false
	args, err := b.list(&scope{}, x.Args)
	if err != nil {
		return nil, nil, err
	}
	in, names := args, x.ArgNames
	if f := b.procedure(x); f != nil && len(f.Inputs()) < len(f.Args) {
		if in, names, err = b.callInputs(f, x, args); err != nil {
			return nil, nil, err
		}
	}
	r, err := b.resolveRoutine(x.Name.Schema, x.Name.Name, in, builtin.CallShape{Names: names, Variadic: x.Variadic}, x.Pos, true)
	if pgerr.Code(err) == pgerrcode.UndefinedFunction && len(in) != len(args) {
		return nil, nil, noProcedure(x, args)
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := b.makeCall(r, in, x.Variadic, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if e, err = b.collated(e); err != nil {
		return nil, nil, err
	}
	b.finishVariables()
	if err := b.finishParams(); err != nil {
		return nil, nil, err
	}
	return e.(*expr.Call), b.params, nil
}

// CallPlaces says for each parameter of a procedure which of n arguments of CALL, named
// names if any are, is for it, -1 for none. Those beyond the parameters are for the last,
// if that is VARIADIC. ok: each parameter of mode OUT has one, as it must.
func CallPlaces(f *catalog.Function, names []string, n int) (places []int, ok bool) {
	places = slices.Repeat([]int{-1}, len(f.Args))
	for k := range n {
		i := k
		if names != nil && names[k] != "" {
			i = slices.IndexFunc(f.Args, func(a catalog.FuncArg) bool { return a.Name == names[k] })
		}
		switch {
		case i >= len(f.Args) && f.Args[len(f.Args)-1].Mode == catalog.ArgVariadic:
		case i < 0 || i >= len(f.Args) || places[i] >= 0:
			return nil, false
		default:
			places[i] = k
		}
	}
	for i := range f.Args {
		if !f.Args[i].IsInput() && places[i] < 0 {
			return nil, false
		}
	}
	return places, true
}

// callInputs leaves out of the arguments of CALL those for parameters of mode OUT, which
// have a place there but are not evaluated.
func (b *binder) callInputs(f *catalog.Function, x *ast.Func, args []expr.Expr) (in []expr.Expr, names []string, err error) {
	places, ok := CallPlaces(f, x.ArgNames, len(args))
	out := make([]bool, len(args))
	for i, k := range places {
		if a := &f.Args[i]; !a.IsInput() {
			from := args[k].Type().OID
			ok = ok && (from == types.UnknownOID || builtin.CoercionPath(from, a.Type.OID, builtin.Implicit) != builtin.NoCoercion)
			out[k] = true
		}
	}
	if !ok {
		return nil, nil, noProcedure(x, args)
	}
	named := false
	for k, a := range args {
		if out[k] {
			continue
		}
		name := ""
		if x.ArgNames != nil {
			name = x.ArgNames[k]
		}
		in, names, named = append(in, a), append(names, name), named || name != ""
	}
	if !named {
		names = nil
	}
	return in, names, nil
}

func noProcedure(x *ast.Func, args []expr.Expr) error {
	ts := make([]types.OID, len(args))
	for i, a := range args {
		ts[i] = a.Type().OID
	}
	return errAt(x.Pos, pgerrcode.UndefinedFunction, "procedure %s does not exist", builtin.NamedCallText(x.Name.Schema, x.Name.Name, ts, x.ArgNames)).
		WithHint("No procedure matches the given name and argument types. You might need to add explicit type casts.")
}

// procedure is the only procedure of a name, nil if there are several.
func (b *binder) procedure(x *ast.Func) (found *catalog.Function) {
	for _, list := range b.userFuncs(x.Name.Schema, x.Name.Name) {
		for _, f := range list {
			if f.Kind == 'p' {
				if found != nil {
					return nil
				}
				found = f.User
			}
		}
	}
	return found
}
