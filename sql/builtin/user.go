package builtin

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Caller runs functions that users made; a Session that can do so implements it.
type Caller interface {
	// CallUser computes one value; SetOfUser a set, of rows as Rows gives them.
	CallUser(c *Ctx, f *Func, args []types.Datum) (types.Datum, error)
	SetOfUser(c *Ctx, f *Func, args []types.Datum) (RowIter, error)
}

// userFuncs keeps what UserFunc made, by descriptor. Descriptors change with DDL only, so
// it is bounded by dropping it whole.
var userFuncs struct {
	sync.Mutex
	m map[*catalog.Function]*Func
}

const maxUserFuncs = 4096

// UserFunc is a user's function as calls of it are resolved and run.
func UserFunc(f *catalog.Function, schema string) *Func {
	userFuncs.Lock()
	defer userFuncs.Unlock()
	if u := userFuncs.m[f]; u != nil && u.Schema == schema {
		return u
	}
	if userFuncs.m == nil || len(userFuncs.m) >= maxUserFuncs {
		userFuncs.m = map[*catalog.Function]*Func{}
	}
	u := newUserFunc(f, schema)
	userFuncs.m[f] = u
	return u
}

func newUserFunc(f *catalog.Function, schema string) *Func {
	u := &Func{OID: f.ID, Schema: schema, Name: f.Name, Ret: f.Ret.OID, RetSet: f.RetSet, Strict: f.Strict,
		Volatility: f.Volatility, Kind: f.Kind, User: f}
	u.takes(f.Inputs())
	for _, a := range f.Inputs() {
		if a.Default != "" {
			u.Defaults++
		}
		if a.Mode == catalog.ArgVariadic {
			u.Variadic = elementOf(a.Type.OID)
		}
	}
	outs := f.Outputs()
	for i, a := range outs {
		if a.Name == "" && len(outs) > 1 {
			a.Name = "column" + strconv.Itoa(i+1)
		}
		u.OutNames, u.OutTypes = append(u.OutNames, a.Name), append(u.OutTypes, a.Type.OID)
	}
	if f.Agg != nil {
		u.AggKind, u.DirectArgs = f.Agg.Kind, f.Agg.Direct
		u.Agg = func(args []types.T) Agg { return newUserAgg(u, args) }
		return u
	}
	if f.Language == "internal" {
		u.Src = f.Body
		if x := sourceCode(u); x != nil {
			u.Eval, u.Kernel, u.Rows = x.Eval, x.Kernel, x.Rows
			return u
		}
	}
	u.runUser()
	return u
}

// sourceCode is a function of the system whose code a user's function in the language
// internal names and can have: values of its arguments and result are of the same form.
func sourceCode(u *Func) *Func {
	same := func(own, code types.OID) bool {
		return own == code || isPolymorphic(code) || code == types.AnyOID
	}
	for _, f := range lib().funcs {
		if f.Src != u.Src || f.Kind != 'f' || !f.Implemented() || len(f.Args) != len(u.Args) || f.RetSet != u.RetSet {
			continue
		}
		fits := same(u.Ret, f.Ret) || types.RangeTypeOf(u.Ret) != nil && types.RangeTypeOf(f.Ret) != nil || types.MultirangeTypeOf(u.Ret) != nil && types.MultirangeTypeOf(f.Ret) != nil
		for i := range u.Args {
			// What makes ranges takes bounds of any type, by the type of the result.
			fits = fits && (same(u.Args[i], f.Args[i]) || strings.Contains(f.Src, "range_constructor"))
		}
		if fits {
			return f
		}
	}
	return nil
}

// elementOf is the element type that a VARIADIC array has.
func elementOf(array types.OID) types.OID {
	switch array {
	case types.AnyArrayOID:
		return types.AnyElementOID
	case types.AnyCompatibleArrayOID:
		return types.AnyCompatibleOID
	case types.AnyOID:
		return types.AnyOID
	}
	return types.Lookup(array).Elem
}

