package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// stmt converts a whole statement.
func (c *conv) stmt(n tast.StmtNode) ast.Stmt {
	for _, family := range []func(tast.StmtNode) ast.Stmt{
		c.dmlStmt, c.sessionStmt, c.createStmt, c.alterStmt, c.objectStmt, c.sequenceStmt, c.showStmt, c.rightsStmt,
	} {
		if s := family(n); s != nil {
			return s
		}
	}
	c.fail(nil, "%s is not supported", statementName(n))
	return nil
}

// statementName is what a statement of the library is called: CREATE USER for
// CreateUserStmt.
func statementName(n tast.StmtNode) string {
	if _, ok := n.(*tast.ProcedureInfo); ok {
		return "CREATE PROCEDURE"
	}
	name := strings.TrimSuffix(nodeName(n), "Stmt")
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
