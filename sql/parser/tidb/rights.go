package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/auth"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/loxodb/loxodb/sql/ast"
)

// Users are roles: 'app'@'%' is the role app, from whatever host it comes, as a role has no
// hosts. Privileges on a database are those on its schema and on the tables in it, also on
// those that the granting role makes there later. To alter or drop a table goes with owning
// it, so those privileges, and those about stored programs, give nothing.

// rightsStmt converts what is about users and privileges; nil when n is something else.
func (c *conv) rightsStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.CreateUserStmt:
		return c.createUsers(v)
	case *tast.AlterUserStmt:
		return c.alterUsers(v)
	case *tast.DropUserStmt:
		names := c.users(v.UserList)
		return c.block("DROP ROLE", &ast.DropOwned{At: c.here(), Roles: names, Privileges: true},
			&ast.RoleStmt{At: c.here(), Action: "DROP", IfExists: v.IfExists, Names: names})
	case *tast.RenameUserStmt:
		var list []ast.Stmt
		for _, u := range v.UserToUsers {
			list = append(list, &ast.Rename{At: c.here(), Kind: ast.ObjRole, Name: ast.QName{At: placeless, Name: c.user(u.OldUser)}, New: c.user(u.NewUser)})
		}
		return c.block("RENAME USER", list...)
	case *tast.SetPwdStmt:
		return &ast.RoleStmt{At: c.here(), Action: "ALTER", Names: []string{c.user(v.User)}, Options: []ast.Option{c.password(v.Password)}}
	case *tast.SetRoleStmt:
		if v.SetRoleOpt == tast.SetRoleRegular && len(v.RoleList) == 1 {
			return &ast.Set{At: c.here(), Name: "role", Values: []ast.Expr{text(c.here(), v.RoleList[0].Username)}}
		}
		if v.SetRoleOpt == tast.SetRoleNone {
			return &ast.Set{At: c.here(), Name: "role", Reset: true}
		}
		c.fail(nil, "SET ROLE of anything but one role or NONE is not supported")
	case *tast.GrantRoleStmt:
		return c.memberships(v.Roles, v.Users, false)
	case *tast.RevokeRoleStmt:
		return c.memberships(v.Roles, v.Users, true)
	case *tast.GrantStmt:
		c.limited(v.AuthTokenOrTLSOptions, nil, nil, nil)
		if v.ObjectType > tast.ObjectTypeTable {
			c.fail(nil, "privileges on stored programs are not supported")
		}
		return c.privileges(ast.Grant{At: c.here(), WithOption: v.WithGrant}, v.Privs, v.Level, v.Users)
	case *tast.RevokeStmt:
		if v.ObjectType > tast.ObjectTypeTable {
			c.fail(nil, "privileges on stored programs are not supported")
		}
		return c.privileges(ast.Grant{At: c.here(), Revoke: true}, v.Privs, v.Level, v.Users)
	}
	return nil
}

// user is the role of a user.
func (c *conv) user(u *auth.UserIdentity) string {
	switch {
	case u == nil || u.CurrentUser:
		return "current_user"
	case u.Username == "":
		c.fail(nil, "a user without a name is not supported")
	}
	return u.Username
}

func (c *conv) users(list []*auth.UserIdentity) []string {
	out := make([]string, len(list))
	for i, u := range list {
		out[i] = c.user(u)
	}
	return out
}

func (c *conv) password(s string) ast.Option {
	return ast.Option{At: placeless, Name: "password", Value: text(c.here(), s)}
}

func flag(name string, on bool) ast.Option {
	return ast.Option{At: placeless, Name: name, Value: &ast.Lit{At: placeless, Kind: ast.LitBool, Bool: on}}
}

