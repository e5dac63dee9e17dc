package ast

// ColumnDef is a column of CREATE TABLE or ADD COLUMN.
type ColumnDef struct {
	At
	Name        string
	Type        TypeName
	Collation   *QName
	Compression string
	// Bits is the width of a bit field kept as an integer, 0 = none: strings given to it
	// are its bytes.
	Bits int
	// Declared is the type in the words of another dialect, "" = none: that dialect shows
	// it, and nothing else goes by it.
	Declared    string
	Constraints []Constraint
	// OfQuery is a column that a query gave: its type was not declared, nor its dimensions.
	OfQuery bool
}

// Option is name = value of WITH (…), COPY, EXPLAIN, VACUUM and the like.
type Option struct {
	At
	Namespace string
	Name      string
	Value     Expr     // nil = bare name; names come as LitString
	List      []string // list values: FORCE_QUOTE (a, b)
	Star      bool
}

// SeqOption is an option of a sequence: increment, minvalue, maxvalue, start,
// restart, cache, cycle, owned_by, as, sequence_name.
type SeqOption struct {
	At
	Name  string
	Value *Lit // nil for NO MINVALUE, bare RESTART; Bool for cycle
	Names []string
	Type  *TypeName
}

// IndexElem is a key of an index or a conflict target.
type IndexElem struct {
	At
	Column    string
	Expr      Expr
	Collation *QName
	OpClass   *QName
	OpOptions []Option
	Asc, Desc bool // written out
	Nulls     NullsOrder
	Prefix    int // of the column MySQL's dialect names so many characters, 0 = all
}

