// Package kv is the transactional key-value contract that everything above
// storage is written against. It knows bytes, timestamps and locks; it must not
// know SQL, tables, vectors, or which engine keeps the bytes.
//
// Versions stay below this line: an engine on a plain ordered store implements
// multi-version concurrency itself, a distributed engine brings its own.
package kv

import (
	"context"
	"errors"
)

// TS is a commit or read timestamp: totally ordered, never zero for committed
// data, drawn from a hybrid logical clock (wall microseconds << 12 | counter),
// so it can be turned back into a time for AS OF reads.
type TS uint64

// The errors that an engine may return, to be tested with errors.Is. All others
// are I/O or programming errors.
var (
	// ErrConflict: another transaction committed a newer version of a locked or
	// written key after this transaction's snapshot (SQLSTATE 40001).
	ErrConflict = errors.New("kv: write conflict with a newer commit")
	// ErrLocked: a lock is held by another transaction and the caller asked not
	// to wait (SQLSTATE 55P03).
	ErrLocked = errors.New("kv: key is locked by another transaction")
	// ErrDeadlock: waiting would close a cycle of waiting transactions; this
	// transaction was chosen to give way (SQLSTATE 40P01).
	ErrDeadlock = errors.New("kv: deadlock detected")
	// ErrUndetermined: the commit may or may not have happened.
	ErrUndetermined = errors.New("kv: the result of the commit is unknown")
	// ErrTooLarge: a key or value exceeds the engine's limit (SQLSTATE 54000).
	ErrTooLarge = errors.New("kv: key or value too large")
	// ErrSnapshotTooOld: the versions at the asked timestamp are already collected.
	ErrSnapshotTooOld = errors.New("kv: snapshot is older than the retention window")
	// ErrReadOnly: a write through a read-only transaction (SQLSTATE 25006).
	ErrReadOnly = errors.New("kv: read-only transaction")
	// ErrClosed: use after Close.
	ErrClosed = errors.New("kv: closed")
)

// DependencyError: at Serializable the transaction could not be put in an order with
// those that have committed since its view (SQLSTATE 40001).
type DependencyError struct{ Reason string }

func (e *DependencyError) Error() string {
	return "kv: no serial order with concurrent transactions: " + e.Reason
}

// Range is the half-open key interval [Start, End). A nil End means no upper bound.
type Range struct {
	Start, End []byte
	Reverse    bool // iterate from the last key to the first
	Limit      int  // at most this many pairs; 0 = no limit (a hint engines may use to size reads)
}

// Isolation chooses how a transaction's read view moves.
type Isolation uint8

const (
	// ReadCommitted: the caller moves the view with Refresh at each statement;
	// Lock never fails with ErrConflict, the caller re-reads after it.
	ReadCommitted Isolation = iota
	// RepeatableRead: one view; the first committer wins (ErrConflict from Lock).
	RepeatableRead
	// Serializable: as RepeatableRead, and committed transactions of this level have
	// an order in which they could have run one after the other: the transaction
	// notes what it reads, and Commit, or Check before it, may answer a
	// DependencyError.
	Serializable
)

// TxnOptions are the properties of a transaction fixed at Begin.
type TxnOptions struct {
	Isolation Isolation
	ReadOnly  bool // writes are refused, locks are not
	// Deferrable has Begin at Serializable wait for a view with which the transaction
	// cannot fail, and reads need not be noted: for one that is read-only, or writes
	// what nobody else reads.
	Deferrable bool
	// View is the view to begin with, which a snapshot or transaction holds open; 0: now.
	// Not at Serializable.
	View TS
	// NoSync lets Commit return before the log is on disk (synchronous_commit = off).
	NoSync bool
	// By is what the waits of other transactions for this one's locks name it by; nil: nothing.
	By *Waiting
}

// MaxKeyBytes and MaxValueBytes are how long keys and values can be; longer ones are ErrTooLarge.
const (
	MaxKeyBytes   = 32 << 10
	MaxValueBytes = 512 << 20
)

// Engine is a transactional, versioned, ordered key-value store. All methods
// are safe for concurrent use.
type Engine interface {
	// Now returns a timestamp at which every commit that was acknowledged before
	// the call is visible.
	Now(ctx context.Context) (TS, error)
	// Snapshot opens a read view at the timestamp (at most Now).
	Snapshot(ctx context.Context, at TS) (Snapshot, error)
	// Begin starts a transaction whose view is Now, unless the options say otherwise.
	Begin(ctx context.Context, o TxnOptions) (Txn, error)
	// Oldest is a timestamp that no open or future snapshot or transaction view is
	// older than: what ended before it can be removed for good.
	Oldest() TS
	// DropRanges removes every version of every key of the ranges, at once and not
	// transactionally: only for keys that no snapshot can need any more.
	DropRanges(ctx context.Context, ranges ...Range) error
	// Close waits for background work; open snapshots and transactions must be closed first.
	Close() error
}

