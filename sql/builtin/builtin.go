// Package builtin is the library of operators, functions, aggregates and casts:
// what exists, how overloads are resolved (PostgreSQL chapter 10), and the code
// that computes each. It must not know syntax, plans, operators or storage.
package builtin

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Volatility as in pg_proc.provolatile.
const (
	Immutable byte = 'i'
	Stable    byte = 's'
	Volatile  byte = 'v'
)

// Func is one function signature. Immutable after init.
type Func struct {
	OID       types.OID
	Schema    string // pg_catalog, or public for extensions'
	Extension string // that shows it in pg_proc; "" for what is there always
	Name      string
	Args      []types.OID // declared; may be polymorphic (anyelement, …)
	ArgNames  []string
	Defaults  int       // how many trailing arguments may be left out
	Variadic  types.OID // element type of a VARIADIC last argument (ANY = "any"), 0 none
	Ret       types.OID
	RetSet    bool
	OutNames  []string // columns of a record-returning or OUT-parameter function
	OutTypes  []types.OID
	// OutColumns are, of a user's function with a column definition list, its types with
	// their modifiers. OutDomains are the domains of that list, or those that a call's
	// arguments give polymorphic columns, 0 for none; see OutDomain.
	OutColumns []types.T
	OutDomains []types.OID
	Strict     bool // NULL in, NULL out, without a call
	Volatility byte
	Kind       byte   // 'f' function, 'a' aggregate, 'w' window, 'p' procedure
	Src        string // pg_proc.prosrc, the key of the code: see registry.go
	// ReturnBy, if set, chooses Ret by the types of a call's arguments.
	ReturnBy   func(args []types.OID) types.OID
	AggKind    byte   // of an aggregate: n normal, o ordered-set, h hypothetical-set
	DirectArgs int    // of an ordered-set aggregate
	gate       uint32 // the extension, where it must be there for the function to be found: see Has
	// Takes has a letter for each argument of a function of the schema mysql: see mysqlFunc.
	Takes string
	// settled: it is not immutable only for arguments that a time zone or the present day gives their
	// meaning: see Settled.
	settled bool
	longer  Longer // nil: its values are not much longer than its arguments
	swells  int64  // see Func.Needs
	// lenient is, of a function in MySQL's strict mode, the one out of it: see InStrictMode.
	lenient *Func

	// User is the function that a user made, nil for those of the system.
	User *catalog.Function

	// Exactly one of these computes it.
	Eval   Eval   // one row
	Kernel Kernel // whole columns; when set it is preferred to Eval
	Rows   Rows   // set-returning (RetSet)
	Agg    NewAgg // aggregate
}

// InSQL reports a function of the system that is written in SQL in PostgreSQL, where it has no
// code of its own.
func (f *Func) InSQL() bool {
	return f.User == nil && f.Kind == 'f' && f.Schema == "pg_catalog" && f.Src == f.Signature()
}

// ReadsSettings reports a function that depends on settings of the session although
// pg_proc calls it immutable.
func (f *Func) ReadsSettings() bool { return f.Src == "timestamptz_age" || f.Src == "quote_ident" }

// Eval computes one row. Arguments are of the resolved types. The result may
// borrow from the arguments or c.Arena. With Strict no argument is NULL.
type Eval func(c *Ctx, args []types.Datum) (types.Datum, error)

// Kernel computes the rows named in sel into out (already Init'ed with the
// result type and room). With Strict the caller has already set out.Null for rows with a NULL
// argument and left them out of sel; otherwise the kernel sets out.Null for every row of sel.
type Kernel func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error

// Rows starts a set-returning function: rows of len(OutTypes) (or 1) columns.
type Rows func(c *Ctx, args []types.Datum) (RowIter, error)

// RowIter yields the rows of a set. Datums are borrowed until the next call.
type RowIter interface {
	Next(row []types.Datum) (ok bool, err error)
}

// NewAgg makes the state of an aggregate for any number of groups.
type NewAgg func(args []types.T) Agg

