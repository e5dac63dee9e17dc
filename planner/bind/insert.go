package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// target finds the table that a statement changes.
func (b *binder) writeTarget(x *ast.TableRef, s *scope, verb string) (*catalog.Table, writtenView, error) {
	f, err := b.writeRelation(&x.Name, s, verb)
	if err != nil {
		return nil, nil, err
	}
	b.traceRelation(x, f.schema)
	if f.view == "" {
		return f.table, nil, nil
	}
	if x.Parts != nil {
		return nil, nil, notDivided(x, f.name)
	}
	if f.table == nil {
		return nil, nil, errAt(ast.NoPos, pgerrcode.InsufficientPrivilege, "permission denied for view %s", f.name)
	}
	event := writeEvents[verb]
	if insteadOf(f.table, event) {
		return f.table, nil, nil
	}
	t, via, why, err := b.viewLevels(f.table, event)
	if err == nil && why != "" && (t == nil || verb != "delete from") {
		if b.unwritable == nil {
			b.unwritable = cannotWrite(verb, b.refused, why)
		}
		return f.table, nil, nil // as if triggers wrote it: what else is wrong comes first
	}
	return t, via, err
}

// mayChange reports that the user has the right to what a statement does to a relation.
func (b *binder) mayChange(t *catalog.Table, verb string) bool {
	need := catalog.PrivUpdate
	switch verb[0] {
	case 'i':
		need = catalog.PrivInsert
	case 'd':
		need = catalog.PrivDelete
	}
	o := catalog.Object{Class: catalog.RelationClass, ID: t.ID}
	return b.o.Super || b.o.Role == 0 || b.o.Catalog.Allowed(o, t.Owner, b.o.Role, need) != 0
}

// writeRelation finds the table or view that a statement changes.
func (b *binder) writeRelation(n *ast.QName, s *scope, verb string) (*found, error) {
	if n.Schema == "" && b.transition(n.Name) != nil {
		return nil, errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "relation \"%s\" cannot be the target of a modifying statement", n.Name)
	}
	f, err := b.relation(n)
	if err != nil {
		return nil, err
	}
	if verb == "merge into" {
		what := map[bool]string{f.view != "": "views", f.sequence != nil: "sequences",
			f.table != nil && f.table.Kind == catalog.KindMatView: "materialized views"}[true]
		if what != "" {
			return nil, errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "cannot execute MERGE on relation \"%s\"", f.name).
				WithDetail("This operation is not supported for %s.", what)
		}
	}
	switch {
	case f.table != nil && f.table.Kind == catalog.KindMatView && f.table.ID != b.o.Fill:
		if !b.mayChange(f.table, verb) {
			return nil, errAt(ast.NoPos, pgerrcode.InsufficientPrivilege, "permission denied for materialized view %s", f.name)
		}
		return nil, errAt(ast.NoPos, pgerrcode.WrongObjectType, "cannot change materialized view \"%s\"", f.name)
	case f.sequence != nil:
		return nil, errAt(ast.NoPos, pgerrcode.WrongObjectType, "cannot change sequence \"%s\"", f.name)
	case f.virtual != nil:
		return nil, errAt(ast.NoPos, pgerrcode.InsufficientPrivilege, "permission denied for table %s", f.name)
	}
	return f, nil
}

// insertion is an INSERT being bound.
type insertion struct {
	x     *ast.Insert
	table *catalog.Table
	attrs []int16       // target columns in the order written; 0 = one of a view that is none of the table
	parts []*ast.Target // as written, when there is a list
	names []string
	via   writtenView
	s     *scope
	from  []*nsItem // what is in FROM of the query, unless it makes groups
	// noArbiter is the error for an ON CONFLICT that no unique index fits.
	noArbiter error
	// plain is what the target columns take as it is, nil of few rows; taken which values of the
	// present row are that.
	plain []plainColumn
	taken []bool
	// auto is the target AUTO_INCREMENT column + 1 that gets its numbers when the rows are known.
	auto int
	// refused is the error for a value that a column takes from nobody. Those of binding the
	// statement come before it.
	refused error
}

// given are the target columns that a statement of n values has a value for: of a list all,
// without one the first n.
func (in *insertion) given(n int) (names []string, attrs []int16) {
	names, attrs = in.names, in.attrs
	if in.x.Columns == nil {
		names, attrs = names[:min(n, len(names))], attrs[:min(n, len(attrs))]
	}
	return names, attrs
}

