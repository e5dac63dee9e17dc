package bind

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// TypeName resolves a type as written. Errors: 42704, 22023.
func TypeName(t *ast.TypeName, o Options) (types.T, error) {
	return newBinder(o).typeName(t)
}

func (b *binder) typeName(t *ast.TypeName) (types.T, error) {
	if t.PctType {
		out, _, err := b.columnType(t)
		return out, err
	}
	var i *types.Info
	if t.Name.Schema != builtin.VectorSchema {
		i = b.userType(t)
	}
	if i == nil {
		if i = types.ByName(t.Name.Name); i != nil && !b.extensions().Type(i.OID) {
			i = nil
		}
	}
	schema := b.schemaMeant(t.Name.Schema)
	if schema != "" {
		id, ok := b.schemaID(schema)
		switch {
		case !ok:
			return types.T{}, errAt(t.Pos, pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", schema)
		case b.mayLookInto(&ast.QName{At: t.At, Schema: schema}) != nil:
			return types.T{}, b.mayLookInto(&ast.QName{At: t.At, Schema: schema})
		case i != nil && id != builtin.TypeSchema(b.o.Catalog, i):
			i = nil
		}
	}
	if i == nil {
		if absentTypes[t.Name.Name] && (schema == "" || schema == "pg_catalog") {
			return types.T{}, notYet(t.Pos, "type "+t.Name.Name)
		}
		name := t.Name.Name
		if schema != "" {
			name = schema + "." + name
		}
		if len(t.ArrayDims) > 0 {
			name += "[]"
		}
		return types.T{}, errAt(t.Pos, pgerrcode.UndefinedObject, "type \"%s\" does not exist", name)
	}
	if types.Extension(i.OID) != "" {
		b.traceType(t, "")
	}
	if i.Type == 'd' {
		return b.domainBase(t, i)
	}
	out := types.Of(i.OID)
	if len(t.Mods) > 0 || t.Interval != 0 {
		mod, err := b.typmod(t, i)
		if err != nil {
			return types.T{}, err
		}
		out.Mod = mod
	}
	if len(t.ArrayDims) > 0 {
		a := out.ArrayOf()
		if a.OID == 0 && !i.IsArray {
			return types.T{}, errAt(t.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", types.TypeName(i.OID))
		}
		if a.OID != 0 {
			out = a
		}
	}
	return out, nil
}

// domainBase is the type of a domain's values.
func (b *binder) domainBase(t *ast.TypeName, i *types.Info) (types.T, error) {
	switch {
	case len(t.Mods) > 0:
		return types.T{}, errAt(t.Pos, pgerrcode.SyntaxError, "type modifier is not allowed for type \"%s\"", i.Name)
	case len(t.ArrayDims) > 0:
		return types.Of(i.Array), nil
	}
	d, _ := b.o.Catalog.TypeByID(i.OID)
	return d.Base, nil
}

// userType finds a type that a user made, or the row type of a relation: before a type of
// PostgreSQL's own only when its schema is written.
func (b *binder) userType(t *ast.TypeName) *types.Info {
	n := &t.Name
	if t.PctType {
		_, domain, _ := b.columnType(t)
		return types.Lookup(domain)
	}
	path := []string{n.Schema}
	if n.Schema == "" {
		if i := types.ByName(n.Name); i != nil && i.Namespace == catalog.PgCatalogID || b.o.Session == nil {
			return nil
		}
		path = b.o.Session.SearchPath(true)
	}
	for _, p := range path {
		if i := syscat.RowTypeNamed(p, n.Name); i != nil {
			return i
		}
		s, ok := b.o.Catalog.Schema(p)
		if !ok {
			continue
		}
		if x, ok := b.o.Catalog.Type(s.ID, n.Name); ok {
			b.traceType(t, p)
			return types.Lookup(x.ID)
		}
		if x, ok := b.o.Catalog.Table(s.ID, n.Name); ok && x.HasRowType() {
			b.traceType(t, p)
			return b.rowInfo(x.TypeID)
		}
		if id := b.o.Catalog.ArrayType(s.ID, n.Name); id != 0 {
			return b.rowInfo(id)
		}
	}
	return nil
}

// absentTypes are the types of PostgreSQL 15 that this server does not have.
var absentTypes = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`gtsvector xml`) {
		m[n] = true
	}
	return m
}()

