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
	c, out, err := call(x, o)
	return c, out, o.visible(err)
}

func call(x *ast.Func, o Options) (*expr.Call, []types.OID, error) {
	b := newBinder(o)
	b.keepCalls = false
	args, err := b.list(&scope{in: inCall}, x.Args)
	if err != nil {
		return nil, nil, err
	}
	r, err := b.resolveRoutine(x.Name.Schema, x.Name.Name, args, builtin.CallShape{Names: x.ArgNames, Variadic: x.Variadic}, x.Pos, true)
	if err != nil {
		return nil, nil, err
	}
	in, err := b.callInputs(r, args, x.Pos)
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
// names if any are, is for it, -1 for none. Those beyond the parameters are for the last.
// The arguments are such that CALL finds the procedure by them.
func CallPlaces(f *catalog.Function, names []string, n int) (places []int) {
	places = slices.Repeat([]int{-1}, len(f.Args))
	for k := range n {
		i := k
		if names != nil && names[k] != "" {
			i = slices.IndexFunc(f.Args, func(a catalog.FuncArg) bool { return a.Name == names[k] })
		}
		if i >= 0 && i < len(places) {
			places[i] = k
		}
	}
	return places
}

// callInputs leaves out of the arguments of CALL those for parameters of mode OUT, which
// must fit but are not evaluated. r goes on for the others.
func (b *binder) callInputs(r *builtin.Resolved, args []expr.Expr, pos ast.Pos) (in []expr.Expr, err error) {
	params := r.Fn.User.Args
	if len(params) == len(r.Fn.User.Inputs()) {
		return args, nil
	}
	var ts []types.OID
	var order []int
	for p, t := range r.ArgTypes {
		from := p
		if r.ArgOrder != nil {
			from = r.ArgOrder[p]
		}
		// What is beyond the parameters is for the last one, which is VARIADIC.
		if !params[min(p, len(params)-1)].IsInput() {
			if from < 0 { // which only a parameter with a default can be
				continue
			}
			if _, err := b.coerce(args[from], types.Of(t), builtin.Implicit, pos); err != nil {
				return nil, err
			}
			continue
		}
		if ts = append(ts, t); from < 0 {
			order = append(order, -1)
			continue
		}
		order, in = append(order, len(in)), append(in, args[from])
	}
	if r.ArgTypes = ts; r.ArgOrder != nil {
		r.ArgOrder = order
	}
	r.Fn = r.Fn.WithInputs()
	r.Fixed = len(r.Fn.Args) - 1
	return in, nil
}

func noProcedure(call string) error {
	return pgerr.Newf(pgerrcode.UndefinedFunction, "procedure %s does not exist", call).
		WithHint("No procedure matches the given name and argument types. You might need to add explicit type casts.")
}

func notProcedure(call string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "%s is not a procedure", call).WithHint("To call a function, use SELECT.")
}
