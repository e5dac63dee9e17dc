package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// createRange is CREATE TYPE … AS RANGE (DefineRange): a range type, the multirange type
// of it, and the functions that make values of both.
func (e *Env) createRange(ctx context.Context, st *ast.CreateRange) error {
	s, err := e.target(ctx, &st.Name, permanent)
	switch {
	case err != nil:
		return placeless(err)
	case s.Temp:
		return pgerr.NotSupported(int(st.Pos), "types in the temporary schema are not supported")
	}
	if err := e.freeType(s.ID, st.Name.Name); err != nil {
		return err
	}
	given, err := rangeAttributes(st.Defs)
	if err != nil {
		return err
	}
	r, multi, err := e.rangeOf(st, given)
	if err != nil {
		return err
	}
	t, err := e.newType(ctx, &st.Name, catalog.RangeType)
	if err != nil {
		return err
	}
	if multi == nil {
		multi = &ast.QName{Schema: s.Name, Name: multirangeName(st.Name.Name)}
		if err := e.freeType(s.ID, multi.Name); err != nil {
			pe, _ := pgerr.As(err)
			return pe.WithDetail("Failed while creating a multirange type for type \"%s\".", t.Name).
				WithHint("You can manually specify a multirange type name using the \"multirange_type_name\" attribute.")
		}
	}
	m, err := e.newType(ctx, multi, catalog.MultirangeType)
	if err != nil {
		return err
	}
	r.Range, r.Multi = t.ID, m.ID
	if r.Cast, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	t.Range, m.Range = r, r
	for _, x := range []*catalog.Type{t, m} {
		if err := e.edit.PutType(x); err != nil {
			return err
		}
	}
	return e.rangeFunctions(ctx, t, m)
}

func rangeAttributes(list []ast.Definition) (attributes, error) {
	given := attributes{}
	for i := range list {
		d := &list[i]
		switch d.Name {
		case "subtype", "subtype_opclass", "collation", "canonical", "subtype_diff", "multirange_type_name":
			if err := given.once(d.Name, d); err != nil {
				return nil, err
			}
		default:
			return nil, pgerr.Newf(pgerrcode.SyntaxError, "type attribute %q not recognized", d.Name)
		}
		if _, err := nameOf(d); err != nil && d.Name != "subtype" {
			return nil, err
		}
	}
	if given["subtype"] == nil {
		return nil, pgerr.New(pgerrcode.SyntaxError, "type attribute \"subtype\" is required")
	}
	return given, nil
}

// rangeOf finds out what the ranges are of; multi is the name that the multirange type
// was given, nil for none.
func (e *Env) rangeOf(st *ast.CreateRange, given attributes) (r *catalog.Range, multi *ast.QName, err error) {
	name, err := typeOfAttribute(given["subtype"])
	if err != nil {
		return nil, nil, err
	}
	plain := *name
	plain.SetOf = false
	elem, err := e.typeOfName(&plain)
	if err != nil {
		return nil, nil, err
	}
	info := types.Lookup(elem.OID)
	switch {
	case info.Type == 'p':
		return nil, nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "range subtype cannot be %s", types.TypeName(elem.OID))
	case given["canonical"] != nil:
		return nil, nil, pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot specify a canonical function without a pre-created shell type").
			WithHint("Create the type as a shell type, then create its canonicalization function, then do a full CREATE TYPE.")
	}
	r = &catalog.Range{RangeType: types.RangeType{Elem: elem.OID}}
	if info.Type == 'd' {
		r.Elem, r.Domain = info.Base.OID, elem.OID
	}
	if r.OpClass, err = e.rangeClass(given["subtype_opclass"], elem.OID); err != nil {
		return nil, nil, err
	}
	if r.Collation, err = e.rangeCollation(given["collation"], info); err != nil {
		return nil, nil, err
	}
	if r.Diff, err = e.rangeDiff(given["subtype_diff"], elem.OID); err != nil {
		return nil, nil, err
	}
	if d := given["multirange_type_name"]; d != nil {
		n, _ := d.Ref()
		multi = &n
		if n.Schema == "pg_catalog" && types.ByName(n.Name) != nil || n.Schema == "" && n.Name == st.Name.Name {
			return nil, nil, pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists", n.Name)
		}
	}
	return r, multi, nil
}

// rangeClass is the operator class that orders the bounds. Only default ones are what
// values are compared by.
func (e *Env) rangeClass(d *ast.Definition, subtype types.OID) (catalog.ID, error) {
	elem := subtype
	if i := types.Lookup(subtype); i.Type == 'd' {
		elem = i.Base.OID
	}
	if d != nil {
		n, _ := d.Ref()
		known, accepts := syscat.OpClassAccepts("btree", n.Name, elem)
		if err := e.classThere("btree", &n, known); err != nil {
			return 0, err
		}
		switch {
		case !accepts:
			return 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", n.Name, types.TypeName(subtype))
		case !syscat.IsDefaultClass("btree", n.Name, elem):
			return 0, pgerr.NotSupported(int(d.Pos), "ranges ordered by operator class %q are not supported", n.Name)
		}
	}
	if !syscat.Ordered(elem) {
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", types.TypeName(subtype)).
			WithHint("You must specify an operator class for the range type or define a default operator class for the subtype.")
	}
	return syscat.DefaultClass("btree", elem), nil
}

