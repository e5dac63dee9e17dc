// Package physical is the plan that the executor runs: an immutable tree that
// sessions share, with every name resolved and every strategy either chosen or
// left, with its alternatives, to Open. It must not know syntax or how plans
// are found or run.
package physical

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// Plan is a complete planned statement. Immutable, shared between sessions.
type Plan struct {
	Root   Node
	Out    []OutColumn // result columns; nil when the statement returns no rows
	Params []types.OID // type of each client parameter
	// ParamDomains are the domains that parameters are shown with, by number; nil: none.
	ParamDomains map[int]types.OID
	SubPlans     []Node // subqueries of expressions, by expr.SubPlan.Plan
	CTEs         []Node // materialised WITH queries, by CTEScan.CTE; run on first use
	// RunCTEs are the CTEs that run to completion before anything else: what must be
	// read as it was. WriteCTEs are the data-modifying ones, which run when they are read,
	// or after the root, the last one first.
	RunCTEs   []int
	WriteCTEs []int
	// Positions are columns behind those of Out with the row numbers of a cursor's rows.
	Positions []Position
	ExecSlots int             // size of expr.Env.Exec
	Tag       string          // SELECT, INSERT, UPDATE, DELETE: the count is appended (INSERT 0 n)
	ReadOnly  bool            // takes no locks and writes nothing
	Calls     bool            // it calls functions that users made, or fires triggers
	TempOnly  bool            // what it locks or writes are temporary tables only
	Version   catalog.Version // catalog it was planned against
	Tables    []catalog.ID    // relations used; the plan is stale when one of them changed
	Uses      []Use           // what privileges are needed for
	Fails     error           // what any execution fails with, before it asks for privileges
	Unkeyed   bool            // MySQL's sql_safe_updates refuses it
	NodeCount int             // Base.ID runs 0..NodeCount-1 over all trees
	Bytes     int             // rough size, for the plan cache
}

// Position is a column with the row number of a table's row: see bind.Position.
type Position struct {
	Table    catalog.ID
	Col      int
	Locked   bool
	Family   []*catalog.Table
	TableCol int // which of Family the row is of, if there is one
}

// OutColumn describes a result column.
type OutColumn struct {
	Collation catalog.ID // as in logical.ColInfo
	Name      string
	Type      types.T
	Table     catalog.ID // 0 unless it is a plain column
	Attr      int16
	Domain    catalog.ID // whose base type Type is, 0 for none
	FoldedMod int32      // the modifier that tables made of the query take: of Type, unless constants decided what is computed
}

// Node is an operator of the plan.
type Node interface{ Info() *Base }

// Base is common to all nodes.
type Base struct {
	ID      int
	Cols    []types.T // output columns
	Names   []string  // their names for EXPLAIN, as in a.b
	Rows    float64   // estimated output rows
	Width   int
	Startup float64 // estimated cost before the first row, µs
	Cost    float64 // estimated total cost, µs
}

// Info returns the node's common part.
func (b *Base) Info() *Base { return b }

// Match constrains one key column of an index (or the table key) to a value, to
// one of an array's elements (Any), or to NULL. X has no Column nodes.
type Match struct {
	X    expr.Expr
	Any  bool
	Null bool
}

// Bounds is the part of a key range that a scan visits: equality on a prefix of
// the key columns, then an optional range on the next one. The zero Bounds is everything.
// A NULL value in any bound makes the range empty.
type Bounds struct {
	Prefix       []Match
	Lo, Hi       expr.Expr
	LoInc, HiInc bool
}

// Cursor is what WHERE CURRENT OF means: a cursor by its name, or by a variable of a
// function that has its name.
type Cursor struct {
	Name     string
	Variable *expr.Param // nil where Name is it
}

