package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// aggregate converts an aggregate call.
func (c *conv) aggregate(v *tast.AggregateFuncExpr) ast.Expr {
	return c.aggregateOver(v, strings.ToLower(v.F), v.Args, v.Distinct, v.Order, nil)
}

// aggregateOver converts an aggregate, over a window if over is not nil.
func (c *conv) aggregateOver(n tast.ExprNode, name string, args []tast.ExprNode, distinct bool, order *tast.OrderByClause, over *ast.Window) ast.Expr {
	at := c.at(n)
	agg := func(name string, args ...ast.Expr) *ast.Func {
		f := syscall(at, name, args...)
		f.Distinct, f.Over = distinct, over
		return f
	}
	switch name {
	case "count":
		return c.count(args, agg)
	case "approx_count_distinct":
		distinct = true
		return c.count(args, agg)
	case "sum":
		f := agg(name, c.expr(args[0]))
		f.Mixed = c.mixes()
		return f
	case "min", "max": // that of a type may be an extension's; the binder knows those of bytes and vectors
		f := agg(name, c.expr(args[0]))
		if f.Name.Schema, f.Mixed = "", !c.stored; c.stored { // for a definition it must be said which
			f.Name.Schema = own
		}
		return f
	case "avg": // the scale is that of a division
		sum := agg("sum", c.expr(args[0]))
		sum.Mixed = c.mixes()
		count := agg("count", c.expr(args[0]))
		count.Mixed = distinct && c.mixes() // what differs are numbers, for the sum as for the count
		return call(at, "div", sum, count)
	case "group_concat":
		return c.groupConcat(n, args, distinct, order, over)
	case "bit_and", "bit_or", "bit_xor":
		x := ast.Expr(agg(name, call(at, "to_signed", textual(c.expr(args[0])))))
		none := ast.Expr(integer(at, 0))
		if name == "bit_and" {
			none = integer(at, -1)
		}
		return call(at, "to_unsigned", &ast.Coalesce{At: at, Args: []ast.Expr{x, none}})
	case "std", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp":
		pop := map[string]string{"std": "stddev_pop", "stddev": "stddev_pop", "variance": "var_pop"}
		if p, ok := pop[name]; ok {
			name = p
		}
		return agg(name, call(at, "to_double", textual(c.expr(args[0]))))
	case "json_arrayagg":
		return agg("jsonb_agg", c.document(args[0]))
	case "json_objectagg":
		return agg("jsonb_object_agg", call(at, "concat", textual(c.expr(args[0]))), c.document(args[1]))
	}
	c.fail(n, "aggregate %s is not supported", strings.ToUpper(name))
	return nil
}

// document is a value as JSON_ARRAY holds it, which is not how jsonb_agg would: times are written
// with a space, bytes are text, and what is no document is refused.
func (c *conv) document(n tast.ExprNode) ast.Expr {
	at := c.at(n)
	return &ast.Op{At: at, Schema: system, Name: "->", Left: call(at, "json_array", textual(c.expr(n))), Right: integer(at, 0)}
}

// count converts COUNT; a constant counts all rows, several arguments those rows
// in which none is NULL.
func (c *conv) count(args []tast.ExprNode, agg func(string, ...ast.Expr) *ast.Func) ast.Expr {
	if len(args) == 1 {
		x := c.expr(args[0])
		f := agg("count", x)
		if l, ok := x.(*ast.Lit); ok && l.Kind == ast.LitInt && !f.Distinct {
			f.Args, f.Star = nil, true
		}
		return f
	}
	list := c.exprs(args)
	row := &ast.Row{At: ast.At{Pos: list[0].Position()}, Args: list, Explicit: true}
	f := agg("count", row)
	f.Filter = notNull(list)
	return f
}

func notNull(list []ast.Expr) ast.Expr {
	var out ast.Expr
	for _, e := range list {
		out = both(out, &ast.IsTest{At: ast.At{Pos: e.Position()}, X: e, What: ast.IsNull, Not: true})
	}
	return out
}

// groupConcat gathers the values in an array, so that DISTINCT and ORDER BY go by
// their own type, and joins them; NULLs are left out, and none at all give NULL.
func (c *conv) groupConcat(n tast.ExprNode, args []tast.ExprNode, distinct bool, order *tast.OrderByClause, over *ast.Window) ast.Expr {
	at := c.at(n)
	sep := c.expr(args[len(args)-1])
	list := c.exprs(args[:len(args)-1])
	x := list[0]
	if len(list) > 1 {
		x = call(at, "concat", list...)
	}
	if untyped(x) {
		x = cast(x, typed(at, "text"))
	}
	agg := syscall(at, "array_agg", x)
	agg.Distinct, agg.Over = distinct, over
	agg.Filter = notNull(list)
	join := "join_values"
	if distinct && order != nil && !ordersByValue(args[:len(args)-1], order) {
		agg.Distinct = false
		join = "join_distinct" // the first of equal values, in an order that they do not tell
	}
	if order != nil {
		scope := c.scope
		c.scope = nil
		for _, it := range order.Items {
			e := x
			if p, ok := it.Expr.(*tast.PositionExpr); !ok {
				e = c.expr(it.Expr)
			} else if p.N < 1 || p.N > len(list) {
				c.wrong(p, "Unknown column '%d' in 'order clause'", p.N)
			} else {
				e = list[p.N-1]
			}
			by := ast.SortBy{At: at, Expr: e, Desc: it.Desc, Nulls: ast.NullsFirst, Places: c.mixes()}
			if it.Desc {
				by.Nulls = ast.NullsLast
			}
			agg.OrderBy = append(agg.OrderBy, by)
		}
		c.scope = scope
	}
	return call(at, join, agg, sep)
}

