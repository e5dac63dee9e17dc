package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// MySQL's INSERT … SELECT … ON DUPLICATE KEY UPDATE reads, beside the row that is there and the
// one proposed, the columns of the query's FROM clause, whether or not the query gives them.

// sourceItems are the names that the assignments of ON DUPLICATE KEY UPDATE know of the query.
func (in *insertion) sourceItems() []*nsItem {
	if !in.x.OnConflict.AnyKey || insteadOf(in.table, catalog.TriggerInsert) {
		return nil
	}
	return in.from
}

// readSource makes the rows of an INSERT bring the columns of its query that the assignments
// of its conflict clause read.
func (b *binder) readSource(n *logical.Insert, items []*nsItem) error {
	if len(items) == 0 {
		return nil
	}
	c := n.OnConflict
	from, read := &logical.ColSet{}, &logical.ColSet{}
	for _, it := range items {
		for _, col := range slices.Concat(it.cols, it.hidden) {
			from.AddExpr(col.e)
		}
	}
	for _, e := range c.Values {
		read.AddExpr(e)
	}
	for id := range read.All() {
		if !from.Has(id) {
			continue
		}
		if !b.carry(n.Input, id) {
			return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "ON DUPLICATE KEY UPDATE of column \"%s\", which the query has no single value of, is not supported",
				b.meta.Cols[id].Name)
		}
		c.Source = append(c.Source, id)
	}
	n.InCols = slices.Concat(n.InCols, c.Source)
	return nil
}

// carry makes the projections above the node that has a column hand it on; false where
// something else is between, as DISTINCT, which one column more would change.
func (b *binder) carry(n logical.Node, id logical.ColID) bool {
	if slices.Contains(n.Cols(), id) {
		return true
	}
	p := topProject(n)
	if p == nil || !b.carry(p.Input, id) {
		return false
	}
	p.Exprs, p.Out = append(slices.Clip(p.Exprs), expr.Expr(b.meta.Column(id))), append(slices.Clip(p.Out), id)
	return true
}
