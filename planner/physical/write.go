package physical

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// TableWrite is what every writer of a table must compute: generated columns,
// checks, index keys. All expressions are over the table row: column i is
// attribute i+1, dropped ones NULL.
type TableWrite struct {
	Table     *catalog.Table
	Generated []GeneratedColumn
	Domains   []DomainColumn
	Checks    []Check
	Indexes   []IndexWrite // in the order of Table.Indexes
	Within    []Within     // of a partition: where its rows belong
	Triggers  []Trigger    // in the order of Table.Triggers
	Calls     []RowCalls   // what all of that calls, for who writes a row must be allowed to
	// Assigned are the columns that the statement gives values itself: messages may show
	// these to who may not read them.
	Assigned []int16
	// Ignore: rows that violate a unique or foreign key are passed over.
	Ignore bool
	// Warns: each row that is passed over is told of.
	Warns bool
	// Family is set where the rows of children are written, too, or rows go to partitions.
	Family *Family
}

// HasTrigger reports a trigger with all bits of k on the table, or on one of its family.
func (w *TableWrite) HasTrigger(k catalog.TriggerKind) bool {
	if w.Table.HasTrigger(k) {
		return true
	}
	if w.Family != nil {
		for i := range w.Family.Members {
			if w.Family.Members[i].Write.Table.HasTrigger(k) {
				return true
			}
		}
	}
	return false
}

// RowCalls are functions that are called for each new row, and for a changed one if a column
// of Reads changes or Always is set.
type RowCalls struct {
	Uses   []Use
	Reads  []int16
	Always bool
}

// Trigger is a trigger with its condition, over the old row followed by the new one;
// nil = always.
type Trigger struct {
	*catalog.Trigger
	Cond expr.Expr
}

// GeneratedColumn is a stored generated column's expression.
type GeneratedColumn struct {
	Attr int16
	Expr expr.Expr
}

// DomainColumn is a column of a domain: Expr is its value after the domain's checks.
type DomainColumn struct {
	Attr int16
	Expr expr.Expr
}

// Check is a CHECK constraint's condition; false fails, NULL passes.
type Check struct {
	Constraint *catalog.Constraint
	Cond       expr.Expr
}

// IndexWrite is one index's key expressions and predicate.
type IndexWrite struct {
	Index *catalog.Index
	Keys  []expr.Expr
	Where expr.Expr
	// Exclude, of an exclusion constraint, is true for two keys that exclude each other:
	// its columns are those of the one key and then of the other.
	Exclude expr.Expr
}

type (
	// Insert adds the rows of Input, which has one column per table column in attribute
	// order (defaults filled in; dropped and generated ones NULL), and then those that
	// OnConflict reads besides.
	// Returning and OnConflict expressions: see there.
	Insert struct {
		Base
		Write      *TableWrite
		Alias      string // what the statement calls the table
		Input      Node
		ReadsOwn   bool // Input, subqueries included, reads the table
		OnConflict *OnConflict
		// Returning is over the new row (attribute order), its ctid and xmax, which is
		// that of this transaction where a row was updated instead; nil = none.
		Returning []expr.Expr
		// Checks are those of row security over the new row, of inserted and of updated ones;
		// Using those over the existing row of OnConflict.
		Checks, UpdateChecks, Using []RowCheck
		// Views are those of the views that the statement writes through, over the stored row.
		Views []RowCheck
	}
	// Update changes rows. Input columns: 0 the RowID; then the old row in attribute
	// order (len(Table.Columns) columns; vector columns that nothing needs come as NULL with
	// Fetched false); then one new value per entry of Set; then columns of other FROM items.
	Update struct {
		Base
		Write   *TableWrite
		Alias   string // as in Insert
		Input   Node
		Set     []int16
		Fetched []bool // by attribute order: the old value is really there
		// Counts: rows that keep all their values are told from others, and the rows of all
		// tables that the statement changes count, as in MySQL; so in Delete.
		Counts bool
		// Returning is over: the new row (attribute order), then the FROM columns.
		Returning []expr.Expr
		Checks    []RowCheck // over the new row
		Views     []RowCheck // over the stored row
	}
	// Delete removes rows. Input columns: RowID, old row as in Update, other FROM columns.
	Delete struct {
		Base
		Write     *TableWrite
		Alias     string // as in Insert
		Input     Node
		Fetched   []bool
		Counts    bool
		Most      expr.Expr   // how many rows are deleted at most, nil = all
		Returning []expr.Expr // over: the old row, then the FROM columns
	}
)

// Merge does with each row of Input what the first of Whens that fits says. Input
// columns: RowID, NULL where the source's row matches none; old row as in Update; then
// columns of the source. A target row is changed once at most.
type Merge struct {
	Base
	Write *TableWrite
	Alias string // as in Insert
	Input Node
	Whens []MergeWhen
}

// MergeWhen is a clause of Merge. Cond (nil = always) and Values are over a row of
// Input. Values are new values of Set, or for MergeInsert a row in attribute order.
type MergeWhen struct {
	Matched bool
	Action  MergeAction
	Cond    expr.Expr
	Set     []int16
	Values  []expr.Expr
	// Using are over a row of Input, Checks over the new row.
	Using, Checks []RowCheck
}

// MergeAction is what becomes of a row.
type MergeAction uint8

const (
	MergeNothing MergeAction = iota
	MergeUpdate
	MergeDelete
	MergeInsert
)

// OnConflict is INSERT's conflict action.
type OnConflict struct {
	// Arbiters are the unique indexes that decide; empty = any.
	Arbiters []*catalog.Index
	// DoUpdate: Set/Values/Where are over the existing row followed by the proposed
	// (excluded) row, each in attribute order, and the further columns of Insert.Input.
	DoUpdate bool
	// AnyKey: a row may be updated again that the statement itself has written.
	AnyKey bool
	// Replace deletes all rows in conflict and inserts the proposed one.
	Replace bool
	Set     []int16
	Values  []expr.Expr
	Where   expr.Expr
}
