package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// from binds a FROM list into a join tree; nil when the list is empty.
func (b *binder) from(s *scope, list []ast.TableExpr) (logical.Node, error) {
	var tree logical.Node
	s.seen = &[]*nsItem{}
	for _, t := range list {
		// Items to the left are seen only by LATERAL ones.
		for _, it := range s.items {
			it.lateralOnly, it.lateralOK = true, !it.target
		}
		n, items, err := b.fromItem(s, t)
		if err != nil {
			return nil, err
		}
		if err := checkAliases(s.items, items, t.Position()); err != nil {
			return nil, err
		}
		s.items = append(s.items, items...)
		if tree == nil {
			tree = n
		} else {
			tree = &logical.Join{Kind: logical.Inner, Left: tree, Right: n}
		}
	}
	for _, it := range s.items {
		it.lateralOnly, it.lateralOK = false, true
	}
	return tree, nil
}

// checkAliases is 42712 for two items of one name.
func checkAliases(have, add []*nsItem, pos ast.Pos) error {
	for _, a := range add {
		if !a.relVisible {
			continue
		}
		for _, h := range have {
			if h.relVisible && h.name == a.name && (h.rel == nil || a.rel == nil || h.schema == a.schema || h.schema == "" || a.schema == "") {
				return errAt(ast.NoPos, pgerrcode.DuplicateAlias, "table name \"%s\" specified more than once", a.name)
			}
		}
	}
	return nil
}

// fromItem binds one item; items are the names it adds.
func (b *binder) fromItem(s *scope, t ast.TableExpr) (logical.Node, []*nsItem, error) {
	n, items, err := b.fromKind(s, t)
	if err == nil {
		b.traceItems(items)
		b.traceFrom(t, items)
		if s.seen != nil {
			*s.seen = append(*s.seen, items...)
		}
	}
	return n, items, err
}

func (b *binder) fromKind(s *scope, t ast.TableExpr) (logical.Node, []*nsItem, error) {
	switch x := t.(type) {
	case *ast.TableRef:
		return b.tableRef(s, x)
	case *ast.SubqueryRef:
		return b.subqueryRef(s, x)
	case *ast.FuncRef:
		return b.funcRef(s, x)
	case *ast.Join:
		return b.join(s, x)
	case *ast.Sample:
		return b.sample(s, x)
	}
	return nil, nil, notYet(t.Position(), "this FROM item")
}

// one wraps a single relation.
func one(it *nsItem) []*nsItem { return []*nsItem{it} }

// named makes the item of a relation and applies its alias and column aliases.
func named(name string, alias *ast.Alias, cols []nsCol, _ ast.Pos) (*nsItem, error) {
	it := &nsItem{name: name, cols: cols, relVisible: true, colsVisible: true, lateralOK: true}
	if alias == nil {
		return it, nil
	}
	it.name = alias.Name
	if alias.All && len(alias.Columns) != len(cols) {
		return nil, ErrColumnCounts()
	}
	if len(alias.Columns) > len(cols) {
		return nil, errAt(ast.NoPos, pgerrcode.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified",
			it.name, len(cols), len(alias.Columns))
	}
	if len(alias.Columns) > 0 {
		it.cols = slices.Clone(cols)
		for i, c := range alias.Columns {
			it.cols[i].name = c
		}
	}
	return it, nil
}

// ErrColumnCounts is MySQL's error for a list that does not name as many columns as there are.
func ErrColumnCounts() error {
	return errAt(ast.NoPos, pgerrcode.InvalidColumnReference,
		"In definition of view, derived table or common table expression, SELECT list and column names list have different column counts")
}

