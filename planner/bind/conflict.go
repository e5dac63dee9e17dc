package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
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

// inferArbiters finds the unique indexes whose keys are exactly the target's.
func (b *binder) inferArbiters(t *catalog.Table, alias string, x *ast.OnConflict) ([]*catalog.Index, error) {
	var attrs []int16
	var exprs []expr.Expr
	named := t
	if alias != "" && alias != t.Name {
		renamed := *t
		renamed.Name, named = alias, &renamed
	}
	for i := range x.Target {
		e := &x.Target[i]
		if e.Expr == nil {
			c := t.ColumnByName(e.Column)
			if c == nil {
				s := &scope{items: []*nsItem{b.rowItem(t, alias)}}
				if x.DoUpdate {
					s.items = append(s.items, b.rowItem(t, "excluded"))
				}
				return nil, b.columnHint(s, "", e.Column, errAt(x.TargetAt, pgerrcode.UndefinedColumn, "column \"%s\" does not exist", e.Column))
			}
			if !slices.Contains(attrs, c.Num) {
				attrs = append(attrs, c.Num)
			}
			continue
		}
		k, err := Scalar(e.Expr, named, IndexKey, types.T{}, "", b.o)
		if err != nil {
			return nil, err
		}
		if c, ok := k.(*expr.Column); ok {
			if a := int16(c.Index + 1); !slices.Contains(attrs, a) {
				attrs = append(attrs, a)
			}
		} else if !slices.ContainsFunc(exprs, func(e expr.Expr) bool { return logical.Same(e, k) }) {
			exprs = append(exprs, k)
		}
	}
	var pred expr.Expr
	if x.Where != nil {
		p, err := Scalar(x.Where, named, IndexPred, types.Of(types.BoolOID), "", b.o)
		if err != nil {
			return nil, err
		}
		pred = p
	}
	var out []*catalog.Index
	for _, i := range t.Indexes {
		ok, err := b.arbiterMatches(t, i, attrs, exprs, pred)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, i)
		}
	}
	if out == nil {
		return nil, pgerr.New(pgerrcode.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return out, nil
}

func (b *binder) arbiterMatches(t *catalog.Table, i *catalog.Index, attrs []int16, exprs []expr.Expr, pred expr.Expr) (bool, error) {
	if !i.Unique || !i.Valid || i.IsVector() {
		return false, nil
	}
	w, err := IndexWrite(t, i, b.o)
	if err != nil {
		return false, err
	}
	nAttr, nExpr := 0, 0
	for _, k := range w.Keys {
		if call, ok := k.(*expr.Call); ok && call.Fn == builtin.CollationKey {
			k = call.Args[0] // the key of a nondeterministic collation
		}
		if c, ok := k.(*expr.Column); ok {
			if !slices.Contains(attrs, int16(c.Index+1)) {
				return false, nil
			}
			nAttr++
			continue
		}
		if !slices.ContainsFunc(exprs, func(e expr.Expr) bool { return logical.Same(e, k) }) {
			return false, nil
		}
		nExpr++
	}
	if nAttr != len(attrs) || nExpr != len(exprs) {
		return false, nil
	}
	return w.Where == nil || pred != nil && Implies(logical.Conjuncts(nil, pred), w.Where), nil
}
