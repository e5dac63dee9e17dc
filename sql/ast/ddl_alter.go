package ast

// DomainAction is what ALTER DOMAIN does.
type DomainAction byte

const (
	DomainDefault        DomainAction = 'T'
	DomainDropNotNull    DomainAction = 'N'
	DomainSetNotNull     DomainAction = 'O'
	DomainAddConstraint  DomainAction = 'C'
	DomainDropConstraint DomainAction = 'X'
	DomainValidate       DomainAction = 'V'
)

// ObjectKind names a kind of object in DROP, COMMENT, ALTER, GRANT.
type ObjectKind string

const (
	ObjTable      ObjectKind = "TABLE"
	ObjIndex      ObjectKind = "INDEX"
	ObjSequence   ObjectKind = "SEQUENCE"
	ObjView       ObjectKind = "VIEW"
	ObjMatView    ObjectKind = "MATERIALIZED VIEW"
	ObjSchema     ObjectKind = "SCHEMA"
	ObjDatabase   ObjectKind = "DATABASE"
	ObjExtension  ObjectKind = "EXTENSION"
	ObjType       ObjectKind = "TYPE"
	ObjDomain     ObjectKind = "DOMAIN"
	ObjFunction   ObjectKind = "FUNCTION"
	ObjProcedure  ObjectKind = "PROCEDURE"
	ObjTrigger    ObjectKind = "TRIGGER"
	ObjColumn     ObjectKind = "COLUMN"
	ObjConstraint ObjectKind = "CONSTRAINT"
	// ObjDomainConstraint is a constraint of a domain, to COMMENT ON.
	ObjDomainConstraint ObjectKind = "CONSTRAINT ON DOMAIN"
	ObjRole             ObjectKind = "ROLE"
	ObjCollation        ObjectKind = "COLLATION"
	ObjStatistics       ObjectKind = "STATISTICS"
	ObjAggregate        ObjectKind = "AGGREGATE"
	ObjOperator         ObjectKind = "OPERATOR"
	ObjCast             ObjectKind = "CAST"
	ObjRule             ObjectKind = "RULE"
	ObjParameter        ObjectKind = "PARAMETER"
	ObjOther            ObjectKind = "OTHER"
)

// AlterKind is one action of ALTER TABLE.
type AlterKind uint8

const (
	AddColumn AlterKind = iota
	DropColumn
	ColumnDefault // Expr nil = DROP DEFAULT
	SetNotNull
	DropNotNull
	ColumnType
	AddConstraint
	DropConstraint
	ValidateConstraint
	AddIdentity
	SetIdentity
	DropIdentity
	DropExpression
	SetStatistics
	SetStorage
	SetCompression
	SetOptions   // SET (…)
	ResetOptions // RESET (…)
	ChangeOwner
	EnableTrigger
	DisableTrigger
	EnableRowSecurity
	DisableRowSecurity
	ForceRowSecurity
	NoForceRowSecurity
	ReplicaIdentity
	ClusterOn
	WithoutCluster
	SetLogged
	SetUnlogged
	AlterConstraint
	RedefineColumn  // MySQL's MODIFY: Column as a whole, Expr what becomes of the values
	MoveColumn      // to Place
	TableCollation  // MySQL's COLLATE of a table: Collation, with Convert of its columns, too
	ColumnOnUpdate  // Expr nil = none
	RestartIdentity // of the AUTO_INCREMENT column, after the values that are there
	SoundTable      // checks that the table is one of MySQL's: with columns, and a key for AUTO_INCREMENT
	EnforceCheck    // MySQL's: of the check Name
	UnenforceCheck  // likewise
	KeyVisible      // of the key Name of MySQL's dialect
	KeyInvisible    // likewise
	// MySQL's ADD, DROP and TRUNCATE PARTITION, of Partitions; TRUNCATE of none of all, ADD of
	// none of Num more.
	AddPartitions
	DropPartitions
	TruncatePartitions
	TendPartitions       // REBUILD, OPTIMIZE, CHECK and REPAIR: they must be there
	ReorganizePartitions // those of Parts become Partitions
	CoalescePartitions   // by Num fewer
	ExchangePartition    // the rows of Name and of the table Of
	RemovePartitioning
	DivideTable     // by PartitionBy into Partitions
	AddInherit      // INHERIT Of
	DropInherit     // NO INHERIT Of
	AttachPartition // Of with Bound; of an index without
	DetachPartition // Of
	EnableAlwaysTrigger
	EnableReplicaTrigger
	SetTablespace   // Name
	SetAccessMethod // Name
	SetTyped        // OF Type
	DropTyped       // NOT OF
	AlterOther      // answered with 0A000, by Name
)

// ColumnPlace is where a column is put among the others.
type ColumnPlace struct {
	First bool
	After string
}

// AlterCmd is one action of ALTER TABLE.
type AlterCmd struct {
	At
	Kind       AlterKind
	Name       string // column, constraint, owner
	Num        int    // of SetStatistics: the column of an index, when Name is empty; how many partitions
	Primary    bool   // DROP CONSTRAINT of the primary key, whatever its name is
	RangeOf    string // DROP CONSTRAINT of the Range of this column, if it has one
	IfExists   bool   // DROP … IF EXISTS, ADD COLUMN IF NOT EXISTS
	Cascade    bool
	Guarded    bool // MySQL's DROP COLUMN: not one of a foreign key
	Column     *ColumnDef
	Constraint *Constraint
	Type       *TypeName
	Bits       int    // of ColumnType, as in ColumnDef
	Declared   string // of ColumnType, as in ColumnDef
	Collation  *QName // of ColumnType and TableCollation
	Convert    bool
	TimeExpr   Expr         // the default where the column is MySQL's TIME, nil = Expr
	Expr       Expr         // default, USING, the target of SET STATISTICS
	Place      *ColumnPlace // of AddColumn, RedefineColumn and MoveColumn
	Generated  *Constraint  // of ColumnType of a generated column: its expression
	// Options of SET and RESET. One bare name for SetStorage (plain …) and SetCompression, for
	// ReplicaIdentity (d, f, n, i with Name the index) and for ENABLE/DISABLE
	// TRIGGER ALL or USER.
	Options    []Option
	SeqOptions []SeqOption
	// Of is the other table of an action about children, or the rule of one about rules; Bound the
	// place of a partition.
	Of           *QName
	Bound        *PartitionBound
	Concurrently bool // DETACH PARTITION … CONCURRENTLY
	Finalize     bool // DETACH PARTITION … FINALIZE
	Partitions   []NamedPartition
	Parts        []string // partitions by their names within the table
	PartitionBy  *PartitionBy
}

// NamedPartition is a partition as MySQL's dialect names it, within its table. Of a new one,
// Table is what it is called outside, and Bound its place, of a range the end alone: it begins
// where the one before ends.
type NamedPartition struct {
	Name  string
	Table QName
	Bound *PartitionBound
}
