package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A statement that writes a view which is a selection of columns and rows of one table,
// perhaps through other such views, writes that table: the view's columns stand for the
// table's, its condition for the rows that can be found (PostgreSQL's automatically
// updatable views).

// viewLevel is a view on the way to a table.
type viewLevel struct {
	view  *catalog.Table
	sel   *ast.Select
	ref   *ast.TableRef  // the only item of its FROM
	below []string       // the names of that relation's columns
	of    *catalog.Table // that relation
}

// writtenView is a way through views to a table, outermost first; nil for the table itself.
type writtenView []viewLevel

// notUpdatable says why a view's query is no selection of one relation, "" if it is
// (view_query_is_auto_updatable).
func (b *binder) notUpdatable(sel *ast.Select) string {
	has := func(kind byte) bool {
		for i := range sel.Targets {
			if b.containsCall(sel.Targets[i].Expr, kind) {
				return true
			}
		}
		return false
	}
	switch {
	case sel.Distinct || sel.DistinctOn != nil:
		return "Views containing DISTINCT are not automatically updatable."
	case len(sel.GroupBy) > 0:
		return "Views containing GROUP BY are not automatically updatable."
	case sel.Having != nil:
		return "Views containing HAVING are not automatically updatable."
	case sel.SetOp != ast.SetNone:
		return "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
	case sel.With != nil:
		return "Views containing WITH are not automatically updatable."
	case sel.Limit != nil || sel.Offset != nil:
		return "Views containing LIMIT or OFFSET are not automatically updatable."
	case has('a'):
		return "Views that return aggregate functions are not automatically updatable."
	case has('w'):
		return "Views that return window functions are not automatically updatable."
	case has('s'):
		return "Views that return set-returning functions are not automatically updatable."
	}
	if len(sel.From) == 1 {
		switch sel.From[0].(type) {
		case *ast.TableRef:
			return ""
		case *ast.Sample:
			return "Views containing TABLESAMPLE are not automatically updatable."
		}
	}
	return "Views that do not select from a single table or view are not automatically updatable."
}

// containsCall reports an aggregate (a), window function (w) or set-returning call (s)
// in an expression, subqueries aside.
func (b *binder) containsCall(e ast.Expr, kind byte) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Select:
			return false
		case *ast.Func:
			found = found || b.callKind(x) == kind
		}
		return !found
	})
	return found
}

// viewLevels finds the table that a view selects from, or the view whose triggers are
// fired instead of the event (0 = of none); why says that there is none, or
// that no column of it can be written.
func (b *binder) viewLevels(view *catalog.Table, event catalog.TriggerKind) (table *catalog.Table, via writtenView, why string, err error) {
	for at := view; ; {
		sel, err := viewQuery(at.ViewSQL, b.o)
		if err != nil {
			return nil, nil, "", err
		}
		b.refused = at.Name
		if why = b.notUpdatable(sel); why != "" {
			return nil, nil, why, nil
		}
		l := viewLevel{view: at, sel: sel, ref: sel.From[0].(*ast.TableRef)}
		f, err := b.relation(&l.ref.Name)
		if err != nil {
			return nil, nil, "", withoutPos(err)
		}
		if f.table != nil {
			l.below, l.of = columnNames(f.table), f.table
		}
		via = append(via, l)
		switch {
		case f.table == nil || f.table.Kind == catalog.KindMatView:
			return nil, nil, "Views that do not select from a single table or view are not automatically updatable.", nil
		case f.table.Kind == catalog.KindTable || insteadOf(f.table, event):
			if !slices.ContainsFunc(view.Columns, func(c catalog.Column) bool { return via.column(c.Name) != "" }) {
				why, b.refused = "Views that have no updatable columns are not automatically updatable.", view.Name
			}
			return f.table, via, why, nil
		}
		at = f.table
	}
}

func columnNames(t *catalog.Table) []string {
	var l []string
	for _, c := range t.Listed() {
		l = append(l, c.Name)
	}
	return l
}

// column is the table's column that a column of the view stands for, "" for other values.
func (w writtenView) column(name string) string {
	base, _ := w.columnOr(name)
	return base
}

