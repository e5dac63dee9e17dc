package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

var setNames = map[ast.SetOpKind]string{ast.Union: "UNION", ast.Intersect: "INTERSECT", ast.Except: "EXCEPT"}

// setOp binds UNION, INTERSECT and EXCEPT with their ORDER BY and LIMIT.
func (b *binder) setOp(s *scope, x *ast.Select, o queryOpts) (*query, error) {
	if len(x.Locking) > 0 {
		l := &x.Locking[0]
		err := errAt(l.Pos, pgerrcode.FeatureNotSupported, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(l.Strength))
		if !l.Pushed {
			return nil, err
		}
		b.cannotLock(err)
	}
	q, err := b.setTree(s, x)
	if err != nil {
		return nil, err
	}
	return b.orderOutput(s, x, q)
}

// setTree binds the operands and the operation.
func (b *binder) setTree(s *scope, x *ast.Select) (*query, error) {
	if x.Mixed && isChained(x.Left) {
		return b.mixedChain(s, x)
	}
	l, err := b.setOperand(s, x.Left)
	if err != nil {
		return nil, err
	}
	s.united = l
	r, err := b.setOperand(s, x.Right)
	if s.united = nil; err != nil {
		return nil, err
	}
	if len(l.out) != len(r.out) {
		return nil, uneven(x, r)
	}
	cols := make([]setColumn, len(l.out))
	for i := range cols {
		if cols[i], err = b.setColumn(x, i, l, r); err != nil {
			return nil, err
		}
	}
	q, err := b.setNode(x, l, r, cols)
	if err == nil {
		q.operands = append(l.operands, r.operands...)
	}
	return q, err
}

func uneven(x *ast.Select, q *query) error {
	return errAt(q.firstPlace(), pgerrcode.SyntaxError, "each %s query must have the same number of columns", setNames[x.SetOp])
}

// setColumn is a column of a set operation: the values of each of its queries, in one type.
type setColumn struct {
	values []expr.Expr
	t      types.T
	domain catalog.ID
}

// setColumn makes column i of several queries one.
func (b *binder) setColumn(x *ast.Select, i int, list ...*query) (c setColumn, err error) {
	for _, q := range list {
		c.values = append(c.values, q.expr(i))
	}
	if x.Mixed {
		if c.values, err = b.mixedColumns(c.values); err != nil {
			return c, err
		}
		b.traceUnited(i, list, c.values)
	}
	c.domain = b.commonDomain(c.values)
	c.values, c.t, err = b.commonType(setNames[x.SetOp], c.values, func(j int) ast.Pos { return list[j].out[i].pos })
	return c, err
}

// setNode is the operation over two queries with the values of each column.
func (b *binder) setNode(x *ast.Select, l, r *query, cols []setColumn) (*query, error) {
	n := &logical.SetOp{All: x.SetAll, Kind: map[ast.SetOpKind]logical.SetKind{
		ast.Union: logical.Union, ast.Intersect: logical.Intersect, ast.Except: logical.Except}[x.SetOp]}
	le, re := make([]expr.Expr, len(cols)), make([]expr.Expr, len(cols))
	q := &query{tree: n}
	for i, c := range cols {
		le[i], re[i] = c.values[0], c.values[1]
		at := l.out[i].pos
		if l.out[i].t.OID != c.t.OID && r.out[i].t.OID == c.t.OID {
			at = r.out[i].pos
		}
		if !(x.SetOp == ast.Union && x.SetAll) {
			if err := needEqual(c.t, at); err != nil {
				return nil, err
			}
		}
		id := b.meta.Add(logical.ColInfo{Name: l.out[i].name, T: c.t, Domain: c.domain})
		n.Out = append(n.Out, id)
		q.out = append(q.out, outCol{id, l.out[i].name, c.t, at, l.out[i].head})
	}
	n.Left, n.LeftCols = b.retype(l, le)
	n.Right, n.RightCols = b.retype(r, re)
	return q, nil
}

// isChained reports a set operation of MySQL's that is the left operand of another one and no
// query of its own: MySQL makes one type of a column of all their queries.
func isChained(x *ast.Select) bool {
	return x.SetOp != ast.SetNone && x.Mixed && x.With == nil && x.OrderBy == nil && x.Limit == nil && x.Offset == nil
}

