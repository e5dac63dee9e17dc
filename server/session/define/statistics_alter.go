package define

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// statistics finds a statistics object with its table.
func (e *Env) statistics(n *ast.QName) (t *catalog.Table, x *catalog.ExtStatistics, err error) {
	err = e.find(n, func(s catalog.ID) bool { t, x = e.Catalog.ExtStatistics(s, n.Name); return x != nil })
	if pgerr.Code(err) == pgerrcode.UndefinedTable {
		err = pgerr.Newf(pgerrcode.UndefinedObject, "statistics object \"%s\" does not exist", dotted(n))
	}
	return t, x, err
}

// ownStatistics is statistics for one that the user may change; who may not is told its
// name, by itself or as it was written.
func (e *Env) ownStatistics(n *ast.QName, alone bool) (*catalog.Table, *catalog.ExtStatistics, error) {
	t, x, err := e.statistics(n)
	if err == nil && !e.Super && !e.Catalog.Owns(e.Owner, x.Owner) {
		name := dotted(n)
		if alone {
			name = x.Name
		}
		err = notOwner("statistics object", name)
	}
	return t, x, err
}

// changeStatistics stores a changed copy of an object.
func (e *Env) changeStatistics(ctx context.Context, t *catalog.Table, x *catalog.ExtStatistics, change func(*catalog.ExtStatistics)) error {
	e.change(ctx)
	return e.changeTable(ctx, t.ID, func(c *catalog.Table) error {
		for i, old := range c.ExtStatistics {
			if old.ID == x.ID {
				n := *old
				change(&n)
				c.ExtStatistics[i] = &n
			}
		}
		return nil
	})
}

// alterStatistics is ALTER STATISTICS … SET STATISTICS.
func (e *Env) alterStatistics(ctx context.Context, st *ast.AlterStatistics) error {
	target, err := e.statTarget(&ast.AlterCmd{Expr: &ast.Lit{Kind: ast.LitInt, Int: st.Target}})
	if err != nil {
		return err
	}
	t, x, err := e.statistics(&st.Name)
	if err != nil {
		if st.IfExists && missing(err) {
			e.notice("00000", "statistics object \"%s\" does not exist, skipping", dotted(&st.Name))
			return nil
		}
		return err
	}
	if !e.Super && !e.Catalog.Owns(e.Owner, x.Owner) {
		return notOwner("statistics object", dotted(&st.Name))
	}
	return e.changeStatistics(ctx, t, x, func(n *catalog.ExtStatistics) { n.Target = target })
}

// renameStatistics is ALTER STATISTICS … RENAME.
func (e *Env) renameStatistics(ctx context.Context, st *ast.Rename) error {
	t, x, err := e.ownStatistics(&st.Name, true)
	if err != nil {
		return err
	}
	if err := e.freeStatistics(x.Schema, st.New); err != nil {
		return err
	}
	return e.changeStatistics(ctx, t, x, func(n *catalog.ExtStatistics) { n.Name = st.New })
}

func (e *Env) freeStatistics(schema catalog.ID, name string) error {
	if _, old := e.Catalog.ExtStatistics(schema, name); old != nil {
		return pgerr.Newf(pgerrcode.DuplicateObject, "statistics object %q already exists in schema %q", name, e.Catalog.SchemaName(schema))
	}
	return nil
}

// moveStatistics is ALTER STATISTICS … SET SCHEMA.
func (e *Env) moveStatistics(ctx context.Context, st *ast.AlterSchema) error {
	t, x, err := e.statistics(&st.Name)
	if err != nil {
		return err
	}
	to, err := e.newHome(st.Schema)
	if err == nil {
		err = e.mayCreateIn(to)
	}
	switch {
	case err != nil:
		return err
	case to.ID == x.Schema:
		return nil
	case !e.Super && !e.Catalog.Owns(e.Owner, x.Owner):
		return notOwner("statistics object", x.Name)
	}
	if err := e.freeStatistics(to.ID, x.Name); err != nil {
		return err
	}
	return e.changeStatistics(ctx, t, x, func(n *catalog.ExtStatistics) { n.Schema = to.ID })
}

