package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// showNumber is to_char of a number of type t.
func showNumber(t types.OID, d types.Datum, template string) (string, error) {
	p, err := parseNumberTemplate(template)
	if err != nil {
		return "", err
	}
	var text string // the number rounded to the places after the point
	switch {
	case p.roman:
		text, err = p.romanOf(t, d)
		return p.aroundRoman(text), err
	case p.exponent:
		return p.exponentOf(t, d)
	}
	switch t {
	case types.Int4OID, types.Int8OID:
		text, err = p.wholeOf(t, d.Int())
	case types.Float4OID, types.Float8OID:
		text = p.floatOf(t, d.Float())
	default:
		text, err = p.numericOf(d)
	}
	if err != nil {
		return "", err
	}
	sign := byte('+')
	if strings.HasPrefix(text, "-") {
		sign, text = '-', text[1:]
	}
	whole, _, _ := strings.Cut(text, ".")
	if len(whole) > p.pre { // too many digits: as many # as the template has places
		text = strings.Repeat("#", p.pre) + "." + strings.Repeat("#", p.post)
	}
	return p.fillIn(text, max(0, p.pre-len(whole)), sign)
}

// wholeOf is the digits of an integer, multiplied for V.
func (p *numTemplate) wholeOf(t types.OID, v int64) (string, error) {
	limit, name := int64(math.MaxInt32), "integer"
	if t == types.Int8OID {
		limit, name = math.MaxInt64, "bigint"
	}
	for range p.multi {
		if v > limit/10 || v < -limit/10 {
			return "", outOfRange(name)
		}
		v *= 10
	}
	p.pre += p.multi
	text := strconv.FormatInt(v, 10)
	if p.post > 0 {
		text += "." + strings.Repeat("0", p.post)
	}
	return text, nil
}

// floatOf is the digits of a float: as many as its type is sure of.
func (p *numTemplate) floatOf(t types.OID, f float64) string {
	digits := 15
	if t == types.Float4OID {
		digits = 6
	}
	f *= math.Pow10(p.multi)
	if t == types.Float4OID {
		f = float64(float32(f))
	}
	p.pre += p.multi
	whole := len(fixed(math.Abs(f), 0))
	switch {
	case whole >= digits:
		p.post = 0
	case whole+p.post > digits:
		p.post = digits - whole
	}
	return fixed(f, p.post)
}

// fixed is a float with so many places after the point; what is no number stands
// there by its name, whose letters fill places as digits do.
func fixed(f float64, places int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'f', places, 64)
}

func (p *numTemplate) numericOf(d types.Datum) (string, error) {
	var err error
	for range p.multi {
		if d, err = types.NumericMul(d, types.NumericFromInt(10)); err != nil {
			return "", err
		}
	}
	p.pre += p.multi
	if d, err = types.NumericRound(d, p.post); err != nil {
		return "", err
	}
	return string(types.AppendText(nil, types.Of(types.NumericOID), d, types.DefaultFormat)), nil
}

// numWriter is a template being filled with the digits of a number.
type numWriter struct {
	*numTemplate
	number    string
	at        int // the next digit of number
	sign      byte
	signed    bool // the sign is written, or need not be
	spaces    int  // places before the first digit
	place     int
	last      int // the last digit or point that FM keeps; −1 for all
	zeroPlace int // the first place that shows zeros
	count     int // places in all
	inside    bool
	ended     bool // digits ran out, which ends the text
	b         strings.Builder
}

// fillIn writes number (digits and a point, no sign), which has spaces fewer places
// than the template has before the point.
func (p *numTemplate) fillIn(number string, spaces int, sign byte) (string, error) {
	w := &numWriter{numTemplate: p, number: number, sign: sign, spaces: spaces, last: -1, zeroPlace: max(0, p.zeroStart-1), count: p.post + p.pre - 1}
	switch {
	case p.plus || p.minus: // PL alone leaves the minus to the number
		w.signed = !(p.plus && !p.minus)
	default:
		if sign != '-' && p.fill {
			p.brackets = false
		}
		w.signed = sign == '+' && p.fill && !p.lsign
		if p.sign == signBefore && p.pre == p.signPlace {
			p.sign = signAfter
		}
	}
	if p.fill && p.point {
		w.last = lastRelevant(number)
		if w.last >= 0 && p.zeroEnd > spaces { // zeros that the template asks for stay
			w.last = max(w.last, min(len(number)-1, p.zeroEnd-spaces))
		}
	}
	if !w.signed && spaces == 0 {
		w.count++
	}
	for _, n := range p.nodes {
		if w.ended {
			break
		}
		if err := w.node(n); err != nil {
			return "", err
		}
	}
	return w.b.String(), nil
}