// runUser gives a user's function, or a changed copy of one, its code.
func (f *Func) runUser() {
	f.Eval, f.Rows = nil, nil
	if f.RetSet {
		f.Rows = func(c *Ctx, args []types.Datum) (RowIter, error) {
			s, err := caller(c)
			if err != nil {
				return nil, err
			}
			return s.SetOfUser(c, f, args)
		}
		return
	}
	f.Eval = func(c *Ctx, args []types.Datum) (types.Datum, error) {
		s, err := caller(c)
		if err != nil {
			return types.Datum{}, err
		}
		return s.CallUser(c, f, args)
	}
}

func caller(c *Ctx) (Caller, error) {
	if s, ok := c.Session.(Caller); ok {
		return s, nil
	}
	return nil, pgerr.New(pgerrcode.FeatureNotSupported, "functions cannot be called here")
}

// AsSet is a user's function as one that returns a set, for FROM: a set of its one row.
func (f *Func) AsSet() *Func {
	if f.RetSet {
		return f
	}
	own := *f
	own.RetSet = true
	own.runUser()
	return &own
}

// withColumns is a set of records with the columns that a column definition list gives.
func (f *Func) withColumns(names []string, ts []types.T, domains []types.OID) *Func {
	own := *f
	own.OutNames, own.OutTypes, own.OutColumns, own.OutDomains = names, nil, ts, domains
	for _, t := range ts {
		own.OutTypes = append(own.OutTypes, t.OID)
	}
	own.runUser()
	return &own
}

// OutDomain is the domain that output column i is of, whose base type OutTypes has; 0 for
// none.
func (f *Func) OutDomain(i int) types.OID {
	switch {
	case f.OutDomains != nil:
		return f.OutDomains[i]
	case f.User != nil:
		if outs := f.User.Outputs(); i < len(outs) {
			return outs[i].Domain
		}
	}
	return 0
}

// WithOutDomains is a user's function whose polymorphic output columns are of the domains
// that its arguments are of.
func (f *Func) WithOutDomains(p PolyDomains) *Func {
	if f.User == nil || len(f.OutTypes) == 0 {
		return f
	}
	own := *f
	own.OutTypes = slices.Clone(f.OutTypes)
	own.OutDomains = make([]types.OID, len(f.OutTypes))
	for i, a := range f.User.Outputs() {
		if own.OutDomains[i] = a.Domain; isPolymorphic(a.Type.OID) {
			own.OutTypes[i], own.OutDomains[i] = p.Of(a.Type.OID, f.OutTypes[i])
		}
	}
	own.runUser()
	return &own
}

// withOuts is a user's function with all of its parameters as arguments, as CALL sees it;
// WithInputs makes it again what runs.
func (f *Func) withOuts() *Func {
	if f.User == nil || len(f.User.Args) == len(f.Args) {
		return f
	}
	own := *f
	own.takes(f.User.Args)
	return &own
}

// WithInputs is a user's function with those arguments alone that have values.
func (f *Func) WithInputs() *Func {
	own := *f
	own.takes(f.User.Inputs())
	own.runUser()
	return &own
}

// takes makes parameters the arguments of a user's function.
func (f *Func) takes(params []catalog.FuncArg) {
	f.Args, f.ArgNames = []types.OID{}, nil
	for _, a := range params {
		f.Args, f.ArgNames = append(f.Args, a.Type.OID), append(f.ArgNames, a.Name)
	}
}

// ResolveAmong is ResolveFunc with functions of users beside the built-in ones of the
// name, those of the schema that the search path has first before others.
func ResolveAmong(users [][]*Func, schema, name string, args []types.OID, shape CallShape) (*Resolved, error) {
	var few [12]candidate // most names have no more
	list := seeAll(few[:0], shape.Has.Functions(schema, name), 0, len(args), shape)
	for i, funcs := range users {
		list = seeAll(list, funcs, i+1, len(args), shape)
	}
	return resolveAmong(list, schema, name, args, shape)
}

// seeAll adds to list the functions of one place on the search path that n arguments fit.
func seeAll(list []candidate, funcs []*Func, path, n int, shape CallShape) []candidate {
	for _, f := range funcs {
		if shape.Outs {
			f = f.withOuts()
		}
		if c, ok := seeAs(f, n, shape); ok {
			c.path = path
			list = append(list, c)
		}
	}
	return list
}
