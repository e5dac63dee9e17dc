package bind

import (
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
)

// MySQL's UPDATE and DELETE over a join. One table of inner joins is changed with the
// others beside it, as PostgreSQL writes it. Everything else goes in two steps within one
// statement: a query over the join as it is written notes the rows of each table and their
// new values, once, and then each table takes what is noted of it.

// noted is the name of that query; no name that MySQL lets through has a space at its end.
const noted = "noted "

var nowhere = ast.At{Pos: ast.NoPos}

// updateOfJoin writes such an UPDATE as one of one table.
func (b *binder) updateOfJoin(x *ast.Update) (*ast.Update, error) {
	names := make([]string, 0, 2)
	owner := make([]string, len(x.Set))
	for i := range x.Set {
		t := &x.Set[i]
		if owner[i] = t.Table; owner[i] == "" {
			var err error
			if owner[i], err = b.ownerOf(x.Join, x.With, t.Name, x.Pos); err != nil {
				return nil, err
			}
		}
		names = appendNew(names, owner[i])
	}
	if x.Ignore && len(names) > 1 {
		return nil, ignoreSeveral(x.Pos)
	}
	out := &ast.Update{At: x.At, With: x.With, Where: x.Where, Ignore: x.Ignore, Mixed: x.Mixed}
	if tables, cond, ok := innerTables(x.Join); ok && len(names) == 1 {
		rest, ref := split(tables, names[0])
		if err := among(x.Join, names[0], x.Pos); err != nil {
			return nil, err
		}
		out.Table, out.From, out.Set, out.Where = *ref, rest, x.Set, both(cond, x.Where)
		if len(rest) > 0 {
			for _, e := range b.joinOrder(x.Join, x.With) {
				out.OrderBy = append(out.OrderBy, ast.SortBy{At: nowhere, Expr: e, Nulls: ast.NullsFirst})
			}
		}
		return out, nil
	}
	n, err := note(x.Join, x.Where, x.With, names, x.Pos)
	if err != nil {
		return nil, err
	}
	updates := make([]*ast.Update, len(names))
	for i := range names {
		updates[i] = &ast.Update{At: x.At, Ignore: x.Ignore, Mixed: x.Mixed, Table: *n.refs[i], Where: n.row(i, false),
			From: []ast.TableExpr{&ast.TableRef{At: nowhere, Name: ast.QName{At: nowhere, Name: noted}}}}
	}
	for k := range x.Set {
		e := x.Set[k].Expr
		if !isDefault(e) {
			e = n.value(fmt.Sprintf("v%d", k), e)
		}
		for i, name := range names {
			if name == owner[k] {
				updates[i].Set = append(updates[i].Set, ast.Target{At: nowhere, Name: x.Set[k].Name, Expr: e})
			}
		}
	}
	var order []ast.SortBy
	for k, e := range b.joinOrder(x.Join, x.With) {
		order = append(order, ast.SortBy{At: nowhere, Expr: n.value(fmt.Sprintf("o%d", k), e), Nulls: ast.NullsFirst})
	}
	last := updates[len(updates)-1]
	for _, u := range updates {
		u.OrderBy = order
	}
	for i, u := range updates[:len(updates)-1] {
		n.with.CTEs = append(n.with.CTEs, ast.CTE{At: nowhere, Name: fmt.Sprintf("%s%d", noted, i), Query: u})
	}
	last.With = n.with
	return last, nil
}

// joinOrder is what the rows of a join are ordered by where its tables are read one inside the
// other, each in the order in which it is kept: of several matches, a row is changed by the first.
func (b *binder) joinOrder(join ast.TableExpr, with *ast.With) (keys []ast.Expr) {
	for _, ref := range joinTables(join) {
		if isQuery(with, &ref.Name) {
			continue
		}
		f, err := b.relation(&ref.Name)
		if err != nil || f.table == nil || !f.table.IsStored() {
			continue
		}
		name := calledAs(ref)
		if f.table.IsPartitioned() {
			keys = append(keys, &ast.ColumnRef{At: nowhere, Parts: []string{name, "tableoid"}})
		}
		keys = append(keys, rowOf(name))
	}
	return keys
}

