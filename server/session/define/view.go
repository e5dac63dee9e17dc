package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createView is CREATE [OR REPLACE] VIEW. The query is kept as text in which
// every relation has its schema, every column its relation, and no star is left,
// so that it means the same under any search path and whatever is added later.
func (e *Env) createView(ctx context.Context, st *ast.CreateView) error {
	t, invalid, err := e.viewTable(st)
	if err != nil {
		return err
	}
	if t.Temp && !st.Temp {
		e.notice("00000", "view %q will be a temporary view", st.Name.Name)
	}
	s, err := e.target(ctx, &st.Name, declared(t.Temp, false))
	if err != nil {
		return err
	}
	if t.Schema, t.Temp = s.ID, s.Temp; !t.Temp {
		t.Reads = nil
	}
	if err := e.makeWay(ctx, s.ID, st.Name.Name); err != nil {
		return err
	}
	old, exists := e.Catalog.Table(s.ID, st.Name.Name)
	if st.Exists && !e.Catalog.RelationExists(s.ID, st.Name.Name) {
		return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", st.Name.Name).At(int(st.Name.Pos))
	}
	replaces := st.OrReplace && e.Catalog.RelationExists(s.ID, st.Name.Name)
	if replaces && (!exists || old.Kind != catalog.KindView) {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a view", st.Name.Name)
	}
	if !replaces && invalid != nil {
		return invalid
	}
	if !replaces || st.Anew {
		if err := columnsOnce(t); err != nil {
			return err
		}
	}
	if !replaces {
		if err := e.freeRelation(s.ID, st.Name.Name); err != nil {
			return err
		}
	}
	if err := e.freeRowType(s.ID, st.Name.Name); err != nil {
		return err
	}
	if err := notOfSystem(s, st.Name.Name); err != nil {
		return err
	}
	edit := e.change(ctx)
	if exists {
		if err := e.replaceable(old, t); err != nil {
			if !st.Anew {
				return err
			}
			if err := e.remove(ctx, []object{{kind: tableObject, id: old.ID}}, false); err != nil {
				return err
			}
			if t.ID, err = e.edit.NewID(ctx); err != nil {
				return err
			}
			return e.putTable(t)
		}
		if invalid != nil {
			return invalid
		}
		t.ID, t.TypeID, t.ArrayID, t.ArrayName, t.Comment = old.ID, old.TypeID, old.ArrayID, old.ArrayName, old.Comment
		t.Triggers = old.Triggers
		return e.putTable(t)
	}
	if t.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	return e.putTable(t)
}

// writesInWith says that a query has a part in its WITH that is no query.
func writesInWith(q ast.Stmt) bool {
	s, ok := q.(*ast.Select)
	return ok && s.With != nil && slices.ContainsFunc(s.With.CTEs, func(c ast.CTE) bool {
		_, query := c.Query.(*ast.Select)
		return !query
	})
}

