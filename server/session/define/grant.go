package define

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
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
	objects, wrong := e.securables(st)
	if wrong != nil && !afterGrantees(st.Kind, wrong) {
		return wrong
	}
	grantees, err := e.roleIDs(st.Grantees)
	if err != nil {
		return err
	}
	if wrong != nil {
		if _, err := privilegesFor(wholePrivileges(st), 0, grantClass(st.Kind)); err != nil && grantClass(st.Kind) != 0 {
			return asRoutine(err, st.Kind)
		}
		return wrong
	}
	if len(objects) == 0 && st.AllInSchema { // there is none whose kind could say what is wrong
		if _, err := privilegesFor(wholePrivileges(st), 0, grantClass(st.Kind)); err != nil {
			return asRoutine(err, st.Kind)
		}
	}
	for i := range objects {
		if err := e.grantOn(ctx, st, &objects[i], grantees); err != nil {
			return err
		}
	}
	return nil
}

// afterGrantees reports what is found wrong with an object after the grantees have been looked
// for: that it is of the wrong kind, or of one without grants here.
func afterGrantees(kind ast.ObjectKind, wrong error) bool {
	switch pgerr.Code(wrong) {
	case pgerrcode.WrongObjectType:
		return grantClass(kind) != catalog.FunctionClass
	case pgerrcode.FeatureNotSupported:
		return grantClass(kind) == 0
	}
	return false
}

// wholePrivileges are the privileges of a statement that are not of columns.
func wholePrivileges(st *ast.Grant) (words []string) {
	for i, w := range st.Privileges {
		if i >= len(st.Columns) || st.Columns[i] == nil {
			words = append(words, w)
		}
	}
	return words
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

// grantOn changes the lists of one object and of its columns.
func (e *Env) grantOn(ctx context.Context, st *ast.Grant, s *securable, grantees []catalog.ID) error {
	whole := wholePrivileges(st)
	columns := map[int16]catalog.Priv{}
	for i, w := range st.Privileges {
		if i >= len(st.Columns) || st.Columns[i] == nil {
			continue
		}
		if s.table == nil && s.Class == catalog.SequenceClass {
			if want, err := privilegesFor([]string{w}, catalog.ColumnClass, catalog.ColumnClass); err != nil {
				return err
			} else if want&^catalog.PrivSelect != 0 {
				e.warning(pgerrcode.InvalidGrantOperation, "sequence %q only supports SELECT column privileges", s.name)
			}
			if !slices.ContainsFunc(st.Columns[i], func(c string) bool { return catalog.SystemAttr(c) == 0 }) {
				continue // of the system's columns, whose privileges nobody asks for
			}
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", st.Columns[i][0], s.name)
		}
		if s.table == nil {
			return pgerr.New(pgerrcode.InvalidGrantOperation, "column privileges are only valid for relations")
		}
		want, err := privilegesFor([]string{w}, catalog.ColumnClass, catalog.ColumnClass)
		if err != nil {
			return err
		}
		for _, name := range st.Columns[i] {
			attr := grantedAttr(s.table, name)
			if attr == 0 {
				return noColumn(s.table, name)
			}
			columns[attr] |= want
		}
	}
	r := e.rightsToChange(s.Object)
	if len(whole) > 0 || len(st.Privileges) == 0 {
		want, err := e.grantWhole(st, s, r, whole, grantees)
		if err != nil {
			return err
		}
		if want &= catalog.ColumnClass.All(); st.Revoke && s.table != nil && want != 0 { // the columns' go with the relation's
			for _, attr := range allAttrs(s.table) {
				columns[attr] |= want
			}
		}
	}
	for _, attr := range slices.Sorted(maps.Keys(columns)) {
		if err := e.grantColumn(st, s, r, attr, columns[attr], grantees); err != nil {
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

// grantWhole changes the list of the object itself, and returns which privileges that is about.
func (e *Env) grantWhole(st *ast.Grant, s *securable, r *catalog.Rights, words []string, grantees []catalog.ID) (catalog.Priv, error) {
	as := s.Class
	if k := grantClass(st.Kind); k == catalog.RelationClass && s.Class == catalog.SequenceClass {
		as = k
	}
	all := len(words) == 0
	want := s.Class.All()
	if !all {
		var err error
		if want, err = privilegesFor(words, s.Class, as); err != nil {
			return 0, asRoutine(err, st.Kind)
		}
		if as != s.Class { // GRANT … ON TABLE of a sequence
			if bad := want &^ (s.Class.All()); bad != 0 {
				if bad&^catalog.RelationClass.All() != 0 {
					return 0, pgerr.Newf(pgerrcode.InvalidGrantOperation, "invalid privilege type USAGE for table")
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
	grantor, may, err := e.grantable(st, s, l, want, all, 0)
	if err != nil {
		return 0, err
	}
	if err := optionsToRoles(st, grantees); err != nil {
		return 0, err
	}
	if l, err = changed(st, l, s.owner, grantor, may, grantees); err != nil {
		return 0, err
	}
	r.ACL = l
	return want, nil
}

// optionsToRoles refuses grant options for all roles.
func optionsToRoles(st *ast.Grant, grantees []catalog.ID) error {
	if st.WithOption && !st.Revoke && slices.Contains(grantees, catalog.Public) {
		return pgerr.New(pgerrcode.InvalidGrantOperation, "grant options can only be granted to roles")
	}
	return nil
}

// allAttrs are the columns of a relation, the system's first.
func allAttrs(t *catalog.Table) (out []int16) {
	if t.Kind != catalog.KindView {
		for a := catalog.TableOidAttr; a < 0; a++ {
			out = append(out, a)
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped {
			out = append(out, c.Num)
		}
	}
	return out
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
	grantor, may, err := e.grantable(st, s, merged, want, want == catalog.ColumnClass.All(), attr)
	if err != nil {
		return err
	}
	if err := optionsToRoles(st, grantees); err != nil {
		return err
	}
	if l, err = changed(st, l, s.owner, grantor, may, grantees); err != nil {
		return err
	}
	setColumn(r, attr, l)
	return nil
}

// grantable finds in whose name the user grants, and what of want he may, on the object or on
// its column attr if that is not 0. Without any privilege he is refused, with less than all of
// want warned.
func (e *Env) grantable(st *ast.Grant, s *securable, l catalog.ACL, want catalog.Priv, all bool, attr int16) (catalog.ID, catalog.Priv, error) {
	grantor, may := e.Catalog.BestGrantor(l, s.owner, e.Owner, want)
	any, column := s.Class.All(), ""
	if attr != 0 {
		any, column = catalog.ColumnClass.All(), s.table.AttrName(attr)
	}
	if may == 0 && e.Catalog.Allowed(s.Object, s.owner, grantor, any) == 0 &&
		e.Catalog.Held(l, s.owner, grantor, any, false) == 0 && e.Catalog.Held(l, s.owner, grantor, any, true) == 0 {
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
