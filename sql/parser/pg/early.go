package pg

import (
	"strings"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// The grammar takes some things that PostgreSQL's does not, and complains, if at all, of
// what comes later. They are looked for among the words before the error.

// columnWords are the keywords that name columns and tables, but no functions or types
// besides what the grammar has for them itself.
var columnWords = wordSet(`between bigint bit boolean char character coalesce dec decimal exists extract float greatest
grouping inout int integer interval least national nchar none normalize nullif numeric out overlay position precision real row setof
smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
xmlparse xmlpi xmlroot xmlserialize xmltable`)

// literalWords are those of them that a literal may follow: types, and an operator.
var literalWords = wordSet(`between bigint bit boolean char character dec decimal float int integer interval national nchar numeric
precision real smallint time timestamp varchar`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// reserved reports a keyword that names no column.
func reserved(w string) bool { return !columnWords[w] && ast.QuoteIdent(w) != w && identStart(w[0]) }

// earlier is the first error before e that the grammar has overlooked, e if there is none.
func (b *blamer) earlier(e *pgerr.Error) *pgerr.Error {
	for i := 0; i < len(b.tokens) && b.tokens[i].start < e.Position-1; i++ {
		t := b.tokens[i]
		if b.misplaced(i) {
			if b.extends(b.inside(i-1), i-1) {
				return missed(b.src, t.start)
			}
			return e
		}
	}
	return e
}

// misplaced reports that nothing like token i can stand after those before it.
func (b *blamer) misplaced(i int) bool {
	w, prev := b.at(i), b.at(i-1)
	switch {
	case prev == "":
		return false
	case w[0] == '$' && len(w) > 1 && w[1] >= '0' && w[1] <= '9':
		return b.ends(i - 1)
	case w[0] == '\'':
		return columnWords[prev] && !literalWords[prev] && b.at(i-2) != "." && b.at(i-2) != "as"
	case w == "(":
		switch b.at(i - 2) {
		case "from", "join", "lateral", "using":
			return bareTypes[prev]
		}
	case prev == "overlaps":
		return b.at(i-2) == ")" && w != "row"
	case prev == ")":
		return w != "stored" && b.generated(i-1)
	}
	return false
}

// ends reports that token i ends a value or a name.
func (b *blamer) ends(i int) bool {
	w := b.at(i)
	switch {
	case w == ")":
		switch b.at(b.opening(i) - 1) {
		case "operator", "on":
			return false
		}
		return true
	case w == "]" || w[0] == '\'' || w[0] == '"' || w[0] >= '0' && w[0] <= '9' || w[0] == '$':
		return true
	}
	return identStart(w[0]) && ast.QuoteIdent(w) == w && !callWord(w)
}

// callWord reports an unreserved keyword that something else than a name follows.
func callWord(w string) bool {
	switch w {
	case "value", "to", "by", "escape", "option", "values", "return", "start", "with", "set", "add", "increment", "cache", "minvalue",
		"maxvalue", "over", "within", "filter", "rows", "range", "groups", "next", "prior", "forward", "backward", "absolute", "relative", "call", "execute", "zone", "document", "content", "passing", "version":
		return true
	}
	return false
}

// opening is the token of the parenthesis that token i closes, -1 if there is none.
func (b *blamer) opening(i int) int {
	level := 0
	for ; i >= 0; i-- {
		switch b.at(i) {
		case ")":
			level++
		case "(":
			if level--; level == 0 {
				return i
			}
		}
	}
	return -1
}

// generated reports that the parenthesis that token i closes holds what a column is
// generated from.
func (b *blamer) generated(i int) bool {
	i = b.opening(i)
	return b.at(i-1) == "as" && b.at(i-2) == "always" && b.at(i-3) == "generated"
}

// fromEnds are the words that end a FROM clause on their level.
var fromEnds = wordSet(`where group having order limit offset fetch for union intersect except window returning set on when select values with`)

// goesOn are the words by which a query goes on after a part of it in parentheses.
var goesOn = wordSet(`union intersect except order limit offset fetch for`)

// nameless is the error about the first query in FROM before e that has no name, or about
// a table in parentheses, e if there is none.
func (b *blamer) nameless(e *pgerr.Error) *pgerr.Error {
	from := []bool{false} // by level: in a list of FROM
	for i := 0; i < len(b.tokens) && b.tokens[i].start < e.Position-1; i++ {
		n := len(from) - 1
		switch w := b.at(i); {
		case w == "from" && !b.fromOfCall(i, n) || w == "join" || w == "using" && b.at(0) != "create" && b.at(i+1) == "(" && b.begins(i+2):
			from[n] = true
		case fromEnds[w]:
			from[n] = w == "on" && from[n] // ON of a join
		case w == "(":
			if from[n] && b.item(i) {
				if x := b.unaliased(i, e); x != nil {
					return x
				}
			}
			from = append(from, from[n] && b.item(i) && !b.begins(i+1))
		case w == ")" && n > 0:
			from = from[:n]
		}
	}
	return e
}

// fromOfCall reports that FROM at token i belongs to a function's arguments, or IS DISTINCT.
func (b *blamer) fromOfCall(i, level int) bool {
	if b.at(i-1) == "distinct" && b.at(i-2) != "select" {
		return true
	}
	depth := 0
	for n := i - 1; n >= 0 && level > 0; n-- {
		switch b.at(n) {
		case ")":
			depth++
		case "(":
			if depth--; depth < 0 {
				switch b.at(n - 1) {
				case "extract", "trim", "substring", "overlay", "position":
					return true
				}
				return false
			}
		}
	}
	return false
}

// item reports that a table could begin with token i.
func (b *blamer) item(i int) bool {
	switch b.at(i - 1) {
	case "from", "join", "lateral", ",", "using", "(":
		return true
	}
	return false
}

// unaliased is the error about the parenthesis of FROM at token i, nil if there is none.
func (b *blamer) unaliased(i int, e *pgerr.Error) *pgerr.Error {
	end, closed := b.closing(i, len(b.tokens))
	if !closed || b.tokens[end].start >= e.Position-1 {
		return nil
	}
	first := b.innermost(i + 1)
	if !b.begins(first) {
		if b.at(i-1) == "using" {
			return nil
		}
		return b.unjoined(i+1, end)
	}
	next := b.at(end + 1)
	if b.at(i-1) == "(" && (next == ")" || goesOn[next]) {
		return nil // a part of a query that is in parentheses itself
	}
	if next == "as" || next != "" && (next[0] == '"' || identStart(next[0]) && !reserved(next)) {
		return nil
	}
	return noAlias(b.at(first) == "values").At(b.tokens[i].start)
}

// innermost is the token behind the parentheses at token i and after it that surround
// nothing but queries: they and the one before them are one query of FROM.
func (b *blamer) innermost(i int) int {
	for n := i; ; n++ {
		if b.at(n) != "(" {
			return n
		}
		end, closed := b.closing(n, len(b.tokens))
		if next := b.at(end + 1); !closed || next != ")" && !goesOn[next] {
			return i
		}
	}
}

// mayType refuses a keyword that is no type before a literal, and any type before a
// parameter, which the grammar takes for one.
func (c *conv) mayType(t *pgast.TypeCast) {
	if p := t.Arg.GetParamRef(); p != nil && t.TypeName.Location >= 0 && p.Location > t.TypeName.Location {
		panic(bail{missed(c.src, int(p.Location))})
	}
	k := t.Arg.GetAConst()
	if k == nil || len(t.TypeName.Names) != 1 || k.Location <= t.TypeName.Location || t.TypeName.Location < 0 {
		return
	}
	list := lexemes(c.src[t.TypeName.Location:k.Location])
	if len(list) == 0 {
		return
	}
	if w := strings.ToLower(list[0].of(c.src[t.TypeName.Location:])); columnWords[w] && !literalWords[w] && len(list) == 1 {
		panic(bail{missed(c.src, int(k.Location))})
	}
}

// mayName refuses a keyword that names no function where the current statement names one.
func (c *conv) mayName() {
	b := blamer{src: c.src[c.stmtPos:c.stmtEnd]}
	if b.tokens = lexemes(b.src); len(b.src) > longestBlamed {
		return
	}
	for i := range b.tokens {
		switch b.at(i - 1) {
		case "function", "procedure", "routine", "aggregate", "exists":
			if w := b.at(i); columnWords[w] && b.at(i+1) == "(" {
				panic(bail{missed(c.src, int(c.stmtPos)+b.tokens[i+1].start)})
			}
		}
	}
}

// refuseWord refuses a word of a clause, written after what is at loc.
func (c *conv) refuseWord(word string, loc int32) {
	rest := c.src[loc:]
	for i, t := range lexemes(rest) {
		if i > 0 && strings.EqualFold(t.of(rest), word) {
			panic(bail{missed(c.src, int(loc)+t.start)})
		}
	}
}

// eventTwice is the error about a trigger's event that is there already: of those that nothing
// else can follow, PostgreSQL knows before it has read on.
func eventTwice(query string, e *pgerr.Error) *pgerr.Error {
	list := lexemes(query[:max(e.Position-1, 0)])
	if len(list) == 0 {
		return e
	}
	switch last := list[len(list)-1]; strings.ToLower(last.of(query)) {
	case "insert", "delete", "truncate":
		out := syntaxError("duplicate trigger events specified at or near \"" + last.of(query) + "\"")
		return out.At(last.start)
	}
	return e
}

// unpartitioned is the error about the words after a strategy of partitioning that the
// grammar does not know, nil where they are as they should be.
func unpartitioned(query string, e *pgerr.Error) *pgerr.Error {
	if !strings.HasPrefix(e.Message, "unrecognized partitioning strategy") || len(query) > longestBlamed {
		return nil
	}
	b := blamer{src: query, tokens: lexemes(query)}
	for i := range b.tokens {
		switch w := b.at(i); {
		case b.at(i-1) != "by" || b.at(i-2) != "partition" || w == "list" || w == "range" || w == "hash":
		case b.at(i+1) != "(":
			return missed(query, b.tokens[i].end)
		}
	}
	return nil
}

// unjoined is the error about a table alone in parentheses, tokens from (of) to (not of),
// nil where something else is in them.
func (b *blamer) unjoined(from, to int) *pgerr.Error {
	for i := from; i < to; i++ {
		if w := b.at(i); w != "." && w != "as" && w[0] != '"' && (!identStart(w[0]) || reserved(w)) {
			return nil
		}
	}
	return missed(b.src, b.tokens[to].start)
}
