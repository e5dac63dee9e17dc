package ast

// Select is a query: a plain SELECT, VALUES, or a set operation over two.
type Select struct {
	At
	With *With

	// Plain SELECT (Values nil, SetOp SetNone).
	Distinct   bool
	DistinctOn []Expr
	Targets    []Target // may be empty: SELECT FROM t
	From       []TableExpr
	Where      Expr
	GroupBy    []GroupItem
	GroupAll   bool // GROUP BY DISTINCT
	// Dependents: columns that are functions of the groups may stand beside them, as in MySQL.
	Dependents bool
	Having     Expr
	Windows    []NamedWindow
	Into       *QName

	Values [][]Expr // VALUES lists

	SetOp       SetOpKind
	SetAll      bool
	Mixed       bool // see Coalesce
	Left, Right *Select

	OrderBy       []SortBy
	Limit, Offset Expr // Limit nil = none; LIMIT ALL = Lit NULL
	WithTies      bool
	Locking       []Locking
}

// SetOpKind is UNION, INTERSECT or EXCEPT.
type SetOpKind uint8

const (
	SetNone SetOpKind = iota
	Union
	Intersect
	Except
)

// Target is an item of the select list, RETURNING, or UPDATE … SET.
type Target struct {
	At
	Expr Expr
	Name string // alias; the column's name in UPDATE SET and INSERT
	Path []Step // of UPDATE SET and INSERT: the part of the column
	// Heading ends Name with what only the session knows, nil = nothing does.
	Heading *Heading
	// Table is the column's table in UPDATE SET over a Join, "" = the one that has it.
	Table string
	// Multi: (a, b) = source: this target takes column MultiCol (1-based) of MultiExpr.
	Multi    Expr
	MultiCol int
}

// Heading is the end of an output column's name: the name of the session's schema, or of
// its user, and what follows that.
type Heading struct {
	User  bool // the user's, not the schema's
	After string
}

// Step leads from a value to a part of it: to a field, or by a subscript.
type Step struct {
	Field string
	Star  bool // .*
	Sub   *Index
}

// With is the WITH clause.
type With struct {
	At
	Recursive bool
	CTEs      []CTE
}

// CTE is one common table expression. Query is *Select, *Insert, *Update or *Delete.
type CTE struct {
	At
	Name         string
	Columns      []string
	All          bool // as of Alias
	Query        Stmt
	Materialized Materialize
	Search       *Search
	Cycle        *Cycle
}

// Search is SEARCH DEPTH|BREADTH FIRST BY … SET ….
type Search struct {
	At
	Breadth bool
	By      []string
	Set     string
}

// Cycle is CYCLE … SET … TO … DEFAULT … USING …; without TO and DEFAULT they are true
// and false.
type Cycle struct {
	At
	Columns     []string
	Set, Using  string
	To, Default Expr
}

// Materialize is the hint of a CTE.
type Materialize uint8

const (
	MaterializeDefault Materialize = iota
	MaterializeAlways
	MaterializeNever
	// MaterializeFirst is of queries with effects: they are read to their end, in their order,
	// before anything else of the statement is.
	MaterializeFirst
)

// GroupItem is an item of GROUP BY: one expression, or a grouping set.
type GroupItem struct {
	At
	Expr  Expr
	Kind  GroupKind
	Items []GroupItem // for sets
}

// GroupKind says what a GroupItem is.
type GroupKind uint8

const (
	GroupExpr GroupKind = iota
	GroupEmpty
	GroupRollup
	GroupCube
	GroupSets
	GroupRow // (a, b) inside a set
)

// SortBy is an item of ORDER BY.
type SortBy struct {
	At
	Expr  Expr
	Desc  bool
	Nulls NullsOrder
	Using string // USING operator
	// UsingSchema qualifies it, UsingPos is where it stands.
	UsingSchema string
	UsingPos    Pos
	// Places sorts a column that another dialect declares as ENUM by the places of its
	// words in the list. PlacesWritten: it makes a difference and stands in the text, as the
	// call of MixedName.
	Places, PlacesWritten bool
}