// tableRef binds a WITH query, table, view or system relation.
func (b *binder) tableRef(s *scope, x *ast.TableRef) (logical.Node, []*nsItem, error) {
	if x.Name.Schema == "" {
		if c, inner := findCTE(s, x.Name.Name); c != nil {
			if x.Parts != nil {
				return nil, nil, notDivided(x, x.Name.Name)
			}
			return b.cteRef(s, c, inner, x)
		}
		if t := b.transition(x.Name.Name); t != nil {
			return b.virtual(t, x)
		}
	}
	r, err := b.relation(&x.Name)
	if pgerr.Code(err) == pgerrcode.UndefinedTable {
		if later := notYetReferable(s, &x.Name); later != nil {
			err = later
		}
	}
	if err != nil {
		return nil, nil, err
	}
	b.traceRelation(x, r.schema)
	switch {
	case x.Parts != nil && (r.table == nil || r.view != ""):
		return nil, nil, notDivided(x, r.name)
	case r.view != "":
		return b.viewAs(s, r, x)
	case r.virtual != nil:
		b.useVirtual(r.virtual)
		return b.virtual(r.virtual, x)
	case r.sequence != nil:
		b.use(catalog.Object{Class: catalog.SequenceClass, ID: r.sequence.ID}, "sequence", r.sequence.Name, catalog.PrivSelect)
		return b.sequence(r, x)
	}
	n, items, err := b.table(r.table, x, b.useTable(r.table, catalog.PrivSelect))
	if err == nil {
		err = b.secure(items[0].rel, 'r')
	}
	return n, items, err
}

// found is what a relation's name means.
type found struct {
	table   *catalog.Table
	virtual *syscat.Table
	// sequence is set for a sequence read as a table.
	sequence *catalog.Sequence
	view     string // SQL of a view
	viewID   catalog.ID
	columns  []string // of a stored view
	schema   string
	name     string
}

// relation finds a relation by name along the search path.
func (b *binder) relation(n *ast.QName) (*found, error) {
	if n.Catalog != "" && n.Catalog != b.o.Session.Database() {
		return nil, errAt(n.Pos, pgerrcode.FeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"", n.Catalog, n.Schema, n.Name)
	}
	if n.Schema != "" {
		if err := b.mayLookInto(n); err != nil {
			return nil, err
		}
		if r := b.lookup(n.Schema, n.Name); r != nil {
			return r, b.upToDate(r, n)
		}
		if _, ok := b.o.Catalog.Schema(n.Schema); !ok && n.Schema != "pg_catalog" && n.Schema != "information_schema" {
			return nil, errAt(n.Pos, pgerrcode.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name)
		}
		if err := b.notTable(n.Schema, n); err != nil {
			return nil, err
		}
		return nil, errAt(n.Pos, pgerrcode.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name)
	}
	for _, schema := range b.o.Session.SearchPath(true) {
		if r := b.lookup(schema, n.Name); r != nil {
			return r, b.upToDate(r, n)
		}
		if err := b.notTable(schema, n); err != nil {
			return nil, err
		}
	}
	return nil, errAt(n.Pos, pgerrcode.UndefinedTable, "relation \"%s\" does not exist", n.Name)
}

// upToDate refuses a temporary view that reads what others have changed since.
func (b *binder) upToDate(r *found, n *ast.QName) error {
	if r.table != nil && r.table.Kind == catalog.KindComposite {
		return errAt(n.Pos, pgerrcode.WrongObjectType, "\"%s\" is a composite type", n.Name)
	}
	if r.table == nil || len(r.table.Reads) == 0 {
		return nil
	}
	if name := b.o.Catalog.Outdated(r.table); name != "" {
		return errAt(n.Pos, pgerrcode.ObjectNotInPrerequisiteState, "temporary view \"%s\" is out of date", n.Name).
			WithDetail("Another session has changed \"%s\", which the view reads.", name).
			WithHint("Drop the view and create it again.")
	}
	return nil
}

// notTable is the error for relations that cannot stand in FROM.
func (b *binder) notTable(schema string, n *ast.QName) error {
	sc, ok := b.o.Catalog.Schema(schema)
	if !ok {
		return nil
	}
	if _, ok := b.o.Catalog.Index(sc.ID, n.Name); ok {
		return errAt(n.Pos, pgerrcode.WrongObjectType, "\"%s\" is an index", n.Name)
	}
	return nil
}

