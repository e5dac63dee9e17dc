// Package pg is PostgreSQL's grammar as a parser.Frontend: oliphant (the
// grammar in pure Go) builds PostgreSQL's raw parse tree and this package
// converts it to the neutral tree, one file a statement family. It must not
// know names, types, plans or execution, and nothing outside it may see an
// oliphant type. A node or field that has no neutral form is an error 0A000
// with its position, never a skip.
package pg

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"github.com/sqlc-dev/oliphant/parser"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Frontend implements parser.Frontend. The zero value is ready.
type Frontend struct{}

// New returns the PostgreSQL frontend.
func New() Frontend { return Frontend{} }

// Parse converts a query string of any number of statements. An empty string,
// or only comments and semicolons, gives no statements. Errors are
// *pgerr.Error: 42601 for syntax errors in PostgreSQL's words, 54001 for input
// nested too deep, 0A000 for syntax that has no neutral form.
func (Frontend) Parse(query string) (stmts []ast.Parsed, err error) {
	defer func() {
		if r := recover(); r != nil {
			stmts, err = nil, recovered(r)
		}
	}()
	if err := checkNesting(query); err != nil {
		return nil, err
	}
	if n, ok := pgerr.As(checkNumbers(query)); ok {
		return nil, blame(query, n)
	}
	tree, perr := parser.ParseToTree(query)
	if perr != nil {
		e := grammarError(query, perr)
		if x := unpartitioned(query, e); x != nil {
			return nil, x
		}
		if x := notUnique(query, e); x != nil {
			return nil, x
		}
		again := doubled(query, e)
		if again == "" {
			again = labelled(query, e)
		}
		if again == "" {
			again = joined(query, e)
		}
		if again == "" {
			return nil, blame(query, e)
		}
		if tree, perr = parser.ParseToTree(again); perr != nil {
			if next := grammarError(again, perr); next.Position > len(query) {
				return nil, missed(query, len(query))
			} else if next.Position > e.Position {
				return nil, blame(again, next)
			}
			return nil, blame(query, e)
		}
	}
	c := &conv{src: query}
	stmts = make([]ast.Parsed, 0, len(tree.Stmts))
	for _, raw := range tree.Stmts {
		start := int(raw.StmtLocation)
		end := start + int(raw.StmtLen)
		if raw.StmtLen == 0 || end > len(query) {
			end = len(query)
		}
		for start < end && isSpace(query[start]) {
			start++
		}
		c.stmtPos, c.stmtEnd = ast.Pos(start), end
		stmts = append(stmts, ast.Parsed{Stmt: c.stmt(raw.Stmt), Start: start, End: end})
	}
	return stmts, nil
}

// ParseExpr converts one scalar expression, as stored for defaults, checks and
// index predicates. Positions count from the start of text.
func ParseExpr(text string) (ast.Expr, error) {
	const prefix = "SELECT "
	stmts, err := New().Parse(prefix + text)
	if err != nil {
		if e, ok := pgerr.As(err); ok && e.Position > len(prefix) {
			e.Position -= len(prefix)
		}
		return nil, err
	}
	if len(stmts) == 1 {
		sel, ok := stmts[0].Stmt.(*ast.Select)
		if ok && isBareTarget(sel) {
			return sel.Targets[0].Expr, nil
		}
	}
	return nil, pgerr.Newf(pgerrcode.SyntaxError, "invalid expression: %s", text)
}

