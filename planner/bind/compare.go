package bind

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// rowCompare is (a, b) op (c, d).
func (b *binder) rowCompare(s *scope, x *ast.Op, l, r *ast.Row) (expr.Expr, error) {
	ls, err := b.members(s, l)
	if err != nil {
		return nil, err
	}
	rs, err := b.members(s, r)
	switch {
	case err != nil:
		return nil, err
	case len(ls) != len(rs):
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "unequal number of entries in row expressions")
	case len(ls) == 0:
		return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "cannot compare rows of zero length")
	}
	plain := x.Schema == builtin.MySQLSchema && b.trace() != nil
	for i := range ls {
		plain = plain && b.isPlain(x, ls[i], rs[i])
	}
	b.tracePlain(x, plain)
	return b.compareLists(x.Schema, x.Name, ls, rs, x.Pos)
}

// opOver is an operator over bound operands, in the schema mysql one that converts them.
func (b *binder) opOver(schema, name string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if schema == builtin.MySQLSchema {
		return b.mixedOp(cmpName(name), l, r, pos)
	}
	return b.makeOp(schema, name, l, r, pos)
}

// compareLists compares two rows: = and <> by columns, order operators
// lexicographically with SQL's NULL rules.
func (b *binder) compareLists(schema, name string, ls, rs []expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if len(ls) == 1 {
		return b.opOver(schema, name, ls[0], rs[0], pos)
	}
	switch name {
	case "=", "<>", "!=":
		terms := make([]expr.Expr, len(ls))
		for i := range ls {
			t, err := b.opOver(schema, name, ls[i], rs[i], pos)
			if err != nil {
				return nil, err
			}
			if c, ok := t.(*expr.Call); ok && c.Op != nil && !builtin.InBtree(c.Op) {
				return nil, noInterpretation(name, pos)
			}
			terms[i] = t
		}
		if name == "=" {
			return &expr.And{Args: terms}, nil
		}
		return &expr.Or{Args: terms}, nil
	case "<", "<=", ">", ">=", "~<~", "~<=~", "~>~", "~>=~":
		return b.compareOrder(schema, name, ls, rs, pos)
	}
	for i := range ls { // an operator that the columns do not have is the first complaint
		if _, err := b.opOver(schema, name, ls[i], rs[i], pos); err != nil {
			return nil, err
		}
	}
	return nil, noInterpretation(name, pos)
}

