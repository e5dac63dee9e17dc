package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Nondeterministic collations. Texts that differ may be equal in them, so that equality
// goes by keys, too, and where of equal texts one comes out again, as of DISTINCT, GROUP
// BY, UNION and the like, they go in with their keys beside them (types.CollatedOID) and a
// projection above takes them out.

// loose is the order of a nondeterministic collation; ok is false for all others.
func (a *collator) loose(c collation) (order, name string, ok bool) {
	order, name, keyed := a.order(c)
	return order, name, keyed && !collate.Deterministic(order)
}

// beside is a text with its key.
func beside(e expr.Expr, order, name string) expr.Expr {
	return &expr.Call{Fn: builtin.Collated, Args: []expr.Expr{e, textConst(order), textConst(name)}, T: types.Of(types.CollatedOID), Pos: -1}
}

// carried are columns of which those of nondeterministic collations are replaced by such
// with keys.
type carried struct {
	a   *collator
	out []logical.ColID // as they were
	ids []logical.ColID // as they are below
}

// carry says which columns need keys, by their collations; nil = none.
func (a *collator) carry(cols []logical.ColID, of func(i int) collation) *carried {
	var c *carried
	for i, id := range cols {
		if _, _, ok := a.loose(of(i)); !ok {
			continue
		}
		if c == nil {
			c = &carried{a: a, out: cols, ids: append([]logical.ColID(nil), cols...)}
		}
		c.ids[i] = a.b.meta.Add(logical.ColInfo{Name: a.b.meta.Cols[id].Name, T: types.Of(types.CollatedOID)})
	}
	return c
}

// below gives the columns of a node keys, by the collations that of says; ids are those
// that come out, in order.
func (c *carried) below(in logical.Node, cols []logical.ColID, of func(i int) collation) (n *logical.Project, ids []logical.ColID) {
	n = &logical.Project{Input: in}
	seen := map[logical.ColID]bool{}
	for i, id := range cols {
		var e expr.Expr = c.a.b.meta.Column(id)
		if order, name, ok := c.a.loose(of(i)); ok {
			e = beside(e, order, name)
			id = c.a.b.meta.Add(logical.ColInfo{Name: c.a.b.meta.Cols[id].Name, T: e.Type()})
		}
		ids = append(ids, id)
		if !seen[id] {
			seen[id] = true
			n.Exprs, n.Out = append(n.Exprs, e), append(n.Out, id)
		}
	}
	return n, ids
}

// above takes the texts out again.
func (c *carried) above(in logical.Node) logical.Node {
	p := &logical.Project{Input: in}
	seen := map[logical.ColID]bool{}
	for i, id := range c.out {
		if seen[id] {
			continue
		}
		seen[id] = true
		var e expr.Expr = c.a.b.meta.Column(id)
		if c.ids[i] != id {
			e = textOf(c.a.b.meta.Column(c.ids[i]), e.Type())
		}
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, id)
	}
	return p
}

// distinct is DISTINCT over whole rows.
func (a *collator) distinct(x *logical.Distinct) logical.Node {
	if x.On != nil {
		for i, e := range x.On {
			y, c := a.expr(e)
			if order, name, ok := a.loose(c); ok {
				y = collationKey(y, order, name)
			}
			x.On[i] = y
		}
		return x
	}
	cols := x.Input.Cols()
	of := func(i int) collation { return a.column(cols[i], ast.NoPos) }
	a.comparedRows(cols)
	c := a.carry(cols, of)
	if c == nil {
		return x
	}
	x.Input, c.ids = c.below(x.Input, cols, of)
	return c.above(x)
}

// comparedRows refuses columns of rows that would be compared as they are.
func (a *collator) comparedRows(cols []logical.ColID) {
	for _, id := range cols {
		a.looseRow(a.b.meta.Cols[id].T)
	}
}

// looseRow refuses equality of composite types with nondeterministic attributes.
func (a *collator) looseRow(t types.T) {
	a.attributes(t, func(row types.T, name string, c collation) {
		if _, _, ok := a.loose(c); ok {
			a.fail(pgerr.NotSupported(-1, "comparing values of type %s, of which column \"%s\" has a nondeterministic collation, is not supported", types.TypeName(row.OID), name))
		}
	})
}

// looseSet is UNION, INTERSECT or EXCEPT.
func (a *collator) looseSet(x *logical.SetOp) logical.Node {
	if x.Kind == logical.Union && x.All {
		return x
	}
	of := func(i int) collation { return a.column(x.Out[i], ast.NoPos) }
	a.comparedRows(x.Out)
	c := a.carry(x.Out, of)
	if c == nil {
		return x
	}
	x.Left, x.LeftCols = c.below(x.Left, x.LeftCols, of)
	x.Right, x.RightCols = c.below(x.Right, x.RightCols, of)
	x.Out = c.ids
	return c.above(x)
}