// statisticsOwner is ALTER STATISTICS … OWNER TO.
func (e *Env) statisticsOwner(ctx context.Context, st *ast.AlterOwner, to *catalog.Role) error {
	t, x, err := e.statistics(&st.Name)
	switch {
	case err != nil:
		return err
	case x.Owner == to.ID:
		return nil
	}
	if err := e.mayOwn(x.Owner, to, "statistics object", x.Name, x.Schema); err != nil {
		return err
	}
	return e.changeStatistics(ctx, t, x, func(n *catalog.ExtStatistics) { n.Owner = to.ID })
}

// dropStatistics finds the object that DROP STATISTICS names.
func (e *Env) dropStatistics(n *ast.QName) (*object, error) {
	t, x, err := e.statistics(n)
	if err != nil {
		return nil, err
	}
	return &object{kind: statisticsObject, id: t.ID, part: x.ID}, nil
}

// statisticsOf are the objects that go with a table (attr 0), or with one of its columns.
func (e *Env) statisticsOf(t *catalog.Table, attr int16) (out []dependent) {
	for _, x := range t.ExtStatistics {
		if attr == 0 || slices.Contains(x.Attrs, attr) || slices.ContainsFunc(x.Exprs, func(text string) bool { return e.mentions(t, text, attr) }) {
			out = append(out, dependent{object: object{kind: statisticsObject, id: t.ID, part: x.ID}, order: x.ID, auto: true})
		}
	}
	return out
}

func statisticsByID(t *catalog.Table, id catalog.ID) *catalog.ExtStatistics {
	for _, x := range t.ExtStatistics {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// describeStatistics names an object as messages do.
func (e *Env) describeStatistics(x *catalog.ExtStatistics) string {
	for _, p := range e.Path {
		s, ok := e.Catalog.Schema(p)
		if !ok {
			continue
		}
		if s.ID == x.Schema {
			return "statistics object " + ast.QuoteIdent(x.Name)
		}
		if _, other := e.Catalog.ExtStatistics(s.ID, x.Name); other != nil {
			break
		}
	}
	return "statistics object " + ast.QuoteIdent(e.Catalog.SchemaName(x.Schema)) + "." + ast.QuoteIdent(x.Name)
}

// commentStatistics is COMMENT ON STATISTICS.
func (e *Env) commentStatistics(st *ast.Comment, text string) error {
	t, x, err := e.statistics(&st.Name)
	if err != nil {
		return err
	}
	n := copyTable(t)
	c := *x
	c.Comment = text
	n.ExtStatistics[slices.Index(n.ExtStatistics, x)] = &c
	return e.putTable(n)
}

// retypedStatistics makes the objects over a column with another type anew.
func (e *Env) retypedStatistics(t *catalog.Table, c *catalog.Column) error {
	for i, x := range t.ExtStatistics {
		n := *x
		n.Attrs, n.Exprs = nil, nil
		for _, a := range x.Attrs {
			if err := statColumn(t, t.Columns[a-1].Name, &n); err != nil {
				return err
			}
		}
		for _, text := range x.Exprs {
			if !e.mentions(t, text, c.Num) {
				n.Exprs = append(n.Exprs, text)
				continue
			}
			list, err := e.Parser.Parse("SELECT " + text)
			if err != nil || len(list) != 1 {
				return err
			}
			if err := e.statExpression(t, list[0].Stmt.(*ast.Select).Targets[0].Expr, &n, len(x.Attrs)+len(x.Exprs)); err != nil {
				return placeless(err)
			}
		}
		t.ExtStatistics[i] = &n
	}
	return nil
}

// forgetStats removes what ANALYZE found of a column and of the statistics objects over it.
func (e *Env) forgetStats(t *catalog.Table, attr int16) error {
	old := e.Catalog.Stats(t.ID)
	if old == nil {
		return nil
	}
	objects := e.statisticsOf(t, attr)
	without := func(old *catalog.TableStats) *catalog.TableStats {
		n := *old
		n.Columns, n.Ext = maps.Clone(old.Columns), maps.Clone(old.Ext)
		delete(n.Columns, attr)
		for _, x := range objects {
			delete(n.Ext, x.part)
		}
		return &n
	}
	n := without(old)
	if n.Whole != nil {
		n.Whole = without(n.Whole)
	}
	return e.edit.PutStats(t.ID, n)
}
