package types

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func badArray(s, format string, args ...any) error {
	return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "malformed array literal: \"%s\"", s).WithDetail(format, args...)
}

// arrayParser reads one array literal.
type arrayParser struct {
	s      string
	i      int
	from   int // of the opening brace: what errors of structure quote
	elem   T
	domain OID // of the elements, 0 for none
	f      *Format
	delim  byte
	out    ArrayBuilder
	lens   [MaxArrayDims]int // −1 until the first sub-array of that depth ends
	ndim   int
	err    error // of the first bad element, which errors of structure precede
}

// parseArray reads '{1,2}', '[0:1]={1,2}' and nested forms (array_in).
func parseArray(elem T, domain OID, s string, f *Format) (Datum, error) {
	p := arrayParser{s: s, elem: elem, domain: domain, f: f, delim: ','}
	if info := byOID(elem.OID); info != nil {
		p.delim = info.Delim
	}
	p.out.Reset(elem.OID)
	for i := range p.lens {
		p.lens[i] = -1
	}
	p.i = skipSpace(s, 0)
	bounds, err := p.bounds()
	if err != nil {
		return Datum{}, err
	}
	if p.i == len(s) || s[p.i] != '{' {
		if bounds != nil {
			return Datum{}, badArray(s, "Array contents must start with \"{\".")
		}
		return Datum{}, badArray(s, "Array value must start with \"{\" or dimension information.")
	}
	p.from = p.i
	if err := p.level(0); err != nil {
		return Datum{}, err
	}
	if p.i = skipSpace(s, p.i); p.i < len(s) {
		return Datum{}, badArray(s[p.from:], "Junk after closing right brace.")
	}
	dims := make([]ArrayDim, p.ndim)
	for i := range dims {
		dims[i] = ArrayDim{p.lens[i], 1}
	}
	if p.out.n == 0 {
		if bounds != nil {
			return Datum{}, badArray(s, "Specified array dimensions do not match array contents.")
		}
		return EmptyArray(elem.OID), nil
	}
	if bounds != nil {
		if len(bounds) != len(dims) {
			return Datum{}, badArray(s, "Specified array dimensions do not match array contents.")
		}
		for i := range dims {
			if bounds[i].Len != dims[i].Len {
				return Datum{}, badArray(s, "Specified array dimensions do not match array contents.")
			}
		}
		dims = bounds
	}
	if p.err != nil {
		return Datum{}, p.err
	}
	return p.out.Shaped(dims)
}

