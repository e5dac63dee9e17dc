package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
)

// COMMIT and ROLLBACK in procedures and DO blocks. They may end the transaction where
// nothing but such code is around them up to the client's own CALL or DO, and that is no part
// of a block. What is being run meanwhile keeps nothing of the transaction: loops have
// their rows, expressions get a new environment.

// ending is what a session knows of code that may end transactions.
type ending struct {
	// enter says that what is called next may.
	enter bool
	// portal is that of the client's CALL or DO, which goes on.
	portal *portal
	// traps are blocks with handlers around, writers loops over the rows of statements
	// that write.
	traps, writers int
	// count counts the ends.
	count int
}

// top notes that the client's own CALL or DO runs; the function that it returns ends that.
func (s *Session) top(p *portal) (back func()) {
	if p == nil || p.cursor || s.calls > 0 || s.tx.inBlock() {
		return func() {}
	}
	s.ending = ending{enter: true, portal: p, count: s.ending.count}
	return func() { s.ending = ending{count: s.ending.count} }
}

// mayFree reports that what the function calls may end transactions.
func (r *plRun) mayFree() bool { return !r.atomic && r.s.ending.traps == 0 }

// endTransaction is COMMIT and ROLLBACK.
func (r *plRun) endTransaction(ctx context.Context, x *plpgsql.Transaction) error {
	s, t := r.s, &r.s.tx
	not := func(message string) error { return pgerr.New(pgerrcode.InvalidTransactionTermination, message) }
	switch {
	case r.atomic:
		return not("invalid transaction termination")
	case s.ending.traps > 0 && x.Rollback:
		return not("cannot roll back while a subtransaction is active")
	case s.ending.traps > 0:
		return not("cannot commit while a subtransaction is active")
	case s.ending.writers > 0:
		return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "cannot perform transaction commands inside a cursor loop that is not read-only")
	}
	iso, readOnly, deferrable := t.isoName, t.readOnly, t.deferrable
	s.ending.count++
	r.known = false
	if x.Rollback {
		if err := s.readLoops(ctx); err != nil {
			return err
		}
		t.rollback()
	} else if _, err := t.commit(ctx); err != nil {
		return err
	}
	t.start()
	if x.Chain {
		return t.modes(&ast.TxnStmt{Isolation: iso, ReadOnly: &readOnly, Deferrable: &deferrable})
	}
	return t.open()
}
