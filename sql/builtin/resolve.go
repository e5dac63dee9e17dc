package builtin

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Resolved is a function call with its overload chosen.
type Resolved struct {
	Fn *Func
	// ArgTypes are what each argument must be coerced to, in the function's order;
	// an argument of a "any" parameter keeps its type (unknown literals stay unknown).
	ArgTypes []types.OID
	Ret      types.OID
	// Domain is the domain that the result is of, whose base type Ret is; 0 for none. It
	// follows from Domains, which whoever knows the domains of the arguments sets.
	Domain  types.OID
	Domains PolyDomains
	// ArgOrder says which written argument fills each position of ArgTypes; nil = as
	// written. −1 is an argument left out before a named one: see Func.DefaultArg.
	ArgOrder []int
	// VariadicExpanded says that the arguments from Fixed on fill the VARIADIC parameter
	// one by one. Unless Fn.Variadic is "any" the caller packs them into an array.
	VariadicExpanded bool
	Fixed            int
	// Coercion is set instead of Fn when the call is a cast written as a function, int4(x).
	Coercion types.OID
}

// Declared is the type that the function declares for argument i of ArgTypes, that of a
// VARIADIC array's elements for those that fill it.
func (r *Resolved) Declared(i int) types.OID {
	if r.VariadicExpanded && i >= r.Fixed {
		return r.Fn.Variadic
	}
	return r.Fn.Args[i]
}

// CallShape is what is known of a call beside its argument types.
type CallShape struct {
	Names    []string // "" = positional; nil when none is named
	Variadic bool     // VARIADIC was written before the last argument
	Outs     bool     // parameters of mode OUT have arguments, too, as in CALL
	Has      Has      // the extensions that are there
	Parents  Parents
	// Shown are the argument types as errors name them, nil for as they are: domains
	// are resolved as their base types.
	Shown []types.OID
}

// Text is the call as errors write it.
func (shape *CallShape) Text(schema, name string, args []types.OID) string {
	if shape.Shown != nil {
		args = shape.Shown
	}
	return NamedCallText(schema, name, args, shape.Names)
}

// candidate is a function seen through one call: its parameter types one for
// each actual argument.
type candidate struct {
	fn       *Func
	args     []types.OID
	order    []int
	expanded bool
	defaults int
	path     int // of functions of users: the place of the schema in the search path
	// ambiguous: another function of a user has the same parameters but for defaults.
	ambiguous bool
}

// ResolveFunc chooses the overload of a function call (PostgreSQL chapter 10.3).
// Errors: 42883 and 42725, without position.
func ResolveFunc(schema, name string, args []types.OID, shape CallShape) (*Resolved, error) {
	var list []candidate
	for _, f := range shape.Has.Functions(schema, name) {
		if c, ok := seeAs(f, len(args), shape); ok {
			list = append(list, c)
		}
	}
	return resolveAmong(list, schema, name, args, shape)
}

func resolveAmong(list []candidate, schema, name string, args []types.OID, shape CallShape) (*Resolved, error) {
	list = dropShadowed(list)
	for i := range list {
		if slices.Equal(list[i].args, args) {
			return list[i].resolve(args)
		}
	}
	if len(args) == 1 && shape.Names == nil && !shape.Variadic && schema != MySQLSchema { // which has no types
		if to := castFunction(name, args[0]); to != 0 && shape.Has.Type(to) && shape.Has.TypeIn(schema, to) {
			return &Resolved{Coercion: to, ArgTypes: []types.OID{to}, Ret: to}, nil
		}
	}
	list = applicable(list, args, shape.Parents)
	switch best := choose(list, args); {
	case best != nil:
		return best.resolve(args)
	case len(list) == 0:
		return nil, NoFunction(schema, name, args, shape)
	}
	return nil, notUnique(shape.Text(schema, name, args))
}

func notUnique(call string) error {
	return pgerr.Newf(pgerrcode.AmbiguousFunction, "function %s is not unique", call).
		WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
}

// absentFunctions are functions of PostgreSQL that have only forms with types that do not
// exist here.
var absentFunctions = map[string]bool{
	"xmlcomment": true, "xpath": true, "xpath_exists": true, "xmlexists": true, "table_to_xml": true, "query_to_xml": true,
}

