package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createAggregate is CREATE [OR REPLACE] AGGREGATE (DefineAggregate, AggregateCreate).
func (e *Env) createAggregate(ctx context.Context, st *ast.CreateAggregate) error {
	s, err := e.target(ctx, &st.Name, permanent)
	if err != nil {
		return placeless(err)
	}
	f := &catalog.Function{Schema: s.ID, Temp: s.Temp, Name: st.Name.Name, Owner: e.Owner, Kind: 'a', Language: "internal", Body: "aggregate_dummy",
		Volatility: 'i', Parallel: 'u', Cost: 1}
	a := &aggregate{Env: e, st: st, f: f, given: attributes{}, Aggregate: catalog.Aggregate{Kind: 'n', FinalModify: 'r'}}
	if err := a.attributes(); err != nil {
		return err
	}
	if err := a.make(); err != nil {
		return err
	}
	f.Agg = &a.Aggregate
	old, exists := e.Catalog.Function(f.Schema, f.Name, f.InputTypes())
	if exists {
		if !st.Replace {
			return pgerr.Newf(pgerrcode.DuplicateFunction, "function %q already exists with same argument types", f.Name)
		}
		if err := e.replaceableFunction(old, f); err != nil {
			return err
		}
	}
	edit := e.change(ctx)
	if exists {
		f.ID, f.Owner, f.Comment = old.ID, old.Owner, old.Comment
	} else if f.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	return edit.PutFunction(f)
}

// aggregate is an aggregate in the making.
type aggregate struct {
	*Env
	st    *ast.CreateAggregate
	f     *catalog.Function
	given attributes
	catalog.Aggregate
}

// oldNames are other names of attributes.
var oldNames = map[string]string{"sfunc1": "sfunc", "stype1": "stype", "initcond1": "initcond"}

// attributes notes what is given: of an attribute that is given twice the last.
func (a *aggregate) attributes() error {
	for i := range a.st.Defs {
		d := &a.st.Defs[i]
		name := d.Name
		if other := oldNames[name]; other != "" {
			name = other
		}
		switch name {
		case "sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc", "mfinalfunc", "sortop":
			if _, err := nameOf(d); err != nil {
				return err
			}
		case "basetype", "stype", "mstype":
			if _, err := typeOfAttribute(d); err != nil {
				return err
			}
		case "sspace", "msspace":
			if d.Value == nil || d.Value.Kind != ast.LitInt {
				return pgerr.Newf(pgerrcode.SyntaxError, "%s requires an integer value", d.Name)
			}
		case "finalfunc_extra", "mfinalfunc_extra", "hypothetical":
			if _, ok := boolOf(d); !ok {
				return pgerr.Newf(pgerrcode.SyntaxError, "%s requires a Boolean value", d.Name)
			}
		case "finalfunc_modify", "mfinalfunc_modify":
			if modifies(d) == 0 {
				return pgerr.Newf(pgerrcode.SyntaxError, "parameter \"%s\" must be READ_ONLY, SHAREABLE, or READ_WRITE", d.Name)
			}
		case "initcond", "minitcond", "parallel":
			if d.Bare() {
				return pgerr.Newf(pgerrcode.SyntaxError, "%s requires a parameter", d.Name)
			}
		default:
			w := pgerr.Newf(pgerrcode.SyntaxError, "aggregate attribute \"%s\" not recognized", d.Name)
			w.Severity = pgerr.Warning
			a.Notice(w)
			continue
		}
		a.given[name] = d
	}
	return nil
}

// boolOf reads an attribute that is on or off; alone it is on.
func boolOf(d *ast.Definition) (on, ok bool) {
	if d.Bare() {
		return true, true
	}
	switch strings.ToLower(d.Text()) {
	case "true", "on", "1":
		return true, true
	case "false", "off", "0":
		return false, true
	}
	return false, false
}

func modifies(d *ast.Definition) byte {
	return map[string]byte{"read_only": 'r', "shareable": 's', "read_write": 'w'}[strings.ToLower(d.Text())]
}

func (a *aggregate) on(name string) bool {
	if a.given[name] == nil {
		return false
	}
	on, _ := boolOf(a.given[name])
	return on
}

func (a *aggregate) text(name string) *string {
	if a.given[name] == nil {
		return nil
	}
	t := a.given[name].Text()
	return &t
}

func (a *aggregate) number(name string) int32 {
	if a.given[name] == nil {
		return 0
	}
	return int32(a.given[name].Value.Int)
}