// ordersByValue reports that values which are told apart are ordered by nothing else.
func ordersByValue(list []tast.ExprNode, order *tast.OrderByClause) bool {
	if len(list) > 1 || len(order.Items) > 1 {
		return false
	}
	e := order.Items[0].Expr
	if p, ok := e.(*tast.PositionExpr); ok {
		return p.N == 1
	}
	a, err := restored(e)
	b, err2 := restored(list[0])
	return err == nil && err2 == nil && a == b
}

// windowFunc converts a call with OVER.
func (c *conv) windowFunc(v *tast.WindowFuncExpr) ast.Expr {
	if v.IgnoreNull {
		c.fail(v, "IGNORE NULLS is not supported")
	}
	if v.FromLast {
		c.fail(v, "FROM LAST is not supported")
	}
	w := c.window(&v.Spec)
	name := strings.ToLower(v.Name)
	switch name {
	case "row_number", "rank", "dense_rank", "cume_dist", "percent_rank", "ntile", "lead", "lag", "first_value", "last_value", "nth_value":
		f := syscall(c.at(v), name, c.exprs(v.Args)...)
		if len(f.Args) > 0 && isWord(f.Args[0]) { // whose type nothing tells
			f.Args[0] = constant(f.Args[0].(*ast.Lit))
		}
		f.Over = &w
		return f
	}
	return c.aggregateOver(v, name, v.Args, v.Distinct, nil, &w)
}

// windows converts the WINDOW clause.
func (c *conv) windows(s *tast.SelectStmt, out *ast.Select) {
	for i := range s.WindowSpecs {
		out.Windows = append(out.Windows, ast.NamedWindow{Name: s.WindowSpecs[i].Name.L, Def: c.window(&s.WindowSpecs[i])})
	}
}

func (c *conv) window(w *tast.WindowSpec) ast.Window {
	out := ast.Window{At: placeless, Ref: w.Ref.L}
	if w.OnlyAlias {
		out.Ref, out.NameOnly = w.Name.L, true
		return out
	}
	scope := c.scope
	c.scope = nil
	defer func() { c.scope = scope }()
	if w.PartitionBy != nil {
		for _, it := range w.PartitionBy.Items {
			out.PartitionBy = append(out.PartitionBy, c.expr(it.Expr))
		}
	}
	out.OrderBy = c.orderBy(w.OrderBy)
	if w.Frame == nil {
		return out
	}
	f := &ast.Frame{Start: c.bound(&w.Frame.Extent.Start), End: c.bound(&w.Frame.Extent.End)}
	switch w.Frame.Type {
	case tast.Rows:
		f.Mode = ast.FrameRows
	case tast.Ranges:
		f.Mode = ast.FrameRange
	default:
		f.Mode = ast.FrameGroups
	}
	out.Frame = f
	return out
}

func (c *conv) bound(b *tast.FrameBound) ast.FrameBound {
	out := ast.FrameBound{Kind: ast.CurrentRow}
	switch b.Type {
	case tast.Preceding:
		out.Kind = ast.OffsetPreceding
		if b.UnBounded {
			out.Kind = ast.UnboundedPreceding
		}
	case tast.Following:
		out.Kind = ast.OffsetFollowing
		if b.UnBounded {
			out.Kind = ast.UnboundedFollowing
		}
	}
	switch {
	case b.Expr != nil && b.Unit != tast.TimeUnitInvalid:
		out.Offset = c.span(b)
	case b.Expr != nil:
		out.Offset = c.expr(b.Expr)
	}
	return out
}

// spanUnits are the units of one field that a frame's bound may have.
var spanUnits = setOf("microsecond second minute hour day week month quarter year")

// span is INTERVAL n unit as a bound.
func (c *conv) span(b *tast.FrameBound) ast.Expr {
	unit := strings.ToLower(b.Unit.String())
	e := c.expr(b.Expr)
	n := ""
	switch l, _ := e.(*ast.Lit); {
	case l == nil || !spanUnits[unit]:
	case l.Kind == ast.LitInt:
		n = formatInt(l.Int)
	case l.Kind == ast.LitString || l.Kind == ast.LitNumeric:
		n = strings.TrimSpace(l.Text)
	}
	if strings.Trim(n, "0123456789.") != "" || n == "" {
		c.fail(b.Expr, "this INTERVAL in a window frame is not supported")
	}
	if unit == "quarter" {
		return &ast.Op{At: ast.At{Pos: e.Position()}, Schema: system, Name: "*", Left: cast(text(placeless, n+" month"), typed(placeless, "interval")), Right: integer(placeless, 3)}
	}
	return cast(text(placeless, n+" "+unit), typed(placeless, "interval"))
}
