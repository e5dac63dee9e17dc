package define

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// denied is 42501.
func denied(format string, args ...any) error {
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, format, args...)
}

// notOwner is 42501 for what only the owner may do.
func notOwner(kind, name string) error { return denied("must be owner of %s %s", kind, name) }

// mayCreateRoles reports a superuser or a role with CREATEROLE.
func (e *Env) mayCreateRoles() bool {
	r, ok := e.Catalog.RoleByID(e.Owner)
	return e.Super || ok && r.CreateRole
}

// roleNamed is the role that a statement names, keywords included.
func (e *Env) roleNamed(name string) (*catalog.Role, error) {
	id := catalog.ID(0)
	switch name {
	case "current_user", "current_role":
		id = e.Owner
	case "session_user":
		id = e.SessionUser
	}
	r, ok := e.Catalog.Role(name)
	if id != 0 {
		r, ok = e.Catalog.RoleByID(id)
	}
	if !ok {
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	}
	return r, nil
}

// roleID is roleNamed's OID, 0 for public.
func (e *Env) roleID(name string) (catalog.ID, error) {
	if name == "public" {
		return catalog.Public, nil
	}
	r, err := e.roleNamed(name)
	if err != nil {
		return 0, err
	}
	return r.ID, nil
}

func (e *Env) roleIDs(names []string) ([]catalog.ID, error) {
	var out []catalog.ID
	for _, n := range names {
		id, err := e.roleID(n)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// roleName is a role's name for messages.
func (e *Env) roleName(id catalog.ID) string {
	if r, ok := e.Catalog.RoleByID(id); ok {
		return r.Name
	}
	return strconv.FormatUint(uint64(id), 10)
}

// role is CREATE, ALTER and DROP ROLE.
func (e *Env) role(ctx context.Context, st *ast.RoleStmt) error {
	switch {
	case st.Set != nil:
		return e.roleSetting(ctx, st)
	case st.Members != nil:
		return e.alterGroup(ctx, st)
	case st.Action == "CREATE":
		return e.createRole(ctx, st.Names[0], st)
	case st.Action == "ALTER":
		return e.alterRole(ctx, st.Names[0], st)
	}
	if !e.mayCreateRoles() {
		return denied("permission denied to drop role")
	}
	for _, name := range st.Names {
		switch name {
		case "current_user", "current_role", "session_user", "public":
			return pgerr.New(pgerrcode.InvalidParameterValue, "cannot use special role specifier in DROP ROLE")
		}
		if _, ok := e.Catalog.Role(name); !ok && st.IfExists {
			e.notice("00000", "role %q does not exist, skipping", name)
			continue
		}
		if err := e.dropRole(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// reservedRole refuses names that no role of a user's may have.
func reservedRole(name string) error {
	switch {
	case name == "public" || name == "none":
		return pgerr.Newf(pgerrcode.ReservedName, "role name %q is reserved", name)
	case strings.HasPrefix(name, "pg_"):
		return pgerr.Newf(pgerrcode.ReservedName, "role name %q is reserved", name).
			WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	return nil
}

func (e *Env) createRole(ctx context.Context, name string, st *ast.RoleStmt) error {
	r := &catalog.Role{Name: name, Inherit: true, Login: st.User, ConnLimit: -1}
	given, err := e.roleOptions(r, st)
	if err != nil {
		return err
	}
	switch {
	case r.Super && !e.Super:
		return denied("must be superuser to create superusers")
	case r.Replication && !e.Super:
		return denied("must be superuser to create replication users")
	case r.BypassRLS && !e.Super:
		return denied("must be superuser to create bypassrls users")
	case !e.mayCreateRoles():
		return denied("permission denied to create role")
	}
	if err := reservedRole(name); err != nil {
		return err
	}
	if _, ok := e.Catalog.Role(name); ok && st.IfNotExists {
		e.notice("00000", "role %q already exists, skipping", name)
		return nil
	} else if ok {
		return pgerr.Newf(pgerrcode.DuplicateObject, "role %q already exists", name)
	}
	edit := e.change(ctx)
	if r.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	if err := edit.PutRole(r); err != nil {
		return err
	}
	for _, group := range given.in {
		if err := e.addMembers(ctx, group, []string{name}, e.Owner, false); err != nil {
			return err
		}
	}
	if err := e.addMembers(ctx, name, given.admins, e.Owner, true); err != nil {
		return err
	}
	return e.addMembers(ctx, name, given.members, e.Owner, false)
}

func (e *Env) alterRole(ctx context.Context, name string, st *ast.RoleStmt) error {
	r, err := e.roleNamed(name)
	if err != nil {
		return err
	}
	c := *r
	given, err := e.roleOptions(&c, st)
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.Name, "pg_") {
		return pgerr.Newf(pgerrcode.ReservedName, "role name %q is reserved", r.Name).
			WithDetail("Cannot alter reserved roles.")
	}
	set := func(option string) bool { return given.seen[option] }
	switch {
	case (r.Super || set("superuser")) && !e.Super:
		return denied("must be superuser to alter superuser roles or change superuser attribute")
	case (r.Replication || set("isreplication")) && !e.Super:
		return denied("must be superuser to alter replication roles or change replication attribute")
	case set("bypassrls") && !e.Super:
		return denied("must be superuser to change bypassrls attribute")
	case !e.mayCreateRoles() && !(r.ID == e.Owner && set("password") && len(given.seen) == 1):
		return denied("permission denied")
	}
	edit := e.change(ctx)
	if err := edit.PutRole(&c); err != nil {
		return err
	}
	return e.addMembers(ctx, r.Name, given.members, e.Owner, false)
}

// alterGroup is ALTER GROUP ADD and DROP USER.
func (e *Env) alterGroup(ctx context.Context, st *ast.RoleStmt) error {
	r, err := e.roleNamed(st.Names[0])
	if err != nil {
		return err
	}
	if !e.mayCreateRoles() {
		return denied("permission denied")
	}
	if st.Leave {
		return e.removeMembers(ctx, r.Name, st.Members, false)
	}
	return e.addMembers(ctx, r.Name, st.Members, e.Owner, false)
}

func (e *Env) dropRole(ctx context.Context, name string) error {
	r, ok := e.Catalog.Role(name)
	switch {
	case !ok:
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	case r.ID == e.Owner:
		return pgerr.New(pgerrcode.ObjectInUse, "current user cannot be dropped")
	case r.ID == e.SessionUser:
		return pgerr.New(pgerrcode.ObjectInUse, "session user cannot be dropped")
	case r.Super && !e.Super:
		return denied("must be superuser to drop superusers")
	case r.ID < catalog.DatabaseID:
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop role %s because it is required by the database system", name)
	}
	if needs := e.roleUses(r.ID); len(needs) > 0 {
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "role %q cannot be dropped because some objects depend on it", name).
			WithDetail("%s", strings.Join(needs, "\n"))
	}
	edit := e.change(ctx)
	for _, m := range e.Catalog.Members(r.ID) {
		if err := e.dropMembership(m, r.ID); err != nil {
			return err
		}
	}
	if err := edit.PutRoleSettings(&catalog.RoleSettings{Role: r.ID}); err != nil {
		return err
	}
	return edit.RemoveRole(r)
}

func (e *Env) renameRole(ctx context.Context, st *ast.Rename) error {
	r, ok := e.Catalog.Role(st.Name.Name)
	switch {
	case !ok:
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", st.Name.Name)
	case r.ID == e.SessionUser:
		return pgerr.New(pgerrcode.FeatureNotSupported, "session user cannot be renamed")
	case r.ID == e.Owner:
		return pgerr.New(pgerrcode.FeatureNotSupported, "current user cannot be renamed")
	case strings.HasPrefix(r.Name, "pg_"):
		return reservedRole(r.Name)
	}
	if err := reservedRole(st.New); err != nil {
		return err
	}
	if _, taken := e.Catalog.Role(st.New); taken {
		return pgerr.Newf(pgerrcode.DuplicateObject, "role %q already exists", st.New)
	}
	switch {
	case r.Super && !e.Super:
		return denied("must be superuser to rename superusers")
	case !e.mayCreateRoles():
		return denied("permission denied to rename role")
	}
	c := *r
	c.Name = st.New
	if strings.HasPrefix(c.Password, "md5") { // a hash of the name, too
		e.notice("00000", "MD5 password cleared because of role rename")
		c.Password = ""
	}
	return e.change(ctx).PutRole(&c)
}

// roleGiven is what the options of CREATE and ALTER ROLE say beside attributes.
type roleGiven struct {
	in, members, admins []string
	seen                map[string]bool
}

// roleOptions changes a role as the options say.
func (e *Env) roleOptions(r *catalog.Role, st *ast.RoleStmt) (g roleGiven, err error) {
	flags := map[string]*bool{
		"superuser": &r.Super, "createdb": &r.CreateDB, "createrole": &r.CreateRole, "inherit": &r.Inherit,
		"canlogin": &r.Login, "isreplication": &r.Replication, "bypassrls": &r.BypassRLS,
	}
	g.seen = map[string]bool{}
	for i := range st.Options {
		o := &st.Options[i]
		name := strings.ToLower(o.Name)
		if g.seen[name] {
			return g, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(o.Pos))
		}
		g.seen[name] = true
		v := optionValue(o)
		if f, ok := flags[name]; ok {
			*f = v == "true" || v == "1"
			continue
		}
		switch name {
		case "password":
			err = e.setPassword(r, o, v)
		case "connectionlimit":
			n, bad := strconv.Atoi(v)
			if bad != nil || n < -1 {
				return g, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid connection limit: %s", v)
			}
			r.ConnLimit = n
		case "validuntil":
			_, err = types.ParseText(types.Of(types.TimestamptzOID), v, e.options().Format)
			r.ValidUntil = v
		case "sysid":
			e.notice("00000", "SYSID can no longer be specified")
		case "addroleto":
			g.in = o.List
		case "rolemembers":
			g.members = o.List
		case "adminmembers":
			g.admins = o.List
		default:
			return g, pgerr.NotSupported(int(o.Pos), "role option %q is not supported", o.Name)
		}
		if err != nil {
			return g, err
		}
	}
	return g, nil
}

func (e *Env) setPassword(r *catalog.Role, o *ast.Option, v string) error {
	if o.Value == nil || isNull(o) {
		r.Password = ""
		return nil
	}
	hash, err := e.HashPassword(r.Name, v)
	if err == nil && hash == "" {
		e.notice("00000", "empty string is not a valid password, clearing password")
	}
	r.Password = hash
	return err
}
