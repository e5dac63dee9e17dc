package table

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// OutdatedError is an ErrRestart of OwnTable: rows of the table may have been
// committed after the view. The caller rolls the statement back, calls OwnAhead
// and runs the statement again; the lock then keeps the view up to date.
type OutdatedError struct{ Table catalog.ID }

func (e *OutdatedError) Error() string { return ErrRestart.Error() }

// Unwrap makes it an ErrRestart, and a conflict where nobody can restart.
func (e *OutdatedError) Unwrap() error { return ErrRestart }

// OwnTable takes the table's lock exclusively, for a change that reads all rows, which
// are kept in storage: those of the writers that it waited for must be in the view. At
// REPEATABLE READ a view that is older than the last of them ends in ErrRestart, which
// nobody can heal.
func (t *Txn) OwnTable(ctx context.Context, id, storage catalog.ID) error {
	if err := t.LockTable(ctx, id, kv.Exclusive); err != nil {
		return err
	}
	if _, ok := t.owned[id]; ok {
		return nil
	}
	old, err := t.outdated(ctx, storage)
	if err != nil {
		return err
	}
	if old {
		return &OutdatedError{id}
	}
	t.own(id)
	return nil
}

// outdated reports that the view may lack rows. Where changes are not counted anything
// that was committed meanwhile may have been one.
func (t *Txn) outdated(ctx context.Context, storage catalog.ID) (bool, error) {
	if t.activity != nil && storage != 0 {
		return t.activity.changedSince(storage, t.At()), nil
	}
	now, err := t.engine.Now(ctx)
	return now != t.At(), err
}

// OwnAhead takes the lock and moves the view, between two runs of a statement.
func (t *Txn) OwnAhead(ctx context.Context, id catalog.ID) error {
	mark := t.Savepoint()
	if _, err := t.Lock(ctx, keys.AppendID(nil, keys.Lock, id), kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	if err := t.Refresh(ctx); err != nil {
		return err
	}
	t.owned[id] = mark.kv
	return nil
}

// own notes that nobody else can change the table's rows: its lock is held
// exclusively, from the position that the note carries.
func (t *Txn) own(id catalog.ID) {
	if _, ok := t.owned[id]; !ok {
		t.owned[id] = t.Txn.Mark()
	}
}

// disown forgets what a rollback gives back.
func (t *Txn) disown(m kv.Mark) {
	for id, at := range t.owned {
		if at >= m {
			delete(t.owned, id)
		}
	}
}
