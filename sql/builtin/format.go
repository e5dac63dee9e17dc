package builtin

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// formatFuncs registers concat, format and the quoting functions.
func formatFuncs(r *registrar) {
	r.eval("text_concat", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		list, ok := variadicAny(c, a, 0)
		if !ok {
			return null()
		}
		return joinText(c, list, nil)
	})
	r.eval("text_concat_ws", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		list, ok := variadicAny(c, a, 1)
		if !ok {
			return null()
		}
		return joinText(c, list, a[0].Bytes())
	})
	r.evals(formatText, "text_format", "text_format_nv")
	r.longer(unlessPlain, "text_format", "text_format_nv")
	r.eval("quote_ident", text1(func(c *Ctx, s []byte) ([]byte, error) { return []byte(quoteIdent(c, string(s))), nil }))
	r.eval("quote_literal", text1(func(_ *Ctx, s []byte) ([]byte, error) { return roomyLiteral(s) }))
	r.eval("quote_nullable", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.String("NULL"), nil
		}
		q, err := roomyLiteral(a[0].Bytes())
		return types.Bytes(q), err
	})
	r.eval("quote_literal(anyelement)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t, err := asText(c, 0, a[0])
		return types.String(QuoteLiteral(t.Text())), err
	})
	r.eval("quote_nullable(anyelement)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.String("NULL"), nil
		}
		t, err := asText(c, 0, a[0])
		return types.String(QuoteLiteral(t.Text())), err
	})
	r.eval("parse_ident", parseIdent)
}

// joinText is concat and concat_ws: NULLs are left out.
func joinText(c *Ctx, list []typed, sep []byte) (_ types.Datum, err error) {
	defer types.CatchStop(&err)
	out := []byte{}
	first := true
	for _, v := range list {
		if v.d.IsNull() {
			continue
		}
		if !first {
			out = append(out, sep...)
		}
		first = false
		was := len(out)
		out = appendText(out, c, v)
		if err := types.Grow(was, len(out)-was); err != nil {
			return types.Datum{}, err
		}
	}
	return types.Bytes(out), nil
}

// quoteIdent is QuoteIdent, or of all names if the session asks for that.
func quoteIdent(c *Ctx, s string) string {
	if quotesAll(c) {
		return QuoteAll(s)
	}
	return QuoteIdent(s)
}

// quotesAll reports a session that asks for quotes around all names, which its names know.
func quotesAll(c *Ctx) bool {
	if c == nil || c.Format == nil {
		return false
	}
	n, ok := c.Format.Names.(interface{ QuotesAll() bool })
	return ok && n.QuotesAll()
}

