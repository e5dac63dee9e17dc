package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL says of each decimal before it has it how many digits it has before and behind the
// point. Here the type's modifier says so. A value with more digits, as a quotient is, keeps
// them for what is computed with it: it is mysql.shown(value, scale), whose first argument
// arithmetic, alternatives, aggregates and rounding take.

// Limits of MySQL's decimals, in digits.
const (
	maxDecimal      = 65
	maxDecimalScale = 30
	quotientDigits  = 4 // that a quotient has more than its dividend
)

// digits are how many a decimal has at most: before the point, and behind it.
type digits struct{ whole, scale int }

// typ is the type of decimals of so many digits.
func (d digits) typ() types.T {
	scale := min(d.scale, maxDecimalScale)
	return types.DecimalOf(max(min(d.whole+scale, maxDecimal), scale, 1), scale)
}

// either are the digits that hold values of both.
func (d digits) either(o digits) digits { return digits{max(d.whole, o.whole), max(d.scale, o.scale)} }

// wholeDigits are those of whole numbers of each type.
var wholeDigits = map[types.OID]int{types.BoolOID: 1, types.Int2OID: 5, types.Int4OID: 10, types.Int8OID: 19}

// digitsOf are the digits of a number, which is not of floating point; ok is false where
// they are only known with the value.
func digitsOf(e expr.Expr) (d digits, ok bool) {
	t := e.Type()
	if c, isConst := e.(*expr.Const); isConst && !c.D.IsNull() {
		switch t.OID {
		case types.Int2OID, types.Int4OID, types.Int8OID:
			return digits{whole: types.NumericDigits(types.NumericFromInt(c.D.Int()))}, true
		case types.NumericOID:
			if types.NumericIsNaN(c.D) || types.NumericIsInf(c.D) != 0 {
				return d, false
			}
			return digits{types.NumericDigits(c.D), types.NumericScale(c.D)}, true
		}
	}
	if n, isWhole := wholeDigits[t.OID]; isWhole {
		return digits{whole: n}, true
	}
	if precision, scale, limited := types.DecimalDigits(t); limited {
		return digits{max(precision-scale, 0), max(scale, 0)}, true
	}
	switch x := e.(type) {
	case *expr.Cast:
		if _, isWhole := wholeDigits[x.X.Type().OID]; isWhole && t.OID == types.NumericOID {
			return digitsOf(x.X)
		}
	case *expr.Call:
		if isUnsignedCall(x) {
			return digits{whole: 20}, true
		}
	}
	return d, false
}

// ofDigits is a number with its digits in its type, for a node that nothing else holds.
func ofDigits(e expr.Expr, d digits) expr.Expr {
	if e.Type().OID != types.NumericOID {
		return e
	}
	switch x := e.(type) {
	case *expr.Call:
		x.T = d.typ()
	case *expr.Coalesce:
		x.T = d.typ()
	case *expr.Case:
		x.T = d.typ()
	case *expr.MinMax:
		x.T = d.typ()
	case *expr.Column:
		own := *x
		own.T = d.typ()
		return &own
	}
	return e
}

// shown is a value of which d.scale digits behind the point are seen.
func (b *binder) shown(e expr.Expr, d digits, pos ast.Pos) (expr.Expr, error) {
	scale := &expr.Const{T: types.Of(types.Int4OID), D: types.Int(int64(min(d.scale, maxDecimalScale)))}
	out, err := b.callBound(builtin.MySQLSchema, "shown", []expr.Expr{e, scale}, pos)
	if err != nil {
		return nil, err
	}
	return ofDigits(out, d), nil
}

// mysqlCall is e as a call of a function of MySQL's, nil for anything else.
func mysqlCall(e expr.Expr) *expr.Call {
	if c, ok := e.(*expr.Call); ok && c.Op == nil && c.Fn.Schema == builtin.MySQLSchema {
		return c
	}
	return nil
}

