// Package catalog holds the immutable descriptors of a database: schemas,
// tables, indexes, constraints, sequences, roles; and Snapshot, one consistent
// version of all of them. It must not know syntax, plans, execution or how
// descriptors are stored. Expressions are kept as SQL text.
package catalog

import (
	"github.com/loxodb/loxodb/sql/types"
)

// ID is an object's OID.
type ID = uint32

// Version counts committed catalog changes; plans remember the one they were made at.
type Version uint64

// Fixed OIDs, as PostgreSQL numbers them.
const (
	PgCatalogID         ID = 11
	PublicID            ID = 2200
	InformationSchemaID ID = 13183
	// MySQLSchemaID is the schema of MySQL's functions: it holds nothing else, and no
	// relation lists it.
	MySQLSchemaID     ID = 13999
	PgToastID         ID = 99
	BootstrapRoleID   ID = 10
	DatabaseID        ID = 16384
	VectorExtensionID ID = 16387
	HeapAmID          ID = 2
	BtreeAmID         ID = 403
	HashAmID          ID = 405
	GistAmID          ID = 783
	BrinAmID          ID = 3580
	SpgistAmID        ID = 4000
	GinAmID           ID = 2742
	HnswAmID          ID = 16388
	IvfflatAmID       ID = 16389
	FlatAmID          ID = 16390
	IvfAmID           ID = 17700
)

// System columns: negative attribute numbers as in PostgreSQL, and RowID, the
// table key, which only plans use.
const (
	CtidAttr     int16 = -1
	XminAttr     int16 = -2
	CminAttr     int16 = -3
	XmaxAttr     int16 = -4
	CmaxAttr     int16 = -5
	TableOidAttr int16 = -6
	RowIDAttr    int16 = -100
)

// SystemAttr is the attribute number of a system column, 0 for other names.
func SystemAttr(name string) int16 {
	switch name {
	case "ctid":
		return CtidAttr
	case "xmin":
		return XminAttr
	case "cmin":
		return CminAttr
	case "xmax":
		return XmaxAttr
	case "cmax":
		return CmaxAttr
	case "tableoid":
		return TableOidAttr
	}
	return 0
}

// Schema is a namespace.
type Schema struct {
	ID      ID
	Name    string
	Owner   ID
	Comment string
	// Temp marks what a session has for its temporary relations; see Snapshot.Temp.
	Temp bool `json:",omitempty"`
	// Collation is what tables take that MySQL's dialect makes without one, 0 = none.
	Collation ID `json:",omitempty"`
}

// RelKind is pg_class.relkind.
type RelKind byte

const (
	KindTable    RelKind = 'r'
	KindView     RelKind = 'v'
	KindMatView  RelKind = 'm'
	KindVirtual  RelKind = 'V' // a system relation made by code; shown as 'r' or 'v'
	KindSequence RelKind = 'S'
	KindIndex    RelKind = 'i'
	// KindComposite is a type made by CREATE TYPE … AS: a relation without rows.
	KindComposite RelKind = 'c'
)

