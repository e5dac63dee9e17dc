package bind

import "github.com/loxodb/loxodb/sql/ast"

// The arguments of a function are shown by their names, and behind that of the function where
// its statement has relations, whichever way they were written.

// traceVariable notes what a name means that a function gives its body.
func (b *binder) traceVariable(x *ast.ColumnRef) {
	b.traceMember(x)
	v, ok := b.o.Vars.Find(x.Parts)
	switch t := b.trace(); {
	case t == nil || !ok:
	case v.Field == "":
		b.traceArgument(x, x.Parts...)
	default:
		if b.traceArgument(x, x.Parts[:len(x.Parts)-1]...); t.arguments[x] != nil {
			t.arguments[x] = &ast.FieldSel{At: x.At, X: t.arguments[x], Name: v.Field}
		}
	}
}

// traceArgument notes that an expression stands for an argument.
func (b *binder) traceArgument(x ast.Expr, whole ...string) {
	t, vars := b.trace(), b.o.Vars
	if t == nil || vars.Function == "" {
		return
	}
	v, ok := vars.Find(whole)
	if !ok {
		return
	}
	a := &ast.Param{At: ast.At{Pos: ast.NoPos}, N: v.Slot + 1}
	if vars.Names != nil { // PostgreSQL counts those that a call gives nothing for, too
		a.Function, a.Name = vars.Function, vars.Names[v.Slot]
	}
	t.arguments[x] = a
}

// nameArguments names the columns of a select list that are arguments.
func (t *Trace) nameArguments(list []ast.Target) {
	for i := range list {
		if ref, ok := list[i].Expr.(*ast.ColumnRef); ok && t.arguments[ref] != nil && list[i].Name == "" {
			list[i].Name = ref.Parts[len(ref.Parts)-1]
		}
	}
}