// Reader is what a snapshot and a transaction have in common. Returned slices
// are borrowed: they live until the next call on the same reader or iterator.
// A Reader is used by one goroutine at a time.
type Reader interface {
	// At is the timestamp of the view.
	At() TS
	// Get returns the value of key; ok is false when there is none.
	Get(ctx context.Context, key []byte) (val []byte, ok bool, err error)
	// GetBatch looks up keys, which must be ascending, and calls each once per key
	// in that order; val is nil when the key has no value and lives until each returns.
	GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error
	// Scan opens an iterator before the first pair of the range.
	Scan(ctx context.Context, r Range) (Iter, error)
}

// Iter walks the pairs of a range. Key and Value are borrowed until the next
// Next or Close. Writes made through the transaction after Scan may or may not be seen.
type Iter interface {
	// Next moves to the next pair; false at the end or on an error.
	Next() bool
	Key() []byte
	Value() []byte
	// Err is the error that ended the walk, if any.
	Err() error
	Close() error
}

// Snapshot is a read-only view at one timestamp; its versions are not collected
// while it is open.
type Snapshot interface {
	Reader
	Close() error
}

// Wait says what Lock does about a lock held by another transaction.
type Wait uint8

const (
	WaitBlock Wait = iota // wait until it is released, or deadlock, or ctx ends
	WaitNever             // ErrLocked at once (NOWAIT)
)

// Mode is the strength of a lock: Shared locks admit each other.
type Mode uint8

const (
	Exclusive Mode = iota
	Shared
)

// Mark is a savepoint: a position in the transaction's write and lock history.
type Mark int

// Txn is a transaction: a view plus its own writes, which its reads see. It is
// used by one goroutine at a time (a commit hook runs on the committing one).
//
// The locking protocol: Put and Delete neither lock nor check. A key that two
// transactions could both write must be locked before it is read for update;
// a key that only the holder of another lock writes (a row's secondary entries)
// or that nobody else can know (a fresh row ID) need not be.
type Txn interface {
	Reader
	// Put sets a value, which must not be empty. Key and value are copied.
	Put(key, val []byte) error
	// Delete removes a key; removing an absent key is not an error.
	Delete(key []byte) error
	// Lock takes the lock of one key until the end of the transaction (or until
	// RollbackTo a mark before it). changed reports that the key has a version
	// newer than the view: at ReadCommitted the caller must Refresh and read again,
	// at RepeatableRead Lock returns ErrConflict instead. A wait ends early with
	// ErrDeadlock, ErrLockTimeout (see WithLockTimeout), or the context's error.
	Lock(ctx context.Context, key []byte, m Mode, w Wait) (changed bool, err error)
	// Mark remembers the present state; RollbackTo undoes every write and lock
	// made since. A mark may be rolled back to many times; rolling back to an
	// older mark invalidates the younger ones. Hooks registered since are dropped.
	Mark() Mark
	RollbackTo(Mark) error
	// Refresh moves the view to now (ReadCommitted only). Open iterators stay at the old view.
	Refresh(ctx context.Context) error
	// Freeze opens a view of the transaction as it is now, its own writes included: what
	// it writes later does not show, nor do Refresh and rollbacks to later marks change it.
	// It is closed before the transaction is, and before a rollback to an earlier mark.
	Freeze() (Snapshot, error)
	// NoteRead and NoteWrite tell a Serializable transaction that it depends on the
	// keys of the range, or changes what they stand for, by other ways than through
	// this interface. Notes outlive rollbacks.
	NoteRead(Range)
	NoteWrite(Range)
	// Unrecorded reads the same as the transaction does, for checks whose outcome
	// locks keep true: at Serializable it is not noted.
	Unrecorded() Reader
	// Doom has a Serializable transaction fail in the end: it has learned of a commit
	// that its view does not have, and so it can stand neither before nor after it.
	Doom()
	// Check tells early that Commit would answer a DependencyError.
	Check() error
	// OnCommit registers fn to run once the commit is durable and before its
	// timestamp becomes visible to Now: whoever sees the rows also sees what fn
	// did. fn must be quick and must not use the engine.
	OnCommit(fn func(TS))
	// Commit makes the writes durable and visible atomically. A transaction with
	// no writes returns its view's timestamp. After Commit only Close may be called.
	Commit(ctx context.Context) (TS, error)
	// Close ends the transaction; without Commit it rolls back. Idempotent.
	Close() error
}
