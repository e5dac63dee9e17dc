package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MadeTypes reports that an expression has values of types that users or extensions made,
// or of arrays over them.
func MadeTypes(x expr.Expr) bool {
	made := false
	logical.Walk(x, func(n expr.Expr) bool {
		t := n.Type()
		made = made || t.OID >= types.VectorOID || t.Elem().OID >= types.VectorOID
		return !made
	})
	return made
}

// StatisticsExprs binds the expressions of a table's statistics objects, by their numbers.
func StatisticsExprs(t *catalog.Table, o Options) (map[catalog.ID][]expr.Expr, error) {
	out := map[catalog.ID][]expr.Expr{}
	for _, x := range t.ExtStatistics {
		for _, text := range x.Exprs {
			e, err := storedScalar(text, t, Statistic, types.T{}, "", o)
			if err != nil {
				return nil, err
			}
			out[x.ID] = append(out[x.ID], e)
		}
	}
	return out, nil
}
