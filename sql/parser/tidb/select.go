package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/ident"
)

// scope is what ORDER BY, GROUP BY and HAVING of a select may call its targets:
// MySQL knows aliases in all of them, also within expressions.
type scope struct {
	targets []ast.Target
	names   map[string]int // folded alias → target
}

func newScope(targets []ast.Target) *scope {
	s := &scope{targets: targets, names: map[string]int{}}
	for i := range targets {
		if n := fold(targets[i].Name); n != "" {
			if _, twice := s.names[n]; !twice {
				s.names[n] = i
			}
		}
	}
	return s
}

// target is the target that a name means, nil if none does.
func (s *scope) target(name string) *ast.Target {
	if s == nil {
		return nil
	}
	if i, ok := s.names[name]; ok {
		return &s.targets[i]
	}
	return nil
}

// resolve is what stands for an alias within an expression, nil for other names.
// A target that is just a column of that name is left to the tables.
func (s *scope) resolve(name string) ast.Expr {
	t := s.target(name)
	if t == nil {
		return nil
	}
	if r, ok := t.Expr.(*ast.ColumnRef); ok && len(r.Parts) == 1 && r.Parts[0] == name {
		return nil
	}
	return t.Expr
}

// query converts what may stand as a query.
func (c *conv) query(n tast.Node) *ast.Select {
	c.enter()
	defer c.leave()
	switch v := n.(type) {
	case *tast.SelectStmt:
		return c.selectStmt(v)
	case *tast.SetOprStmt:
		return c.setOperation(v.SelectList.Selects, v.With, v.OrderBy, v.Limit)
	case *tast.SetOprSelectList:
		return c.setOperation(v.Selects, v.With, v.OrderBy, v.Limit)
	case *tast.SubqueryExpr:
		return c.query(v.Query)
	}
	c.fail(n, "%s is not supported as a query", nodeName(n))
	return nil
}

func (c *conv) selectStmt(s *tast.SelectStmt) *ast.Select {
	out := &ast.Select{At: c.at(s), With: c.with(s.With), Dependents: true}
	before := c.before
	c.before = nil
	defer func() { c.before = before }()
	assigns := false // the select list does
	if s.SelectIntoOpt != nil {
		c.fail(s, "SELECT ... INTO is not supported")
	}
	switch s.Kind {
	case tast.SelectStmtKindTable:
		out.Targets = []ast.Target{{At: out.At, Expr: &ast.ColumnRef{At: out.At, Star: true}}}
	case tast.SelectStmtKindValues:
		for _, r := range s.Lists {
			out.Values = append(out.Values, c.exprs(r.Values))
		}
	default:
		outer, assigned := c.scope, c.assigns
		c.scope, c.assigns = nil, false
		c.once = c.ordered && !c.stored && s.AfterSetOperator == nil && s.GroupBy == nil && !s.Distinct
		out.Targets = c.targets(s.Fields)
		assigns = c.assigns
		c.once, c.scope, c.assigns = false, outer, assigns || assigned
	}
	out.Distinct = s.Distinct
	outer := c.scope
	defer func() { c.scope = outer }()
	c.scope = nil
	out.From = c.from(s.From)
	out.Where = c.cond(s.Where)
	c.windows(s, out)
	c.scope = newScope(out.Targets)
	if assigns && s.Having != nil && !fieldsAggregate(s.Fields) && !hasAggregate(s.Having.Expr) {
		return c.havingAssigned(s, out)
	}
	c.groupBy(s, out)
	c.having(s, out)
	if s.GroupBy != nil && s.GroupBy.Rollup {
		out.Having = ofRows(out.Having, out.At)
	}
	out.OrderBy = c.orderBy(s.OrderBy)
	if s.GroupBy != nil && s.GroupBy.Rollup && s.OrderBy == nil && !s.Distinct {
		out.OrderBy = c.rollupOrder(out)
	}
	out.Limit, out.Offset = c.limit(s.Limit)
	c.locking(s, out)
	out.With = c.withBefore(out.With)
	if s.SelectStmtOpts != nil && s.SelectStmtOpts.CalcFoundRows && s.Limit != nil {
		return c.calcFoundRows(out)
	}
	return out
}