// lastRelevant is where the last digit after the point stands that is not zero, or
// the point; −1 without a point.
func lastRelevant(number string) int {
	point := strings.IndexByte(number, '.')
	if point < 0 {
		return -1
	}
	return max(point, strings.LastIndexAny(number, "123456789#"))
}

func (w *numWriter) node(n numNode) error {
	pad := func(inside string) {
		switch {
		case w.inside:
			w.b.WriteString(inside)
		case !w.fill:
			w.b.WriteString(strings.Repeat(" ", len(inside)))
		}
	}
	switch n.word {
	case "":
		w.b.WriteString(n.char)
	case "9", "0", ".", "D":
		w.digitPlace(n.word)
	case ",", "G":
		pad(",")
	case "L":
		w.b.WriteByte(' ')
	case "TH", "th":
		if !strings.HasPrefix(w.number, "#") && w.sign != '-' && !w.point {
			if last := w.number[len(w.number)-1]; last < '0' || last > '9' {
				return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "\"%s\" is not a number", w.number)
			}
			w.b.WriteString(ordinal(w.number, n.word == "TH"))
		}
	case "MI":
		w.signMark(w.sign == '-')
	case "PL":
		w.signMark(w.sign == '+')
	case "SG":
		w.b.WriteByte(w.sign)
	}
	return nil
}

// signMark writes the sign, or a blank in its place.
func (w *numWriter) signMark(write bool) {
	switch {
	case write:
		w.b.WriteByte(w.sign)
	case !w.fill:
		w.b.WriteByte(' ')
	}
}

// hiddenZero: the 0 before the point is not shown where the template has no 0.
func (w *numWriter) hiddenZero() bool {
	return !w.zero && w.at == 0 && strings.HasPrefix(w.number, "0") && w.post != 0
}

func (w *numWriter) pointIsLast() bool { return w.last >= 0 && w.number[w.last] == '.' }

// digitPlace writes one place of the number, and around it what belongs there.
func (w *numWriter) digitPlace(word string) {
	w.inside = false
	if !w.signed && (w.place >= w.spaces || w.zero && w.zeroPlace == w.place) && (!w.hiddenZero() || w.pointIsLast()) {
		w.leadingSign()
	}
	switch {
	case w.place < w.spaces && (w.zeroPlace > w.place || !w.zero):
		if !w.fill {
			w.b.WriteByte(' ')
		}
	case w.place < w.spaces:
		w.b.WriteByte('0')
		w.inside = true
	default:
		w.nextDigit(word)
	}
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.point {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.place
	}
	if w.place+1 == end {
		w.trailingSign()
	}
	w.place++
}

func (w *numWriter) leadingSign() {
	switch {
	case w.lsign:
		if w.numTemplate.sign == signBefore {
			w.b.WriteByte(w.sign)
			w.signed = true
		}
	case w.brackets:
		w.b.WriteByte(map[bool]byte{true: ' ', false: '<'}[w.sign == '+'])
		w.signed = true
	case w.sign == '+':
		if !w.fill {
			w.b.WriteByte(' ')
		}
		w.signed = true
	default:
		w.b.WriteByte('-')
		w.signed = true
	}
}

func (w *numWriter) trailingSign() {
	switch {
	case w.signed && w.brackets:
		w.b.WriteByte(map[bool]byte{true: ' ', false: '>'}[w.sign == '+'])
	case w.lsign && w.numTemplate.sign == signAfter:
		w.b.WriteByte(w.sign)
	}
}

// nextDigit writes the next character of the number, if it is to be seen.
func (w *numWriter) nextDigit(word string) {
	if w.at >= len(w.number) {
		w.ended = !(w.last >= 0 && word != "0") // nothing is left to write
		return
	}
	switch c := w.number[w.at]; {
	case c == '.':
		if !w.pointIsLast() || w.fill {
			w.b.WriteByte('.')
		}
	case w.last >= 0 && w.at > w.last && word != "0":
	case w.hiddenZero():
		if !w.fill {
			w.b.WriteByte(' ')
		} else if w.pointIsLast() {
			w.b.WriteByte('0')
		}
	default:
		w.b.WriteByte(c)
		w.inside = true
	}
	w.at++
}

