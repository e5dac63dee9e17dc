package expr

import (
	"context"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// Env is what a program's evaluation may see. One per running operator tree.
type Env struct {
	builtin.Ctx
	Params []types.Datum // client parameters
	Exec   []types.Datum // slots of Exec; owned by the executor
	// SubPlans runs the subqueries of expressions; implemented by the executor.
	SubPlans SubPlans
}

// SubPlans runs a plan's subqueries for the programs that hold SubPlan nodes.
type SubPlans interface {
	// Rows opens subplan n afresh with the present Exec slots and hands each of its rows to
	// each (datums borrowed for the call), until each returns false or an error.
	Rows(ctx context.Context, n int, each func(row []types.Datum) (more bool, err error)) error
	// Ahead is told about runs of subplan n before they come; nil when it is not worth while.
	Ahead(n int) Ahead
}
