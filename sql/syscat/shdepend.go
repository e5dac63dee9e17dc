package syscat

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
)

var _ = register("pg_catalog", map[string]generator{"pg_shdepend": sharedDepends})

const classDefaultACL catalog.ID = 826

// Kinds of dependencies on roles.
const (
	depOwner  = 'o'
	depRights = 'a' // the role is in a list of rights
	depPolicy = 'r'
)

// sharedDepends is what keeps roles from being dropped: what they own, the rights that they
// have, the policies that name them. PostgreSQL notes nothing of the role that the server
// was made with, nor does it need to: nobody can drop that one.
func sharedDepends(r *rows) {
	for _, d := range r.cat.Databases() {
		r.roleDepends(0, classDatabase, d.ID, d.Owner, catalog.DatabaseClass)
	}
	db := r.cat.Home
	for _, s := range r.cat.Schemas() {
		r.roleDepends(db, classNamespace, s.ID, s.Owner, catalog.SchemaClass)
	}
	for _, t := range r.cat.Tables() {
		if r.done() {
			return
		}
		if t.Kind == catalog.KindComposite { // its owner is the type's
			r.roleDepends(db, classType, t.TypeID, t.Owner, catalog.TypeClass)
			continue
		}
		r.roleDepends(db, classRelation, t.ID, t.Owner, catalog.RelationClass)
		for _, p := range t.Policies {
			for _, role := range p.Roles {
				r.roleDepend(db, classPolicy, p.ID, 0, role, depPolicy)
			}
		}
		for _, x := range t.ExtStatistics {
			r.roleDepend(db, classStatistics, x.ID, 0, x.Owner, depOwner)
		}
	}
	for _, s := range r.cat.Sequences() {
		r.roleDepends(db, classRelation, s.ID, s.Owner, catalog.SequenceClass)
	}
	for _, t := range r.cat.Types() {
		r.roleDepends(db, classType, t.ID, t.Owner, catalog.TypeClass)
	}
	for _, f := range r.cat.AllFunctions() {
		if f.PartOf == 0 { // those of a range type are the system's
			r.roleDepends(db, classProc, f.ID, f.Owner, catalog.FunctionClass)
		}
	}
	r.bornDependsOnRoles(db)
	for _, c := range r.cat.UserCollations() {
		r.roleDepend(db, classCollation, c.ID, 0, c.Owner, depOwner)
	}
	for _, d := range r.cat.DefaultRights() {
		r.roleDepend(db, classDefaultACL, d.ID, 0, d.Role, depOwner)
		r.listDepends(db, classDefaultACL, d.ID, 0, d.Role, d.ACL)
	}
}

// bornDependsOnRoles are those of languages and functions that every database is born with,
// on which somebody has got rights.
func (r *rows) bornDependsOnRoles(db catalog.ID) {
	for _, x := range r.cat.AllRights() {
		switch _, own := r.cat.FunctionByID(x.Object.ID); {
		case x.Class == catalog.LanguageClass:
			r.listDepends(db, classLanguage, x.Object.ID, 0, catalog.BootstrapRoleID, x.ACL)
		case x.Class == catalog.RelationClass && ByOID(x.Object.ID) != nil:
			r.roleDepends(db, classRelation, x.Object.ID, catalog.BootstrapRoleID, catalog.RelationClass)
		case x.Class == catalog.TypeClass && x.Object.ID < catalog.DatabaseID:
			r.listDepends(db, classType, x.Object.ID, 0, catalog.BootstrapRoleID, x.ACL)
		case x.Class == catalog.FunctionClass && !own:
			r.listDepends(db, classProc, x.Object.ID, 0, catalog.BootstrapRoleID, x.ACL)
		}
	}
}

// roleDepends are those of an object: its owner, and who has rights on it or its columns.
func (r *rows) roleDepends(db, class, id, owner catalog.ID, kind catalog.ObjClass) {
	r.roleDepend(db, class, id, 0, owner, depOwner)
	x := r.cat.RightsOf(catalog.Object{Class: kind, ID: id})
	if x == nil {
		return
	}
	r.listDepends(db, class, id, 0, owner, x.ACL)
	for attr, l := range x.Columns {
		r.listDepends(db, class, id, attr, owner, l)
	}
}

// listDepends are those of a list of rights: each role once, but for the owner, who is
// depended on as that.
func (r *rows) listDepends(db, class, id catalog.ID, sub int16, owner catalog.ID, l catalog.ACL) {
	var roles []catalog.ID
	for _, x := range l {
		roles = append(roles, x.Grantee, x.Grantor)
	}
	slices.SortFunc(roles, cmp.Compare[catalog.ID])
	for _, role := range slices.Compact(roles) {
		if role != owner {
			r.roleDepend(db, class, id, sub, role, depRights)
		}
	}
}

func (r *rows) roleDepend(db, class, id catalog.ID, sub int16, role catalog.ID, kind byte) {
	if role == catalog.Public || role < catalog.DatabaseID { // the system's own cannot be dropped
		return
	}
	r.oid("dbid", db)
	r.oid("classid", class)
	r.oid("objid", id)
	r.int("objsubid", int64(sub))
	r.oid("refclassid", classAuthid)
	r.oid("refobjid", role)
	r.char("deptype", kind)
	r.emit()
}
