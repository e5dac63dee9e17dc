package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// SEARCH and CYCLE add columns to a recursive query: a sequence by which its rows can be
// sorted depth or breadth first, and a mark and a path that say where a row was met
// before (PostgreSQL's rewriteSearchAndCycle). The first rows start them, each step
// takes them on from the row that it starts at.

// graph is a recursive query with such a clause being bound.
type graph struct {
	c    *ast.CTE
	name string // of the recursive query in its step's FROM
	// columns of the query, then those that the clauses add.
	cols, added []outCol
	value, none expr.Expr // of the cycle mark
	// err is what is wrong with the clauses: said when nothing is wrong with the recursive
	// term, in which their columns stand already.
	err error
}

// newGraph checks the clauses of a query whose columns are bound; nil without clauses.
func (b *binder) newGraph(s *scope, c *ast.CTE, sel *ast.Select, cols []outCol) (*graph, error) {
	if c.Search == nil && c.Cycle == nil {
		return nil, nil
	}
	g := &graph{c: c, cols: cols}
	switch {
	case sel.Left.SetOp != ast.SetNone && !hasTail(sel.Left):
		return nil, errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT")
	case sel.Right.SetOp != ast.SetNone && !hasTail(sel.Right):
		return nil, errAt(ast.NoPos, pgerrcode.SyntaxError, "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT")
	}
	g.search()
	if err := b.cycle(s, g); err != nil {
		return nil, err
	}
	g.fail(g.names())
	for _, t := range sel.Right.From {
		if redefines(sel.Right.With, c.Name) {
			break
		}
		if g.name = referenceIn(t, c.Name); g.name != "" {
			return g, nil
		}
	}
	return nil, errAt(ast.NoPos, pgerrcode.FeatureNotSupported,
		"with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT", c.Name)
}

// redefines reports a WITH with a query of the name: references below it are to that.
func redefines(w *ast.With, name string) bool {
	return w != nil && slices.ContainsFunc(w.CTEs, func(c ast.CTE) bool { return c.Name == name })
}

// hasTail reports clauses that make an operand of UNION a query of its own.
func hasTail(q *ast.Select) bool {
	return q.With != nil || q.OrderBy != nil || q.Limit != nil || q.Offset != nil || q.Locking != nil
}

// referenceIn is the name by which an item of FROM refers to a WITH query, "" if it
// does not.
func referenceIn(t ast.TableExpr, name string) string {
	switch x := t.(type) {
	case *ast.TableRef:
		if x.Name.Schema != "" || x.Name.Name != name {
			return ""
		}
		if x.Alias != nil {
			return x.Alias.Name
		}
		return name
	case *ast.Join:
		if n := referenceIn(x.Left, name); n != "" {
			return n
		}
		return referenceIn(x.Right, name)
	}
	return ""
}

// has reports a column of the query.
func (g *graph) has(name string) bool {
	return slices.ContainsFunc(g.cols, func(c outCol) bool { return c.name == name })
}

func (g *graph) add(name string, t types.T) {
	g.added = append(g.added, outCol{name: name, t: t})
}

// listed checks the columns that a clause names.
func (g *graph) listed(at ast.Pos, clause string, list []string) error {
	for i, n := range list {
		if !g.has(n) {
			return errAt(at, pgerrcode.SyntaxError, "%s column \"%s\" not in WITH query column list", clause, n)
		}
		if slices.Contains(list[:i], n) {
			return errAt(at, pgerrcode.DuplicateColumn, "%s column \"%s\" specified more than once", clause, n)
		}
	}
	return nil
}

// fail keeps the first error.
func (g *graph) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *graph) search() {
	x := g.c.Search
	if x == nil {
		return
	}
	g.fail(g.listed(x.Pos, "search", x.By))
	if g.has(x.Set) {
		g.fail(errAt(x.Pos, pgerrcode.SyntaxError, "search sequence column name \"%s\" already used in WITH query column list", x.Set))
	}
	t := types.RecordArrayOID
	if x.Breadth {
		t = types.RecordOID
	}
	g.add(x.Set, types.Of(t))
}

func (b *binder) cycle(s *scope, g *graph) error {
	x := g.c.Cycle
	if x == nil {
		return nil
	}
	g.fail(g.listed(x.Pos, "cycle", x.Columns))
	in := *s
	in.in, in.items = inCycleMark, nil
	marks := []ast.Expr{x.To, x.Default}
	both, err := b.list(&in, marks)
	if err != nil {
		return err
	}
	both, t, err := b.commonType("CYCLE", both, func(i int) ast.Pos { return leftmost(marks[i]) })
	if err != nil {
		return err
	}
	g.value, g.none = both[0], both[1]
	if err := needEqual(t, ast.NoPos); err != nil {
		return err
	}
	for _, n := range []struct{ what, name string }{{"mark", x.Set}, {"path", x.Using}} {
		if g.has(n.name) {
			g.fail(errAt(x.Pos, pgerrcode.SyntaxError, "cycle %s column name \"%s\" already used in WITH query column list", n.what, n.name))
		}
	}
	if x.Set == x.Using {
		g.fail(errAt(x.Pos, pgerrcode.SyntaxError, "cycle mark column name and cycle path column name are the same"))
	}
	g.add(x.Set, t)
	g.add(x.Using, types.Of(types.RecordArrayOID))
	return nil
}

