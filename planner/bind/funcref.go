package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// funcRef binds functions in FROM; they see their left siblings without LATERAL.
func (b *binder) funcRef(s *scope, x *ast.FuncRef) (logical.Node, []*nsItem, error) {
	given, written := x, len(x.Funcs)
	x = unnestEach(x)
	in := b.outerFor(s, true)
	in.srfs = &srfList{}
	n := &logical.Func{Ordinality: x.Ordinality}
	fnames := make([]string, len(x.Funcs))
	for i := range x.Funcs {
		call, fname, err := b.fromCall(in, &x.Funcs[i])
		if err != nil {
			return nil, nil, err
		}
		n.Calls, fnames[i] = append(n.Calls, call), fname
	}
	if err := columnsOfOne(x, written); err != nil {
		return nil, nil, err
	}
	name, scalar := fnames[0], len(x.Funcs) == 1 && !x.Ordinality
	var names []string
	var ts []types.T
	var domains []types.OID
	var shapes [][]field
	var rowType types.OID  // of the only function, if it returns rows of a composite type
	rows := map[int]bool{} // by column: such rows, which are shown as their columns
	for i := range x.Funcs {
		f := &x.Funcs[i]
		fname := fnames[i]
		call := n.Calls[i]
		fn, ft, sh, err := b.callColumns(call, fname, f, len(x.Funcs) == 1, x)
		if err != nil {
			return nil, nil, err
		}
		scalar = scalar && sh
		names, ts = append(names, fn...), append(ts, ft...)
		for k := range fn {
			domain := call.Fn.OutDomain(k)
			if sh {
				domain = b.exprDomain(call)
			}
			shapes, domains = append(shapes, nil), append(domains, domain)
		}
		if sh {
			shapes[len(shapes)-1] = b.shape(call)
		}
		if sh && b.composite(call.T.OID) != nil {
			if rows[len(names)-1] = true; scalar {
				rowType = call.T.OID
			}
			scalar = false
		}
	}
	if x.Ordinality {
		names, ts, shapes = append(names, "ordinality"), append(ts, types.Of(types.Int8OID)), append(shapes, nil)
		domains = append(domains, 0)
	}
	alias := name
	if x.Alias != nil {
		alias = x.Alias.Name
	}
	n.Alias = alias
	var cols []nsCol
	for i := range names {
		id := b.meta.Add(logical.ColInfo{Name: names[i], Rel: alias, T: ts[i], Domain: domains[i]})
		if shapes[i] != nil {
			put(&b.shapes, id, shapes[i])
		}
		n.Out = append(n.Out, id)
		if !rows[i] {
			cols = append(cols, nsCol{names[i], b.meta.Column(id)})
		} else {
			for _, f := range b.shape(b.meta.Column(id)) {
				cols = append(cols, nsCol{f.name, b.fieldOf(b.meta.Column(id), f)})
			}
		}
	}
	it, err := named(name, x.Alias, cols, x.Pos)
	if err != nil {
		return nil, nil, err
	}
	it.rel = &relation{alias: it.name, scalar: scalar, rowType: rowType, what: "a function"}
	b.traceFunction(given, it)
	return n, one(it), nil
}

