package define

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// securables finds the objects of GRANT.
func (e *Env) securables(st *ast.Grant) (out []securable, err error) {
	if st.AllInSchema {
		return e.allIn(st)
	}
	for i := range st.Objects {
		var s *securable
		n := &st.Objects[i]
		switch grantClass(st.Kind) {
		case catalog.RelationClass, catalog.SequenceClass:
			s, err = e.grantedRelation(st.Kind, n)
		case catalog.SchemaClass:
			x, ok := e.Catalog.Schema(n.Name)
			if !ok {
				return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Name)
			}
			s = &securable{Object: catalog.Object{Class: catalog.SchemaClass, ID: x.ID}, owner: x.Owner, kind: "schema", name: x.Name}
		case catalog.DatabaseClass:
			if _, ok := e.Catalog.Database(n.Name); ok && n.Name != e.Database {
				return nil, pgerr.NotSupported(int(st.Pos), "GRANT and REVOKE on another database are not supported").
					WithHint("Connect to it.")
			}
			if n.Name != e.Database {
				return nil, pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", n.Name)
			}
			s = e.databaseObject()
		case catalog.TypeClass:
			s, err = e.grantedType(st.Kind, n)
		case catalog.LanguageClass:
			s, err = language(n.Name)
		case catalog.FunctionClass:
			s, err = e.grantedRoutine(st, i)
		default:
			if err := e.needed(&ast.Need{Kind: st.Kind, Name: *n}); err != nil && !(st.Kind == ast.ObjParameter && st.Revoke) {
				return nil, err
			}
			return nil, pgerr.NotSupported(int(st.Pos), "GRANT and REVOKE on a %s are not supported", kindWords(st.Kind))
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *s)
	}
	return out, nil
}

func (e *Env) databaseObject() *securable {
	return &securable{Object: catalog.Object{Class: catalog.DatabaseClass, ID: e.Catalog.Home},
		owner: e.Catalog.DatabaseOwner(), kind: "database", name: e.Database}
}

// languages are those that are always there, with their OIDs.
var languages = map[string]struct {
	id      catalog.ID
	trusted bool
}{"internal": {12, false}, "c": {13, false}, "sql": {14, true}, "plpgsql": {13563, true}}

func language(name string) (*securable, error) {
	l, ok := languages[name]
	if !ok {
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "language %q does not exist", name)
	}
	if !l.trusted {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "language %q is not trusted", name).
			WithDetail("GRANT and REVOKE are not allowed on untrusted languages, because only superusers can use untrusted languages.")
	}
	return &securable{Object: catalog.Object{Class: catalog.LanguageClass, ID: l.id}, owner: catalog.BootstrapRoleID, kind: "language", name: name}, nil
}

func tableObjectOf(t *catalog.Table) *securable {
	return &securable{Object: catalog.Object{Class: catalog.RelationClass, ID: t.ID}, owner: t.Owner, kind: "table", name: t.Name, table: t}
}

func sequenceObjectOf(q *catalog.Sequence) *securable {
	return &securable{Object: catalog.Object{Class: catalog.SequenceClass, ID: q.ID}, owner: q.Owner, kind: "sequence", name: q.Name}
}

// relationWord is what messages call a relation.
func relationWord(t *catalog.Table) string {
	switch t.Kind {
	case catalog.KindView:
		return "view"
	case catalog.KindMatView:
		return "materialized view"
	case catalog.KindComposite:
		return "type"
	}
	return "table"
}

// grantedRelation finds a relation of GRANT, which calls sequences tables, too.
func (e *Env) grantedRelation(kind ast.ObjectKind, n *ast.QName) (*securable, error) {
	r, err := e.relation(n)
	switch {
	case err != nil:
		if s := systemSecurable(n); s != nil && kind != ast.ObjSequence {
			return s, nil
		} else if s != nil {
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a sequence", s.name)
		}
		return nil, err
	case r.index != nil:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", n.Name)
	case r.sequence != nil:
		return sequenceObjectOf(r.sequence), nil
	case r.table.Kind == catalog.KindComposite:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", n.Name)
	case kind == ast.ObjSequence:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a sequence", n.Name)
	}
	return tableObjectOf(r.table), nil
}

// systemSecurable is a system relation that has a name, nil if none has.
func systemSecurable(n *ast.QName) *securable {
	schema := n.Schema
	if schema == "" {
		schema = "pg_catalog"
	}
	v, _ := syscat.Lookup(schema, n.Name)
	if v == nil {
		return nil
	}
	t := &catalog.Table{ID: v.OID, Name: v.Name, Owner: catalog.BootstrapRoleID, Kind: catalog.KindTable}
	s := &securable{Object: catalog.Object{Class: catalog.RelationClass, ID: v.OID}, owner: catalog.BootstrapRoleID, kind: "table", name: v.Name, table: t}
	if v.Kind == 'v' {
		t.Kind, s.kind = catalog.KindView, "view"
	}
	for i := range v.Columns {
		t.Columns = append(t.Columns, catalog.Column{Name: v.Columns[i].Name, Num: int16(i + 1), Type: v.Columns[i].Type})
	}
	return s
}

