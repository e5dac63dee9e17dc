package bind

import (
	"strings"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// expr writes the collations of an expression into it, and says which it has itself.
func (a *collator) expr(e expr.Expr) (expr.Expr, collation) {
	switch x := e.(type) {
	case *expr.Column:
		return e, a.column(x.Index, a.b.pos[x])
	case *expr.Param:
		if vars := a.b.o.Vars; vars != nil && x.N < len(vars.Used) && vars.Used[x.N].Collation != 0 && typeCollation(x.T) != 0 {
			return e, collation{strength: implicit, id: vars.Used[x.N].Collation, pos: ast.NoPos}
		}
	case *expr.Relabel:
		y, c := a.expr(x.X)
		if w := x.Collation; w != nil && w.Among != nil {
			_, all := a.list(w.Among)
			if all.strength == conflict || all.strength == none {
				all = collation{id: typeCollation(x.T)}
			}
			return y, collation{strength: implicit, id: all.id, pos: ast.NoPos}
		} else if w != nil {
			c := collation{strength: explicit, id: w.OID, pos: ast.Pos(w.Pos)}
			if w.Implicit {
				c.strength, c.coercible = implicit, w.Literal
			}
			return y, c
		}
		if y != x.X {
			e = &expr.Relabel{X: y, T: x.T}
		}
		return e, a.result(x.T, c, ast.NoPos)
	case *expr.Call:
		return a.call(x)
	case *expr.Case:
		return a.caseExpr(x)
	case *expr.MinMax:
		return a.minMax(x)
	case *expr.RowOf:
		args := make([]expr.Expr, len(x.Args))
		states := make([]collation, len(x.Args))
		for i, f := range x.Args {
			args[i], states[i] = a.expr(f)
		}
		row := &expr.RowOf{Args: args, T: x.T, Cast: x.Cast}
		a.rows[row] = states
		return row, collation{}
	case *expr.RowOrder:
		return a.rowOrder(x), collation{}
	case *expr.AnyAll:
		in, c := a.list([]expr.Expr{x.L, x.R})
		y := &expr.AnyAll{All: x.All, Op: x.Op, L: in[0], R: in[1]}
		return a.anyAll(y, c), collation{}
	case *expr.InList:
		in, c := a.listOf(" IN ", append([]expr.Expr{x.L}, x.List...))
		if a.illegalMix(c, " IN ") {
			return e, collation{}
		}
		if c.strength == conflict {
			in[0] = noCollation(in[0], "string comparison")
		}
		op := x.Op
		if keys, ok := a.equalKeys(in, c); ok {
			in, op = keys, keyedOp(op, keys[0].Type())
		}
		return &expr.InList{L: in[0], List: in[1:], Not: x.Not, Op: op}, collation{}
	case *expr.IsDistinct:
		in, c := a.listOf("<=>", []expr.Expr{x.L, x.R})
		if a.illegalMix(c, "<=>") {
			return e, collation{}
		}
		if c.strength == conflict {
			in[0] = noCollation(in[0], "string comparison")
		}
		in, _ = a.equalKeys(in, c)
		return &expr.IsDistinct{L: in[0], R: in[1], Not: x.Not}, collation{}
	case *logical.Subquery:
		return a.subquery(x)
	}
	return a.other(e)
}

// isDefault reports the database's collation.
func (a *collator) isDefault(id catalog.ID) bool { return id == collate.DefaultOID }

// other does what only passes the collations of its parts on.
func (a *collator) other(e expr.Expr) (expr.Expr, collation) {
	var in collation
	out := logical.Map(e, func(c expr.Expr) expr.Expr {
		y, s := a.expr(c)
		a.merge(&in, s)
		return y
	})
	switch x := e.(type) {
	case *expr.Field:
		in = a.attribute(out.(*expr.Field))
	case *expr.Subscript:
		_, in = a.expr(x.X) // the subscripts have no say
	}
	return out, a.result(e.Type(), in, ast.NoPos)
}

// attribute is the collation of a field of a row value.
func (a *collator) attribute(x *expr.Field) collation {
	if row, ok := x.X.(*expr.RowOf); ok && x.N < len(a.rows[row]) {
		return a.rows[row][x.N]
	}
	if r, ok := a.b.o.Catalog.RowType(x.X.Type().OID); ok && x.N < len(r.Table.Columns) {
		if c := &r.Table.Columns[x.N]; c.Collation != 0 && typeCollation(c.Type) != 0 {
			return collation{strength: implicit, id: c.Collation, pos: ast.NoPos}
		}
	}
	return collation{}
}

// keyedRow refuses to order values of a composite type by attributes with keys, which
// are compared as they are.
func (a *collator) keyedRow(t types.T) {
	a.attributes(t, func(row types.T, name string, c collation) {
		if _, _, keyed := a.order(c); keyed {
			a.fail(pgerr.NotSupported(-1, "the order of type %s, of which column \"%s\" has a collation that is not C, is not supported", types.TypeName(row.OID), name))
		}
	})
}

// attributes visits the columns of a composite type, or of the elements of its arrays;
// other types have none.
func (a *collator) attributes(t types.T, each func(row types.T, name string, c collation)) {
	if t.IsArray() {
		t = t.Elem()
	}
	r, ok := a.b.o.Catalog.RowType(t.OID)
	if !ok {
		return
	}
	for i := range r.Table.Columns {
		if c := &r.Table.Columns[i]; !c.Dropped {
			each(t, c.Name, collation{strength: implicit, id: c.Collation})
		}
	}
}

func (a *collator) caseExpr(x *expr.Case) (expr.Expr, collation) {
	var in collation
	c := *x
	c.Whens = make([]expr.When, len(x.Whens))
	for i, w := range x.Whens {
		var s collation
		c.Whens[i].Cond, _ = a.expr(w.Cond)
		c.Whens[i].Result, s = a.expr(w.Result)
		a.merge(&in, s)
	}
	if x.Else != nil {
		var s collation
		c.Else, s = a.expr(x.Else)
		a.merge(&in, s)
	}
	return &c, a.result(x.T, in, ast.NoPos)
}

func (a *collator) subquery(x *logical.Subquery) (expr.Expr, collation) {
	s := *x
	s.Tree = a.node(x.Tree)
	s.Left = make([]expr.Expr, len(x.Left))
	for i, l := range x.Left {
		var c collation
		s.Left[i], c = a.expr(l)
		a.set(x.LeftCols[i], c)
		if c.strength == explicit { // it stays so in the comparison
			s.Test = written(s.Test, x.LeftCols[i], c)
		}
	}
	if s.Test != nil {
		s.Test, _ = a.expr(s.Test)
	}
	switch x.Kind {
	case expr.ScalarSub, expr.ArraySub, expr.ArraysSub:
		return &s, a.column(x.Out[0], ast.NoPos)
	}
	return &s, collation{}
}

// written makes a column's references in a test ones with COLLATE.
func written(test expr.Expr, id logical.ColID, c collation) expr.Expr {
	return logical.Rewrite(test, func(e expr.Expr) expr.Expr {
		if col, ok := e.(*expr.Column); ok && col.Index == id {
			return &expr.Relabel{X: col, T: col.T, Collation: &expr.Collation{OID: c.id, Pos: int(c.pos)}}
		}
		return e
	})
}

// order is the order of a collation; the key functions are for those not by bytes.
func (a *collator) order(c collation) (order, name string, keyed bool) {
	if isMixed(c) {
		c.id = mixedCollation()
	} else if c.strength == none || c.strength == conflict {
		return collate.Bytes, "", false
	}
	x, ok := a.b.o.Catalog.CollationByID(c.id)
	if !ok {
		return collate.Bytes, "", false
	}
	return x.Order, collationName(x, a.b.o), !collate.ByBytes(x.Order)
}

func textConst(s string) expr.Expr {
	return &expr.Const{T: types.Of(types.TextOID), D: types.String(s)}
}

func noCollation(e expr.Expr, what string) expr.Expr {
	return &expr.Call{Fn: builtin.NoCollation, Args: []expr.Expr{e, textConst(what)}, T: e.Type(), Pos: -1}
}

// key is what a value is compared by, in a collation whose order is keyed.
func collationKey(e expr.Expr, order, name string) expr.Expr {
	if r, ok := e.(*expr.Relabel); ok && r.X.Type().OID == types.VarcharOID {
		e = r.X // the same text: an index has its key
	}
	fn, t := builtin.CollationKey, types.ByteaOID
	if e.Type().IsArray() {
		fn, t = builtin.CollationKeys, types.ByteaArrayOID
	}
	if name == "" {
		name = order
	}
	key := expr.Fold(&expr.Call{Fn: fn, Args: []expr.Expr{e, textConst(order), textConst(name)}, T: types.Of(t), Pos: -1})
	if c, ok := key.(*expr.Const); ok {
		return &expr.Const{T: c.T, D: c.D, Shown: expr.String(e, nil)}
	}
	return key
}

// orderKey is what rows are sorted by.
func (a *collator) orderKey(e expr.Expr, c collation) expr.Expr {
	t := e.Type()
	if row, ok := e.(*expr.RowOf); ok {
		return a.rowKeys(row)
	}
	if typeCollation(t) == 0 {
		if col, ok := e.(*expr.Column); ok && a.keyed[col.Index] {
			a.fail(pgerr.NotSupported(-1, "the order of rows with a collation that is not C is not supported").WithHint("Order by the columns of the row."))
		}
		a.keyedRow(t)
		return e
	}
	if c.strength == none || c.strength == conflict && !isMixed(c) {
		return noCollation(e, "string comparison")
	}
	if order, name, keyed := a.order(c); keyed {
		return collationKey(e, order, name)
	}
	return e
}

// rowKeys replaces the texts of ROW(…) by their keys.
func (a *collator) rowKeys(row *expr.RowOf) expr.Expr {
	out := &expr.RowOf{Args: make([]expr.Expr, len(row.Args)), T: row.T, Cast: row.Cast}
	for i, f := range row.Args {
		out.Args[i] = f
		if states := a.rows[row]; states != nil {
			out.Args[i] = a.orderKey(f, states[i])
		}
	}
	return out
}

// undecided reports a text whose collation nobody can tell.
func undecided(args []expr.Expr, c collation) bool {
	return c.strength == conflict && !isMixed(c) || c.strength == none && len(args) > 0 && typeCollation(args[0].Type()) != 0
}

func (a *collator) call(x *expr.Call) (expr.Expr, collation) {
	op := a.op
	a.op = operationName(x)
	args, in := a.list(x.Args)
	a.op = op
	c := x
	if len(args) > 0 && &args[0] != &x.Args[0] {
		n := *x
		n.Args = args
		c = &n
	}
	if x.Fn.User != nil && in.id != 0 && in.strength != conflict && !a.isDefault(in.id) {
		n := *c
		n.Collation = in.id
		c = &n
	}
	out := a.result(x.T, in, ast.Pos(x.Pos))
	if own, ok := a.ownCollation(x); ok {
		out = own
	}
	if len(args) == 0 {
		return c, out
	}
	if e := a.special(c, in); e != nil {
		return e, out
	}
	return c, out
}

// special is a call of something that depends on the collation, nil for others.
func (a *collator) special(c *expr.Call, in collation) expr.Expr {
	if c.Fn.Src == "pg_collation_for" {
		return a.collationFor(c, in)
	}
	if builtin.IsMySQLCollating(c.Fn) || seeksBytes(c.Fn) {
		return a.mysqlCall(c, in)
	}
	if told := tellCollation(c, in); told != nil {
		return told
	}
	what := needs(c)
	if what == "" {
		return nil
	}
	if !strings.HasSuffix(what, " function") && a.illegalMix(in, operationName(c)) { // not of lower()
		return nil
	}
	if order, name, ok := a.loose(in); ok {
		if e := a.looseCall(c, what, order, name); e != nil {
			return e
		}
	}
	if unordered[c.Fn.Src] != "" {
		return nil
	}
	if undecided(c.Args, in) {
		n := *c
		n.Args = append([]expr.Expr{noCollation(c.Args[0], what)}, c.Args[1:]...)
		return &n
	}
	order, name, keyed := a.order(in)
	switch what {
	case "string comparison":
		return a.compare(c, order, name, keyed)
	case "ILIKE":
		if keyed || order == collate.ASCII {
			return ilike(c, order, name)
		}
	case "regular expression":
	default:
		if keyed || order == collate.ASCII {
			n := *c
			n.Fn = builtin.CollatedCase[c.Fn.Src]
			n.Args = []expr.Expr{c.Args[0], textConst(order), textConst(name)}
			return expr.Fold(&n)
		}
	}
	return nil
}

// compare is a comparison in an order that is keyed. Equality is that of bytes in all but
// nondeterministic collations.
func (a *collator) compare(c *expr.Call, order, name string, keyed bool) expr.Expr {
	op := comparisons[c.Fn.Src]
	if c.Op != nil {
		op = c.Op.Name
	}
	if c.Fn.Args[0] == types.RecordOID && op != "=" && op != "<>" {
		for _, e := range c.Args {
			if _, ok := e.(*expr.RowOf); !ok {
				if r, ok := e.(*expr.Relabel); ok {
					e = r.X
				}
				a.keyedRow(e.Type())
			}
		}
	}
	if l, ok := c.Args[0].(*expr.RowOf); ok && op != "=" && op != "<>" {
		if r, ok := c.Args[1].(*expr.RowOf); ok {
			n := *c
			n.Args = []expr.Expr{a.rowKeys(l), a.rowKeys(r)}
			return &n
		}
	}
	if typeCollation(c.Args[0].Type()) == 0 {
		if keys, ok := a.equalRows(c.Args); ok && (op == "=" || op == "<>") {
			n := *c
			n.Args = keys
			return &n
		}
		return nil
	}
	if !keyed || (op == "=" || op == "<>") && collate.Deterministic(order) {
		return nil
	}
	keys := []expr.Expr{collationKey(c.Args[0], order, name), collationKey(c.Args[1], order, name)}
	t := keys[0].Type()
	switch {
	case strings.HasSuffix(c.Fn.Src, "larger"), strings.HasSuffix(c.Fn.Src, "smaller"):
		pair := []expr.Expr{beside(c.Args[1], order, name), beside(c.Args[0], order, name)} // of equal texts the second
		if firstStays(c.T, order) {
			pair[0], pair[1] = pair[1], pair[0]
		}
		return textOf(&expr.MinMax{Least: strings.HasSuffix(c.Fn.Src, "smaller"), Args: pair, T: types.Of(types.CollatedOID)}, c.T)
	case strings.HasSuffix(c.Fn.Src, "cmp"):
		fn := builtin.Functions("pg_catalog", "byteacmp")[0]
		if t.IsArray() {
			fn = c.Fn
		}
		return &expr.Call{Fn: fn, Args: keys, T: c.T, Pos: c.Pos}
	}
	o := c.Op
	if !t.IsArray() {
		o = builtin.ExactOperator(op, types.ByteaOID, types.ByteaOID)
	}
	if o == nil {
		return &expr.Call{Fn: c.Fn, Args: keys, T: c.T, Pos: c.Pos}
	}
	return &expr.Call{Fn: o.Func, Op: o, Args: keys, T: c.T, Pos: c.Pos}
}

// textOf is the text of a key, as a value of type t.
func textOf(key expr.Expr, t types.T) expr.Expr {
	return &expr.Call{Fn: builtin.CollationText, Args: []expr.Expr{key}, T: t, Pos: -1}
}

// ilike compares in lower case as the collation has it.
func ilike(c *expr.Call, order, name string) expr.Expr {
	low := func(e expr.Expr) expr.Expr {
		return expr.Fold(&expr.Call{Fn: builtin.CollatedCase["lower"], Args: []expr.Expr{e, textConst(order), textConst(name)}, T: types.Of(types.TextOID), Pos: -1})
	}
	op := "~~"
	if strings.HasSuffix(c.Fn.Src, "nlike") {
		op = "!~~"
	}
	o := builtin.ExactOperator(op, types.TextOID, types.TextOID)
	return &expr.Call{Fn: o.Func, Op: o, Args: []expr.Expr{low(c.Args[0]), low(c.Args[1])}, T: c.T, Pos: c.Pos}
}

// collationFor is the name of the argument's collation.
func (a *collator) collationFor(c *expr.Call, in collation) expr.Expr {
	t := c.Args[0].Type()
	if typeCollation(t) == 0 || t.OID == types.UnknownOID {
		return nil
	}
	if in.strength == none || in.strength == conflict {
		return nullConst(c.T)
	}
	x, ok := a.b.o.Catalog.CollationByID(in.id)
	if !ok {
		return nil
	}
	name := collationName(x, a.b.o)
	if !strings.HasPrefix(name, `"`) && !strings.Contains(name, ".") {
		name = ast.QuoteIdent(x.Name)
	}
	return &expr.Const{T: c.T, D: types.String(name)}
}
