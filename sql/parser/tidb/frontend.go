// Package tidb is the grammar of TiDB and MySQL as a parser.Frontend: pingcap's
// parser builds MySQL's raw tree and this package converts it to the neutral
// tree, one file a statement family. What MySQL does otherwise than PostgreSQL is
// written out here, in the tree, so that nothing below knows of a dialect. It must
// not know names, types, plans or execution, and nothing outside it may see a type
// of that library. A node that has no neutral form is an error 0A000 with its
// position, never a skip.
package tidb

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"github.com/pingcap/tidb/pkg/parser"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver" // the values of literals

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser/tidb/lateinit"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Frontend implements parser.Frontend. The zero value is ready and costs nothing
// before its first use.
type Frontend struct{}

// New returns the TiDB frontend.
func New() Frontend { return Frontend{} }

// parsers are reused: one holds a stack of some hundred kilobytes once it has
// read a large statement. The library is initialised before the first is made.
var parsers = sync.Pool{New: func() any {
	initialise()
	made.Add(1)
	return parser.New()
}}

var made atomic.Int64

// Made is how many of the library's parsers the process has made: none before the first
// statement of the dialect.
func Made() int64 { return made.Load() }

var initialise = sync.OnceFunc(func() {
	lateinit.Run()
	nameCharsets()
})

// Parse converts a query string of any number of statements. Errors are
// *pgerr.Error: 42601 for syntax errors at MySQL's position, 54001 for input
// nested too deep, 0A000 for syntax that has no neutral form.
func (f Frontend) Parse(query string) ([]ast.Parsed, error) {
	stmts, err := parse(query, &search{})
	if e, ok := pgerr.As(err); ok && e.Position > int(sought) {
		e.Position = f.Place(query, e.Position-1) + 1
	}
	return stmts, err
}

