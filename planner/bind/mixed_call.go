package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What MySQL converts where one type alone is taken: beside a document, for LIKE and for
// aggregates.

// withDocument makes what stands beside a document one, where they are compared, and both
// numbers in arithmetic.
func (b *binder) withDocument(name string, l, r expr.Expr, pos ast.Pos) (_, _ expr.Expr, err error) {
	lk, rk := kindOf(l), kindOf(r)
	if lk != documentKind && rk != documentKind || isNullLit(l) || isNullLit(r) {
		return l, r, nil
	}
	to := "to_json"
	if arithmetic(name) {
		to = "to_double"
	}
	for _, e := range []*expr.Expr{&l, &r} {
		if _, ok := (*e).(*unknownParam); ok {
			if *e, err = b.coerce(*e, types.Of(types.TextOID), builtin.Implicit, pos); err != nil {
				return nil, nil, err
			}
		}
		if kindOf(*e) == documentKind && to == "to_json" {
			continue
		}
		if *e, err = b.convert(to, *e, pos); err != nil {
			return nil, nil, err
		}
	}
	switch name {
	case "<", "<=", ">", ">=":
		if l, err = b.convert("json_place", l, pos); err == nil {
			r, err = b.convert("json_place", r, pos)
		}
	}
	return l, r, err
}

// truthBeside is TRUE or FALSE, which MySQL's dialect takes for a number, as the truth value
// that it is beside a document; anything else is e as it is.
func truthBeside(other, e expr.Expr, src ast.Expr) expr.Expr {
	l, ok := src.(*ast.Lit)
	if !ok || !l.Truth || other == nil || kindOf(other) != documentKind {
		return e
	}
	return &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(l.Int != 0)}
}

// matched are a value and the pattern for it, as texts where they are neither that nor bytes.
func (b *binder) matched(l, p expr.Expr, pos ast.Pos) (_, _ expr.Expr, err error) {
	bytes := kindOf(l) == bytesKind || kindOf(p) == bytesKind
	for _, e := range []*expr.Expr{&l, &p} {
		to := ""
		switch k := kindOf(*e); {
		case isOpen(*e) || isLiteral(*e):
		case bytes && k != bytesKind:
			to = "to_binary"
		case !bytes && k != textKind && k != enumKind && k != otherKind:
			to = "to_text"
		}
		if to == "" {
			continue
		}
		if *e, err = b.convert(to, *e, pos); err != nil {
			return nil, nil, err
		}
	}
	return l, p, nil
}

// mixedAggregate is a call of an aggregate with the numbers that it adds up, or by the name
// of the one that takes its values. of is what a sum or an extreme is of, nil for others.
func (b *binder) mixedAggregate(x *ast.Func, args []expr.Expr) (_ *ast.Func, _ []expr.Expr, of expr.Expr, err error) {
	if len(args) == 1 && isNullLit(args[0]) && x.Name.Name == "sum" { // of AVG, too
		e, err := b.coerce(args[0], types.Of(types.Float8OID), builtin.Implicit, x.Pos)
		return x, []expr.Expr{e}, nil, err
	}
	if len(args) != 1 || isOpen(args[0]) {
		return x, args, nil, nil
	}
	switch x.Name.Name {
	case "min", "max":
		if !ownExtreme(args[0]) {
			return x, []expr.Expr{precise(args[0])}, args[0], nil
		}
		own := *x
		own.Name.Schema = builtin.MySQLSchema
		return &own, args, nil, nil
	}
	e, err := b.term(args[0], x.Pos)
	if err == nil {
		e, err = b.double(e, x.Pos)
	}
	if err != nil || x.Distinct { // what differs is what shows
		return x, []expr.Expr{e}, e, err
	}
	return x, []expr.Expr{precise(e)}, e, err
}

// term is a value as the number that it is in arithmetic: a date or time the one that its
// digits make, with all of them.
func (b *binder) term(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	switch kindOf(e) {
	case enumKind:
		if p := b.place(e); p != nil {
			return p, nil
		}
	case dateKind, timeKind, spanKind:
		return b.convert("to_decimal", e, pos)
	case textKind, bytesKind, documentKind:
		return b.convert("to_double", e, pos)
	}
	return e, nil
}

// terms are the operands of arithmetic where one is a date or time, which PostgreSQL would
// shift, or where it is one alone.
func (b *binder) terms(l, r expr.Expr, pos ast.Pos) (_, _ expr.Expr, err error) {
	isClock := func(e expr.Expr) bool {
		k := kindOf(e)
		return k == dateKind || k == timeKind || k == spanKind
	}
	switch {
	case isParam(l) && isParam(r): // nothing else tells what they are
		number := types.Of(types.NumericOID)
		if l, err = b.coerce(l, number, builtin.Implicit, pos); err == nil {
			r, err = b.coerce(r, number, builtin.Implicit, pos)
		}
		return l, r, err
	case l == nil && isParam(r):
		r, err = b.coerce(r, types.Of(types.NumericOID), builtin.Implicit, pos)
		return nil, r, err
	case l == nil:
		if kindOf(r) == boolKind {
			r, err = b.convert("to_signed", r, pos)
			return nil, r, err
		}
	case kindOf(l) == textKind && kindOf(r) == textKind: // PostgreSQL takes one away from a document
	case kindOf(l) == numberKind && isLiteral(r) && !isNullLit(r), kindOf(r) == numberKind && isLiteral(l) && !isNullLit(l):
		// PostgreSQL would read the text as a number of the other's type
	case !isClock(l) && !isClock(r):
		return l, r, nil
	}
	if l != nil {
		if l, err = b.term(l, pos); err != nil {
			return nil, nil, err
		}
	}
	r, err = b.term(r, pos)
	return l, r, err
}

// ownExtreme reports a value whose MIN and MAX are not PostgreSQL's.
func ownExtreme(e expr.Expr) bool {
	return kindOf(e) == bytesKind || e.Type().OID == types.JSONBOID || e.Type().IsVector()
}

// extreme is mysql.min or mysql.max, which definitions of MySQL's dialect name, as those of
// the values' type, unless it has its own.
func (b *binder) extreme(x *ast.Func, args []expr.Expr) *ast.Func {
	if x.Name.Schema != builtin.MySQLSchema || x.Name.Name != "min" && x.Name.Name != "max" || len(args) != 1 ||
		!isOpen(args[0]) && ownExtreme(args[0]) {
		return x
	}
	b.traceCall(x, "")
	plain := *x
	plain.Name.Schema = ""
	return &plain
}

// fieldByNumbers is a call of MySQL's FIELD by the name of the function that compares as MySQL
// does: numbers as numbers, with all their digits, and numbers beside texts as real ones.
func fieldByNumbers(x *ast.Func, args []expr.Expr) (*ast.Func, []expr.Expr) {
	if x.Name.Schema != builtin.MySQLSchema || x.Name.Name != "field" {
		return x, args
	}
	numbers, real := false, false
	for _, e := range args {
		switch k := kindOf(e); {
		case k == numberKind || k == boolKind:
			numbers = true
			real = real || e.Type().OID == types.Float4OID || e.Type().OID == types.Float8OID
		case !isNullLit(e):
			real = true
		}
	}
	if !numbers {
		return x, args
	}
	own := *x
	own.Name.Name = "field_decimals"
	if real {
		own.Name.Name = "field_doubles"
	}
	out := make([]expr.Expr, len(args))
	for i, e := range args {
		out[i] = precise(e)
	}
	return &own, out
}
