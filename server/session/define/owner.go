package define

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterOwner is ALTER … OWNER TO of anything but tables and their kin.
func (e *Env) alterOwner(ctx context.Context, st *ast.AlterOwner) error {
	to, err := e.roleNamed(st.Owner)
	switch st.Kind {
	case ast.ObjSchema:
		s, ok := e.Catalog.Schema(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
		}
		if err != nil {
			return err
		}
		if s.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(s.Owner, to, "schema", s.Name, 0); err != nil {
			return err
		}
		if !e.Super && e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) == 0 {
			return denied("permission denied for database %s", e.Database)
		}
		return e.giveSchema(ctx, s, to.ID)
	case ast.ObjCollation:
		c, missing := e.collationByName(&st.Name)
		if missing != nil {
			return missing
		}
		if err != nil {
			return err
		}
		if c.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(c.Owner, to, "collation", c.Name, c.Schema); err != nil {
			return err
		}
		n := *c
		n.Owner = to.ID
		return e.change(ctx).PutCollation(&n)
	case ast.ObjType, ast.ObjDomain:
		return e.alterTypeOwner(ctx, st, to, err)
	}
	if err != nil {
		return err
	}
	if st.Kind == ast.ObjDatabase && st.Name.Name == e.Database && to.ID == e.Catalog.DatabaseOwner() {
		return nil
	}
	return pgerr.NotSupported(int(st.Pos), "ALTER %s ... OWNER TO is not supported", st.Kind)
}

func (e *Env) alterTypeOwner(ctx context.Context, st *ast.AlterOwner, to *catalog.Role, noRole error) error {
	if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
		if noRole != nil {
			return noRole
		}
		return e.changeOwner(ctx, &ast.QName{Schema: e.Catalog.SchemaName(c.Schema), Name: c.Name}, "", to.Name)
	}
	t, err := e.alteredType(st.Kind, &st.Name)
	if err != nil {
		return err
	}
	if noRole != nil {
		return noRole
	}
	if t.Owner == to.ID {
		return nil
	}
	if err := e.mayOwn(t.Owner, to, "type", t.Name, t.Schema); err != nil {
		return err
	}
	return e.giveType(ctx, t, to.ID)
}

// mayOwn refuses to give an object to a role: only its owner may, if he is a member of
// the new one, which must be able to make such an object in the schema.
func (e *Env) mayOwn(owner catalog.ID, to *catalog.Role, kind, name string, schema catalog.ID) error {
	if e.Super {
		return nil
	}
	if !e.Catalog.Owns(e.Owner, owner) {
		return notOwner(kind, name)
	}
	if !e.Catalog.IsMember(e.Owner, to.ID) {
		return denied("must be member of role %q", to.Name)
	}
	if s, ok := e.Catalog.SchemaByID(schema); ok && !e.Catalog.MayUseSchema(s, to.ID, catalog.PrivCreate) {
		return denied("permission denied for schema %s", s.Name)
	}
	return nil
}

// changeOwner is OWNER TO of a relation of any kind; kind is the statement's, "" when it
// does not matter.
func (e *Env) changeOwner(ctx context.Context, n *ast.QName, kind ast.ObjectKind, role string) error {
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
	if err != nil {
		return err
	}
	to, err := e.roleNamed(role)
	if err != nil {
		return err
	}
	switch {
	case x != nil:
		e.warning("42809", "cannot change owner of index %q", x.Name)
		return nil
	case q != nil:
		if q.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(q.Owner, to, "sequence", q.Name, q.Schema); err != nil {
			return err
		}
		if owner, ok := e.Catalog.TableByID(q.OwnerTable); ok {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot change owner of sequence %q", q.Name).
				WithDetail("Sequence %q is linked to table %q.", q.Name, owner.Name)
		}
		return e.giveSequence(ctx, q, to.ID)
	}
	if t.Owner == to.ID {
		return nil
	}
	if err := e.mayOwn(t.Owner, to, relationWord(t), t.Name, t.Schema); err != nil {
		return err
	}
	return e.giveTable(ctx, t, to.ID)
}