// parse is Parse, which may look for a place.
func parse(query string, names *search) (stmts []ast.Parsed, err error) {
	defer func() {
		if r := recover(); r != nil {
			stmts, err = nil, recovered(r)
		}
	}()
	if !utf8.ValidString(query) {
		return nil, pgerr.New(pgerrcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	if err := checkNesting(query); err != nil {
		return nil, err
	}
	if stmts, ok := parseRows(query, names); ok {
		return stmts, nil
	}
	list, perr := grammar(query)
	var cut cuts
	text := query
	if perr != nil {
		again, shorter, c, err := beyondGrammar(query)
		switch {
		case err == nil:
			list, perr, query, cut = again, nil, shorter, c
		case len(c.defaults) > 0 || len(c.aliases) > 0: // what stops it comes after them
			perr = err
		}
	}
	if perr != nil {
		return nil, grammarError(query, perr)
	}
	return convert(text, query, list, cut, names)
}

// grammar reads a text by the library's grammar.
func grammar(query string) ([]tast.StmtNode, error) {
	p := parsers.Get().(*parser.Parser)
	defer parsers.Put(p)
	p.Reset() // a parser that failed keeps its modes
	list, _, err := p.ParseSQL(query)
	return append([]tast.StmtNode(nil), list...), err // the list is the parser's own memory
}

// cuts is what the grammar has no rule for and was taken out of a text.
type cuts struct {
	into     []intoClause
	json     []*jsonTable
	defaults []openDefault
	views    []alteredView
	setvals  map[int]bool
	aliases  []rowAlias
	shown    []shownPart
	derived  []ast.Alias
}

// errNothingCut is that a text holds nothing of what the grammar has no rule for.
var errNothingCut = errors.New("nothing to take out")

// beyondGrammar reads a text that the grammar refuses without what it has no rule for; an
// error when that does not help. What is taken out leaves space: nothing changes its place.
func beyondGrammar(query string) (list []tast.StmtNode, shorter string, cut cuts, err error) {
	shorter = unnested(query)
	if work().MatchString(shorter) {
		shorter = withoutWork(shorter)
	}
	if treeFormat().MatchString(shorter) {
		shorter = treeFormat().ReplaceAllString(shorter, "${1}row ")
	}
	if lockTables().MatchString(shorter) {
		shorter = cutLockAliases(shorter)
	}
	if strings.Contains(fold(shorter), "view") {
		shorter, cut.views = cutViews(shorter)
	}
	if strings.Contains(fold(shorter), "json_table") {
		shorter, cut.json = cutJSONTables(shorter)
	}
	if strings.IndexByte(shorter, '@') >= 0 {
		shorter, cut.into = cutInto(shorter)
	}
	if strings.Contains(fold(shorter), "default") {
		shorter, cut.defaults = cutDefaults(shorter)
	}
	if strings.Contains(fold(shorter), "setval") {
		shorter, cut.setvals = cutSetvals(shorter)
	}
	shorter, cut.shown = cutShown(shorter)
	shorter, cut.derived = cutDerivedColumns(shorter)
	if strings.Contains(fold(shorter), "insert") {
		shorter, cut.aliases = cutRowAliases(shorter)
	}
	if shorter == query {
		return nil, query, cut, errNothingCut
	}
	if list, err = grammar(shorter); err == nil && !makeDefaults(query, list, cut.defaults) {
		return nil, query, cuts{}, errNothingCut
	}
	return list, shorter, cut, err
}

func convert(text, query string, list []tast.StmtNode, cut cuts, names *search) ([]ast.Parsed, error) {
	stmts := make([]ast.Parsed, 0, len(list))
	at := 0
	for _, n := range list {
		start, end := extent(query, n.OriginalText(), at)
		at = end
		c := &conv{src: query, text: text, stmtPos: ast.Pos(start), stmtEnd: end, ordered: true, names: names}
		c.jsonTables, c.setvals, c.rowAliases, c.derived = cut.json, cut.setvals, cut.aliases, cut.derived
		if strings.IndexByte(query[start:end], '?') >= 0 {
			c.numberMarkers(n)
		}
		if end-start <= placesMax {
			c.named = withNames(n)
		}
		stmt := c.stmt
		for i := range cut.views {
			if v := &cut.views[i]; v.query <= start && strings.TrimSpace(query[v.query:start]) == "" {
				start, c.stmtPos = v.at, ast.Pos(v.at)
				stmt = func(n tast.StmtNode) ast.Stmt { return c.alterView(v, n) }
			}
		}
		c.shown, cut.shown = shownOf(query, end, cut.shown)
		if into, rest := intoOf(query, end, cut.into); len(into) > 0 {
			cut.into = rest
			if len(into) > 1 {
				c.wrong(nil, "Misplaced INTO clause")
			}
			stmt = func(n tast.StmtNode) ast.Stmt { return c.intoVariables(n, into[0].names) }
		}
		converted := stmt(n)
		if len(c.before) > 0 {
			c.fail(nil, "assignment to a variable in this statement is not supported")
		}
		stmts = append(stmts, ast.Parsed{Stmt: converted, Start: start, End: end})
	}
	return stmts, nil
}

// extent finds a statement's text, which comes in order, without what surrounds it.
func extent(query, text string, from int) (start, end int) {
	text = strings.TrimSpace(text)
	i := strings.Index(query[from:], text)
	if i < 0 || text == "" {
		return from, len(query)
	}
	start = from + i
	end = start + len(strings.TrimRight(text, "; \t\r\n"))
	return start, max(start, end)
}

// markers collects the ? of a statement.
type markers struct{ list []*driver.ParamMarkerExpr }

func (m *markers) Enter(n tast.Node) (tast.Node, bool) {
	if p, ok := n.(*driver.ParamMarkerExpr); ok {
		m.list = append(m.list, p)
	}
	return n, false
}

func (m *markers) Leave(n tast.Node) (tast.Node, bool) { return n, true }

// numberMarkers numbers the ? in the order of the text.
func (c *conv) numberMarkers(n tast.StmtNode) {
	var m markers
	n.Accept(&m)
	sort.Slice(m.list, func(i, j int) bool { return m.list[i].Offset < m.list[j].Offset })
	for i, p := range m.list {
		p.SetOrder(i)
	}
	c.markers = len(m.list) > 0
}

// bail carries the first error of a conversion up to Parse.
type bail struct{ err *pgerr.Error }

func recovered(r any) error {
	if b, ok := r.(bail); ok {
		return b.err
	}
	if strings.Contains(fmt.Sprint(r), "MyDecimal") { // the library's literals hold 81 digits
		return pgerr.New(pgerrcode.NumericValueOutOfRange, "a number of so many digits is not supported")
	}
	return pgerr.Newf(pgerrcode.InternalError, "parser failed: %v", r)
}

// errorLabel finds what the library writes before its messages: a class and a number.
var errorLabel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\[\w+:\d+\]`) })

// grammarError gives the grammar's error its SQLSTATE and byte position: the
// library tells the rest of the text from the offending token on.
func grammarError(query string, err error) *pgerr.Error {
	msg := errorLabel().ReplaceAllString(err.Error(), "")
	_, rest, ok := strings.Cut(msg, `near "`)
	if !ok {
		if e := unknownCollation(query, msg); e != nil {
			return e
		}
		if _, name, ok := strings.Cut(msg, "Unknown character set: '"); ok {
			name = strings.TrimSuffix(name, "'")
			return pgerr.Newf(pgerrcode.SyntaxError, "Unknown character set: '%s'", name).At(max(strings.Index(query, name), 0))
		}
		return pgerr.New(pgerrcode.SyntaxError, msg)
	}
	at := restStart(query, rest)
	msg = strings.TrimSpace(rest[strings.LastIndexByte(rest, '"')+1:])
	if n := strings.LastIndexByte(msg, ')'); strings.HasPrefix(msg, "(total length") && n >= 0 {
		msg = strings.TrimSpace(msg[n+1:])
	}
	if name, start := unknownStatement(query, at); name != "" && msg == "" {
		return pgerr.NotSupported(start, "%s is not supported", name)
	}
	if name, start := unknownConstruct(query, at); name != "" && msg == "" {
		return pgerr.NotSupported(start, "%s is not supported", name)
	}
	if msg == "Only VECTOR is supported for now" { // read to its end
		return pgerr.NotSupported(max(strings.LastIndex(strings.ToLower(query[:at]), "vector"), 0), "vectors of DOUBLE are not supported")
	}
	if msg == "" {
		return syntaxErrorAt(query, at)
	}
	return pgerr.New(pgerrcode.SyntaxError, msg).At(at)
}

// syntaxErrorAt is the error about the word at an offset.
func syntaxErrorAt(query string, at int) *pgerr.Error {
	word := tokenAt(query, at)
	if word == "" {
		return pgerr.New(pgerrcode.SyntaxError, "syntax error at end of input").At(at)
	}
	return pgerr.Newf(pgerrcode.SyntaxError, "syntax error at or near \"%s\"", word).At(at)
}

// restStart is where the text begins that an error message quotes to its end, or
// of which it tells the length.
func restStart(query, rest string) int {
	const total = "(total length "
	if i := strings.LastIndex(rest, total); i >= 0 {
		var n int
		if _, err := fmt.Sscanf(rest[i+len(total):], "%d", &n); err == nil && n <= len(query) && n > 0 {
			return len(query) - n
		}
	}
	for i := strings.LastIndexByte(rest, '"'); i >= 0; i = strings.LastIndexByte(rest[:i], '"') {
		if strings.HasSuffix(query, rest[:i]) {
			return len(query) - i
		}
	}
	return len(query)
}

// tokenAt is the word, or else the character, at an offset.
func tokenAt(query string, at int) string {
	s := query[at:]
	n := 0
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	if n == 0 && s != "" {
		_, n = utf8.DecodeRuneInString(s)
	}
	return s[:n]
}

// conv converts one statement. It is used by one goroutine.
type conv struct {
	src     string
	text    string // src before anything was taken out of it
	stmtPos ast.Pos
	stmtEnd int // where the statement ends
	depth   int
	markers bool // the statement has ? as parameters
	// nested counts the selects around the present one: the names of the outermost
	// are the client's and keep their case.
	nested int
	// scope is what the clauses of the present select may call its targets.
	scope *scope
	// target is the table whose columns the unqualified names of an upsert mean.
	target string
	// sourced: they may mean columns of the query too that the rows are from, which the binder
	// finds out.
	sourced bool
	// adding: the expression is of a generated column that is added to a table.
	adding bool
	// assigned are the values that earlier assignments of an UPDATE gave columns.
	assigned map[string]ast.Expr
	updated  string // the table of that UPDATE
	// recursive: within a WITH RECURSIVE query.
	recursive bool
	stored    bool // what is converted is part of a definition
	viewed    bool // it is a view's query
	// ordered: the rows of the present query are computed one after the other; once: so is
	// what is converted, from the left to the right, so that variables may be assigned.
	ordered, once bool
	shown         *shownPart // see cutShown, nil = all
	assigns       bool       // one was assigned
	warnings      []string   // see block
	before        []ast.CTE  // what the present select reads before its rows: see assign.go
	queries       int        // how many of those have been named
	jsonTables    []*jsonTable
	setvals       map[int]bool // see cutSetvals
	rowAliases    []rowAlias
	derived       []ast.Alias // see cutDerivedColumns
	proposes      []string    // the columns of the row that is proposed, if that has a name
	proposesAny   bool        // they are all of the table
	names         *search
	named         tast.Node // the part of the statement whose names have places, nil = none
	places        *places   // where the names stand, as soon as one is looked for
}

// here is the position of the current statement.
func (c *conv) here() ast.At { return ast.At{Pos: c.stmtPos} }

// at is the position of an expression.
func (c *conv) at(n tast.Node) ast.At {
	if p := n.OriginTextPosition(); p > int(c.stmtPos) {
		return ast.At{Pos: ast.Pos(p)}
	}
	return c.here()
}

// fail aborts the conversion with 0A000; a nil node points at the statement.
func (c *conv) fail(n tast.Node, format string, args ...any) {
	at := c.here()
	if n != nil {
		at = c.at(n)
	}
	panic(bail{pgerr.NotSupported(int(at.Pos), format, args...)})
}

// wrong aborts the conversion with 42601.
func (c *conv) wrong(n tast.Node, format string, args ...any) {
	at := c.here()
	if n != nil {
		at = c.at(n)
	}
	panic(bail{pgerr.Newf(pgerrcode.SyntaxError, format, args...).At(int(at.Pos))})
}

// enter counts a level of the tree; each call is paired with leave.
func (c *conv) enter() {
	c.depth++
	if c.depth > maxTreeDepth {
		panic(bail{pgerr.TooDeep()})
	}
}

func (c *conv) leave() { c.depth-- }

// nodeName is what a node of the library is called, for errors.
func nodeName(n any) string {
	s := fmt.Sprintf("%T", n)
	return strings.TrimSuffix(strings.TrimPrefix(s[strings.LastIndexByte(s, '.')+1:], "*"), "Expr")
}
