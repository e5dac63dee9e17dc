package session

import (
	"context"

	"github.com/jackc/pgerrcode"

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
	// user calls a function that a user has made.
	user func(ctx context.Context, f *catalog.Function, c *executor.TriggerCall) ([]types.Datum, error)
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
		return nil, pgerr.New(pgerrcode.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")
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
	if s.triggers.user == nil {
		return nil, pgerr.NotSupported(-1, "functions in language %s are not supported", f.Language)
	}
	return s.triggers.user(ctx, f, c)
}
