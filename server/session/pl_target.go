package session

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
)

// assignable refuses targets in constants; the target is known.
func (b *plBody) assignable(sc *plScope, t plpgsql.Target) error {
	if slot, _, ok := sc.find(t.Parts); ok && b.vars[slot].constant {
		return pgerr.Newf(pgerrcode.ErrorInAssignment, "variable \"%s\" is declared CONSTANT", b.vars[slot].name).At(t.Pos)
	}
	return nil
}

// wholeRecord reports a target that is a variable with fields as a whole.
func (b *plBody) wholeRecord(sc *plScope, t plpgsql.Target) bool {
	slot, rest, ok := sc.find(t.Parts)
	return ok && len(rest) == 0 && b.vars[slot].record
}

// scalarTarget checks a target that one value goes to.
func (b *plBody) scalarTarget(t plpgsql.Target, sc *plScope, known func(...plpgsql.Target) error) error {
	if err := known(t); err != nil {
		return err
	}
	if b.wholeRecord(sc, t) {
		return pgerr.Newf(pgerrcode.SyntaxError, "\"%s\" is not a scalar variable", t.Parts[len(t.Parts)-1]).At(t.Pos)
	}
	return b.assignable(sc, t)
}

// intoTargets checks the list behind INTO: one variable with fields, or values.
func (b *plBody) intoTargets(list []plpgsql.Target, sc *plScope, known func(...plpgsql.Target) error) error {
	for i, t := range list {
		if i > 0 || !b.wholeRecord(sc, t) {
			if err := b.scalarTarget(t, sc, known); err != nil {
				return err
			}
			continue
		}
		if err := b.assignable(sc, t); err != nil {
			return err
		}
		if len(list) > 1 {
			return pgerr.New(pgerrcode.SyntaxError, "record variable cannot be part of multiple-item INTO list").At(b.comma(t))
		}
	}
	return nil
}

// loopTargets checks the targets of a loop over rows or elements; only values stand in lists.
func (b *plBody) loopTargets(list []plpgsql.Target, sc *plScope, known func(...plpgsql.Target) error) error {
	if len(list) == 1 {
		if err := known(list...); err != nil {
			return err
		}
		return b.assignable(sc, list[0])
	}
	if b.wholeRecord(sc, list[0]) {
		return pgerr.New(pgerrcode.SyntaxError, "syntax error at or near \",\"").At(b.comma(list[0]))
	}
	return b.intoTargets(list, sc, known)
}

// comma is the place of the comma behind a target.
func (b *plBody) comma(t plpgsql.Target) int {
	return t.Pos + max(0, strings.IndexByte(b.fn.Body[t.Pos:], ','))
}