type (
	// Scan reads rows of a table in table-key order (Index nil; Bounds then constrain
	// Table.PrimaryAttr) or through an ordered index in its order.
	Scan struct {
		Base
		Table   *catalog.Table
		Alias   string
		Index   *catalog.Index
		Bounds  Bounds
		Reverse bool
		Attrs   []int16   // output columns: attribute numbers, system columns and RowIDAttr included
		Filter  expr.Expr // on the output columns; nil = all
	}
	// BitmapScan reads the rows that any of Arms finds, each once and in table-key
	// order, and tests Filter on them. Arms are scans of one column, RowIDAttr.
	BitmapScan struct {
		Base
		Table *catalog.Table
		Alias string
		Arms  []Node
		// Recheck is what the arms were found by, Rest what else Filter tests: for EXPLAIN.
		// Both are nil where Filter is shown as a whole.
		Recheck, Rest expr.Expr
		Cursor        *Cursor //  of WHERE CURRENT OF, instead of Arms: the row that it stands on
		Attrs         []int16
		Filter        expr.Expr
	}
	// InvertedScan hands out RowIDAttr of the rows whose entries in an inverted index
	// allow Conds to hold, in table-key order: all for which they hold, and others.
	InvertedScan struct {
		Base
		Table *catalog.Table
		Index *catalog.Index
		Conds []InvertedCond
	}
	// BitmapAnd hands out the row numbers that all of Arms find.
	BitmapAnd struct {
		Base
		Arms []Node
	}
	// VectorSearch yields rows nearest to Query first, in exact distance order
	// (operator Op's value, NULLs and rows without a vector last: they are added
	// after the index is exhausted). It stops only when its consumer does.
	VectorSearch struct {
		Base
		Table *catalog.Table
		Alias string
		Index *catalog.Index
		Def   IndexWrite // the index's key and predicate, bound over the table row
		Op    *builtin.Operator
		Query expr.Expr // no Column nodes
		K     expr.Expr // LIMIT + OFFSET if known: a sizing hint; nil = unknown
		Attrs []int16
		// DistCol: the operator's value is appended as the last output column.
		DistCol bool
		Filter  expr.Expr // on the output columns
		// Included is the part of Filter that reads none but included columns of the index:
		// tested on its entries, before rows are read. IncludedSel is the fraction of the
		// table's rows that passes it; 1 when it is nil.
		Included    expr.Expr
		IncludedSel float64
		// Radius bounds the distance, as one of Filter's conditions does (at it, too, when
		// Inclusive): a walk ends there, and unless it has found K rows before, all rows within
		// the radius are searched exactly, as by RangeSearch. nil = there is no such condition.
		Radius    expr.Expr
		Inclusive bool
		// Pre produces one column, RowIDAttr, of the rows that pass Filter as far as an
		// index or scan can tell: the pre-filter alternative. nil when Filter is nil.
		Pre Node
		// Selectivity is the estimated fraction of rows that pass Filter; TableRows the
		// table's size; Indexed the fraction of the rows that are in a partial index.
		Selectivity float64
		TableRows   float64
		Indexed     float64
		Shape       VectorShape
		Strategy    Strategy
		Why         string // for EXPLAIN: the compared estimates
		OrderText   string // for EXPLAIN: (embedding <-> '[…]'::vector)
	}
	// ExactSearch yields the first Top rows of Scan by Key, ascending with NULLs
	// last: a Sort over the scan that reads no more of a row than its vector until the
	// row is among the best. Key, over the scan's columns, is a strict distance (float8)
	// between a value of the vector column Attr alone and Query, which has no Column
	// nodes. The scan goes by table key. Output: the scan's columns.
	ExactSearch struct {
		Base
		Scan  *Scan
		Attr  int16
		Key   expr.Expr
		Query expr.Expr
		Top   expr.Expr
	}
	// RangeSearch yields the rows within Radius of Query (at it, too, when Inclusive),
	// all of them, in exact distance order (operator Op's value). A NULL in Query or
	// Radius yields none.
	RangeSearch struct {
		Base
		Table         *catalog.Table
		Alias         string
		Index         *catalog.Index
		Def           IndexWrite // as of VectorSearch
		Op            *builtin.Operator
		Query, Radius expr.Expr // no Column nodes
		Inclusive     bool
		Attrs         []int16
		Filter        expr.Expr // on the output columns
		Included      expr.Expr // as of VectorSearch
	}
	// VirtualScan reads a system relation.
	VirtualScan struct {
		Base
		Relation *syscat.Table
		Alias    string
		Attrs    []int16 // 1-based column numbers
		Filter   expr.Expr
	}
	// FuncScan calls set-returning functions in FROM; several (ROWS FROM) are zipped,
	// shorter ones padded with NULLs.
	FuncScan struct {
		Base
		Calls      []*expr.Call // arguments have no Column nodes
		Ordinality bool
		Alias      string
	}
	// Values yields rows of expressions without input. One row of no columns is "Result". Order
	// is that in which the values of a row are computed, by their places; nil: as they stand.
	Values struct {
		Base
		Rows  [][]expr.Expr
		Order []int
	}
	// Source yields rows that the session provides (COPY FROM): see executor.Env.Source.
	Source struct{ Base }
	// CTEScan reads a materialised WITH query; WorkScan the working table of a recursive one.
	CTEScan struct {
		Base
		CTE  int
		Name string
	}
	WorkScan struct {
		Base
		Work int
		Name string
	}
	// RecursiveUnion runs Init, then Step (which reads WorkScan Work) until it adds no rows.
	RecursiveUnion struct {
		Base
		Work       int
		Init, Step Node
		Distinct   bool
		// CTEs are the WITH queries that read the working table, anew for each Step.
		CTEs []int
	}
	Filter struct {
		Base
		Input Node
		Cond  expr.Expr
	}
	Project struct {
		Base
		Input Node
		Exprs []expr.Expr
	}
	// ProjectSet is Project with set-returning calls among the top-level expressions.
	ProjectSet struct {
		Base
		Input    Node
		Exprs    []expr.Expr
		Volatile []bool // Exprs[i] is volatile: arguments of a call, or all of another expression
	}
	Limit struct {
		Base
		Input         Node
		Limit, Offset expr.Expr // nil = none; NULL value = none
	}
	// Sort orders its input; with Top (LIMIT + OFFSET) it keeps only that many rows.
	Sort struct {
		Base
		Input Node
		Keys  []SortKey
		Top   expr.Expr
	}
	// Unique drops rows equal to the one before on Keys (input is ordered): DISTINCT ON.
	Unique struct {
		Base
		Input Node
		Keys  []expr.Expr
	}
	// HashDistinct drops duplicate rows.
	HashDistinct struct {
		Base
		Input   Node
		Ordered bool // the order of the input is wanted, too
	}
	// Agg groups by hashing, or with Sorted an input in which the rows of a group come
	// together: groups then come as the input does, each as soon as it is complete.
	// No Groups = one row always. Output: groups, then aggregates.
	Agg struct {
		Base
		Input  Node
		Groups []expr.Expr
		Aggs   []AggCall
		// Sets are grouping sets as lists of indexes into Groups; nil = all of Groups.
		Sets   [][]int
		Sorted bool
	}
	// HashJoin builds a table on Right. Output: left columns, then right columns (for
	// semi and anti only left). Filter is on the concatenated row and part of the join condition.
	HashJoin struct {
		Base
		Kind                JoinKind
		Left, Right         Node
		LeftKeys, RightKeys []expr.Expr // each over its own side
		Filter              expr.Expr
	}
	// NestLoop runs Right once per left row, after setting Exec slots from Args (over
	// the left row): joins without equality, index lookups, LATERAL.
	NestLoop struct {
		Base
		Kind        JoinKind // inner, left, semi, anti
		Left, Right Node
		Slots       []int
		Args        []expr.Expr
		Filter      expr.Expr // on the concatenated row
	}
	// Append concatenates inputs (UNION ALL, or the tables of a family); SetOp is INTERSECT
	// and EXCEPT [ALL].
	Append struct {
		Base
		Inputs []Node
		Prune  *Prune // nil: all inputs are read
	}
	// MergeAppend merges inputs that come in the order of Keys.
	MergeAppend struct {
		Base
		Inputs []Node
		Keys   []SortKey
	}
	SetOp struct {
		Base
		Except, All bool
		Left, Right Node
	}
	// LockRows locks the rows of Table named by input column RowCol.
	LockRows struct {
		Base
		Input Node
		Locks []RowLock
	}
)

