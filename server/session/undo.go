package session

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// An error within a transaction ends it in PostgreSQL. In MySQL it undoes the statement
// alone, and so it does here in that dialect: each statement of a block has a savepoint
// of its own.

// markStatement sets that savepoint.
func (t *txState) markStatement(ctx context.Context) error {
	t.statement = nil
	if !t.block || t.failed {
		return nil
	}
	if err := t.ensure(ctx); err != nil {
		return err
	}
	p := t.here("")
	t.statement = &p
	return nil
}

// undoStatement takes a failed statement back, if it can: a deadlock or a conflict ends
// the transaction in MySQL, too.
func (t *txState) undoStatement(err error) bool {
	if code := pgerr.Code(err); len(code) > 2 && code[:2] == "40" {
		return false
	}
	p := t.statement
	t.statement = nil
	if p == nil { // it was not begun
		return true
	}
	return t.backTo(p) == nil
}

// failed records the error that a statement ended with; nil when it has been recorded.
func (s *Session) failed(err error) {
	_ = s.complain(err)
	if errors.Is(err, kv.ErrDeadlock) {
		s.db.usage.Deadlocks.Add(1)
	}
	if s.tx.block && !s.tx.failed && s.mysql() && s.tx.undoStatement(err) {
		return
	}
	s.tx.fail()
}

// complain remembers an error for SHOW ERRORS and returns it.
func (s *Session) complain(err error) error {
	if err == nil || !s.mysql() {
		return err
	}
	if e, ok := pgerr.As(err); ok {
		s.outcome.stale = true // an error is all that its statement has to say
		s.remember(e, "Error")
		s.outcome.changed = -1
	}
	return err
}

// begins readies the transaction for a statement.
func (s *Session) begins(ctx context.Context, p *portal) error {
	if !s.mysql() {
		return s.tx.open()
	}
	s.beginOutcome()
	if err := s.autoBegin(p.stmt); err != nil {
		return err
	}
	if err := s.tx.open(); err != nil {
		return err
	}
	if s.next != nil && !s.tx.block && usesTables(p.stmt) { // a transaction of one statement
		next := s.next
		s.next = nil
		if err := s.tx.modes(next); err != nil {
			return err
		}
	}
	if s.tx.txn == nil && !usesTables(p.stmt) { // nothing to undo, and it may yet choose the isolation
		s.tx.statement = nil
		return nil
	}
	return s.tx.markStatement(ctx)
}

// ended is called when a statement has given its last row.
func (s *Session) ended(p *portal) {
	if s.tx.statement = nil; s.mysql() {
		s.endOutcome(p, p.count)
	}
}
