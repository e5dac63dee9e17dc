package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A statement that writes a view with a trigger INSTEAD OF its event reads rows of the
// view, and its writer gives them to the trigger: the view is the target as a table is,
// only that its rows have no number.

// writeEvents are the events of statements that write, by their verbs in errors.
var writeEvents = map[string]catalog.TriggerKind{"insert into": catalog.TriggerInsert, "update": catalog.TriggerUpdate, "delete from": catalog.TriggerDelete}

// insteadOf reports a view with a trigger instead of the event.
func insteadOf(t *catalog.Table, event catalog.TriggerKind) bool {
	return t != nil && t.Kind == catalog.KindView && event != 0 && t.HasTrigger(catalog.TriggerInstead|event)
}

// insteadSource is targetSource of a view whose triggers write.
func (b *binder) insteadSource(t *catalog.Table, via writtenView, ref *ast.TableRef) (*source, []*nsItem, error) {
	read := ref
	if via != nil {
		read = &ast.TableRef{At: ref.At, Alias: &ast.Alias{Name: t.Name}}
		if a := via[len(via)-1].ref.Alias; a != nil {
			read.Alias.Name = a.Name
		}
	}
	var tree logical.Node
	var items []*nsItem
	err := b.asOwner(t, func() (err error) {
		tree, items, err = b.view(&scope{}, b.lookup(b.o.Catalog.SchemaName(t.Schema), t.Name), read)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	it := items[0]
	p := &logical.Project{Input: tree}
	add := func(name string, e expr.Expr) logical.ColID {
		id := b.meta.Add(logical.ColInfo{Name: name, Rel: it.name, T: e.Type()})
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, id)
		return id
	}
	src := &source{tree: p, rel: it.rel, rowID: add("rowid", &expr.Const{T: types.Of(types.Int8OID), D: types.Int(0)})}
	for i := range it.cols {
		c := &it.cols[i]
		id := add(c.name, c.e)
		src.old, c.e = append(src.old, id), b.meta.Column(id)
	}
	if via == nil {
		b.readAs(it, t)
		return src, items, nil
	}
	shown, conds, err := b.target(via, it, t, ref)
	if err != nil {
		return nil, nil, err
	}
	if conds != nil {
		src.tree = &logical.Filter{Input: src.tree, Conds: conds}
	}
	return src, []*nsItem{shown}, nil
}