// calcFoundRows counts the rows that a query would have without its LIMIT: the whole
// result is a common table expression, and OFFSET, which is computed once in any case,
// notes how many rows that has.
func (c *conv) calcFoundRows(q *ast.Select) *ast.Select {
	if len(q.Locking) > 0 || c.nested > 0 {
		c.fail(nil, "SQL_CALC_FOUND_ROWS is not supported here")
	}
	const all = "all rows "
	at := q.At
	from := func() []ast.TableExpr {
		return []ast.TableExpr{&ast.TableRef{At: placeless, Name: ast.QName{At: placeless, Name: all}}}
	}
	count := &ast.Subquery{At: at, Kind: ast.ScalarSub, Query: &ast.Select{At: at, From: from(),
		Targets: []ast.Target{{At: at, Expr: &ast.Func{At: at, Name: ast.QName{At: at, Schema: system, Name: "count"}, Star: true}}}}}
	offset := q.Offset
	if offset == nil {
		offset = integer(at, 0)
	}
	out := &ast.Select{At: at, From: from(), Targets: []ast.Target{{At: at, Expr: &ast.ColumnRef{At: at, Star: true}}},
		With:  &ast.With{At: placeless, CTEs: []ast.CTE{{At: placeless, Name: all, Query: q, Materialized: ast.MaterializeAlways}}},
		Limit: q.Limit, Offset: call(at, "note_found_rows", count, offset)}
	q.Limit, q.Offset = nil, nil
	return out
}

// targets converts a select list. The outermost names are the client's: as
// written, or the text of the expression.
func (c *conv) targets(list *tast.FieldList) []ast.Target {
	var out []ast.Target
	for _, f := range list.Fields {
		if w := f.WildCard; w != nil {
			ref := &ast.ColumnRef{At: c.here(), Star: true}
			if w.Schema.L != "" {
				ref.Parts = append(ref.Parts, w.Schema.L)
			}
			if w.Table.L != "" {
				ref.Parts = append(ref.Parts, w.Table.L)
			}
			out = append(out, ast.Target{At: ref.At, Expr: ref})
			continue
		}
		t := ast.Target{At: c.at(f.Expr), Expr: c.expr(f.Expr), Name: f.AsName.O}
		if t.Name == "" {
			t.Name = c.fieldName(f)
		}
		if c.nested > 0 {
			t.Name = fold(t.Name)
		}
		if r, ok := t.Expr.(*ast.ColumnRef); ok && len(r.Parts) > 0 && r.Parts[len(r.Parts)-1] == t.Name {
			t.Name = "" // it has that name anyway
		}
		out = append(out, t)
	}
	return out
}

// fieldName is the name of a target without an alias.
func (c *conv) fieldName(f *tast.SelectField) string {
	if r, ok := f.Expr.(*tast.ColumnNameExpr); ok {
		return r.Name.Name.O
	}
	if s, ok := stringOf(f.Expr); ok {
		return ident.Cut(s)
	}
	name := strings.TrimSpace(f.OriginalText())
	if name == "" {
		return "?"
	}
	return ident.Cut(name)
}

// groupBy converts GROUP BY; a bare alias means its target.
func (c *conv) groupBy(s *tast.SelectStmt, out *ast.Select) {
	if s.GroupBy == nil {
		return
	}
	var items []ast.GroupItem
	for _, it := range s.GroupBy.Items {
		e := c.clauseExpr(it.Expr)
		if l, ok := e.(*ast.Lit); ok { // a constant, unless it is a position
			if _, place := it.Expr.(*tast.PositionExpr); !place {
				e = constant(l)
			}
		}
		items = append(items, ast.GroupItem{At: ast.At{Pos: e.Position()}, Expr: e})
	}
	if s.GroupBy.Rollup {
		items = []ast.GroupItem{{At: out.At, Kind: ast.GroupRollup, Items: items}}
	}
	out.GroupBy = items
}

// constant is a literal that stands for itself where PostgreSQL takes a bare one for a position.
func constant(l *ast.Lit) ast.Expr {
	to := "text"
	switch l.Kind {
	case ast.LitInt:
		to = "int8"
	case ast.LitNumeric:
		to = "numeric"
	}
	return cast(l, typed(l.At, to))
}

// clauseExpr converts an item of GROUP BY or ORDER BY: a position, an alias of the
// select list, or an expression.
func (c *conv) clauseExpr(n tast.ExprNode) ast.Expr {
	switch v := n.(type) {
	case *tast.PositionExpr:
		if v.P != nil {
			c.fail(v, "a parameter as a position is not supported")
		}
		return integer(c.at(v), int64(v.N))
	case *tast.ColumnNameExpr:
		if t := c.scope.target(v.Name.Name.L); t != nil && v.Name.Table.L == "" && t.Name != "" {
			return &ast.ColumnRef{At: c.at(v), Parts: []string{t.Name}}
		}
	}
	return c.expr(n)
}

// having converts HAVING. Without groups it is one more condition on the rows,
// which may use the aliases of the select list.
func (c *conv) having(s *tast.SelectStmt, out *ast.Select) {
	if s.Having == nil {
		return
	}
	cond := c.cond(s.Having.Expr)
	if s.GroupBy != nil || hasAggregate(s.Having.Expr) || fieldsAggregate(s.Fields) {
		out.Having = cond
		return
	}
	if out.Where == nil {
		out.Where = cond
		return
	}
	out.Where = &ast.BoolOp{At: ast.At{Pos: out.Where.Position()}, Kind: ast.And, Args: []ast.Expr{out.Where, cond}}
}