// isBareTarget reports SELECT with exactly one unnamed target and nothing else.
func isBareTarget(s *ast.Select) bool {
	return len(s.Targets) == 1 && s.Targets[0].Name == "" && s.From == nil && s.Where == nil &&
		s.GroupBy == nil && s.Having == nil && s.Windows == nil && s.SetOp == ast.SetNone &&
		s.OrderBy == nil && s.Limit == nil && s.Offset == nil && s.Locking == nil && !s.Distinct && s.DistinctOn == nil
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// bail carries the first error of a conversion up to Parse: threading error
// returns through every node would bury the grammar.
type bail struct{ err *pgerr.Error }

// recovered turns a panic of the parser or the converter into an error.
func recovered(r any) error {
	if b, ok := r.(bail); ok {
		return b.err
	}
	return pgerr.Newf(pgerrcode.InternalError, "parser failed: %v", r)
}

// grammarError gives oliphant's error its SQLSTATE and byte position.
func grammarError(query string, err error) *pgerr.Error {
	var pe *parser.Error
	if !errors.As(err, &pe) {
		// The tree could not be encoded: the only cause is a byte that is not UTF-8.
		return pgerr.New(pgerrcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"").WithCause(err)
	}
	e := pgerr.New(grammarCode(pe.Message), pe.Message)
	if hint, ok := grammarHints[pe.Message]; ok {
		e.Hint = hint
	} else if strings.HasPrefix(pe.Message, "unrecognized row security option") {
		e.Hint = "Only PERMISSIVE or RESTRICTIVE policies are supported currently."
	}
	if pe.Cursorpos > 0 && !placeless[pe.Message] && !strings.HasPrefix(pe.Message, "unrecognized partitioning strategy") {
		e.Position = byteOffset(query, pe.Cursorpos-1) + 1
	}
	if strings.HasPrefix(pe.Message, "duplicate trigger events") {
		return eventTwice(query, e)
	}
	if pe.Message == "invalid Unicode escape" && unicodeLiteral(query, e.Position-1) {
		e.Code, e.Hint = pgerrcode.SyntaxError, `Unicode escapes must be \XXXX or \+XXXXXX.`
	}
	return e
}

// parseable is the grammar's error about a text, as it is.
func parseable(text string) error {
	if _, err := parser.ParseToTree(text); err != nil {
		return grammarError(text, err)
	}
	return nil
}

func syntaxError(msg string) *pgerr.Error { return pgerr.New(pgerrcode.SyntaxError, msg) }

// byteOffset turns a count of characters into one of bytes.
func byteOffset(s string, chars int) int {
	at := 0
	for ; chars > 0 && at < len(s); chars-- {
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return at
}

// grammarCodes maps the grammar's messages, by how they begin, to the SQLSTATE
// that PostgreSQL's scan.l and gram.y raise them with; all others are 42601.
var grammarCodes = []struct{ prefix, code string }{
	{"syntax error", pgerrcode.SyntaxError},
	{"invalid byte sequence", pgerrcode.CharacterNotInRepertoire},
	{"invalid Unicode escape value", pgerrcode.SyntaxError},
	{"invalid Unicode surrogate pair", pgerrcode.SyntaxError},
	{"invalid Unicode escape character", pgerrcode.SyntaxError},
	{"invalid Unicode escape", pgerrcode.InvalidEscapeSequence},
	{"unsafe use of", pgerrcode.NonstandardUseOfEscapeCharacter},
	{"frame start", pgerrcode.WindowingError},
	{"frame end", pgerrcode.WindowingError},
	{"frame starting", pgerrcode.WindowingError},
	{"precision for type float", pgerrcode.InvalidParameterValue},
	{"column number must be", pgerrcode.InvalidParameterValue},
	{"role name \"", pgerrcode.ReservedName},
	{"SESSION_USER cannot", pgerrcode.ReservedName},
	{"CURRENT_USER cannot", pgerrcode.ReservedName},
	{"CURRENT_ROLE cannot", pgerrcode.ReservedName},
	{"aggregates cannot have output", pgerrcode.FeatureNotSupported},
	{"a column list with SET", pgerrcode.FeatureNotSupported},
	{"current database cannot", pgerrcode.FeatureNotSupported},
	{"CREATE SCHEMA IF NOT EXISTS cannot", pgerrcode.FeatureNotSupported},
	{"unrecognized JSON encoding", pgerrcode.InvalidParameterValue},
	{"unrecognized partitioning strategy", pgerrcode.InvalidParameterValue},
}

func grammarCode(msg string) string {
	for _, g := range grammarCodes {
		if strings.HasPrefix(msg, g.prefix) {
			return g.code
		}
	}
	for _, s := range []string{"not yet implemented", "is not implemented", "cannot be marked",
		"no longer supported", "are not supported", "not supported on", "is not supported"} {
		if strings.Contains(msg, s) && !strings.HasPrefix(msg, "LIMIT #") {
			return pgerrcode.FeatureNotSupported
		}
	}
	return pgerrcode.SyntaxError
}

// grammarHints are PostgreSQL's hints to the grammar's own messages.
var grammarHints = map[string]string{
	"invalid Unicode escape":                `Unicode escapes must be \uXXXX or \UXXXXXXXX.`,
	"unsafe use of \\' in a string literal": `Use '' to write quotes in strings. \' is insecure in client-only encodings.`,
	"LIMIT #,# syntax is not supported":     "Use separate LIMIT and OFFSET clauses.",
	"missing argument":                      "Use NONE to denote the missing argument of a unary operator.",
}

// placeless are messages that PostgreSQL gives without a place.
var placeless = map[string]bool{"SKIP LOCKED and WITH TIES options cannot be used together": true, "WITH TIES cannot be specified without ORDER BY clause": true,
	"EXCLUDE constraints cannot be marked NOT VALID": true}

// conv converts one parse tree. It is used by one goroutine for one query.
type conv struct {
	src     string
	stmtPos ast.Pos
	stmtEnd int // the offset after the current statement
	depth   int
}

// at wraps an oliphant byte location.
func at(loc int32) ast.At { return ast.At{Pos: ast.Pos(loc)} }

// here is the position of the current statement.
func (c *conv) here() ast.At { return ast.At{Pos: c.stmtPos} }

// fail aborts the conversion with 0A000 at loc, −1 for unknown.
func (c *conv) fail(loc int32, format string, args ...any) {
	panic(bail{pgerr.NotSupported(int(loc), format, args...)})
}

// syntax aborts the conversion with 42601.
func (c *conv) syntax(loc int32, format string, args ...any) {
	panic(bail{pgerr.New(pgerrcode.SyntaxError, fmt.Sprintf(format, args...)).At(int(loc))})
}

// enter counts a level of the tree; each call is paired with leave.
func (c *conv) enter() {
	c.depth++
	if c.depth > maxTreeDepth {
		panic(bail{pgerr.TooDeep()})
	}
}

func (c *conv) leave() { c.depth-- }
