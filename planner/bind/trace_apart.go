package bind

import (
	"reflect"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What IN and BETWEEN compare may be converted to another type for each value: of
// c IN ('a', d) and c BETWEEN 'a' AND d, where c is a citext and d a text, the first comparison is
// of citext and the second of text. A query that is kept has these apart.

// traceApart notes a construct, bound as e, as separate comparisons if what is compared is not of
// one type in all of them.
func (b *binder) traceApart(s *scope, x ast.Expr, e expr.Expr) error {
	t := b.trace()
	if t == nil || sameOperand(e) {
		return nil
	}
	var y ast.Expr
	switch v := x.(type) {
	case *ast.In:
		if _, row := v.Left.(*ast.Row); row || v.Sub != nil || v.Schema != "" {
			return nil
		}
		y = listApart(v)
	case *ast.Between:
		if v.Schema != "" {
			return nil
		}
		y = ast.AsOperators(v)
	default:
		return nil
	}
	y = copied(reflect.ValueOf(y)).Interface().(ast.Expr)
	t.apart[x] = y
	_, err := b.expr(s, y)
	return err
}

// listApart is IN of a list as one of its constants, then one comparison after the other.
func listApart(v *ast.In) (all ast.Expr) {
	op, kind := "=", ast.Or
	if v.Not {
		op, kind = "<>", ast.And
	}
	fixed, each := ast.FixedItems(v)
	if len(fixed) > 1 {
		all = &ast.In{At: v.At, Not: v.Not, Left: v.Left, List: fixed}
	} else {
		each = v.List
	}
	for _, item := range each {
		one := &ast.Op{At: v.At, Name: op, Left: v.Left, Right: item}
		if all == nil {
			all = one
		} else {
			all = &ast.BoolOp{At: v.At, Kind: kind, Args: []ast.Expr{all, one}, Apart: true}
		}
	}
	return all
}

// sameOperand reports that all comparisons of a bound construct have a first operand of one type.
func sameOperand(e expr.Expr) bool {
	var all []types.OID
	var look func(expr.Expr)
	look = func(e expr.Expr) {
		switch e := e.(type) {
		case *expr.Call:
			if len(e.Args) == 2 {
				all = append(all, e.Args[0].Type().OID)
			}
		case *expr.InList:
			all = append(all, e.L.Type().OID)
		case *expr.And:
			for _, a := range e.Args {
				look(a)
			}
		case *expr.Or:
			for _, a := range e.Args {
				look(a)
			}
		}
	}
	look(e)
	for _, o := range all {
		if o != all[0] {
			return false
		}
	}
	return true
}

// takeApart writes the constructs of a traced query that way.
func (t *Trace) takeApart(q ast.Node) {
	if len(t.apart) == 0 {
		return
	}
	replaceExprs(reflect.ValueOf(q), func(x ast.Expr) ast.Expr {
		y, ok := t.apart[x]
		if !ok {
			return x
		}
		t.takeApart(y)
		return y
	})
}

// copied is a deep copy of a tree: nodes that stand in two places become two.
func copied(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		if v.Kind() == reflect.Interface {
			n := reflect.New(v.Type()).Elem()
			n.Set(copied(v.Elem()))
			return n
		}
		n := reflect.New(v.Type().Elem())
		n.Elem().Set(copied(v.Elem()))
		return n
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		n := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			n.Index(i).Set(copied(v.Index(i)))
		}
		return n
	case reflect.Struct:
		n := reflect.New(v.Type()).Elem()
		n.Set(v)
		for i := range v.NumField() {
			if n.Field(i).CanSet() {
				n.Field(i).Set(copied(v.Field(i)))
			}
		}
		return n
	}
	return v
}