// insert binds INSERT.
func (b *binder) insert(x *ast.Insert, outer *scope) (*query, error) {
	s := &scope{parent: outer, in: inValues}
	defer b.asMySQL(x.Mixed)()
	defer b.leniently(x.Mixed, x.Ignore, x.Query != nil && len(x.Query.Values) != 1)()
	defer b.strictly(x.Mixed && !x.Ignore)()
	if err := b.with(s, x.With); err != nil {
		return nil, err
	}
	t, via, err := b.writeTarget(&x.Table, s, "insert into")
	if err != nil {
		return nil, err
	}
	w, err := b.familyWrite(t, &x.Table, x.Table.Only, true)
	if err != nil {
		return nil, err
	}
	if x.Ignore {
		if w, err = b.ignoringInsert(w, x.Pos); err != nil {
			return nil, err
		}
	}
	in := &insertion{x: x, table: t, s: s, via: via}
	name := aliasOf(&x.Table, t)
	unseen, _, err := b.target(via, b.rowItem(t, name), t, &x.Table)
	if err != nil {
		return nil, err
	}
	s.unseen = []*nsItem{unseen}
	if err := b.insertColumns(in); err != nil {
		return nil, err
	}
	vals, tree, err := b.insertSource(in)
	if err != nil {
		return nil, err
	}
	if err := in.checkProposed(); err != nil {
		return nil, err
	}
	n := &logical.Insert{Write: w, Alias: name}
	if n.Input, n.InCols, err = b.fullRow(in, vals, tree); err != nil {
		return nil, err
	}
	rs := &scope{parent: outer, in: inReturning, ctes: s.ctes}
	row := b.newRow(t, n.Alias)
	n.Row = row.ids
	names, attrs := in.given(len(vals[0]))
	if tr := b.trace(); tr != nil && x.Columns == nil && x.Query != nil && via == nil {
		for _, a := range attrs {
			tr.given[x] = append(tr.given[x], t.Column(a).Name)
		}
	}
	use := b.useWrite(t, via, catalog.PrivInsert, names, attrs)
	b.usedBy(use, row.ids)
	if x.Returning != nil {
		if row.item.hidden, n.System, err = b.insertedColumns(w, n.Alias); err != nil {
			return nil, err
		}
	}
	if err := b.onConflict(in, n); err != nil {
		return nil, err
	}
	shown, _, err := b.target(via, row.item, t, &x.Table)
	if err != nil {
		return nil, err
	}
	rs.items = one(shown)
	if n.OnConflict != nil && n.OnConflict.DoUpdate {
		rs.seen = &[]*nsItem{shown, b.rowItem(t, "excluded")}
	}
	if n.Write, err = b.givingValues(n.Write, in.attrs, true); err != nil {
		return nil, err
	}
	if n.OnConflict != nil {
		if n.Write, err = b.givingValues(n.Write, n.OnConflict.Set, false); err != nil {
			return nil, err
		}
	}
	q := &query{tree: n}
	if n.Returning, n.Out, q.out, err = b.returning(rs, x.Returning); err != nil {
		return nil, err
	}
	switch {
	case b.unwritable != nil: // which the end of the statement tells
	case in.noArbiter != nil:
		return nil, in.noArbiter
	case in.refused != nil:
		return nil, in.refused
	}
	if n.Views, err = b.viewChecks(via, row); err != nil {
		return nil, err
	}
	n.Alias = via.alias(n.Alias, t)
	return q, b.secureInsert(n, via)
}

func aliasOf(r *ast.TableRef, t *catalog.Table) string {
	if r.Alias != nil {
		return r.Alias.Name
	}
	return r.Name.Name
}

// tableRow is a table's row as numbered columns and as a name.
type tableRow struct {
	ids  []logical.ColID
	item *nsItem
}

func (b *binder) newRow(t *catalog.Table, name string) tableRow {
	first := len(b.meta.Cols)
	r := tableRow{item: b.rowItem(t, name)}
	for i := range t.Columns {
		r.ids = append(r.ids, first+i)
	}
	return r
}