func (e *Env) giveTable(ctx context.Context, t *catalog.Table, to catalog.ID) error {
	edit := e.change(ctx)
	for _, o := range []catalog.Object{{Class: catalog.RelationClass, ID: t.ID}, {Class: catalog.TypeClass, ID: t.TypeID}} {
		if err := e.rightsGo(o, t.Owner, to); err != nil {
			return err
		}
	}
	n := copyTable(t)
	n.Owner = to
	if err := edit.PutTable(n); err != nil {
		return err
	}
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			if err := e.giveSequence(ctx, q, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) giveSequence(ctx context.Context, q *catalog.Sequence, to catalog.ID) error {
	edit := e.change(ctx)
	if err := e.rightsGo(catalog.Object{Class: catalog.SequenceClass, ID: q.ID}, q.Owner, to); err != nil {
		return err
	}
	n := *q
	n.Owner = to
	return edit.PutSequence(&n)
}

func (e *Env) giveSchema(ctx context.Context, s *catalog.Schema, to catalog.ID) error {
	edit := e.change(ctx)
	o := catalog.Object{Class: catalog.SchemaClass, ID: s.ID}
	if l := e.Catalog.ACLOf(o, s.Owner); l != nil { // what initdb gave, too
		r := e.rightsToChange(o)
		r.ACL = l
		if err := edit.PutRights(r); err != nil {
			return err
		}
	}
	if err := e.rightsGo(o, s.Owner, to); err != nil {
		return err
	}
	n := *s
	n.Owner = to
	return edit.PutSchema(&n)
}

func (e *Env) giveType(ctx context.Context, t *catalog.Type, to catalog.ID) error {
	edit := e.change(ctx)
	if err := e.rightsGo(catalog.Object{Class: catalog.TypeClass, ID: t.ID}, t.Owner, to); err != nil {
		return err
	}
	n := *t
	n.Owner = to
	return edit.PutType(&n)
}

// rightsGo puts a new owner into an object's list where the old one was.
func (e *Env) rightsGo(o catalog.Object, old, to catalog.ID) error {
	if e.Catalog.RightsOf(o) == nil {
		return nil
	}
	r := e.rightsToChange(o)
	r.ACL = r.ACL.OwnedBy(old, to)
	for attr, l := range r.Columns {
		r.Columns[attr] = l.OwnedBy(old, to)
	}
	return e.edit.PutRights(r)
}

// reassign is REASSIGN OWNED.
func (e *Env) reassign(ctx context.Context, st *ast.ReassignOwned) error {
	from, err := e.roleIDs(st.Roles)
	if err != nil {
		return err
	}
	for _, id := range from {
		if !e.Catalog.HasPrivsOf(e.Owner, id) {
			return denied("permission denied to reassign objects")
		}
		if id < catalog.DatabaseID {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot reassign ownership of objects owned by role %s because they are required by the database system", e.roleName(id))
		}
	}
	to, err := e.roleNamed(st.To)
	if err != nil {
		return err
	}
	if !e.Catalog.HasPrivsOf(e.Owner, to.ID) {
		return denied("permission denied to reassign objects")
	}
	for _, old := range from {
		for _, s := range e.Catalog.Schemas() {
			if s.Owner == old && !s.Temp {
				if err := e.giveSchema(ctx, s, to.ID); err != nil {
					return err
				}
			}
		}
		for _, t := range e.Catalog.Types() {
			if t.Owner == old {
				if err := e.giveType(ctx, t, to.ID); err != nil {
					return err
				}
			}
		}
		for _, t := range e.Catalog.Tables() {
			if t.Owner == old {
				if err := e.giveTable(ctx, t, to.ID); err != nil {
					return err
				}
			}
		}
		for _, q := range e.Catalog.Sequences() {
			if q.Owner == old {
				if err := e.giveSequence(ctx, q, to.ID); err != nil {
					return err
				}
			}
		}
		for _, f := range e.Catalog.AllFunctions() {
			if f.Owner == old {
				if err := e.giveFunction(ctx, f, to.ID); err != nil {
					return err
				}
			}
		}
		for _, c := range e.Catalog.UserCollations() {
			if c.Owner == old {
				n := *c
				n.Owner = to.ID
				if err := e.change(ctx).PutCollation(&n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropOwned is DROP OWNED: what roles own goes, and what was granted to them.
func (e *Env) dropOwned(ctx context.Context, st *ast.DropOwned) error {
	if st.Privileges {
		return e.dropPrivileges(ctx, st.Roles)
	}
	ids, err := e.roleIDs(st.Roles)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !e.Catalog.HasPrivsOf(e.Owner, id) {
			return denied("permission denied to drop objects")
		}
		if id < catalog.DatabaseID {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop objects owned by role %s because they are required by the database system", e.roleName(id))
		}
	}
	for _, id := range ids {
		if err := e.revokeAll(ctx, id); err != nil {
			return err
		}
		if err := e.leavePolicies(ctx, id); err != nil {
			return err
		}
	}
	owned := func(id catalog.ID) bool { return slices.Contains(ids, id) }
	var targets []object
	for _, s := range e.Catalog.Schemas() {
		if owned(s.Owner) && !s.Temp {
			targets = append(targets, object{kind: schemaObject, id: s.ID})
		}
	}
	for _, t := range e.Catalog.Tables() {
		switch {
		case !owned(t.Owner):
		case t.Kind == catalog.KindComposite:
			targets = append(targets, object{kind: typeObject, id: t.TypeID})
		default:
			targets = append(targets, object{kind: tableObject, id: t.ID})
		}
	}
	for _, q := range e.Catalog.Sequences() {
		if owned(q.Owner) && q.OwnerTable == 0 {
			targets = append(targets, object{kind: sequenceObject, id: q.ID})
		}
	}
	for _, t := range e.Catalog.Types() {
		if owned(t.Owner) {
			targets = append(targets, object{kind: typeObject, id: t.ID})
		}
	}
	for _, f := range e.Catalog.AllFunctions() {
		if owned(f.Owner) {
			targets = append(targets, object{kind: functionObject, id: f.ID})
		}
	}
	for _, c := range e.Catalog.UserCollations() {
		if owned(c.Owner) {
			targets = append(targets, object{kind: collationObject, id: c.ID})
		}
	}
	return e.remove(ctx, targets, st.Cascade)
}

// dropPrivileges takes everything from roles that was granted to them.
func (e *Env) dropPrivileges(ctx context.Context, names []string) error {
	if !e.mayCreateRoles() {
		return denied("permission denied to drop role")
	}
	for _, name := range names {
		r, ok := e.Catalog.Role(name)
		if !ok || r.ID < catalog.DatabaseID || r.Super && !e.Super {
			continue // DROP ROLE says so
		}
		if err := e.revokeAll(ctx, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// revokeAll takes everything from a role that was granted to it, and its default
// privileges.
func (e *Env) revokeAll(ctx context.Context, role catalog.ID) error {
	edit := e.change(ctx)
	strip := func(l catalog.ACL, owner catalog.ID) catalog.ACL {
		if l == nil || role == owner {
			return l
		}
		for {
			i := slices.IndexFunc(l, func(x catalog.ACLItem) bool { return x.Grantee == role })
			if i < 0 {
				return l
			}
			l, _ = l.Without(owner, role, l[i].Grantor, l[i].Privs, false, true)
		}
	}
	for _, old := range e.Catalog.AllRights() {
		owner := e.ownerOf(old.Object)
		mentioned := old.ACL.Mentions(role)
		for _, l := range old.Columns {
			mentioned = mentioned || l.Mentions(role)
		}
		if !mentioned {
			continue
		}
		r := *old
		r.ACL, r.Columns = strip(old.ACL, owner), maps.Clone(old.Columns)
		for attr, l := range old.Columns {
			setColumn(&r, attr, strip(l, owner))
		}
		if err := edit.PutRights(&r); err != nil {
			return err
		}
	}
	for _, old := range e.Catalog.DefaultRights() {
		if old.Role == role {
			if err := edit.RemoveDefaultRights(old.ID); err != nil {
				return err
			}
			continue
		}
		if !old.ACL.Mentions(role) {
			continue
		}
		d := *old
		d.ACL = strip(old.ACL, old.Role)
		if err := edit.PutDefaultRights(&d); err != nil {
			return err
		}
	}
	return nil
}

// ownerOf is the owner of an object that has an access control list.
func (e *Env) ownerOf(o catalog.Object) catalog.ID {
	switch o.Class {
	case catalog.RelationClass:
		if t, ok := e.Catalog.TableByID(o.ID); ok {
			return t.Owner
		}
	case catalog.SequenceClass:
		if q, ok := e.Catalog.SequenceByID(o.ID); ok {
			return q.Owner
		}
	case catalog.SchemaClass:
		if s, ok := e.Catalog.SchemaByID(o.ID); ok {
			return s.Owner
		}
	case catalog.TypeClass:
		if t, ok := e.Catalog.TypeByID(o.ID); ok {
			return t.Owner
		}
		if r, ok := e.Catalog.RowType(o.ID); ok {
			return r.Table.Owner
		}
	case catalog.FunctionClass:
		if f, ok := e.Catalog.FunctionByID(o.ID); ok {
			return f.Owner
		}
	case catalog.DatabaseClass:
		return e.Catalog.DatabaseOwner()
	}
	return catalog.BootstrapRoleID
}

// describeObject names an object that has an access control list as messages do.
func (e *Env) describeObject(o catalog.Object) string {
	switch o.Class {
	case catalog.RelationClass:
		return e.describe(object{kind: tableObject, id: o.ID})
	case catalog.SequenceClass:
		return e.describe(object{kind: sequenceObject, id: o.ID})
	case catalog.SchemaClass:
		return e.describe(object{kind: schemaObject, id: o.ID})
	case catalog.TypeClass:
		return e.describe(object{kind: typeObject, id: o.ID})
	case catalog.FunctionClass:
		if _, ok := e.Catalog.FunctionByID(o.ID); ok {
			return e.describe(object{kind: functionObject, id: o.ID})
		}
	case catalog.DatabaseClass:
		return "database " + e.Database
	case catalog.LanguageClass:
		for name, l := range languages {
			if l.id == o.ID {
				return "language " + name
			}
		}
	}
	return fmt.Sprintf("object %d", o.ID)
}

// roleUses are the reasons why a role cannot be dropped, in the order in which they came up.
func (e *Env) roleUses(role catalog.ID) (out []string) {
	type use struct {
		at   catalog.ID
		text string
	}
	var uses []use
	owner := func(id catalog.ID, owner catalog.ID, o object) {
		if owner == role {
			uses = append(uses, use{id, "owner of " + e.describe(o)})
		}
	}
	for _, s := range e.Catalog.Schemas() {
		owner(s.ID, s.Owner, object{kind: schemaObject, id: s.ID})
	}
	for _, t := range e.Catalog.Types() {
		owner(t.ID, t.Owner, object{kind: typeObject, id: t.ID})
	}
	for _, t := range e.Catalog.Tables() {
		owner(t.ID, t.Owner, object{kind: tableObject, id: t.ID})
	}
	for _, q := range e.Catalog.Sequences() {
		owner(q.ID, q.Owner, object{kind: sequenceObject, id: q.ID})
	}
	for _, f := range e.Catalog.AllFunctions() {
		owner(f.ID, f.Owner, object{kind: functionObject, id: f.ID})
	}
	for _, c := range e.Catalog.UserCollations() {
		owner(c.ID, c.Owner, object{kind: collationObject, id: c.ID})
	}
	for _, r := range e.Catalog.AllRights() {
		if e.ownerOf(r.Object) == role {
			continue
		}
		at := r.Object.ID
		if r.Class == catalog.TypeClass {
			at = r.ID // OIDs of types tell nothing of the order
		}
		if r.ACL.Mentions(role) {
			uses = append(uses, use{at, "privileges for " + e.describeObject(r.Object)})
		}
		t, ok := e.Catalog.TableByID(r.Object.ID)
		for _, attr := range slices.Sorted(maps.Keys(r.Columns)) {
			if ok && r.Columns[attr].Mentions(role) {
				uses = append(uses, use{r.Object.ID, "privileges for " + e.describe(object{kind: columnObject, id: t.ID, attr: attr})})
			}
		}
	}
	for _, d := range e.Catalog.DefaultRights() {
		if d.Role == role {
			uses = append(uses, use{d.ID, "owner of " + e.describeDefaults(d)})
		} else if d.ACL.Mentions(role) {
			uses = append(uses, use{d.ID, "privileges for " + e.describeDefaults(d)})
		}
	}
	for _, t := range e.Catalog.Tables() {
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, role) {
				uses = append(uses, use{p.ID, "target of " + e.describe(object{kind: policyObject, id: t.ID, part: p.ID})})
			}
		}
	}
	slices.SortStableFunc(uses, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	for _, u := range uses {
		out = append(out, u.text)
	}
	return out
}

// describeDefaults names default privileges as messages do.
func (e *Env) describeDefaults(d *catalog.DefaultRights) string {
	what := map[catalog.ObjClass]string{catalog.RelationClass: "relations", catalog.SequenceClass: "sequences",
		catalog.FunctionClass: "functions", catalog.TypeClass: "types", catalog.SchemaClass: "schemas"}[d.Class]
	text := "default privileges on new " + what + " belonging to role " + e.roleName(d.Role)
	if s, ok := e.Catalog.SchemaByID(d.Schema); ok {
		text += " in schema " + s.Name
	}
	return text
}
