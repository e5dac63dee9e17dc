package syscat

import (
	"maps"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_authid":   func(r *rows) { r.roles("rol", false) },
	"pg_roles":    func(r *rows) { r.roles("rol", true) },
	"pg_user":     func(r *rows) { r.users(true) },
	"pg_shadow":   func(r *rows) { r.users(false) },
	"pg_group":    groups,
	"pg_database": databases,

	"pg_db_role_setting": roleSettings,
})

func roleSettings(r *rows) {
	for _, x := range r.cat.AllRoleSettings() {
		dbs := append([]catalog.ID{0}, slices.Sorted(maps.Keys(x.InDatabases))...)
		for _, db := range dbs {
			if list := x.In(db); len(list) > 0 {
				r.oid("setdatabase", db)
				r.oid("setrole", x.Role)
				r.strs("setconfig", optionList(list))
				r.emit()
			}
		}
	}
}

// hiddenPassword is what the views show instead of a password.
const hiddenPassword = "********"

func (r *rows) roles(prefix string, hide bool) {
	for _, x := range r.cat.Roles() {
		r.oid("oid", x.ID)
		r.text(prefix+"name", x.Name)
		r.bool("rolsuper", x.Super)
		r.bool("rolinherit", x.Inherit)
		r.bool("rolcreaterole", x.CreateRole)
		r.bool("rolcreatedb", x.CreateDB)
		r.bool("rolcanlogin", x.Login)
		r.bool("rolreplication", x.Replication)
		r.bool("rolbypassrls", x.BypassRLS)
		r.int("rolconnlimit", int64(x.ConnLimit))
		if hide {
			r.text("rolpassword", hiddenPassword)
			r.strs("rolconfig", optionList(r.cat.RoleSettings(x.ID).Settings))
		} else {
			r.opt("rolpassword", x.Password)
		}
		r.timestamp("rolvaliduntil", x.ValidUntil)
		r.emit()
	}
}

// timestamp stores a timestamptz given as text; NULL when it is empty.
func (r *rows) timestamp(col, v string) {
	if v == "" {
		return
	}
	if d, err := types.ParseText(types.Of(types.TimestamptzOID), v, types.DefaultFormat); err == nil {
		r.set(col, d)
	}
}

func (r *rows) users(hide bool) {
	for _, x := range r.cat.Roles() {
		if !x.Login {
			continue
		}
		r.text("usename", x.Name)
		r.oid("usesysid", x.ID)
		r.bool("usecreatedb", x.CreateDB)
		r.bool("usesuper", x.Super)
		r.bool("userepl", x.Replication)
		r.bool("usebypassrls", x.BypassRLS)
		if hide {
			r.text("passwd", hiddenPassword)
		} else {
			r.opt("passwd", x.Password)
		}
		r.timestamp("valuntil", x.ValidUntil)
		r.strs("useconfig", optionList(r.cat.RoleSettings(x.ID).Settings))
		r.emit()
	}
}

func groups(r *rows) {
	for _, x := range r.cat.Roles() {
		if x.Login {
			continue
		}
		r.text("groname", x.Name)
		r.oid("grosysid", x.ID)
		members := []catalog.ID{}
		for _, m := range r.cat.Members(x.ID) {
			members = append(members, m.ID)
		}
		if r.set("grolist", types.EmptyArray(types.OidOID)); len(members) > 0 {
			nums(r, "grolist", members)
		}
		r.emit()
	}
}

// utf8Encoding is PG_UTF8 (mb/pg_wchar.h).
const utf8Encoding = 6

func databases(r *rows) {
	for _, x := range r.cat.Databases() {
		r.oid("oid", x.ID)
		r.text("datname", x.Name)
		r.oid("datdba", x.Owner)
		r.int("encoding", utf8Encoding)
		r.char("datlocprovider", 'c')
		r.bool("datistemplate", x.IsTemplate)
		r.bool("datallowconn", !x.RefuseConns)
		r.int("datconnlimit", int64(x.ConnLimit))
		r.oid("datfrozenxid", r.frozenXID())
		r.int("datminmxid", 1)
		r.oid("dattablespace", 1663)
		r.text("datcollate", x.Collate)
		r.text("datctype", x.Ctype)
		r.aclOf("datacl", catalog.DatabaseClass, x.ID, x.Owner)
		r.emit()
	}
}