// NullsOrder is NULLS FIRST or LAST.
type NullsOrder uint8

const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// Window is an OVER clause or a WINDOW definition.
type Window struct {
	At
	Ref         string // OVER name, or the base window
	PartitionBy []Expr
	OrderBy     []SortBy
	Frame       *Frame // nil = the default
	NameOnly    bool   // OVER name
}

// NamedWindow is an item of the WINDOW clause.
type NamedWindow struct {
	Name string
	Def  Window
}

// Frame is a window frame.
type Frame struct {
	Mode       FrameMode
	Between    bool // written BETWEEN … AND …; else the end is the current row
	Start, End FrameBound
	Exclude    FrameExclude
}

// FrameMode is ROWS, RANGE or GROUPS.
type FrameMode uint8

const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// FrameBound is one end of a frame.
type FrameBound struct {
	Kind   BoundKind
	Offset Expr
}

// BoundKind is the kind of a frame's end.
type BoundKind uint8

const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameExclude is the EXCLUDE clause.
type FrameExclude uint8

const (
	ExcludeNone FrameExclude = iota
	ExcludeCurrent
	ExcludeGroup
	ExcludeTies
)

// Locking is FOR UPDATE | NO KEY UPDATE | SHARE | KEY SHARE.
type Locking struct {
	At
	Strength LockStrength
	Of       []QName
	NoWait   bool
	Skip     bool
	Pushed   bool // the binder's: not written here, but applied from the query around
}

// LockStrength is the strength of a locking clause, weakest first.
type LockStrength uint8

