package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// definitions converts the attributes of an object that is defined.
func (c *conv) definitions(list []*pgast.Node) []ast.Definition {
	out := make([]ast.Definition, 0, len(list))
	for _, n := range list {
		e := n.GetDefElem()
		if e == nil {
			c.fail(-1, "unexpected %s in a definition", nodeName(n))
		}
		d := ast.Definition{At: at(e.Location), Name: e.Defname}
		switch v := e.Arg.GetNode().(type) {
		case nil:
		case *pgast.Node_TypeName:
			t := c.typeName(v.TypeName)
			d.Type = &t
		case *pgast.Node_List:
			d.Op = c.qnamePtr(v.List.Items, e.Location)
		default:
			d.Value = c.litOf(e.Arg, e.Location)
		}
		out = append(out, d)
	}
	return out
}
