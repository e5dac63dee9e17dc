package ast

type (
	// TxnStmt is BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO.
	TxnStmt struct {
		At
		Kind       TxnKind
		Name       string // savepoint
		Isolation  string // lower case, "" = unset: "read committed", …
		ReadOnly   *bool
		Deferrable *bool
		Chain      bool
		Snapshot   *string // SET TRANSACTION SNAPSHOT
	}
	// Set is SET, SET LOCAL, RESET; Values nil and not Reset = SET x TO DEFAULT.
	Set struct {
		At
		Name   string
		Values []Expr
		Local  bool
		Reset  bool // RESET name; Name "all" = RESET ALL
		// Current is SET … FROM CURRENT.
		Current bool
		// SET TRANSACTION and SET SESSION CHARACTERISTICS come as Name
		// "transaction" / "session characteristics" with Txn.
		Txn *TxnStmt
	}
	// AutoCommit is SET autocommit: off lets each transaction stay open until it is ended.
	AutoCommit struct {
		At
		On bool
	}
	// Show is SHOW name (lower case; "all").
	Show struct {
		At
		Name string
	}
	// Explain is EXPLAIN.
	Explain struct {
		At
		Options []Option
		Stmt    Stmt
	}
	// Prepare, Execute, Deallocate are the SQL side of prepared statements.
	Prepare struct {
		At
		Name  string
		Types []TypeName
		Stmt  Stmt
		// Text gives the statement as a text of the session's dialect, in place of Stmt. It
		// takes the place of a statement of that name.
		Text Expr
	}
	Execute struct {
		At
		Name  string
		Args  []Expr
		Texts bool // the arguments are texts to be read as values of the parameters' types
	}
	Deallocate struct {
		At
		Name string // "" = ALL
	}
	// Declare, Fetch, CloseCursor are SQL cursors.
	Declare struct {
		At
		Name   string
		Binary bool
		Scroll *bool
		Hold   bool
		// Insensitive cursors cannot lock rows; all are insensitive to later changes.
		Insensitive bool
		Query       *Select
	}
	Fetch struct {
		At
		Move      bool
		Direction FetchDirection
		Count     int64 // FetchAll = all
		Name      string
	}
	CloseCursor struct {
		At
		Name string // "" = ALL
	}
	// Copy is COPY.
	Copy struct {
		At
		Table   *QName
		Columns []string
		Query   Stmt
		From    bool
		File    string // "" = STDIN / STDOUT
		Program bool
		Options []Option
		Where   Expr
	}
	// Maintenance is VACUUM or ANALYZE.
	Maintenance struct {
		At
		Vacuum  bool
		Options []Option
		Tables  []MaintTable
	}
	// MaintTable is one table of VACUUM or ANALYZE.
	MaintTable struct {
		Name    QName
		Columns []string
	}
	// Discard is DISCARD ALL|PLANS|SEQUENCES|TEMP.
	Discard struct {
		At
		What string
	}
	// LockTable is LOCK TABLE.
	LockTable struct {
		At
		Tables []QName
		Only   []bool // as of Truncate
		Mode   string
		NoWait bool
	}
	// SetConstraints is SET CONSTRAINTS.
	SetConstraints struct {
		At
		Names    []QName // empty = ALL
		Deferred bool
	}
	// Listen covers LISTEN, UNLISTEN, NOTIFY.
	Listen struct {
		At
		Kind    string // LISTEN UNLISTEN NOTIFY
		Channel string // "" = UNLISTEN *
		Payload string
	}
	// Checkpoint is CHECKPOINT.
	Checkpoint struct{ At }
	// SecurityLabel is SECURITY LABEL, which no provider takes: what and the label are not kept.
	SecurityLabel struct {
		At
		Provider string // "" = the only one that there is
	}
	// Load is LOAD of a shared library.
	Load struct {
		At
		File string
	}
	// Block is several statements that a dialect writes as one: they run one after
	// the other in one transaction and answer with one tag. None of them is a query
	// or another block. It may be empty: a statement that is accepted and does nothing.
	Block struct {
		At
		Stmts []Stmt
		Tag   string
		// Warnings say what was left out.
		Warnings []string
	}
	// Use makes a schema the one that names without a schema mean.
	Use struct {
		At
		Schema string
	}
)

// TxnKind is the kind of a TxnStmt.
type TxnKind uint8

const (
	TxnBegin TxnKind = iota
	TxnStart         // START TRANSACTION: the tag differs
	TxnCommit
	TxnRollback
	TxnSavepoint
	TxnRelease
	TxnRollbackTo
	TxnPrepare
	TxnCommitPrepared
	TxnRollbackPrepared
)

// FetchDirection is the direction of FETCH.
type FetchDirection uint8

const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll as a count means every remaining row.
const FetchAll = int64(^uint64(0) >> 1)

func (*TxnStmt) stmt()        {}
func (*Set) stmt()            {}
func (*Show) stmt()           {}
func (*Explain) stmt()        {}
func (*Prepare) stmt()        {}
func (*Execute) stmt()        {}
func (*Deallocate) stmt()     {}
func (*Declare) stmt()        {}
func (*Fetch) stmt()          {}
func (*CloseCursor) stmt()    {}
func (*Copy) stmt()           {}
func (*Maintenance) stmt()    {}
func (*Discard) stmt()        {}
func (*LockTable) stmt()      {}
func (*SetConstraints) stmt() {}
func (*Listen) stmt()         {}
func (*Checkpoint) stmt()     {}
func (*Load) stmt()           {}
func (*SecurityLabel) stmt()  {}
func (*Block) stmt()          {}
func (*Use) stmt()            {}
func (*AutoCommit) stmt()     {}

// Forgets reports RESET and SET … TO DEFAULT.
func (s *Set) Forgets() bool { return s.Reset || s.Values == nil && !s.Current }