// InvertedCond is a condition on a key column of an inverted index: column op Value.
type InvertedCond struct {
	Column int
	Class  *gin.Class
	Op     *gin.Op
	Value  expr.Expr // no Column nodes
}

// RowLock says which table's rows LockRows locks.
type RowLock struct {
	Table  *catalog.Table
	RowCol int // input column holding the RowID; NULL = nothing to lock
	Shared bool
	NoWait bool
	Skip   bool
	// Family are the tables that the row may be of: column TableCol has the OID of the one.
	Family   []*catalog.Table
	TableCol int
}

// VectorShape is what the cost of a search depends on, beside how many entries there are:
// the access method, what the default recall takes of it for 10 rows (a beam, or lists),
// and how many lists there are; 0 = not measured.
type VectorShape struct {
	Method        string
	Effort, Lists int
}

// Strategy is how a VectorSearch applies its filter.
type Strategy uint8

const (
	StrategyAuto     Strategy = iota // decide at Open by the real parameter values
	StrategyPost                     // walk the index, test rows as they come, resume until k qualify
	StrategyPre                      // run Pre into a bitmap, search among its rows (exactly when few)
	StrategyIncluded                 // test Included on every entry, search among those that pass, test their rows
	StrategyWithin                   // all within Radius, exactly: where a walk found too few
)

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

// SortKey is one key of an order.
type SortKey struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool
}

// AggCall is one aggregate of an Agg. Direct are the direct arguments of an ordered-set
// aggregate, over any row of the group.
type AggCall struct {
	Fn       *builtin.Func
	Args     []expr.Expr
	Direct   []expr.Expr
	Distinct bool
	Filter   expr.Expr
	OrderBy  []SortKey
	T        types.T
}
