package syscat

import (
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_auth_members": authMembers,
	"pg_default_acl":  defaultACLs,
	"pg_policy":       policies,
	"pg_policies":     shownPolicies,
})

// acl stores an access control list, NULL for the default.
func (r *rows) acl(col string, l catalog.ACL) {
	if l == nil {
		return
	}
	r.list.Reset(types.ACLItemOID)
	for _, text := range l.Texts(r.cat) {
		r.list.Append(types.String(text))
	}
	r.set(col, r.list.Array().Clone())
}

// aclOf stores the list of an object.
func (r *rows) aclOf(col string, class catalog.ObjClass, id, owner catalog.ID) {
	r.acl(col, r.cat.ACLOf(catalog.Object{Class: class, ID: id}, owner))
}

func authMembers(r *rows) {
	for _, x := range r.cat.Roles() {
		for _, m := range x.MemberOf {
			r.oid("roleid", m.Role)
			r.oid("member", x.ID)
			r.oid("grantor", m.Grantor)
			r.bool("admin_option", m.Admin)
			r.emit()
		}
	}
}

// defaultACLKind is pg_default_acl.defaclobjtype.
func defaultACLKind(d *catalog.DefaultRights) byte {
	if d.Class == catalog.SequenceClass {
		return 'S'
	}
	return byte(d.Class)
}

func defaultACLs(r *rows) {
	for _, d := range r.cat.DefaultRights() {
		r.oid("oid", d.ID)
		r.oid("defaclrole", d.Role)
		r.oid("defaclnamespace", d.Schema)
		r.char("defaclobjtype", defaultACLKind(d))
		r.acl("defaclacl", d.ACL)
		r.emit()
	}
}

func policies(r *rows) {
	for _, t := range r.cat.Tables() {
		for _, p := range t.Policies {
			r.oid("oid", p.ID)
			r.text("polname", p.Name)
			r.oid("polrelid", t.ID)
			r.char("polcmd", p.Command)
			r.bool("polpermissive", !p.Restrictive)
			nums(r, "polroles", p.Roles)
			r.opt("polqual", p.Using)
			r.opt("polwithcheck", p.Check)
			r.emit()
		}
	}
}

// policyCommands are the commands of policies by letter.
var policyCommands = map[byte]string{'*': "ALL", 'r': "SELECT", 'a': "INSERT", 'w': "UPDATE", 'd': "DELETE"}

func shownPolicies(r *rows) {
	defs := r.printer()
	for _, t := range r.cat.Tables() {
		for _, p := range t.Policies {
			r.text("schemaname", r.cat.SchemaName(t.Schema))
			r.text("tablename", t.Name)
			r.text("policyname", p.Name)
			r.text("permissive", map[bool]string{true: "RESTRICTIVE", false: "PERMISSIVE"}[p.Restrictive])
			roles := []string{"public"}
			if !slices.Equal(p.Roles, []catalog.ID{catalog.Public}) {
				roles = nil
				for _, id := range p.Roles {
					roles = append(roles, roleName(r.cat, id))
				}
				slices.Sort(roles)
			}
			r.strs("roles", roles)
			r.text("cmd", policyCommands[p.Command])
			if p.Using != "" {
				r.text("qual", defs.expr(p.Using))
			}
			if p.Check != "" {
				r.text("with_check", defs.expr(p.Check))
			}
			r.emit()
		}
	}
}

// user is the current user's role, 0 when there is none.
func (r *rows) user() catalog.ID {
	if x, ok := r.cat.Role(r.env.CurrentUser()); ok {
		return x.ID
	}
	return 0
}

// granted calls put for every privilege of a list of an object of owner's that the current
// user has granted, or has by one of his roles; all of them with everybody, when public
// counts, too.
func (r *rows) granted(l catalog.ACL, owner catalog.ID, p catalog.Priv, public bool, put func(grantor, grantee string, p catalog.Priv, option bool)) {
	user := r.user()
	for _, x := range l {
		mine := r.cat.HasPrivsOf(user, x.Grantor) || x.Grantee == catalog.Public && public ||
			x.Grantee != catalog.Public && r.cat.HasPrivsOf(user, x.Grantee)
		if !mine {
			continue
		}
		grantee := "PUBLIC"
		if x.Grantee != catalog.Public {
			grantee = roleName(r.cat, x.Grantee)
		}
		// Who has the owner's privileges may pass on all there are.
		all := x.Grantee != catalog.Public && r.cat.HasPrivsOf(x.Grantee, owner)
		(x.Privs & p).Each(func(one catalog.Priv) {
			put(roleName(r.cat, x.Grantor), grantee, one, all || x.Grant&one != 0)
		})
	}
}