// aggregates finds aggregates of its own level in an expression.
type aggregates struct{ found bool }

func (a *aggregates) Enter(n tast.Node) (tast.Node, bool) {
	switch n.(type) {
	case *tast.AggregateFuncExpr:
		a.found = true
		return n, true
	case *tast.SubqueryExpr, *tast.WindowFuncExpr:
		return n, true
	}
	return n, false
}

func (a *aggregates) Leave(n tast.Node) (tast.Node, bool) { return n, true }

func hasAggregate(n tast.Node) bool {
	var a aggregates
	n.Accept(&a)
	return a.found
}

func fieldsAggregate(list *tast.FieldList) bool {
	if list == nil {
		return false
	}
	for _, f := range list.Fields {
		if f.Expr != nil && hasAggregate(f.Expr) {
			return true
		}
	}
	return false
}

// orderBy converts ORDER BY. MySQL sorts NULL before all values. An order by the
// distance to a vector is left as PostgreSQL has it, rows without a vector last, so
// that a vector index can serve it: it knows no such rows.
func (c *conv) orderBy(o *tast.OrderByClause) []ast.SortBy {
	if o == nil {
		return nil
	}
	var out []ast.SortBy
	for _, it := range o.Items {
		if v := value(it.Expr); v != nil { // a constant gives no order; places are other nodes
			continue
		}
		e := c.clauseExpr(it.Expr)
		s := ast.SortBy{At: ast.At{Pos: e.Position()}, Expr: e, Desc: it.Desc}
		if it.Desc {
			s.Nulls = ast.NullsLast
		} else {
			s.Nulls = ast.NullsFirst
		}
		if c.isDistance(e) && !it.Desc {
			s.Nulls = ast.NullsDefault
		}
		s.Places = c.mixes()
		out = append(out, s)
	}
	return out
}

// isDistance reports a distance between vectors, also by alias or position.
func (c *conv) isDistance(e ast.Expr) bool {
	switch v := e.(type) {
	case *ast.ColumnRef:
		if len(v.Parts) == 1 && !v.Star {
			if t := c.scope.target(fold(v.Parts[0])); t != nil {
				return isDistanceCall(t.Expr)
			}
		}
	case *ast.Lit:
		if v.Kind == ast.LitInt && c.scope != nil && v.Int >= 1 && v.Int <= int64(len(c.scope.targets)) {
			return isDistanceCall(c.scope.targets[v.Int-1].Expr)
		}
	}
	return isDistanceCall(e)
}

func (c *conv) limit(l *tast.Limit) (count, offset ast.Expr) {
	if l == nil {
		return nil, nil
	}
	return bounded(c.expr(l.Count)), bounded(c.expr(l.Offset))
}

// bounded is a number of rows no greater than there can be: all rows are asked for by
// 18446744073709551615.
func bounded(e ast.Expr) ast.Expr {
	if l, ok := e.(*ast.Lit); ok && l.Kind == ast.LitNumeric && isDigits(l.Text) && (len(l.Text) > 19 || len(l.Text) == 19 && l.Text > "9223372036854775807") {
		l.Text = "9223372036854775807"
	}
	return e
}

func (c *conv) locking(s *tast.SelectStmt, out *ast.Select) {
	l := s.LockInfo
	if l == nil || l.LockType == tast.SelectLockNone {
		return
	}
	k := ast.Locking{At: placeless, Strength: ast.ForUpdate}
	for _, t := range l.Tables {
		k.Of = append(k.Of, c.table(t))
	}
	switch l.LockType {
	case tast.SelectLockForUpdate:
	case tast.SelectLockForUpdateNoWait:
		k.NoWait = true
	case tast.SelectLockForUpdateSkipLocked:
		k.Skip = true
	case tast.SelectLockForShare:
		k.Strength = ast.ForShare
	case tast.SelectLockForShareNoWait:
		k.Strength, k.NoWait = ast.ForShare, true
	case tast.SelectLockForShareSkipLocked:
		k.Strength, k.Skip = ast.ForShare, true
	default:
		c.fail(s, "FOR UPDATE WAIT is not supported")
	}
	out.Locking = []ast.Locking{k}
}

func (c *conv) with(w *tast.WithClause) *ast.With {
	if w == nil {
		return nil
	}
	out := &ast.With{At: placeless, Recursive: w.IsRecursive}
	outer := c.recursive
	c.recursive = outer || w.IsRecursive
	defer func() { c.recursive = outer }()
	for _, t := range w.CTEs {
		cte := ast.CTE{At: placeless, Name: t.Name.L, Query: c.inner(t.Query.Query)}
		for _, n := range t.ColNameList {
			cte.Columns, cte.All = append(cte.Columns, n.L), true
		}
		out.CTEs = append(out.CTEs, cte)
	}
	return out
}