// noInterpretation is 0A000 for rows of what no btree operator class compares.
func noInterpretation(name string, pos ast.Pos) error {
	return errAt(pos, pgerrcode.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", name).
		WithHint("Row comparison operators must be associated with btree operator families.")
}

// compareOrder compares two rows by an operator that orders.
func (b *binder) compareOrder(schema, name string, ls, rs []expr.Expr, pos ast.Pos) (expr.Expr, error) {
	row := &expr.RowOrder{Name: name, Pos: int(pos)}
	for i := range ls {
		op, last := name, i == len(ls)-1
		if !last {
			op = strings.Replace(name, "=", "", 1)
		}
		e, err := b.opOver(schema, op, ls[i], rs[i], pos)
		if err != nil {
			return nil, err
		}
		call := e.(*expr.Call)
		if call.Op != nil && !builtin.InBtree(call.Op) {
			return nil, noInterpretation(name, pos)
		}
		row.L, row.R, row.Ops = append(row.L, call.Args[0]), append(row.R, call.Args[1]), append(row.Ops, call.Op)
		if last {
			break
		}
		if e, err = b.opOver(schema, "=", call.Args[0], call.Args[1], pos); err != nil {
			return nil, err
		}
		row.Eq = append(row.Eq, e.(*expr.Call).Op)
	}
	return row, nil
}

func (b *binder) in(s *scope, x *ast.In) (expr.Expr, error) {
	if x.Sub != nil {
		e, err := b.compareSub(s, expr.AnySub, x.Left, subOp{x, x.Schema, "=", x.Pos}, x.Sub)
		if err != nil || !x.Not {
			return e, err
		}
		return &expr.Not{X: e}, nil
	}
	name, join := "=", func(l []expr.Expr) expr.Expr { return &expr.Or{Args: l} }
	if x.Not {
		name, join = "<>", func(l []expr.Expr) expr.Expr { return &expr.And{Args: l} }
	}
	left, leftIsRow := x.Left.(*ast.Row)
	plain := x.Schema != ""
	if !leftIsRow {
		e, err := b.inList(s, x, name)
		if e != nil || err != nil && x.Schema == "" {
			return e, err
		}
		plain = plain && err == nil
	}
	var terms []expr.Expr
	list := x.List
	fixed, each := ast.FixedItems(x)
	hasEach := len(each) > 0
	if x.Schema == "" && !leftIsRow && len(fixed) > 1 && hasEach {
		part := &ast.In{At: x.At, Not: x.Not, Left: x.Left, List: fixed}
		t, err := b.in(s, part)
		if err != nil {
			return nil, err
		}
		b.traceListOf(x, part)
		terms, list = append(terms, t), each
	}
	for _, item := range list {
		var t expr.Expr
		var err error
		if r, ok := item.(*ast.Row); ok && leftIsRow {
			t, err = b.rowCompare(s, &ast.Op{At: ast.At{Pos: x.Pos}, Schema: x.Schema, Name: name}, left, r)
		} else {
			op := &ast.Op{At: ast.At{Pos: x.Pos}, Schema: x.Schema, Name: name, Left: x.Left, Right: item}
			t, err = b.op(s, op)
			plain = plain && b.tracedPlain(op)
			if err == nil && x.Schema == "" && (len(x.List) == 1 || hasEach) {
				t, err = b.byColumns(t, name, x.Pos)
			}
		}
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	b.tracePlain(x, plain)
	if len(terms) == 1 {
		return terms[0], nil
	}
	for i := range terms {
		terms[i] = unshown(terms[i])
	}
	if b.asWritten { // one after the other, as a definition has them
		all := terms[0]
		for _, t := range terms[1:] {
			all = join([]expr.Expr{all, t})
		}
		return all, nil
	}
	return join(terms), nil
}

// inList makes x IN (list) an InList when all values have a common type and none reads a column,
// whose type is its own affair; nil otherwise.
func (b *binder) inList(s *scope, x *ast.In, name string) (expr.Expr, error) {
	if len(x.List) < 2 {
		return nil, nil
	}
	if _, each := ast.FixedItems(x); x.Schema == "" && len(each) > 0 {
		return nil, nil
	}
	left, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	items, err := b.list(s, x.List)
	if err != nil {
		return nil, err
	}
	if x.Schema == builtin.MySQLSchema {
		if kindOf(left) == documentKind {
			return nil, nil // each item becomes a document
		}
		plain := true
		for i, item := range items {
			if _, items[i], err = b.withYear(left, item); err != nil {
				return nil, err
			}
			if items[i], err = b.spanBeside(left, items[i], x.Pos); err != nil {
				return nil, err
			}
			if items[i], err = b.wideReal(items[i], x.Pos); err != nil {
				return nil, err
			}
			plain = plain && items[i] == item
		}
		if left, err = b.wideReal(left, x.Pos); err != nil {
			return nil, err
		}
		b.tracePlain(x, plain)
	}
	for i := range items {
		items[i] = precise(b.clockBeside(left, items[i]))
	}
	left = precise(left)
	ts := []types.OID{left.Type().OID}
	for _, i := range items {
		ts = append(ts, i.Type().OID)
	}
	common, err := builtin.CommonType("IN", ts)
	if err == nil && types.IsComposite(common) && slices.Contains(ts, types.UnknownOID) {
		return b.inRows(s, x, name, common)
	}
	if err != nil || common == types.RecordOID || types.IsComposite(common) {
		return nil, nil // one by one: it finds the operator or the better error
	}
	if types.Of(common).IsArray() && !builtin.HasEquality(common) {
		return nil, nil // one by one: that it cannot be compared shows when it is
	}
	lt := left.Type().OID
	res, err := b.resolveOp("", "=", lt, common)
	if err != nil {
		return nil, atPos(err, x.Pos)
	}
	same := b.commonDomain(append([]expr.Expr{left}, items...)) != 0
	if left, err = b.coerce(left, types.Of(res.Left), builtin.Implicit, x.Pos); err != nil {
		return nil, err
	}
	if x.Schema == "" && b.trace() != nil {
		if items, err = b.listItems(x, items, types.Of(common), types.Of(res.Right), same); err != nil {
			return nil, err
		}
		return &expr.InList{L: left, List: items, Not: x.Not, Op: res.Op}, nil
	}
	literal := types.Of(res.Right)
	if info := types.Lookup(common); info != nil && info.Category != 'S' {
		literal = types.Of(common) // a regclass is compared as an oid, but read as a name
	}
	for i := range items {
		if items[i].Type().OID == types.UnknownOID {
			if items[i], err = b.coerce(items[i], literal, builtin.Implicit, leftmost(x.List[i])); err != nil {
				return nil, err
			}
		}
		if items[i], err = b.coerce(items[i], types.Of(res.Right), builtin.Implicit, leftmost(x.List[i])); err != nil {
			return nil, err
		}
	}
	return &expr.InList{L: left, List: items, Not: x.Not, Op: res.Op}, nil
}

// listItems are the values of a list of IN as the operator takes them: PostgreSQL makes an array
// of them, of the type common to all, which is converted as a whole. same says that all are of
// one domain, of which the array is then.
func (b *binder) listItems(x *ast.In, items []expr.Expr, common, to types.T, same bool) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(items))
	convert := func(from []expr.Expr, t types.T) (err error) {
		for i := range from {
			if out[i], err = b.coerce(from[i], t, builtin.Implicit, leftmost(x.List[i])); err != nil {
				return err
			}
		}
		return nil
	}
	if !same {
		if err := convert(items, common); err != nil {
			return nil, err
		}
		items = out
	}
	if same || common.OID != to.OID {
		b.traceList(x, to)
		defer b.untraced()()
	}
	return out, convert(items, to)
}

