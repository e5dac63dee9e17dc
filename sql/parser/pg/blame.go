package pg

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// The grammar tries one reading of a parenthesis after the other and complains of the
// last, often at its first word. PostgreSQL's complains where all readings have failed.
// What follows finds that place: a query in parentheses is read alone, and what stands
// for something else in another reading is blanked.

// lexeme is a token: a word, a literal, a parameter, an operator or one byte of anything else.
type lexeme struct{ start, end int }

func (t lexeme) of(s string) string { return s[t.start:t.end] }

// lexemes splits a text, without blanks and comments.
func lexemes(s string) []lexeme {
	var list []lexeme
	for i := 0; i < len(s); {
		start := i
		switch b := s[i]; {
		case isSpace(b):
			i++
			continue
		case b == '\'' || b == '"':
			i = skipQuoted(s, i+1, b, false)
		case b == '$':
			i = max(skipDollar(s, i), digits(s, i+1))
		case b >= '0' && b <= '9', b == '.' && digits(s, i+1) > i+1:
			i = max(number(s, i), i+1)
		case isWordByte(b):
			for i++; i < len(s) && (isWordByte(s[i]) || s[i] == '$'); i++ {
			}
			if i-start == 1 && i < len(s) && s[i] == '\'' && strings.IndexByte("eEbBxXnN", b) >= 0 {
				i = skipQuoted(s, i+1, '\'', b|0x20 == 'e')
			}
		default:
			if i = skipComment(s, start); i > start {
				continue
			}
			i = max(operator(s, i), i+1)
		}
		list = append(list, lexeme{start, i})
	}
	return list
}

// operator is the offset after the operator at i, i if there is none.
func operator(s string, i int) int {
	if two := s[i:min(i+2, len(s))]; two == "::" || two == ":=" || two == ".." {
		return i + 2
	}
	end := i
	for end < len(s) && strings.IndexByte("+-*/<>=~!@#%^&|`?", s[end]) >= 0 && (end == i || skipComment(s, end) == end) {
		end++
	}
	for end > i+1 && (s[end-1] == '+' || s[end-1] == '-') && !strings.ContainsAny(s[i:end], "~!@#%^&|`?") {
		end--
	}
	return end
}

// longestBlamed bounds the texts whose errors are looked into.
const longestBlamed = 64 << 10

// blame is the error that PostgreSQL gives for a text that the grammar refused with e.
func blame(query string, e *pgerr.Error) *pgerr.Error {
	if e.Position == 0 || len(query) > longestBlamed {
		return e
	}
	if strings.HasPrefix(e.Message, "trailing junk") || strings.HasPrefix(e.Message, "unterminated") { // the lexer is ahead of the grammar
		before := query[:e.Position-1]
		if x := refused(before); x != nil && x.Position > 0 && x.Position <= len(strings.TrimSpace(before)) {
			if y := blame(before, x); y.Position <= len(before) { // not the end, where the text goes on
				return y
			}
		}
		return e
	}
	if !strings.HasPrefix(e.Message, "syntax error") {
		return e
	}
	b := blamer{src: query, tokens: lexemes(query)}
	from := b.statement(e.Position - 1)
	if from > 0 {
		b = blamer{src: query[from:], tokens: lexemes(query[from:])}
	}
	e.Position -= from
	e = b.whole(e)
	late := b.unnamed(b.queries(0, len(b.tokens), e, 0))
	x := b.nameless(b.earlier(late))
	if x == late {
		x = b.further(b.wordless(x))
	}
	x.Position += from
	return x
}

// notUnique is the error of UNIQUE where no query follows that it could be the predicate of.
func notUnique(query string, e *pgerr.Error) *pgerr.Error {
	if !strings.HasPrefix(e.Message, "UNIQUE predicate") {
		return nil
	}
	b := blamer{src: query, tokens: lexemes(query)}
	i := 0
	for i < len(b.tokens) && b.tokens[i].start < e.Position {
		i++
	}
	if b.at(i) == "nulls" {
		for i++; b.at(i) == "not" || b.at(i) == "distinct"; {
			i++
		}
	}
	switch {
	case i == len(b.tokens):
		return missed(query, len(query))
	case b.at(i) != "(":
		return missed(query, b.tokens[i].start)
	}
	return nil
}

// whole is e about the whole number that begins with the point before the digits that the
// grammar complains of: a name and .5 is no name and 5.
func (b *blamer) whole(e *pgerr.Error) *pgerr.Error {
	if at := e.Position - 1; at > 0 && at < len(b.src) && b.src[at-1] == '.' {
		for _, t := range b.tokens {
			if t.start == at-1 && t.end > at {
				return missed(b.src, t.start)
			}
		}
	}
	return e
}

// statement is where the statement begins that has an offset.
func (b *blamer) statement(offset int) int {
	level, start := 0, 0
	for i, t := range b.tokens {
		if t.start >= offset {
			break
		}
		switch w := b.at(i); {
		case w == "(" || w == "begin" && b.at(i+1) == "atomic":
			level++
		case w == ")":
			level--
		case w == ";" && level == 0:
			start = t.end
		}
	}
	return start
}