// precise is a number with all the digits that it is computed with.
func precise(e expr.Expr) expr.Expr {
	if c := mysqlCall(e); c != nil && c.Fn.Name == "shown" {
		return c.Args[0]
	}
	return e
}

// hidesDigits reports a number that has more digits than it shows.
func hidesDigits(e expr.Expr) bool {
	if e == nil || e.Type().OID != types.NumericOID {
		return false
	}
	c := mysqlCall(e)
	return c != nil && (c.Fn.Name == "shown" || c.Fn.Name == "arith" || c.Fn.Name == "div")
}

// steps are the notation of a number (sql/builtin, mysql_arith.go), and its operands.
func steps(e expr.Expr) (string, []expr.Expr) {
	if c := mysqlCall(e); c != nil && c.T.OID == types.NumericOID {
		switch c.Fn.Name {
		case "div":
			return "xx/", c.Args
		case "arith", "arith_precise":
			if n, ok := c.Args[0].(*expr.Const); ok {
				return n.D.Text(), c.Args[1:]
			}
		}
	}
	return "x", []expr.Expr{e}
}

// chained is arithmetic over numbers of which one hides digits, in one call that keeps them.
func (b *binder) chained(op string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	d, ok := arithmeticDigits(op, l, r)
	name := "arith" // which finds the digits of the result out
	if ok {
		name, l, r = "arith_precise", precise(l), precise(r)
	}
	left, args := steps(l)
	right, more := steps(r)
	list := append([]expr.Expr{textConst(left + right + op)}, args...)
	list = append(list, more...)
	e, err := b.callBound(builtin.MySQLSchema, name, list, pos)
	if err != nil || !ok || e.Type().OID != types.NumericOID {
		return e, err
	}
	return b.shown(e, d, pos)
}

// arithmeticDigits are those of a result; l is nil for a sign.
func arithmeticDigits(op string, l, r expr.Expr) (d digits, ok bool) {
	y, ok := digitsOf(r)
	if !ok || l == nil {
		return y, ok
	}
	x, ok := digitsOf(l)
	switch op {
	case "+", "-":
		d = x.either(y)
		d.whole++
	case "*":
		d = digits{x.whole + y.whole, x.scale + y.scale}
	case "/":
		d = digits{x.whole + y.scale, x.scale + quotientDigits}
	default:
		return d, false
	}
	d.scale = min(d.scale, maxDecimalScale)
	return d, ok
}

// decimalCall is a call of a function of MySQL's, with the digits of its result.
func (b *binder) decimalCall(c *expr.Call, pos ast.Pos) (expr.Expr, error) {
	if len(c.Args) == 0 || b.asWritten {
		return c, nil
	}
	if err := b.allDigits(c, pos); err != nil {
		return nil, err
	}
	switch c.Fn.Name {
	case "div":
		if d, ok := arithmeticDigits("/", c.Args[0], c.Args[1]); ok && c.T.OID == types.NumericOID {
			ofDigits(c, d)
			return b.chained("/", c.Args[0], c.Args[1], pos)
		}
	case "arith":
		return b.unchained(c, pos)
	case "round", "truncate", "format":
		x, err := b.whole(c.Args[0], pos)
		if err != nil {
			return nil, err
		}
		return b.roundedTo(c, x), nil
	case "abs", "mod":
		return b.likeOperands(c, pos)
	case "interval": // which compares values
		for i, a := range c.Args {
			c.Args[i] = precise(a)
		}
	case "cast_decimal":
		return castTo(c), nil
	case "unix_timestamp": // a moment has as many digits as its type
		if t := c.Args[0].Type(); (t.OID == types.TimestampOID || t.OID == types.TimestamptzOID) && t.Mod > 0 {
			c.T = types.DecimalOf(12+int(t.Mod), int(t.Mod))
		}
	case "ceil", "floor":
		d, ok := digitsOf(c.Args[0])
		x, err := b.whole(c.Args[0], pos)
		if c.Args[0] = x; err != nil || !ok {
			return c, err
		}
		return ofDigits(c, digits{d.whole + 1, 0}), nil
	}
	return c, nil
}

