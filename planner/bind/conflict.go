package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// onConflict binds ON CONFLICT.
func (b *binder) onConflict(in *insertion, n *logical.Insert) error {
	x := in.x.OnConflict
	if x == nil {
		return nil
	}
	c := &logical.OnConflict{DoUpdate: x.DoUpdate, AnyKey: x.AnyKey, Replace: x.Replace}
	n.OnConflict = c
	var err error
	switch {
	case x.Constraint != "":
		c.Arbiters, err = namedArbiter(in.table, x)
	case len(x.Target) > 0:
		c.Arbiters, err = b.inferArbiters(in.table, n.Alias, in.via.conflict(x))
		if pgerr.Code(err) == pgerrcode.InvalidColumnReference { // it is found when all else is bound
			in.noArbiter, err = err, nil
		}
	case x.DoUpdate && !x.AnyKey:
		return errAt(x.Pos, pgerrcode.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name).")
	}
	if err != nil || !x.DoUpdate {
		if len(c.Arbiters) > 0 {
			b.readKeys(b.useWrite(in.table, in.via, 0, nil, nil), c.Arbiters)
		}
		return err
	}
	old, excluded := b.newRow(in.table, n.Alias), b.newRow(in.table, "excluded")
	c.Existing, c.Excluded = old.ids, excluded.ids
	use := b.useWrite(in.table, in.via, catalog.PrivUpdate, nil, nil)
	b.usedBy(use, old.ids)
	if in.via == nil { // of a view, that is read as such
		b.usedBy(use, excluded.ids)
	}
	b.readKeys(use, c.Arbiters)
	oldItem, _, err := b.target(in.via, old.item, in.table, &in.x.Table)
	if err != nil {
		return err
	}
	newItem, _, err := b.expose(in.via, excluded.item, "excluded")
	if err != nil {
		return err
	}
	set, err := in.via.assigned(x.Set, "insert into")
	if err != nil {
		return err
	}
	s := &scope{parent: in.s, in: inUpdateSet, items: []*nsItem{oldItem, newItem}}
	b.traceItems(s.items)
	if x.AnyKey { // in MySQL VALUES() reads the columns of the proposed row, which need not have a name
		newItem.colsVisible = false
		s.items = append(s.items, in.sourceItems()...)
		if p := in.x.Proposed; p != nil {
			if p.Name == newItem.name {
				s.items = []*nsItem{oldItem}
			}
			s.items = append(s.items, in.proposed(newItem))
		}
	}
	if c.Set, c.Values, err = b.assignments(s, in.table, in.via, old.ids, set); err != nil {
		return err
	}
	if err := b.readSource(n, in.sourceItems()); err != nil {
		return err
	}
	b.written(use, in.via, x.Set, c.Set)
	if c.Set, c.Values, err = b.onUpdate(in.table, old.ids, c.Set, c.Values); err != nil {
		return err
	}
	if x.SetWhere != nil {
		s.in = inWhere
		if c.Where, err = b.condition(s, x.SetWhere, "WHERE"); err != nil {
			return err
		}
	}
	return nil
}

// alias is what the table is called by the statement, or by the last of the views that it is
// written through.
func (w writtenView) alias(own string, t *catalog.Table) string {
	if w == nil {
		return own
	}
	return aliasOf(w[len(w)-1].ref, t)
}

// conflict is ON CONFLICT's target in the names of the table's columns.
func (w writtenView) conflict(x *ast.OnConflict) *ast.OnConflict {
	if w == nil {
		return x
	}
	c := *x
	c.Target = slices.Clone(x.Target)
	for i := range c.Target {
		if base := w.column(c.Target[i].Column); base != "" {
			c.Target[i].Column = base
		}
	}
	return &c
}

func namedArbiter(t *catalog.Table, x *ast.OnConflict) ([]*catalog.Index, error) {
	for _, c := range t.Constraints {
		if c.Name != x.Constraint {
			continue
		}
		i := t.Index(c.Index)
		if c.Kind == catalog.ExcludeConstraint && x.DoUpdate {
			return nil, pgerr.New(pgerrcode.WrongObjectType, "ON CONFLICT DO UPDATE not supported with exclusion constraints")
		}
		if (c.Kind != catalog.PrimaryConstraint && c.Kind != catalog.UniqueConstraint && c.Kind != catalog.ExcludeConstraint) || i == nil {
			return nil, pgerr.New(pgerrcode.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
		}
		return []*catalog.Index{i}, nil
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", x.Constraint, t.Name)
}
