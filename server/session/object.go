package session

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// object finds an object that no user made.
func (n names) object(class, id catalog.ID) (syscat.Object, bool) {
	if o, ok := syscat.ObjectByID(class, id); ok {
		return o, true
	}
	return syscat.ExtensionObject(n.s.Catalog(), class, id)
}

// objects are the functions or operators of a name that a schema has or, where that is
// "", that the search path finds, in its order. Users' are not among them.
func (n names) objects(class catalog.ID, schema, name string) (out []syscat.Object) {
	snap := n.s.Catalog()
	all := syscat.ObjectsNamed(class, name)
	add := func(id catalog.ID) {
		if o, ok := syscat.ExtensionObject(snap, class, id); ok {
			all = append(all, o)
		}
	}
	if class == syscat.ProcClass {
		for _, f := range builtin.Functions("", name) {
			if o, ok := n.ownFunction(f); ok {
				all = append(all, o)
			}
			add(f.OID)
		}
	} else {
		for _, o := range builtin.Operators(name) {
			add(o.OID)
		}
	}
	for _, p := range n.path(schema) {
		id, ok := n.schemaID(p)
		for _, o := range all {
			if ok && o.Schema == id {
				out = append(out, o)
			}
		}
	}
	return out
}

// path is where a name is looked for.
func (n names) path(schema string) []string {
	if schema != "" {
		return []string{schema}
	}
	return n.s.SearchPath(true)
}

func (n names) schemaID(name string) (catalog.ID, bool) {
	switch name {
	case "pg_catalog":
		return catalog.PgCatalogID, true
	case "information_schema":
		return catalog.InformationSchemaID, true
	case "pg_toast":
		return catalog.PgToastID, true
	}
	s, ok := n.s.Catalog().Schema(name)
	if !ok {
		return 0, false
	}
	return s.ID, true
}

func (n names) schemaName(id catalog.ID) string {
	switch id {
	case catalog.PgCatalogID:
		return "pg_catalog"
	case catalog.InformationSchemaID:
		return "information_schema"
	case catalog.PgToastID:
		return "pg_toast"
	}
	return n.s.Catalog().SchemaName(id)
}

// found reports that a function or operator is what its name and arguments mean.
func (n names) found(class catalog.ID, o syscat.Object) bool {
	for _, x := range n.objects(class, "", o.Name) {
		if slices.Equal(x.Args, o.Args) {
			return x.ID == o.ID
		}
	}
	return false
}

// objectName is the name of a function or operator that no user made: alone, as the only
// one of all, or with its arguments; it has its schema where the search path does not find it.
func (n names) objectName(class catalog.ID, o syscat.Object, alone bool) string {
	name := o.Name
	if class == syscat.ProcClass {
		name = n.quote(name)
	}
	visible := n.found(class, o)
	if alone && visible {
		visible = len(n.objects(class, "", o.Name)) == 1 && (class != syscat.ProcClass || len(n.userFunctions("", o.Name)) == 0)
	}
	if visible {
		return name
	}
	return n.quote(n.schemaName(o.Schema)) + "." + name
}

// ownFunction is a function of the system that only LoxoDB has.
func (n names) ownFunction(f *builtin.Func) (syscat.Object, bool) {
	if _, ok := syscat.ObjectByID(syscat.ProcClass, f.OID); ok || f.Extension != "" {
		return syscat.Object{}, false
	}
	id, ok := n.schemaID(f.Schema)
	return syscat.Object{ID: f.OID, Schema: id, Name: f.Name, Args: f.Args}, ok
}

// procOut is a function as regproc or regprocedure.
func (n names) procOut(t, oid types.OID) (string, bool) {
	o, ok := n.object(syscat.ProcClass, oid)
	if f := builtin.FuncByOID(oid); f != nil && !ok {
		o, ok = n.ownFunction(f)
	}
	if !ok {
		return n.userFunction(t, oid)
	}
	if t == types.RegprocOID {
		return n.objectName(syscat.ProcClass, o, true), true
	}
	return n.objectName(syscat.ProcClass, o, false) + "(" + n.typeList(o.Args) + ")", true
}