func (b *binder) lookup(schema, name string) *found {
	if t, v := systemRelation(schema, name); t != nil || v != nil {
		f := &found{virtual: t, schema: schema, name: name}
		if v != nil {
			f.view, f.viewID = v.SQL, v.OID
		}
		return f
	}
	sc, ok := b.o.Catalog.Schema(schema)
	if !ok {
		return nil
	}
	if q, ok := b.o.Catalog.Sequence(sc.ID, name); ok {
		b.meta.Depend(q.ID)
		return &found{sequence: q, schema: sc.Name, name: name}
	}
	t, ok := b.o.Catalog.Table(sc.ID, name)
	if !ok {
		return nil
	}
	b.meta.Depend(t.ID)
	f := &found{table: t, schema: sc.Name, name: name}
	if t.Kind == catalog.KindView {
		f.view, f.viewID = t.ViewSQL, t.ID
		for i := range t.Columns {
			f.columns = append(f.columns, t.Columns[i].Name)
		}
	}
	return f
}

// table makes a scan of a stored table; use is the number of what its columns are used for.
func (b *binder) table(t *catalog.Table, x *ast.TableRef, use int) (logical.Node, []*nsItem, error) {
	name := t.Name
	if x.Alias != nil {
		name = x.Alias.Name
	}
	n := len(t.Columns)
	scan := &logical.Scan{Table: t, Alias: name, Attrs: make([]int16, 0, n), Out: make([]logical.ColID, 0, n),
		Family: b.family(t, x.Only)}
	if parts, err := b.chosen(t, x); err != nil {
		return nil, nil, err
	} else if parts != nil {
		scan.Family = parts
	}
	cols, refs := make([]nsCol, 0, n), make([]expr.Column, n)
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped {
			continue
		}
		if c.Type.OID >= types.FirstTypeOID {
			b.rowInfo(c.Type.OID)
			b.noteRow(c.Type.OID)
		}
		id := b.meta.Add(logical.ColInfo{Name: c.Name, Rel: name, T: c.Type, Table: t, Attr: c.Num, Collation: b.columnCollation(t, c.Num), Use: use})
		scan.Attrs, scan.Out = append(scan.Attrs, c.Num), append(scan.Out, id)
		refs[i] = *b.meta.Column(id)
		cols = append(cols, nsCol{c.Name, &refs[i]})
	}
	cols = listed(t, cols)
	it, err := named(t.Name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if x.Alias == nil {
		it.schema = b.o.Catalog.SchemaName(t.Schema)
	}
	it.rel = &relation{table: t, scan: scan, alias: it.name, use: use}
	return scan, one(it), nil
}

// listed puts the live columns of a table, which come by number, into its own order.
func listed(t *catalog.Table, cols []nsCol) []nsCol {
	if t.Order == nil {
		return cols
	}
	out := make([]nsCol, 0, len(cols))
	for _, c := range t.Listed() {
		out = append(out, cols[slices.IndexFunc(cols, func(n nsCol) bool { return n.name == c.Name })])
	}
	return out
}