type blamer struct {
	src    string
	tokens []lexeme
}

// queries looks into the queries in parentheses among tokens from (of) to (not of) that
// begin before e.
func (b *blamer) queries(from, to int, e *pgerr.Error, depth int) *pgerr.Error {
	if depth > 16 {
		return e
	}
	for i := from; i+1 < to && b.tokens[i+1].start < e.Position; i++ {
		if b.tokens[i].of(b.src) != "(" || !b.begins(i+1) && !b.compound(i+1) || b.called(i) {
			continue
		}
		end, closed := b.closing(i, to)
		stop := len(b.src)
		if end < len(b.tokens) {
			stop = b.tokens[end].start
		}
		start := b.tokens[i+1].start
		inner := refused(b.src[start:stop])
		switch {
		case inner != nil && placeless[inner.Message]:
			return inner
		case inner != nil:
			inner.Position += start
			inner = b.queries(i+1, end, inner, depth+1)
			if inner.Position > stop { // what is missing is missed where the query ends
				return missed(b.src, stop)
			}
			return inner
		case !closed:
			return missed(b.src, stop)
		}
		i = end
	}
	return b.others(e)
}

// before are the words that a query in parentheses can follow, besides names of tables.
var before = map[string]bool{"from": true, "join": true, "in": true, "any": true, "some": true, "all": true, "array": true, "exists": true,
	"as": true, "materialized": true, "lateral": true, "where": true, "and": true, "or": true, "not": true, "on": true, "select": true, "union": true,
	"intersect": true, "except": true, "then": true, "else": true, "when": true, "case": true, "like": true, "ilike": true, "between": true, "by": true,
	"limit": true, "offset": true, "returning": true, "distinct": true, "using": true, "having": true, "copy": true, "for": true, "default": true}

// called reports that the parenthesis at token i holds arguments.
func (b *blamer) called(i int) bool {
	w := b.at(i - 1)
	return w != "" && (identStart(w[0]) || w[0] == '"') && !before[w] && b.at(0) != "insert"
}

// unnamed is the error about a query in FROM that what follows cannot name.
func (b *blamer) unnamed(e *pgerr.Error) *pgerr.Error {
	var open []int
	last := -1 // where the parenthesis opened that closes directly before the error
	for i, t := range b.tokens {
		if t.start >= e.Position-1 {
			break
		}
		last = -1
		switch t.of(b.src) {
		case "(":
			open = append(open, i)
		case ")":
			if n := len(open); n > 0 {
				last, open = open[n-1], open[:n-1]
			}
		}
	}
	if last < 0 || !b.begins(last+1) || e.Position > len(b.src) {
		return e
	}
	switch b.at(last - 1) {
	case "from", "join", "lateral":
		return noAlias(b.at(last+1) == "values").At(b.tokens[last].start)
	}
	return e
}

// noAlias is the error about a query in FROM without a name.
func noAlias(values bool) *pgerr.Error {
	kind, example := "subquery", "SELECT"
	if values {
		kind, example = "VALUES", "VALUES"
	}
	return syntaxError(kind+" in FROM must have an alias").WithHint("For example, FROM (%s ...) [AS] foo.", example)
}

// begins reports that token i is the first of a query.
func (b *blamer) begins(i int) bool {
	if i >= len(b.tokens) {
		return false
	}
	switch strings.ToLower(b.tokens[i].of(b.src)) {
	case "select", "values", "with":
		return true
	}
	return false
}

// compound reports that the parenthesis at token i is the first part of a longer query.
func (b *blamer) compound(i int) bool {
	if b.at(i) != "(" || !b.begins(i+1) && !b.compound(i+1) {
		return false
	}
	end, closed := b.closing(i, len(b.tokens))
	return closed && goesOn[b.at(end+1)]
}

// closing is the token that closes the parenthesis at token i, or where the statement
// or the part up to token to ends without that.
func (b *blamer) closing(i, to int) (end int, closed bool) {
	level := 0
	for ; i < to; i++ {
		switch b.tokens[i].of(b.src) {
		case "(":
			level++
		case ")":
			if level--; level == 0 {
				return i, true
			}
		case ";":
			return i, false
		}
	}
	return to, false
}

// others looks into lists that can be read in two ways.
func (b *blamer) others(e *pgerr.Error) *pgerr.Error {
	for i := range b.tokens {
		if i+1 == len(b.tokens) || b.tokens[i+1].start >= e.Position-1 {
			break
		}
		if b.at(i+1) != "(" {
			continue
		}
		end, closed := b.closing(i+1, len(b.tokens))
		if closed && b.tokens[end].start < e.Position-1 {
			continue
		}
		switch w := b.at(i); {
		case w == "substring" || w == "overlay" || w == "position" || w == "trim":
			if x := b.worded(i+2, end); x != nil {
				return x
			}
		case !strings.HasSuffix(e.Message, `","`) && !strings.HasSuffix(e.Message, `")"`) || !b.created(i):
		case !b.names(i+2, end):
			if n := b.named(i+2, end); n < end && b.tokens[n].start >= e.Position {
				return missed(b.src, b.tokens[n].start)
			}
		case closed:
			text := []byte(b.src)
			for n := b.tokens[i+1].start; n < b.tokens[end].end; n++ {
				text[n] = ' '
			}
			if x := refused(string(text)); x != nil {
				return x
			}
		}
	}
	return e
}

