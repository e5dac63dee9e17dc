package logical

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

type (
	// Insert adds rows. Input produces InCols: one per table column in attribute order, and then
	// those of OnConflict.Source.
	Insert struct {
		Write      *physical.TableWrite
		Alias      string
		Input      Node
		InCols     []ColID
		OnConflict *OnConflict
		// Row numbers the new row's columns in attribute order, for Returning, and System
		// its ctid and xmax (nil without Returning).
		Row       []ColID
		System    []ColID
		Checks    []physical.RowCheck // over Row
		Views     []physical.RowCheck // over Row
		Returning []expr.Expr
		Out       []ColID
	}
	// Update changes rows of Target, which is part of Input. Old is the target's row in
	// attribute order (0 = not fetched), RowID its key, New the values of Set.
	Update struct {
		Write  *physical.TableWrite
		Alias  string
		Input  Node
		RowID  ColID
		Old    []ColID
		Set    []int16
		New    []ColID
		Counts bool                // see physical.Update; so in Delete
		Row    []ColID             // the new row, for Returning
		Checks []physical.RowCheck // over Row
		Views  []physical.RowCheck // over Row
		// Of a family: the table that the old row is of, and the new row's ctid, xmax and tableoid.
		TableOID  ColID
		System    []ColID
		Returning []expr.Expr
		Out       []ColID
	}
	// Delete removes rows.
	Delete struct {
		Write     *physical.TableWrite
		Alias     string
		Input     Node
		RowID     ColID
		Old       []ColID
		TableOID  ColID // as in Update
		Counts    bool
		Most      expr.Expr   // how many rows are deleted at most, nil = all
		Returning []expr.Expr // over Old and the other columns of Input
		Out       []ColID
	}
	// Merge does what the first fitting one of Whens says with each row of Input, which
	// joins the source with the target: RowID is NULL where there is no row of that.
	Merge struct {
		Write    *physical.TableWrite
		Alias    string
		Input    Node
		RowID    ColID
		Old      []ColID // as in Update
		Row      []ColID // the new row, for checks
		TableOID ColID
		Whens    []MergeWhen
	}
)

// MergeWhen is a clause of Merge. Cond (nil = always) and Values are over Input; Values
// belong to Set, or for an insertion are a whole new row.
type MergeWhen struct {
	Matched bool
	Action  physical.MergeAction
	Cond    expr.Expr
	Set     []int16
	Values  []expr.Expr
	// Using are over Input, of the row that is changed, Checks over Merge.Row.
	Using, Checks []physical.RowCheck
}

// OnConflict is INSERT's conflict action. Values and Where are over Existing, Excluded and
// Source, which are columns of the query that the rows are from: the last ones of
// Insert.InCols.
type OnConflict struct {
	Arbiters           []*catalog.Index
	DoUpdate           bool
	AnyKey, Replace    bool // see ast.OnConflict
	Set                []int16
	Values             []expr.Expr
	Where              expr.Expr
	Existing, Excluded []ColID
	Source             []ColID
	// Using are over Existing, Checks over Insert.Row.
	Using, Checks []physical.RowCheck
}

func (n *Insert) Cols() []ColID { return n.Out }
func (n *Update) Cols() []ColID { return n.Out }
func (n *Delete) Cols() []ColID { return n.Out }
func (n *Merge) Cols() []ColID  { return nil }
