package session

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// outcome is what MySQL's sessions remember of their last statement: what it had to
// say, and how many rows it changed and found. It is kept in that dialect only.
type outcome struct {
	messages []message
	// stale: the messages are those of an earlier statement, and go with the first of
	// the running one.
	stale   bool
	changed int64 // rows; −1 after a query
	written int64 // rows that the statement has changed
	found   int64
	noted   bool // found was told by the statement itself
}

// message is a warning or error.
type message struct {
	Level string `json:"level"`
	State string `json:"state"`
	Text  string `json:"message"`
}

// maxMessages bounds what is kept of one statement.
const maxMessages = 1024

// mysql reports the session's dialect.
func (s *Session) mysql() bool { return s.settings.mysql }

// beginOutcome readies the memory for a statement.
func (s *Session) beginOutcome() { s.outcome.stale, s.outcome.noted = true, false }

// remember keeps a message.
func (s *Session) remember(e *pgerr.Error, level string) {
	o := &s.outcome
	if o.stale {
		o.messages, o.stale = nil, false
	}
	if len(o.messages) < maxMessages {
		o.messages = append(o.messages, message{level, e.Code, e.Message})
	}
}

// endOutcome takes the counts of a statement that has ended. As in MySQL, one without
// tables and messages leaves the messages before it.
func (s *Session) endOutcome(p *portal, rows int64) {
	o := &s.outcome
	if o.stale && usesTables(p.stmt) {
		o.messages = nil
	}
	o.stale = false
	o.changed = 0
	switch {
	case p.columns != nil:
		o.changed = -1
		if !o.noted {
			o.found = rows
		}
	case p.stmt.plan != nil:
		o.changed = o.written
	default: // CREATE TABLE … SELECT
		if n, ok := strings.CutPrefix(p.tag, "SELECT "); ok {
			o.changed, _ = strconv.ParseInt(n, 10, 64)
		}
	}
	o.noted = false
}

// outcomeFact answers builtin.Session's Engine for the facts of the last statement; ok
// is false for other facts.
func (s *Session) outcomeFact(fact string, args []string) (v string, ok bool) {
	o := &s.outcome
	switch fact {
	case "messages":
		list, _ := json.Marshal(append([]message{}, o.messages...))
		return string(list), true
	case "changed_rows":
		return fmt.Sprint(o.changed), true
	case "found_rows":
		return fmt.Sprint(o.found), true
	case "note_found_rows":
		o.found, _ = strconv.ParseInt(args[0], 10, 64)
		o.noted = true
		return "", true
	case "autocommit":
		if s.manual {
			return "0", true
		}
		return "1", true
	}
	return "", false
}

// usesTables reports a statement that reads or changes more than the session.
func usesTables(p *prepared) bool {
	if p.plan != nil {
		return len(p.plan.Tables) > 0 || !p.plan.ReadOnly
	}
	return touches(p.stmt)
}

func touches(st ast.Stmt) bool {
	switch x := st.(type) {
	case nil, *ast.TxnStmt, *ast.Set, *ast.Show, *ast.Use, *ast.AutoCommit, *ast.Prepare, *ast.Deallocate, *ast.CloseCursor, *ast.Listen, *ast.Discard, *ast.Load:
		return false
	case *ast.Block:
		for _, inner := range x.Stmts {
			if touches(inner) {
				return true
			}
		}
		return false
	}
	return true
}

// autoBegin opens the transaction that a statement begins where autocommit is off. A
// definition ends it, as definitions do in MySQL.
func (s *Session) autoBegin(p *prepared) error {
	if !s.manual || !usesTables(p) {
		return nil
	}
	if !s.tx.block {
		if err := s.tx.begin(nil); err != nil {
			return err
		}
		s.tx.auto = true
	}
	if s.tx.auto && p.plan == nil && defines(p.stmt) {
		s.tx.now = true
	}
	return nil
}

// defines reports a statement that changes the catalog.
func defines(st ast.Stmt) bool {
	switch x := st.(type) {
	case *ast.Copy, *ast.Explain, *ast.Execute, *ast.Declare, *ast.Fetch, *ast.LockTable, *ast.SetConstraints, *ast.Checkpoint, *ast.Load, *ast.SecurityLabel, *ast.Maintenance:
		return false
	case *ast.Block:
		for _, inner := range x.Stmts {
			if defines(inner) {
				return true
			}
		}
		return false
	}
	return touches(st)
}

// autoCommit is SET autocommit: on ends the transaction that off has opened.
func (s *Session) autoCommit(ctx context.Context, st *ast.AutoCommit) error {
	if st.On && s.manual && s.tx.block {
		if _, err := s.tx.commit(ctx); err != nil {
			return err
		}
	}
	s.manual = !st.On
	return nil
}
