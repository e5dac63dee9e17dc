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
	c.fail(nil, "%s is not supported", c.statementName(n))
	return nil
}

// statementName is what a statement is called: by its first words in the text, or else by its type in
// the library, CREATE PLACEMENT POLICY for CreatePlacementPolicyStmt.
func (c *conv) statementName(n tast.StmtNode) string {
	switch n.(type) {
	case *tast.ProcedureInfo:
		return "CREATE PROCEDURE"
	case *tast.NonTransactionalDMLStmt:
		return "BATCH"
	}
	if name := unsupportedAt(c.src, int(c.stmtPos)); name != "" {
		return name
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
