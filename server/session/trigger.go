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
	depth   int
	changes executor.Changes
}

// maxTriggerDepth bounds triggers that fire each other.
const maxTriggerDepth = 200

// TriggerDepth is pg_trigger_depth().
func (s *Session) TriggerDepth() int { return s.triggers.depth }

// replica reports session_replication_role = replica.
func (s *Session) replica() bool {
	v, _ := s.settings.get("session_replication_role")
	return v == "replica"
}

// callTrigger implements executor.CallTrigger.
func (s *Session) callTrigger(ctx context.Context, c *executor.TriggerCall) ([]types.Datum, error) {
	if s.triggers.depth >= maxTriggerDepth {
		return nil, pgerr.New(pgerrcode.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")
	}
	s.triggers.depth++
	defer func() { s.triggers.depth-- }()
	if f := builtinTriggers[c.Trigger.Function]; f != nil {
		return f(s, c)
	}
	return nil, s.notTriggerFunction(c.Trigger.Function)
}

// notTriggerFunction is the answer to a function that cannot be called.
func (s *Session) notTriggerFunction(id catalog.ID) error {
	return pgerr.NotSupported(-1, "the trigger function with OID %d is not supported", id)
}
