package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// replaceableFunction refuses what OR REPLACE cannot change (ProcedureCreate).
func (e *Env) replaceableFunction(old, f *catalog.Function) error {
	if old.Kind != f.Kind {
		kind := map[byte]string{'f': "a function", 'p': "a procedure", 'a': "an aggregate function"}[old.Kind]
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change routine kind").WithDetail("\"%s\" is %s.", f.Name, kind)
	}
	hint := func(err *pgerr.Error) error {
		return err.WithHint("Use DROP %s %s first.", map[byte]string{'f': "FUNCTION", 'p': "PROCEDURE", 'a': "AGGREGATE"}[old.Kind], e.signature(old))
	}
	if old.RetID() != f.RetID() || old.RetSet != f.RetSet {
		if old.IsProcedure() {
			return hint(functionError("cannot change whether a procedure has output parameters"))
		}
		return hint(functionError("cannot change return type of existing function"))
	}
	if f.Ret.OID == types.RecordOID && !sameOutputs(old, f) {
		return hint(functionError("cannot change return type of existing function").WithDetail("Row type defined by OUT parameters is different."))
	}
	was, is := old.Inputs(), f.Inputs()
	for i := range was {
		if was[i].Name != "" && was[i].Name != is[i].Name {
			return hint(functionError("cannot change name of input parameter %q", was[i].Name))
		}
	}
	for i := range was {
		if was[i].Default != "" && is[i].Default == "" {
			return hint(functionError("cannot remove parameter defaults from existing function"))
		}
	}
	return nil
}

func sameOutputs(a, b *catalog.Function) bool {
	return slices.EqualFunc(a.Outputs(), b.Outputs(), func(x, y catalog.FuncArg) bool {
		return x.TypeID() == y.TypeID() && x.Name == y.Name
	})
}

// signature is a function as regprocedure shows it.
func (e *Env) signature(f *catalog.Function) string {
	return e.functionName(f) + "(" + e.typeTexts(f, ",") + ")"
}

func (e *Env) typeTexts(f *catalog.Function, sep string) string {
	s := ""
	for i, a := range f.Inputs() {
		if i > 0 {
			s += sep
		}
		s += e.typeText(a.Type, a.Domain)
	}
	return s
}

// functionName is a function's name, with its schema unless the search path finds it.
func (e *Env) functionName(f *catalog.Function) string {
	for _, p := range e.Path {
		s, ok := e.Catalog.Schema(p)
		if !ok || s.Temp {
			continue
		}
		if s.ID == f.Schema {
			return ast.QuoteIdent(f.Name)
		}
		if _, hides := e.Catalog.Function(s.ID, f.Name, f.InputTypes()); hides {
			break
		}
	}
	return ast.QuoteIdent(e.Catalog.SchemaName(f.Schema)) + "." + ast.QuoteIdent(f.Name)
}

// polymorphicNeeds lists, for results of the two polymorphic families, which arguments
// tell their type.
var polymorphicNeeds = []struct {
	results, inputs []types.OID
	list            string
}{
	{[]types.OID{types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID},
		[]types.OID{types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID, types.AnyRangeOID, types.AnyMultirangeOID},
		"anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange"},
	{[]types.OID{types.AnyRangeOID, types.AnyMultirangeOID}, []types.OID{types.AnyRangeOID, types.AnyMultirangeOID}, "anyrange or anymultirange"},
	{[]types.OID{types.AnyCompatibleOID, types.AnyCompatibleArrayOID, types.AnyCompatibleNonArrayOID},
		[]types.OID{types.AnyCompatibleOID, types.AnyCompatibleArrayOID, types.AnyCompatibleNonArrayOID, types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID},
		"anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange"},
	{[]types.OID{types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID}, []types.OID{types.AnyCompatibleRangeOID, types.AnyCompatibleMultiOID},
		"anycompatiblerange or anycompatiblemultirange"},
}

// polymorphicResult refuses a result whose type no argument tells.
func polymorphicResult(f *catalog.Function) error {
	results := []types.OID{f.Ret.OID}
	for _, a := range f.Outputs() {
		results = append(results, a.Type.OID)
	}
	in := f.InputTypes()
	for _, r := range results {
		for _, n := range polymorphicNeeds {
			if !slices.Contains(n.results, r) || slices.ContainsFunc(in, func(t types.OID) bool { return slices.Contains(n.inputs, t) }) {
				continue
			}
			return functionError("cannot determine result data type").
				WithDetail("A result of type %s requires at least one input of type %s.", types.TypeName(r), n.list)
		}
	}
	return nil
}

// allowedTypes refuses pseudo-types that functions of the language cannot have.
func allowedTypes(f *catalog.Function) error {
	pseudo := func(t types.OID) bool {
		i := types.Lookup(t)
		return i != nil && i.Type == 'p'
	}
	polymorphic := func(t types.OID) bool {
		return slices.ContainsFunc(polymorphicNeeds, func(n struct {
			results, inputs []types.OID
			list            string
		}) bool {
			return slices.Contains(n.inputs, t)
		})
	}
	sql := f.Language == "sql"
	switch t := f.Ret.OID; {
	case !pseudo(t), polymorphic(t), t == types.VoidOID, t == types.RecordOID:
	case sql:
		return functionError("SQL functions cannot return type %s", types.TypeName(t))
	case t == types.TriggerOID && len(f.Args) == 0:
	case t == types.TriggerOID:
		return functionError("trigger functions cannot have declared arguments").
			WithHint("The arguments of the trigger can be accessed through TG_NARGS and TG_ARGV instead.")
	default:
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "PL/pgSQL functions cannot return type %s", types.TypeName(t))
	}
	for i := range f.Args {
		t := f.Args[i].Type.OID
		switch {
		case !pseudo(t), polymorphic(t), !sql && t == types.RecordOID:
		case sql:
			return functionError("SQL functions cannot have arguments of type %s", types.TypeName(t))
		default:
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "PL/pgSQL functions cannot accept type %s", types.TypeName(t))
		}
	}
	return nil
}
