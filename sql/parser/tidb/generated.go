package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// generated is the expression of a generated column. MySQL's may read those before it, which
// none may in PostgreSQL: their own expressions stand in their places, as values of their types. Those of columns that the table
// has already are found when the expression is bound (ast.Stored).
func (c *conv) generated(p *tableParts, name string, n tast.ExprNode, typ ast.TypeName) ast.Expr {
	outer := c.assigned
	c.assigned = p.generated
	c.adding = p.adding
	e := extracted(c.expr(n), typ.Name.Name)
	c.assigned, c.adding = outer, false
	if p.generated == nil {
		p.generated = map[string]ast.Expr{}
	}
	p.generated[name] = cast(e, typ)
	return e
}
