package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// roleStmt converts CREATE, ALTER and DROP ROLE; nil when n is something else.
func (c *conv) roleStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_CreateRoleStmt:
		s := v.CreateRoleStmt
		return &ast.RoleStmt{At: c.here(), Action: "CREATE", Names: []string{s.Role},
			User: s.StmtType == pgast.RoleStmtType_ROLESTMT_USER, Options: c.options(s.Options)}
	case *pgast.Node_AlterRoleStmt:
		s := v.AlterRoleStmt
		if isMembership(s.Options) {
			return &ast.RoleStmt{At: c.here(), Action: "ALTER", Names: []string{c.role(s.Role)},
				Members: c.options(s.Options)[0].List, Leave: s.Action < 0}
		}
		return &ast.RoleStmt{At: c.here(), Action: "ALTER", Names: []string{c.role(s.Role)}, Options: c.options(s.Options)}
	case *pgast.Node_AlterRoleSetStmt:
		s := v.AlterRoleSetStmt
		out := &ast.RoleStmt{At: c.here(), Action: "ALTER", Set: c.set(s.Setstmt), Database: s.Database}
		if s.Role != nil { // nil: ALTER ROLE ALL SET
			out.Names = []string{c.role(s.Role)}
		}
		return out
	case *pgast.Node_AlterDatabaseSetStmt:
		s := v.AlterDatabaseSetStmt
		return &ast.AlterDatabase{At: c.here(), Name: s.Dbname, Set: c.set(s.Setstmt)}
	case *pgast.Node_AlterDatabaseStmt:
		s := v.AlterDatabaseStmt
		return &ast.AlterDatabase{At: c.here(), Name: s.Dbname, Options: c.options(s.Options)}
	case *pgast.Node_AlterDatabaseRefreshCollStmt:
		return &ast.AlterDatabase{At: c.here(), Name: v.AlterDatabaseRefreshCollStmt.Dbname, Refresh: true}
	case *pgast.Node_DropRoleStmt:
		s := v.DropRoleStmt
		return &ast.RoleStmt{At: c.here(), Action: "DROP", Names: c.roles(s.Roles), IfExists: s.MissingOk}
	}
	return nil
}

// isMembership reports ALTER GROUP … ADD USER, whose one option is the members.
func isMembership(list []*pgast.Node) bool {
	return len(list) == 1 && list[0].GetDefElem().GetDefname() == "rolemembers"
}
