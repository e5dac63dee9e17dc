package session

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// triggerState is what a session knows of the triggers that are running.
type triggerState struct {
	changes executor.Changes
	// running is the trigger whose function runs, with its transition tables.
	running *executor.TriggerCall
}

// maxTriggerDepth bounds triggers that fire each other.
const maxTriggerDepth = 200

// TriggerDepth is pg_trigger_depth().
func (s *Session) TriggerDepth() int { return s.triggers.changes.Depth }

// replica reports session_replication_role = replica.
func (s *Session) replica() bool {
	v, _ := s.settings.get("session_replication_role")
	return v == "replica"
}

// callTrigger implements executor.CallTrigger.
func (s *Session) callTrigger(ctx context.Context, c *executor.TriggerCall) ([]types.Datum, error) {
	if s.TriggerDepth() >= maxTriggerDepth {
		return nil, pgerr.TooDeep()
	}
	s.triggers.changes.Depth++
	outer := s.triggers.running
	s.triggers.running = c
	defer func() {
		s.triggers.changes.Depth--
		s.triggers.running = outer
	}()
	if f := builtinTriggers[c.Trigger.Function]; f != nil {
		return f(s, c)
	}
	f, ok := s.Catalog().FunctionByID(c.Trigger.Function)
	if !ok {
		return nil, pgerr.NotSupported(-1, "the trigger function with OID %d is not supported", c.Trigger.Function)
	}
	return s.CallTrigger(ctx, f, s.triggerData(c))
}

// triggerData is a call as PL/pgSQL is told of it. Generated columns of a new row are
// computed after the triggers before it: NEW has NULLs there, as new rows have.
func (s *Session) triggerData(c *executor.TriggerCall) *TriggerCall {
	d := &TriggerCall{Table: c.Table, Old: c.Old, New: c.New, Name: c.Trigger.Name, When: "AFTER", Level: "STATEMENT", Args: c.Trigger.Args,
		Op: map[catalog.TriggerKind]string{catalog.TriggerInsert: "INSERT", catalog.TriggerDelete: "DELETE",
			catalog.TriggerUpdate: "UPDATE", catalog.TriggerTruncate: "TRUNCATE"}[c.Event]}
	if c.Trigger.Is(catalog.TriggerRow) {
		d.Level = "ROW"
	}
	switch {
	case c.Trigger.Is(catalog.TriggerInstead):
		d.When = "INSTEAD OF"
	case c.Trigger.Is(catalog.TriggerBefore):
		d.When = "BEFORE"
		if c.New == nil || c.Event != catalog.TriggerUpdate {
			break
		}
		d.New = slices.Clone(c.New)
		for i := range c.Table.Columns {
			if c.Table.Columns[i].Generated != 0 {
				d.New[i] = types.Null
			}
		}
	}
	return d
}