// NoFunction is the error of a call that no function is for (42883), without position.
func NoFunction(schema, name string, args []types.OID, shape CallShape) error {
	if absentFunctions[name] && (schema == "" || schema == "pg_catalog") {
		return pgerr.NotSupported(-1, "function %s is not supported", shape.Text(schema, name, args))
	}
	return pgerr.Newf(pgerrcode.UndefinedFunction, "function %s does not exist", shape.Text(schema, name, args)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// CallText is a call as errors write it: name(type, type).
func CallText(schema, name string, args []types.OID) string {
	return NamedCallText(schema, name, args, nil)
}

// NamedCallText is CallText of a call whose arguments have names, "" where one has none.
func NamedCallText(schema, name string, args []types.OID, names []string) string {
	var b strings.Builder
	if schema != "" {
		b.WriteString(schema + ".")
	}
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		if names != nil && names[i] != "" {
			b.WriteString(names[i] + " => ")
		}
		b.WriteString(TypeName(a))
	}
	b.WriteString(")")
	return b.String()
}

// seeAs matches the number and names of the arguments.
func seeAs(f *Func, n int, shape CallShape) (candidate, bool) {
	c := candidate{fn: f}
	if shape.Names != nil {
		return seeNamed(f, n, shape)
	}
	if f.Variadic != 0 && !shape.Variadic && (n >= len(f.Args) || f.User == nil) {
		if n < len(f.Args) {
			return c, false
		}
		c.expanded = true
		c.args = append(c.args, f.Args[:len(f.Args)-1]...)
		for len(c.args) < n {
			c.args = append(c.args, f.Variadic)
		}
		return c, true
	}
	if n > len(f.Args) || n < len(f.Args)-f.Defaults || shape.Variadic && (f.Variadic == 0 || n != len(f.Args)) {
		return c, false
	}
	c.args, c.defaults = f.Args[:n], len(f.Args)-n
	return c, true
}

func seeNamed(f *Func, n int, shape CallShape) (candidate, bool) {
	c := candidate{fn: f}
	if n > len(f.Args) || len(f.ArgNames) < len(f.Args) || f.Variadic != 0 {
		return c, false
	}
	at := make([]int, len(f.Args)) // written argument + 1
	for i, name := range shape.Names {
		p := i
		if name != "" {
			p = slices.Index(f.ArgNames, name)
		}
		if p < 0 || p >= len(at) || at[p] != 0 {
			return c, false
		}
		at[p] = i + 1
	}
	last := len(at)
	for last > 0 && at[last-1] == 0 {
		last--
	}
	if last < len(f.Args)-f.Defaults {
		return c, false
	}
	c.args = make([]types.OID, n)
	c.order = make([]int, 0, last)
	for p := range last {
		if at[p] == 0 && p < len(f.Args)-f.Defaults {
			return c, false
		}
		c.order = append(c.order, at[p]-1) // −1: the default
		if at[p] > 0 {
			c.args[at[p]-1] = f.Args[p]
		}
	}
	c.defaults = len(f.Args) - n
	return c, true
}

// dropShadowed keeps, of candidates with equal parameter types, the one that
// needs no variadic expansion and no defaults. It reuses list.
func dropShadowed(list []candidate) []candidate {
	keep := list[:0]
next:
	for _, c := range list {
		for i := range keep {
			if slices.Equal(keep[i].args, c.args) {
				if keep[i].path != c.path {
					continue next // the search path comes to it later
				}
				if c.path > 0 && keep[i].expanded == c.expanded && keep[i].order == nil && c.order == nil {
					keep[i].ambiguous = true
					continue next
				}
				if keep[i].expanded && !c.expanded || keep[i].expanded == c.expanded && keep[i].defaults > c.defaults {
					keep[i] = c
				}
				continue next
			}
		}
		keep = append(keep, c)
	}
	return keep
}

// castFunction is the type that name(x) casts to, 0 if it is not such a cast.
func castFunction(name string, from types.OID) types.OID {
	to := types.ByName(name)
	if to == nil || to.Type == 'p' {
		return 0
	}
	if from == types.UnknownOID {
		return to.OID
	}
	switch CoercionPath(from, to.OID, Explicit) {
	case RelabelOnly:
		return to.OID
	case ByCast:
		if c := lib().castTypes[[2]types.OID{from, to.OID}]; c != nil && c.Method == 'b' {
			return to.OID // int4 and what is like oid: one form in PostgreSQL, two here
		}
	case ByIO:
		if from != types.RecordOID && !types.IsComposite(from) || to.Category != 'S' {
			return to.OID
		}
	}
	return 0
}

func (c *candidate) resolve(actual []types.OID) (*Resolved, error) {
	if c.ambiguous {
		return nil, notUnique(NamedCallText("", c.fn.Name, actual, nil))
	}
	want := c.fn.Ret
	open := c.defaults > 0 && c.fn.User != nil && !slices.ContainsFunc(c.args, isPolymorphic)
	if open { // the defaults may tell the type, who knows them
		want = types.VoidOID
	}
	args, ret, err := concrete(c.args, actual, want)
	if err != nil {
		return nil, err
	}
	if open {
		ret = c.fn.Ret
	}
	if c.expanded {
		if ret, err = c.variadicRet(args, ret); err != nil {
			return nil, err
		}
	}
	if c.fn.ReturnBy != nil {
		ret = c.fn.ReturnBy(args)
	}
	fn, err := c.fn.withOutTypes(c.args, actual)
	if err != nil {
		return nil, err
	}
	r := &Resolved{Fn: fn, ArgTypes: args, Ret: ret, VariadicExpanded: c.expanded, Fixed: len(c.fn.Args) - 1}
	if c.order != nil {
		r.ArgOrder = c.order
		r.ArgTypes = make([]types.OID, len(c.order))
		for p, w := range c.order {
			if w >= 0 {
				r.ArgTypes[p] = args[w]
			} else {
				r.ArgTypes[p] = c.fn.Args[p]
			}
		}
	}
	if !c.fn.Implemented() {
		return nil, pgerr.NotSupported(-1, "function %s is not supported", NamedCallText("", c.fn.Name, c.fn.Args, nil))
	}
	return r, nil
}

// DefaultArg is the default of argument i, for calls by name that leave it out
// before one that they give. ok is false when there is none to know.
func (f *Func) DefaultArg(i int) (d types.Datum, ok bool) {
	if i < len(f.Args)-f.Defaults || i >= len(f.Args) {
		return d, false
	}
	switch f.Name {
	case "make_interval":
		return types.Int(0), true // 0 has the same bits as a float
	case "jsonb_set", "jsonb_set_lax", "parse_ident":
		return types.Bool(true), true
	case "jsonb_insert":
		return types.Bool(false), true
	case "jsonb_path_exists", "jsonb_path_match", "jsonb_path_query", "jsonb_path_query_array", "jsonb_path_query_first",
		"jsonb_path_exists_tz", "jsonb_path_match_tz", "jsonb_path_query_tz", "jsonb_path_query_array_tz", "jsonb_path_query_first_tz":
		if i == 2 {
			return types.String("{}"), true
		}
		return types.Bool(false), true
	case "vector_index_recall":
		return types.Int(recallDefaults[i-1]), true
	}
	return d, false
}

// withOutTypes is f, or a copy whose polymorphic output columns have the types
// that the arguments give them.
func (f *Func) withOutTypes(declared, actual []types.OID) (*Func, error) {
	if !slices.ContainsFunc(f.OutTypes, isPolymorphic) {
		return f, nil
	}
	var p poly
	if _, err := p.solve(declared, actual); err != nil {
		return nil, err
	}
	own := *f
	if own.OutTypes = slices.Clone(f.OutTypes); own.User != nil {
		own.runUser()
	}
	for i, t := range own.OutTypes {
		var err error
		if own.OutTypes[i], err = p.of(t); err != nil {
			return nil, err
		}
	}
	return &own, nil
}

// variadicRet resolves a result type that depends on the packed array.
func (c *candidate) variadicRet(args []types.OID, ret types.OID) (types.OID, error) {
	if !isPolymorphic(c.fn.Ret) {
		return ret, nil
	}
	var p poly
	if _, err := p.solve(c.args, args); err != nil {
		return 0, err
	}
	return p.of(c.fn.Ret)
}

// applicable keeps the candidates whose parameters the arguments can become implicitly.
func applicable(list []candidate, args []types.OID, rows Parents) []candidate {
	var keep []candidate
next:
	for _, c := range list {
		for i, a := range args {
			if !rows.canCoerce(a, c.args[i]) || c.args[i] == types.InternalOID && a != types.InternalOID {
				continue next
			}
		}
		if consistent(c.args, args) {
			keep = append(keep, c)
		}
	}
	return keep
}

// TypeName is the type's name in error messages: integer, character varying, text[].
func TypeName(t types.OID) string { return types.TypeName(t) }