// byColumns is a comparison of two rows that are written as such and then cast: in a list
// of IN that is no array, PostgreSQL compares them column by column as it does rows without
// a type, by which NULLs are not equal.
func (b *binder) byColumns(e expr.Expr, name string, pos ast.Pos) (expr.Expr, error) {
	c, ok := e.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return e, nil
	}
	l, r := writtenRow(c.Args[0]), writtenRow(c.Args[1])
	if l == nil || r == nil || b.wholeRows[l] != nil || b.wholeRows[r] != nil || len(l.Args) != len(r.Args) {
		return e, nil
	}
	return b.compareLists("", name, l.Args, r.Args, pos)
}

// writtenRow is the row that an expression makes of values, nil for others.
func writtenRow(e expr.Expr) *expr.RowOf {
	if x, ok := e.(*expr.Relabel); ok {
		e = x.X
	}
	r, _ := e.(*expr.RowOf)
	return r
}

// inRows is x IN (list) of rows of a type that literals of the list are read as: beside
// a row alone they would be rows without a type.
func (b *binder) inRows(s *scope, x *ast.In, name string, common types.OID) (expr.Expr, error) {
	var terms []expr.Expr
	for _, item := range x.List {
		left, err := b.expr(s, x.Left)
		if err != nil {
			return nil, err
		}
		row, err := b.expr(s, item)
		if err != nil {
			return nil, err
		}
		if row, err = b.coerce(row, types.Of(common), builtin.Implicit, leftmost(item)); err != nil {
			return nil, err
		}
		term, err := b.makeOp("", name, left, row, x.Pos)
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
	if x.Not {
		return &expr.And{Args: terms}, nil
	}
	return &expr.Or{Args: terms}, nil
}

// wideReal is a FLOAT as a DOUBLE, as which MySQL compares it with other numbers.
func (b *binder) wideReal(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if e.Type().OID != types.Float4OID || isParam(e) {
		return e, nil
	}
	return b.coerce(e, types.Of(types.Float8OID), builtin.Implicit, pos)
}

// quantified is left op ANY|ALL (array or subquery).
func (b *binder) quantified(s *scope, x *ast.Quantified) (expr.Expr, error) {
	if x.Sub != nil {
		kind := expr.AnySub
		if x.All {
			kind = expr.AllSub
		}
		return b.compareSub(s, kind, x.Left, subOp{x, x.Schema, x.Op, x.Pos}, x.Sub)
	}
	l, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	r, err := b.expr(s, x.Right)
	if err != nil {
		return nil, err
	}
	elem := types.OID(types.UnknownOID)
	if rt := r.Type(); rt.OID != types.UnknownOID {
		if i := types.Lookup(rt.OID); i == nil || i.Elem == 0 || i.Category != 'A' && !i.IsArray {
			return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
		elem = rt.Elem().OID
	}
	name := x.Op
	if name == "!=" {
		name = "<>"
	}
	schema := b.plainSchema(x.Schema)
	if err := b.hasOperatorSchema(schema, x.Pos); err != nil {
		return nil, err
	}
	res, err := b.resolveOp(schema, name, l.Type().OID, elem)
	if err != nil {
		return nil, atPos(err, x.Pos)
	}
	if res.Ret != types.BoolOID {
		return nil, errAt(x.Pos, pgerrcode.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if l, err = b.coerce(l, types.Of(res.Left), builtin.Implicit, x.Pos); err != nil {
		return nil, err
	}
	at := types.Of(res.Right).ArrayOf()
	if at.OID == 0 {
		return nil, errAt(x.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", builtin.TypeName(res.Right))
	}
	if r.Type().OID == types.Int2VectorOID || r.Type().OID == types.OidVectorOID {
		at = r.Type()
	}
	if r, err = b.coerce(r, at, builtin.Implicit, leftmost(x.Right)); err != nil {
		return nil, err
	}
	return &expr.AnyAll{All: x.All, Op: res.Op, L: l, R: r}, nil
}