type (
	// CreateTable is CREATE TABLE; with Query it is CREATE TABLE AS / SELECT INTO.
	CreateTable struct {
		At
		Name         QName
		IfNotExists  bool
		Temp         bool
		Unlogged     bool
		Columns      []ColumnDef
		Constraints  []Constraint
		Like         []TableLike
		Inherits     []QName
		PartitionBy  *PartitionBy
		Bound        *PartitionBound // PARTITION OF the one table of Inherits; Columns may have no types
		OfType       *QName
		With         []Option
		OnCommit     byte // 0 none, 'd' delete rows, 'D' drop, 'p' preserve
		Tablespace   string
		AccessMethod string
		// Declared: the table is one of MySQL's dialect, whose columns take its Collation,
		// or else the schema's.
		Declared  bool
		Collation *QName
		// KeysFollow: statements that make keys which others may refer to come after it, and an
		// ALTER TABLE without actions after them.
		KeysFollow bool

		Query        Stmt // CREATE TABLE AS: *Select or *Execute
		Filling      *Filling
		SelectInto   bool // written as SELECT … INTO
		AsColumns    []string
		WithNoData   bool
		Materialized bool // CREATE MATERIALIZED VIEW
	}
	// Filling is how the rows of Query go into a table that has columns and keys of its own,
	// as in MySQL's CREATE TABLE t (…) SELECT ….
	Filling struct {
		Keys    []Stmt // made before the rows are there
		Ignore  bool   // rows that violate a key are passed over
		Replace bool   // they take the place of those that are there
	}
	// TableLike is LIKE t INCLUDING ….
	TableLike struct {
		At
		Name    QName
		Options uint32 // bits of CREATE_TABLE_LIKE_* (nodes/parsenodes.h)
		After   int    // how many of CreateTable.Columns stand before it
	}
	// CreateIndex is CREATE INDEX.
	CreateIndex struct {
		At
		Name             string
		Table            QName
		Only             bool
		Method           string // "" = btree
		Key              string // its name among its table's keys, where these have names of their own; "" = none
		Numbered         bool   // Key was not given: the first of Key, Key_2 and so on that is free
		Unique           bool
		NullsNotDistinct bool
		Concurrently     bool
		IfNotExists      bool
		Invisible        bool // MySQL's: no plan finds rows by it
		Supporting       bool // only where no index of the table begins with the same columns
		ShortKeys        bool // MySQL's: no whole column of TEXT or BLOB is in it
		Elems            []IndexElem
		Including        []IndexElem
		With             []Option
		Tablespace       string
		Where            Expr
		Comment          string // "" = none
	}
	// CreateSchema is CREATE SCHEMA.
	CreateSchema struct {
		At
		Name        string
		Owner       string
		IfNotExists bool
		Elems       []Stmt
		Collation   *QName // that tables of MySQL's dialect take
	}
	// SchemaCollation is ALTER DATABASE … COLLATE of MySQL; the present schema's without a name.
	SchemaCollation struct {
		At
		Name      string
		Collation *QName
	}
	// CreateSequence is CREATE SEQUENCE.
	CreateSequence struct {
		At
		Name        QName
		IfNotExists bool
		Temp        bool
		Unlogged    bool
		Options     []SeqOption
	}
	// AlterSequence is ALTER SEQUENCE … options.
	AlterSequence struct {
		At
		Name     QName
		IfExists bool
		Options  []SeqOption
	}
	// CreateView is CREATE [OR REPLACE] VIEW. Source is the query's text.
	CreateView struct {
		At
		Name      QName
		Columns   []string
		All       bool // as of Alias
		Query     *Select
		OrReplace bool
		Anew      bool // what is replaced need not have the same columns
		Exists    bool // there must be something to replace
		Temp      bool
		Check     byte // 0, 'l'ocal, 'c'ascaded
		With      []Option
	}
	// CreateCollation is CREATE COLLATION: From another, or by Options.
	CreateCollation struct {
		At
		Name        QName
		IfNotExists bool
		From        *QName
		Options     []Option
	}
	// AlterCollation is ALTER COLLATION … REFRESH VERSION.
	AlterCollation struct {
		At
		Name QName
	}
	// Refresh is REFRESH MATERIALIZED VIEW.
	Refresh struct {
		At
		Name         QName
		Concurrently bool
		WithNoData   bool
	}
	// CreateExtension is CREATE EXTENSION.
	CreateExtension struct {
		At
		Name        string
		IfNotExists bool
		Schema      string
		Version     string
		Cascade     bool
	}
	// AlterExtension is ALTER EXTENSION name UPDATE [TO version].
	AlterExtension struct {
		At
		Name    string
		Version string // "" = the newest
	}
	// CreateDatabase and DropDatabase.
	CreateDatabase struct {
		At
		Name    string
		Options []Option
	}
	// AlterDatabase is ALTER DATABASE: SET or RESET, else options (SET TABLESPACE is one),
	// else REFRESH COLLATION VERSION.
	AlterDatabase struct {
		At
		Name    string
		Set     *Set
		Options []Option
		Refresh bool
	}
	// Drop is DROP of any kind of object.
	Drop struct {
		At
		Kind         ObjectKind
		Names        []QName
		IfExists     bool
		Cascade      bool
		Concurrently bool
		Table        *QName // of a trigger, rule, policy
		Key          string // of an index, in place of Names: its name among the keys of Table
		Guarded      bool   // MySQL's: not a key that a foreign key needs
		// Args are the argument types of functions, one entry a name; a nil
		// entry was written without an argument list.
		Args  [][]TypeName
		Force bool // DROP DATABASE … (FORCE)
		// NoViews says that views are not tables, and that other tables' foreign keys to a table go
		// with that where the session does not look at foreign keys (MySQL).
		NoViews bool
	}
	// Rename is ALTER … RENAME.
	Rename struct {
		At
		Kind     ObjectKind
		Name     QName      // the object, or its table for columns and constraints
		Of       ObjectKind // of a column or constraint: what Name is
		Old, New string
		IfExists bool
		Only     bool // without the children of Name
		Cascade  bool // of an attribute: in the tables of the type, too
		Key      bool // Old and New are names among the keys of the table Name
		// Args are the argument types of a function, nil when none were written; so in
		// AlterSchema, AlterOwner and Comment.
		Args []TypeName
	}
	// AlterTable is ALTER TABLE (INDEX, SEQUENCE, VIEW) … commands.
	AlterTable struct {
		At
		Kind     ObjectKind
		Name     QName
		Only     bool
		IfExists bool
		Cmds     []AlterCmd
	}
	// AlterSchema moves an object: ALTER … SET SCHEMA.
	AlterSchema struct {
		At
		Kind     ObjectKind
		Name     QName
		Schema   string
		IfExists bool
		Args     []TypeName
	}
	// AlterOwner is ALTER … OWNER TO.
	AlterOwner struct {
		At
		Kind  ObjectKind
		Name  QName
		Owner string
		Args  []TypeName
	}
	// Comment is COMMENT ON.
	Comment struct {
		At
		Kind   ObjectKind
		Name   QName
		Column string // column or constraint
		Text   *string
		Args   []TypeName
	}
	// Truncate is TRUNCATE.
	Truncate struct {
		At
		Tables          []QName
		Only            []bool // by table: without its children
		RestartIdentity bool
		Cascade         bool
	}
	// Reindex is REINDEX.
	Reindex struct {
		At
		Kind         string // INDEX TABLE SCHEMA DATABASE SYSTEM
		Name         QName
		Concurrently bool
		Options      []Option
	}
	// Cluster is CLUSTER: of a table by an index, or by the one that it is marked with (Index
	// ""), or, without a name, of all that are marked.
	Cluster struct {
		At
		Name    QName
		Index   string
		Options []Option
	}
	// RoleStmt is CREATE, ALTER, DROP ROLE/USER. Everywhere a role is named,
	// the keywords come as "current_user", "session_user", "current_role" and
	// "public"; no role can have those names.
	RoleStmt struct {
		At
		Action   string   // CREATE ALTER DROP
		Names    []string // empty with Set: ALTER ROLE ALL
		Set      *Set     // ALTER ROLE … [IN DATABASE …] SET|RESET
		Database string
		IfExists bool
		User     bool // CREATE USER: LOGIN by default
		// IfNotExists leaves a role that is there as it is (MySQL's CREATE USER).
		IfNotExists bool
		Options     []Option
		Members     []string // of ALTER GROUP ADD or (Leave) DROP USER
		Leave       bool
	}
	// CreateTrigger is CREATE TRIGGER. Events are INSERT, DELETE, UPDATE and TRUNCATE, in
	// this order.
	CreateTrigger struct {
		At
		Replace, Constraint bool
		Name                string
		Table               QName
		Timing              string // BEFORE, AFTER, INSTEAD OF
		Events              []string
		Columns             []string // of UPDATE OF
		Row                 bool
		When                Expr
		Function            QName
		Args                []string
		Transitions         []TriggerTransition
		From                *QName // of a constraint trigger
		Deferrable          bool
		InitiallyDeferred   bool
	}
	// Other is a statement that parses but has no tree here: it is answered with
	// 0A000 by name, unless something that it says is wrong.
	Other struct {
		At
		Name      string     // what PostgreSQL calls it: CREATE RULE
		Alone     bool       // it has to be a transaction of its own
		New       *QName     // the type that it would make
		Kind      ObjectKind // that of Object, a routine; Args are its arguments' types
		Object    *QName
		Args      []TypeName
		Extension string     // one that has to be there
		Cast      []TypeName // CREATE CAST: from, to
		Binary    bool       // WITHOUT FUNCTION
		Set       *Set       // ALTER SYSTEM
		Needs     []Need     // what has to be there, in the order in which it is looked for
		Skip      bool       // IF EXISTS: what is missing gives a notice
	}
	// Need is something that a statement speaks of and that has to be there.
	Need struct {
		Kind   ObjectKind
		Name   QName  // of a rule's table, not of the rule
		Own    string // a rule's name
		Method string // of an operator class or family
		// Types are those of a cast (from, to), of an operator (the zero value is NONE), of a
		// transform, whose Name is a language, and of a routine's arguments.
		Types []TypeName
		// Absent turns it round: it must not be there yet.
		Absent bool
	}
)