// Table is a table or a view. Immutable; DDL makes a new one.
type Table struct {
	ID          ID
	Schema      ID
	Name        string
	Kind        RelKind
	Owner       ID
	TypeID      ID       // pg_class.reltype: the type of its rows
	ArrayID     ID       `json:",omitempty"` // the array type over that
	ArrayName   string   `json:",omitempty"`
	Shown       string   `json:",omitempty"` // the row type's name in messages, as Type.Shown
	Columns     []Column // by position; dropped ones stay (attnum = index+1)
	Indexes     []*Index // ready or being built
	Constraints []*Constraint
	Triggers    []*Trigger `json:",omitempty"` // by name
	ViewSQL     string     // of a view or materialized view
	// Updatable are the columns of a view that can be written through it, as it was made;
	// CheckOption is its WITH CHECK OPTION: 0, l(ocal) or c(ascaded).
	Updatable   []int16 `json:",omitempty"`
	CheckOption byte    `json:",omitempty"`
	// Unpopulated materialized views cannot be read.
	Unpopulated bool    `json:",omitempty"`
	Options     Options // WITH (…)
	// ToastOptions are those of WITH (toast.…), for the table of long values that is shown.
	ToastOptions Options `json:",omitempty"`
	Unlogged     bool
	Temp         bool
	// OnCommit is what the end of a transaction does to a temporary table: 0 nothing,
	// 'd' delete its rows, 'D' drop it.
	OnCommit byte `json:",omitempty"`
	// Reads are the relations that a temporary view reads, as they were; see Outdated.
	Reads   []Read `json:",omitempty"`
	Comment string
	// Policies of row security, which are in force when RowSecurity is set, for the owner,
	// too, when ForceRowSecurity is.
	Policies                      []*Policy `json:",omitempty"`
	RowSecurity, ForceRowSecurity bool      `json:",omitempty"`
	// ExtStatistics are the statistics objects over the table's columns.
	ExtStatistics []*ExtStatistics `json:",omitempty"`
	// PrimaryAttr is the attribute whose int value is the table key (RowID), 0 when
	// the key is hidden (no primary key, or not a single integer column).
	PrimaryAttr int16
	// Storage is the key prefix of the rows; TRUNCATE gives a table a new one.
	Storage ID
	// Order lists attributes in the order in which * and lists without names have them, nil
	// = by number: MySQL puts columns between others. See Listed.
	Order []int16 `json:",omitempty"`
	// Parents are the tables that this one is a child of, in their order; Children its own
	// children, by OID. See partition.go.
	Parents  []ID `json:",omitempty"`
	Children []ID `json:",omitempty"`
	// ReplicaIdentity is pg_class.relreplident, 0 = d(efault): also n(othing), f(ull), i(ndex).
	// Nothing is replicated; clients and dumps are told.
	ReplicaIdentity byte `json:",omitempty"`
	// OfType is the composite type whose attributes are the columns of a typed table, else 0.
	OfType ID `json:",omitempty"`
	// Partitioning is set for a partitioned table, Bound for a partition.
	Partitioning *Partitioning `json:",omitempty"`
	Bound        *Bound        `json:",omitempty"`
	// Collation is what columns take that MySQL's dialect adds without one, 0 = their type's.
	Collation ID `json:",omitempty"`
	// NextAttr is unused by readers: attnums are never reused.
}

// Column is a column of a table.
type Column struct {
	Num        int16
	Name       string
	Type       types.T // of a domain: its base type
	Domain     ID      `json:",omitempty"`
	NDims      int16   // declared array dimensions
	NotNull    bool
	Default    string // SQL text of DEFAULT or of the generation expression; "" = none
	DefaultID  ID     // pg_attrdef.oid
	Identity   byte   // 0, 'a', 'd'
	Generated  byte   // 0, 's'
	SequenceID ID     // owned by serial or identity
	// AutoIncrement makes an identity column take NULL and 0 for its default, and its
	// sequence go on after greater values that are given.
	AutoIncrement bool `json:",omitempty"`
	// Bits is the width of a bit field that is kept as an integer, 0 = none: a string
	// that is given to it is its bytes, the first the highest.
	Bits int `json:",omitempty"`
	// Declared is the type in the words of the dialect that it was declared in, for that
	// dialect to show; "" = none.
	Declared string `json:",omitempty"`
	// OnUpdate is SQL text of the value that an UPDATE gives the column when it
	// changes the row and does not set it; "" = none.
	OnUpdate  string `json:",omitempty"`
	Dropped   bool
	Collation ID
	Comment   string
	// Storage is what SET STORAGE said, as in pg_attribute; 0 = the type's. Rows are kept
	// the same way whatever it says.
	Storage byte `json:",omitempty"`
	// Compression is what COMPRESSION said, as in pg_attribute: p(glz), l(z4), 0 = the default.
	// Values are kept the same way whatever it says.
	Compression byte `json:",omitempty"`
	// StatTarget is what SET STATISTICS said, plus one; 0 = nothing. ANALYZE does not go by it.
	StatTarget int `json:",omitempty"`
	// Options are what SET (…) said: numbers of distinct values. ANALYZE does not go by them.
	Options Options `json:",omitempty"`
	// InhCount is how many parents have the column; Inherited: it was not declared here.
	InhCount  int  `json:",omitempty"`
	Inherited bool `json:",omitempty"`
	// Missing is the value (binary rowcodec form of one datum) of rows written before
	// the column was added with a constant default; nil = NULL.
	Missing []byte
}

// ConstraintKind is pg_constraint.contype.
type ConstraintKind byte

const (
	CheckConstraint   ConstraintKind = 'c'
	PrimaryConstraint ConstraintKind = 'p'
	UniqueConstraint  ConstraintKind = 'u'
	ExcludeConstraint ConstraintKind = 'x'
	ForeignConstraint ConstraintKind = 'f'
	// TriggerConstraint is a constraint trigger in pg_constraint: see Trigger.Constraint.
	TriggerConstraint ConstraintKind = 't'
)

