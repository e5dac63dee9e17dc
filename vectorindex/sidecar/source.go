package sidecar

import (
	"context"

	"github.com/loxodb/loxodb/vectorindex"
)

// Delta is the state of one row's vector after a change.
type Delta struct {
	Row vectorindex.RowID
	// Epoch is the row's vector epoch after the change. A row and an epoch name one
	// vector for ever: an epoch must never come back with another vector while the
	// index may hold an entry of it, not even after DELETE and INSERT of one key.
	Epoch uint32
	// Vec is the vector, as Spec.Space has them; nil when the row is gone or its
	// vector is NULL. It is borrowed: the callee copies what it keeps.
	Vec []byte
	// Payload is what the entry carries beside the vector, borrowed likewise. It is empty
	// unless Spec.Payloads, and as much named by row and epoch as the vector is.
	Payload []byte
}

// Mark names an outbox mark: the transaction that changed the row's vector wrote
// it together with the row, and it is deleted when a durable segment covers it.
type Mark struct {
	Row   vectorindex.RowID
	Epoch uint32
}

// Source is what a live index needs from storage. storage/feed implements it;
// tests use a model in memory. All methods are safe for concurrent use.
type Source interface {
	// Pending calls each for every outbox mark visible at asOf, with the present
	// state at asOf of the mark's row. Several marks of one row give several calls
	// with the same state. The Delta's Vec is borrowed until each returns.
	Pending(ctx context.Context, asOf uint64, each func(Mark, Delta) error) error
	// Seal commits in ONE transaction, durably: it deletes the given marks (those
	// that do not exist are ignored) and replaces the manifest. An error means that
	// nothing was committed or that it is not known; the index asks Manifest then.
	Seal(ctx context.Context, done []Mark, m Manifest) (commitTS uint64, err error)
	// Manifest returns the newest committed manifest; the zero Manifest when none was.
	Manifest(ctx context.Context) (Manifest, error)
	// Now returns a timestamp at which every acknowledged commit is visible.
	Now(ctx context.Context) (uint64, error)
}