// createUsers converts CREATE USER and CREATE ROLE.
func (c *conv) createUsers(v *tast.CreateUserStmt) ast.Stmt {
	var list []ast.Stmt
	for _, s := range v.Specs {
		out := &ast.RoleStmt{At: c.here(), Action: "CREATE", User: !v.IsCreateRole, IfNotExists: v.IfNotExists,
			Names: []string{c.user(s.User)}, Options: c.identified(s.AuthOpt)}
		out.Options = append(append(out.Options, c.locked(v.PasswordOrLockOptions)...),
			c.limited(v.AuthTokenOrTLSOptions, v.ResourceOptions, v.ResourceGroupNameOption, v.CommentOrAttributeOption)...)
		list = append(list, out)
	}
	return c.block("CREATE USER", list...)
}

// identified is the password of IDENTIFIED BY.
func (c *conv) identified(o *tast.AuthOption) []ast.Option {
	switch {
	case o == nil || !o.ByAuthString && !o.ByHashString:
		return nil
	case o.ByHashString:
		c.fail(nil, "a password that is given by its hash is not supported")
	}
	return []ast.Option{c.password(o.AuthString)}
}

// locked converts ACCOUNT LOCK and UNLOCK.
func (c *conv) locked(list []*tast.PasswordOrLockOption) (out []ast.Option) {
	for _, o := range list {
		switch o.Type {
		case tast.Lock:
			out = append(out, flag("canlogin", false))
		case tast.Unlock:
			out = append(out, flag("canlogin", true))
		case tast.PasswordExpireDefault, tast.PasswordExpireNever, tast.PasswordHistoryDefault, tast.PasswordReuseDefault, tast.PasswordRequireCurrentDefault:
		case tast.FailedLoginAttempts, tast.PasswordLockTime, tast.PasswordLockTimeUnbounded:
			if o.Count != 0 || o.Type == tast.PasswordLockTimeUnbounded {
				c.failAt("failed_login_attempts", "FAILED_LOGIN_ATTEMPTS and PASSWORD_LOCK_TIME are not supported")
			}
		default:
			c.failAt("password", "the expiry and reuse of passwords are not supported")
		}
	}
	return out
}

// limited converts how many connections a user may have, and refuses what else bounds a user.
func (c *conv) limited(tls []*tast.AuthTokenOrTLSOption, limits []*tast.ResourceOption, group *tast.ResourceGroupNameOption,
	comment *tast.CommentOrAttributeOption) (out []ast.Option) {
	for _, o := range tls {
		if o.Type != tast.TlsNone {
			c.failAt("require", "REQUIRE %s is not supported", o.Type)
		}
	}
	for _, o := range limits {
		switch {
		case o.Type == tast.MaxUserConnections:
			n := o.Count
			if n == 0 {
				n = -1
			}
			out = append(out, ast.Option{At: placeless, Name: "connectionlimit", Value: integer(placeless, n)})
		case o.Count != 0:
			c.failAt("with", "limits of a user's statements are not supported")
		}
	}
	if group != nil && fold(group.Value) != "default" {
		c.failAt("resource group", "RESOURCE GROUP of a user is not supported")
	}
	if comment != nil {
		word := "comment"
		if comment.Type == tast.UserAttributeType {
			word = "attribute"
		}
		c.failAt(word, "%s of a user is not supported", strings.ToUpper(word))
	}
	return out
}

func (c *conv) alterUsers(v *tast.AlterUserStmt) ast.Stmt {
	limits := c.limited(v.AuthTokenOrTLSOptions, v.ResourceOptions, v.ResourceGroupNameOption, v.CommentOrAttributeOption)
	if v.CurrentAuth != nil {
		return &ast.RoleStmt{At: c.here(), Action: "ALTER", Names: []string{"current_user"}, Options: c.identified(v.CurrentAuth)}
	}
	var list []ast.Stmt
	for _, s := range v.Specs {
		list = append(list, &ast.RoleStmt{At: c.here(), Action: "ALTER", IfExists: v.IfExists, Names: []string{c.user(s.User)},
			Options: append(append(c.identified(s.AuthOpt), c.locked(v.PasswordOrLockOptions)...), limits...)})
	}
	return c.block("ALTER USER", list...)
}