// viewTable makes a view's descriptor, without its OID and schema. A view of
// something temporary is temporary. What is wrong with its options is told apart, as that is
// said when the schema is known.
func (e *Env) viewTable(st *ast.CreateView) (t *catalog.Table, invalid, err error) {
	o := e.options()
	o.Trace, o.NoParams = bind.NewTrace(), true
	q, err := bind.Bind(st.Query, o)
	if err != nil {
		return nil, nil, err
	}
	if writesInWith(st.Query) {
		return nil, nil, pgerr.New(pgerrcode.FeatureNotSupported, "views must not contain data-modifying statements in WITH")
	}
	if st.All && len(st.Columns) != len(q.Out) {
		return nil, nil, bind.ErrColumnCounts()
	}
	if len(st.Columns) > len(q.Out) {
		return nil, nil, pgerr.New(pgerrcode.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	t = &catalog.Table{Name: st.Name.Name, Kind: catalog.KindView, Owner: e.Owner, Temp: st.Temp}
	for _, id := range q.Meta.Tables() {
		t.Temp = t.Temp || e.Catalog.IsTemp(id)
		if r, ok := e.Catalog.TableByID(id); ok {
			t.Reads = append(t.Reads, catalog.ReadOf(r))
		}
	}
	for i, c := range q.Out {
		col := catalog.Column{Num: int16(i + 1), Name: c.Name, Type: c.T, Domain: c.Domain, Collation: c.Collation}
		if col.Collation == bind.NoCollation {
			return nil, nil, pgerr.Newf(pgerrcode.IndeterminateCollation, "could not determine which collation to use for view column \"%s\"", c.Name).
				WithHint("Use the COLLATE clause to set the collation explicitly.")
		}
		if i < len(st.Columns) {
			col.Name = st.Columns[i]
		}
		t.Columns = append(t.Columns, col)
	}
	for i := range t.Columns {
		col := &t.Columns[i]
		if info := types.Lookup(col.Type.OID); info != nil && info.Type == 'p' {
			if err := columnsOnce(t); err != nil { // which PostgreSQL looks at first
				return nil, nil, err
			}
			return nil, nil, pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q has pseudo-type %s", col.Name, types.TypeName(col.Type.OID))
		}
		if err := e.mayUseType(col.Type); err != nil {
			return nil, nil, err
		}
	}
	if err := o.Trace.NoRoles(); err != nil {
		return nil, nil, err
	}
	// The statement may run again after a restart: its tree stays as it was.
	if t.ViewSQL, err = e.qualified(st.Query, int(st.Pos)); err != nil {
		return nil, nil, err
	}
	invalid, err = e.updatable(t, st)
	return t, invalid, err
}

// updatable notes what can be written through a view, its options, which may be invalid, and its
// check option.
func (e *Env) updatable(t *catalog.Table, st *ast.CreateView) (invalid, err error) {
	var why string
	if t.Updatable, why, err = bind.ViewUpdates(t, e.options()); err != nil {
		return nil, err
	}
	t.CheckOption = st.Check
	invalid = setViewOptions(t, st.With)
	if t.CheckOption != 0 && why != "" {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", why)
	}
	if st.Check != 0 {
		value := map[byte]string{'l': "local", 'c': "cascaded"}[st.Check]
		t.Options = append(t.Options.Without("check_option"), catalog.Option{Name: "check_option", Value: value})
	}
	return invalid, nil
}

// qualified is a query's text with every name made independent of the search
// path and of later columns, and conversions and groups written out.
func (e *Env) qualified(q ast.Stmt, pos int) (string, error) {
	for _, converted := range []bool{true, false} {
		out, err := e.qualifiedAs(q, converted)
		if err != nil {
			return "", err
		}
		again, err := e.Parser.Parse(out)
		if err == nil && len(again) == 1 {
			_, err = bind.Bind(again[0].Stmt, e.options())
		}
		if err == nil {
			return out, nil
		}
	}
	return "", pgerr.NotSupported(pos, "a view with relations of one name at several levels is not supported").
		WithHint("Give the relations aliases of their own.")
}

func (e *Env) qualifiedAs(q ast.Stmt, converted bool) (string, error) {
	list, err := e.Parser.Parse(ast.Print(q))
	if err != nil || len(list) != 1 {
		return "", pgerr.New(pgerrcode.InternalError, "a printed query does not read back")
	}
	copyUntold(q, list[0].Stmt)
	o := e.options()
	o.Trace = bind.NewTrace()
	if _, err := bind.Bind(list[0].Stmt, o); err != nil {
		return "", err
	}
	o.Trace.Qualify(list[0].Stmt)
	if converted {
		o.Trace.Convert(list[0].Stmt, func(name string) (ast.TypeName, bool) { return ParseTypeName(e.Parser, name) })
	}
	return ast.Print(list[0].Stmt), nil
}

// copyUntold gives the queries of a tree that was printed and read back what text does not
// tell: which columns may stand beside groups, which all queries of a dialect agree in, and
// whether a set operation makes one type of several as MySQL does.
func copyUntold(from, to ast.Node) {
	was, is := queriesOf(from), queriesOf(to)
	dependents := slices.ContainsFunc(was, func(q *ast.Select) bool { return q.Dependents })
	for i, q := range is {
		q.Dependents = dependents
		if len(was) == len(is) {
			q.Mixed = was[i].Mixed
		}
	}
}

// queriesOf are the queries of a tree in the order in which a walk comes to them.
func queriesOf(n ast.Node) (out []*ast.Select) {
	ast.Walk(n, func(n ast.Node) bool {
		if q, ok := n.(*ast.Select); ok {
			out = append(out, q)
		}
		return true
	})
	return out
}

// ParseTypeName reads the name of a type as FormatType writes it.
func ParseTypeName(p parser.Frontend, name string) (ast.TypeName, bool) {
	list, err := p.Parse("SELECT NULL::" + name)
	if err != nil || len(list) != 1 {
		return ast.TypeName{}, false
	}
	q, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(q.Targets) != 1 {
		return ast.TypeName{}, false
	}
	c, ok := q.Targets[0].Expr.(*ast.Cast)
	if !ok {
		return ast.TypeName{}, false
	}
	return c.To, true
}

// columnsOnce refuses a view two columns of which have the same name.
func columnsOnce(t *catalog.Table) error {
	for i := range t.Columns {
		if t.ColumnByName(t.Columns[i].Name).Num != t.Columns[i].Num {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", t.Columns[i].Name)
		}
	}
	return nil
}

// replaceable checks that CREATE OR REPLACE VIEW keeps the columns that are there.
func (e *Env) replaceable(old, t *catalog.Table) error {
	if len(t.Columns) < len(old.Columns) {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i := range old.Columns {
		was, is := &old.Columns[i], &t.Columns[i]
		if was.Name != is.Name {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot change name of view column %q to %q", was.Name, is.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		}
		if was.Type.OID != is.Type.OID || was.Type.Mod != is.Type.Mod {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s",
				was.Name, types.FormatType(was.Type), types.FormatType(is.Type))
		}
		if from, to := e.shownCollation(was.Collation), e.shownCollation(is.Collation); from != to {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot change collation of view column %q from %q to %q", was.Name, from, to)
		}
	}
	for i := len(old.Columns); i < len(t.Columns); i++ {
		if n := t.Columns[i].Name; t.ColumnByName(n).Num != t.Columns[i].Num {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q already exists", n, old.Name)
		}
	}
	return nil
}

// typeFrozen refuses to change the type of a column that a view or a generated
// column reads.
func (e *Env) typeFrozen(t *catalog.Table, num int16) error {
	for _, c := range e.generatedFrom(t, num) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot alter type of a column used by a generated column").
			WithDetail("Column %q is used by generated column %q.", t.Columns[num-1].Name, c.Name)
	}
	return e.typeRead(t, num)
}

// generatedFrom are the generated columns that read a column.
func (e *Env) generatedFrom(t *catalog.Table, num int16) (list []*catalog.Column) {
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Generated != 0 && !c.Dropped && c.Num != num && e.mentions(t, c.Default, num) {
			list = append(list, c)
		}
	}
	return list
}

// regenerate reads the generated columns that depend on a column again once it has another
// type, as MySQL does; their values are computed as the rows are written anew.
func (e *Env) regenerate(t *catalog.Table, num int16) error {
	for _, c := range e.generatedFrom(t, num) {
		list, err := e.Parser.Parse("SELECT " + c.Default)
		if err != nil {
			return err
		}
		x := list[0].Stmt.(*ast.Select).Targets[0].Expr
		if c.Default, err = e.storedText(x, t, bind.Generated, c.Type, c.Name); err != nil {
			return placeless(err)
		}
	}
	return nil
}

// typeRead refuses to change the type of a column that a view, a trigger or a policy reads.
func (e *Env) typeRead(t *catalog.Table, num int16) error {
	name := t.Columns[num-1].Name
	views, err := e.columnReaders(t, num)
	if err != nil {
		return err
	}
	if len(views) > 0 {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
			WithDetail("rule _RETURN on %s depends on column %q", e.describe(views[0].object), name)
	}
	if err := e.typeOfTriggers(t, &t.Columns[num-1]); err != nil {
		return err
	}
	for _, d := range e.policyReaders(t, num) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot alter type of a column used in a policy definition").
			WithDetail("%s depends on column %q", e.describe(d.object), name)
	}
	return nil
}
