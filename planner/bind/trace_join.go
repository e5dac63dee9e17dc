package bind

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// EndInJoin is how many columns of a traced query's join, whose columns have aliases, stand
// before the end of those of a relation in it; -1 where what the join merges hides that.
func (t *Trace) EndInJoin(q ast.Stmt, join *ast.Alias, r *ast.TableRef) int {
	all, of := t.aliased[join], t.itemOf(r)
	if all == nil || of == nil {
		return -1
	}
	var using []string
	ast.Walk(q, func(n ast.Node) bool {
		if j, ok := n.(*ast.Join); ok && j.Alias == join {
			using = usedIn(j)
		}
		return true
	})
	at := -1
	for i := range all.cols {
		for k := range of.cols {
			if sameColumn(all.cols[i].e, of.cols[k].e) && !slices.Contains(using, of.cols[k].name) {
				at = i + 1
			}
		}
	}
	return at
}

// PlaceInJoin is where the columns of such a join have the one that is at a place among a
// relation's; -1 if they do not have it.
func (t *Trace) PlaceInJoin(join *ast.Alias, r *ast.TableRef, at int) int {
	all, of := t.aliased[join], t.itemOf(r)
	if all == nil || of == nil || at >= len(of.cols) {
		return -1
	}
	return slices.IndexFunc(all.cols, func(c nsCol) bool { return sameColumn(c.e, of.cols[at].e) })
}

// itemOf is what a relation in FROM was bound to.
func (t *Trace) itemOf(r *ast.TableRef) *nsItem {
	for it, from := range t.froms {
		if from == ast.TableExpr(r) {
			return it
		}
	}
	return nil
}

// usedIn are the names that a join and those in it merge columns by.
func usedIn(x ast.TableExpr) []string {
	j, ok := x.(*ast.Join)
	if !ok {
		return nil
	}
	return slices.Concat(j.Using, usedIn(j.Left), usedIn(j.Right))
}

func sameColumn(a, b expr.Expr) bool {
	x, ok := a.(*expr.Column)
	y, both := b.(*expr.Column)
	return ok && both && x.Index == y.Index
}
