package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// ResolvedOp is an operator with its overload chosen: the types the operands
// must be coerced to, and the result type.
type ResolvedOp struct {
	Op          *Operator
	Left, Right types.OID // Left 0 = prefix
	Ret         types.OID
}

// ResolveOp chooses the operator for its operand types (PostgreSQL chapter
// 10.2); left 0 means a prefix operator. Errors: 42883 and 42725, without position.
func ResolveOp(schema, name string, left, right types.OID) (*ResolvedOp, error) {
	return AllExtensions.ResolveOp(schema, name, left, right)
}

// ResolveOp does so among the operators that are there.
func (h Has) ResolveOp(schema, name string, left, right types.OID) (*ResolvedOp, error) {
	args := []types.OID{left, right}
	if left == 0 {
		args = args[1:]
	}
	var list []candidate
	var ops []*Operator
	for _, o := range h.Operators(schema, name) {
		if (o.Left == 0) != (left == 0) {
			continue
		}
		params := []types.OID{o.Left, o.Right}
		if left == 0 {
			params = params[1:]
		}
		list = append(list, candidate{fn: o.Func, args: params, defaults: len(ops)})
		ops = append(ops, o)
	}
	if c := exactOp(list, args); c != nil {
		return resolveOp(ops[c.defaults], c.args, args)
	}
	list = applicable(list, args, nil)
	switch best := choose(list, args); {
	case best != nil:
		return resolveOp(ops[best.defaults], best.args, args)
	case len(list) == 0:
		return nil, UnresolvedOp(pgerrcode.UndefinedFunction, schema, name, left, right)
	}
	return nil, UnresolvedOp(pgerrcode.AmbiguousFunction, schema, name, left, right)
}

// exactOp finds the candidate of exactly the given types; one unknown operand is
// taken to be of the other's type.
func exactOp(list []candidate, args []types.OID) *candidate {
	if len(args) == 2 {
		l, r := args[0], args[1]
		if l == types.UnknownOID {
			l = r
		} else if r == types.UnknownOID {
			r = l
		}
		args = []types.OID{l, r}
	}
	for i := range list {
		same := true
		for j, a := range args {
			same = same && list[i].args[j] == a && a != types.UnknownOID
		}
		if same {
			return &list[i]
		}
	}
	return nil
}

func resolveOp(o *Operator, params, actual []types.OID) (*ResolvedOp, error) {
	args, ret, err := concrete(params, actual, o.Ret)
	if err != nil {
		return nil, err
	}
	r := &ResolvedOp{Op: o, Ret: ret, Right: args[len(args)-1]}
	if len(args) == 2 {
		r.Left = args[0]
	}
	if !o.Func.Implemented() {
		return nil, pgerr.NotSupported(-1, "operator %s is not supported", opText("", o.Name, o.Left, o.Right))
	}
	return r, nil
}

// UnresolvedOp is the error of an operator that is not there (42883) or not unique (42725)
// for operands of types as messages name them; left 0 means a prefix operator.
func UnresolvedOp(code, schema, name string, left, right types.OID) error {
	text := opText(schema, name, left, right)
	switch {
	case code == pgerrcode.AmbiguousFunction:
		return pgerr.Newf(code, "operator is not unique: %s", text).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	case left == 0:
		return pgerr.Newf(code, "operator does not exist: %s", text).
			WithHint("No operator matches the given name and argument type. You might need to add an explicit type cast.")
	}
	return pgerr.Newf(code, "operator does not exist: %s", text).
		WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
}

func opText(schema, name string, left, right types.OID) string {
	if schema != "" {
		name = schema + "." + name
	}
	if left != 0 {
		name = TypeName(left) + " " + name
	}
	return name + " " + TypeName(right)
}
