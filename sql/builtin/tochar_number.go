package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// numberToChar registers to_char of numbers and to_number.
func numberToChar(r *registrar) {
	text := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[1].Bytes()) == 0 {
			return types.String(""), nil
		}
		p, err := parseNumberTemplate(a[1].Text())
		if err != nil {
			return types.Datum{}, err
		}
		t := c.argT(0).OID
		f := 0.0
		d := a[0]
		switch t {
		case types.Float4OID, types.Float8OID:
			f = d.Float()
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return types.String(p.special(math.IsInf(f, -1), !math.IsNaN(f))), nil
			}
			if d, err = exactFloat(f, p.post+p.multi, t == types.Float4OID); err != nil {
				return d, err
			}
		case types.NumericOID:
			if types.NumericIsNaN(d) || types.NumericIsInf(d) != 0 {
				return types.String(p.special(types.NumericIsInf(d) < 0, !types.NumericIsNaN(d))), nil
			}
		default:
			d = types.NumericFromInt(d.Int())
		}
		s, err := p.print(d)
		return types.String(s), err
	}
	r.evals(text, "numeric_to_char", "int4_to_char", "int8_to_char", "float4_to_char", "float8_to_char")
	r.eval("numeric_to_number", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[1].Bytes()) == 0 {
			return null()
		}
		return toNumber(a[0].Text(), a[1].Text())
	})
}

// exactFloat is the float with as many digits as its type holds.
func exactFloat(f float64, post int, single bool) (types.Datum, error) {
	digits := 15
	if single {
		digits = 6
	}
	whole := len(strconv.FormatFloat(math.Abs(math.Trunc(f)), 'f', 0, 64))
	decimals := max(0, min(post, digits-whole))
	return types.ParseText(types.Of(types.NumericOID), strconv.FormatFloat(f, 'f', decimals, 64), types.DefaultFormat)
}

// numNode is an element of a number template.
type numNode struct {
	kind byte // 9 0 . , S P M G($ign) L V < T(th) E, or " for literal text
	text string
}

// numTemplate is a parsed number template (table 9.29).
type numTemplate struct {
	nodes                                 []numNode
	pre, post, multi                      int
	zeroAt                                int // position (from 0) of the first 0 before the point, −1 none
	lastZero                              int // of the last 0 after the point, counted from 1; 0 none
	fm, roman, romanLow                   bool
	sign, signLast, plus, minus, brackets bool
	exponent, point, isSG                 bool
}

func templateError(msg string) *pgerr.Error { return pgerr.New(pgerrcode.SyntaxError, msg) }

func parseNumberTemplate(s string) (*numTemplate, error) {
	p := &numTemplate{zeroAt: -1}
	for i := 0; i < len(s); {
		rest := s[i:]
		upper := strings.ToUpper(rest[:min(4, len(rest))])
		switch {
		case rest[0] == '"':
			i++
			from := i
			for i < len(s) && s[i] != '"' {
				i++
			}
			p.nodes = append(p.nodes, numNode{'"', s[from:i]})
			i++
			continue
		case upper == "EEEE":
			if p.exponent || p.fm || p.multi > 0 || p.roman || p.sign || p.plus || p.minus || p.brackets {
				return nil, templateError("\"EEEE\" is incompatible with other formats").
					WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
			}
			p.exponent = true
			i += 4
			continue
		}
		n, err := p.element(s, i, upper)
		if err != nil {
			return nil, err
		}
		i += n
	}
	return p, nil
}