// columnOr is column, or the error of a column that cannot be written, for what is done to it.
func (w writtenView) columnOr(name string) (base string, refused func(what string) error) {
	for _, l := range w {
		shown, why := name, "View columns that are not columns of their base relation are not updatable."
		refused = func(what string) error {
			return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "cannot %s column \"%s\" of view \"%s\"", what, shown, l.view.Name).WithDetail("%s", why)
		}
		at := slices.IndexFunc(l.view.Columns, func(c catalog.Column) bool { return c.Name == name })
		if at < 0 || at >= len(l.sel.Targets) {
			return "", refused
		}
		ref, ok := l.sel.Targets[at].Expr.(*ast.ColumnRef)
		if !ok || ref.Star || len(ref.Parts) == 0 {
			return "", refused
		}
		name = ref.Parts[len(ref.Parts)-1]
		if _, system := systemColumns[name]; system {
			why = "View columns that refer to system columns are not updatable."
			return "", refused
		}
		if a := l.ref.Alias; a != nil {
			if i := slices.Index(a.Columns, name); i >= 0 && i < len(l.below) {
				name = l.below[i]
			}
		}
		if !slices.Contains(l.below, name) { // it names the relation
			why = "View columns that return whole-row references are not updatable."
			return "", refused
		}
	}
	return name, nil
}

// columnDefault is the default of the table's column for rows inserted through the
// views: that of the outermost view which has one (ofView), or the column's own.
func (w writtenView) columnDefault(c *catalog.Column, o Options) (d expr.Expr, ofView bool, err error) {
	for i, l := range w {
		for k := range l.view.Columns {
			if v := &l.view.Columns[k]; v.Default != "" && w[i:].column(v.Name) == c.Name {
				d, err = storedScalar(v.Default, nil, Default, c.Type, c.Name, o)
				return d, true, err
			}
		}
	}
	d, err = columnDefault(c, o)
	return d, false, err
}

// assignedDefault is what DEFAULT is in a SET list: through views, the default that the outermost
// has for the column, NULL if it has none.
func (w writtenView) assignedDefault(c *catalog.Column, o Options) (expr.Expr, error) {
	if w == nil {
		return columnDefault(c, o)
	}
	if d, ofView, err := w[:1].columnDefault(c, o); err != nil || ofView {
		return d, err
	}
	return nullConst(c.Type), nil
}

// defaultsFit refuses defaults of view columns that are none of the table and that an
// INSERT does not name: they would have to be inserted.
func (w writtenView) defaultsFit(named []string) error {
	if w == nil {
		return nil
	}
	for i := range w[0].view.Columns {
		v := &w[0].view.Columns[i]
		if v.Default == "" || slices.Contains(named, v.Name) {
			continue
		}
		if _, err := w.target(&ast.Target{At: ast.At{Pos: ast.NoPos}, Name: v.Name}, "insert into"); err != nil {
			return err
		}
	}
	return nil
}

