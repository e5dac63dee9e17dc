package ast

import (
	"strconv"
	"strings"
)

// How PrintIn writes constants: as get_const_expr does, with their types where the text
// alone would be read as another one.

// constant writes a literal that has no type from its context.
func (p *printer) constant(l *Lit) {
	switch l.Kind {
	case LitInt:
		if l.Int < 0 {
			p.s("'", strconv.FormatInt(l.Int, 10), "'::integer")
			return
		}
		p.int(l.Int)
	case LitNumeric:
		p.number(l.Text)
	case LitNull:
		p.s("NULL::unknown")
	case LitBit:
		p.s("'", bits(l.Text), `'::"bit"`)
	default:
		p.lit(l)
	}
}

// number writes a number beyond integer: a bigint, or a numeric without an exponent.
func (p *printer) number(text string) {
	if _, err := strconv.ParseInt(text, 10, 32); err == nil { // -2147483648, as the only one
		p.s("'", text, "'::integer")
		return
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		p.s("'", text, "'::bigint")
		return
	}
	plain := plainNumber(text)
	if bareNumber(text) {
		p.s(plain)
		return
	}
	p.s("'", plain, "'::numeric")
}

// isNumeric reports a number that is no integer of whichever size.
func (l *Lit) isNumeric() bool {
	_, err := strconv.ParseInt(l.Text, 10, 64)
	return l.Kind == LitNumeric && err != nil
}

// bareNumber reports a number that is read as numeric without being told.
func bareNumber(text string) bool {
	plain := plainNumber(text)
	return plain[0] != '-' && strings.Contains(plain, ".")
}

// plainNumber is a decimal number with its exponent written out: 1.5e3 is 1500.
func plainNumber(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	shift, err := strconv.Atoi(exponent)
	if err != nil && exponent != "" || shift > 1000 || shift < -1000 {
		return sign + text // whoever reads it says what is wrong
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	for ; shift > 0; shift-- {
		digit := "0"
		if fraction != "" {
			digit, fraction = fraction[:1], fraction[1:]
		}
		whole += digit
	}
	for ; shift < 0; shift++ {
		digit := "0"
		if whole != "" {
			digit, whole = whole[len(whole)-1:], whole[:len(whole)-1]
		}
		fraction = digit + fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if strings.Trim(whole+fraction, "0") == "" {
		sign = "" // nothing is below zero
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// bits are the digits of b'101' or x'1f'.
func bits(text string) string {
	if text[0] != 'x' && text[0] != 'X' {
		return text[1:]
	}
	var b strings.Builder
	for _, c := range text[1:] {
		n, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			return text[1:]
		}
		digits := strconv.FormatUint(n|16, 2)
		b.WriteString(digits[1:])
	}
	return b.String()
}

// ownType reports what says its type itself: a row, an array without elements, bits.
func ownType(c *Cast) bool {
	switch x := c.X.(type) {
	case *Row: // a cast to text is of the row, one to a row type a part of it
		switch c.To.Name.Name {
		case "text", "varchar", "bpchar", "name", "char":
			return false
		}
		return len(c.To.ArrayDims) == 0
	case *Array:
		return len(x.Elems) == 0
	case *Lit:
		return x.Kind == LitBit && c.To.Name.Name == "bit" && len(c.To.Mods) == 0
	}
	return false
}

// isText reports a string, of unknown type or text.
func isText(e Expr) bool {
	if c, ok := e.(*Cast); ok && c.To.Name.Name == "text" {
		return true
	}
	l, ok := e.(*Lit)
	return ok && l.Kind == LitString && (l.As == "" || l.As == "text")
}

// isNull reports NULL, of whatever type.
func isNull(e Expr) bool {
	if c, ok := e.(*Cast); ok {
		e = c.X
	}
	l, ok := e.(*Lit)
	return ok && l.Kind == LitNull
}

// plainLiteral quotes a string as a scanner reads it to which a backslash is nothing special.
func plainLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
