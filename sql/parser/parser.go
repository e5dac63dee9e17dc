// Package parser is the seam between SQL text and the neutral tree. It must not
// know names, types, plans or execution.
package parser

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Frontend is one dialect's grammar. It is safe for concurrent use. Errors are
// *pgerr.Error with a byte position (see pgerr.At).
type Frontend interface {
	// Parse converts a query string of any number of statements.
	Parse(query string) ([]ast.Parsed, error)
}

// Placer is a Frontend in whose trees some positions only stand for places that it looks for
// when somebody wants them. They are greater than the length of any text.
type Placer interface {
	Frontend
	// Place is the byte offset in the query that such a position of its trees stands for, −1
	// where it has none.
	Place(query string, pos int) int
}

// Escaper is a Frontend that reads backslashes in literals as settings say.
type Escaper interface {
	Frontend
	// ParseEscapes is Parse with the warnings about what was read, also beside an error.
	ParseEscapes(query string, e Escapes) (stmts []ast.Parsed, warnings []*pgerr.Error, err error)
}

// Escapes are the settings about backslashes. Parse reads as {Standard: true}.
type Escapes struct {
	Standard bool // standard_conforming_strings: in '…' a backslash is one
	Warn     bool // escape_string_warning: of escapes elsewhere than in E'…'
	NoQuotes bool // backslash_quote, for the client's encoding: \' is no quote
}