// whole is a number with all the digits that it is computed with, also where only its value
// tells how many it shows.
func (b *binder) whole(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	e = precise(e)
	notation, args := steps(e)
	if notation == "x" {
		return e, nil
	}
	return b.callBound(builtin.MySQLSchema, "arith_precise", append([]expr.Expr{textConst(notation)}, args...), pos)
}

// allDigits gives functions of floating point numbers, and those that only ask for the sign, all
// digits of their arguments.
func (b *binder) allDigits(c *expr.Call, pos ast.Pos) (err error) {
	all := c.Fn.Name == "truth" || c.Fn.Name == "sign"
	if c.Fn.Takes == "" || !all && c.T.OID != types.Float8OID {
		return nil
	}
	for i, a := range c.Args {
		if !all && c.Fn.Takes[min(i, len(c.Fn.Takes)-1)] != 'f' {
			continue
		}
		if c.Args[i], err = b.whole(a, pos); err != nil {
			return err
		}
	}
	return nil
}

// castTo is CAST … AS DECIMAL.
func castTo(c *expr.Call) expr.Expr {
	c.Args[0] = precise(c.Args[0])
	p, ok := c.Args[1].(*expr.Const)
	s, ok2 := c.Args[2].(*expr.Const)
	if !ok || !ok2 || p.D.IsNull() || s.D.IsNull() {
		return c
	}
	c.T = types.DecimalOf(int(min(max(p.D.Int(), 1), maxDecimal)), int(min(max(s.D.Int(), 0), maxDecimalScale)))
	return c
}

// likeOperands are ABS and the remainder, whose digits are those of their operands.
func (b *binder) likeOperands(c *expr.Call, pos ast.Pos) (expr.Expr, error) {
	d, ok := digits{}, true
	hides := false
	for i, a := range c.Args {
		x, known := digitsOf(a)
		if ok = ok && known && c.T.OID == types.NumericOID; !ok {
			return c, nil
		}
		hides = hides || hidesDigits(a)
		d = d.either(x)
		c.Args[i] = precise(a)
	}
	ofDigits(c, d)
	if !hides {
		return c, nil
	}
	return b.shown(c, d, pos)
}

// roundedTo is ROUND, TRUNCATE or FORMAT of x.
func (b *binder) roundedTo(c *expr.Call, x expr.Expr) expr.Expr {
	d, ok := digitsOf(c.Args[0])
	c.Args[0] = x
	if !ok || c.T.OID != types.NumericOID {
		return c
	}
	to, asked := 0, len(c.Args) > 1
	if asked {
		k, isConst := c.Args[1].(*expr.Const)
		if !isConst {
			return ofDigits(c, digits{d.whole + 1, d.scale})
		}
		if wholeDigits[k.T.OID] == 0 || k.D.IsNull() {
			return c
		}
		to = int(max(min(k.D.Int(), maxDecimalScale), 0))
	}
	return ofDigits(c, digits{d.whole + 1, to})
}

// unchained takes a chain that the frontend wrote apart where the digits of all its operands
// are known.
func (b *binder) unchained(c *expr.Call, pos ast.Pos) (expr.Expr, error) {
	notation, ok := c.Args[0].(*expr.Const)
	if !ok || c.T.OID != types.NumericOID {
		return c, nil
	}
	for _, a := range c.Args[1:] {
		if _, known := digitsOf(a); !known {
			return c, nil
		}
	}
	var stack []expr.Expr
	next := 1
	for _, op := range notation.D.Text() {
		if op == 'x' {
			if next == len(c.Args) {
				return c, nil
			}
			stack = append(stack, c.Args[next])
			next++
			continue
		}
		n := len(stack)
		if n < 2 {
			return c, nil
		}
		e, err := b.chained(string(op), stack[n-2], stack[n-1], pos)
		if err != nil {
			return nil, err
		}
		stack = append(stack[:n-2], e)
	}
	if len(stack) != 1 {
		return c, nil
	}
	return stack[0], nil
}

