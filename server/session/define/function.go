package define

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createFunction is CREATE [OR REPLACE] FUNCTION and PROCEDURE.
func (e *Env) createFunction(ctx context.Context, st *ast.CreateFunction) error {
	f, err := e.newFunction(ctx, st)
	if err != nil {
		return err
	}
	if of := e.extensionFunc(f.Schema, f.Name, f.InputTypes()); of != nil {
		if st.Replace {
			return pgerr.NotSupported(-1, "changing %s of an extension is not supported", systemFunction{of}.Error())
		}
		return pgerr.Newf(pgerrcode.DuplicateFunction, "function %q already exists with same argument types", f.Name)
	}
	old, exists := e.Catalog.Function(f.Schema, f.Name, f.InputTypes())
	if exists {
		if !st.Replace {
			return pgerr.Newf(pgerrcode.DuplicateFunction, "function %q already exists with same argument types", f.Name)
		}
		if err := e.mayChangeRoutine(old, routineWord(old), old.Name); err != nil {
			return err
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
	// The body may call the function itself: it is there before the body is looked at.
	if err := edit.PutFunction(f); err != nil {
		return err
	}
	if f.Language == "c" || f.Language == "internal" {
		return notLinked(f, st)
	}
	if e.CheckBody == nil {
		return nil
	}
	stored, err := e.CheckBody(f, st)
	if err != nil || stored == nil {
		return err
	}
	return edit.PutFunction(stored)
}

// newFunction makes a function's descriptor, without its OID.
func (e *Env) newFunction(ctx context.Context, st *ast.CreateFunction) (*catalog.Function, error) {
	s, err := e.target(ctx, &st.Name, permanent)
	if err != nil {
		return nil, placeless(err)
	}
	f := &catalog.Function{Schema: s.ID, Temp: s.Temp, Name: st.Name.Name, Owner: e.Owner, Kind: 'f', Volatility: 'v', Parallel: 'u', Cost: -1, Rows: -1}
	if st.Procedure {
		f.Kind = 'p'
	}
	code, hasCode, err := e.functionOptions(f, st.Options, true)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Language == "" && (st.Atomic || st.Return != nil):
		f.Language = "sql"
	case f.Language == "":
		return nil, functionError("no language specified")
	}
	if err := e.mayUseLanguage(f.Language); err != nil {
		return nil, err
	}
	if err := knownLanguage(f.Language); err != nil {
		return nil, err
	}
	if f.Leakproof && !e.Super {
		return nil, denied("only superuser can define a leakproof function")
	}
	if err := e.mayUseTypes(st); err != nil {
		return nil, err
	}
	if err := e.functionArgs(f, st); err != nil {
		return nil, err
	}
	if err := e.functionResult(f, st); err != nil {
		return nil, err
	}
	if err := functionEstimates(f); err != nil {
		return nil, err
	}
	if err := functionBody(f, st, code, hasCode); err != nil {
		return nil, err
	}
	return f, allowedTypes(f)
}

// functionError is 42P13.
func functionError(format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidFunctionDefinition, format, args...)
}

func knownLanguage(name string) error {
	switch name {
	case "sql", "plpgsql", "c", "internal":
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "language %q does not exist", name)
}

// notLinked refuses a function of machine code: there is none to be found under its name, but
// what PostgreSQL has built in.
func notLinked(f *catalog.Function, st *ast.CreateFunction) error {
	switch {
	case f.Language == "c" && !strings.HasPrefix(f.Body, "$libdir/"):
		return pgerr.Newf(pgerrcode.UndefinedFile, "could not access file \"%s\": No such file or directory", f.Body)
	case f.Language == "internal" && len(builtin.Functions("pg_catalog", f.Body)) == 0:
		return pgerr.Newf(pgerrcode.UndefinedFunction, "there is no built-in function named \"%s\"", f.Body)
	}
	return pgerr.NotSupported(int(st.Pos), "functions in language %s are not supported", f.Language)
}

// functionBody takes the body from AS, or notes that it is written in SQL.
func functionBody(f *catalog.Function, st *ast.CreateFunction, code []string, hasCode bool) error {
	inline := st.Atomic || st.Return != nil
	switch {
	case inline && hasCode:
		return functionError("duplicate function body specified")
	case inline && f.Language != "sql":
		return functionError("inline SQL function body only valid for language SQL")
	case inline:
		return nil
	case !hasCode:
		return functionError("no function body specified")
	case len(code) > 1 && (f.Language != "c" || len(code) > 2):
		return functionError("only one AS item needed for language %q", f.Language)
	}
	f.Body = code[0]
	return nil
}

