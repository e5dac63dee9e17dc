package session

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
)

// mayFreeze asks of COPY … FREEZE what PostgreSQL asks, though rows have no age here: the
// table or its storage is new since the last savepoint, so that nobody else sees its rows.
func (s *Session) mayFreeze(t *catalog.Table) error {
	if t.IsPartitioned() {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot perform COPY FREEZE on a partitioned table")
	}
	var before *catalog.Snapshot
	if n := len(s.tx.saves); n > 0 {
		before = s.tx.saves[n-1].catalog
	}
	if before == nil || !catalogstore.Uncommitted(before.Version) {
		before = s.sharedCatalog()
		if t.Temp {
			before = s.withTemp(before)
		}
	}
	if was, ok := before.TableByID(t.ID); ok && was.Storage == t.Storage {
		return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState,
			"cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction")
	}
	return nil
}
