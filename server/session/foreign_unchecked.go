package session

import (
	"context"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// keysUnchecked reports MySQL's foreign_key_checks = 0: the session's statements neither look
// at foreign keys nor act on them.
func (s *Session) keysUnchecked() bool { return s.settings.mysql && s.settings.keysUnchecked }

// doubtKey notes in the catalog, within the transaction, that a row was written past a foreign
// key of the table.
func (s *Session) doubtKey(ctx context.Context, child *catalog.Table, con *catalog.Constraint) error {
	return s.defineEnv(ctx).Doubt(ctx, child.ID, con.ID)
}

// switchedOff reports a value of one of MySQL's switches.
func switchedOff(v string) bool {
	return v == "0" || strings.EqualFold(v, "off") || strings.EqualFold(v, "false")
}