// functionEstimates gives COST and ROWS their defaults.
func functionEstimates(f *catalog.Function) error {
	if f.Cost < 0 {
		f.Cost = 100
	}
	switch {
	case f.Rows < 0 && f.RetSet:
		f.Rows = 1000
	case f.Rows < 0:
		f.Rows = 0
	case !f.RetSet:
		return pgerr.New(pgerrcode.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
	}
	return nil
}

// functionArgs reads the parameters (interpret_function_parameter_list).
func (e *Env) functionArgs(f *catalog.Function, st *ast.CreateFunction) error {
	variadic, defaults := false, false
	for i := range st.Params {
		p := &st.Params[i]
		what := map[byte]string{'f': "functions", 'p': "procedures", 'a': "aggregates"}[f.Kind]
		if p.Type.SetOf {
			return functionError("%s cannot accept set arguments", what)
		}
		a := catalog.FuncArg{Mode: p.Mode, Name: p.Name}
		if f.IsAggregate() && a.IsOutput() {
			return pgerr.NotSupported(int(p.Pos), "aggregates cannot have output arguments")
		}
		var err error
		if a.Type, a.Domain, err = e.functionType(&p.Type, false); err != nil {
			return err
		}
		if a.IsInput() || f.IsProcedure() && a.Mode == catalog.ArgOut {
			switch {
			case variadic && f.IsProcedure():
				return functionError("VARIADIC parameter must be the last parameter")
			case variadic:
				return functionError("VARIADIC parameter must be the last input parameter")
			}
		}
		if a.Mode == catalog.ArgVariadic {
			if variadic = true; !variadicType(a.Type.OID) {
				return functionError("VARIADIC parameter must be an array")
			}
		}
		if err := freeParameter(f, &a); err != nil {
			return err
		}
		switch {
		case p.Default != nil && !a.IsInput():
			return functionError("only input parameters can have default values")
		case p.Default != nil:
			defaults = true
			if a.Default, err = e.parameterDefault(p.Default, a.Type); err != nil {
				return err
			}
		case defaults && a.IsInput():
			return functionError("input parameters after one with a default value must also have defaults")
		case defaults && f.IsProcedure():
			return functionError("procedure OUT parameters cannot appear after one with a default value")
		}
		f.Args = append(f.Args, a)
	}
	return nil
}

// freeParameter refuses a name that another parameter of the same direction has.
func freeParameter(f *catalog.Function, a *catalog.FuncArg) error {
	for i := range f.Args {
		b := &f.Args[i]
		pureIn := func(x *catalog.FuncArg) bool { return x.Mode == catalog.ArgIn || x.Mode == catalog.ArgVariadic }
		pureOut := func(x *catalog.FuncArg) bool { return x.Mode == catalog.ArgOut || x.Mode == catalog.ArgTable }
		if a.Name == "" || b.Name != a.Name || pureIn(a) && pureOut(b) || pureIn(b) && pureOut(a) {
			continue
		}
		return functionError("parameter name %q used more than once", a.Name)
	}
	return nil
}

func variadicType(t types.OID) bool {
	switch t {
	case types.AnyArrayOID, types.AnyCompatibleArrayOID, types.AnyOID:
		return true
	}
	i := types.Lookup(t)
	return i != nil && i.IsArray
}

// functionType resolves the type of a parameter, or of the result. Modifiers do not count.
func (e *Env) functionType(t *ast.TypeName, result bool) (types.T, catalog.ID, error) {
	plain := *t
	plain.SetOf = false
	o := e.options()
	typ, err := bind.TypeName(&plain, o)
	if err != nil {
		err = placeless(err)
		if pe, ok := pgerr.As(err); ok && pe.Code == pgerrcode.UndefinedObject && !result {
			pe.Message = strings.Replace(pe.Message, "type \""+dotted(&t.Name)+"\" does", "type "+dotted(&t.Name)+" does", 1)
		}
		return typ, 0, err
	}
	domain, shown := catalog.ID(0), typ.OID
	if d := bind.UserType(&plain, o); d != nil && d.Kind == catalog.DomainType && len(t.ArrayDims) == 0 {
		domain, shown = d.ID, d.ID
	} else {
		typ.Mod = -1
	}
	if t.PctType {
		e.notice("00000", "type reference %s converted to %s", pctText(t), types.TypeName(shown))
	}
	return typ, domain, nil
}

// pctText is a%TYPE as it was written.
func pctText(t *ast.TypeName) string {
	name := dotted(&t.Name)
	if t.Name.Catalog != "" {
		name = t.Name.Catalog + "." + name
	}
	return name + "%TYPE"
}

// parameterDefault checks the default of a parameter and returns its text.
func (e *Env) parameterDefault(x ast.Expr, t types.T) (string, error) {
	want := t
	if info := types.Lookup(t.OID); info != nil && info.Type == 'p' {
		want = types.T{} // polymorphic: it keeps its own type
	}
	text, err := e.storedText(x, nil, bind.Default, want, "")
	if pe, ok := pgerr.As(err); ok {
		switch {
		case pe.Code == pgerrcode.FeatureNotSupported && strings.HasPrefix(pe.Message, "cannot use column reference"):
			_, err := bind.AsWritten(x, nil, bind.Using, want, "", e.options()) // where that is no error of its own
			return "", err
		case pe.Code == pgerrcode.DatatypeMismatch && strings.HasPrefix(pe.Message, "column \"\""):
			return "", pgerr.Newf(pgerrcode.DatatypeMismatch, "argument of DEFAULT must be type %s%s", types.TypeName(t.OID), typeFrom(pe.Message)).At(int(x.Position()))
		}
	}
	if text == "" && err == nil {
		text = "NULL::" + types.FormatType(t)
		if want.OID == 0 {
			if text = "NULL"; !untyped(x) {
				b, err := bind.AsWritten(x, nil, bind.Default, want, "", e.options())
				return expr.Definition(b, nil), err
			}
		}
	}
	return text, err
}

// typeFrom is the end of a message about a type that does not fit.
func typeFrom(msg string) string {
	if _, t, ok := strings.Cut(msg, " but default expression is of type "); ok {
		return ", not type " + t
	}
	return ""
}

// functionResult finds the type of the result from RETURNS and the OUT parameters.
func (e *Env) functionResult(f *catalog.Function, st *ast.CreateFunction) error {
	outs := f.Outputs()
	of, domain := types.Of(types.VoidOID), catalog.ID(0)
	switch {
	case len(outs) == 1 && !f.IsProcedure():
		of, domain = outs[0].Type, outs[0].Domain
	case len(outs) > 0:
		of = types.Of(types.RecordOID)
	}
	table := slices.ContainsFunc(outs, func(a catalog.FuncArg) bool { return a.Mode == catalog.ArgTable })
	switch {
	case table:
		f.RetSet = true
	case st.Returns != nil && !f.IsProcedure():
		t, d, err := e.functionType(st.Returns, true)
		if err != nil {
			return err
		}
		if f.RetSet = st.Returns.SetOf; len(outs) > 0 && (t.OID != of.OID || d != domain) {
			return functionError("function result type must be %s because of OUT parameters", e.typeText(of, domain))
		}
		of, domain = t, d
	case len(outs) == 0 && !f.IsProcedure():
		return functionError("function result type must be specified")
	}
	f.Ret, f.RetDomain = of, domain
	return polymorphicResult(f)
}

// typeText names a type in messages.
func (e *Env) typeText(t types.T, domain catalog.ID) string {
	if d, ok := e.Catalog.TypeByID(domain); ok {
		return d.Shown
	}
	return types.FormatType(t)
}

// functionOptions reads the options of CREATE FUNCTION, or of ALTER FUNCTION.
func (e *Env) functionOptions(f *catalog.Function, list []ast.FuncOption, create bool) (code []string, hasCode bool, err error) {
	given := map[string]bool{}
	for i := range list {
		o := &list[i]
		if o.Name != "set" {
			if given[o.Name] {
				return nil, false, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(o.Pos))
			}
			given[o.Name] = true
		}
		if f.IsProcedure() {
			switch o.Name {
			case "volatility", "strict", "leakproof", "cost", "rows", "parallel", "support", "window":
				return nil, false, functionError("invalid attribute in procedure definition").At(int(o.Pos))
			}
		}
		if o.Name == "as" {
			code, hasCode = o.Code, true
			continue
		}
		if err := e.functionOption(f, o); err != nil {
			return nil, false, err
		}
	}
	return code, hasCode, nil
}