// recursive is WITH RECURSIVE; rows of the working table have their keys where duplicates
// are dropped.
func (a *collator) recursive(u *logical.RecursiveUnion) logical.Node {
	u.Init = a.node(u.Init)
	a.work[u.Work] = u.InitCols
	a.copyColumns(u.Out, u.InitCols)
	of := func(i int) collation { return a.column(u.Out[i], ast.NoPos) }
	var c *carried
	if u.Distinct {
		c = a.carry(u.Out, of)
	}
	if c != nil {
		a.carriedWork[u.Work] = c
	}
	u.Step = a.node(u.Step)
	a.overall(u)
	if c == nil {
		return u
	}
	u.Init, u.InitCols = c.below(u.Init, u.InitCols, of)
	u.Step, u.StepCols = c.below(u.Step, u.StepCols, of)
	u.Out = c.ids
	return c.above(u)
}

// overall refuses a recursive query with a column whose collation the recursive term changes.
func (a *collator) overall(u *logical.RecursiveUnion) {
	for i, id := range u.InitCols {
		first := a.target(u.Init, id)
		both := first
		a.merge(&both, a.target(u.Step, u.StepCols[i]))
		switch {
		case isMySQL(first.id) || isMySQL(both.id):
		case both.strength == conflict:
			if u.Distinct {
				a.mismatch(both)
			}
		case first.strength != none && both.strength != none && both.id != first.id:
			a.fail(errAt(a.placeOf(u.Init, id), pgerrcode.CollationMismatch,
				"recursive query \"%s\" column %d has collation \"%s\" in non-recursive term but collation \"%s\" overall",
				u.Name, i+1, a.name(first.id), a.name(both.id)).
				WithHint("Use the COLLATE clause to set the collation of the non-recursive term."))
		}
	}
}

// workRef reads the working table of a recursive query.
func (a *collator) workRef(x *logical.WorkRef) logical.Node {
	a.copyColumns(x.Out, a.work[x.Work])
	w := a.carriedWork[x.Work]
	if w == nil {
		return x
	}
	c := &carried{a: a, out: x.Out, ids: append([]logical.ColID(nil), x.Out...)}
	for i, id := range w.ids {
		if id != w.out[i] {
			c.ids[i] = a.b.meta.Add(logical.ColInfo{Name: a.b.meta.Cols[id].Name, T: types.Of(types.CollatedOID)})
		}
	}
	x.Out = c.ids
	return c.above(x)
}

// looseGroups are groups over texts of nondeterministic collations; of says what each group's is.
func (a *collator) looseGroups(x *logical.Agg, of []collation) logical.Node {
	cols := x.Cols()
	c := a.carry(x.GroupOut, func(i int) collation { return of[i] })
	for _, g := range x.Groups {
		a.looseRow(g.Type())
	}
	if c == nil {
		return x
	}
	for i, g := range x.Groups {
		if order, name, ok := a.loose(of[i]); ok {
			x.Groups[i] = beside(g, order, name)
		}
	}
	for i := range x.Aggs {
		if len(x.Aggs[i].Direct) > 0 && x.Sets != nil {
			a.fail(pgerr.NotSupported(-1, "WITHIN GROUP over grouping sets in a nondeterministic collation is not supported"))
		}
	}
	x.GroupOut = c.ids
	c.ids = append(append([]logical.ColID(nil), c.ids...), cols[len(c.out):]...)
	c.out = cols
	return c.above(x)
}

// distinctArgs are the arguments of an aggregate over distinct texts.
func (a *collator) distinctArgs(g *logical.AggCall, args []expr.Expr) []expr.Expr {
	given := make([]types.T, len(args))
	out, any := append([]expr.Expr(nil), args...), false
	for i, e := range args {
		if _, row := e.(*expr.RowOf); row && g.Fn.Name == "count" {
			if keys, ok := a.equalRows(args[i : i+1]); ok {
				out[i] = keys[0]
			}
			continue
		}
		a.looseRow(e.Type())
		_, c := a.expr(e)
		order, name, ok := a.loose(c)
		if !ok {
			continue
		}
		any = true
		if g.Fn.Name == "count" {
			out[i] = collationKey(e, order, name)
			continue
		}
		given[i], out[i] = e.Type(), beside(e, order, name)
	}
	if any && g.Fn.Name != "count" {
		g.Fn = builtin.OfTexts(g.Fn, given)
	}
	return out
}