// deleteOfJoin writes such a DELETE as one of one table.
func (b *binder) deleteOfJoin(x *ast.Delete) (*ast.Delete, error) {
	var names []string
	for _, name := range x.Of {
		names = appendNew(names, name)
	}
	if x.Ignore && len(names) > 1 {
		return nil, ignoreSeveral(x.Pos)
	}
	out := &ast.Delete{At: x.At, With: x.With, Ignore: x.Ignore, Mixed: x.Mixed}
	if tables, cond, ok := innerTables(x.Join); ok && len(names) == 1 {
		rest, ref := split(tables, names[0])
		if err := among(x.Join, names[0], x.Pos); err != nil {
			return nil, err
		}
		out.Table, out.Using, out.Where = *ref, rest, both(cond, x.Where)
		return out, nil
	}
	n, err := note(x.Join, x.Where, x.With, names, x.Pos)
	if err != nil {
		return nil, err
	}
	for i := range names {
		d := &ast.Delete{At: x.At, Ignore: x.Ignore, Mixed: x.Mixed, Table: *n.refs[i], Where: n.row(i, true)}
		if i == len(names)-1 {
			d.With = n.with
			return d, nil
		}
		n.with.CTEs = append(n.with.CTEs, ast.CTE{At: nowhere, Name: fmt.Sprintf("%s%d", noted, i), Query: d})
	}
	return out, nil // there is at least one table
}

func ignoreSeveral(pos ast.Pos) error {
	return errAt(pos, pgerrcode.FeatureNotSupported, "IGNORE with several tables to change is not supported")
}

// notes is the query that notes rows and values.
type notes struct {
	query *ast.Select
	with  *ast.With
	refs  []*ast.TableRef // the tables to change
}

// note begins the query: the join and, for each of the named tables, its rows.
func note(from ast.TableExpr, where ast.Expr, with *ast.With, names []string, pos ast.Pos) (*notes, error) {
	n := &notes{with: &ast.With{At: nowhere}, query: &ast.Select{At: ast.At{Pos: pos}, From: []ast.TableExpr{from}, Where: where}}
	if with != nil { // the statement may be bound again
		n.with.Recursive, n.with.CTEs = with.Recursive, append(n.with.CTEs, with.CTEs...)
	}
	for i, name := range names {
		if err := among(from, name, pos); err != nil {
			return nil, err
		}
		n.refs = append(n.refs, findTable(from, name))
		n.query.Targets = append(n.query.Targets, ast.Target{At: nowhere, Name: fmt.Sprintf("r%d", i), Expr: rowOf(name)})
	}
	n.with.CTEs = append(n.with.CTEs, ast.CTE{At: nowhere, Name: noted, Query: n.query, Materialized: ast.MaterializeAlways})
	return n, nil
}

// value notes one more value and is what stands for it.
func (n *notes) value(name string, e ast.Expr) ast.Expr {
	n.query.Targets = append(n.query.Targets, ast.Target{At: nowhere, Name: name, Expr: e})
	return &ast.ColumnRef{At: nowhere, Parts: []string{noted, name}}
}

// row is the condition that a row of a table is noted: one row of the note if it is
// beside the table, else any.
func (n *notes) row(i int, any bool) ast.Expr {
	name := fmt.Sprintf("r%d", i)
	if !any {
		return &ast.Op{At: nowhere, Name: "=", Left: rowOf(calledAs(n.refs[i])), Right: &ast.ColumnRef{At: nowhere, Parts: []string{noted, name}}}
	}
	return &ast.In{At: nowhere, Left: rowOf(calledAs(n.refs[i])), Sub: &ast.Select{At: nowhere,
		Targets: []ast.Target{{At: nowhere, Expr: &ast.ColumnRef{At: nowhere, Parts: []string{name}}}},
		From:    []ast.TableExpr{&ast.TableRef{At: nowhere, Name: ast.QName{At: nowhere, Name: noted}}}}}
}

