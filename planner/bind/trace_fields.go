package bind

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Fields of row types are named by text in what is stored, (x).name: a trace tells whose
// attributes they are.

// RenameField gives an attribute another name in the traced statement, wherever a field of a row
// type names it. It reports whether there was any.
func (t *Trace) RenameField(a Attribute, name string) (any bool) {
	for f, of := range t.fields {
		if of == a {
			f.Name, any = name, true
		}
	}
	for ref, of := range t.members {
		if of == a {
			ref.Parts[len(ref.Parts)-1], any = name, true
		}
	}
	return any
}

// FunctionColumns are the places, in ascending order, at which the columns of functions in FROM
// have the attribute at a place of a row type.
func (t *Trace) FunctionColumns(x *ast.FuncRef, rowType types.OID, at int) []int {
	return t.functionPlaces(x, rowType, func(n int, _ bool) bool { return n == at })
}

// FunctionEnds are the places behind the last column of each row of a type that functions in
// FROM return, in ascending order.
func (t *Trace) FunctionEnds(x *ast.FuncRef, rowType types.OID) []int {
	ends := t.functionPlaces(x, rowType, func(_ int, last bool) bool { return last })
	for i := range ends {
		ends[i]++
	}
	return ends
}

// functionPlaces are the places of a row type's columns that pick wants, told the place of the
// attribute, and whether it is the last one of its row.
func (t *Trace) functionPlaces(x *ast.FuncRef, rowType types.OID, pick func(n int, last bool) bool) (places []int) {
	it := t.functions[x]
	if it == nil {
		return nil
	}
	for i, c := range it.cols {
		f, ok := c.e.(*expr.Field)
		if !ok || f.X.Type().OID != rowType {
			continue
		}
		last := i+1 == len(it.cols)
		if !last {
			next, field := it.cols[i+1].e.(*expr.Field)
			last = !field || !sameColumn(next.X, f.X)
		}
		if pick(f.N, last) {
			places = append(places, i)
		}
	}
	return places
}

// TraceRow binds an expression over a row of t (nil: over none) for the sake of o.Trace.
func TraceRow(e ast.Expr, t *catalog.Table, o Options) error {
	_, _, err := scalar(e, t, Check, types.T{}, "", o)
	return err
}

// TraceWhen is TraceRow for the WHEN of a trigger of t.
func TraceWhen(e ast.Expr, t *catalog.Table, o Options) error {
	_, _, err := triggerWhen(e, t, o)
	return err
}

// attribute is that of a relation's row type, by its place; ok is false for other types.
func (b *binder) attribute(of types.OID, at int) (a Attribute, ok bool) {
	r, ok := b.o.Catalog.RowType(of)
	if !ok || of != r.Table.TypeID {
		return a, false
	}
	return Attribute{r.Table.ID, int16(at + 1)}, true
}

// traceField notes the attribute that a field names.
func (b *binder) traceField(x *ast.FieldSel, v expr.Expr, f field) {
	if t := b.trace(); t != nil {
		if a, ok := b.attribute(v.Type().OID, f.at); ok {
			t.fields[x] = a
		}
	}
}

// traceRowStar notes the fields that (x).* stands for.
func (b *binder) traceRowStar(x *ast.FieldSel, cols []nsCol) {
	t := b.trace()
	if t == nil || !onlyNames(x.X) {
		return
	}
	list := make([]ast.Target, 0, len(cols))
	for _, c := range cols {
		list = append(list, ast.Target{At: x.At, Expr: &ast.FieldSel{At: x.At, X: t.again(x.X), Name: c.name}})
	}
	t.rowStars[x] = list
}

// again is a copy of a column, or of a field of one, which means the same.
func (t *Trace) again(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.ColumnRef:
		c := *x
		c.Parts = slices.Clone(x.Parts)
		if owner, ok := t.columns[x]; ok {
			t.columns[&c] = owner
		}
		if it := t.refs[x]; it != nil {
			t.refs[&c], t.wholes[&c] = it, t.wholes[x]
		}
		return &c
	case *ast.FieldSel:
		c := *x
		c.X = t.again(x.X)
		if a, ok := t.fields[x]; ok {
			t.fields[&c] = a
		}
		return &c
	}
	return e
}

// onlyNames reports a column, or a field or an element of one by a number.
func onlyNames(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.ColumnRef:
		return true
	case *ast.FieldSel:
		return onlyNames(x.X)
	}
	return false
}

// traceMember notes the attribute that a name stands for that is a field of a variable.
func (b *binder) traceMember(x *ast.ColumnRef) {
	t := b.trace()
	if t == nil || len(x.Parts) < 2 {
		return
	}
	v, ok := b.o.Vars.Find(x.Parts)
	if !ok || v.Field == "" {
		return
	}
	whole, ok := b.o.Vars.Find(x.Parts[:len(x.Parts)-1])
	if !ok {
		return
	}
	if c := b.composite(whole.T.OID); c != nil {
		if a, ok := b.attribute(whole.T.OID, c.Index(v.Field)); ok {
			t.members[x] = a
		}
	}
}