// make checks everything and fills the descriptor.
func (a *aggregate) make() error {
	if err := a.together(); err != nil {
		return err
	}
	if err := a.inputs(); err != nil {
		return err
	}
	var err error
	if a.TransType, err = a.stateType("stype"); err != nil {
		return err
	}
	if err := a.serials(); err != nil {
		return err
	}
	if a.given["mstype"] != nil {
		a.Moving = &catalog.Moving{FinalModify: 'r'}
		if a.Moving.TransType, err = a.stateType("mstype"); err != nil {
			return err
		}
	}
	if err := a.initial("initcond", a.TransType); err != nil {
		return err
	}
	if a.Moving != nil {
		if err := a.initial("minitcond", a.Moving.TransType); err != nil {
			return err
		}
	}
	if err := a.parallel(); err != nil {
		return err
	}
	a.Init, a.Space = a.text("initcond"), a.number("sspace")
	a.FinalExtra = a.on("finalfunc_extra")
	if d := a.given["finalfunc_modify"]; d != nil {
		a.FinalModify = modifies(d)
	}
	return a.functions()
}

// together checks which attributes are there.
func (a *aggregate) together() error {
	has := func(name string) bool { return a.given[name] != nil }
	switch {
	case !has("stype"):
		return functionError("aggregate stype must be specified")
	case !has("sfunc"):
		return functionError("aggregate sfunc must be specified")
	case has("mstype") && !has("msfunc"):
		return functionError("aggregate msfunc must be specified when mstype is specified")
	case has("mstype") && !has("minvfunc"):
		return functionError("aggregate minvfunc must be specified when mstype is specified")
	}
	for _, name := range []string{"msfunc", "minvfunc", "mfinalfunc", "msspace", "minitcond"} {
		if has(name) && !has("mstype") {
			return functionError("aggregate %s must not be specified without mstype", name)
		}
	}
	return nil
}

// inputs reads the arguments.
func (a *aggregate) inputs() error {
	base := a.given["basetype"]
	switch {
	case a.st.Direct >= 0:
		return pgerr.NotSupported(int(a.st.Pos), "ordered-set aggregates of users are not supported")
	case !a.st.Old && base != nil:
		return functionError("basetype is redundant with aggregate input type specification")
	case !a.st.Old && a.on("hypothetical"):
		return functionError("only ordered-set aggregates can be hypothetical")
	case !a.st.Old:
		return a.functionArgs(a.f, &ast.CreateFunction{Params: a.st.Params})
	case base == nil:
		return functionError("aggregate input type must be specified")
	case strings.EqualFold(base.Text(), "ANY"):
		return nil
	}
	t, err := typeOfAttribute(base)
	if err != nil {
		return err
	}
	return a.functionArgs(a.f, &ast.CreateFunction{Params: []ast.FuncParam{{Mode: catalog.ArgIn, Type: *t}}})
}

// stateType is the type of the state.
func (a *aggregate) stateType(name string) (types.T, error) {
	n, _ := typeOfAttribute(a.given[name])
	t, domain, err := a.functionType(n, true)
	if err != nil {
		return t, err
	}
	if domain != 0 {
		return t, pgerr.NotSupported(int(a.given[name].Pos), "aggregates with a state of a domain are not supported")
	}
	if info := types.Lookup(t.OID); info.Type == 'p' && !builtin.IsPolymorphic(t.OID) && !(t.OID == types.InternalOID && a.Super) {
		return t, functionError("aggregate transition data type cannot be %s", types.TypeName(t.OID))
	}
	return types.Of(t.OID), nil
}

func (a *aggregate) serials() error {
	serial, deserial := a.given["serialfunc"], a.given["deserialfunc"]
	switch {
	case serial != nil && deserial != nil && a.TransType.OID != types.InternalOID:
		return functionError("serialization functions may be specified only when the aggregate transition data type is %s", "internal")
	case (serial == nil) != (deserial == nil):
		return functionError("must specify both or neither of serialization and deserialization functions")
	}
	return nil
}

// initial checks the first state where its type is known.
func (a *aggregate) initial(name string, t types.T) error {
	text := a.text(name)
	if info := types.Lookup(t.OID); text == nil || info.Type == 'p' {
		return nil
	}
	_, err := types.ParseText(t, *text, a.options().Format)
	return err
}

func (a *aggregate) parallel() error {
	p := a.text("parallel")
	if p == nil {
		return nil
	}
	switch *p {
	case "safe", "restricted", "unsafe":
		a.f.Parallel = (*p)[0]
		return nil
	}
	return pgerr.New(pgerrcode.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
}

// signatureOf is a polymorphic result that no argument tells.
func (a *aggregate) signatureOf(t types.T, what string) error {
	in := *a.f
	in.Ret = t
	if err := polymorphicResult(&in); err != nil {
		pe, _ := pgerr.As(err)
		pe.Message = "cannot determine " + what + " data type"
		return pe
	}
	return nil
}
