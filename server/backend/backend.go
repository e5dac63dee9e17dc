// Package backend is the contract between the wire (server/pgwire) and the
// session (server/session): neither imports the other, both import this. It
// must not know frames or plans.
package backend

import (
	"context"
	"errors"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// ErrStopping is in the cause of the context of a statement that is cut off because the
// server stops, and of no other: what can go on at the next start is not given up.
var ErrStopping = errors.New("backend: the server stops")

// Column describes one column of a result (RowDescription).
type Column struct {
	Name   string
	Type   types.T
	Table  uint32 // OID of the table it comes straight from, else 0
	Attnum int16  // its number there
}

// Kind says what a client gets from executing a portal.
type Kind uint8

const (
	KindCommand Kind = iota // no rows (NoData): DDL, SET, INSERT without RETURNING, …
	KindRows                // rows (RowDescription)
	KindCopyIn              // COPY … FROM STDIN
	KindCopyOut             // COPY … TO STDOUT
	KindEmpty               // an empty query string (EmptyQueryResponse)
)

// TxStatus is the byte of ReadyForQuery.
type TxStatus byte

const (
	TxIdle   TxStatus = 'I'
	TxOpen   TxStatus = 'T'
	TxFailed TxStatus = 'E'
)

// Statement is a prepared statement as Describe shows it.
type Statement struct {
	Params  []types.OID
	Columns []Column // nil and Kind≠KindRows: NoData
	Kind    Kind
}

// Portal is a statement being executed. Pull runs it; nothing runs before the
// first Pull (or CopyIn/CopyOut call). One goroutine; contents of a batch live
// until the next Pull.
type Portal interface {
	Kind() Kind
	Columns() []Column
	// Formats has one entry a column: 0 text, 1 binary.
	Formats() []int16
	// Late: in answer to a query string the columns are described when the statement has run,
	// not before, as those of RETURNING and EXECUTE are.
	Late() bool
	// Pull returns the next rows, at most max of them (0 = as many as fit a batch).
	// b has 1..MaxRows selected rows, or is nil when the statement is complete; after
	// that Tag is valid. A KindCommand portal is run by one Pull that returns nil.
	Pull(ctx context.Context, max int) (b *batch.Batch, err error)
	// Tag is the command tag, e.g. "SELECT 3".
	Tag() string
	// Copy is the COPY side of KindCopyIn and KindCopyOut portals, else nil.
	Copy() Copy
}

// Copy moves the bytes of COPY; the format's parser and writer live in the session.
type Copy interface {
	// Format is 0 for text and csv, 1 for binary; Columns is how many columns are copied.
	Format() (overall int8, columns int)
	// Write takes the bytes of one CopyData message, in any split; borrowed.
	Write(ctx context.Context, p []byte) error
	// Finish ends COPY IN: CopyDone (failure "") or CopyFail (its message).
	Finish(ctx context.Context, failed bool, failure string) error
	// Read appends the next CopyData payload (one row) of COPY OUT to dst; done at the end.
	Read(ctx context.Context, dst []byte) (out []byte, done bool, err error)
}

// Session is one client's conversation. All methods are called from the
// connection's goroutine; Cancel from any. Errors are *pgerr.Error in the end
// (others are reported as XX000). Statement and portal names are as on the wire
// ("" is the unnamed one).
type Session interface {
	// Simple starts the simple protocol's query string: it parses all of it and
	// returns how many statements there are. SimpleNext prepares and binds the i-th;
	// its results are text, except those of FETCH from a binary cursor. SimpleEnd closes the implicit transaction: it commits,
	// or after an error (failed, also one of Simple itself) rolls back. The last
	// statement's tag is sent after SimpleEnd.
	Simple(ctx context.Context, query string) (n int, err error)
	SimpleNext(ctx context.Context, i int) (Portal, error)
	SimpleEnd(ctx context.Context, failed bool) error

	// Parse prepares a statement. paramTypes is borrowed until it returns.
	Parse(ctx context.Context, name, query string, paramTypes []types.OID) error
	DescribeStatement(ctx context.Context, name string) (*Statement, error)
	// Bind: args are raw wire values (nil = NULL), borrowed for the call only.
	Bind(ctx context.Context, portal, statement string, argFormats []int16, args [][]byte, resultFormats []int16) error
	DescribePortal(ctx context.Context, name string) (Portal, error)
	Portal(ctx context.Context, name string) (Portal, error)
	CloseStatement(name string) error
	ClosePortal(name string) error
	// Fail marks the extended protocol's current transaction failed after any error
	// reported to the client (also protocol errors found by the wire).
	Fail()
	// Sync ends the extended protocol's implicit transaction: commit, or roll back after Fail.
	Sync(ctx context.Context) error

	TxStatus() TxStatus
	// IdleLimit is how long the client may now leave the session without a message
	// before it is ended with the error; 0 = for ever.
	IdleLimit() (time.Duration, *pgerr.Error)
	// TextFormat is how values are printed now (DateStyle, TimeZone, …).
	TextFormat() *types.Format
	// ClientEncoding is what the client writes and reads text in; nil for UTF-8 as it is.
	// It may change with every statement.
	ClientEncoding() *charset.Encoding
	// TakeNotices returns and clears the notices to send before the next reply.
	TakeNotices() []*pgerr.Error
	// TakeParameterChanges returns reported settings that changed since the last
	// call, as name, value pairs; at start all 13 of them.
	TakeParameterChanges() [][2]string
	// TakeNotifications returns pending LISTEN/NOTIFY messages for this session.
	TakeNotifications() []Notification
	// Position turns a byte offset+1 of the text at hand into characters; see pgerr.At. The
	// text is the one that the last call was about: of Simple or Parse, of the statement or
	// portal that was bound, described or executed, of the statement that EXECUTE names.
	Position(bytePos int) int
	Close()
}

// Notification is a NOTIFY to be delivered.
type Notification struct {
	PID              int32
	Channel, Payload string
}

// Startup is what the client asked for before logging in.
type Startup struct {
	User, Database string
	Settings       [][2]string // remaining parameters, in order, options= already split
	RemoteAddr     string
	PID            int32
	// Free is how many sessions more there was room for when this one had its place.
	Free int
	// Wake, callable from any goroutine, makes an idle connection send what
	// TakeNotifications has for it. Never nil when the wire opens the session.
	Wake func()
	// Tell, called by the session on the goroutine that runs its statement, sends what
	// TakeNotices has before the statement ends. Never nil when the wire opens the session.
	Tell func()
}

// Opener makes sessions. Open fails with FATAL errors (3D000, 42704, …). The
// wire has authenticated the user before it calls Open.
type Opener interface {
	Open(ctx context.Context, s Startup) (Session, error)
	// Auth returns what is needed to authenticate the user: see server/auth.
	Auth(ctx context.Context, user string) (AuthInfo, error)
}

// AuthInfo is the stored credential of a role.
type AuthInfo struct {
	Exists, CanLogin bool
	// Password is the SCRAM-SHA-256 verifier as PostgreSQL stores it
	// (SCRAM-SHA-256$iterations:salt$stored:server), "" for none.
	Password string
}
