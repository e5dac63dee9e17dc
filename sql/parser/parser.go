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
