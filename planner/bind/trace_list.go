package bind

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What the analysis of a query makes of arrays, lists and arguments, which its definition shows:
// a cast of ARRAY[…] is one of its elements, the values of IN are an array, and so are the
// arguments for a VARIADIC parameter.

// untraced has nothing traced until what it returns is called.
func (b *binder) untraced() func() {
	was := b.o.Trace
	b.o.Trace = nil
	return func() { b.o.Trace = was }
}

// traceList notes that the values of IN are of another type than the operator takes.
func (b *binder) traceList(x *ast.In, to types.T) {
	if t := b.trace(); t != nil && to.ArrayOf().OID != 0 {
		t.lists[x] = to.ArrayOf()
	}
}

// traceListOf notes for a list what was noted for those of its values that are an array.
func (b *binder) traceListOf(x, part *ast.In) {
	if t := b.trace(); t != nil && t.lists[part].OID != 0 {
		t.lists[x] = t.lists[part]
	}
}

// traceNullTest notes that IS DISTINCT FROM NULL asks whether there is a value.
func (b *binder) traceNullTest(x *ast.Distinct, right bool) {
	if t := b.trace(); t != nil {
		of := x.Right
		if right {
			of = x.Left
		}
		t.apart[x] = &ast.IsTest{At: x.At, X: of, What: ast.IsNull, Not: !x.Not}
	}
}

// traceVariadic notes from which of its arguments on a call makes an array.
func (b *binder) traceVariadic(x *ast.Func, r *builtin.Resolved) {
	if t := b.trace(); t != nil && r.VariadicExpanded && r.Fn != nil && r.Fn.Variadic != types.AnyOID && x.ArgNames == nil && r.Fixed < len(x.Args) {
		t.variadics[x] = r.Fixed
	}
}

// traceArray notes a cast of ARRAY[…]; only says that it is not one to a domain.
func (b *binder) traceArray(x *ast.Cast, to types.T, only bool) {
	if t := b.trace(); t != nil && only {
		t.arrays[x] = to.Mod
	}
}

// element is what the cast around an array does to one of its elements.
type element struct {
	converted bool
	array     bool  // it becomes an array itself
	mod       int32 // of the type that it has
}

// traceElement notes what becomes of element i of an array by the cast around it.
func (b *binder) traceElement(x *ast.Array, i int, from, to expr.Expr, want types.T) {
	t := b.trace()
	if t == nil {
		return
	}
	if t.elements[x] == nil {
		t.elements[x] = make([]element, len(x.Elems))
	}
	_, literal := from.(*unknownLit)
	domain := want.ElemDomain()
	t.elements[x][i] = element{!literal && from.Type().OID != to.Type().OID || domain != 0 && b.exprDomain(from) != domain, to.Type().IsArray(), from.Type().Mod}
}

// castElements writes a cast of ARRAY[…] as an array of its elements' casts.
func (t *Trace) castElements(c *ast.Cast, mod int32) ast.Expr {
	a, ok := c.X.(*ast.Array)
	if !ok || len(a.Elems) == 0 {
		return c
	}
	elem := c.To
	elem.ArrayDims = nil
	t.castEach(a, c.To, elem, mod)
	return a
}

func (t *Trace) castEach(a *ast.Array, whole, elem ast.TypeName, mod int32) {
	for i, e := range a.Elems {
		if inner, ok := e.(*ast.Array); ok {
			t.castEach(inner, whole, elem, mod)
			continue
		}
		of := t.elements[a][i]
		if !of.converted && (mod < 0 || of.mod == mod) {
			continue
		}
		if l, ok := e.(*ast.Lit); ok && t.literals[l].OID != 0 && !of.converted {
			l.As = ""
		}
		to := elem
		if of.array {
			to = whole
		}
		a.Elems[i] = &ast.Cast{At: ast.At{Pos: ast.NoPos}, X: e, To: to}
	}
}

// castList writes IN as a comparison with the array that its values are converted in.
func (t *Trace) castList(x *ast.In) ast.Expr {
	info := types.Lookup(t.lists[x].Elem().OID)
	if info == nil {
		return x
	}
	return ast.AsArray(x, &ast.TypeName{Name: ast.QName{Schema: "pg_catalog", Name: info.Name}, ArrayDims: []int{-1}})
}

// showVariadic writes the arguments for a VARIADIC parameter as an array.
func (t *Trace) showVariadic(x *ast.Func) {
	fixed, ok := t.variadics[x]
	if !ok {
		return
	}
	rest := &ast.Array{At: x.At, Elems: slices.Clone(x.Args[fixed:])}
	x.Args, x.Variadic = append(x.Args[:fixed:fixed], rest), true
}