// equalKeys replaces texts by keys where they are compared for equality.
func (a *collator) equalKeys(in []expr.Expr, c collation) ([]expr.Expr, bool) {
	if len(in) > 0 && typeCollation(in[0].Type()) == 0 {
		return a.equalRows(in)
	}
	order, name, ok := a.loose(c)
	if !ok {
		return in, false
	}
	out := make([]expr.Expr, len(in))
	for i, e := range in {
		out[i] = collationKey(e, order, name)
	}
	return out, true
}

// equalRows does so in rows that are written out.
func (a *collator) equalRows(in []expr.Expr) ([]expr.Expr, bool) {
	any, all := false, true
	for _, e := range in {
		row, ok := e.(*expr.RowOf)
		if all = all && ok; !ok {
			if r, ok := e.(*expr.Relabel); ok {
				e = r.X
			}
			a.looseRow(e.Type())
			continue
		}
		for _, c := range a.rows[row] {
			_, _, ok := a.loose(c)
			any = any || ok
		}
	}
	if !any {
		return in, false
	}
	if !all {
		a.fail(pgerr.NotSupported(-1, "comparing a row with a nondeterministic collation as a whole is not supported"))
		return in, false
	}
	common := make([]collation, len(in[0].(*expr.RowOf).Args))
	for _, e := range in {
		for i, c := range a.rows[e.(*expr.RowOf)] {
			if i < len(common) {
				a.merge(&common[i], c)
			}
		}
	}
	out := make([]expr.Expr, len(in))
	for n, e := range in {
		row := e.(*expr.RowOf)
		keys := &expr.RowOf{Args: append([]expr.Expr(nil), row.Args...), T: row.T}
		for i := range keys.Args {
			if order, name, ok := a.loose(common[i]); ok {
				keys.Args[i] = collationKey(keys.Args[i], order, name)
			}
		}
		out[n] = keys
	}
	return out, true
}

// unordered are functions over texts that PostgreSQL refuses in nondeterministic
// collations, by what its errors call them, and those that compare elements of arrays.
var unordered = map[string]string{
	"textlike": "LIKE", "textnlike": "LIKE", "bpcharlike": "LIKE", "bpcharnlike": "LIKE", "namelike": "LIKE", "namenlike": "LIKE",
	"textpos": substring, "replace_text": substring, "split_part": substring, "text_to_array": substring, "text_to_array_null": substring,
	"text_to_table": substring, "text_to_table_null": substring, "text_starts_with": substring,
	"arraycontains": elements, "arraycontained": elements, "arrayoverlap": elements, "array_position": elements,
	"array_position_start": elements, "array_positions": elements, "array_remove": elements, "array_replace": elements,
	"width_bucket_array": elements,
}

const (
	substring = "substring searches"
	elements  = "array elements"
)

// looseCall is a call in a nondeterministic collation, nil where that makes no difference.
func (a *collator) looseCall(c *expr.Call, what, order, name string) expr.Expr {
	if collate.IsMySQL(order) && (collate.ByCodePoint(order) && what != elements || what == "LIKE" || what == "ILIKE") {
		return mysqlLike(c, what, order, name)
	}
	n := *c
	switch {
	case what == "LIKE", what == "ILIKE", what == substring:
	case what == "regular expression":
		what = "regular expressions"
	case what == elements:
		switch c.Fn.Src {
		case "array_remove", "array_replace":
			a.fail(pgerr.NotSupported(c.Pos, "%s in a nondeterministic collation is not supported", c.Fn.Name))
			return nil
		}
		n.Args = append([]expr.Expr(nil), c.Args...)
		for i, e := range n.Args {
			if i < 2 {
				n.Args[i] = collationKey(e, order, name)
			}
		}
		return &n
	default:
		return nil
	}
	n.Args = append([]expr.Expr{&expr.Call{Fn: builtin.Nondeterministic, Args: []expr.Expr{c.Args[0], textConst(what)}, T: c.Args[0].Type(), Pos: -1}}, c.Args[1:]...)
	return &n
}

// keyedOp is a comparison operator over keys of type t.
func keyedOp(op *builtin.Operator, t types.T) *builtin.Operator {
	if t.OID != types.ByteaOID {
		return op
	}
	return builtin.ExactOperator(op.Name, types.ByteaOID, types.ByteaOID)
}

// firstStays reports the types, and orders, of whose equal texts the first is the least and
// greatest.
func firstStays(t types.T, order string) bool {
	return t.OID == types.BpcharOID || collate.IsMySQL(order)
}
