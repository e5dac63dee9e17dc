package session

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// objectCache keeps the objects of the last state of the catalog that was asked for.
type objectCache struct {
	version, temp catalog.Version
	objects       *syscat.Objects
}

func (s *Session) objects() *syscat.Objects {
	snap, c := s.Catalog(), &s.objectCache
	if c.objects == nil || c.version != snap.Version || c.temp != snap.TempVersion() {
		*c = objectCache{snap.Version, snap.TempVersion(), syscat.NewObjects(system{s})}
	}
	return c.objects
}

// Identify implements builtin.Session.
func (s *Session) Identify(ctx context.Context, class, id catalog.ID, sub int32) (builtin.Identity, error) {
	return s.objects().Identify(ctx, class, id, sub)
}

// ObjectAddress implements builtin.Session (get_object_address).
func (s *Session) ObjectAddress(ctx context.Context, kind string, nameList, argList []types.Datum) (class, id catalog.ID, sub int32, err error) {
	how, known := addressKinds[kind]
	switch {
	case !known:
		return 0, 0, 0, badAddress("unrecognized object type \"%s\"", kind)
	case how == nil:
		return 0, 0, 0, badAddress("unsupported object type \"%s\"", kind)
	}
	a := &address{names: names{s: s}, Objects: s.objects(), ctx: ctx, what: kind, how: how}
	if err := a.read(nameList, argList); err != nil {
		return 0, 0, 0, err
	}
	a.class = how.class
	if err = how.find(a); err == nil && a.id == 0 {
		err = pgerr.Newf(pgerrcode.UndefinedObject, "%s \"%s\" does not exist", kind, strings.Join(a.parts, "."))
	}
	return a.class, a.id, a.sub, err
}

func badAddress(format string, args ...any) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
}

// address is the search for one object.
type address struct {
	names
	*syscat.Objects
	ctx  context.Context
	what string
	how  *addressKind
	// parts are the names as given, args the arguments that are no types; typ is the one
	// type that stands for the names, argTypes are the arguments that are types.
	parts, args []string
	typ         *ast.TypeName
	argTypes    []*ast.TypeName

	class, id catalog.ID
	sub       int32
}

// addressKind says how objects of a kind are named and found.
type addressKind struct {
	class catalog.ID
	// typ: the name is one of a type. types: the arguments are types.
	typ, types bool
	// names is the exact number of names if it is 1, else the least; args the exact number
	// of arguments, 0 for any.
	names, args int
	find        func(*address) error
}

// read takes the lists apart, and counts them.
func (a *address) read(nameList, argList []types.Datum) (err error) {
	k := a.how
	one := k.typ || k.class == largeObjectClass
	switch {
	case one && len(nameList) != 1:
		return badAddress("name list length must be exactly %d", 1)
	case k.class == largeObjectClass && nameList[0].IsNull():
		return badAddress("large object OID may not be null")
	}
	if a.parts, err = addressTexts(nameList); err != nil {
		return err
	}
	if k.typ {
		if a.typ, err = a.parseType(a.parts[0]); err != nil {
			return err
		}
	} else if len(a.parts) == 0 {
		return badAddress("name list length must be at least %d", 1)
	}
	if a.args, err = addressTexts(argList); err != nil {
		return err
	}
	for _, text := range a.args {
		if !k.types {
			break
		}
		t, err := a.parseType(text)
		if err != nil {
			return err
		}
		a.argTypes = append(a.argTypes, t)
	}
	exact := k.names == 1 && !one
	switch {
	case exact && k.args > 0 && len(a.parts) != 1:
		return badAddress("name list length must be exactly %d", 1)
	case k.names > 1 && len(a.parts) < k.names:
		return badAddress("name list length must be at least %d", k.names)
	case k.args > 0 && len(a.args) != k.args:
		return badAddress("argument list length must be exactly %d", k.args)
	case exact && len(a.parts) != 1:
		return badAddress("name list length must be exactly %d", 1)
	}
	return nil
}

func addressTexts(list []types.Datum) ([]string, error) {
	out := make([]string, len(list))
	for i, d := range list {
		if d.IsNull() {
			return nil, badAddress("name or argument lists may not contain nulls")
		}
		out[i] = d.Text()
	}
	return out, nil
}

// qualified takes a name of an object in a schema apart (DeconstructQualifiedName) and
// gives the schemas in which it is looked for.
func (a *address) qualified(parts []string) (path []catalog.ID, name string, err error) {
	text := strings.Join(parts, ".")
	switch {
	case len(parts) > 3:
		return nil, "", pgerr.Newf(pgerrcode.SyntaxError, "improper qualified name (too many dotted names): %s", text)
	case len(parts) == 3 && parts[0] != a.s.Database():
		return nil, "", pgerr.Newf(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: %s", text)
	}
	schema := ""
	if len(parts) > 1 {
		if schema = parts[len(parts)-2]; !a.schemaExists(schema) {
			return nil, "", noSchema(schema)
		}
	}
	for _, p := range a.path(schema) {
		if id, ok := a.schemaID(p); ok {
			path = append(path, id)
		}
	}
	return path, parts[len(parts)-1], nil
}

// inSchema finds the object of a class by its name, of that an access method's.
func (a *address) inSchema(class catalog.ID, parts []string, of catalog.ID) (catalog.ID, error) {
	path, name, err := a.qualified(parts)
	for _, s := range path {
		id, err := a.InSchema(a.ctx, class, s, name, of)
		if err != nil || id != 0 {
			return id, err
		}
	}
	return 0, err
}

// relation finds a relation by its name (makeRangeVarFromNameList).
func (a *address) relation(parts []string) (catalog.ID, error) {
	text := strings.Join(parts, ".")
	schema := ""
	switch n := len(parts); {
	case n > 3:
		return 0, pgerr.Newf(pgerrcode.SyntaxError, "improper relation name (too many dotted names): %s", text)
	case n == 3 && parts[0] != a.s.Database():
		return 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: \"%s\"", text)
	case n > 1:
		if schema = parts[n-2]; !a.schemaExists(schema) {
			return 0, noSchema(schema)
		}
	}
	return a.relationIn(schema, parts[len(parts)-1])
}

// types are the types that names mean.
func (a *address) types(list ...*ast.TypeName) ([]types.OID, error) {
	out := make([]types.OID, len(list))
	for i, t := range list {
		var err error
		if out[i], err = a.typeNamed(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// writtenType is a type's name as the grammar has it (TypeNameToString).
func writtenType(t *ast.TypeName) string {
	name := t.Name.Name
	if t.Name.Schema != "" {
		name = t.Name.Schema + "." + name
	}
	if len(t.ArrayDims) > 0 {
		name += "[]"
	}
	return name
}

// signature is a function's name as given with the types of its arguments.
func (a *address) signature(args []types.OID) string {
	list := make([]string, len(args))
	for i, t := range args {
		list[i], _ = a.typeName(t)
	}
	return strings.Join(a.parts, ".") + "(" + strings.Join(list, ", ") + ")"
}