// TriggerTransition is OLD TABLE AS name or, New, NEW TABLE; without IsTable it is a ROW.
type TriggerTransition struct {
	Name         string
	New, IsTable bool
}

func (*CreateTable) stmt()     {}
func (*CreateIndex) stmt()     {}
func (*CreateSchema) stmt()    {}
func (*SchemaCollation) stmt() {}
func (*CreateSequence) stmt()  {}
func (*AlterSequence) stmt()   {}
func (*CreateView) stmt()      {}
func (*CreateCollation) stmt() {}
func (*AlterCollation) stmt()  {}
func (*Refresh) stmt()         {}
func (*CreateExtension) stmt() {}
func (*AlterExtension) stmt()  {}
func (*CreateDatabase) stmt()  {}
func (*AlterDatabase) stmt()   {}
func (*Drop) stmt()            {}
func (*Rename) stmt()          {}
func (*AlterTable) stmt()      {}
func (*AlterSchema) stmt()     {}
func (*AlterOwner) stmt()      {}
func (*Comment) stmt()         {}
func (*Truncate) stmt()        {}
func (*Reindex) stmt()         {}
func (*Cluster) stmt()         {}
func (*RoleStmt) stmt()        {}
func (*CreateTrigger) stmt()   {}
func (*Other) stmt()           {}