// element reads one keyword or literal character at s[i:] and returns its length.
func (p *numTemplate) element(s string, i int, upper string) (int, error) {
	add := func(kind byte, text string, n int) (int, error) {
		p.nodes = append(p.nodes, numNode{kind, text})
		return n, nil
	}
	switch {
	case strings.HasPrefix(upper, "FM"):
		p.fm = true
		return 2, nil
	case strings.HasPrefix(upper, "MI"):
		p.minus = true
		return add('M', "", 2)
	case strings.HasPrefix(upper, "PL"):
		p.plus = true
		return add('P', "", 2)
	case strings.HasPrefix(upper, "PR"):
		if p.sign || p.plus || p.minus {
			return 0, templateError("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		p.brackets = true
		return 2, nil
	case strings.HasPrefix(upper, "RN"):
		p.roman, p.romanLow = true, s[i] == 'r'
		return 2, nil
	case strings.HasPrefix(upper, "SG"):
		p.isSG = true
		return add('G', "", 2)
	case strings.HasPrefix(upper, "TH"):
		return add('T', s[i:i+2], 2)
	}
	return p.single(s[i], add)
}

func (p *numTemplate) single(c byte, add func(byte, string, int) (int, error)) (int, error) {
	switch c {
	case '9', '0':
		switch {
		case p.point:
			p.post++
			if c == '0' {
				p.lastZero = p.post
			}
		case p.hasMulti():
			p.multi++
		default:
			if c == '0' && p.zeroAt < 0 {
				p.zeroAt = p.pre
			}
			p.pre++
		}
		return add('9', "", 1)
	case '.', 'D', 'd':
		if p.point {
			return 0, templateError("multiple decimal points")
		}
		if p.hasMulti() {
			return 0, templateError("cannot use \"V\" and decimal point together")
		}
		p.point = true
		return add('.', "", 1)
	case ',', 'G', 'g':
		return add(',', "", 1)
	case 'S', 's':
		if p.sign {
			return 0, templateError("cannot use \"S\" twice")
		}
		if p.plus || p.minus || p.brackets {
			return 0, templateError("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		}
		p.sign, p.signLast = true, p.pre+p.post+p.multi > 0
		return add('S', "", 1)
	case 'L', 'l':
		return add('L', "", 1)
	case 'V', 'v':
		if p.point {
			return 0, templateError("cannot use \"V\" and decimal point together")
		}
		return add('V', "", 1)
	case 'B', 'b':
		return 1, nil // accepted; PostgreSQL prints the zero all the same
	}
	return add('"', string(c), 1)
}

func (p *numTemplate) hasMulti() bool {
	for _, n := range p.nodes {
		if n.kind == 'V' {
			return true
		}
	}
	return false
}

// special prints NaN and infinities, as wide as the template's digits.
func (p *numTemplate) special(neg, inf bool) string {
	s := "NaN"
	if inf {
		s = "Infinity"
	}
	if p.exponent {
		return strings.Repeat("#", p.pre+p.post+6)
	}
	if len(s) > p.pre {
		s = strings.Repeat("#", p.pre)
		if p.post > 0 {
			s += "." + strings.Repeat("#", p.post)
		}
	}
	if neg {
		return "-" + s
	}
	return " " + s
}

// print lays the digits of d out.
func (p *numTemplate) print(d types.Datum) (string, error) {
	if p.roman {
		return p.romanText(d), nil
	}
	if p.exponent {
		return p.exponentText(d)
	}
	var err error
	for range p.multi {
		if d, err = types.NumericMul(d, types.NumericFromInt(10)); err != nil {
			return "", err
		}
	}
	if d, err = types.NumericRound(d, p.post); err != nil {
		return "", err
	}
	neg := types.NumericSign(d) < 0
	text := string(types.AppendText(nil, types.Of(types.NumericOID), types.NumericAbs(d), types.DefaultFormat))
	whole, frac, _ := strings.Cut(text, ".")
	if len(frac) > p.post {
		frac = frac[:p.post]
	}
	pre := p.pre + p.multi
	if whole == "0" && pre > 0 {
		whole = ""
		if p.post == 0 || !p.point {
			whole = "0"
		}
	}
	if len(whole) > pre {
		if whole != "0" || pre > 0 {
			whole, frac = strings.Repeat("#", pre), strings.Repeat("#", p.post)
			return p.layout(neg, whole, frac, "", true), nil
		}
		whole = ""
	}
	digits := text
	return p.layout(neg, whole, frac, digits, false), nil
}

// layout walks the template. Leading places without a digit are blanks, zeros
// after the template's first 0, or nothing with FM; the sign goes before the
// first digit unless the template places it. full means ### instead of digits.
func (p *numTemplate) layout(neg bool, whole, frac, digits string, full bool) string {
	l := numLayout{p: p, neg: neg, whole: whole, frac: frac, pre: p.pre + p.multi}
	l.lead = l.pre - len(whole)
	l.shownFrac = len(frac)
	if p.fm && !full {
		for l.shownFrac > p.lastZero && frac[l.shownFrac-1] == '0' {
			l.shownFrac--
		}
	}
	zeroFrom := l.pre
	if p.zeroAt >= 0 {
		zeroFrom = p.zeroAt
	}
	l.firstShown = min(l.lead, zeroFrom)
	for _, n := range p.nodes {
		switch n.kind {
		case '9':
			l.digit()
		case ',':
			l.comma()
		case 'T':
			if !neg && p.post == 0 && !full {
				l.b.WriteString(ordinal(digits, n.text[0] == 'T'))
			}
		case '"':
			l.b.WriteString(n.text)
		default:
			l.mark(n.kind)
		}
	}
	if p.brackets {
		l.either(">", "")
	}
	return l.b.String()
}

// numLayout is a template being filled.
type numLayout struct {
	p                     *numTemplate
	b                     strings.Builder
	neg, signed           bool
	whole, frac           string
	pre, lead, firstShown int // digit places, those before the first digit, those left blank
	shownFrac             int
	place, fracPlace      int
}

// either writes the text for a negative or another number; an empty one is a
// blank, unless FM.
func (l *numLayout) either(neg, other string) {
	s := other
	if l.neg {
		s = neg
	}
	if s == "" && !l.p.fm {
		s = " "
	}
	l.b.WriteString(s)
}

// sign writes the sign's default place once.
func (l *numLayout) sign() {
	if l.signed {
		return
	}
	l.signed = true
	switch p := l.p; {
	case p.brackets:
		l.either("<", "")
	case p.sign && !p.signLast:
		l.either("-", "+")
	case p.sign || p.minus || p.isSG:
	default:
		l.either("-", "")
	}
}

func (l *numLayout) digit() {
	if l.place >= l.pre {
		if l.fracPlace < l.shownFrac {
			l.sign()
			l.b.WriteByte(l.frac[l.fracPlace])
		}
		l.fracPlace++
		return
	}
	switch {
	case l.place < l.firstShown:
		if !l.p.fm {
			l.b.WriteByte(' ')
		}
	case l.place < l.lead:
		l.sign()
		l.b.WriteByte('0')
	default:
		l.sign()
		l.b.WriteByte(l.whole[l.place-l.lead])
	}
	l.place++
}

func (l *numLayout) comma() {
	switch {
	case l.place > l.firstShown || l.place >= l.lead && l.place > 0 && l.firstShown == 0:
		l.b.WriteByte(',')
	case !l.p.fm:
		l.b.WriteByte(' ')
	}
}

// mark writes a point, currency sign or explicit sign.
func (l *numLayout) mark(kind byte) {
	switch kind {
	case '.':
		l.sign()
		if l.p.post > 0 {
			l.b.WriteByte('.')
		}
	case 'L':
		l.b.WriteByte(' ')
	case 'S':
		if l.p.signLast {
			l.sign()
			l.either("-", "+")
		}
	case 'P':
		l.either("", "+")
	case 'M':
		l.sign()
		l.either("-", "")
	case 'G':
		l.sign()
		l.either("-", "+")
	}
}

// romanText prints 1 to 3999, padded to 15.
func (p *numTemplate) romanText(d types.Datum) string {
	v := int64(0)
	if r, err := types.NumericRound(d, 0); err == nil {
		v, _ = types.NumericToInt64(r)
	}
	if v < 1 || v > 3999 {
		return strings.Repeat("#", 15)
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
	s := b.String()
	if p.romanLow {
		s = strings.ToLower(s)
	}
	if p.fm {
		return s
	}
	return strings.Repeat(" ", 15-len(s)) + s
}

// exponentText prints d.ddde+xx.
func (p *numTemplate) exponentText(d types.Datum) (string, error) {
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
	if m, err = types.NumericRound(m, p.post); err != nil {
		return "", err
	}
	s := string(types.AppendText(nil, types.Of(types.NumericOID), m, types.DefaultFormat))
	if strings.HasPrefix(s, "10") {
		exp++
		s = strings.Replace(s, "10", "1", 1)
	}
	sign := " "
	if types.NumericSign(d) < 0 {
		sign = "-"
	}
	e := "+"
	if exp < 0 {
		e, exp = "-", -exp
	}
	return sign + s + "e" + e + strings.Repeat("0", max(0, 2-len(strconv.Itoa(exp)))) + strconv.Itoa(exp), nil
}

// toNumber is to_number: the template says which characters to take.
func toNumber(s, tpl string) (types.Datum, error) {
	p, err := parseNumberTemplate(tpl)
	switch {
	case err != nil:
		return types.Datum{}, err
	case p.roman:
		return types.Datum{}, pgerr.NotSupported(-1, "\"RN\" not supported for input")
	case p.exponent:
		return types.Datum{}, pgerr.NotSupported(-1, "\"EEEE\" not supported for input")
	}
	r := numReader{s: s}
	r.sign()
	for _, n := range p.nodes {
		r.take(n)
	}
	text := r.out.String()
	if r.neg || r.peek() == '-' {
		text = "-" + text
	}
	d, err := types.ParseText(types.Of(types.NumericOID), text, types.DefaultFormat)
	if err != nil || p.multi == 0 {
		return d, err
	}
	ten, err := types.NumericPower(types.NumericFromInt(10), types.NumericFromInt(int64(-p.multi)))
	if err != nil {
		return ten, err
	}
	return types.NumericMul(d, ten)
}

// numReader reads a number by a template.
type numReader struct {
	s   string
	i   int
	neg bool
	out strings.Builder
}

func (r *numReader) peek() byte {
	if r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

func (r *numReader) sign() {
	for r.peek() == ' ' {
		r.i++
	}
	switch r.peek() {
	case '-', '<':
		r.neg = true
		r.i++
	case '+':
		r.i++
	}
}

func (r *numReader) take(n numNode) {
	switch n.kind {
	case '9':
		if r.peek() == ' ' {
			r.i++
		}
		if c := r.peek(); c >= '0' && c <= '9' {
			r.out.WriteByte(c)
			r.i++
		}
	case '.':
		if r.peek() == '.' {
			r.out.WriteByte('.')
			r.i++
		}
	case ',', 'L':
		if c := r.peek(); c != 0 && (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			r.i++
		}
	case 'S', 'M', 'P', 'G':
		r.sign()
	case '"':
		r.i = min(len(r.s), r.i+len(n.text))
	}
}
