package catalog

import (
	"sort"
	"strconv"
)

// Object names what has an access control list: OIDs are unique in a class only.
type Object struct {
	Class ObjClass
	ID    ID
}

// Rights are what was granted and revoked on an object. Objects without any have the
// default of their class.
type Rights struct {
	ID      ID              // of the record
	Object  `json:"Object"` // its ID is another
	ACL     ACL             // nil = the default; an empty list is none
	Columns map[int16]ACL   `json:",omitempty"` // of a relation, by attribute number
}

// DefaultRights are ALTER DEFAULT PRIVILEGES of a role, in a schema or (0) in all. Class
// is that of the objects that will be made; RelationClass are tables.
type DefaultRights struct {
	ID           ID
	Role, Schema ID
	Class        ObjClass
	ACL          ACL
}

// Membership says that a role is a member of Role.
type Membership struct {
	Role, Grantor ID
	Admin         bool `json:",omitempty"`
}

// Predefined roles, by OID.
const (
	DatabaseOwnerID   ID = 6171
	ReadAllDataID     ID = 6181
	WriteAllDataID    ID = 6182
	MonitorID         ID = 3373
	ReadAllSettingsID ID = 3374
	ReadAllStatsID    ID = 3375
	StatScanTablesID  ID = 3377
	SignalBackendID   ID = 4200
	ReadServerFilesID ID = 4569
	CheckpointID      ID = 4544
)

// PLpgSQL is the language PL/pgSQL.
var PLpgSQL = Object{LanguageClass, 13563}

func idText(id ID) string { return strconv.FormatUint(uint64(id), 10) }

// RightsOf are what was granted on an object, nil if nothing was.
func (s *Snapshot) RightsOf(o Object) *Rights {
	x, _ := get(s.temp.rights, s.shared.rights, o)
	return x
}

// AllRights lists what was granted on anything, in the order of the records.
func (s *Snapshot) AllRights() []*Rights {
	var l []*Rights
	for _, m := range []map[Object]*Rights{s.temp.rights, s.shared.rights} {
		for _, x := range m {
			l = append(l, x)
		}
	}
	sort.Slice(l, func(i, j int) bool { return l[i].ID < l[j].ID })
	return l
}

// PutRights adds or replaces; temp says that the object is the session's own.
func (s *Snapshot) PutRights(x *Rights, temp bool) {
	l := s.edit(temp)
	l.rights[x.Object] = x
	l.guarded = l.guarded || x.Class == FunctionClass
}

// GuardsFunctions reports that there may be functions that stored expressions call and
// that not everybody may call.
func (s *Snapshot) GuardsFunctions() bool { return s.HasFunctions() || s.shared.guarded }

// RemoveRights removes what was granted on an object.
func (s *Snapshot) RemoveRights(o Object) {
	if _, ok := s.temp.rights[o]; ok {
		delete(s.edit(true).rights, o)
		return
	}
	delete(s.edit(false).rights, o)
}

// DefaultRights lists what ALTER DEFAULT PRIVILEGES said, in the order of the records.
func (s *Snapshot) DefaultRights() []*DefaultRights {
	return sorted(func(x *DefaultRights) ID { return x.ID }, s.shared.defaults)
}

// PutDefaultRights adds or replaces; RemoveDefaultRights removes.
func (s *Snapshot) PutDefaultRights(x *DefaultRights) { s.edit(false).defaults[x.ID] = x }
func (s *Snapshot) RemoveDefaultRights(id ID)         { delete(s.edit(false).defaults, id) }

// ACLOf is the list of an object as pg_catalog shows it, nil for the default.
func (s *Snapshot) ACLOf(o Object, owner ID) ACL {
	if r := s.RightsOf(o); r != nil && r.ACL != nil {
		return r.ACL
	}
	return InitialACL(o, owner)
}

// EffectiveACL is ACLOf with the default written out.
func (s *Snapshot) EffectiveACL(o Object, owner ID) ACL {
	if l := s.ACLOf(o, owner); l != nil {
		return l
	}
	return DefaultACL(o.Class, owner)
}

// ColumnACL is the list of a column, nil for none.
func (s *Snapshot) ColumnACL(table ID, attr int16) ACL {
	if r := s.RightsOf(Object{RelationClass, table}); r != nil && r.Columns[attr] != nil {
		return r.Columns[attr]
	}
	return initialColumnACL(table, attr)
}

// DatabaseOwner is the owner of the database.
func (s *Snapshot) DatabaseOwner() ID {
	if x, ok := s.DatabaseByID(s.Home); ok {
		return x.Owner
	}
	return BootstrapRoleID
}

// Super reports a superuser.
func (s *Snapshot) Super(role ID) bool {
	r, ok := s.RoleByID(role)
	return ok && r.Super
}