// rangeCollation is the collation of the bounds: one in which texts stand as their bytes do.
func (e *Env) rangeCollation(d *ast.Definition, elem *types.Info) (catalog.ID, error) {
	if d == nil {
		return elem.Collation, nil
	}
	n, _ := d.Ref()
	c, err := e.collationByName(&n)
	switch {
	case err != nil:
		return 0, err
	case elem.Collation == 0:
		return 0, pgerr.New(pgerrcode.WrongObjectType, "range collation specified but subtype does not support collation")
	case c.ID != collate.DefaultOID && !collate.ByBytes(c.Order):
		return 0, pgerr.NotSupported(int(d.Pos), "ranges in collation %q are not supported", c.Name)
	}
	return c.ID, nil
}

// rangeDiff finds the function that subtracts two bounds (findRangeSubtypeDiffFunction).
func (e *Env) rangeDiff(d *ast.Definition, elem types.OID) (catalog.ID, error) {
	if d == nil {
		return 0, nil
	}
	n, _ := d.Ref()
	args := []types.OID{elem, elem}
	text := builtin.CallText(n.Schema, n.Name, args)
	f := e.builtinOrOwn(&n, args)
	switch {
	case f == nil:
		return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "function %s does not exist", text)
	case f.Ret != types.Float8OID:
		return 0, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "range subtype diff function %s must return type double precision", text)
	case f.Volatility != builtin.Immutable:
		return 0, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "range subtype diff function %s must be immutable", text)
	}
	return f.OID, nil
}

// multirangeName is the name of the multirange type over a range type
// (makeMultirangeTypeName).
func multirangeName(name string) string {
	if before, after, ok := strings.Cut(name, "range"); ok {
		return ident.Cut(before + "multirange" + after)
	}
	return ident.CutTo(name, ident.Max-len("_multirange")) + "_multirange"
}

// rangeFunctions makes the functions that put ranges and multiranges together.
func (e *Env) rangeFunctions(ctx context.Context, t, m *catalog.Type) error {
	in := func(list ...types.OID) (args []catalog.FuncArg) {
		for _, oid := range list {
			args = append(args, catalog.FuncArg{Mode: catalog.ArgIn, Type: types.Of(oid)})
		}
		return args
	}
	bounds := func(rest ...types.OID) []catalog.FuncArg {
		args := in(append([]types.OID{t.Range.Elem, t.Range.Elem}, rest...)...)
		args[0].Domain, args[1].Domain = t.Range.Domain, t.Range.Domain
		return args
	}
	rest := in(t.Array)
	rest[0].Mode = catalog.ArgVariadic
	for _, f := range []*catalog.Function{
		{Name: t.Name, Schema: t.Schema, Args: bounds(), Ret: types.Of(t.ID), Body: "range_constructor2"},
		{Name: t.Name, Schema: t.Schema, Args: bounds(types.TextOID), Ret: types.Of(t.ID), Body: "range_constructor3"},
		{Name: m.Name, Schema: m.Schema, Ret: types.Of(m.ID), Body: "multirange_constructor0", Strict: true},
		{Name: m.Name, Schema: m.Schema, Args: in(t.ID), Ret: types.Of(m.ID), Body: "multirange_constructor1", Strict: true},
		{Name: m.Name, Schema: m.Schema, Args: rest, Ret: types.Of(m.ID), Body: "multirange_constructor2", Strict: true},
	} {
		if _, taken := e.Catalog.Function(f.Schema, f.Name, f.InputTypes()); taken {
			return pgerr.Newf(pgerrcode.DuplicateFunction, "function %q already exists with same argument types", f.Name)
		}
		f.Kind, f.Language, f.Owner, f.Volatility, f.Parallel, f.Cost, f.PartOf = 'f', "internal", e.Owner, 'i', 's', 1, t.ID
		var err error
		if f.ID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
		if err := e.edit.PutFunction(f); err != nil {
			return err
		}
	}
	return nil
}

// rangeParts are what goes with a range type: the multirange type and their functions.
func (e *Env) rangeParts(t *catalog.Type) (out []dependent) {
	out = append(out, dependent{object: object{kind: typeObject, id: t.Range.Multi}, auto: true})
	for _, f := range e.Catalog.AllFunctions() {
		if f.PartOf == t.ID {
			out = append(out, dependent{object: object{kind: functionObject, id: f.ID}, auto: true})
		}
	}
	return out
}

// partOfRange refuses to drop what belongs to a range type alone.
func (e *Env) partOfRange(o object, targets []object) error {
	whole := catalog.ID(0)
	switch o.kind {
	case typeObject:
		if t, ok := e.Catalog.TypeByID(o.id); ok && t.Kind == catalog.MultirangeType && o.id == t.ID {
			whole = t.Range.Range
		}
	case functionObject:
		if f, ok := e.Catalog.FunctionByID(o.id); ok {
			whole = f.PartOf
		}
	}
	if whole == 0 {
		return nil
	}
	of := object{kind: typeObject, id: whole}
	for _, t := range targets {
		if t == of {
			return nil
		}
	}
	what := e.describe(of)
	return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because %s requires it", e.describe(o), what).
		WithHint("You can drop %s instead.", what)
}
