package define

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// securable is an object that has an access control list. Table is set for relations
// with columns.
type securable struct {
	catalog.Object
	owner catalog.ID
	kind  string // as messages name it
	name  string
	table *catalog.Table
}

// grant is GRANT and REVOKE.
func (e *Env) grant(ctx context.Context, st *ast.Grant) error {
	if len(st.Roles) > 0 {
		return e.grantRoles(ctx, st)
	}
	if st.Grantor != "" {
		r, err := e.roleNamed(st.Grantor)
		if err != nil {
			return err
		}
		if r.ID != e.Owner {
			return pgerr.New(pgerrcode.FeatureNotSupported, "grantor must be current user")
		}
	}
	grantees, err := e.roleIDs(st.Grantees)
	if err != nil {
		return err
	}
	objects, err := e.securables(st)
	if err != nil {
		return err
	}
	if st.WithOption && !st.Revoke && slices.Contains(grantees, catalog.Public) {
		return pgerr.New(pgerrcode.InvalidGrantOperation, "grant options can only be granted to roles")
	}
	for i := range objects {
		if err := e.grantOn(ctx, st, &objects[i], grantees); err != nil {
			return err
		}
	}
	return nil
}

// grantClass is the class of a kind of objects, 0 for kinds without grants here.
func grantClass(kind ast.ObjectKind) catalog.ObjClass {
	switch kind {
	case ast.ObjTable:
		return catalog.RelationClass
	case ast.ObjSequence:
		return catalog.SequenceClass
	case ast.ObjSchema:
		return catalog.SchemaClass
	case ast.ObjDatabase:
		return catalog.DatabaseClass
	case ast.ObjType, ast.ObjDomain:
		return catalog.TypeClass
	case "LANGUAGE":
		return catalog.LanguageClass
	case ast.ObjFunction, ast.ObjProcedure, "ROUTINE":
		return catalog.FunctionClass
	}
	return 0
}

// classWords are the kinds of objects in messages about privileges.
var classWords = map[catalog.ObjClass]string{
	catalog.ColumnClass: "column", catalog.RelationClass: "relation", catalog.SequenceClass: "sequence",
	catalog.DatabaseClass: "database", catalog.FunctionClass: "function", catalog.LanguageClass: "language",
	catalog.SchemaClass: "schema", catalog.TypeClass: "type",
}

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
			return nil, pgerr.NotSupported(int(st.Pos), "GRANT and REVOKE on a %s are not supported", strings.ToLower(string(st.Kind)))
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
	return &securable{Object: catalog.Object{Class: catalog.RelationClass, ID: t.ID}, owner: t.Owner, kind: relationWord(t), name: t.Name, table: t}
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
	var t *catalog.Table
	var q *catalog.Sequence
	var x *catalog.Index
	err := e.find(n, func(s catalog.ID) bool {
		var isTable, isSequence, isIndex bool
		t, isTable = e.Catalog.Table(s, n.Name)
		q, isSequence = e.Catalog.Sequence(s, n.Name)
		x, isIndex = e.Catalog.Index(s, n.Name)
		return isTable || isSequence || isIndex
	})
	switch {
	case err != nil:
		if bind.IsSystemRelation(n) {
			return nil, pgerr.NotSupported(int(n.Pos), "GRANT and REVOKE on a system relation are not supported")
		}
		return nil, err
	case x != nil:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", n.Name)
	case q != nil:
		return sequenceObjectOf(q), nil
	case t.Kind == catalog.KindComposite:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", n.Name)
	case kind == ast.ObjSequence:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a sequence", n.Name)
	}
	return tableObjectOf(t), nil
}

func (e *Env) grantedType(kind ast.ObjectKind, n *ast.QName) (*securable, error) {
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
		return nil, pgerr.NotSupported(int(n.Pos), "GRANT and REVOKE on type %s are not supported", dotted(n))
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
	for _, w := range words {
		if w == "" {
			return as.All(), nil
		}
		one := catalog.PrivNamed(w)
		switch {
		case one == 0:
			return 0, pgerr.Newf(pgerrcode.SyntaxError, "unrecognized privilege type %q", w)
		case as == catalog.RelationClass && class == as && one == catalog.PrivUsage:
			return 0, pgerr.New(pgerrcode.InvalidGrantOperation, "invalid privilege type USAGE for table")
		case one&as.All() == 0 && !(class == catalog.SequenceClass && as == catalog.RelationClass):
			return 0, pgerr.Newf(pgerrcode.InvalidGrantOperation, "invalid privilege type %s for %s", one.Name(), classWords[as])
		}
		p |= one
	}
	return p, nil
}