// names checks that the clauses do not add one column twice.
func (g *graph) names() error {
	x, y := g.c.Search, g.c.Cycle
	if x == nil || y == nil {
		return nil
	}
	for _, n := range []struct{ what, name string }{{"mark", y.Set}, {"path", y.Using}} {
		if n.name == x.Set {
			return errAt(x.Pos, pgerrcode.SyntaxError, "search sequence column name and cycle %s column name are the same", n.what)
		}
	}
	return nil
}

// graphRow is ROW(…) of columns of q by their names in the query.
func (b *binder) graphRow(g *graph, q *query, names []string, first ...expr.Expr) *expr.RowOf {
	row := &expr.RowOf{T: types.Of(types.RecordOID), Args: first}
	for _, n := range names {
		at := slices.IndexFunc(g.cols, func(c outCol) bool { return c.name == n })
		if at >= 0 { // else see graph.err
			row.Args = append(row.Args, q.expr(at))
		}
	}
	return row
}

func oneRecord(row expr.Expr) expr.Expr {
	return &expr.ArrayOf{Elems: []expr.Expr{row}, T: types.Of(types.RecordArrayOID)}
}

// extend puts further columns on a query.
func (b *binder) extend(q *query, n int, more []expr.Expr, names []outCol) *query {
	exprs := make([]expr.Expr, 0, n+len(more))
	for i := range n {
		exprs = append(exprs, q.expr(i))
	}
	exprs = append(exprs, more...)
	tree, ids := b.project(q.tree, exprs)
	out := &query{tree: tree, out: append([]outCol(nil), q.out[:n]...)}
	for i := range n {
		out.out[i].id = ids[i]
	}
	for i, c := range names {
		c.id = ids[n+i]
		b.meta.Cols[c.id].Name = c.name
		out.out = append(out.out, c)
	}
	return out
}

// start adds to the first rows what the clauses begin with.
func (b *binder) start(g *graph, init *query) *query {
	var more []expr.Expr
	if x := g.c.Search; x != nil {
		if x.Breadth {
			more = append(more, b.graphRow(g, init, x.By, &expr.Const{T: types.Of(types.Int8OID), D: types.Int(0)}))
		} else {
			more = append(more, oneRecord(b.graphRow(g, init, x.By)))
		}
	}
	if y := g.c.Cycle; y != nil {
		more = append(more, g.none, oneRecord(b.graphRow(g, init, y.Columns)))
	}
	return b.extend(init, len(g.cols), more, g.added)
}

// stepQuery is the recursive term with the clauses' columns of the row that it starts at,
// and without the steps from rows that close a cycle.
func (g *graph) stepQuery(q *ast.Select) *ast.Select {
	if g.err != nil { // which the query's own errors come before
		return q
	}
	step := *q
	step.Targets = slices.Clone(q.Targets)
	none := ast.At{Pos: ast.NoPos}
	column := func(n string) ast.Expr { return &ast.ColumnRef{At: none, Parts: []string{g.name, n}} }
	for _, c := range g.added {
		step.Targets = append(step.Targets, ast.Target{At: none, Expr: column(c.name)})
	}
	if y := g.c.Cycle; y != nil {
		var open ast.Expr = &ast.Op{At: none, Name: "<>", Left: column(y.Set), Right: y.To}
		if q.Where != nil {
			open = &ast.BoolOp{At: none, Kind: ast.And, Args: []ast.Expr{q.Where, open}}
		}
		step.Where = open
	}
	return &step
}

// next takes the clauses' columns on to the rows of a step.
func (b *binder) next(g *graph, step *query) (*query, error) {
	if len(step.out) < len(g.added) {
		return step, nil // the number of columns is refused later
	}
	n := len(step.out) - len(g.added)
	if n != len(g.cols) {
		return step, nil
	}
	var more []expr.Expr
	at := n
	if x := g.c.Search; x != nil {
		before := step.expr(at)
		at++
		if x.Breadth {
			depth := &expr.Field{X: before, N: 0, T: types.Of(types.Int8OID), Name: "*DEPTH*"}
			up, err := b.makeOp("pg_catalog", "+", depth, &expr.Const{T: types.Of(types.Int8OID), D: types.Int(1)}, ast.NoPos)
			if err != nil {
				return nil, err
			}
			more = append(more, b.graphRow(g, step, x.By, up))
		} else {
			longer, err := b.callBound("pg_catalog", "array_cat", []expr.Expr{before, oneRecord(b.graphRow(g, step, x.By))}, ast.NoPos)
			if err != nil {
				return nil, err
			}
			more = append(more, longer)
		}
	}
	if y := g.c.Cycle; y != nil {
		path := step.expr(at + 1)
		row := b.graphRow(g, step, y.Columns)
		r, err := b.resolveOp("pg_catalog", "=", types.RecordOID, types.RecordOID)
		if err != nil {
			return nil, err
		}
		met := &expr.AnyAll{Op: r.Op, L: row, R: path}
		longer, err := b.callBound("pg_catalog", "array_cat", []expr.Expr{path, oneRecord(row)}, ast.NoPos)
		if err != nil {
			return nil, err
		}
		more = append(more, &expr.Case{Whens: []expr.When{{Cond: met, Result: g.value}}, Else: g.none, T: g.value.Type()}, longer)
	}
	return b.extend(step, n, more, g.added), nil
}
