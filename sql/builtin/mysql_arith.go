package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// Arithmetic over quotients. MySQL's decimals have words of nine digits, and a quotient
// fills its last one: only where it is shown, stored or compared it has four digits more
// than its dividend.

var mysqlArithFuncs = []mysqlFunc{
	{name: "arith", args: "t*+", by: arithType, eval: arithOf(false)},
	// shown is a number with so many digits behind the point; it may have been computed with more.
	{name: "shown", args: "ni", ret: types.NumericOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NumericRound(a[0], int(min(max(a[1].Int(), 0), maxScale)))
	}},
	{name: "cast_decimal", args: "nii", ret: types.NumericOID, eval: castDecimal},
	{name: "arith_precise", args: "t*+", by: arithType, eval: arithOf(true)},
}

// arithType is the type of the operands' quotient; the first argument is the notation.
func arithType(args []types.OID) types.OID { return quotientType(args[1:]) }

// isReal reports a type that makes arithmetic one of floating point numbers.
func isReal(t types.OID) bool {
	return isFloat(t) || isTextType(t) || t == types.ByteaOID || t == types.JSONBOID || t == types.JSONOID
}

// term is a value on the way: a floating point number, or a decimal and how many of its
// digits are shown.
type term struct {
	d     types.Datum
	scale int
	real  bool
}

// wordDigits are the digits of a word of MySQL's decimals.
const wordDigits = 9

// maxScale is the most digits behind the point.
const maxScale = 30

// arithOf computes what a notation says: x is the next operand, anything else an operator.
func arithOf(precise bool) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		var stack [16]term
		terms := stack[:0]
		next := 1
		for _, op := range a[0].Bytes() {
			if op == 'x' {
				t, err := termOf(c, typed{c.argT(next), a[next]})
				if err != nil {
					return types.Datum{}, err
				}
				terms = append(terms, t)
				next++
				continue
			}
			n := len(terms)
			t, ok, err := step(op, terms[n-2], terms[n-1])
			if err != nil {
				return types.Datum{}, err
			}
			if !ok {
				return byZero(c)
			}
			terms = append(terms[:n-2], t)
		}
		t := terms[0]
		switch {
		case c.retT().OID == types.Float8OID:
			return types.Float(t.float()), nil
		case precise:
			return t.d, nil
		}
		return types.NumericRound(t.d, t.scale)
	}
}

func termOf(c *Ctx, v typed) (term, error) {
	if isReal(v.t.OID) {
		return term{d: types.Float(mysqlFloat(c, v)), real: true}, nil
	}
	d, err := mysqlNumeric(c, v)
	if err != nil {
		return term{}, err
	}
	return term{d: d, scale: types.NumericScale(d)}, nil
}

func (t term) float() float64 {
	if t.real {
		return t.d.Float()
	}
	return types.NumericToFloat(t.d)
}

// step is one operation; ok is false for a division by zero, which is NULL.
func step(op byte, l, r term) (out term, ok bool, err error) {
	if l.real || r.real {
		x, y := l.float(), r.float()
		switch op {
		case '+':
			x += y
		case '-':
			x -= y
		case '*':
			x *= y
		default:
			if y == 0 {
				return out, false, nil
			}
			x /= y
		}
		return term{d: types.Float(x), real: true}, true, nil
	}
	switch op {
	case '+':
		out.d, err = types.NumericAdd(l.d, r.d)
		out.scale = max(l.scale, r.scale)
	case '-':
		out.d, err = types.NumericSub(l.d, r.d)
		out.scale = max(l.scale, r.scale)
	case '*':
		out.d, err = types.NumericMul(l.d, r.d)
		out.scale = min(l.scale+r.scale, maxScale)
	default:
		return quotient(l, r)
	}
	return out, true, err
}

// quotient fills the last word of its digits, which are cut off there.
func quotient(l, r term) (out term, ok bool, err error) {
	if types.NumericSign(r.d) == 0 {
		return out, false, nil
	}
	x, y := types.NumericScale(l.d), types.NumericScale(r.d)
	digits := words(x) + words(y)
	digits = words(digits + max(0, divIncrement-(digits-x-y)))
	out.scale = min(l.scale+divIncrement, maxScale)
	out.d, err = types.NumericDivAt(l.d, r.d, digits, false)
	return out, true, err
}

// words rounds a number of digits up to whole words.
func words(n int) int { return (n + wordDigits - 1) / wordDigits * wordDigits }

// castDecimal is CAST(x AS DECIMAL(precision, scale)): the nearest value that has so many digits.
func castDecimal(_ *Ctx, a []types.Datum) (types.Datum, error) {
	precision, scale := int(min(max(a[1].Int(), 1), 65)), int(min(max(a[2].Int(), 0), maxScale))
	d, err := types.NumericRound(a[0], scale)
	if err != nil || types.NumericDigits(d) <= max(precision-scale, 0) {
		return d, err
	}
	most := strings.Repeat("9", precision)
	if cut := precision - scale; scale > 0 && cut >= 0 {
		most = most[:cut] + "." + most[cut:]
	}
	if types.NumericSign(d) < 0 {
		most = "-" + most
	}
	return types.ParseText(types.Of(types.NumericOID), most, types.DefaultFormat)
}