// operOut is an operator as regoper or regoperator.
func (n names) operOut(t, oid types.OID) (string, bool) {
	o, ok := n.object(syscat.OperatorClass, oid)
	if !ok {
		return "", false
	}
	if t == types.RegoperOID {
		return n.objectName(syscat.OperatorClass, o, true), true
	}
	left := "NONE"
	if o.Args[0] != 0 {
		left, _ = n.typeName(o.Args[0])
	}
	right, _ := n.typeName(o.Args[1])
	return n.objectName(syscat.OperatorClass, o, false) + "(" + left + "," + right + ")", true
}

func (n names) typeList(oids []types.OID) (text string) {
	for i, o := range oids {
		if i > 0 {
			text += ","
		}
		name, _ := n.typeName(o)
		text += name
	}
	return text
}

// bornType is the name of a type that has no values here.
func (n names) bornType(oid types.OID) (string, bool) {
	o, ok := syscat.ObjectByID(syscat.TypeClass, oid)
	switch {
	case !ok:
		return "", false
	case o.Elem != 0:
		name, ok := n.typeName(o.Elem)
		return name + "[]", ok
	case slices.Contains(n.s.SearchPath(true), n.schemaName(o.Schema)):
		return n.quote(o.Name), true
	}
	return n.quote(n.schemaName(o.Schema)) + "." + n.quote(o.Name), true
}

// bornTypeNamed finds such a type, or the array type over it.
func (n names) bornTypeNamed(t *ast.TypeName) (types.OID, bool) {
	for _, p := range n.path(t.Name.Schema) {
		id, _ := n.schemaID(p)
		for _, o := range syscat.ObjectsNamed(syscat.TypeClass, t.Name.Name) {
			switch {
			case o.Schema != id || len(t.Mods) > 0:
			case len(t.ArrayDims) == 0:
				return o.ID, true
			case o.Array != 0:
				return o.Array, true
			}
		}
	}
	return 0, false
}

// bornRelation finds a relation that cannot be read, such as an index of a catalog.
func (n names) bornRelation(schema, name string) (catalog.ID, bool) {
	id, _ := n.schemaID(schema)
	for _, o := range syscat.ObjectsNamed(syscat.RelationClass, name) {
		if o.Schema == id {
			return o.ID, true
		}
	}
	if schema == "pg_toast" {
		return syscat.ToastNamed(n.s.Catalog(), name)
	}
	return 0, false
}

// ObjectVisible implements builtin.ObjectFinder: whether the bare name of an object, or
// its name and arguments, mean it; known is false when there is no such object.
func (s *Session) ObjectVisible(class, id catalog.ID) (visible, known bool) {
	n := names{s: s}
	if o, ok := n.object(class, id); ok {
		if class == syscat.ProcClass || class == syscat.OperatorClass {
			return n.found(class, o), true
		}
		return slices.Contains(s.SearchPath(true), n.schemaName(o.Schema)), true
	}
	switch class {
	case syscat.ProcClass:
		f, ok := s.Catalog().FunctionByID(id)
		if !ok {
			return false, false
		}
		for _, o := range n.objects(class, "", f.Name) {
			if slices.Equal(o.Args, f.InputTypes()) {
				return false, true
			}
		}
		return slices.Contains(n.userFunctions("", f.Name), f), true
	case syscat.TypeClass:
		info := types.Lookup(id)
		if info == nil || info.Namespace != catalog.PgCatalogID && !s.typeExists(id) {
			return false, false
		}
		return n.typeVisible(builtin.TypeSchema(s.Catalog(), info), info.Name), true
	}
	return false, false
}

// typeExists reports a type of the database's users or extensions.
func (s *Session) typeExists(id catalog.ID) bool {
	snap := s.Catalog()
	if _, ok := snap.Extension(types.Extension(id)); ok {
		return true
	}
	if _, ok := snap.TypeByID(id); ok {
		return true
	}
	_, ok := snap.RowType(id)
	return ok
}