func (c *conv) memberships(roles []*auth.RoleIdentity, users []*auth.UserIdentity, revoke bool) ast.Stmt {
	out := &ast.Grant{At: c.here(), Kind: ast.ObjRole, Revoke: revoke, Grantees: c.users(users)}
	for _, r := range roles {
		out.Roles = append(out.Roles, r.Username)
	}
	return out
}

// onTables are the privileges that tables have here.
var onTables = map[mysql.PrivilegeType]string{
	mysql.SelectPriv: "select", mysql.InsertPriv: "insert", mysql.UpdatePriv: "update", mysql.DeletePriv: "delete",
	mysql.ReferencesPriv: "references", mysql.TriggerPriv: "trigger", mysql.DropPriv: "truncate",
}

// toMake are those that let tables and views be made.
var toMake = map[mysql.PrivilegeType]bool{mysql.CreatePriv: true, mysql.CreateViewPriv: true}

// without are those that give nothing: they go with owning a table, with being connected, or
// are about what is not there.
var without = map[mysql.PrivilegeType]bool{
	mysql.UsagePriv: true, mysql.AlterPriv: true, mysql.IndexPriv: true, mysql.ShowViewPriv: true, mysql.CreateTMPTablePriv: true,
	mysql.LockTablesPriv: true, mysql.ExecutePriv: true, mysql.CreateRoutinePriv: true, mysql.AlterRoutinePriv: true, mysql.EventPriv: true,
}

// privileges converts GRANT and REVOKE of privileges, of which g says the rest.
func (c *conv) privileges(g ast.Grant, list []*tast.PrivElem, level *tast.GrantLevel, users []*tast.UserSpec) ast.Stmt {
	tag := "GRANT"
	if g.Revoke {
		tag = "REVOKE"
	}
	for _, u := range users {
		if u.AuthOpt != nil {
			c.fail(nil, "%s with IDENTIFIED is not supported", tag)
		}
		g.Grantees = append(g.Grantees, c.user(u.User))
	}
	creates, all := false, false
	for _, p := range list {
		switch name := onTables[p.Priv]; {
		case p.Priv == mysql.AllPriv:
			all = true
		case name != "":
			g.Privileges = append(g.Privileges, name)
			for len(g.Columns) < len(g.Privileges) && (p.Cols != nil || g.Columns != nil) {
				g.Columns = append(g.Columns, nil)
			}
			for _, col := range p.Cols {
				g.Columns[len(g.Columns)-1] = append(g.Columns[len(g.Columns)-1], col.Name.L)
			}
		case toMake[p.Priv]:
			creates = true
		case p.Priv == mysql.GrantPriv:
			g.WithOption = true
		case !without[p.Priv]:
			c.fail(nil, "privilege %s is not supported", privilegeName(p))
		}
	}
	if all {
		g.Privileges, g.Columns = nil, nil
	}
	given := all || len(g.Privileges) > 0
	switch {
	case level.Level == tast.GrantLevelGlobal && (given || creates || g.WithOption):
		c.fail(nil, "privileges on *.* are not supported")
	case level.Level == tast.GrantLevelGlobal:
		return c.nothing(tag)
	case level.Level == tast.GrantLevelTable:
		return c.onTable(g, level, tag, given)
	}
	return c.onDatabase(g, database(c, level), tag, given, all, all || creates)
}

func privilegeName(p *tast.PrivElem) string {
	if p.Name != "" {
		return strings.ToUpper(p.Name)
	}
	return strings.ToUpper(mysql.Priv2Str[p.Priv])
}

// database is the schema of db.*, in which _ and % may have a backslash before them.
func database(c *conv, l *tast.GrantLevel) string {
	name := strings.NewReplacer(`\_`, "_", `\%`, "\x00").Replace(l.DBName)
	if name == "" || strings.Contains(name, "%") {
		c.fail(nil, "privileges on databases that are not named are not supported")
	}
	return fold(strings.ReplaceAll(name, "\x00", "%"))
}

