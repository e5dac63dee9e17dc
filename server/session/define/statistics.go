package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// maxStatColumns is how many columns and expressions a statistics object has at most.
const maxStatColumns = 8

// createStatistics is CREATE STATISTICS. Errors come in PostgreSQL's order: the relation's
// name, the expressions, the rights, the object's name, its columns, its kinds.
func (e *Env) createStatistics(ctx context.Context, st *ast.CreateStatistics) error {
	ref, ok := st.From[0].(*ast.TableRef)
	if !ok {
		return pgerr.New(pgerrcode.FeatureNotSupported, "CREATE STATISTICS only supports relation names in the FROM clause")
	}
	t, err := e.statisticsTable(st, ref)
	if err != nil {
		return err
	}
	s, err := e.target(ctx, &st.Name, permanent)
	switch {
	case err != nil:
		return placeless(err)
	case s.Temp:
		return pgerr.NotSupported(int(st.Name.Pos), "statistics objects in the temporary schema are not supported")
	}
	if _, old := e.Catalog.ExtStatistics(s.ID, st.Name.Name); old != nil {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "statistics object %q already exists, skipping", st.Name.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "statistics object %q already exists", st.Name.Name)
	}
	x := &catalog.ExtStatistics{Name: st.Name.Name, Schema: s.ID, Owner: e.Owner}
	if err := e.statisticsParts(t, st, x); err != nil {
		return err
	}
	if x.ID, err = e.change(ctx).NewID(ctx); err != nil {
		return err
	}
	return e.changeTable(ctx, t.ID, func(c *catalog.Table) error {
		c.ExtStatistics = append(c.ExtStatistics, x)
		return nil
	})
}

// statisticsTable finds the table, looks at the expressions and asks for the rights.
func (e *Env) statisticsTable(st *ast.CreateStatistics, ref *ast.TableRef) (*catalog.Table, error) {
	if bind.IsSystemRelation(&ref.Name) {
		return nil, systemCatalog(ref.Name.Name)
	}
	t, err := e.table(&ref.Name)
	if err != nil {
		if o := e.other(&ref.Name); o != nil && pgerr.Code(err) == pgerrcode.UndefinedTable {
			return nil, unsupported("cannot define statistics for", o.name, o.plural)
		}
		return nil, err
	}
	for i := range st.Elems {
		if x := st.Elems[i].Expr; x != nil && !namesSystemColumn(x, t) {
			if _, err := bind.Scalar(x, t, bind.Statistic, types.T{}, "", e.options()); err != nil {
				return nil, err
			}
		}
	}
	if len(st.From) > 1 {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "only a single relation is allowed in CREATE STATISTICS")
	}
	switch {
	case t.Kind == catalog.KindView:
		return nil, unsupported("cannot define statistics for", t.Name, "views")
	case t.Kind == catalog.KindComposite:
		return nil, unsupported("cannot define statistics for", t.Name, "composite types")
	case !e.Super && !e.Catalog.Owns(e.Owner, t.Owner):
		return nil, notOwner(relationWord(t), t.Name)
	}
	return t, nil
}

// statisticsParts fills in what the object is about.
func (e *Env) statisticsParts(t *catalog.Table, st *ast.CreateStatistics, x *catalog.ExtStatistics) error {
	n := len(st.Elems)
	if n > maxStatColumns {
		return pgerr.Newf(pgerrcode.TooManyColumns, "cannot have more than %d columns in statistics", maxStatColumns)
	}
	for i := range st.Elems {
		var err error
		if el := &st.Elems[i]; el.Expr == nil {
			err = statColumn(t, el.Column, x)
		} else if namesSystemColumn(el.Expr, t) {
			err = errStatSystemColumn()
		} else if column, ok := e.plainColumn(el.Expr, t); ok {
			err = statColumn(t, column, x)
		} else {
			err = e.statExpression(t, el.Expr, x, n)
		}
		if err != nil {
			return err
		}
	}
	if err := statKinds(st, x); err != nil {
		return err
	}
	slices.Sort(x.Attrs)
	if len(slices.Compact(slices.Clone(x.Attrs))) < len(x.Attrs) {
		return pgerr.New(pgerrcode.DuplicateColumn, "duplicate column name in statistics definition")
	}
	for i, text := range x.Exprs {
		if slices.Contains(x.Exprs[:i], text) {
			return pgerr.New(pgerrcode.DuplicateColumn, "duplicate expression in statistics definition")
		}
	}
	return nil
}