// bounds reads [l:u][l:u]= if it is there.
func (p *arrayParser) bounds() ([]ArrayDim, error) {
	var dims []ArrayDim
	for p.i < len(p.s) && p.s[p.i] == '[' {
		if len(dims) == MaxArrayDims {
			return nil, tooManyArrayDims(len(dims) + 1)
		}
		p.i++
		low, err := p.bound()
		if err != nil {
			return nil, err
		}
		high := low
		if p.i < len(p.s) && p.s[p.i] == ':' {
			p.i++
			if p.i == len(p.s) || !isDigit(p.s[p.i]) && p.s[p.i] != '-' && p.s[p.i] != '+' {
				return nil, badArray(p.s, "Missing array dimension value.")
			}
			if high, err = p.bound(); err != nil {
				return nil, err
			}
		} else {
			low = 1
		}
		if p.i == len(p.s) || p.s[p.i] != ']' {
			return nil, badArray(p.s, "Missing \"]\" after array dimensions.")
		}
		p.i = skipSpace(p.s, p.i+1)
		if high < low {
			return nil, pgerr.New(pgerrcode.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		dims = append(dims, ArrayDim{high - low + 1, low})
	}
	if dims == nil {
		return nil, nil
	}
	if p.i == len(p.s) || p.s[p.i] != '=' {
		return nil, badArray(p.s, "Missing \"=\" after array dimensions.")
	}
	p.i = skipSpace(p.s, p.i+1)
	return dims, nil
}

func (p *arrayParser) bound() (int, error) {
	start := p.i
	for p.i < len(p.s) && (isDigit(p.s[p.i]) || p.s[p.i] == '-' || p.s[p.i] == '+') {
		p.i++
	}
	if start == p.i {
		return 0, badArray(p.s, "\"[\" must introduce explicitly-specified array dimensions.")
	}
	digits := start // as atoi: one sign, then digits; what follows does not count
	if p.s[digits] == '-' || p.s[digits] == '+' {
		digits++
	}
	end := spanDigits(p.s, digits)
	if digits == end {
		return 0, nil
	}
	v, err := strconv.ParseInt(p.s[start:end], 10, 32)
	if err != nil {
		return 0, pgerr.New(pgerrcode.ProgramLimitExceeded, "array bound is out of integer range")
	}
	return int(v), nil
}

// level reads one brace level, p.i at its '{'.
func (p *arrayParser) level(depth int) error {
	if depth == MaxArrayDims {
		return tooManyArrayDims(depth + 1)
	}
	p.i++
	n := 0
	sub := false
	for {
		if err := p.f.goOn(n); err != nil {
			return err
		}
		p.i = skipSpace(p.s, p.i)
		if p.i == len(p.s) {
			return badArray(p.s[p.from:], "Unexpected end of input.")
		}
		switch c := p.s[p.i]; {
		case c == '}' && n == 0 && depth == 0:
			p.i++
			return p.closeLevel(depth, 0)
		case c == '}' || c == p.delim:
			return badArray(p.s[p.from:], "Unexpected \"%c\" character.", c)
		case c == '{':
			if n > 0 && !sub {
				return badArray(p.s[p.from:], "Unexpected \"{\" character.")
			}
			if p.ndim > 0 && depth+1 >= p.ndim { // elements were seen at this depth
				return badArray(p.s[p.from:], "Multidimensional arrays must have sub-arrays with matching dimensions.")
			}
			sub = true
			if err := p.level(depth + 1); err != nil {
				return err
			}
		default:
			if sub {
				return p.unexpected()
			}
			if err := p.element(depth); err != nil {
				return err
			}
		}
		n++
		p.i = skipSpace(p.s, p.i)
		if p.i == len(p.s) {
			return badArray(p.s[p.from:], "Unexpected end of input.")
		}
		switch p.s[p.i] {
		case p.delim:
			p.i++
		case '}':
			p.i++
			return p.closeLevel(depth, n)
		case '{':
			return badArray(p.s[p.from:], "Unexpected \"{\" character.")
		default:
			return p.unexpected()
		}
	}
}

// unexpected is the error of an element where none can be: a backslash is told apart.
func (p *arrayParser) unexpected() error {
	if p.s[p.i] == '\\' {
		return badArray(p.s[p.from:], "Unexpected \"\\\" character.")
	}
	return badArray(p.s[p.from:], "Unexpected array element.")
}

// closeLevel checks that all sub-arrays of a depth have the same length.
func (p *arrayParser) closeLevel(depth, n int) error {
	if p.ndim == 0 {
		p.ndim = depth + 1
	}
	if p.lens[depth] < 0 {
		p.lens[depth] = n
	} else if p.lens[depth] != n {
		return badArray(p.s[p.from:], "Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	return nil
}

// element reads one value, quoted or bare.
func (p *arrayParser) element(depth int) error {
	if p.ndim == 0 {
		p.ndim = depth + 1
	} else if depth+1 != p.ndim {
		return badArray(p.s[p.from:], "Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	text, quoted, err := p.token()
	if err != nil {
		return err
	}
	if !quoted && len(text) == 4 && LowerASCII(text) == "null" && (p.f == nil || !p.f.NullsAsText) {
		p.out.Append(Null)
		if p.err == nil {
			p.err = CheckDomain(p.domain, Null, p.f)
		}
		return nil
	}
	d := Null // stands in for a bad element until the structure is known to be right
	if p.err == nil {
		if d, err = ParseText(p.elem, text, p.f); err != nil {
			p.err, d = err, Null
		} else {
			p.err = CheckDomain(p.domain, d, p.f)
		}
	}
	p.out.Append(d)
	return nil
}

func (p *arrayParser) token() (text string, quoted bool, err error) {
	s := p.s
	if s[p.i] == '"' {
		p.i++
		text, err = p.quoted()
		if err != nil {
			return "", false, err
		}
		i := skipSpace(s, p.i)
		if i < len(s) && s[i] == '{' {
			return "", false, badArray(p.s[p.from:], "Unexpected \"{\" character.")
		}
		if i < len(s) && s[i] != p.delim && s[i] != '}' {
			p.i = i
			return "", false, p.unexpected()
		}
		return text, true, nil
	}
	for i, end := p.i, p.i; i < len(s); i++ { // the usual case has no escapes
		c := s[i]
		if c == p.delim || c == '}' {
			text = s[p.i:end]
			p.i = i
			return text, false, nil
		}
		if c == '\\' || c == '{' || c == '"' {
			break
		}
		if !isSpace(c) {
			end = i + 1
		}
	}
	var buf []byte
	end := 0 // length of buf up to the last byte that is not a plain blank
	for p.i < len(s) {
		switch c := s[p.i]; c {
		case '\\':
			if p.i+1 == len(s) {
				return "", false, badArray(p.s[p.from:], "Unexpected end of input.")
			}
			buf = append(buf, s[p.i+1])
			p.i += 2
			end = len(buf)
			quoted = true
		case '{':
			return "", false, badArray(p.s[p.from:], "Unexpected \"%c\" character.", c)
		case '"':
			return "", false, badArray(p.s[p.from:], "Unexpected array element.")
		case '}', p.delim:
			return string(buf[:end]), quoted, nil
		default:
			buf = append(buf, c)
			if !isSpace(c) {
				end = len(buf)
			}
			p.i++
		}
	}
	return "", false, badArray(p.s[p.from:], "Unexpected end of input.")
}

// quoted reads up to the closing quote, p.i after the opening one.
func (p *arrayParser) quoted() (string, error) {
	var buf []byte
	for p.i < len(p.s) {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			return string(buf), nil
		case '\\':
			p.i++
			if p.i == len(p.s) {
				return "", badArray(p.s[p.from:], "Unexpected end of input.")
			}
			c = p.s[p.i]
			fallthrough
		default:
			buf = append(buf, c)
			p.i++
		}
	}
	return "", badArray(p.s[p.from:], "Unexpected end of input.")
}

// appendArray prints an array as array_out does.
func appendArray(dst []byte, elem T, d Datum, f *Format) []byte {
	var buf [MaxArrayDims]ArrayDim
	dims := ArrayDims(buf[:0], d)
	if len(dims) == 0 || dims[0].Len == 0 {
		return append(dst, "{}"...)
	}
	for _, dim := range dims {
		if dim.Lower != 1 {
			dst = appendBounds(dst, dims)
			dst = append(dst, '=')
			break
		}
	}
	delim := byte(',')
	if info := byOID(elem.OID); info != nil {
		delim = info.Delim
	}
	it := NewArrayIter(d)
	return appendArrayLevel(dst, elem, dims, &it, delim, f)
}

// appendBounds prints [l:u] for every dimension, as array_dims does.
func appendBounds(dst []byte, dims []ArrayDim) []byte {
	for _, d := range dims {
		dst = appendInt(append(dst, '['), int64(d.Lower))
		dst = appendInt(append(dst, ':'), int64(d.Lower+d.Len-1))
		dst = append(dst, ']')
	}
	return dst
}

// AppendArrayDims prints array_dims: [1:2][1:3].
func AppendArrayDims(dst []byte, d Datum) []byte {
	var buf [MaxArrayDims]ArrayDim
	return appendBounds(dst, ArrayDims(buf[:0], d))
}

func appendArrayLevel(dst []byte, elem T, dims []ArrayDim, it *ArrayIter, delim byte, f *Format) []byte {
	dst = append(dst, '{')
	for i := 0; i < dims[0].Len; i++ {
		f.mustGoOn(i)
		if i > 0 {
			dst = append(dst, delim)
		}
		if len(dims) > 1 {
			dst = appendArrayLevel(dst, elem, dims[1:], it, delim, f)
			continue
		}
		v, ok := it.Next()
		if !ok {
			break
		}
		if v.null {
			dst = append(dst, "NULL"...)
			continue
		}
		start := len(dst)
		dst = AppendText(dst, elem, v, f)
		dst = quoteElem(dst, start, delim)
	}
	return append(dst, '}')
}

// quoteElem puts quotes around dst[start:] where array_in would need them.
func quoteElem(dst []byte, start int, delim byte) []byte {
	text := dst[start:]
	need := len(text) == 0 || len(text) == 4 && LowerASCII(string(text)) == "null"
	escapes := 0
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			escapes++
			need = true
		case c == '{' || c == '}' || c == delim || isSpace(c):
			need = true
		}
	}
	if !need {
		return dst
	}
	n := len(text)
	room(len(dst), escapes+2)
	for i := 0; i < escapes+2; i++ {
		dst = append(dst, 0)
	}
	// move from the end so that nothing is overwritten before it is read
	w := len(dst) - 1
	dst[w] = '"'
	for r := start + n - 1; r >= start; r-- {
		w--
		dst[w] = dst[r]
		if c := dst[r]; c == '"' || c == '\\' {
			w--
			dst[w] = '\\'
		}
	}
	dst[start] = '"'
	return dst
}
