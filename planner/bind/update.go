package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// update binds UPDATE.
func (b *binder) update(x *ast.Update, outer *scope) (*query, error) {
	b.meta.Unlimited = b.meta.Unlimited || x.Unlimited
	if x.Join != nil {
		var err error
		if x, err = b.updateOfJoin(x); err != nil {
			return nil, err
		}
	}
	s := &scope{parent: outer, in: inUpdateSet}
	defer b.asMySQL(x.Mixed)()
	defer b.leniently(x.Mixed, x.Ignore, true)()
	defer b.strictly(x.Mixed && !x.Ignore)()
	if err := b.with(s, x.With); err != nil {
		return nil, err
	}
	t, via, err := b.writeTarget(&x.Table, s, "update")
	if err != nil {
		return nil, err
	}
	w, err := b.familyWrite(t, &x.Table, onlyOf(&x.Table, via), false)
	if err != nil {
		return nil, err
	}
	if x.Ignore {
		if w, err = b.ignoring(w, "UPDATE", x.Pos); err != nil {
			return nil, err
		}
	}
	n := &logical.Update{Write: w, Alias: aliasOf(&x.Table, t), Counts: x.Mixed}
	use := b.useWrite(t, via, catalog.PrivUpdate, nil, nil)
	src, err := b.writeSource(s, t, via, &x.Table, x.From, x.Where, x.CurrentOf, use)
	if err != nil {
		return nil, err
	}
	set, err := via.assigned(x.Set, "update")
	if err != nil {
		return nil, err
	}
	rows := &setRows{}
	var vals []expr.Expr
	if n.Set, vals, err = b.assignedOnce(s, t, via, src.old, set, rows); err != nil {
		return nil, err
	}
	src.tree = b.computeRows(src.tree, rows)
	if src.tree, err = b.inOrder(s, src.tree, x.OrderBy); err != nil {
		return nil, err
	}
	if src.tree, err = b.limit(s, &ast.Select{Limit: x.Limit}, src.tree, nil); err != nil {
		return nil, err
	}
	b.written(use, via, x.Set, n.Set)
	if n.Set, vals, err = b.onUpdate(t, src.old, n.Set, vals); err != nil {
		return nil, err
	}
	if n.Write, err = b.givingValues(w, n.Set, false); err != nil {
		return nil, err
	}
	n.RowID, n.Old, n.TableOID = src.rowID, src.old, src.tableOID
	var system []nsCol
	if x.Returning != nil && w.Family != nil {
		if system, n.System, err = b.insertedColumns(w, n.Alias); err != nil {
			return nil, err
		}
	} else if x.Returning != nil && t.Kind != catalog.KindView {
		if system, err = b.updatedColumns(t, src.rel); err != nil {
			return nil, err
		}
	}
	// The new values join the row that carries everything else.
	exprs := make([]expr.Expr, 0, len(vals)+8)
	for _, c := range src.tree.Cols() {
		exprs = append(exprs, b.meta.Column(c))
	}
	p := &logical.Project{Input: src.tree, Exprs: exprs, Out: append([]logical.ColID(nil), src.tree.Cols()...), HandsOn: true}
	for i, v := range vals {
		id := b.meta.Add(logical.ColInfo{Name: t.Columns[n.Set[i]-1].Name, T: v.Type()})
		p.Exprs, p.Out, n.New = append(p.Exprs, v), append(p.Out, id), append(n.New, id)
	}
	n.Input = p
	row := b.newRow(t, n.Alias)
	n.Row, row.item.hidden = row.ids, system
	b.usedBy(use, row.ids)
	if s.items[0], _, err = b.target(via, row.item, t, &x.Table); err != nil {
		return nil, err
	}
	s.in = inReturning
	q := &query{tree: n}
	if n.Returning, n.Out, q.out, err = b.returning(s, x.Returning); err != nil {
		return nil, err
	}
	if n.Views, err = b.viewChecks(via, row); err != nil {
		return nil, err
	}
	n.Alias = via.alias(n.Alias, t)
	return q, b.secureUpdate(n, via, src, slices.Concat(vals, rows.exprs))
}

