package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/table"
)

// rowFilter tests rows as they are read from a table: first what needs no vectors,
// so that vectors are read only of rows that pass it, then the rest.
type rowFilter struct {
	before, after *expr.Program // nil = nothing to test
	moves         bool          // the condition is volatile
	failed        error         // of the row behind those read last: see upTo
}

// newRowFilter makes the filter of what r reads; a nil condition passes all rows.
func newRowFilter(e expr.Expr, r *table.Reader) (f rowFilter, err error) {
	f.before, f.after, err = splitFilter(e, r.VectorOutputs())
	f.moves = e != nil && expr.Volatile(e)
	return f, err
}

// finish narrows the batch that r has read to the rows that pass, and adds their
// vectors. What fails is counted as removed by the plan node.
func (f *rowFilter) finish(ctx context.Context, env *Env, s *expr.Scratch, r *table.Reader, b *batch.Batch, node int) error {
	if err := applyFilter(f.before, env, s, b, node); err != nil {
		return err
	}
	if b.Len() > 0 && r.HasVectors() {
		if err := r.LoadVectors(ctx, env.Read, b); err != nil {
			return err
		}
	}
	return applyFilter(f.after, env, s, b, node)
}

// upTo is finish for who may not want all rows: those before one that fails are handed out
// first, and failed is then what comes next.
func (f *rowFilter) upTo(ctx context.Context, env *Env, s *expr.Scratch, r *table.Reader, b *batch.Batch, node int) (err error) {
	if f.moves && !env.Stepwise {
		return f.finish(ctx, env, s, r, b, node)
	}
	if f.failed, err = filterUpTo(f.before, env, s, b, node, f.moves); err != nil {
		return err
	}
	if b.Len() > 0 && r.HasVectors() {
		if err := r.LoadVectors(ctx, env.Read, b); err != nil {
			return err
		}
	}
	failed, err := filterUpTo(f.after, env, s, b, node, f.moves)
	if failed != nil { // of a row before that of the other
		f.failed = failed
	}
	return err
}

// splitFilter separates the conjuncts that need the given columns from the rest.
func splitFilter(e expr.Expr, late []int) (before, after *expr.Program, err error) {
	if e == nil {
		return nil, nil, nil
	}
	conds := []expr.Expr{e}
	if and, ok := e.(*expr.And); ok {
		conds = and.Args
	}
	var early, rest []expr.Expr
	for _, c := range conds {
		if slices.ContainsFunc(expr.Columns(c), func(k int) bool { return slices.Contains(late, k) }) {
			rest = append(rest, c)
		} else {
			early = append(early, c)
		}
	}
	if before, err = conjunction(early); err != nil {
		return nil, nil, err
	}
	after, err = conjunction(rest)
	return before, after, err
}

func conjunction(conds []expr.Expr) (*expr.Program, error) {
	switch len(conds) {
	case 0:
		return nil, nil
	case 1:
		return expr.Compile(conds[0])
	}
	return expr.Compile(&expr.And{Args: conds})
}
