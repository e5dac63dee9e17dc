package syscat

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
)

// Env is the live state behind the system relations; implemented by the session.
type Env interface {
	Catalog() *catalog.Snapshot
	Database() string
	CurrentUser() string
}

// Definer is what an Env may add: how the session shows definitions.
type Definer interface {
	Printer(pretty bool) *Printer
	// ViewReads are the relations that a view's query names, with their columns that it
	// reads.
	ViewReads(view *catalog.Table) []Reading
	// Regclasses are the relations that a stored expression has as constants.
	Regclasses(text string) []catalog.ID
	// Columns are the columns of a table that a stored expression names.
	Columns(text string, t *catalog.Table) []int16
}

// Reading is a column of a relation that is read, or the relation without columns: 0.
type Reading struct {
	Table catalog.ID
	Attr  int16
}

// Live is what an Env may add: the state of the running server. An Env without
// it shows the relations of this state empty. Slices are the caller's.
type Live interface {
	Settings() []Setting
	Backends() []Backend
	Locks() []Lock
	Prepared() []Prepared
	Cursors() []Cursor
	Builds() []Build
	Caches() []Cache
	// VectorIndex is the live state of a vector index; ok is false for other indexes.
	VectorIndex(id catalog.ID) (VectorIndex, bool)
	// VectorRecalls are the last measurements of a vector index, oldest first.
	VectorRecalls(id catalog.ID) []VectorRecall
	// SequenceValue is the last value given out; ok is false when it is unknown.
	SequenceValue(ctx context.Context, id catalog.ID) (last int64, called, ok bool)
	// Activity counts what was done with a table or an index; running: by the session's
	// transaction so far. Times that nothing was done at are zero.
	Activity(id catalog.ID, running bool) Activity
	// DatabaseActivity counts what was done in a database, if any; 0 is what databases share.
	DatabaseActivity(id catalog.ID) DatabaseActivity
}

// Setting is a row of pg_settings; texts as PostgreSQL shows them.
type Setting struct {
	Name, Value, Unit, Category, Short, Extra string
	Context, Type, Source                     string // user, integer, default, …
	Min, Max                                  string
	Enum                                      []string
	Boot, Reset                               string
	NoBoot                                    bool // it has no value before the server finds one
	PendingRestart                            bool
}

// Backend is a row of pg_stat_activity. Zero times are NULL.
type Backend struct {
	PID                                         int32
	Database, User                              catalog.ID
	UserName, Application                       string
	ClientAddr                                  string // "" for a Unix socket
	ClientPort                                  int
	Start, TxnStart, QueryStart, StateChange    time.Time
	WaitType, Wait, State, Query, Type, Encrypt string
	XID                                         uint32 // of its transaction, 0 if that has none
}

// Lock is a row of pg_locks.
type Lock struct {
	Type        string // relation, transactionid, virtualxid, advisory
	Database    catalog.ID
	Relation    catalog.ID
	Transaction uint32
	ClassID     uint32
	ObjID       uint32
	ObjSubID    int16
	Virtual     string // virtualtransaction
	PID         int32
	Mode        string // AccessShareLock, …
	Granted     bool
	WaitStart   time.Time
}

// Prepared is a row of pg_prepared_statements.
type Prepared struct {
	Name, Statement string
	At              time.Time
	Params          []catalog.ID
	FromSQL         bool
	Generic, Custom int64
}

// Cursor is a row of pg_cursors.
type Cursor struct {
	Name, Statement          string
	Holdable, Binary, Scroll bool
	At                       time.Time
}

// Build is a row of pg_stat_progress_create_index, and of the relation of LoxoDB's own
// with the same rows.
type Build struct {
	Share                   float64       // of all work; below 0 when it is not known
	Took, Left              time.Duration // Left below 0: not known
	PID                     int32
	Database, Table, Index  catalog.ID
	Command, Phase          string
	Blocks, BlocksDone      int64
	Tuples, TuplesDone      int64
	LockersTotal, LockersOf int64
}

// Activity is what is counted of a table or an index (PostgreSQL chapter 28.2).
type Activity struct {
	Scans, Read, Fetched                     int64 // Fetched: rows of the table that an index led to
	Inserted, Updated, HotUpdated, Deleted   int64
	Live, Dead                               int64
	ChangedSinceAnalyze, InsertedSinceVacuum int64
	Vacuums, Analyses, AutoAnalyses          int64
	LastVacuum, LastAnalyze, LastAutoAnalyze time.Time
}

// DatabaseActivity is what is counted of a database.
type DatabaseActivity struct {
	Backends, Sessions            int64
	Commits, Rollbacks, Deadlocks int64
	Returned, Fetched             int64 // rows
	Inserted, Updated, Deleted    int64
	Reset                         time.Time
}

// Cache is a row of loxodb_stat_cache.
type Cache struct {
	Name                                   string
	Hits, Misses, Entries, Bytes, MaxBytes int64
}

// VectorRecall is a row of loxodb_stat_vector_recall.
type VectorRecall struct {
	At                              time.Time
	Queries, K                      int64
	Target, Recall, Effort, Seconds float64
	Recent                          bool // queries seen lately, not vectors of the index
	Background                      bool
}

// VectorIndex is a row of loxodb_stat_vector_index.
type VectorIndex struct {
	Entries, Dead, Segments, HeadEntries, Unlinked, Memory, Disk int64
}