// mixedChain binds such operations from the left to the right, over columns of one type.
func (b *binder) mixedChain(s *scope, x *ast.Select) (*query, error) {
	ops := []*ast.Select{x}
	for isChained(ops[0].Left) {
		ops = append([]*ast.Select{ops[0].Left}, ops...)
	}
	first, err := b.setOperand(s, ops[0].Left)
	if err != nil {
		return nil, err
	}
	list := []*query{first}
	for _, op := range ops {
		q, err := b.setOperand(s, op.Right)
		if err != nil {
			return nil, err
		}
		if len(q.out) != len(first.out) {
			return nil, uneven(op, q)
		}
		list = append(list, q)
	}
	cols := make([]setColumn, len(first.out))
	for i := range cols {
		if cols[i], err = b.setColumn(x, i, list...); err != nil {
			return nil, err
		}
	}
	q := first
	for k, op := range ops {
		pairs := make([]setColumn, len(cols))
		for i, c := range cols {
			l := c.values[0]
			if k > 0 {
				l = q.expr(i)
			}
			pairs[i] = setColumn{values: []expr.Expr{l, c.values[k+1]}, t: c.t, domain: c.domain}
		}
		if q, err = b.setNode(op, q, list[k+1], pairs); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// mixedColumns are a column of both operands, as MySQL makes one of them.
func (b *binder) mixedColumns(terms []expr.Expr) ([]expr.Expr, error) {
	terms, err := b.aggregated(terms)
	if err != nil {
		return nil, err
	}
	_, d, ok, err := b.ofOneScale(terms)
	if err != nil || !ok {
		return terms, err
	}
	for i, e := range terms {
		if isOpen(e) {
			continue
		}
		if x, _ := digitsOf(e); x == d && e.Type() == d.typ() {
			continue
		}
		if terms[i], err = b.shown(precise(e), d, ast.NoPos); err != nil {
			return nil, err
		}
	}
	return terms, nil
}

// expr is an output column as a value: literals whose type is still open as themselves.
func (q *query) expr(i int) expr.Expr {
	c := q.out[i]
	if c.t.OID == types.UnknownOID {
		if p := topProject(q.tree); p != nil {
			for j, id := range p.Out {
				if id == c.id {
					return p.Exprs[j]
				}
			}
		}
	}
	return &expr.Column{Index: c.id, T: c.t, Name: c.name}
}

// topProject is the projection that makes a query's output.
func topProject(n logical.Node) *logical.Project {
	for {
		switch x := n.(type) {
		case *logical.Project:
			return x
		case *logical.Sort:
			n = x.Input
		case *logical.Limit:
			n = x.Input
		case *logical.Lock:
			n = x.Input
		default:
			return nil
		}
	}
}

// retype projects an operand to the given values; nothing to do when they are its columns.
func (b *binder) retype(q *query, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	same := true
	for i, e := range exprs {
		c, ok := e.(*expr.Column)
		same = same && ok && c.Index == q.out[i].id
	}
	if same {
		return q.tree, q.ids()
	}
	dropUnknown(q)
	return b.project(q.tree, exprs)
}

// dropUnknown removes literals of open type from a query's projection, after
// their user has taken them.
func dropUnknown(q *query) {
	p := topProject(q.tree)
	if p == nil {
		return
	}
	var exprs []expr.Expr
	var out []logical.ColID
	for i, e := range p.Exprs {
		if e.Type().OID != types.UnknownOID {
			exprs, out = append(exprs, e), append(out, p.Out[i])
		}
	}
	p.Exprs, p.Out = exprs, out
}

// setOperand binds one side; nested operations without own clauses unify on their own.
func (b *binder) setOperand(s *scope, x *ast.Select) (*query, error) {
	q, err := b.selectStmt(x, s, queryOpts{keepUnknown: x.SetOp == ast.SetNone && x.Values == nil})
	if err == nil {
		b.traceOperand(q, x)
	}
	if err != nil {
		return nil, err
	}
	own := x.With != nil || x.OrderBy != nil || x.Limit != nil || x.Offset != nil
	if x.SetOp != ast.SetNone && own {
		for i := range q.out { // a query of its own, whose columns are named by its first operand
			q.out[i].pos = q.out[i].head
		}
	}
	if x.SetOp == ast.SetNone || own {
		q.operands = []*nsItem{{rel: &relation{}, cols: queryCols(q)}}
	}
	return q, nil
}

// unseenOperands are the queries of a set operation, which ORDER BY may not refer to but errors
// name.
func unseenOperands(q *query) []*nsItem {
	var out []*nsItem
	for i, it := range q.operands {
		named := *it
		named.name = "*SELECT* " + itoa(i+1)
		out = append(out, &named)
	}
	return out
}

// orderOutput adds ORDER BY over output columns, and LIMIT.
func (b *binder) orderOutput(s *scope, x *ast.Select, q *query) (*query, error) {
	sel := &selection{scope: s, x: x, tree: q.tree}
	it := &nsItem{colsVisible: true, lateralOK: true, cols: queryCols(q)}
	s.items, s.united = []*nsItem{it}, q
	for _, c := range q.out {
		sel.targets = append(sel.targets, target{name: c.name, e: &expr.Column{Index: c.id, T: c.t}, id: c.id})
	}
	for i := range x.OrderBy {
		o := &x.OrderBy[i]
		n, err := b.byNameOrPosition(sel, o.Expr, inOrderBy)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			s.srfs = &srfList{} // what it is does not matter: it is refused
			_, err := b.expr(s, o.Expr)
			if s.srfs = nil; err != nil {
				return nil, err
			}
			return nil, errAt(leftmost(o.Expr), pgerrcode.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
		}
		var by expr.Expr = b.meta.Column(sel.targets[n].id)
		if o.Places {
			if p := b.sortPlace(by); p != nil {
				by = p
			}
		}
		k, err := b.sortKey(by, o)
		if err != nil {
			return nil, err
		}
		sel.keys = append(sel.keys, k)
	}
	if len(sel.keys) > 0 {
		q.tree = &logical.Sort{Input: q.tree, Keys: sel.keys}
	}
	tree, err := b.limit(s, x, q.tree, sel.keys)
	s.items, s.united = nil, nil
	return &query{tree: tree, out: q.out, operands: q.operands}, err
}

// firstPlace is where the first of a query's columns that stands anywhere stands.
func (q *query) firstPlace() ast.Pos {
	for _, c := range q.out {
		if c.pos >= 0 {
			return c.pos
		}
	}
	return ast.NoPos
}

// place is where output column i of a query stands, NoPos where it has no such column.
func (q *query) place(i int) ast.Pos {
	if i < 0 || i >= len(q.out) {
		return ast.NoPos
	}
	return q.out[i].head
}

// byExpression reports an item of ORDER BY that is no name and no position.
func byExpression(o ast.SortBy) bool {
	switch x := o.Expr.(type) {
	case *ast.Lit:
		return false
	case *ast.ColumnRef:
		return len(x.Parts) > 1 || x.Parts[0] == valuesName
	}
	return true
}

// valuesName is the name that VALUES has as a relation.
const valuesName = "*VALUES*"

// orderedValues is VALUES as the source of a query, whose order may be by any expression.
func orderedValues(x *ast.Select) *ast.Select {
	list, outer := *x, *x
	list.With, list.OrderBy, list.Limit, list.Offset, list.WithTies = nil, nil, nil, nil, false
	outer.With, outer.Values = nil, nil
	outer.Targets = []ast.Target{{At: x.At, Expr: &ast.ColumnRef{At: ast.At{Pos: ast.NoPos}, Star: true}}}
	outer.From = []ast.TableExpr{&ast.SubqueryRef{At: x.At, Query: &list, Alias: &ast.Alias{Name: valuesName}}}
	return &outer
}

// values binds VALUES lists.
func (b *binder) values(s *scope, x *ast.Select, o queryOpts) (*query, error) {
	if len(x.Locking) > 0 {
		return nil, errAt(x.Locking[0].Pos, pgerrcode.FeatureNotSupported, "%s cannot be applied to VALUES", lockName(x.Locking[0].Strength))
	}
	s.in = inValues
	rows := make([][]expr.Expr, len(x.Values))
	lists := make([][]ast.Expr, len(x.Values))
	for i, r := range x.Values {
		var err error
		if lists[i], err = b.spread(s, r); err != nil {
			return nil, err
		}
		if rows[i], err = b.list(s, lists[i]); err != nil {
			return nil, err
		}
		if len(lists[i]) != len(lists[0]) {
			return nil, errAt(leftmost(r[0]), pgerrcode.SyntaxError, "VALUES lists must all be the same length")
		}
	}
	n := &logical.Values{Rows: rows}
	q := &query{tree: n}
	for c := range lists[0] {
		col := make([]expr.Expr, len(rows))
		for i := range rows {
			col[i] = rows[i][c]
		}
		domain := b.commonDomain(col)
		col, t, err := b.commonType("VALUES", col, func(i int) ast.Pos { return leftmost(lists[i][c]) })
		if err != nil {
			return nil, err
		}
		for i := range rows {
			rows[i][c] = col[i]
		}
		name := "column" + itoa(c+1)
		id := b.meta.Add(logical.ColInfo{Name: name, Rel: "*VALUES*", T: t, Domain: domain})
		n.Out = append(n.Out, id)
		q.out = append(q.out, outCol{id, name, t, ast.NoPos, ast.NoPos})
	}
	return b.orderOutput(s, x, q)
}