// walkRoles calls f with the role and all roles that it is a member of until f returns
// true. inherit leaves out what is behind a role with NOINHERIT.
func (s *Snapshot) walkRoles(role ID, inherit bool, f func(ID) bool) bool {
	seen := map[ID]bool{role: true}
	list := []ID{role}
	for i := 0; i < len(list); i++ {
		if f(list[i]) {
			return true
		}
		r, ok := s.RoleByID(list[i])
		if !ok || inherit && !r.Inherit {
			continue
		}
		add := func(id ID) {
			if !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
		for _, m := range r.MemberOf {
			add(m.Role)
		}
		if list[i] == s.DatabaseOwner() {
			add(DatabaseOwnerID)
		}
	}
	return false
}

// IsMember reports that a role is another one, a member of it, perhaps through others,
// or a superuser.
func (s *Snapshot) IsMember(member, role ID) bool {
	return member == role || s.Super(member) || s.IsMemberOnly(member, role)
}

// IsMemberOnly is IsMember for which superusers count like others.
func (s *Snapshot) IsMemberOnly(member, role ID) bool {
	return s.walkRoles(member, false, func(id ID) bool { return id == role })
}

// HasPrivsOf reports that a role has the privileges of another one without SET ROLE.
func (s *Snapshot) HasPrivsOf(member, role ID) bool {
	return member == role || s.Super(member) || s.walkRoles(member, true, func(id ID) bool { return id == role })
}

// IsAdmin reports that a role may grant membership in another one.
func (s *Snapshot) IsAdmin(member, role ID) bool {
	return s.Super(member) || s.walkRoles(member, false, func(id ID) bool {
		r, ok := s.RoleByID(id)
		if !ok {
			return false
		}
		for _, m := range r.MemberOf {
			if m.Role == role && m.Admin {
				return true
			}
		}
		return false
	})
}

// Members lists the roles that are members of a role themselves, in the order of OIDs.
func (s *Snapshot) Members(role ID) (out []*Role) {
	for _, r := range s.Roles() {
		for _, m := range r.MemberOf {
			if m.Role == role {
				out = append(out, r)
			}
		}
	}
	return out
}

// Held are the privileges of want that a role has by a list, as the owner or by what
// was granted to it, its roles and PUBLIC; option: those that it may grant.
func (s *Snapshot) Held(l ACL, owner, role ID, want Priv, option bool) Priv {
	if s.Super(role) {
		return want
	}
	var have Priv
	if option && owner != 0 && s.HasPrivsOf(role, owner) { // an owner may always grant
		return want
	}
	for _, x := range l {
		p := x.Privs
		if option {
			p = x.Grant
		}
		if p &= want &^ have; p == 0 {
			continue
		}
		if x.Grantee == Public && !option || x.Grantee != Public && s.HasPrivsOf(role, x.Grantee) {
			have |= p
		}
	}
	return have
}

// BestGrantor chooses in whose name a role grants: the owner's when it has that role's
// privileges, else that of a role of its own with the most options to grant. options are
// those of want that the grantor has.
func (s *Snapshot) BestGrantor(l ACL, owner, role ID, want Priv) (grantor ID, options Priv) {
	if s.HasPrivsOf(role, owner) {
		return owner, want
	}
	grantor = role
	most := -1
	s.walkRoles(role, true, func(id ID) bool {
		have := l.grantable(id) & want
		n := 0
		have.Each(func(Priv) { n++ })
		if have == want {
			grantor, options, most = id, have, n+1
			return true
		}
		if n > 0 && n > most {
			grantor, options, most = id, have, n
		}
		return false
	})
	return grantor, options
}

// Allowed are the privileges of want that a role has on an object. The predefined roles
// that read and write everything count.
func (s *Snapshot) Allowed(o Object, owner, role ID, want Priv) Priv {
	have := s.Held(s.EffectiveACL(o, owner), owner, role, want, false)
	switch o.Class {
	case RelationClass, SequenceClass:
		if want&PrivSelect&^have != 0 && s.HasPrivsOf(role, ReadAllDataID) {
			have |= PrivSelect
		}
		if w := want & (PrivInsert | PrivUpdate | PrivDelete) &^ have; w != 0 && s.HasPrivsOf(role, WriteAllDataID) {
			have |= w
		}
	case SchemaClass:
		if want&PrivUsage&^have != 0 && (s.HasPrivsOf(role, ReadAllDataID) || s.HasPrivsOf(role, WriteAllDataID)) {
			have |= PrivUsage
		}
	}
	return have
}

// AllowedColumn are the privileges of want that a role has on a column itself; those on
// the whole relation are not looked at.
func (s *Snapshot) AllowedColumn(t *Table, attr int16, role ID, want Priv) Priv {
	l := s.ColumnACL(t.ID, attr)
	if l == nil {
		return 0
	}
	return s.Held(l, t.Owner, role, want, false)
}

// MayUseSchema reports USAGE of a schema; a session may use its own temporary one.
func (s *Snapshot) MayUseSchema(x *Schema, role ID, want Priv) bool {
	if x.Temp {
		if _, own := s.temp.schemaByID[x.ID]; own {
			return true
		}
	}
	return s.Allowed(Object{SchemaClass, x.ID}, x.Owner, role, want) == want
}

// Owns reports that a role may do what the owner of an object may.
func (s *Snapshot) Owns(role, owner ID) bool { return s.HasPrivsOf(role, owner) }