// delete binds DELETE.
func (b *binder) delete(x *ast.Delete, outer *scope) (*query, error) {
	b.meta.Unlimited = b.meta.Unlimited || x.Unlimited
	if x.Join != nil {
		var err error
		if x, err = b.deleteOfJoin(x); err != nil {
			return nil, err
		}
	}
	defer b.strictly(x.Mixed && !x.Ignore)()
	s := &scope{parent: outer}
	if err := b.with(s, x.With); err != nil {
		return nil, err
	}
	t, via, err := b.writeTarget(&x.Table, s, "delete from")
	if err != nil {
		return nil, err
	}
	w, err := b.familyWrite(t, &x.Table, onlyOf(&x.Table, via), false)
	if err != nil {
		return nil, err
	}
	if x.Ignore {
		if w, err = b.ignoring(w, "DELETE", x.Pos); err != nil {
			return nil, err
		}
	}
	use := b.useWrite(t, via, catalog.PrivDelete, nil, nil)
	src, err := b.writeSource(s, t, via, &x.Table, x.Using, x.Where, x.CurrentOf, use)
	if err != nil {
		return nil, err
	}
	if src.tree, err = b.inOrder(s, src.tree, x.OrderBy); err != nil {
		return nil, err
	}
	tree, err := b.limit(s, &ast.Select{Limit: x.Limit}, src.tree, nil)
	if err != nil {
		return nil, err
	}
	n := &logical.Delete{Write: w, Alias: via.alias(aliasOf(&x.Table, t), t), RowID: src.rowID, Old: src.old, TableOID: src.tableOID, Counts: x.Mixed}
	if l, ok := tree.(*logical.Limit); ok && x.Ignore && x.Limit != nil { // rows that are passed over do not count
		src.tree, n.Most = l.Input, l.Limit
	} else {
		src.tree = tree
	}
	n.Input = src.tree
	s.in = inReturning
	if via == nil && x.Returning != nil {
		if s.items[0], err = b.deleted(s.items[0]); err != nil {
			return nil, err
		}
	}
	q := &query{tree: n}
	if n.Returning, n.Out, q.out, err = b.returning(s, x.Returning); err != nil {
		return nil, err
	}
	return q, b.secureDelete(n, via, src)
}

// source is what UPDATE and DELETE read.
type source struct {
	tree  logical.Node
	rowID logical.ColID
	old   []logical.ColID // by attribute order, 0 for dropped
	rel   *relation       // the table
	// tableOID tells which table of a family the row is of, 0 for a table without children.
	tableOID logical.ColID
}

// onlyOf reports that the table is written without its children.
func onlyOf(ref *ast.TableRef, via writtenView) bool {
	if via != nil {
		return via[len(via)-1].ref.Only
	}
	return ref.Only
}

// targetSource reads the table that is changed.
func (b *binder) targetSource(t *catalog.Table, via writtenView, ref *ast.TableRef, use int) (*source, []*nsItem, error) {
	if t.Kind == catalog.KindView {
		return b.insteadSource(t, via, ref)
	}
	read := ref
	if via != nil {
		read = &ast.TableRef{At: ref.At, Name: ast.QName{Name: t.Name}, Only: onlyOf(ref, via), Alias: &ast.Alias{Name: t.Name}}
		if a := via[len(via)-1].ref.Alias; a != nil {
			read.Alias.Name = a.Name
		}
	}
	tree, items, err := b.table(t, read, use)
	if err != nil {
		return nil, nil, err
	}
	target := items[0]
	src := &source{tree: tree, rel: target.rel, rowID: b.scanColumn(target.rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID)).Index}
	if target.rel.scan.Family != nil {
		src.tableOID = b.scanColumn(target.rel, catalog.TableOidAttr, "tableoid", types.Of(types.OidOID)).Index
	}
	for i := range t.Columns {
		id := 0
		for j, a := range target.rel.scan.Attrs {
			if a == t.Columns[i].Num && !t.Columns[i].Dropped {
				id = target.rel.scan.Out[j]
			}
		}
		src.old = append(src.old, id)
	}
	if via == nil {
		b.traceItems(items)
		return src, items, nil
	}
	shown, conds, err := b.target(via, target, t, ref)
	if err != nil {
		return nil, nil, err
	}
	if conds != nil {
		src.tree = &logical.Filter{Input: src.tree, Conds: conds}
	}
	b.traceItems(one(shown))
	return src, one(shown), nil
}