// onTable is of one table, and of the use of its schema.
func (c *conv) onTable(g ast.Grant, l *tast.GrantLevel, tag string, given bool) ast.Stmt {
	var list []ast.Stmt
	if l.DBName != "" && !g.Revoke {
		list = append(list, c.useOfSchema(g, fold(l.DBName), "usage"))
	}
	if given {
		g.Kind, g.Objects = ast.ObjTable, []ast.QName{{At: placeless, Schema: fold(l.DBName), Name: fold(l.TableName)}}
		list = append(list, &g)
	}
	return c.block(tag, list...)
}

func (c *conv) useOfSchema(g ast.Grant, schema string, privileges ...string) ast.Stmt {
	g.Kind, g.Privileges, g.Columns = ast.ObjSchema, privileges, nil
	g.Objects = []ast.QName{{At: placeless, Name: schema}}
	return &g
}

// onDatabase is of a schema, its tables and sequences, and those to come.
func (c *conv) onDatabase(g ast.Grant, schema, tag string, given, all, creates bool) ast.Stmt {
	var list []ast.Stmt
	var of []string
	if !g.Revoke || all {
		of = append(of, "usage")
	}
	if creates {
		of = append(of, "create")
	}
	if len(of) > 0 {
		list = append(list, c.useOfSchema(g, schema, of...))
	}
	if given {
		if g.Columns != nil {
			c.fail(nil, "privileges on columns of a whole database are not supported")
		}
		now, later := g, g
		now.Kind, now.AllInSchema, now.Objects = ast.ObjTable, true, []ast.QName{{At: placeless, Name: schema}}
		later.Kind = ast.ObjTable
		list = append(list, &now, &ast.AlterDefaults{At: c.here(), Schemas: []string{schema}, Grant: later})
	}
	return c.block(tag, list...)
}

// showGrants lists what a role may do as the statements that would say so.
func (c *conv) showGrants(u *auth.UserIdentity) ast.Stmt {
	const query = `SELECT line FROM (
		SELECT 0 AS n, '' AS o, 'GRANT ' || CASE WHEN rolsuper THEN 'ALL PRIVILEGES' ELSE 'USAGE' END || ' ON *.* TO ' || pg_catalog.quote_literal(rolname) || '@''%%''' ||
			CASE WHEN rolsuper THEN ' WITH GRANT OPTION' ELSE '' END AS line FROM r
		UNION ALL
		SELECT 1, g.table_schema || '.' || g.table_name, 'GRANT ' || pg_catalog.string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) ||
			' ON ' || mysql.quote_name(g.table_schema) || '.' || mysql.quote_name(g.table_name) || ' TO ' || pg_catalog.quote_literal(r.rolname) || '@''%%'''
			FROM r JOIN information_schema.role_table_grants g ON g.grantee = r.rolname WHERE NOT r.rolsuper
			GROUP BY g.table_schema, g.table_name, r.rolname
		UNION ALL
		SELECT 2, b.rolname, 'GRANT ' || pg_catalog.quote_literal(b.rolname) || '@''%%'' TO ' || pg_catalog.quote_literal(r.rolname) || '@''%%'''
			FROM r JOIN pg_catalog.pg_auth_members m ON m.member = r.oid JOIN pg_catalog.pg_roles b ON b.oid = m.roleid
		) l ORDER BY n, o`
	with := `WITH r AS (SELECT oid, rolname::text AS rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = `
	var out *ast.Select
	head := "Grants for "
	if u == nil || u.CurrentUser {
		out = c.sqlText(with + `current_user) ` + query)
		out.Targets[0].Heading = &ast.Heading{User: true, After: "@%"}
	} else {
		out = c.sqlText(with+`%s) `+query, u.Username)
		head += u.Username + "@%"
	}
	out.Targets[0].Name = head
	return out
}
