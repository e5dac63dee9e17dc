package executor

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// takes reports a statement of which the session remembers the AUTO_INCREMENT values.
func (u *upsert) takes() bool { return u.auto > 0 && u.env.Session != nil }

// Next tells the session, once all rows are written, which values were stored.
func (u *upsert) Next(ctx context.Context) (*batch.Batch, error) {
	first := !u.done
	b, err := u.modify.Next(ctx)
	if first && u.takes() {
		u.storedRow(types.Null)
		u.env.Session.EndStoring()
	}
	return b, err
}

// storedRow notes the AUTO_INCREMENT value of a row that was stored, and tells of the one before:
// it stays, now that another row comes.
func (u *upsert) storedRow(v types.Datum) {
	if !u.takes() {
		return
	}
	if !u.stored.IsNull() {
		u.env.Session.Stored(u.stored.Int())
	}
	u.stored = v
}