// writeSource joins the target with the other items under WHERE, or takes the row that a
// cursor stands on.
func (b *binder) writeSource(s *scope, t *catalog.Table, via writtenView, ref *ast.TableRef, others []ast.TableExpr, where ast.Expr, cursor string, use int) (*source, error) {
	src, items, err := b.targetSource(t, via, ref, use)
	if err != nil {
		return nil, err
	}
	if cursor != "" {
		if via != nil || t.Kind == catalog.KindView {
			if b.unwritable != nil {
				return nil, b.unwritable
			}
			return nil, errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "WHERE CURRENT OF on a view is not implemented")
		}
		items[0].rel.scan.Cursor = &logical.Cursor{Name: cursor, Variable: b.cursorVariable(cursor)}
	}
	more := &scope{parent: s.parent, ctes: s.ctes, in: inWhere}
	for _, it := range items { // other items cannot refer to the target
		hidden := *it
		hidden.target = true
		more.items = append(more.items, &hidden)
	}
	rest, err := b.from(more, others)
	if err != nil {
		return nil, err
	}
	s.items = append(items, more.items[len(items):]...)
	if rest != nil {
		src.tree = &logical.Join{Kind: logical.Inner, Left: src.tree, Right: rest}
	}
	if where != nil {
		in := s.in
		s.in = inWhere
		c, err := b.condition(s, where, "WHERE")
		s.in = in
		if err != nil {
			return nil, err
		}
		src.tree = &logical.Filter{Input: src.tree, Conds: logical.Conjuncts(nil, c)}
	}
	return src, nil
}

// assignments binds SET lists of UPDATE, ON CONFLICT DO UPDATE and MERGE; old are the
// columns of the row before, via the views that are written through.
func (b *binder) assignments(s *scope, t *catalog.Table, via writtenView, old []logical.ColID, set []ast.Target) ([]int16, []expr.Expr, error) {
	row := func(c *catalog.Column) expr.Expr { return b.meta.Column(old[c.Num-1]) }
	defer func(outer *catalog.Table) { b.assigning = outer }(b.assigning)
	b.assigning = t
	var attrs []int16
	var vals []expr.Expr
	seen := assignedParts{}
	for i := range set {
		x := &set[i]
		c := t.ColumnByName(x.Name)
		if c == nil {
			return nil, nil, b.setColumnMissing(s, t, x, set)
		}
		if !seen.add(c.Num, x) {
			return nil, nil, errAt(ast.NoPos, pgerrcode.SyntaxError, "multiple assignments to same column \"%s\"", c.Name)
		}
		at := slices.Index(attrs, c.Num)
		before := row(c)
		if at >= 0 {
			before = vals[at]
		}
		v, err := b.setValue(s, c, via, x, set, before)
		if err != nil {
			return nil, nil, err
		}
		if at >= 0 {
			vals[at] = v
			continue
		}
		attrs, vals = append(attrs, c.Num), append(vals, v)
	}
	return attrs, vals, nil
}

