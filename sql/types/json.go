package types

import (
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// maxJSONDepth is the nesting at which a PostgreSQL server with its default
// max_stack_depth gives up, in round numbers.
const maxJSONDepth = 6000

// jsonKind orders as jsonb compares: null < string < number < boolean < array < object.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonString
	jsonNumber
	jsonFalse
	jsonTrue
	jsonArray
	jsonObject
)

// jsonParser is PostgreSQL's recursive-descent parser with its messages.
type jsonParser struct {
	s     string
	i     int
	start int      // of the current token
	sink  jsonSink // gets the values, strings decoded; needs decode; nil: only check
	// decode: escapes must be characters; json_in checks no more than their form.
	decode bool
	f      *Format // is asked whether to go on; may be nil
	n      int     // tokens
}

// jsonSink takes what a jsonParser meets, in the document's order. Texts stay valid.
type jsonSink interface {
	// scalar is a value: of a string the decoded text, of a number numeric's.
	scalar(kind jsonKind, text string) error
	open(kind jsonKind) error
	key(decoded string) error
	close() error
}

// jsonToken is a token's first byte; words and numbers are 'w' and '0', the end 0.
type jsonToken byte

const (
	jtEnd    jsonToken = 0
	jtString jsonToken = '"'
	jtNumber jsonToken = '0'
	jtWord   jsonToken = 'w' // true, false, null
)

// validateJSON checks s as json_in does.
func validateJSON(s string, f *Format) error {
	p := jsonParser{s: s, f: f}
	return p.document()
}

func (p *jsonParser) document() error {
	tok, err := p.next()
	if err != nil {
		return err
	}
	if err := p.value(tok, 0); err != nil {
		return err
	}
	if tok, err = p.next(); err != nil {
		return err
	}
	if tok != jtEnd {
		return p.fail("Expected end of input, but found \"%s\".")
	}
	return nil
}

// fail is 22P02 with the detail, in which %s is the current token, and the
// context that PostgreSQL shows.
func (p *jsonParser) fail(detail string) error {
	if p.start >= len(p.s) {
		detail = "The input string ended unexpectedly."
	}
	return p.error(strings.Replace(detail, "%s", p.s[min(p.start, len(p.s)):p.i], 1))
}

func (p *jsonParser) error(detail string) error {
	e := pgerr.New(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type json")
	e.Detail = detail
	e.Where = p.context()
	return e
}

func (p *jsonParser) context() string {
	line, lineStart := 1, 0
	for i := 0; i < p.start && i < len(p.s); i++ {
		if p.s[i] == '\n' {
			line++
			lineStart = i + 1
		}
	}
	from := lineStart
	for p.i-from >= 50 && from < len(p.s) {
		_, n := utf8.DecodeRuneInString(p.s[from:])
		from += n
	}
	var b strings.Builder
	b.WriteString("JSON data, line ")
	b.Write(appendInt(nil, int64(line)))
	b.WriteString(": ")
	if p.i-lineStart >= 50 && from > lineStart+3 {
		b.WriteString("...")
	} else {
		from = lineStart
	}
	b.WriteString(p.s[min(from, p.i):p.i])
	if p.start < len(p.s) && p.i < len(p.s) && p.s[p.i] != '\n' && p.s[p.i] != '\r' {
		b.WriteString("...")
	}
	return b.String()
}

// next reads one token; p.s[p.start:p.i] is its text.
func (p *jsonParser) next() (jsonToken, error) {
	p.n++
	if err := p.f.goOn(p.n); err != nil {
		return 0, err
	}
	s := p.s
	i := p.i
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	p.start, p.i = i, i
	if i == len(s) {
		return jtEnd, nil
	}
	switch c := s[i]; {
	case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':':
		p.i++
		return jsonToken(c), nil
	case c == '"':
		return jtString, p.scanString()
	case c == '-' || isDigit(c):
		return jtNumber, p.scanNumber()
	}
	for p.i < len(s) && jsonWordByte(s[p.i]) {
		p.i++
	}
	switch s[p.start:p.i] {
	case "true", "false", "null":
		return jtWord, nil
	case "":
		_, n := utf8.DecodeRuneInString(s[i:])
		p.i += n
	}
	return 0, p.fail("Token \"%s\" is invalid.")
}

func jsonWordByte(c byte) bool { return isAlnum(c) || c == '_' }

func (p *jsonParser) scanNumber() error {
	s, i := p.s, p.i
	if s[i] == '-' {
		i++
	}
	ok := true
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case i < len(s) && isDigit(s[i]):
		i = spanDigits(s, i)
	default:
		ok = false
	}
	if i < len(s) && s[i] == '.' {
		n := spanDigits(s, i+1)
		ok = ok && n > i+1
		i = n
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		n := spanDigits(s, i)
		ok = ok && n > i
		i = n
	}
	for i < len(s) && jsonWordByte(s[i]) {
		ok = false
		i++
	}
	p.i = i
	if !ok {
		return p.fail("Token \"%s\" is invalid.")
	}
	return nil
}