// target maps a column that a statement assigns; the error says that it cannot.
func (w writtenView) target(x *ast.Target, what string) (string, error) {
	if w == nil {
		return x.Name, nil
	}
	v := w[0].view
	if v.ColumnByName(x.Name) == nil {
		return "", errAt(x.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", x.Name, v.Name)
	}
	base, refused := w.columnOr(x.Name)
	if refused != nil {
		return "", refused(what)
	}
	return base, nil
}

// assigned is a SET list in the names of the table's columns.
func (w writtenView) assigned(set []ast.Target, what string) ([]ast.Target, error) {
	if w == nil {
		return set, nil
	}
	out := slices.Clone(set)
	seen := assignedParts{}
	for i := range out {
		var err error
		if out[i].Name, err = w.target(&set[i], what); err != nil {
			return nil, err
		}
		if !seen.add(w[0].view.ColumnByName(set[i].Name).Num, &set[i]) {
			return nil, errAt(ast.NoPos, pgerrcode.SyntaxError, "multiple assignments to same column \"%s\"", set[i].Name)
		}
	}
	return out, nil
}

// expose shows a row of the table as the view named name, and the conditions of the views.
func (b *binder) expose(w writtenView, row *nsItem, name string) (*nsItem, []expr.Expr, error) {
	var conds []expr.Expr
	below := b.useViews(w)
	for i := len(w) - 1; i >= 0; i-- {
		cols, cond, err := b.level(w[i], row)
		if err != nil {
			return nil, nil, err
		}
		if cond != nil {
			conds = append(conds, logical.Conjuncts(nil, cond)...)
		}
		row = viewRow(w[i].view, cols, name)
	}
	if w != nil {
		row.name = name
		b.readAs(row, w[0].view)
		row.reads.below = below
	}
	return row, conds, nil
}

// target is expose for the row of a statement's target, under the name that ref gives it.
func (b *binder) target(w writtenView, row *nsItem, t *catalog.Table, ref *ast.TableRef) (*nsItem, []expr.Expr, error) {
	it, conds, err := b.expose(w, row, aliasOf(ref, t))
	if err != nil || ref.Alias != nil {
		return it, conds, err
	}
	if w != nil {
		t = w[0].view
	}
	it.schema = b.o.Catalog.SchemaName(t.Schema)
	return it, conds, nil
}

// level binds one view's columns and condition over a row of what it selects from, with
// the rights that the view reads with.
func (b *binder) level(l viewLevel, row *nsItem) ([]nsCol, expr.Expr, error) {
	below := *row
	below.name = l.ref.Name.Name
	if below.schema = l.ref.Name.Schema; l.ref.Alias != nil {
		below.name, below.schema = l.ref.Alias.Name, ""
		below.cols = slices.Clone(row.cols)
		for i, c := range l.ref.Alias.Columns {
			below.cols[i].name = c
		}
	}
	if (below.rel == nil || below.rel.scan == nil) && below.hidden == nil {
		// A row that is not stored yet has none of the system columns that the view may show.
		for name, c := range systemColumns {
			below.hidden = append(below.hidden, nsCol{name, nullConst(types.Of(c.t))})
		}
	}
	quiet, as := b.noParams, b.as
	b.noParams, b.as, b.views = true, ReaderOf(l.view), append(b.views, 0)
	defer func() { b.noParams, b.as, b.views = quiet, as, b.views[:len(b.views)-1] }()
	b.readAs(&below, l.of)
	below.reads.within = true
	s := &scope{in: inTarget, items: []*nsItem{&below}}
	targets, err := b.targetList(s, l.sel.Targets, queryOpts{})
	if err != nil {
		return nil, nil, withoutPos(err)
	}
	cols := make([]nsCol, len(targets))
	for i, t := range targets {
		e, err := b.known(t.e)
		if err != nil {
			return nil, nil, withoutPos(err)
		}
		cols[i] = nsCol{t.name, e}
		if i < len(l.view.Columns) {
			cols[i].name = l.view.Columns[i].Name
		}
	}
	if l.sel.Where == nil {
		return cols, nil, nil
	}
	s.in = inWhere
	cond, err := b.condition(s, l.sel.Where, "WHERE")
	return cols, cond, withoutPosNil(err)
}

// viewChecks are the conditions of WITH CHECK OPTION over a new row: of each view that has
// the option, and of those below one that cascades, innermost first.
func (b *binder) viewChecks(w writtenView, row tableRow) (checks []physical.RowCheck, err error) {
	checked := make([]bool, len(w))
	for i, cascaded := 0, false; i < len(w); i++ {
		cascaded = cascaded || w[i].view.CheckOption == 'c'
		checked[i] = cascaded || w[i].view.CheckOption != 0
	}
	if !slices.Contains(checked, true) {
		return nil, nil
	}
	below := row.item
	for i := len(w) - 1; i >= 0; i-- {
		cols, cond, err := b.level(w[i], below)
		if err != nil {
			return nil, err
		}
		if checked[i] && cond != nil {
			checks = append(checks, physical.RowCheck{Cond: cond, Name: w[i].view.Name, Kind: physical.ViewRow})
		}
		below = viewRow(w[i].view, cols, w[i].view.Name)
	}
	return checks, nil
}

// viewRow shows columns as a row of a view.
func viewRow(v *catalog.Table, cols []nsCol, alias string) *nsItem {
	return &nsItem{name: v.Name, cols: cols, relVisible: true, colsVisible: true, lateralOK: true,
		rel: &relation{alias: alias, derived: true, rowType: v.TypeID}}
}

// ViewUpdates are the columns of a view that can be written, none when the view cannot:
// why says why not.
func ViewUpdates(v *catalog.Table, o Options) (attrs []int16, why string, err error) {
	b := newBinder(o)
	_, via, why, err := b.viewLevels(v, 0)
	switch {
	case err != nil:
		return nil, "", err
	case why != "" && b.refused != v.Name: // a view below cannot, of which a check option does not ask
		return nil, "", nil
	case why != "":
		return nil, why, nil
	}
	for i := range v.Columns {
		if via.column(v.Columns[i].Name) != "" {
			attrs = append(attrs, v.Columns[i].Num)
		}
	}
	return attrs, "", nil
}

// cannotWrite is the error for a view that is not updatable.
func cannotWrite(verb, view, why string) error {
	doing := map[string]string{"insert into": "inserting into", "update": "updating", "delete from": "deleting from"}[verb]
	trigger := map[string]string{"insert into": "INSERT", "update": "UPDATE", "delete from": "DELETE"}[verb]
	return errAt(ast.NoPos, pgerrcode.ObjectNotInPrerequisiteState, "cannot %s view \"%s\"", verb, view).WithDetail("%s", why).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", doing, trigger, trigger)
}

// callKind says what a call is by its name and form.
func (b *binder) callKind(x *ast.Func) byte {
	if x.Over != nil {
		return 'w'
	}
	if b.isAggregate(x.Name) {
		return 'a'
	}
	if b.isSetName(x.Name) {
		return 's'
	}
	return 0
}
