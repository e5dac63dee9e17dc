package tidb

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// Dumps are statements of a megabyte, INSERT INTO t VALUES and rows of literals. The grammar
// reads such a statement up to the end of its first row; the other rows are read here, into the
// nodes that the grammar and the conversion would make of them. With anything that is no
// literal of the everyday kinds among them, or behind them, the grammar reads the whole text.

// longInsert is the length in bytes from which on a statement's rows are read apart.
const longInsert = 4096

// parseRows parses an INSERT or REPLACE of many rows; ok is false for any other text.
func parseRows(query string, names *search) (stmts []ast.Parsed, ok bool) {
	if len(query) < longInsert {
		return nil, false
	}
	first, at := nextWord(query, 0)
	if first != "insert" && first != "replace" {
		return nil, false
	}
	if at, ok = firstRow(query, at); !ok {
		return nil, false
	}
	r := rowReader{s: query, i: at, c: conv{src: query}}
	if _, ok := r.row(0); !ok {
		return nil, false
	}
	head, width, end := query[:r.i], r.width, r.i
	var rows [][]ast.Expr
	for r.next(',') {
		row, ok := r.row(width)
		if !ok {
			return nil, false
		}
		rows, end = append(rows, row), r.i
	}
	for r.next(';') {
	}
	if r.space(); r.i < len(query) || len(rows) == 0 {
		return nil, false
	}
	list, err := grammar(head)
	if err != nil || len(list) != 1 {
		return nil, false
	}
	if s, ok := list[0].(*tast.InsertStmt); !ok || len(s.Lists) != 1 || len(s.OnDuplicate) > 0 {
		return nil, false
	}
	if stmts, err = convert(head, head, list, cuts{}, names); err != nil || len(stmts) != 1 {
		return nil, false
	}
	ins, ok := stmts[0].Stmt.(*ast.Insert)
	if !ok || ins.Query == nil || len(ins.Query.Values) != 1 {
		return nil, false
	}
	ins.Query.Values = slices.Concat(ins.Query.Values, rows)
	stmts[0].End = end
	return stmts, true
}

// firstRow is where the first row begins behind VALUES.
func firstRow(query string, i int) (at int, ok bool) {
	for depth := 0; i < len(query) && i < longInsert; {
		switch b := query[i]; {
		case isWordByte(b):
			end := wordEnd(query, i)
			if word := query[i:end]; depth == 0 && (strings.EqualFold(word, "values") || strings.EqualFold(word, "value")) && query[i-1] != '.' {
				at = skipSpace(query, end)
				return at, at < len(query) && query[at] == '('
			}
			i = end
			continue
		case b == '(':
			depth++
		case b == ')':
			depth--
		case b == ';', b == '/', b == '-', b == '#', b == '\'', b == '"': // none of which is before it in a dump
			return 0, false
		}
		i = max(skipToken(query, i), i+1)
	}
	return 0, false
}

// rowReader reads rows of literals.
type rowReader struct {
	s     string
	i     int // where it reads
	width int // how many values the last row had
	c     conv
	lits  []ast.Lit  // to come, allocated together
	cells []ast.Expr // likewise
}

// slab is how many nodes are allocated at once.
const slab = 256

func (r *rowReader) space() { r.i = skipSpace(r.s, r.i) }

// next passes over a sign, if that comes next.
func (r *rowReader) next(sign byte) bool {
	r.space()
	if r.i < len(r.s) && r.s[r.i] == sign {
		r.i++
		return true
	}
	return false
}

// row reads a row of about so many values.
func (r *rowReader) row(width int) ([]ast.Expr, bool) {
	if !r.next('(') {
		return nil, false
	}
	if cap(r.cells) < width {
		r.cells = make([]ast.Expr, 0, max(slab, width))
	}
	row := r.cells[:0]
	for {
		r.space()
		e := r.value()
		if e == nil {
			return nil, false
		}
		row = append(row, e)
		if r.next(',') {
			continue
		}
		if !r.next(')') {
			return nil, false
		}
		if r.width = len(row); r.width <= cap(r.cells) {
			r.cells = r.cells[r.width:r.width:cap(r.cells)]
		}
		return row[:len(row):len(row)], true
	}
}

// lit is a literal's node.
func (r *rowReader) lit(l ast.Lit) *ast.Lit {
	if len(r.lits) == 0 {
		r.lits = make([]ast.Lit, slab)
	}
	out := &r.lits[0]
	r.lits = r.lits[1:]
	*out = l
	return out
}

// value reads a literal, nil where something else stands.
func (r *rowReader) value() ast.Expr {
	if r.i >= len(r.s) {
		return nil
	}
	at := ast.At{Pos: ast.Pos(r.i)}
	switch b := r.s[r.i]; {
	case b == '\'' || b == '"':
		text, ok := r.quoted()
		if !ok {
			return nil
		}
		return r.lit(ast.Lit{At: at, Kind: ast.LitString, Text: text, Raw: strings.IndexByte(text, '\\') >= 0})
	case b == '-':
		r.i++
		return r.number(at, true)
	case b == '0' && r.i+1 < len(r.s) && r.s[r.i+1] == 'x':
		end := wordEnd(r.s, r.i)
		digits := r.s[r.i+2 : end]
		if r.i = end; len(digits)%2 == 1 {
			digits = "0" + digits
		}
		return bytesOf(at, digits)
	case b >= '0' && b <= '9':
		return r.number(at, false)
	case isWordByte(b):
		return r.word(at)
	}
	return nil
}