func (e *Env) functionOption(f *catalog.Function, o *ast.FuncOption) error {
	switch o.Name {
	case "language":
		f.Language = o.Text
	case "volatility":
		f.Volatility = o.Text[0]
	case "strict":
		f.Strict = o.On
	case "security":
		f.Definer = o.On
	case "leakproof":
		f.Leakproof = o.On
	case "parallel":
		switch o.Text {
		case "safe", "restricted", "unsafe":
			f.Parallel = o.Text[0]
		default:
			return pgerr.New(pgerrcode.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
		}
	case "cost", "rows":
		n, err := strconv.ParseFloat(o.Num, 64)
		if err != nil || n <= 0 {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "%s must be positive", strings.ToUpper(o.Name))
		}
		if n = float64(float32(n)); o.Name == "cost" {
			f.Cost = n
		} else {
			f.Rows = n
		}
	case "set":
		return e.functionSetting(f, o.Set)
	case "support":
		if !strings.HasSuffix(o.Text, "_support") { // as all those are named that there are
			return pgerr.Newf(pgerrcode.UndefinedFunction, "function %s(internal) does not exist", o.Text)
		}
		fallthrough
	default:
		e.unkept = pgerr.NotSupported(int(o.Pos), "%s of functions is not supported", strings.ToUpper(o.Name))
	}
	return nil
}

// functionSetting is SET or RESET among a function's options.
func (e *Env) functionSetting(f *catalog.Function, set *ast.Set) error {
	if set.Txn != nil || set.Local {
		return pgerr.NotSupported(int(set.Pos), "this form of SET is not supported here")
	}
	if set.Reset && strings.EqualFold(set.Name, "all") {
		f.Settings = nil
		return nil
	}
	name, text, err := e.SettingWritten(set)
	switch {
	case err != nil:
		return err
	case set.Forgets():
		f.Settings = f.Settings.Without(name)
	default:
		f.Settings = f.Settings.With(name, text)
	}
	return nil
}