const (
	ForKeyShare LockStrength = iota
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// Alias is AS name (columns).
type Alias struct {
	Name    string
	Columns []string
	All     bool        // MySQL's: each column has a name in Columns
	ColDefs []ColumnDef // AS t(a int, b text) of a record function
}

type (
	// TableRef is a table, view or CTE by name.
	TableRef struct {
		At
		Name  QName
		Only  bool
		Alias *Alias
		// Parts are the partitions that MySQL's dialect names, by their names within the table;
		// nil means all. No stored text has them.
		Parts []string
	}
	// SubqueryRef is (query) alias.
	SubqueryRef struct {
		At
		Listed  bool // VALUES that stand in FROM themselves, of a query that was analysed
		Query   *Select
		Lateral bool
		Alias   *Alias
	}
	// FuncRef is a function in FROM, or ROWS FROM (several).
	FuncRef struct {
		At
		Funcs      []FuncItem
		RowsFrom   bool
		Lateral    bool
		Ordinality bool
		Alias      *Alias
	}
	// Join is a join of two items.
	Join struct {
		At
		Kind        JoinKind
		Natural     bool
		Left, Right TableExpr
		Using       []string
		UsingAlias  string
		On          Expr
		Alias       *Alias
	}
	// Sample is TABLESAMPLE.
	Sample struct {
		At
		Table      TableExpr
		Method     QName
		Args       []Expr
		Repeatable Expr
	}
)

// FuncItem is one function of a FuncRef with its column definitions.
type FuncItem struct {
	Call    Expr // *Func, or *SQLValue
	ColDefs []ColumnDef
}

// JoinKind is the kind of a Join.
type JoinKind uint8

const (
	InnerJoin JoinKind = iota // also CROSS
	LeftJoin
	RightJoin
	FullJoin
)

func (*TableRef) tableExpr()    {}
func (*SubqueryRef) tableExpr() {}
func (*FuncRef) tableExpr()     {}
func (*Join) tableExpr()        {}
func (*Sample) tableExpr()      {}

type (
	// Insert is INSERT INTO.
	Insert struct {
		At
		With    *With
		Table   TableRef
		Columns []Target // Name and Path
		Query   *Select  // nil = DEFAULT VALUES
		// Proposed is what the assignments of OnConflict may call the row that is proposed, and
		// ProposedAt where it is named (MySQL's AS new).
		Proposed   *Alias
		ProposedAt Pos
		Overriding Overriding
		OnConflict *OnConflict
		Returning  []Target
		// Ignore passes over rows that violate a key (MySQL's IGNORE); so in Update and Delete.
		Ignore bool
		// Whole asks for a value for every column where none are named.
		Whole bool
		// Mixed converts values to the columns' types as MySQL does; so in Update.
		Mixed bool
	}
	// Update is UPDATE.
	Update struct {
		At
		With  *With
		Table TableRef
		// Join, in place of Table, is what MySQL's UPDATE of several tables is of.
		Join      TableExpr
		Set       []Target
		From      []TableExpr
		Where     Expr
		CurrentOf string
		Returning []Target
		Ignore    bool
		Mixed     bool
		// Unlimited: without LIMIT, in MySQL's dialect, where a setting may want a condition that a
		// key serves; so in Delete.
		Unlimited bool
		// OrderBy and Limit are MySQL's: the order in which rows are changed, and how many; so in Delete.
		OrderBy []SortBy
		Limit   Expr
	}
	// Delete is DELETE FROM.
	Delete struct {
		At
		With  *With
		Table TableRef
		// Join, in place of Table, is what MySQL's DELETE chooses rows of the tables Of from.
		Join      TableExpr
		Of        []string
		Using     []TableExpr
		Where     Expr
		CurrentOf string
		Returning []Target
		Ignore    bool
		// Mixed: its expressions are computed as those of MySQL's statements that change rows.
		Mixed     bool
		Unlimited bool
		OrderBy   []SortBy
		Limit     Expr
	}
)

// Merge is MERGE INTO.
type Merge struct {
	At
	With   *With
	Table  TableRef
	Source TableExpr
	On     Expr
	Whens  []MergeWhen
}

// MergeWhen is one WHEN clause of MERGE.
type MergeWhen struct {
	Matched    bool
	Cond       Expr // AND …, nil without
	Action     MergeAction
	Set        []Target // of MergeUpdate
	Columns    []Target // of MergeInsert
	Values     []Expr   // of MergeInsert, nil = DEFAULT VALUES
	Overriding Overriding
}

// MergeAction is what a WHEN clause of MERGE does with its rows.
type MergeAction uint8

const (
	MergeNothing MergeAction = iota
	MergeUpdate
	MergeDelete
	MergeInsert
)

// Overriding is the OVERRIDING clause of INSERT.
type Overriding uint8

const (
	OverridingNone Overriding = iota
	OverridingUser
	OverridingSystem
)

// OnConflict is ON CONFLICT … DO.
type OnConflict struct {
	At
	Target     []IndexElem
	TargetAt   Pos  // where its columns begin
	Where      Expr // of the target (partial index)
	Constraint string
	// AnyKey lets DO UPDATE do without a target: a conflict on any unique key counts.
	AnyKey   bool
	DoUpdate bool
	// Replace deletes the rows in conflict and inserts the new one (REPLACE).
	Replace  bool
	Set      []Target
	SetWhere Expr
}

func (*Select) stmt() {}
func (*Insert) stmt() {}
func (*Update) stmt() {}
func (*Delete) stmt() {}
func (*Merge) stmt()  {}

// NoCondition is what stored SQL has as the condition of an outer join that has none: one that
// is NATURAL between relations without a column in common. No other condition is kept like this.
func NoCondition() Expr {
	none := At{Pos: NoPos}
	return &Cast{At: none, X: &Lit{At: none, Kind: LitString, Text: "true"}, To: TypeName{Name: QName{Schema: "pg_catalog", Name: "bool"}}}
}

// Unconditional reports a join of stored SQL that has no condition.
func (j *Join) Unconditional() bool {
	c, ok := j.On.(*Cast)
	if !ok {
		return false
	}
	l, ok := c.X.(*Lit)
	return ok && l.Kind == LitString && c.To.Name.Name == "bool"
}
