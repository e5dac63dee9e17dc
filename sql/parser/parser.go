// Package parser is the seam between SQL text and the neutral tree. It must not
// know names, types, plans or execution.
package parser

import "github.com/loxodb/loxodb/sql/ast"

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
