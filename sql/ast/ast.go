// Package ast is the one neutral syntax tree that every dialect's grammar is
// converted to. It holds what was written, with byte positions; it must not
// know names, types, plans or any parser.
package ast

// Pos is a 0-based byte offset in the query text; −1 when unknown, and beyond every text where
// only a parser.Placer knows it.
type Pos int32

// NoPos is an unknown position.
const NoPos Pos = -1

// Node is any piece of the tree.
type Node interface{ Position() Pos }

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
}

// Expr is a scalar expression as written.
type Expr interface {
	Node
	expr()
}

// TableExpr is an item of FROM.
type TableExpr interface {
	Node
	tableExpr()
}

// Parsed is one statement of a query string, with its extent in bytes.
type Parsed struct {
	Stmt       Stmt
	Start, End int
}

// At carries a node's position; embedded in every node.
type At struct{ Pos Pos }

// Position is where the node starts, or the place PostgreSQL would point at.
func (a At) Position() Pos { return a.Pos }

// QName is a possibly qualified name of a relation, type or function.
type QName struct {
	At
	Catalog, Schema, Name string
}

// TypeName is a type as written: pg_catalog.int4, varchar(10), text[].
type TypeName struct {
	At
	Name      QName // grammar aliases are already resolved: int → pg_catalog.int4
	Mods      []Expr
	ArrayDims []int // one entry a dimension; −1 = unspecified bound
	SetOf     bool
	PctType   bool  // name%TYPE
	Interval  int32 // interval field mask (INTERVAL YEAR TO MONTH), 0 = none
	// Input says of an argument by which a routine is named that modes were written in its list,
	// so that it is one of the input arguments, not of all.
	Input bool
}
