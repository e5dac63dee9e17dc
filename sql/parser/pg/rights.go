package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// rightsStmt converts GRANT and REVOKE, default privileges, policies, and what is done
// with everything that a role owns; nil when n is something else.
func (c *conv) rightsStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_GrantStmt:
		return c.grant(v.GrantStmt)
	case *pgast.Node_GrantRoleStmt:
		return c.grantRole(v.GrantRoleStmt)
	case *pgast.Node_AlterDefaultPrivilegesStmt:
		return c.alterDefaults(v.AlterDefaultPrivilegesStmt)
	case *pgast.Node_ReassignOwnedStmt:
		s := v.ReassignOwnedStmt
		return &ast.ReassignOwned{At: c.here(), Roles: c.roles(s.Roles), To: c.role(s.Newrole)}
	case *pgast.Node_DropOwnedStmt:
		s := v.DropOwnedStmt
		return &ast.DropOwned{At: c.here(), Roles: c.roles(s.Roles), Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
	case *pgast.Node_CreatePolicyStmt:
		s := v.CreatePolicyStmt
		return &ast.Policy{At: c.here(), Name: s.PolicyName, Table: c.relname(s.Table), Restrictive: !s.Permissive,
			Command: s.CmdName, Roles: c.roles(s.Roles), Using: c.expr(s.Qual), Check: c.expr(s.WithCheck)}
	case *pgast.Node_AlterPolicyStmt:
		s := v.AlterPolicyStmt
		out := &ast.Policy{At: c.here(), Alter: true, Name: s.PolicyName, Table: c.relname(s.Table), Using: c.expr(s.Qual), Check: c.expr(s.WithCheck)}
		if len(s.Roles) > 0 {
			out.Roles = c.roles(s.Roles)
		}
		return out
	}
	return nil
}

func (c *conv) grant(s *pgast.GrantStmt) *ast.Grant {
	out := &ast.Grant{At: c.here(), Revoke: !s.IsGrant, Kind: objectKind(s.Objtype),
		AllInSchema: s.Targtype == pgast.GrantTargetType_ACL_TARGET_ALL_IN_SCHEMA,
		Grantees:    c.roles(s.Grantees), WithOption: s.GrantOption,
		Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
	if s.Grantor != nil {
		out.Grantor = c.role(s.Grantor)
	}
	for i, n := range s.Privileges {
		p := n.GetAccessPriv()
		if out.Privileges = append(out.Privileges, p.PrivName); len(p.Cols) == 0 {
			continue
		}
		for len(out.Columns) <= i {
			out.Columns = append(out.Columns, nil)
		}
		for _, col := range p.Cols {
			out.Columns[i] = append(out.Columns[i], c.str(col))
		}
	}
	for _, o := range s.Objects {
		switch v := o.Node.(type) {
		case *pgast.Node_RangeVar:
			out.Objects = append(out.Objects, c.relname(v.RangeVar))
		case *pgast.Node_ObjectWithArgs:
			out.Objects = append(out.Objects, c.qname(v.ObjectWithArgs.Objname, -1))
			out.Args = append(out.Args, c.argTypes(v.ObjectWithArgs))
		default:
			name, ok := c.objectOf(nil, o, "")
			if !ok { // a large object's number
				name = ast.QName{At: c.here(), Name: numberText(o)}
			}
			out.Objects = append(out.Objects, name)
		}
	}
	return out
}

func (c *conv) grantRole(s *pgast.GrantRoleStmt) ast.Stmt {
	out := &ast.Grant{At: c.here(), Revoke: !s.IsGrant, Kind: ast.ObjRole, Grantees: c.roles(s.GranteeRoles),
		Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
	if s.Grantor != nil {
		out.Grantor = c.role(s.Grantor)
	}
	for _, n := range s.GrantedRoles {
		p := n.GetAccessPriv()
		if len(p.Cols) > 0 {
			c.syntax(-1, "column names cannot be included in GRANT/REVOKE ROLE")
		}
		out.Roles = append(out.Roles, p.PrivName)
	}
	for _, o := range s.Opt {
		d := o.GetDefElem()
		if d.Defname != "admin" {
			c.fail(d.Location, "option %s of GRANT is not supported", d.Defname)
		}
		out.WithOption = s.IsGrant == d.Arg.GetBoolean().GetBoolval() || !s.IsGrant
	}
	return out
}

func (c *conv) alterDefaults(s *pgast.AlterDefaultPrivilegesStmt) ast.Stmt {
	out := &ast.AlterDefaults{At: c.here(), Grant: *c.grant(s.Action)}
	for _, n := range s.Options {
		d := n.GetDefElem()
		for _, it := range d.Arg.GetList().GetItems() {
			if r := it.GetRoleSpec(); r != nil {
				out.Roles = append(out.Roles, c.role(r))
			} else {
				out.Schemas = append(out.Schemas, c.str(it))
			}
		}
	}
	return out
}