// grantOn changes the lists of one object and of its columns.
func (e *Env) grantOn(ctx context.Context, st *ast.Grant, s *securable, grantees []catalog.ID) error {
	var whole []string
	columns := map[int16][]string{}
	for i, w := range st.Privileges {
		if i >= len(st.Columns) || st.Columns[i] == nil {
			whole = append(whole, w)
			continue
		}
		if s.table == nil && s.Class == catalog.SequenceClass {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", st.Columns[i][0], s.name)
		}
		if s.table == nil {
			return pgerr.New(pgerrcode.InvalidGrantOperation, "column privileges are only valid for relations")
		}
		for _, name := range st.Columns[i] {
			attr := grantedAttr(s.table, name)
			if attr == 0 {
				return noColumn(s.table, name)
			}
			columns[attr] = append(columns[attr], w)
		}
	}
	r := e.rightsToChange(s.Object)
	if len(whole) > 0 || len(st.Privileges) == 0 {
		if err := e.grantWhole(st, s, r, whole, grantees); err != nil {
			return err
		}
	}
	for _, attr := range slices.Sorted(maps.Keys(columns)) {
		want, err := privilegesFor(columns[attr], catalog.ColumnClass, catalog.ColumnClass)
		if err != nil {
			return err
		}
		if err := e.grantColumn(st, s, r, attr, want, grantees); err != nil {
			return err
		}
	}
	return e.change(ctx).PutRights(r)
}

// rightsToChange is a copy of what was granted on an object.
func (e *Env) rightsToChange(o catalog.Object) *catalog.Rights {
	r := &catalog.Rights{Object: o}
	if old := e.Catalog.RightsOf(o); old != nil {
		*r = *old
		r.Columns = maps.Clone(old.Columns)
	}
	return r
}

func (e *Env) grantWhole(st *ast.Grant, s *securable, r *catalog.Rights, words []string, grantees []catalog.ID) error {
	as := s.Class
	if k := grantClass(st.Kind); k == catalog.RelationClass && s.Class == catalog.SequenceClass {
		as = k
	}
	all := len(words) == 0
	want := s.Class.All()
	if !all {
		var err error
		if want, err = privilegesFor(words, s.Class, as); err != nil {
			return asRoutine(err, st.Kind)
		}
		if as != s.Class { // GRANT … ON TABLE of a sequence
			if bad := want &^ (s.Class.All()); bad != 0 {
				if bad&^catalog.RelationClass.All() != 0 {
					return pgerr.Newf(pgerrcode.InvalidGrantOperation, "invalid privilege type USAGE for table")
				}
				e.warning(pgerrcode.InvalidGrantOperation, "sequence %q only supports USAGE, SELECT, and UPDATE privileges", s.name)
				want &= s.Class.All()
			}
		}
	}
	l := e.Catalog.EffectiveACL(s.Object, s.owner)
	if r.ACL != nil {
		l = r.ACL
	}
	grantor, may, err := e.grantable(st, s, l, want, all, "")
	if err != nil {
		return err
	}
	if l, err = changed(st, l, s.owner, grantor, may, grantees); err != nil {
		return err
	}
	r.ACL = l
	if st.Revoke && s.table != nil { // the columns' go with the relation's
		for attr, old := range r.Columns {
			p := may & catalog.ColumnClass.All()
			after, err := changed(st, old, s.owner, grantor, p, grantees)
			if err != nil {
				return err
			}
			setColumn(r, attr, after)
		}
	}
	return nil
}

// grantedAttr is a column of GRANT, one of the system's included; 0 = there is none.
func grantedAttr(t *catalog.Table, name string) int16 {
	if c := t.ColumnByName(name); c != nil {
		return c.Num
	}
	if t.IsStored() {
		return catalog.SystemAttr(name)
	}
	return 0
}