// mixedArithmetic is arithmetic as MySQL's dialect writes it, over bound operands.
func (b *binder) mixedArithmetic(name string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if l != nil && (hidesDigits(l) || hidesDigits(r)) && isExact(l) && isExact(r) {
		return b.chained(name, l, r, pos)
	}
	if l == nil && hidesDigits(r) {
		if d, ok := digitsOf(r); ok {
			e, err := b.makeOp("", name, nil, precise(r), pos)
			if err != nil {
				return nil, err
			}
			return b.shown(e, d, pos)
		}
	}
	l, r, err := b.doubles(l, r, pos)
	if err != nil {
		return nil, err
	}
	e, err := b.makeOp("", name, l, r, pos)
	if err != nil || e.Type().OID != types.NumericOID {
		return e, err
	}
	if d, ok := arithmeticDigits(name, l, r); ok {
		e = ofDigits(e, d)
	}
	return e, nil
}

// doubles are operands of arithmetic, which is of doubles where one is a FLOAT.
func (b *binder) doubles(l, r expr.Expr, pos ast.Pos) (_, _ expr.Expr, err error) {
	if l != nil {
		if l, err = b.double(l, pos); err != nil {
			return nil, nil, err
		}
	}
	r, err = b.double(r, pos)
	return l, r, err
}

func (b *binder) double(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if e.Type().OID != types.Float4OID {
		return e, nil
	}
	return b.coerce(e, types.Of(types.Float8OID), builtin.Implicit, pos)
}

// isExact reports a number that is not of floating point.
func isExact(e expr.Expr) bool {
	return wholeDigits[e.Type().OID] > 0 || e.Type().OID == types.NumericOID
}

// ofOneScale are alternatives for one value that are exact numbers and not all whole, with
// all their digits, and the digits that the value shows; ok is false for others.
func (b *binder) ofOneScale(list []expr.Expr) (out []expr.Expr, d digits, ok bool, err error) {
	decimals := false
	for _, e := range list {
		if isOpen(e) {
			continue
		}
		x, known := digitsOf(e)
		if !known {
			return list, d, false, nil
		}
		decimals = decimals || e.Type().OID == types.NumericOID
		d = d.either(x)
	}
	if !decimals {
		return list, d, false, nil
	}
	out = make([]expr.Expr, len(list))
	for i, e := range list {
		if out[i] = precise(e); isOpen(e) {
			continue
		}
		if out[i], err = b.coerce(out[i], types.Of(types.NumericOID), builtin.Implicit, ast.NoPos); err != nil {
			return nil, d, false, err
		}
	}
	return out, d, true, nil
}

// oneScale is a value of alternatives, which were ofOneScale.
func (b *binder) oneScale(e expr.Expr, from []expr.Expr, d digits) (expr.Expr, error) {
	for _, a := range from {
		if x, ok := digitsOf(a); isOpen(a) || ok && x.scale == d.scale && !hidesDigits(a) {
			continue
		}
		return b.shown(e, d, ast.NoPos)
	}
	return ofDigits(e, d), nil
}

// aggregateDigits is the value of an aggregate whose arguments were taken with all their
// digits.
func (b *binder) aggregateDigits(x *ast.Func, arg, e expr.Expr) (expr.Expr, error) {
	d, ok := digitsOf(arg)
	if !ok || e.Type().OID != types.NumericOID {
		return e, nil
	}
	switch x.Name.Name {
	case "sum":
		d.whole += 22
	case "min", "max":
	default:
		return e, nil
	}
	if hidesDigits(arg) {
		return b.shown(e, d, x.Pos)
	}
	return ofDigits(e, d), nil
}