// schemaMeant is the schema that a name is written with, or what stands for it.
func (b *binder) schemaMeant(schema string) string {
	if schema == builtin.VectorSchema {
		return b.extensions().Schema("vector")
	}
	return schema
}

// plainSchema is schemaMeant where an operator of MySQL's converts nothing.
func (b *binder) plainSchema(schema string) string {
	if schema == builtin.MySQLSchema {
		return ""
	}
	return b.schemaMeant(schema)
}

// schemaID finds a schema; the system's exist whatever the catalog lists.
func (b *binder) schemaID(name string) (catalog.ID, bool) {
	switch name {
	case "pg_catalog":
		return catalog.PgCatalogID, true
	case "information_schema":
		return catalog.InformationSchemaID, true
	case builtin.MySQLSchema:
		return catalog.MySQLSchemaID, true
	}
	if s, ok := b.o.Catalog.Schema(name); ok {
		return s.ID, true
	}
	return 0, false
}

// typmod evaluates a type's modifiers.
func (b *binder) typmod(t *ast.TypeName, i *types.Info) (int32, error) {
	base := i.OID
	if i.IsArray {
		base = i.Elem
	}
	mods := make([]int32, 0, len(t.Mods))
	for _, m := range t.Mods {
		v, ok := modValue(m)
		if !ok {
			return 0, errAt(t.Pos, pgerrcode.SyntaxError, "type modifiers must be simple constants or identifiers")
		}
		if !types.TakesMods(base) {
			_, err := types.TypmodIn(base, nil)
			return 0, atPos(err, t.Pos)
		}
		n, err := types.ParseText(types.Of(types.Int4OID), v, nil)
		if err != nil {
			return 0, atPos(err, t.Pos)
		}
		mods = append(mods, int32(n.Int()))
	}
	if i.OID == types.IntervalOID {
		return b.intervalMod(t, mods)
	}
	mod, err := types.TypmodIn(base, mods)
	if err != nil {
		return 0, atPos(err, t.Pos)
	}
	if name, zone, ok := types.TimeMod(base); ok && mods[0] > types.MaxPrecision {
		b.warnPrecision(t.Pos, name, mods[0], zone)
	}
	return mod, nil
}

// warnPrecision tells of a precision that is more than times have.
func (b *binder) warnPrecision(pos ast.Pos, name string, asked int32, zone string) {
	if b.o.Warn == nil {
		return
	}
	w := pgerr.Newf(pgerrcode.InvalidParameterValue, "%s(%d)%s precision reduced to maximum allowed, %d", name, asked, zone, types.MaxPrecision)
	w.Severity = pgerr.Warning
	if pos != ast.NoPos {
		w.At(int(pos))
	}
	b.o.Warn(w)
}

// intervalMod packs the field mask and precision as PostgreSQL's INTERVAL_TYPMOD.
func (b *binder) intervalMod(t *ast.TypeName, mods []int32) (int32, error) {
	const fullRange, fullPrecision = 0x7FFF, 0xFFFF
	mask, prec := int32(fullRange), int32(fullPrecision)
	if t.Interval != 0 {
		mask = t.Interval
	}
	if len(mods) > 0 {
		if prec = mods[len(mods)-1]; prec < 0 {
			return 0, errAt(t.Pos, pgerrcode.InvalidParameterValue, "INTERVAL(%d) precision must not be negative", prec)
		}
		if prec > types.MaxPrecision {
			b.warnPrecision(t.Pos, "INTERVAL", prec, "")
			prec = types.MaxPrecision
		}
	}
	return mask<<16 | prec, nil
}

// modValue is a modifier's text.
func modValue(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.Lit:
		switch x.Kind {
		case ast.LitInt:
			return strconv.FormatInt(x.Int, 10), true
		case ast.LitString, ast.LitNumeric:
			return x.Text, true
		}
	case *ast.ColumnRef:
		if len(x.Parts) == 1 && !x.Star {
			return x.Parts[0], true
		}
	case *ast.Op:
		if l, ok := x.Right.(*ast.Lit); ok && x.Left == nil && x.Name == "-" && l.Kind == ast.LitInt {
			return strconv.FormatInt(-l.Int, 10), true
		}
	}
	return "", false
}