func setColumn(r *catalog.Rights, attr int16, l catalog.ACL) {
	if len(l) == 0 {
		delete(r.Columns, attr)
		return
	}
	if r.Columns == nil {
		r.Columns = map[int16]catalog.ACL{}
	}
	r.Columns[attr] = l
}

func (e *Env) grantColumn(st *ast.Grant, s *securable, r *catalog.Rights, attr int16, want catalog.Priv, grantees []catalog.ID) error {
	table := e.Catalog.EffectiveACL(s.Object, s.owner)
	l := r.Columns[attr]
	merged := append(slices.Clone(table), l...)
	grantor, may, err := e.grantable(st, s, merged, want, want == catalog.ColumnClass.All(), s.table.AttrName(attr))
	if err != nil {
		return err
	}
	if l, err = changed(st, l, s.owner, grantor, may, grantees); err != nil {
		return err
	}
	setColumn(r, attr, l)
	return nil
}

// grantable finds in whose name the user grants, and what of want he may; without any he
// is refused, with less than all of it warned.
func (e *Env) grantable(st *ast.Grant, s *securable, l catalog.ACL, want catalog.Priv, all bool, column string) (catalog.ID, catalog.Priv, error) {
	grantor, may := e.Catalog.BestGrantor(l, s.owner, e.Owner, want)
	if may == 0 && e.Catalog.Held(l, s.owner, grantor, s.Class.All()|want, false) == 0 &&
		e.Catalog.Held(l, s.owner, grantor, s.Class.All()|want, true) == 0 {
		if column != "" {
			return 0, 0, denied("permission denied for column %q of relation %q", column, s.name)
		}
		return 0, 0, denied("permission denied for %s %s", s.kind, s.name)
	}
	if want == 0 {
		return grantor, 0, nil
	}
	of := "\"" + s.name + "\""
	if column != "" {
		of = "column \"" + column + "\" of relation \"" + s.name + "\""
	}
	switch {
	case may == 0 && st.Revoke:
		e.warning("01006", "no privileges could be revoked for %s", of)
	case may == 0:
		e.warning("01007", "no privileges were granted for %s", of)
	case may != want && !all && st.Revoke:
		e.warning("01006", "not all privileges could be revoked for %s", of)
	case may != want && !all:
		e.warning("01007", "not all privileges were granted for %s", of)
	}
	return grantor, may, nil
}

func (e *Env) warning(code, format string, args ...any) {
	w := pgerr.Newf(code, format, args...)
	w.Severity = pgerr.Warning
	e.Notice(w)
}

// changed is a list after GRANT or REVOKE.
func changed(st *ast.Grant, l catalog.ACL, owner, grantor catalog.ID, p catalog.Priv, grantees []catalog.ID) (catalog.ACL, error) {
	if p == 0 {
		return l, nil
	}
	for _, g := range grantees {
		if !st.Revoke {
			if st.WithOption && circular(l, owner, g, grantor, p) {
				return nil, pgerr.New(pgerrcode.InvalidGrantOperation, "grant options cannot be granted back to your own grantor")
			}
			l = l.With(g, grantor, p, st.WithOption)
			continue
		}
		after, ok := l.Without(owner, g, grantor, p, st.WithOption, st.Cascade)
		if !ok {
			return nil, pgerr.New("2BP01", "dependent privileges exist").WithHint("Use CASCADE to revoke them too.")
		}
		l = after
	}
	if l == nil {
		l = catalog.ACL{}
	}
	return l, nil
}

// circular reports a grant option for somebody of whom the grantor has his own.
func circular(l catalog.ACL, owner, grantee, grantor catalog.ID, p catalog.Priv) bool {
	if grantor == owner {
		return false
	}
	if grantee == owner {
		return true
	}
	// Without what comes from the grantee the grantor must still have his options.
	rest := slices.Clone(l)
	for {
		i := slices.IndexFunc(rest, func(x catalog.ACLItem) bool { return x.Grantee == grantee && x.Grant&p != 0 })
		if i < 0 {
			break
		}
		rest, _ = rest.Without(owner, grantee, rest[i].Grantor, p, false, true)
	}
	var have catalog.Priv
	for _, x := range rest {
		if x.Grantee == grantor {
			have |= x.Grant
		}
	}
	return p&^have != 0
}