// plainColumn is the column that an expression is.
func (e *Env) plainColumn(x ast.Expr, t *catalog.Table) (string, bool) {
	b, err := bind.Scalar(x, t, bind.Statistic, types.T{}, "", e.options())
	if err != nil {
		return "", false
	}
	if _, written := x.(*ast.Collate); written {
		return "", false
	}
	c, ok := b.(*expr.Column)
	if !ok {
		return "", false
	}
	return t.Columns[c.Index].Name, true
}

func statColumn(t *catalog.Table, name string, x *catalog.ExtStatistics) error {
	if isSystemColumn(name) {
		return errStatSystemColumn()
	}
	c := t.ColumnByName(name)
	if c == nil {
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", name)
	}
	if !syscat.Ordered(c.Type.OID) {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "column %q cannot be used in statistics because its type %s has no default btree operator class",
			name, types.FormatType(types.Of(c.Type.OID)))
	}
	x.Attrs = append(x.Attrs, c.Num)
	return nil
}

// namesSystemColumn reports an expression that reads a system column, or the whole row.
func namesSystemColumn(x ast.Expr, t *catalog.Table) (found bool) {
	ast.Walk(x, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 {
			name := ref.Parts[len(ref.Parts)-1]
			found = found || isSystemColumn(name) || t.ColumnByName(name) == nil && name == t.Name
		}
		return !found
	})
	return found
}

func errStatSystemColumn() error {
	return pgerr.New(pgerrcode.FeatureNotSupported, "statistics creation on system columns is not supported")
}

// statExpression adds an expression; of is how many columns and expressions there are.
func (e *Env) statExpression(t *catalog.Table, x ast.Expr, s *catalog.ExtStatistics, of int) error {
	b, err := bind.Scalar(x, t, bind.Statistic, types.T{}, "", e.options())
	if err != nil {
		return err
	}
	if of > 1 && !syscat.Ordered(b.Type().OID) {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "expression cannot be used in multivariate statistics because its type %s has no default btree operator class",
			types.FormatType(types.Of(b.Type().OID)))
	}
	text, err := e.storedText(x, t, bind.Statistic, types.T{}, "")
	if err != nil {
		return err
	}
	s.Exprs = append(s.Exprs, text)
	return e.systemOnly(text, b)
}

// statKindNames are the kinds by name.
var statKindNames = map[string]byte{"ndistinct": 'd', "dependencies": 'f', "mcv": 'm'}

// statKinds sets the kinds: those that are asked for, or all; and that of expressions.
func statKinds(st *ast.CreateStatistics, x *catalog.ExtStatistics) error {
	if len(st.Elems) == 1 && len(x.Exprs) == 1 {
		if st.Kinds != nil {
			return pgerr.New(pgerrcode.FeatureNotSupported, "when building statistics on a single expression, statistics kinds may not be specified")
		}
		x.Kinds = "e"
		return nil
	}
	var asked []byte
	for _, k := range st.Kinds {
		b, ok := statKindNames[k]
		if !ok {
			return pgerr.Newf(pgerrcode.SyntaxError, "unrecognized statistics kind %q", k)
		}
		asked = append(asked, b)
	}
	if len(st.Elems) < 2 {
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "extended statistics require at least 2 columns")
	}
	for _, b := range []byte("dfm") {
		if st.Kinds == nil || slices.Contains(asked, b) {
			x.Kinds += string(b)
		}
	}
	if len(x.Exprs) > 0 {
		x.Kinds += "e"
	}
	return nil
}
