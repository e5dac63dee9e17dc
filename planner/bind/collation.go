package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Collations (chapter 24.2). When a statement is bound, and some collation in it is not
// its type's own, a walk from the leaves up finds the collation of every text by
// PostgreSQL's rules (parse_collate.c) and writes it into the expressions: where an order
// that is not by bytes counts, texts are replaced by their keys, bytea that compares as
// the texts do (collation_order.go). Nothing below the binder knows of collations.

// FindCollation finds a collation by its written name.
func FindCollation(n *ast.QName, o Options) (*catalog.Collation, error) {
	if n.Schema == builtin.MySQLSchema {
		if c, ok := mysqlCollation(n.Name, o); ok {
			return c, nil
		}
	}
	path := o.Session.SearchPath(true)
	name := n.Name
	if n.Schema != "" {
		if _, ok := o.Catalog.Schema(n.Schema); !ok {
			return nil, errAt(n.Pos, pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", n.Schema)
		}
		path, name = []string{n.Schema}, n.Schema+"."+n.Name
	}
	if c, ok := o.Catalog.FindCollation(path, n.Name); ok {
		return c, nil
	}
	return nil, errAt(n.Pos, pgerrcode.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", name)
}

// collationName is a collation's name as the session has to write it.
func collationName(c *catalog.Collation, o Options) string {
	if found, ok := o.Catalog.FindCollation(o.Session.SearchPath(true), c.Name); ok && found.ID == c.ID {
		return ast.QuoteIdent(c.Name)
	}
	return ast.QuoteIdent(o.Catalog.SchemaName(c.Schema)) + "." + ast.QuoteIdent(c.Name)
}

// NoCollation is the collation of an expression over texts of several.
const NoCollation = logical.NoCollation

// typeCollation is the collation of a type's values, 0 for types without one. Arrays
// have their elements'.
func typeCollation(t types.T) catalog.ID {
	i := types.Lookup(t.OID)
	if i != nil && i.Collation == 0 && i.IsArray {
		i = types.Lookup(i.Elem)
	}
	if i == nil {
		return 0
	}
	return i.Collation
}

// Collatable reports a type whose values have a collation.
func Collatable(t types.T) bool { return typeCollation(t) != 0 }

// columnCollation is the collation of a table's column. It notes one that is not the type's.
func (b *binder) columnCollation(t *catalog.Table, attr int16) catalog.ID {
	if t == nil {
		return 0
	}
	c := t.Column(attr)
	if c == nil || c.Collation == 0 || c.Collation == typeCollation(c.Type) {
		return 0
	}
	b.collates = true
	return c.Collation
}

// noteRow notes a composite type with an attribute whose collation is not its type's.
func (b *binder) noteRow(oid types.OID) {
	if r, ok := b.o.Catalog.RowType(oid); ok {
		for i := range r.Table.Columns {
			b.columnCollation(r.Table, int16(i+1))
		}
	}
}

// collator assigns the collations of one statement.
type collator struct {
	b    *binder
	err  error
	ctes map[*logical.CTE]bool
	work map[int][]logical.ColID
	// carriedWork are the working tables whose texts have their keys with them.
	carriedWork map[int]*carried
	// places are what is known of computed columns: where conflicts were found.
	places map[logical.ColID]collation
	// op is what is done to the texts whose collations are merged, as errors of MySQL name it.
	op string
	// rows are the collations of the columns of ROW(…).
	rows map[*expr.RowOf][]collation
	// keyed are the columns of such rows that are ordered by keys.
	keyed map[logical.ColID]bool
}

// assignCollations does a statement's tree.
func (b *binder) assignCollations(n logical.Node) (logical.Node, error) {
	if !b.collates || n == nil {
		return n, nil
	}
	a := b.newCollator()
	n = a.node(n)
	for _, c := range b.meta.CTEs {
		a.cte(c)
	}
	return n, a.err
}

func (b *binder) newCollator() *collator {
	return &collator{b: b, ctes: map[*logical.CTE]bool{}, work: map[int][]logical.ColID{}, carriedWork: map[int]*carried{},
		places: map[logical.ColID]collation{}, rows: map[*expr.RowOf][]collation{}, keyed: map[logical.ColID]bool{}}
}

// collated does an expression that stands alone.
func (b *binder) collated(e expr.Expr) (expr.Expr, error) {
	if !b.collates {
		return e, nil
	}
	a := b.newCollator()
	out, _ := a.expr(e)
	return out, a.err
}

func (a *collator) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *collator) name(id catalog.ID) string {
	if c, ok := a.b.o.Catalog.CollationByID(id); ok {
		return c.Name
	}
	return "?"
}

func (a *collator) cte(c *logical.CTE) {
	if !a.ctes[c] && c.Tree != nil {
		a.ctes[c] = true
		c.Tree = a.node(c.Tree)
	}
}

// node does a tree, inputs first, and gives what comes in its place.
func (a *collator) node(n logical.Node) logical.Node {
	if u, ok := n.(*logical.RecursiveUnion); ok {
		return a.recursive(u)
	}
	logical.MapInputs(n, a.node)
	switch x := n.(type) {
	case *logical.CTERef:
		a.cte(x.CTE)
		a.copyColumns(x.Out, x.CTE.Out)
	case *logical.WorkRef:
		return a.workRef(x)
	case *logical.Project:
		a.computed(x.Exprs, x.Out)
	case *logical.ProjectSet:
		a.computed(x.Exprs, x.Out)
	case *logical.SetOp:
		a.setOp(x)
		return a.looseSet(x)
	case *logical.Values:
		a.values(x)
	case *logical.Func:
		for i, c := range x.Calls {
			e, s := a.expr(c)
			if call, ok := e.(*expr.Call); ok {
				x.Calls[i] = call
			}
			if len(x.Calls) == 1 && len(x.Out) > 0 {
				a.set(x.Out[0], s)
			}
		}
	case *logical.Agg:
		return a.agg(x)
	case *logical.Window:
		a.window(x)
	case *logical.Sort:
		a.sortKeys(x.Keys)
	case *logical.Distinct:
		for _, id := range x.Input.Cols() {
			if p := a.places[id]; x.On == nil && p.strength == conflict {
				a.mismatch(p)
			}
		}
		return a.distinct(x)
	default:
		if l, ok := n.(*logical.Limit); ok {
			a.sortKeys(l.WithTies)
			l = &logical.Limit{Input: l.Input, Limit: l.Limit, Offset: l.Offset}
			a.own(l)
			n.(*logical.Limit).Limit, n.(*logical.Limit).Offset = l.Limit, l.Offset
			return n
		}
		a.own(n)
		a.returned(n)
	}
	return n
}

// returned says what the columns of RETURNING are; a.own has done their expressions.
func (a *collator) returned(n logical.Node) {
	var exprs []expr.Expr
	var out []logical.ColID
	switch x := n.(type) {
	case *logical.Insert:
		exprs, out = x.Returning, x.Out
	case *logical.Update:
		exprs, out = x.Returning, x.Out
	case *logical.Delete:
		exprs, out = x.Returning, x.Out
	}
	for i, id := range out {
		if i < len(exprs) {
			_, c := a.expr(exprs[i])
			a.set(id, c)
		}
	}
}

// own does a node's expressions, of which no column is made.
func (a *collator) own(n logical.Node) {
	logical.MapExprs(n, func(e expr.Expr) expr.Expr {
		out, _ := a.expr(e)
		return out
	})
}

func (a *collator) computed(exprs []expr.Expr, out []logical.ColID) {
	for i, e := range exprs {
		x, c := a.expr(e)
		if col, ok := e.(*expr.Column); !ok || col.Index != out[i] {
			a.set(out[i], c)
			a.places[out[i]] = c
			if row, ok := x.(*expr.RowOf); ok {
				for _, f := range a.rows[row] {
					_, _, keyed := a.order(f)
					a.keyed[out[i]] = a.keyed[out[i]] || keyed
				}
			}
		}
		exprs[i] = x
	}
}

// setOp: only UNION ALL can do without a common collation.
func (a *collator) setOp(x *logical.SetOp) {
	for i, id := range x.Out {
		var c collation
		a.merge(&c, a.target(x.Left, x.LeftCols[i]))
		a.merge(&c, a.target(x.Right, x.RightCols[i]))
		if isMixed(c) {
			a.fail(errAt(c.otherPos, pgerrcode.CollationMismatch, "Illegal mix of collations for operation 'UNION'"))
		}
		if c.strength == conflict && !(x.Kind == logical.Union && x.All) {
			a.mismatch(c)
		}
		a.set(id, c)
		a.yields(id, c)
	}
}

// target is the collation of a column of a query, which says so explicitly, or has a conflict,
// where that is written in the query itself.
func (a *collator) target(n logical.Node, id logical.ColID) collation {
	if p := topProject(n); p != nil {
		for i, o := range p.Out {
			if col, ok := p.Exprs[i].(*expr.Column); o == id && (!ok || col.Index != id) && a.places[id].strength >= conflict {
				return a.places[id]
			}
		}
	}
	return a.column(id, a.placeOf(n, id))
}

// placeOf is where a column of a query is written.
func (a *collator) placeOf(n logical.Node, id logical.ColID) ast.Pos {
	pos := ast.NoPos
	if p := topProject(n); p != nil {
		for i, o := range p.Out {
			if o != id {
				continue
			}
			logical.Walk(p.Exprs[i], func(e expr.Expr) bool {
				if c, ok := e.(*expr.Column); ok && (pos < 0 || a.b.pos[c] < pos) {
					if at, ok := a.b.pos[c]; ok {
						pos = at
					}
				}
				return true
			})
		}
	}
	return pos
}

func (a *collator) values(x *logical.Values) {
	for i, id := range x.Out {
		var c collation
		for _, row := range x.Rows {
			e, s := a.expr(row[i])
			row[i] = e
			a.merge(&c, s)
		}
		a.set(id, c)
		a.yields(id, c)
	}
}

func (a *collator) agg(x *logical.Agg) logical.Node {
	of := make([]collation, len(x.Groups))
	for i, e := range x.Groups {
		g, c := a.expr(e)
		of[i] = c
		if c.strength == conflict {
			a.mismatch(c)
		}
		if col, ok := e.(*expr.Column); !ok || col.Index != x.GroupOut[i] {
			a.set(x.GroupOut[i], c)
		} else if p := a.places[col.Index]; p.strength == conflict {
			a.mismatch(p)
		}
		x.Groups[i] = g
	}
	for i := range x.Aggs {
		a.set(x.AggOut[i], a.aggCall(&x.Aggs[i]))
	}
	return a.looseGroups(x, of)
}

func (a *collator) window(x *logical.Window) {
	for i, e := range x.Partition {
		k, c := a.expr(e)
		a.decided(c)
		keys, _ := a.equalKeys([]expr.Expr{k}, c)
		x.Partition[i] = keys[0]
	}
	a.sortKeys(x.Order)
	for i := range x.Calls {
		w := &x.Calls[i]
		var in collation
		states := make([]collation, len(w.Args))
		for j, e := range w.Args {
			w.Args[j], states[j] = a.expr(e)
			a.merge(&in, states[j])
		}
		if w.Filter != nil {
			w.Filter, _ = a.expr(w.Filter)
		}
		w.Fn, w.Args = a.extreme(w.Fn, w.Args, in)
		a.set(x.Out[i], a.result(w.T, in, ast.NoPos))
	}
}

func (a *collator) sortKeys(keys []logical.SortKey) {
	for i := range keys {
		e, c := a.expr(keys[i].Expr)
		if col, ok := keys[i].Expr.(*expr.Column); ok {
			a.decided(a.places[col.Index])
		}
		a.decided(c)
		if keys[i].Bytes {
			keys[i].Expr = e
			continue
		}
		keys[i].Expr = a.orderKey(e, c)
	}
}

// decided refuses a conflict in what is sorted by or told apart.
func (a *collator) decided(c collation) {
	if c.strength == conflict {
		a.mismatch(c)
	}
}

// list does expressions of which each may have a say in the result's collation.
func (a *collator) list(l []expr.Expr) ([]expr.Expr, collation) {
	var in collation
	out := l
	for i, e := range l {
		if e == nil {
			continue
		}
		x, c := a.expr(e)
		a.merge(&in, c)
		if x != e {
			if &out[0] == &l[0] {
				out = slices.Clone(l)
			}
			out[i] = x
		}
	}
	return out, in
}