// onUpdate adds the columns that take a value of their own when a row changes: those
// with ON UPDATE that are not assigned. A row in which every assigned column keeps its
// value does not change. old are the table's columns before.
func (b *binder) onUpdate(t *catalog.Table, old []logical.ColID, attrs []int16, vals []expr.Expr) ([]int16, []expr.Expr, error) {
	var changed expr.Expr
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.OnUpdate == "" || c.Dropped || slices.Contains(attrs, c.Num) {
			continue
		}
		if changed == nil {
			or := &expr.Or{}
			for k, a := range attrs {
				or.Args = append(or.Args, &expr.IsDistinct{L: b.meta.Column(old[a-1]), R: vals[k]})
			}
			if changed = or; len(or.Args) == 1 {
				changed = or.Args[0]
			}
		}
		now, err := storedScalar(c.OnUpdate, nil, Default, c.Type, c.Name, b.o)
		if err != nil {
			return nil, nil, err
		}
		attrs = append(attrs, c.Num)
		vals = append(vals, &expr.Case{Whens: []expr.When{{Cond: changed, Result: now}}, Else: b.meta.Column(old[i]), T: c.Type})
	}
	return attrs, vals, nil
}

// setColumnMissing is the error for an assignment to no column. PostgreSQL binds
// all sources before it looks for the first target, and so meets their errors first.
func (b *binder) setColumnMissing(s *scope, t *catalog.Table, x *ast.Target, set []ast.Target) error {
	for i := range set {
		if isDefault(set[i].Expr) || set[i].Multi != nil {
			continue
		}
		if _, err := b.expr(s, set[i].Expr); err != nil {
			return err
		}
	}
	if catalog.SystemAttr(x.Name) != 0 {
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "cannot assign to system column \"%s\"", x.Name)
	}
	return errAt(x.Pos, pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", x.Name, t.Name)
}

// setValue binds one assigned value; old is the column's before.
func (b *binder) setValue(s *scope, c *catalog.Column, via writtenView, x *ast.Target, set []ast.Target, old expr.Expr) (expr.Expr, error) {
	src, pos := x.Expr, ast.NoPos
	var v expr.Expr
	var err error
	if x.Multi != nil {
		switch m := x.Multi.(type) {
		case *ast.Row:
			args, err := b.spread(s, m.Args)
			if err != nil {
				return nil, err
			}
			if x.MultiCol < 1 || x.MultiCol > len(args) || last(set, x) && x.MultiCol != len(args) {
				return nil, errAt(leftmost(x.Multi), pgerrcode.SyntaxError, "number of columns does not match number of values")
			}
			src = args[x.MultiCol-1]
		case *ast.Subquery:
			if v, pos, err = b.multiSub(s, x, m, last(set, x)); err != nil {
				return nil, err
			}
		default:
			return nil, errAt(leftmost(x.Multi), pgerrcode.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
		}
	}
	if isDefault(src) {
		switch err := partDefault(x); {
		case err != nil:
			return nil, err
		case c.Generated != 0:
			return nullConst(c.Type), nil
		}
		d, err := via.assignedDefault(c, b.o)
		if err != nil {
			return nil, err
		}
		return b.fittingDefault(c, d)
	}
	if v == nil {
		want := c.Type
		if len(x.Path) > 0 {
			want = types.T{}
		}
		if v, err = b.exprFor(s, src, want); err != nil {
			return nil, err
		}
		pos = leftmost(src)
	}
	if len(x.Path) == 0 {
		if err := onlyDefault(c); err != nil {
			return nil, err
		}
		return b.given(v, c, pos)
	}
	if v, err = b.assignPart(s, c, x, old, v, pos); err != nil {
		return nil, err
	}
	return v, onlyDefault(c)
}

// onlyDefault refuses another value than DEFAULT for columns that may have no other.
func onlyDefault(c *catalog.Column) error {
	kind := "a generated column"
	switch {
	case c.Generated != 0:
	case c.Identity == 'a':
		kind = "an identity column defined as GENERATED ALWAYS"
	default:
		return nil
	}
	return errAt(ast.NoPos, pgerrcode.GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
		WithDetail("Column \"%s\" is %s.", c.Name, kind)
}

// last reports that no later target takes a column of the same source.
func last(set []ast.Target, x *ast.Target) bool {
	for i := range set {
		if set[i].Multi == x.Multi && set[i].MultiCol > x.MultiCol {
			return false
		}
	}
	return true
}
