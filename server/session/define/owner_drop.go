package define

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

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
		for _, x := range t.ExtStatistics {
			if owned(x.Owner) && !owned(t.Owner) {
				targets = append(targets, object{kind: statisticsObject, id: t.ID, part: x.ID})
			}
		}
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
		if v := syscat.ByOID(o.ID); v != nil {
			return describeSystem(v)
		}
		return e.describe(object{kind: tableObject, id: o.ID})
	case catalog.SequenceClass:
		return e.describe(object{kind: sequenceObject, id: o.ID})
	case catalog.SchemaClass:
		return e.describe(object{kind: schemaObject, id: o.ID})
	case catalog.TypeClass:
		if e.ownerOf(o) == catalog.BootstrapRoleID && o.ID < catalog.DatabaseID {
			return "type " + types.FormatType(types.Of(o.ID))
		}
		return e.describe(object{kind: typeObject, id: o.ID})
	case catalog.FunctionClass:
		if _, ok := e.Catalog.FunctionByID(o.ID); ok {
			return e.describe(object{kind: functionObject, id: o.ID})
		}
		if builtin.FuncByOID(o.ID) != nil {
			return e.describe(object{kind: extensionFunction, id: o.ID})
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

// describeSystem names a system relation.
func describeSystem(v *syscat.Table) string {
	kind, name := "table ", ast.QuoteIdent(v.Name)
	if v.Kind == 'v' {
		kind = "view "
	}
	if v.Schema != "pg_catalog" {
		name = v.Schema + "." + name
	}
	return kind + name
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
		for _, x := range t.ExtStatistics {
			owner(x.ID, x.Owner, object{kind: statisticsObject, id: t.ID, part: x.ID})
		}
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
			if !r.Columns[attr].Mentions(role) {
				continue
			}
			if v := syscat.ByOID(r.Object.ID); v != nil && attr > 0 && int(attr) <= len(v.Columns) {
				uses = append(uses, use{r.Object.ID, "privileges for column " + ast.QuoteIdent(v.Columns[attr-1].Name) + " of " + describeSystem(v)})
			} else if ok {
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
