package pg

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// ParseEscapes implements parser.Escaper. The grammar knows standard_conforming_strings = on
// alone, so that literals with backslashes are written anew before it reads them, in as
// many bytes, as escapes are never shorter than what they stand for: no place moves.
func (f Frontend) ParseEscapes(query string, e parser.Escapes) (stmts []ast.Parsed, warnings []*pgerr.Error, err error) {
	if e.Standard && !e.NoQuotes || strings.IndexByte(query, '\\') < 0 && (e.Standard || !strings.Contains(query, "&'")) {
		stmts, err = f.Parse(query)
		return stmts, cutNames(query, e.Standard, err), err
	}
	r := rewriting{query: query, escapes: e}
	defer func() {
		if x := recover(); x != nil {
			stmts, err = nil, recovered(x)
		}
		warnings = append(warnings, cutNames(query, e.Standard, err)...)
	}()
	bad := r.run()
	if bad == nil {
		stmts, err = f.Parse(string(r.out))
		return stmts, r.before(err), r.asWritten(err)
	}
	// What the grammar meets earlier is reported instead.
	if _, err = f.Parse(string(r.out)); err != nil {
		if p, ok := pgerr.As(err); ok && p.Position > 0 && p.Position <= len(r.out) {
			return nil, r.before(err), r.asWritten(err)
		}
	}
	return nil, r.warnings, bad
}

// rewriting is the pass over the text.
type rewriting struct {
	query    string
	escapes  parser.Escapes
	out      []byte
	warnings []*pgerr.Error
	// begun is where the literal began that a quote after a line's end goes on; escaped says
	// what it is. −1: none.
	begun   int
	ended   int // where its last part did
	escaped bool
	warned  bool        // about the literal
	parts   map[int]int // where parts of literals that were written anew ended, by their beginning
}

// before are the warnings about what was read before the error's place.
func (r *rewriting) before(err error) []*pgerr.Error {
	e, ok := pgerr.As(err)
	if !ok || e.Position == 0 {
		return r.warnings
	}
	n := 0
	for n < len(r.warnings) && r.warnings[n].Position <= e.Position {
		n++
	}
	return r.warnings[:n]
}

// asWritten makes an error that quotes a literal quote it as it was.
func (r *rewriting) asWritten(err error) error {
	e, ok := pgerr.As(err)
	if !ok || e.Position == 0 {
		return err
	}
	head, token, ok := strings.Cut(e.Message, " at or near \"'")
	end := r.parts[e.Position-1]
	if !ok || end == 0 || !strings.HasSuffix(token, "\"") {
		return err
	}
	c := *e
	c.Message = head + " at or near \"" + r.query[e.Position-1:end] + "\""
	return &c
}

// run writes the text anew. After an error out is what comes before the literal.
func (r *rewriting) run() error {
	s := r.query
	r.begun = -1
	for i := 0; i < len(s); {
		end := i + 1
		switch b := s[i]; {
		case isSpace(b):
			r.out = append(r.out, b)
			i++
			continue // a literal may go on
		case b == '\'' && r.begun >= 0 && strings.ContainsAny(s[r.ended:i], "\n\r"):
			r.blank(i)
			end, err := r.literal(i, r.escaped)
			if err != nil {
				return err
			}
			i = end
			continue
		case b == '\'':
			r.begin(i, !r.escapes.Standard)
			end, err := r.literal(i, r.escaped)
			if err != nil {
				return err
			}
			i = end
			continue
		case b == '"':
			end = skipQuoted(s, i+1, b, false)
		case b == '$':
			end = skipDollar(s, i)
		case isWordByte(b):
			for end < len(s) && (isWordByte(s[end]) || s[end] == '$') {
				end++
			}
			if end < len(s) && s[end] == '\'' && end == i+1 {
				stop, done, err := r.prefixed(i)
				if err != nil {
					return err
				}
				if done {
					i = stop
					continue
				}
			}
			if end == i+1 && b|0x20 == 'u' && end+1 < len(s) && s[end] == '&' && (s[end+1] == '\'' || s[end+1] == '"') {
				if s[end+1] == '\'' && !r.escapes.Standard {
					return pgerr.New(pgerrcode.FeatureNotSupported, "unsafe use of string constant with Unicode escapes").
						WithDetail("String constants with Unicode escapes cannot be used when standard_conforming_strings is off.").At(i)
				}
				end = skipQuoted(s, end+2, s[end+1], false)
			}
		default:
			if stop := skipComment(s, i); stop > i {
				end = stop
			}
		}
		r.out = append(r.out, s[i:end]...)
		if s[i] != '-' || end == i+1 { // a comment to the line's end does not end a literal
			r.begun = -1
		}
		i = end
	}
	return nil
}

// blank removes the comments between the parts of a literal, which the grammar lacks a rule for.
func (r *rewriting) blank(to int) {
	for k := r.ended; k < to; k++ {
		if !isSpace(r.out[k]) {
			r.out[k] = ' '
		}
	}
}