// romanOf is 1 to 3999 in Roman numerals.
func (p *numTemplate) romanOf(t types.OID, d types.Datum) (string, error) {
	v := int64(0)
	switch t {
	case types.Int4OID, types.Int8OID:
		v = d.Int()
	case types.Float4OID, types.Float8OID:
		if f := math.RoundToEven(d.Float()); math.Abs(f) < 1<<31 {
			v = int64(f)
		}
	default:
		switch {
		case types.NumericIsNaN(d):
			return "", pgerr.New(pgerrcode.FeatureNotSupported, "cannot convert NaN to integer")
		case types.NumericIsInf(d) != 0:
			return "", pgerr.New(pgerrcode.FeatureNotSupported, "cannot convert infinity to integer")
		}
		r, err := types.NumericRound(d, 0)
		if err != nil {
			return "", err
		}
		var ok bool
		if v, ok = types.NumericToInt64(r); !ok {
			return "", outOfRange("integer")
		}
	}
	if v > math.MaxInt32 || v < math.MinInt32 {
		return "", outOfRange("integer")
	}
	if v < 1 || v > 3999 {
		return strings.Repeat("#", 15), nil
	}
	var b strings.Builder
	for _, u := range []struct {
		n int64
		s string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"},
		{5, "V"}, {4, "IV"}, {1, "I"}} {
		for v >= u.n {
			b.WriteString(u.s)
			v -= u.n
		}
	}
	return b.String(), nil
}

// aroundRoman fills a template with a Roman numeral wherever it has RN. Its digits and signs
// are left out; what only separates, or stands for a sign that is not there, is a blank.
func (p *numTemplate) aroundRoman(numeral string) string {
	var b strings.Builder
	for _, n := range p.nodes {
		switch n.word {
		case "":
			b.WriteString(n.char)
		case "RN", "rn":
			s := numeral
			if n.word == "rn" {
				s = strings.ToLower(s)
			}
			if !p.fill {
				b.WriteString(strings.Repeat(" ", 15-len(s)))
			}
			b.WriteString(s)
		case ",", "G", "MI", "PL":
			if !p.fill {
				b.WriteByte(' ')
			}
		case "L":
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// exponentOf prints d.ddde+xx.
func (p *numTemplate) exponentOf(t types.OID, d types.Datum) (string, error) {
	text := ""
	switch t {
	case types.Int4OID:
		text = strconv.FormatFloat(float64(d.Int()), 'e', p.post, 64)
	case types.Float4OID, types.Float8OID:
		f := d.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return p.exponentSpecial(), nil
		}
		text = strconv.FormatFloat(f, 'e', p.post, 64)
	default:
		if t == types.Int8OID {
			d = types.NumericFromInt(d.Int())
		}
		if types.NumericIsNaN(d) || types.NumericIsInf(d) != 0 {
			return p.exponentSpecial(), nil
		}
		var err error
		if text, err = numericExponent(d, p.post); err != nil {
			return "", err
		}
	}
	if strings.HasPrefix(text, "-") {
		return text, nil
	}
	return " " + text, nil
}

func (p *numTemplate) exponentSpecial() string {
	return " " + strings.Repeat("#", p.pre) + "." + strings.Repeat("#", p.post+4)
}

// numericExponent prints a numeric with one digit before the point.
func numericExponent(d types.Datum, post int) (string, error) {
	text := string(types.AppendText(nil, types.Of(types.NumericOID), types.NumericAbs(d), types.DefaultFormat))
	whole, frac, _ := strings.Cut(text, ".")
	digits := whole + frac
	exp := len(whole) - 1
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
		exp--
	}
	if strings.Trim(digits, "0") == "" {
		exp = 0
	}
	m, err := types.ParseText(types.Of(types.NumericOID), digits[:1]+"."+digits[1:]+"0", types.DefaultFormat)
	if err != nil {
		return "", err
	}
	if m, err = types.NumericRound(m, post); err != nil {
		return "", err
	}
	s := string(types.AppendText(nil, types.Of(types.NumericOID), m, types.DefaultFormat)) // 9.96 becomes 10.0e+00
	if types.NumericSign(d) < 0 {
		s = "-" + s
	}
	e := "+"
	if exp < 0 {
		e, exp = "-", -exp
	}
	return s + "e" + e + strings.Repeat("0", max(0, 2-len(strconv.Itoa(exp)))) + strconv.Itoa(exp), nil
}