// Agg accumulates one aggregate over many groups at once.
type Agg interface {
	// Grow makes room for groups 0..n-1.
	Grow(n int)
	// Step folds the rows in sel; groups[i] is the group of row i.
	Step(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error
	// Final is the result for a group; borrowed until the next call.
	Final(c *Ctx, group uint32) (types.Datum, error)
	// Bytes is the memory held, for the query's budget.
	Bytes() int64
}

// Retractor is an aggregate that can take rows back that were stepped before: what is
// left is as if they had never come.
type Retractor interface {
	Agg
	Retract(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error
}

// Merger is an aggregate of which several states can become one: see Mergeable.
type Merger interface {
	Agg
	// Merge folds every group of from, a state of the same call: group i into groups[i].
	Merge(from Agg, groups []uint32)
}

// Adopter is an aggregate that folds rows into the same state as some others do, and takes its
// result from theirs.
type Adopter interface {
	Agg
	// Adopt makes the groups of another aggregate its own, which is not stepped itself;
	// false if their states differ: that depends on the aggregates, not on what was folded.
	Adopt(of Agg) bool
}

// Operator is one operator signature; Left 0 = prefix operator.
type Operator struct {
	OID         types.OID
	Schema      string
	Extension   string // as Func's
	gate        uint32
	Name        string
	Left, Right types.OID
	Ret         types.OID
	Func        *Func
	Commutator  string
	Negator     string
	Commutes    bool // Commutator is itself with sides swapped
	// Class says which btree strategy it is for its types: < <= = >= > are 1..5, 0 none.
	Strategy int
	Merges   bool // oprcanmerge
	Hashes   bool // oprcanhash
	// Restrict and Join name the selectivity estimators, "-" for none.
	Restrict, Join string
}

// Cast is a row of pg_cast. The conversion itself is types.Cast; Func is what the
// catalog shows.
type Cast struct {
	OID            types.OID
	Source, Target types.OID
	Func           *Func
	Context        Context
	Method         byte // f function, b binary coercible, i input and output
}

// Aggregate is a row of pg_aggregate; what it does is Func.Agg.
type Aggregate struct {
	Func       *Func
	Kind       byte
	DirectArgs int
	TransFn    string // as regproc shows them, "-" for none
	FinalFn    string
	CombineFn  string
	TransType  types.OID
	TransSpace int
	InitVal    string
	SortOp     types.OID
}

// Site is the place of a call in a running program: what a function may know of
// its caller beyond the arguments, and room to remember something between rows
// (a compiled pattern). It is owned by one running operator; not shared.
type Site struct {
	Args     []types.T // resolved argument types
	Ret      types.T
	Variadic bool // the last argument is a VARIADIC array
	Cache    any  // the function's own
	// Collation is that of the arguments of a user's function, 0 = their types' own.
	Collation uint32
}

// Ctx is what functions may see of the running statement. One goroutine.
type Ctx struct {
	Context  context.Context
	Format   *types.Format
	TxnTime  time.Time // now()
	StmtTime time.Time // statement_timestamp()
	Arena    *batch.Arena
	Session  Session
	// Frame is what the session keeps of the statement for functions of users, its own.
	Frame any
	// Notice tells the client something; nil = nobody listens.
	Notice func(*pgerr.Error)
	Site   *Site       // set by the caller around each Eval, Kernel and Rows; nil = types unknown
	strict *strictness // noted, while a function of MySQL's runs in strict mode
	noted  strictness
}

// Session is what functions may ask of the session; implemented by server/session.
type Session interface {
	CurrentUser() string
	SessionUser() string
	Database() string
	// SearchPath is the effective list of schema names, pg_catalog included when implicit.
	SearchPath(implicit bool) []string
	Setting(name string) (value string, ok bool)
	SetSetting(name, value string, local bool) error
	ResetSetting(name string, local bool) error
	// MayShow refuses what only some roles may see of the settings.
	MayShow(name string) error
	Catalog() *catalog.Snapshot
	BackendPID() int32
	Version() string // version()
	// Sequences.
	Nextval(ctx context.Context, seq catalog.ID) (int64, error)
	Currval(seq catalog.ID) (int64, error)
	Lastval() (int64, error)
	// Advance makes the sequence go on after v at least. Inserted notes the value that
	// an AUTO_INCREMENT column took from its sequence in the statement that began at
	// stmt (the zero time: whatever the statement); LastInsertID is the first of the last statement that took one, 0 if none did.
	Advance(ctx context.Context, seq catalog.ID, v int64) error
	Inserted(v int64, stmt time.Time)
	LastInsertID() int64
	// BeginStoring is for a statement that may not store all rows whose values it takes: until
	// EndStoring, LastInsertID becomes the first such value among those that Stored is told of, and
	// stays as it was without one, unless a value is given to it meanwhile.
	BeginStoring()
	Stored(v int64)
	EndStoring()
	Setval(ctx context.Context, seq catalog.ID, v int64, called bool) error
	// Definition prints an object: kind is indexdef, constraintdef, viewdef, expr,
	// triggerdef, functiondef, …; arg is the column number of indexdef's 3-argument form.
	Definition(kind string, oid catalog.ID, arg int, pretty bool) (text string, ok bool)
	// Identify describes an object. Errors: XX000 for a class that has no objects.
	Identify(ctx context.Context, class, id catalog.ID, sub int32) (Identity, error)
	// ObjectAddress finds an object by the kind, names and arguments of an Identity.
	ObjectAddress(ctx context.Context, kind string, names, args []types.Datum) (class, id catalog.ID, sub int32, err error)
	// ShowExpr prints a stored expression.
	ShowExpr(text string, pretty bool) string
	// AdvisoryLock takes (wait) or tries a lock of the session or the transaction.
	AdvisoryLock(ctx context.Context, key [2]int64, shared, xact, wait bool) (bool, error)
	AdvisoryUnlock(key [2]int64, shared bool) bool
	AdvisoryUnlockAll()
	// TxnID is the transaction's number; if it has none yet, it gets one, or the answer
	// is 0. NextTxnID is above those of all transactions that have one.
	TxnID(ctx context.Context, assign bool) (uint64, error)
	NextTxnID(ctx context.Context) (uint64, error)
	// Snapshot says what the statement's view shows of other transactions.
	Snapshot(ctx context.Context) (types.Snapshot, error)
	// TxnStatus is committed, aborted or in progress, "" for what is not remembered; an
	// error for a number that nothing has yet.
	TxnStatus(ctx context.Context, n uint64) (string, error)
	// RelationSize in bytes (pg_table_size and the like); ok is false when there is no
	// such relation.
	RelationSize(id catalog.ID) (n int64, ok bool)
	// DatabaseSize in bytes, of any database.
	DatabaseSize(id catalog.ID) int64
	// Cancel and terminate another backend.
	SignalBackend(pid int32, terminate bool) bool
	Notify(channel, payload string) error
	// VectorRecall measures what share of the k nearest an index finds, over so many queries.
	VectorRecall(ctx context.Context, index catalog.ID, queries, k int) (float64, error)
	// SystemRows calls each with the named columns of a system relation's rows.
	SystemRows(ctx context.Context, relation string, columns []string, each func(row []types.Datum)) error
	// Engine answers with a fact about the engine.
	Engine(fact string, args ...string) (string, error)
}