// columnsOfOne refuses a column definition list behind what is more than one function's
// columns. written is how many functions ROWS FROM names.
func columnsOfOne(x *ast.FuncRef, written int) error {
	if x.Alias == nil || x.Alias.ColDefs == nil {
		return nil
	}
	pos := x.Alias.ColDefs[0].Pos
	switch {
	case written > 1:
		return errAt(pos, pgerrcode.SyntaxError, "ROWS FROM() with multiple functions cannot have a column definition list").
			WithHint("Put a separate column definition list for each function inside ROWS FROM().")
	case len(x.Funcs) > 1:
		return errAt(pos, pgerrcode.SyntaxError, "UNNEST() with multiple arguments cannot have a column definition list").
			WithHint("Use separate UNNEST() calls inside ROWS FROM(), and attach a column definition list to each one.")
	case x.Ordinality:
		return errAt(pos, pgerrcode.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().")
	}
	return nil
}

// unnestEach makes unnest(a, b) what it means: ROWS FROM (unnest(a), unnest(b)).
func unnestEach(x *ast.FuncRef) *ast.FuncRef {
	var funcs []ast.FuncItem
	for i := range x.Funcs {
		f, ok := x.Funcs[i].Call.(*ast.Func)
		if !ok || f.Name.Name != "unnest" || len(f.Args) < 2 || f.Name.Schema != "" && f.Name.Schema != "pg_catalog" {
			funcs = append(funcs, x.Funcs[i])
			continue
		}
		for _, a := range f.Args {
			one := *f
			one.Args, one.Name.Schema = []ast.Expr{a}, "pg_catalog"
			funcs = append(funcs, ast.FuncItem{Call: &one})
		}
	}
	if len(funcs) == len(x.Funcs) {
		return x
	}
	y := *x
	y.Funcs = funcs
	return &y
}

// fromCall binds one function call of FROM.
func (b *binder) fromCall(in *scope, f *ast.FuncItem) (*expr.Call, string, error) {
	outer := b.callInFrom
	b.callInFrom = f.Call.Position()
	e, err := b.expr(in, f.Call)
	b.callInFrom = outer
	if err != nil {
		return nil, "", err
	}
	if set := nestedSet(e); set != nil {
		return nil, "", errAt(ast.Pos(set.Pos), pgerrcode.FeatureNotSupported, "set-returning functions must appear at top level of FROM")
	}
	name := figureName(f.Call)
	if fn, ok := f.Call.(*ast.Func); ok {
		name = fn.Name.Name
	}
	call, ok := e.(*expr.Call)
	if ok && call.Fn.User != nil && (len(call.Fn.OutTypes) > 1 || call.T.OID == types.RecordOID) {
		call.Fn = call.Fn.AsSet() // its one row has columns
	}
	if !ok { // CURRENT_DATE and the like: a cast around a call
		call, ok = b.asCall(e)
	}
	if !ok {
		return nil, "", notYet(f.Call.Position(), "this expression in FROM")
	}
	return call, strings.ToLower(name), nil
}

// asCall wraps a scalar that is not a call into one that returns it unchanged.
func (b *binder) asCall(e expr.Expr) (*expr.Call, bool) {
	c, err := b.callBound("pg_catalog", "coalesce_identity", []expr.Expr{e}, ast.NoPos)
	if err != nil {
		return nil, false
	}
	call, ok := c.(*expr.Call)
	return call, ok
}

// callColumns are the columns a function gives FROM. scalar: it is one column
// named after the alias or the function.
func (b *binder) callColumns(call *expr.Call, fname string, f *ast.FuncItem, only bool, x *ast.FuncRef) (names []string, ts []types.T, scalar bool, err error) {
	defs := f.ColDefs
	if defs == nil && only && x.Alias != nil {
		defs = x.Alias.ColDefs
	}
	outs := call.Fn.OutTypes
	switch {
	case len(outs) > 1 || len(outs) == 1 && call.T.OID == types.RecordOID:
		if defs != nil {
			return nil, nil, false, errAt(defs[0].Pos, pgerrcode.SyntaxError, "a column definition list is redundant for a function with OUT parameters")
		}
		for i, t := range outs {
			names, ts = append(names, call.Fn.OutNames[i]), append(ts, types.Of(t))
		}
		return names, ts, false, nil
	case call.T.OID == types.RecordOID:
		if defs == nil {
			return nil, nil, false, errAt(f.Call.Position(), pgerrcode.SyntaxError, "a column definition list is required for functions returning \"record\"")
		}
		domains := make([]types.OID, len(defs))
		for i := range defs {
			if d := b.domainOf(&defs[i].Type); d != nil {
				domains[i] = d.ID
			}
			t, err := b.typeName(&defs[i].Type)
			if err != nil {
				return nil, nil, false, err
			}
			names, ts = append(names, defs[i].Name), append(ts, t)
		}
		call.Fn = builtin.WithColumns(call.Fn, names, ts, domains)
		return names, ts, false, nil
	case defs != nil && b.composite(call.T.OID) != nil:
		return nil, nil, false, errAt(defs[0].Pos, pgerrcode.SyntaxError, "a column definition list is redundant for a function returning a named composite type")
	case defs != nil:
		return nil, nil, false, errAt(defs[0].Pos, pgerrcode.SyntaxError, "a column definition list is only allowed for functions returning \"record\"")
	}
	name := fname
	if len(call.Fn.OutNames) == 1 && call.Fn.OutNames[0] != "" {
		name = call.Fn.OutNames[0]
	} else if only && x.Alias != nil {
		name = x.Alias.Name
	}
	return []string{name}, []types.T{call.T}, true, nil
}
