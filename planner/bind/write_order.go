package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
)

// inOrder sorts the rows that MySQL's UPDATE or DELETE changes: it goes by them one by one, so
// that the order says which of several rows gets a key first, and which come under a LIMIT.
func (b *binder) inOrder(s *scope, tree logical.Node, order []ast.SortBy) (logical.Node, error) {
	if len(order) == 0 {
		return tree, nil
	}
	sorted := &logical.Sort{}
	p := &logical.Project{Input: tree, HandsOn: true}
	for _, c := range tree.Cols() {
		p.Exprs, p.Out = append(p.Exprs, b.meta.Column(c)), append(p.Out, c)
	}
	err := b.within(s, inOrderBy, false, false, func() error {
		for i := range order {
			o := &order[i]
			e, err := b.value(s, o.Expr)
			if err != nil {
				return err
			}
			if o.Places {
				if place := b.sortPlace(e); place != nil {
					e = place
				}
			}
			id := b.meta.Add(logical.ColInfo{Name: figureName(o.Expr), T: e.Type()})
			p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, id)
			k, err := b.sortKey(b.meta.Column(id), o)
			if err != nil {
				return err
			}
			if o.Places && !o.Desc && isDistance(e) {
				k.NullsFirst = false
			}
			sorted.Keys = append(sorted.Keys, k)
		}
		return nil
	})
	sorted.Input = p
	return sorted, err
}