// word reads NULL, and the literals that begin with a word.
func (r *rowReader) word(at ast.At) ast.Expr {
	end := wordEnd(r.s, r.i)
	word := r.s[r.i:end]
	switch {
	case strings.EqualFold(word, "null"):
		r.i = end
		return r.lit(ast.Lit{At: at})
	case strings.EqualFold(word, "_binary"):
		if r.i = skipSpace(r.s, end); r.i >= len(r.s) || r.s[r.i] != '\'' {
			return nil
		}
		text, ok := r.quoted()
		if !ok {
			return nil
		}
		return bytea(at, []byte(text))
	case strings.EqualFold(word, "x") && end < len(r.s) && r.s[end] == '\'':
		r.i = end
		if text, ok := r.quoted(); ok {
			return bytesOf(at, text)
		}
	}
	return nil
}

// bytesOf are bytes in hexadecimal digits, nil for other text.
func bytesOf(at ast.At, digits string) ast.Expr {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) == 0 {
		return nil
	}
	return bytea(at, b)
}

// number reads a number without a sign, of which a minus may have come before it.
func (r *rowReader) number(at ast.At, minus bool) ast.Expr {
	start := r.i
	digits := func() int {
		from := r.i
		for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
			r.i++
		}
		return r.i - from
	}
	whole, fraction := digits(), -1
	if r.i < len(r.s) && r.s[r.i] == '.' {
		r.i++
		fraction = digits()
	}
	exponent := false
	if r.i < len(r.s) && r.s[r.i]|0x20 == 'e' {
		if r.i++; r.i < len(r.s) && (r.s[r.i] == '-' || r.s[r.i] == '+') {
			r.i++
		}
		if exponent = true; digits() == 0 {
			return nil
		}
	}
	text := r.s[start:r.i]
	if whole == 0 || fraction == 0 || r.i < len(r.s) && isWordByte(r.s[r.i]) {
		return nil
	}
	inner := at
	if minus {
		inner = ast.At{Pos: ast.Pos(start)}
	}
	var l *ast.Lit
	switch {
	case exponent:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil
		}
		e := cast(r.lit(ast.Lit{At: inner, Kind: ast.LitString, Text: strconv.FormatFloat(f, 'g', -1, 64)}), typed(inner, "float8"))
		if minus {
			e = &ast.Op{At: at, Schema: own, Name: "-", Right: r.c.wide(e)}
		}
		return e
	case fraction > 0:
		if whole > 1 && text[0] == '0' || whole > 30 || fraction > 30 {
			return nil
		}
		l = r.lit(ast.Lit{At: inner, Kind: ast.LitNumeric, Text: text, Limited: true})
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return nil
		case n >= 1<<31:
			l = r.lit(ast.Lit{At: inner, Kind: ast.LitNumeric, Text: formatInt(n)})
		case minus:
			return r.lit(ast.Lit{At: at, Kind: ast.LitInt, Int: -n})
		default:
			return r.lit(ast.Lit{At: at, Kind: ast.LitInt, Int: n})
		}
	}
	if minus {
		return &ast.Op{At: at, Schema: own, Name: "-", Right: l}
	}
	return l
}

// quoted reads a string in quotes; not ok where it does not end, or another one stands behind it, which is part of it.
func (r *rowReader) quoted() (text string, ok bool) {
	quote := r.s[r.i]
	start := r.i + 1
	end := skipQuoted(r.s, start, quote, true)
	if end > len(r.s) || end <= start || r.s[end-1] != quote {
		return "", false
	}
	if r.i = end; r.i < len(r.s) {
		if behind := skipSpace(r.s, r.i); behind < len(r.s) && (r.s[behind] == '\'' || r.s[behind] == '"') {
			return "", false
		}
	}
	text = r.s[start : end-1]
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, quote) < 0 {
		return text, true
	}
	return unescaped(text, quote), true
}

// escapes are the characters that a letter behind a backslash stands for.
var escapes = map[byte]byte{'0': 0, 'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': 26}

// unescaped is the value of the text between quotes.
func unescaped(text string, quote byte) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == quote: // the first of two
			out = append(out, b)
			i++
		case b == '\\' && i+1 < len(text):
			i++
			if c, ok := escapes[text[i]]; ok {
				out = append(out, c)
			} else {
				if text[i] == '%' || text[i] == '_' { // what LIKE is to see
					out = append(out, '\\')
				}
				out = append(out, text[i])
			}
		default:
			out = append(out, b)
		}
	}
	return string(out)
}
