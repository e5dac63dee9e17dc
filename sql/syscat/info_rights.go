package syscat

import (
	"github.com/loxodb/loxodb/sql/catalog"
)

var _ = register("information_schema", map[string]generator{
	"enabled_roles":                     infoEnabledRoles,
	"applicable_roles":                  func(r *rows) { r.applicable(false) },
	"administrable_role_authorizations": func(r *rows) { r.applicable(true) },
	"table_privileges":                  func(r *rows) { r.tablePrivileges(true) },
	"role_table_grants":                 func(r *rows) { r.tablePrivileges(false) },
	"column_privileges":                 func(r *rows) { r.columnPrivileges(true) },
	"role_column_grants":                func(r *rows) { r.columnPrivileges(false) },
	"usage_privileges":                  func(r *rows) { r.usagePrivileges(true) },
	"role_usage_grants":                 func(r *rows) { r.usagePrivileges(false) },
})

// infoEnabledRoles are the roles whose privileges the current user has.
func infoEnabledRoles(r *rows) {
	user := r.user()
	for _, x := range r.cat.Roles() {
		if r.cat.HasPrivsOf(user, x.ID) {
			r.text("role_name", x.Name)
			r.emit()
		}
	}
}

// applicable are the memberships of the current user's roles, or those that may be passed on.
func (r *rows) applicable(admin bool) {
	user := r.user()
	for _, x := range r.cat.Roles() {
		if !r.cat.HasPrivsOf(user, x.ID) {
			continue
		}
		for _, m := range x.MemberOf {
			if admin && !m.Admin {
				continue
			}
			r.text("grantee", x.Name)
			r.text("role_name", roleName(r.cat, m.Role))
			r.yes("is_grantable", m.Admin)
			r.emit()
		}
		if x.ID == r.cat.DatabaseOwner() && !admin { // a member without having been made one
			r.text("grantee", x.Name)
			r.text("role_name", roleName(r.cat, catalog.DatabaseOwnerID))
			r.text("is_grantable", "NO")
			r.emit()
		}
	}
}

func (r *rows) tablePrivileges(public bool) {
	for _, t := range r.everyRelation() {
		if t.Kind == catalog.KindMatView {
			continue // the standard has none
		}
		l := r.cat.EffectiveACL(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner)
		r.granted(l, t.Owner, catalog.RelationClass.All(), public, func(grantor, grantee string, p catalog.Priv, option bool) {
			r.text("grantor", grantor)
			r.text("grantee", grantee)
			r.names("table", schemaName(r.cat, t.Schema), t.Name)
			r.text("privilege_type", p.Name())
			r.yes("is_grantable", option)
			r.yes("with_hierarchy", p == catalog.PrivSelect)
			r.emit()
		})
	}
}

// columnPrivileges shows what was granted on columns, and on relations for each column.
func (r *rows) columnPrivileges(public bool) {
	for _, t := range r.everyRelation() {
		if t.Kind == catalog.KindMatView {
			continue
		}
		whole := r.cat.EffectiveACL(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner)
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Dropped {
				continue
			}
			var both catalog.ACL
			for _, l := range []catalog.ACL{whole, r.cat.ColumnACL(t.ID, c.Num)} {
				for _, x := range l {
					p := x.Privs & catalog.ColumnClass.All()
					both = both.With(x.Grantee, x.Grantor, p, false)
					both = both.With(x.Grantee, x.Grantor, x.Grant&p, true)
				}
			}
			r.granted(both, t.Owner, catalog.ColumnClass.All(), public, func(grantor, grantee string, p catalog.Priv, option bool) {
				r.text("grantor", grantor)
				r.text("grantee", grantee)
				r.names("table", schemaName(r.cat, t.Schema), t.Name)
				r.text("column_name", c.Name)
				r.text("privilege_type", p.Name())
				r.yes("is_grantable", option)
				r.emit()
			})
		}
	}
}

// usagePrivileges are those on collations, domains and sequences.
func (r *rows) usagePrivileges(public bool) {
	put := func(schema, owner catalog.ID, name, kind string, l catalog.ACL) {
		r.granted(l, owner, catalog.PrivUsage, public, func(grantor, grantee string, _ catalog.Priv, option bool) {
			r.text("grantor", grantor)
			r.text("grantee", grantee)
			r.names("object", schemaName(r.cat, schema), name)
			r.text("object_type", kind)
			r.text("privilege_type", "USAGE")
			r.yes("is_grantable", option)
			r.emit()
		})
	}
	r.eachCollation(func(schema, owner catalog.ID, name string) {
		put(schema, owner, name, "COLLATION", catalog.ACL{{Grantee: catalog.Public, Grantor: owner, Privs: catalog.PrivUsage}})
	})
	for _, t := range r.domains() {
		put(t.Schema, t.Owner, t.Name, "DOMAIN", r.cat.EffectiveACL(catalog.Object{Class: catalog.TypeClass, ID: t.ID}, t.Owner))
	}
	for _, s := range r.cat.Sequences() {
		// Without a list there is nothing: PostgreSQL takes the owner's rights on a table then,
		// and USAGE is none of them.
		put(s.Schema, s.Owner, s.Name, "SEQUENCE", r.cat.ACLOf(catalog.Object{Class: catalog.SequenceClass, ID: s.ID}, s.Owner))
	}
}
