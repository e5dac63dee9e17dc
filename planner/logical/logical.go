// Package logical is the relational tree between names and strategies: what a
// statement means, with every column of the whole query numbered once (ColID),
// so that rules move predicates and joins without renumbering; and the rules
// themselves. It must not know syntax, cost, strategies or execution.
package logical

import (
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// ColID numbers a column of a query. In logical trees expr.Column.Index is a
// ColID; a column that the input does not produce belongs to an outer query.
type ColID = int

// ColInfo is what is known of a column.
type ColInfo struct {
	Name string
	Rel  string // alias of its relation, "" for computed columns
	T    types.T
	// Table and Attr are set for plain table columns.
	Table *catalog.Table
	Attr  int16
	// OrigTable and OrigAttr are what clients are told: the view's for a view's column.
	OrigTable catalog.ID
	OrigAttr  int16
	// Collation is what texts of the column are ordered by unless a query says
	// otherwise: 0 = as its type says, NoCollation = it could not be determined.
	Collation catalog.ID
	// Domain is the domain of a computed column, whose T is the base type; 0 for none, and
	// for columns of tables and views, which know theirs.
	Domain catalog.ID
	// Use numbers, from 1, the use in Meta.Uses that a mention of the column belongs to;
	// 0 = none.
	Use int
}

// NoCollation is the collation of a column over texts of several.
const NoCollation = ^catalog.ID(0)

// Meta holds the columns of one statement and its WITH queries.
type Meta struct {
	Cols []ColInfo // by ColID; 0 is unused
	CTEs []*CTE
	// ReadFirst are WITH queries that must be read before any other runs.
	ReadFirst []*CTE
	// Works counts working tables of recursive queries.
	Works  int
	tables []catalog.ID // see Tables
	// Calls: it calls functions that users made.
	Calls bool
	// Uses are what privileges are needed for.
	Uses []physical.Use
	// FoldedMods are the type modifiers of computed columns that got another one when
	// constants decided what computes them.
	FoldedMods map[ColID]int32
	// FoldedBytes is how long the values are that were computed of constants.
	FoldedBytes int
	// Midway: a statement that writes is running around this one: see bind.Options.
	Midway bool
	// Unlimited: MySQL's sql_safe_updates holds for the statement: see Keyed.
	Unlimited bool
}

// NewMeta returns an empty Meta.
func NewMeta() *Meta { return &Meta{Cols: make([]ColInfo, 1, 16)} }

// Depend notes a relation that the statement depends on.
func (m *Meta) Depend(id catalog.ID) { m.tables = append(m.tables, id) }

// Tables are the relations that the statement depends on, in ascending order.
func (m *Meta) Tables() []catalog.ID {
	slices.Sort(m.tables)
	m.tables = slices.Compact(m.tables)
	return m.tables
}

// Add numbers a new column.
func (m *Meta) Add(c ColInfo) ColID {
	if c.Table != nil && c.OrigTable == 0 {
		c.OrigTable, c.OrigAttr = c.Table.ID, c.Attr
	}
	m.Cols = append(m.Cols, c)
	return len(m.Cols) - 1
}

// inlined reports a WITH query that is put in the place of its only reference.
func (c *CTE) inlined() bool { return c.Inline && c.Refs == 1 }

// Column returns a reference to the column.
func (m *Meta) Column(id ColID) *expr.Column {
	c := &m.Cols[id]
	return &expr.Column{Index: id, T: c.T, Name: c.Name}
}

// CTE is a WITH query. Tree is nil until it is bound.
type CTE struct {
	Name   string
	Tree   Node
	Out    []ColID
	Names  []string
	Refs   int
	Inline bool // may be put in place of its only reference
	Write  bool // data-modifying
	Index  int  // in Meta.CTEs
	first  bool // one of Meta.ReadFirst
}

// Node is a relational operator.
type Node interface {
	// Cols are the columns it produces, in order.
	Cols() []ColID
}

// JoinKind is the kind of a join.
type JoinKind uint8

const (
	Inner JoinKind = iota
	Left
	Right
	Full
	Semi
	Anti
)

// SortKey orders by an expression over the input.
type SortKey struct {
	Expr       expr.Expr
	Bytes      bool // texts are ordered by their bytes, whatever their collation
	Desc       bool
	NullsFirst bool
}

// Grouping is GROUPING(…) of an Agg with sets: an int4 with a bit for each of Groups,
// the last one's lowest, that is set when the row's set leaves the group out.
type Grouping struct {
	Groups []int
	Out    ColID
}

// Value is the result for the rows of a set.
func (g *Grouping) Value(set []int) int64 {
	v := int64(0)
	for _, n := range g.Groups {
		v <<= 1
		if !slices.Contains(set, n) {
			v |= 1
		}
	}
	return v
}

// AggCall is one aggregate. Direct are the direct arguments of one with WITHIN GROUP,
// which have one value a group: they use its groups only. Args and OrderBy are then
// what WITHIN GROUP orders by.
type AggCall struct {
	Fn       *builtin.Func
	Args     []expr.Expr
	Direct   []expr.Expr
	Distinct bool
	Filter   expr.Expr
	OrderBy  []SortKey
	T        types.T
}

// Cursor is what WHERE CURRENT OF means: a cursor by its name, or by a variable of a
// function that has its name.
type Cursor struct {
	Name     string
	Variable *expr.Param // nil where Name is it
}

type (
	// Scan reads a table. Out[i] is attribute Attrs[i].
	Scan struct {
		Table *catalog.Table
		Alias string
		Attrs []int16
		Out   []ColID
		// Family are the tables with the rows, where these are not the table's own alone.
		Family []*catalog.Table
		// Cursor is the cursor whose row is the only one that is read, nil = all rows.
		Cursor *Cursor
		// Secure are conditions of row security: rows that do not fulfil them are not there
		// for anything else that could tell of them.
		Secure []expr.Expr
	}
	// Virtual reads a system relation.
	Virtual struct {
		Relation *syscat.Table
		Alias    string
		Attrs    []int16
		Out      []ColID
	}
	// Func calls functions in FROM.
	Func struct {
		Calls      []*expr.Call
		Ordinality bool
		Alias      string
		Out        []ColID
	}
	// Values is constant rows; One row without columns is SELECT without FROM. Order is that in
	// which the values of a row are computed, by their places; nil: as they stand.
	Values struct {
		Rows  [][]expr.Expr
		Order []int
		Out   []ColID
	}
	// CTERef reads a WITH query; Out[i] renames CTE.Out[i].
	CTERef struct {
		CTE *CTE
		Out []ColID
	}
	// WorkRef reads the working table of a recursive query.
	WorkRef struct {
		Work int
		Name string
		Out  []ColID
	}
	// RecursiveUnion is WITH RECURSIVE's union. InitCols and StepCols give Out in order.
	RecursiveUnion struct {
		Name               string // of the query, for errors
		Work               int
		Init, Step         Node
		InitCols, StepCols []ColID
		Distinct           bool
		Out                []ColID
	}
	// Filter keeps rows for which all Conds are true.
	Filter struct {
		Input Node
		Conds []expr.Expr
	}
	// Project computes Out[i] = Exprs[i]; a plain column keeps its ColID. HandsOn: it
	// only gives columns other numbers, which is no use of them.
	Project struct {
		Input   Node
		Exprs   []expr.Expr
		Out     []ColID
		HandsOn bool
	}
	// ProjectSet is Project with set-returning calls on top level.
	ProjectSet struct {
		Input Node
		Exprs []expr.Expr
		Out   []ColID
	}
	// Join of two inputs. Lateral: Right may use columns of Left.
	Join struct {
		Kind        JoinKind
		Left, Right Node
		On          []expr.Expr
		// Unjoinable: PostgreSQL cannot make it as a full join.
		Unjoinable bool
		// Own: PostgreSQL would not make a join of it, so that it concludes nothing from On.
		Own bool
	}
	// Agg groups: Groups[i] becomes GroupOut[i], aggregates AggOut. Sets are grouping
	// sets of Groups, and Grouping says of their rows which set they belong to.
	Agg struct {
		Input    Node
		Groups   []expr.Expr
		GroupOut []ColID
		Aggs     []AggCall
		AggOut   []ColID
		Sets     [][]int
		Grouping []Grouping
	}
	// Window adds window functions' results to its input.
	Window struct {
		Input     Node
		Partition []expr.Expr
		Order     []SortKey
		Calls     []physical.WindowCall // expressions over ColIDs
		Out       []ColID
	}
	// Sort orders.
	Sort struct {
		Input Node
		Keys  []SortKey
	}
	// Limit cuts. WithTies needs Input to be the Sort.
	Limit struct {
		Input         Node
		Limit, Offset expr.Expr
		WithTies      []SortKey
	}
	// Distinct drops duplicates over On (all columns when nil). With Ordered the
	// first row of each run of equal On values stays (DISTINCT ON).
	Distinct struct {
		Input Node
		On    []expr.Expr
	}
	// SetOp combines two inputs; LeftCols and RightCols give Out in order.
	SetOp struct {
		Kind                SetKind
		All                 bool
		Left, Right         Node
		LeftCols, RightCols []ColID
		Out                 []ColID
	}
	// Lock locks rows of tables; RowCols hold their RowIDs.
	Lock struct {
		Input  Node
		Locks  []RowLock
		Pushed bool // a query around it has applied them
	}
)

// RowLock is one table of Lock.
type RowLock struct {
	Table *catalog.Table
	Row   ColID
	// Family are the tables that the row may be of, and TableOID tells which.
	Family   []*catalog.Table
	TableOID ColID
	Shared   bool
	NoWait   bool
	Skip     bool
	Words    string // FOR UPDATE, …
}

// SetKind is the kind of a SetOp.
type SetKind uint8

const (
	Union SetKind = iota
	Intersect
	Except
)

// Subquery is a query inside an expression; it becomes an expr.SubPlan. Its tree
// may use columns of the query around it.
type Subquery struct {
	Kind expr.SubPlanKind
	Tree Node
	Out  []ColID
	// Left and Test compare for AnySub, AllSub and RowSub: Test is over PairCols' ids, of which
	// the first are Left's values, the others Out.
	Left     []expr.Expr
	LeftCols []ColID
	Test     expr.Expr
	// Simple: Test is a single "=" that a join can use: Eq[i] compares Left[i] with Out[i].
	Eq []*builtin.Operator
	T  types.T
	// Domain is the domain that a scalar subquery's value is of, 0 for none.
	Domain catalog.ID
	// Source is the subquery as SQL, for comparing two of them; nil = it is like no other.
	Source func() string
}

// Type is the subquery's value type.
func (s *Subquery) Type() types.T { return s.T }

func (n *Scan) Cols() []ColID           { return n.Out }
func (n *Virtual) Cols() []ColID        { return n.Out }
func (n *Func) Cols() []ColID           { return n.Out }
func (n *Values) Cols() []ColID         { return n.Out }
func (n *CTERef) Cols() []ColID         { return n.Out }
func (n *WorkRef) Cols() []ColID        { return n.Out }
func (n *RecursiveUnion) Cols() []ColID { return n.Out }
func (n *Filter) Cols() []ColID         { return n.Input.Cols() }
func (n *Project) Cols() []ColID        { return n.Out }
func (n *ProjectSet) Cols() []ColID     { return n.Out }
func (n *Window) Cols() []ColID {
	in := n.Input.Cols()
	return append(append(make([]ColID, 0, len(in)+len(n.Out)), in...), n.Out...)
}
func (n *Sort) Cols() []ColID     { return n.Input.Cols() }
func (n *Limit) Cols() []ColID    { return n.Input.Cols() }
func (n *Distinct) Cols() []ColID { return n.Input.Cols() }
func (n *SetOp) Cols() []ColID    { return n.Out }
func (n *Lock) Cols() []ColID     { return n.Input.Cols() }

// Cols of a join: left, then right unless only left rows come out.
func (n *Join) Cols() []ColID {
	if n.Kind == Semi || n.Kind == Anti {
		return n.Left.Cols()
	}
	l, r := n.Left.Cols(), n.Right.Cols()
	return append(append(make([]ColID, 0, len(l)+len(r)), l...), r...)
}

// Cols of Agg: groups, then aggregates.
func (n *Agg) Cols() []ColID {
	l := append(append(make([]ColID, 0, len(n.GroupOut)+len(n.AggOut)+len(n.Grouping)), n.GroupOut...), n.AggOut...)
	for i := range n.Grouping {
		l = append(l, n.Grouping[i].Out)
	}
	return l
}
