package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/types"
)

// strength says how sure a collation is.
type strength uint8

const (
	none strength = iota
	implicit
	conflict // of two implicit ones
	explicit
)

// collation is what is known of an expression's collation. Of a conflict id and other
// are the two.
type collation struct {
	strength
	id, other     catalog.ID
	pos, otherPos ast.Pos
	// coercible: of a literal, or made of what is no text, which in MySQL yields to a column's.
	coercible bool
}

// merge adds what an argument says to what its siblings said (merge_collation_state).
func (a *collator) merge(to *collation, c collation) {
	switch {
	case c.strength > to.strength:
		*to = c
	case c.strength < to.strength:
	case c.strength == to.strength && (isMySQL(c.id) || isMySQL(to.id)):
		a.mergeMySQL(to, c)
	case c.strength == implicit && c.id == to.id:
		to.coercible = to.coercible && c.coercible
	case c.strength == implicit && c.id != to.id:
		switch {
		case to.id == collate.DefaultOID:
			*to = c
		case c.id != collate.DefaultOID:
			to.strength, to.other, to.otherPos = conflict, c.id, c.pos
		}
	case c.strength == explicit && c.id != to.id:
		a.fail(errAt(c.pos, pgerrcode.CollationMismatch, "collation mismatch between explicit collations \"%s\" and \"%s\"", a.name(to.id), a.name(c.id)))
	}
}

// mismatch is the error of a conflict that may not be. In MySQL such texts compare by bytes
// where nothing else is compared with them.
func (a *collator) mismatch(c collation) {
	if isMixed(c) {
		return
	}
	a.fail(errAt(c.otherPos, pgerrcode.CollationMismatch, "collation mismatch between implicit collations \"%s\" and \"%s\"", a.name(c.id), a.name(c.other)).
		WithHint("You can choose the collation by applying the COLLATE clause to one or both expressions."))
}

// result is the collation of a value of type t made of arguments with these collations.
func (a *collator) result(t types.T, in collation, pos ast.Pos) collation {
	own := typeCollation(t)
	switch {
	case own == 0:
		return collation{}
	case in.strength > none:
		return in
	}
	if a.b.connection != 0 && own == collate.DefaultOID {
		own = a.b.connection
	}
	return collation{strength: implicit, id: own, pos: pos, coercible: true}
}

// column is the collation of a reference to a column.
func (a *collator) column(id logical.ColID, pos ast.Pos) collation {
	info := &a.b.meta.Cols[id]
	switch own := typeCollation(info.T); {
	case own == 0 || info.Collation == logical.NoCollation:
		return collation{}
	case info.Collation != 0:
		return collation{strength: implicit, id: info.Collation, pos: pos, coercible: a.places[id].coercible}
	default:
		return collation{strength: implicit, id: own, pos: pos, coercible: a.places[id].coercible}
	}
}

// set says what a computed column's collation is.
func (a *collator) set(id logical.ColID, c collation) {
	info := &a.b.meta.Cols[id]
	switch {
	case info.Table != nil || typeCollation(info.T) == 0:
	case isMixed(c):
		info.Collation = mixedCollation()
	case c.strength == conflict || c.strength == none:
		info.Collation = logical.NoCollation
	default:
		info.Collation = c.id
	}
}

// copyColumns gives columns the collations of others.
func (a *collator) copyColumns(to, from []logical.ColID) {
	for i, id := range to {
		if i < len(from) {
			a.b.meta.Cols[id].Collation = a.b.meta.Cols[from[i]].Collation
			a.yields(id, a.places[from[i]])
		}
	}
}

// yields notes a column of literals alone.
func (a *collator) yields(id logical.ColID, c collation) {
	if c.coercible {
		a.places[id] = c
	}
}