func (b *blamer) at(i int) string {
	if i < 0 || i >= len(b.tokens) {
		return ""
	}
	return strings.ToLower(b.tokens[i].of(b.src))
}

// worded reads arguments that words part as if commas did.
func (b *blamer) worded(from, to int) *pgerr.Error {
	text, level, parted := []byte(b.src), 0, false
	for i := from; i < to; i++ {
		switch b.at(i) {
		case "(":
			level++
		case ")":
			level--
		case "from", "for", "placing", "in", "similar", "escape":
			if level == 0 {
				t := b.tokens[i]
				for n := t.start; n < t.end; n++ {
					text[n] = ' '
				}
				text[t.start], parted = ',', true
			}
		}
	}
	if !parted {
		return nil
	}
	x := refused(string(text))
	if x == nil || x.Position == 0 {
		return nil
	}
	return missed(b.src, x.Position-1)
}

// names reports that tokens from (of) to (not of) are names with commas between.
func (b *blamer) names(from, to int) bool {
	return (to-from)%2 == 1 && b.named(from, to) == to
}

// named is the first token that does not go on a list of names.
func (b *blamer) named(from, to int) int {
	for i := from; i < to; i++ {
		t := b.at(i)
		if (i-from)%2 == 1 && t != "," || (i-from)%2 == 0 && (!identStart(t[0]) || reserved(t)) && t[0] != '"' {
			return i
		}
	}
	return to
}

// created reports that token i ends the name of a table that is created.
func (b *blamer) created(i int) bool {
	if b.at(0) != "create" {
		return false
	}
	for n := 1; n < i; n++ {
		if b.at(n) == "table" {
			return true
		}
	}
	return false
}

// refused is the error about a text, nil if there is none, without a look into queries.
func refused(text string) *pgerr.Error {
	e, _ := pgerr.As(parseable(text))
	return e
}

// missed is the error of a token that cannot stand where it does.
func missed(s string, offset int) *pgerr.Error {
	for _, t := range lexemes(s[offset:]) {
		word := s[offset+t.start : offset+t.end]
		return syntaxError("syntax error at or near \"" + word + "\"").At(offset + t.start)
	}
	return syntaxError("syntax error at end of input").At(len(s))
}

// bareTypes are the words for types, and others, that the grammar takes for functions'
// names where PostgreSQL's does not.
var bareTypes = map[string]bool{"between": true, "bigint": true, "boolean": true, "inout": true, "int": true, "integer": true,
	"national": true, "none": true, "out": true, "precision": true, "real": true, "setof": true, "smallint": true, "values": true}

// mayCall refuses the call of what is the word for a type or a clause.
func (c *conv) mayCall(name string, loc int32) {
	end := int(loc) + len(name)
	if bareTypes[name] && loc >= 0 && end <= len(c.src) && strings.EqualFold(c.src[loc:end], name) {
		panic(bail{missed(c.src, end)})
	}
}

// parenthesis is where the query in parentheses begins that something at loc is in.
func (c *conv) parenthesis(loc int) int {
	b := blamer{src: c.src, tokens: lexemes(c.src)}
	var open []int
	for i, t := range b.tokens {
		if t.start >= loc {
			break
		}
		switch t.of(c.src) {
		case "(":
			open = append(open, i)
		case ")":
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		if open = open[:len(open)-1]; b.begins(i + 1) {
			for b.at(i-1) == "(" && b.innermost(i) > i {
				i--
			}
			return b.tokens[i].start
		}
	}
	return -1
}

// firstPlace is a place in a query, −1 for none.
func firstPlace(q *ast.Select) int {
	for q.SetOp != ast.SetNone {
		q = q.Left
	}
	place := -1
	note := func(e ast.Expr) {
		if e != nil && place < 0 {
			place = int(e.Position())
		}
	}
	for _, t := range q.Targets {
		note(t.Expr)
	}
	for _, row := range q.Values {
		for _, e := range row {
			note(e)
		}
	}
	return place
}

// unicodeLiteral reports that the literal around an offset is U&'…' or U&"…".
func unicodeLiteral(s string, offset int) bool {
	list := lexemes(s)
	for i, t := range list {
		if t.start <= offset && offset < t.end {
			return i > 1 && list[i-1].of(s) == "&" && list[i-1].end == t.start && strings.EqualFold(list[i-2].of(s), "u")
		}
	}
	return false
}