// Constraint is a table constraint (NOT NULL lives on the column).
type Constraint struct {
	ID           ID
	Name         string
	Kind         ConstraintKind
	Columns      []int16
	Index        ID     // of primary and unique; of the referenced key for foreign
	Expr         string // check, SQL text
	RefTable     ID
	RefColumns   []int16
	OnDelete     byte // a r c n d
	OnUpdate     byte
	OnDeleteCols []int16
	Match        byte // s f
	Deferrable   bool
	Deferred     bool
	Validated    bool
	NoInherit    bool
	// Unchecked: of a foreign key: rows have been, or may have been, written without its check,
	// so that plans must not go by it. A validation takes it away.
	Unchecked bool `json:",omitempty"`
	// Range: it keeps the range of a type that another dialect declares, and goes with that.
	Range bool `json:",omitempty"`
	// Unenforced: of a check that MySQL's dialect declares NOT ENFORCED: no row is refused for it.
	Unenforced bool `json:",omitempty"`
	// InhCount and Inherited as of a column; Parent is the constraint of the partitioned
	// table that a key, or a foreign key, of a partition is a part of.
	InhCount  int  `json:",omitempty"`
	Inherited bool `json:",omitempty"`
	Parent    ID   `json:",omitempty"`
	// Triggers are the states of the triggers that stand for the constraint; "" = all fire.
	Triggers string `json:",omitempty"`
	// Parts are the rows that pg_constraint has of a foreign key to a partitioned table for
	// each partition of that. See ForeignPart.
	Parts   []ForeignPart `json:",omitempty"`
	Comment string
	// Awaited is the table that the key of an AwaitingConstraint refers to as soon as it comes.
	Awaited *Awaited `json:",omitempty"`
}

// Sequence is a sequence. Its present value is a row of its own, not here.
type Sequence struct {
	ID, Schema ID
	Name       string
	Owner      ID
	Type       types.OID
	Start      int64
	Increment  int64
	Min, Max   int64
	Cache      int64
	Cycle      bool
	OwnerTable ID // OWNED BY, 0 none
	OwnerAttr  int16
	Identity   bool
	Temp       bool `json:",omitempty"`
	Unlogged   bool `json:",omitempty"`
	// Position is what its position is kept under, 0 its ID: another one with each RESTART, which
	// a rollback takes back with the rest of the sequence.
	Position ID `json:",omitempty"`
	Comment  string
}

// PositionID is what the sequence's position is kept under.
func (q *Sequence) PositionID() ID {
	if q.Position != 0 {
		return q.Position
	}
	return q.ID
}

// Role is a user or group.
type Role struct {
	ID                                   ID
	Name                                 string
	Super, Inherit, CreateRole, CreateDB bool
	Login, Replication, BypassRLS        bool
	ConnLimit                            int
	Password                             string // SCRAM verifier, "" none
	ValidUntil                           string
	Comment                              string
	MemberOf                             []Membership `json:",omitempty"`
}

// Extension is an installed extension.
type Extension struct {
	ID      ID
	Name    string
	Schema  ID
	Version string
	Comment string
}

// TableStats are what ANALYZE found.
type TableStats struct {
	Rows     float64
	Pages    int64 // bytes / 8192, for pg_class.relpages
	AvgWidth int
	Columns  map[int16]*ColumnStats
	// Whole are those of the rows of the table and all below it, where it has children: only
	// what is by column and by statistics object.
	Whole *TableStats `json:",omitempty"`
	// Ext is what was found for statistics objects, by their numbers; those that were
	// dropped since may be among them.
	Ext map[ID]*ExtStatisticsData `json:",omitempty"`
}

// ColumnStats describe one column (pg_stats).
type ColumnStats struct {
	NullFrac  float64
	Width     int
	Distinct  float64  // >0 count, <0 −fraction of rows
	MCV       [][]byte // most common values, in key encoding (types.AppendKey)
	MCF       []float64
	Histogram [][]byte // bounds in key encoding, ascending
	Corr      float64
	// Of a column whose values consist of parts (package gin): the hashes of the most common
	// parts, ascending, the share of rows that have each, and that of any other; PartCount
	// parts were seen.
	Parts     []uint64  `json:",omitempty"`
	PartFreqs []float32 `json:",omitempty"`
	PartRest  float32   `json:",omitempty"`
	PartCount int       `json:",omitempty"`
}