func (e *Env) grantedType(kind ast.ObjectKind, n *ast.QName) (*securable, error) {
	if err := e.mayLookInto(n); err != nil {
		return nil, err
	}
	if c := e.compositeByName(n); c != nil {
		if kind == ast.ObjDomain {
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a domain", c.Name)
		}
		return &securable{Object: catalog.Object{Class: catalog.TypeClass, ID: c.TypeID}, owner: c.Owner, kind: "type", name: c.Name}, nil
	}
	for _, t := range e.Catalog.Types() {
		s, ok := e.Catalog.SchemaByID(t.Schema)
		if !ok || t.Name != n.Name || n.Schema != "" && s.Name != n.Schema || n.Schema == "" && !slices.Contains(e.Path, s.Name) {
			continue
		}
		if kind == ast.ObjDomain && t.Kind != catalog.DomainType {
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a domain", t.Name)
		}
		return &securable{Object: catalog.Object{Class: catalog.TypeClass, ID: t.ID}, owner: t.Owner, kind: "type", name: t.Name}, nil
	}
	if id, err := e.options().Format.Names.RegIn(types.RegtypeOID, dotted(n)); err == nil && id != 0 {
		if info := types.Lookup(id); info != nil && info.IsArray {
			return nil, pgerr.New(pgerrcode.InvalidGrantOperation, "cannot set privileges of array types").
				WithHint("Set the privileges of the element type instead.")
		}
		if r, ok := e.Catalog.RowType(id); ok {
			return &securable{Object: catalog.Object{Class: catalog.TypeClass, ID: id}, owner: r.Table.Owner, kind: "type", name: r.Table.Name}, nil
		}
		if info := types.Lookup(id); info != nil && types.Extension(id) == "" {
			if kind == ast.ObjDomain && info.Type != 'd' {
				return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a domain", info.Name)
			}
			return &securable{Object: catalog.Object{Class: catalog.TypeClass, ID: id}, owner: catalog.BootstrapRoleID, kind: "type", name: info.Name}, nil
		}
		return nil, pgerr.NotSupported(int(n.Pos), "GRANT and REVOKE on type %s are not supported", dotted(n))
	} else if pgerr.Code(err) == pgerrcode.InsufficientPrivilege {
		return nil, err
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedObject, "type %q does not exist", dotted(n))
}

// allIn are the objects of ALL … IN SCHEMA.
func (e *Env) allIn(st *ast.Grant) (out []securable, err error) {
	for i := range st.Objects {
		s, ok := e.Catalog.Schema(st.Objects[i].Name)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Objects[i].Name)
		}
		if !e.Super && !e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage) {
			return nil, denied("permission denied for schema %s", s.Name)
		}
		switch grantClass(st.Kind) {
		case catalog.RelationClass:
			for _, t := range e.Catalog.Tables() {
				if t.Schema == s.ID && (t.IsStored() || t.HasQuery()) {
					out = append(out, *tableObjectOf(t))
				}
			}
		case catalog.SequenceClass:
			for _, q := range e.Catalog.Sequences() {
				if q.Schema == s.ID {
					out = append(out, *sequenceObjectOf(q))
				}
			}
		case catalog.FunctionClass:
			for _, f := range e.Catalog.AllFunctions() {
				if f.Schema == s.ID && (st.Kind == ast.ObjRoutine || (st.Kind == ast.ObjProcedure) == f.IsProcedure()) {
					out = append(out, *routineObjectOf(f))
				}
			}
		default:
			return nil, pgerr.NotSupported(int(st.Pos), "GRANT and REVOKE on all %ss of a schema are not supported", strings.ToLower(string(st.Kind)))
		}
	}
	return out, nil
}

// privilegesFor are the privileges of a statement on objects of a class, 0 for ALL.
func privilegesFor(words []string, class, as catalog.ObjClass) (p catalog.Priv, err error) {
	usage := false
	for _, w := range words {
		if w == "" {
			return as.All(), nil
		}
		one := catalog.PrivNamed(w)
		switch {
		case one == 0:
			return 0, pgerr.Newf(pgerrcode.SyntaxError, "unrecognized privilege type %q", w)
		case as == catalog.RelationClass && class == as && one == catalog.PrivUsage:
			usage = true // which a sequence could have, so it is found out last
		case one&as.All() == 0 && !(class == catalog.SequenceClass && as == catalog.RelationClass):
			return 0, pgerr.Newf(pgerrcode.InvalidGrantOperation, "invalid privilege type %s for %s", one.Name(), classWords[as])
		}
		p |= one
	}
	if usage {
		return 0, pgerr.New(pgerrcode.InvalidGrantOperation, "invalid privilege type USAGE for table")
	}
	return p, nil
}