func (p *jsonParser) value(tok jsonToken, depth int) error {
	if depth > maxJSONDepth {
		return pgerr.TooDeep()
	}
	switch tok {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case jtString, jtNumber, jtWord:
		if p.sink == nil {
			return nil
		}
		return p.scalar(tok)
	}
	return p.fail("Expected JSON value, but found \"%s\".")
}

// scalar hands the current token to the sink.
func (p *jsonParser) scalar(tok jsonToken) error {
	switch tok {
	case jtString:
		return p.sink.scalar(jsonString, p.decoded())
	case jtNumber:
		text, err := canonicalNumber(p.s[p.start:p.i])
		if err != nil {
			return err
		}
		return p.sink.scalar(jsonNumber, text)
	}
	switch p.s[p.start] {
	case 't':
		return p.sink.scalar(jsonTrue, "")
	case 'f':
		return p.sink.scalar(jsonFalse, "")
	}
	return p.sink.scalar(jsonNull, "")
}

// canonicalNumber is a JSON number as numeric prints it. Most are so already: only
// exponents, negative zeros and what may be beyond numeric's range need it.
func canonicalNumber(s string) (string, error) {
	if len(s) <= 100 && !strings.ContainsAny(s, "eE") && !strings.HasPrefix(s, "-0") {
		return s, nil
	}
	b, err := parseNumeric(s)
	if err != nil {
		return "", err
	}
	return string(appendNumeric(nil, b)), nil
}

func (p *jsonParser) array(depth int) error {
	if err := p.opened(jsonArray); err != nil {
		return err
	}
	tok, err := p.next()
	if err != nil {
		return err
	}
	for tok != ']' {
		if err := p.value(tok, depth+1); err != nil {
			return err
		}
		if tok, err = p.next(); err != nil {
			return err
		}
		if tok == ']' {
			break
		}
		if tok != ',' {
			return p.fail("Expected \",\" or \"]\", but found \"%s\".")
		}
		if tok, err = p.next(); err != nil {
			return err
		}
		if tok == ']' {
			return p.fail("Expected JSON value, but found \"%s\".")
		}
	}
	return p.closed()
}

func (p *jsonParser) opened(kind jsonKind) error {
	if p.sink == nil {
		return nil
	}
	return p.sink.open(kind)
}

func (p *jsonParser) closed() error {
	if p.sink == nil {
		return nil
	}
	return p.sink.close()
}

func (p *jsonParser) object(depth int) error {
	if err := p.opened(jsonObject); err != nil {
		return err
	}
	tok, err := p.next()
	if err != nil {
		return err
	}
	if tok == '}' {
		return p.closed()
	}
	if tok != jtString {
		return p.fail("Expected string or \"}\", but found \"%s\".")
	}
	for {
		if err := p.member(depth); err != nil {
			return err
		}
		if tok, err = p.next(); err != nil {
			return err
		}
		if tok == '}' {
			return p.closed()
		}
		if tok != ',' {
			return p.fail("Expected \",\" or \"}\", but found \"%s\".")
		}
		if tok, err = p.next(); err != nil {
			return err
		}
		if tok != jtString {
			return p.fail("Expected string, but found \"%s\".")
		}
	}
}

// member reads a key, which is the current token, and its value.
func (p *jsonParser) member(depth int) error {
	if p.sink != nil {
		if err := p.sink.key(p.decoded()); err != nil {
			return err
		}
	}
	tok, err := p.next()
	if err != nil {
		return err
	}
	if tok != ':' {
		return p.fail("Expected \":\", but found \"%s\".")
	}
	if tok, err = p.next(); err != nil {
		return err
	}
	return p.value(tok, depth+1)
}

// AppendJSONString appends s as a JSON string with PostgreSQL's escapes (escape_json).
func AppendJSONString[T []byte | string](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}