// rowOf is the place of a table's row.
func rowOf(table string) ast.Expr {
	return &ast.ColumnRef{At: nowhere, Parts: []string{table, "ctid"}}
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// both is the conjunction of two conditions, either of which may be nil.
func both(x, y ast.Expr) ast.Expr {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	return &ast.BoolOp{At: ast.At{Pos: x.Position()}, Kind: ast.And, Args: []ast.Expr{x, y}}
}

// among refuses a table that is to be changed and is none of the join's.
func among(from ast.TableExpr, name string, pos ast.Pos) error {
	if findTable(from, name) == nil {
		return errAt(pos, pgerrcode.SyntaxError, "Unknown table '%s' among those of the statement", name)
	}
	return nil
}

// joinTables are the tables of a tree of joins.
func joinTables(t ast.TableExpr) []*ast.TableRef {
	switch v := t.(type) {
	case *ast.TableRef:
		return []*ast.TableRef{v}
	case *ast.Join:
		return append(joinTables(v.Left), joinTables(v.Right)...)
	}
	return nil
}

// findTable is the table of a name in a tree of joins.
func findTable(t ast.TableExpr, name string) *ast.TableRef {
	for _, r := range joinTables(t) {
		if calledAs(r) == name {
			return r
		}
	}
	return nil
}

// calledAs is the name by which a statement's clauses know a table.
func calledAs(r *ast.TableRef) string {
	if r.Alias != nil {
		return r.Alias.Name
	}
	return r.Name.Name
}

// ownerOf is the table of a join that has a column.
func (b *binder) ownerOf(join ast.TableExpr, with *ast.With, column string, pos ast.Pos) (string, error) {
	owner := ""
	for _, ref := range joinTables(join) {
		if isQuery(with, &ref.Name) {
			continue
		}
		f, err := b.relation(&ref.Name)
		if err != nil {
			return "", err
		}
		if f.table == nil || f.table.ColumnByName(column) == nil {
			continue
		}
		if owner != "" {
			return "", errAt(pos, pgerrcode.AmbiguousColumn, "column reference \"%s\" is ambiguous", column)
		}
		owner = calledAs(ref)
	}
	if owner == "" {
		return "", errAt(pos, pgerrcode.UndefinedColumn, "column \"%s\" does not exist", column)
	}
	return owner, nil
}

// isQuery reports the name of a query of WITH.
func isQuery(with *ast.With, name *ast.QName) bool {
	return with != nil && name.Schema == "" && slices.ContainsFunc(with.CTEs, func(c ast.CTE) bool { return c.Name == name.Name })
}

// innerTables takes a tree of inner joins apart into its tables and conditions; ok is
// false for other trees.
func innerTables(t ast.TableExpr) (tables []ast.TableExpr, cond ast.Expr, ok bool) {
	j, isJoin := t.(*ast.Join)
	if !isJoin {
		return []ast.TableExpr{t}, nil, true
	}
	if j.Kind != ast.InnerJoin || j.Natural || len(j.Using) > 0 || j.Alias != nil {
		return nil, nil, false
	}
	l, lc, lok := innerTables(j.Left)
	r, rc, rok := innerTables(j.Right)
	if !lok || !rok {
		return nil, nil, false
	}
	return append(l, r...), both(both(lc, rc), j.On), true
}

// split takes the table of a name out of a list.
func split(tables []ast.TableExpr, name string) (rest []ast.TableExpr, ref *ast.TableRef) {
	for _, t := range tables {
		if r, ok := t.(*ast.TableRef); ok && ref == nil && calledAs(r) == name {
			ref = r
			continue
		}
		rest = append(rest, t)
	}
	return rest, ref
}