// QuoteAll quotes a name, whether it needs that or not.
func QuoteAll(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// QuoteType quotes the name of a type of the system, unless the grammar has words for it: text[] is
// "text"[].
func QuoteType(text string) string {
	name, rest := text, ""
	if i := strings.IndexAny(text, "(["); i >= 0 {
		name, rest = text[:i], text[i:]
	}
	if name == "" || strings.ContainsAny(name, ` ".-?`) || typeWords[name] {
		return text
	}
	return QuoteAll(name) + rest
}

// typeWords are the types that are called by words of the grammar, which are no names.
var typeWords = map[string]bool{"smallint": true, "integer": true, "bigint": true, "real": true, "numeric": true, "boolean": true,
	"character": true, "interval": true, "bit": true}

// QuoteIdent quotes a name where SQL needs it: unless it is lower case and no keyword.
func QuoteIdent(s string) string {
	safe := s != "" && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z')
	for i := 0; safe && i < len(s); i++ {
		c := s[i]
		safe = c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	if safe && !mustQuote()[s] {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// QuoteLiteral quotes a string as an SQL literal.
func QuoteLiteral(s string) string {
	return string(literal([]byte(s)))
}

// roomyLiteral is literal, or the error of one that the memory has no room for.
func roomyLiteral(s []byte) ([]byte, error) {
	if size := literalSize(s); size >= types.Long {
		if err := types.Room(int64(size)); err != nil {
			return nil, err
		}
	}
	return literal(s), nil
}

func literalSize(s []byte) int {
	return len(s) + bytes.Count(s, []byte{'\''}) + bytes.Count(s, []byte{'\\'}) + len("E''")
}

// literal is a text as a literal, made in the memory that it needs.
func literal(s []byte) []byte {
	q := make([]byte, 0, literalSize(s))
	if bytes.IndexByte(s, '\\') >= 0 {
		q = append(q, 'E')
	}
	q = append(q, '\'')
	for _, c := range s {
		if c == '\'' || c == '\\' {
			q = append(q, c)
		}
		q = append(q, c)
	}
	return append(q, '\'')
}

// formatText is format(fmt, …), chapter 9.4.1.
func formatText(c *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return null()
	}
	list, ok := variadicAny(c, a, 1)
	if !ok {
		list = nil
	}
	f := formatter{c: c, args: list, s: a[0].Text()}
	if err := f.run(); err != nil {
		return types.Datum{}, err
	}
	if f.out == nil {
		f.out = []byte{}
	}
	return types.Bytes(f.out), nil
}

type formatter struct {
	c    *Ctx
	args []typed
	s    string
	i    int
	next int // the next argument, 0-based
	out  []byte
}

func (f *formatter) run() (err error) {
	defer types.CatchStop(&err)
	for f.i < len(f.s) {
		c := f.s[f.i]
		f.i++
		if c != '%' {
			f.out = append(f.out, c)
			continue
		}
		if f.i >= len(f.s) {
			return unterminatedFormat()
		}
		if f.s[f.i] == '%' {
			f.out = append(f.out, '%')
			f.i++
			continue
		}
		if err := f.specifier(); err != nil {
			return err
		}
	}
	return nil
}

func unterminatedFormat() error {
	return badParam("unterminated format() type specifier").WithHint("For a single \"%%\" use \"%%%%\".")
}

// number reads digits, if there are any.
func (f *formatter) number() (n int, ok bool, err error) {
	from := f.i
	for ; f.i < len(f.s) && f.s[f.i] >= '0' && f.s[f.i] <= '9'; f.i++ {
		if n = 10*n + int(f.s[f.i]-'0'); n > math.MaxInt32 {
			return 0, false, pgerr.New(pgerrcode.NumericValueOutOfRange, "number is out of range")
		}
	}
	return n, f.i > from, nil
}

// specifier reads %[position][flags][width]type and appends the argument.
func (f *formatter) specifier() error {
	position, width, left := 0, 0, false
	star, starAt := false, 0
	n, isWidth, err := f.number()
	if err != nil {
		return err
	}
	if isWidth && f.i < len(f.s) && f.s[f.i] == '$' {
		f.i++
		if position, isWidth = n, false; n == 0 {
			return badParam("format specifies argument 0, but arguments are numbered from 1")
		}
	}
	if width = n; !isWidth {
		width = 0
		for f.i < len(f.s) && f.s[f.i] == '-' {
			left = true
			f.i++
		}
		if f.i < len(f.s) && f.s[f.i] == '*' {
			f.i++
			if starAt, err = f.starPosition(); err != nil {
				return err
			}
			star = true
		} else if width, _, err = f.number(); err != nil {
			return err
		}
	}
	if f.i >= len(f.s) {
		return unterminatedFormat()
	}
	kind := f.s[f.i]
	if kind != 's' && kind != 'I' && kind != 'L' {
		_, n := utf8.DecodeRuneInString(f.s[f.i:])
		return badParam("unrecognized format() type specifier \"%s\"", f.s[f.i:f.i+n]).WithHint("For a single \"%%\" use \"%%%%\".")
	}
	f.i++
	if star {
		if width, err = f.starWidth(starAt); err != nil {
			return err
		}
		if width < 0 {
			left, width = true, -width
		}
	}
	v, err := f.take(position)
	if err != nil {
		return err
	}
	text, err := f.text(v, kind)
	if err != nil {
		return err
	}
	pad := max(0, width-utf8.RuneCountInString(text))
	have := len(f.out)
	for _, more := range []int{pad, len(text)} {
		if err := types.Grow(have, more); err != nil {
			return err
		}
		have += more
	}
	if !left {
		if f.out, err = f.c.repeated(f.out, []byte{' '}, pad); err != nil {
			return err
		}
	}
	f.out = append(f.out, text...)
	if left {
		f.out, err = f.c.repeated(f.out, []byte{' '}, pad)
	}
	return err
}

// starPosition reads the n$ that may follow *, 0 for the next argument.
func (f *formatter) starPosition() (position int, err error) {
	if n, ok, err := f.number(); err != nil {
		return 0, err
	} else if ok {
		if f.i >= len(f.s) {
			return 0, unterminatedFormat()
		}
		if f.s[f.i] != '$' {
			return 0, badParam("width argument position must be ended by \"$\"")
		}
		f.i++
		if position = n; n == 0 {
			return 0, badParam("format specifies argument 0, but arguments are numbered from 1")
		}
	}
	return position, nil
}

// starWidth is the width that an argument gives.
func (f *formatter) starWidth(position int) (int, error) {
	v, err := f.take(position)
	if err != nil || v.d.IsNull() {
		return 0, err
	}
	n, err := strconv.Atoi(string(appendText(nil, f.c, v)))
	if err != nil {
		return 0, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type integer: \"%s\"", appendText(nil, f.c, v))
	}
	if n <= math.MinInt32 { // it has no counterpart
		return 0, pgerr.New(pgerrcode.NumericValueOutOfRange, "number is out of range")
	}
	return n, nil
}

// take gives the argument at a 1-based position, or with 0 the next one.
func (f *formatter) take(position int) (typed, error) {
	if position > 0 {
		f.next = position - 1
	}
	if f.next >= len(f.args) {
		return typed{}, badParam("too few arguments for format()")
	}
	f.next++
	return f.args[f.next-1], nil
}

func (f *formatter) text(v typed, kind byte) (string, error) {
	if v.d.IsNull() {
		switch kind {
		case 'I':
			return "", pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null values cannot be formatted as an SQL identifier")
		case 'L':
			return "NULL", nil
		}
		return "", nil
	}
	s := string(appendText(nil, f.c, v))
	switch kind {
	case 'I':
		return quoteIdent(f.c, s), nil
	case 'L':
		return QuoteLiteral(s), nil
	}
	return s, nil
}

// parseIdent is parse_ident(name, strict): a qualified name as its parts.
func parseIdent(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s := a[0].Text()
	strict := len(a) < 2 || a[1].Bool()
	parts, rest, err := ParseIdent(s)
	if err != nil {
		return types.Datum{}, err
	}
	if strict && rest != "" {
		return types.Datum{}, badParam("string is not a valid identifier: \"%s\"", s)
	}
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	for _, p := range parts {
		b.Append(types.String(p))
	}
	return b.Array(), nil
}

// ParseIdent reads a possibly qualified and quoted name from the start of s;
// unquoted parts fold to lower case.
func ParseIdent(s string) (parts []string, rest string, err error) {
	bad := func(detail string) ([]string, string, error) {
		e := badParam("string is not a valid identifier: \"%s\"", s)
		e.Detail = detail
		return nil, "", e
	}
	r := strings.TrimLeft(s, " \t\n\r\f")
	for after := false; ; after = true {
		switch {
		case r != "" && r[0] == '"':
			end := 1
			var b strings.Builder
			for ; ; end++ {
				if end >= len(r) {
					return bad("String has unclosed double quotes.")
				}
				if r[end] == '"' {
					if end+1 < len(r) && r[end+1] == '"' {
						end++
					} else {
						break
					}
				}
				b.WriteByte(r[end])
			}
			if b.Len() == 0 {
				return bad("Quoted identifier must not be empty.")
			}
			parts, r = append(parts, b.String()), r[end+1:]
		case r != "" && (r[0] == '_' || isLetter(r[0]) || r[0] >= 0x80):
			end := 1
			for end < len(r) && (r[end] == '_' || r[end] == '$' || isLetter(r[end]) || r[end] >= 0x80 || r[end] >= '0' && r[end] <= '9') {
				end++
			}
			parts, r = append(parts, strings.ToLower(r[:end])), r[end:]
		case strings.HasPrefix(r, "."):
			return bad("No valid identifier before \".\".")
		case after:
			return bad("No valid identifier after \".\".")
		default:
			return bad("")
		}
		t := strings.TrimLeft(r, " \t\n\r\f")
		if !strings.HasPrefix(t, ".") {
			return parts, t, nil
		}
		r = strings.TrimLeft(t[1:], " \t\n\r\f")
	}
}