// virtual makes a scan of a system relation.
func (b *binder) virtual(t *syscat.Table, x *ast.TableRef) (logical.Node, []*nsItem, error) {
	name := t.Name
	if x.Alias != nil {
		name = x.Alias.Name
	}
	scan := &logical.Virtual{Relation: t, Alias: name}
	var cols []nsCol
	for i := range t.Columns {
		c := &t.Columns[i]
		id := b.meta.Add(logical.ColInfo{Name: c.Name, Rel: name, T: c.Type, OrigTable: t.OID, OrigAttr: int16(i + 1)})
		scan.Attrs, scan.Out = append(scan.Attrs, int16(i+1)), append(scan.Out, id)
		cols = append(cols, nsCol{c.Name, b.meta.Column(id)})
	}
	it, err := named(t.Name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if x.Alias == nil {
		it.schema = t.Schema
	}
	it.rel = &relation{alias: it.name, derived: true, rowType: t.RowType}
	b.virtualSystem(scan, it, t, name)
	return scan, one(it), nil
}

// virtualSystem adds the system columns to a system table, hidden from *; views have none. The
// places of its rows are numbers in the order in which they are made, its rows' writer is that
// of all catalogs.
func (b *binder) virtualSystem(scan *logical.Virtual, it *nsItem, t *syscat.Table, name string) {
	if t.Kind == 'v' {
		return
	}
	oid := &expr.Const{T: types.Of(types.OidOID), D: types.Int(int64(t.OID))}
	put(&b.tableoids, oid, t.OID)
	ctid := b.meta.Add(logical.ColInfo{Name: "ctid", Rel: name, T: types.Of(types.TidOID), OrigTable: t.OID, OrigAttr: catalog.CtidAttr})
	scan.Attrs, scan.Out = append(scan.Attrs, catalog.CtidAttr), append(scan.Out, ctid)
	it.hidden = append(it.hidden, nsCol{"tableoid", oid}, nsCol{"ctid", b.meta.Column(ctid)})
	it.hidden = append(it.hidden, catalogWriter[:]...)
}

// catalogWriter says who wrote the rows of system tables, and that nobody removed them.
var catalogWriter = [...]nsCol{
	{"xmin", &expr.Const{T: types.Of(types.XidOID), D: types.Int(1)}},
	{"xmax", &expr.Const{T: types.Of(types.XidOID), D: types.Int(0)}},
	{"cmin", &expr.Const{T: types.Of(types.CidOID), D: types.Int(0)}},
	{"cmax", &expr.Const{T: types.Of(types.CidOID), D: types.Int(0)}},
}

// view expands a view into its query.
func (b *binder) view(s *scope, r *found, x *ast.TableRef) (logical.Node, []*nsItem, error) {
	if slices.Contains(b.views, r.viewID) {
		return nil, nil, errAt(x.Pos, pgerrcode.InvalidObjectDefinition, "infinite recursion detected in rules for relation \"%s\"", r.name)
	}
	sel, err := viewQuery(r.view, b.o)
	if err != nil {
		return nil, nil, err
	}
	alias := r.name
	if x.Alias != nil {
		alias = x.Alias.Name
	}
	if sel.SetOp == ast.SetNone { // what a view unites stays unlocked
		sel = pushLocks(s, sel, alias)
	}
	b.views = append(b.views, r.viewID)
	quiet := b.noParams
	b.noParams = true
	q, err := b.selectStmt(sel, nil, queryOpts{})
	b.noParams = quiet
	b.views = b.views[:len(b.views)-1]
	if err != nil {
		return nil, nil, withoutPos(err)
	}
	cols := queryCols(q)
	for i := range cols {
		if i < len(r.columns) {
			cols[i].name = r.columns[i]
		}
		info := &b.meta.Cols[q.out[i].id]
		info.OrigTable, info.OrigAttr = r.viewID, int16(i+1)
	}
	if err := b.preciseCols(q, cols); err != nil {
		return nil, nil, err
	}
	it, err := named(r.name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	if x.Alias == nil {
		it.schema = r.schema
	}
	it.rel = &relation{alias: it.name, derived: true}
	if r.table != nil {
		it.rel.rowType = r.table.TypeID
	}
	return q.tree, one(it), nil
}

func queryCols(q *query) []nsCol {
	cols := make([]nsCol, len(q.out))
	for i, c := range q.out {
		cols[i] = nsCol{c.name, &expr.Column{Index: c.id, T: c.t, Name: c.name}}
	}
	return cols
}

// subqueryRef binds (SELECT …) AS a. Without LATERAL it does not see its siblings.
func (b *binder) subqueryRef(s *scope, x *ast.SubqueryRef) (logical.Node, []*nsItem, error) {
	outer := b.outerFor(s, x.Lateral)
	outer.in = inFromQuery
	alias := ""
	if x.Alias != nil {
		alias = x.Alias.Name
	}
	q, err := b.selectStmt(pushLocks(s, x.Query, alias), outer, queryOpts{})
	if err != nil {
		return nil, nil, err
	}
	cols := queryCols(q)
	if err := b.preciseCols(q, cols); err != nil {
		return nil, nil, err
	}
	it, err := named("", x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	it.rel = &relation{alias: it.name, derived: true}
	return b.uniqueOut(q, it), one(it), nil
}

// uniqueOut gives columns that come out twice an own number each time.
func (b *binder) uniqueOut(q *query, it *nsItem) logical.Node {
	return q.tree
}

// outerFor is the scope around a FROM item: the siblings to the left only when lateral.
func (b *binder) outerFor(s *scope, lateral bool) *scope {
	o := *s
	o.grouping, o.srfs, o.calls, o.in, o.locking = nil, nil, nil, inFromFunction, nil
	if !lateral {
		o.items, o.unseen = nil, append(slices.Clone(s.unseen), s.items...)
	}
	return &o
}