// insertColumns resolves the target list.
func (b *binder) insertColumns(in *insertion) error {
	if in.via != nil {
		return in.viewColumns()
	}
	if in.x.Columns == nil {
		for _, c := range in.table.Listed() {
			in.attrs = append(in.attrs, c.Num)
		}
		return nil
	}
	seen := assignedParts{}
	for i := range in.x.Columns {
		t := &in.x.Columns[i]
		c := in.table.ColumnByName(t.Name)
		if c == nil {
			return errAt(t.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", t.Name, in.table.Name)
		}
		if !seen.add(c.Num, t) {
			return errAt(t.Pos, pgerrcode.DuplicateColumn, "column \"%s\" specified more than once", t.Name)
		}
		in.attrs, in.parts = append(in.attrs, c.Num), append(in.parts, t)
	}
	return nil
}

// viewColumns resolves the target list of a view.
func (in *insertion) viewColumns() error {
	v := in.via[0].view
	list := in.x.Columns
	if list == nil {
		for i := range v.Columns {
			list = append(list, ast.Target{At: ast.At{Pos: ast.NoPos}, Name: v.Columns[i].Name})
		}
	}
	seen, written := assignedParts{}, assignedParts{}
	for i := range list {
		t := &list[i]
		shown := v.ColumnByName(t.Name)
		switch {
		case shown == nil:
			return errAt(t.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", t.Name, v.Name)
		case !seen.add(shown.Num, t):
			return errAt(t.Pos, pgerrcode.DuplicateColumn, "column \"%s\" specified more than once", t.Name)
		}
		attr := int16(0)
		if c := in.table.ColumnByName(in.via.column(t.Name)); c != nil {
			if !written.add(c.Num, t) {
				return errAt(ast.NoPos, pgerrcode.SyntaxError, "multiple assignments to same column \"%s\"", c.Name)
			}
			attr = c.Num
		}
		in.attrs, in.names, in.parts = append(in.attrs, attr), append(in.names, t.Name), append(in.parts, t)
	}
	return in.via.defaultsFit(in.names)
}

// insertSource binds the rows to insert. Each value list is parallel to the first
// target columns; DEFAULT comes as nil. tree is nil for plain VALUES.
func (b *binder) insertSource(in *insertion) (vals [][]expr.Expr, tree logical.Node, err error) {
	x := in.x
	if x.Query == nil { // DEFAULT VALUES
		in.attrs = nil
		return [][]expr.Expr{{}}, nil, nil
	}
	if x.Query.Values != nil && x.Query.SetOp == ast.SetNone && x.Query.OrderBy == nil && x.Query.Limit == nil && x.Query.Offset == nil {
		if len(x.Query.Values) == 1 {
			in.s.srfs = &srfList{} // one row is a select list, where sets may stand
		}
		if vals, err = b.insertValues(in); err == nil && in.s.srfs != nil && in.s.srfs.used {
			tree = b.insertSets(vals[0])
		}
		in.s.srfs = nil
		return vals, tree, err
	}
	q, err := b.selectStmt(x.Query, in.s, queryOpts{keepUnknown: true, from: &in.from})
	if err != nil {
		return nil, nil, err
	}
	if err := in.checkCount(len(q.out), q.place(min(len(in.attrs), len(q.out)-1)), false); err != nil {
		return nil, nil, err
	}
	row := make([]expr.Expr, len(q.out))
	for i := range q.out {
		if row[i], err = b.insertValue(in, i, q.expr(i), q.place(i)); err != nil {
			return nil, nil, err
		}
	}
	dropUnknown(q)
	return [][]expr.Expr{row}, q.tree, nil
}

// checkCount is 42601 for more values than columns, or fewer than written ones.
func (in *insertion) checkCount(n int, extra ast.Pos, values bool) error {
	if n > len(in.attrs) {
		return errAt(extra, pgerrcode.SyntaxError, "INSERT has more expressions than target columns")
	}
	if in.x.Whole && in.x.Columns == nil && n < len(in.attrs) {
		return errAt(extra, pgerrcode.SyntaxError, "INSERT has more target columns than expressions")
	}
	if in.x.Columns != nil && n < len(in.attrs) {
		e := errAt(in.x.Columns[n].Pos, pgerrcode.SyntaxError, "INSERT has more target columns than expressions")
		return e
	}
	return nil
}

// insertSets makes rows of values with sets among them, and puts columns in their
// places; DEFAULT stays.
func (b *binder) insertSets(vals []expr.Expr) logical.Node {
	var given []expr.Expr
	for _, v := range vals {
		if v != nil {
			given = append(given, v)
		}
	}
	tree, ids := b.projectSet(&logical.Values{Rows: [][]expr.Expr{{}}}, given)
	for i, v := range vals {
		if v != nil {
			vals[i], ids = b.meta.Column(ids[0]), ids[1:]
		}
	}
	return tree
}

// returning binds a RETURNING list.
func (b *binder) returning(s *scope, list []ast.Target) ([]expr.Expr, []logical.ColID, []outCol, error) {
	if list == nil {
		return nil, nil, nil, nil
	}
	b.traceItems(s.items)
	targets, err := b.targetList(s, list, queryOpts{})
	if err != nil {
		return nil, nil, nil, err
	}
	exprs := make([]expr.Expr, len(targets))
	ids := make([]logical.ColID, len(targets))
	out := make([]outCol, len(targets))
	for i, t := range targets {
		e, err := b.known(t.e)
		if err != nil {
			return nil, nil, nil, err
		}
		exprs[i] = e
		info := b.computed(e)
		info.Name = t.name
		if c, ok := e.(*expr.Column); ok {
			info.OrigTable, info.OrigAttr = b.meta.Cols[c.Index].OrigTable, b.meta.Cols[c.Index].OrigAttr
		}
		ids[i] = b.meta.Add(info)
		out[i] = outCol{ids[i], t.name, e.Type(), ast.NoPos, ast.NoPos}
	}
	return exprs, ids, out, nil
}