// joined is the text with literals going on behind comments written as the grammar reads
// them, "" where nothing is to be written otherwise. e is the grammar's error about it.
func joined(query string, e *pgerr.Error) string {
	at := e.Position - 1
	if at < 0 || at >= len(query) || query[at] != '\'' || !strings.Contains(query[:at], "--") {
		return ""
	}
	r := rewriting{query: query, escapes: parser.Escapes{Standard: true}}
	if r.run() != nil || string(r.out) == query {
		return ""
	}
	return string(r.out)
}

func (r *rewriting) begin(at int, escaped bool) { r.begun, r.escaped, r.warned = at, escaped, false }

// prefixed reads a literal with a letter before it at i. done is false where the letter is a
// name by itself.
func (r *rewriting) prefixed(i int) (end int, done bool, err error) {
	letter := r.query[i] | 0x20
	switch letter {
	case 'e', 'b', 'x', 'n':
	default:
		return 0, false, nil
	}
	r.out = append(r.out, r.query[i])
	switch letter {
	case 'e':
		r.begin(i, true)
		r.warned = true // it says itself that there are escapes
	case 'n':
		r.begin(i+1, !r.escapes.Standard)
	default:
		end = skipQuoted(r.query, i+2, '\'', false)
		r.out = append(r.out, r.query[i+1:end]...)
		r.begun = -1
		return end, true, nil
	}
	end, err = r.literal(i+1, r.escaped)
	return end, true, err
}

// literal takes the literal, or its part, whose quote is at i.
func (r *rewriting) literal(i int, escaped bool) (int, error) {
	s := r.query
	end := i + 1
	backslash := false
	for ; ; end++ {
		if end >= len(s) {
			return 0, pgerr.Newf(pgerrcode.SyntaxError, "unterminated quoted string at or near \"%s\"", s[r.begun:]).At(r.begun)
		}
		if s[end] == '\\' && escaped && end+1 < len(s) {
			backslash = true
			end++
			if err := r.escape(s[end:]); err != nil {
				return 0, err
			}
			continue
		}
		if s[end] == '\'' {
			if end+1 < len(s) && s[end+1] == '\'' {
				end++
				continue
			}
			end++
			break
		}
	}
	part := s[i:end]
	r.ended = end
	switch {
	case !backslash, s[r.begun]|0x20 == 'e':
		r.out = append(r.out, part...) // the grammar reads it as it is
		return end, nil
	case !r.escapes.Standard && escaped:
		return end, r.plain(part, i)
	}
	r.out = append(r.out, part...)
	return end, nil
}

// escape looks at what follows a backslash.
func (r *rewriting) escape(rest string) error {
	c := rest[0]
	if c == '\'' && r.escapes.NoQuotes {
		return pgerr.New(pgerrcode.NonstandardUseOfEscapeCharacter, "unsafe use of \\' in a string literal").
			WithHint("Use '' to write quotes in strings. \\' is insecure in client-only encodings.").At(r.begun)
	}
	if r.warned || !r.escapes.Warn || c == 'u' && hexDigits(rest[1:]) < 4 || c == 'U' && hexDigits(rest[1:]) < 8 {
		return nil
	}
	r.warned = true
	w := pgerr.New(pgerrcode.NonstandardUseOfEscapeCharacter, "nonstandard use of escape in a string literal").
		WithHint(`Use the escape string syntax for escapes, e.g., E'\r\n'.`)
	switch c {
	case '\'':
		w = pgerr.New(pgerrcode.NonstandardUseOfEscapeCharacter, `nonstandard use of \' in a string literal`).
			WithHint("Use '' to write quotes in strings, or use the escape string syntax (E'...').")
	case '\\':
		w = pgerr.New(pgerrcode.NonstandardUseOfEscapeCharacter, `nonstandard use of \\ in a string literal`).
			WithHint(`Use the escape string syntax for backslashes, e.g., E'\\'.`)
	}
	w.Severity = pgerr.Warning
	r.warnings = append(r.warnings, w.At(r.begun))
	return nil
}

// hexDigits is how many there are at the front of s.
func hexDigits(s string) (n int) {
	for n < len(s) && hexDigit(s[n]) {
		n++
	}
	return n
}

// plain writes a literal at i in which backslashes are escapes as one in which they are not,
// with spaces behind it for the bytes that it takes less.
func (r *rewriting) plain(part string, i int) error {
	const before = "SELECT E"
	list, err := Frontend{}.Parse(before + part)
	if err != nil {
		if e, ok := pgerr.As(err); ok && e.Position > 0 {
			e.Position += i - len(before)
			e.Message = strings.Replace(e.Message, "at or near \"E'", "at or near \"'", 1)
		}
		return err
	}
	sel, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(sel.Targets) != 1 {
		return pgerr.NotSupported(i, "a literal of this form with standard_conforming_strings = off")
	}
	lit, ok := sel.Targets[0].Expr.(*ast.Lit)
	if !ok {
		return pgerr.NotSupported(i, "a literal of this form with standard_conforming_strings = off")
	}
	if r.parts == nil {
		r.parts = map[int]int{}
	}
	r.parts[i] = i + len(part)
	was := len(r.out)
	r.out = append(append(append(r.out, '\''), strings.ReplaceAll(lit.Text, "'", "''")...), '\'')
	for len(r.out)-was < len(part) {
		r.out = append(r.out, ' ')
	}
	return nil
}
