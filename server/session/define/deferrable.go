package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// attributed gives the constraints of a column the clauses that follow them
// (transformConstraintAttrs): [NOT] DEFERRABLE, INITIALLY DEFERRED or IMMEDIATE.
func attributed(list []ast.Constraint) ([]ast.Constraint, error) {
	var out []ast.Constraint
	var last *ast.Constraint // what the clauses are about; nil: nothing takes them
	var deferrable, initially bool
	for _, k := range list {
		wrong := func(format, clause string) error {
			return pgerr.Newf(pgerrcode.SyntaxError, format, clause).At(int(k.Pos))
		}
		var clause, family string
		var seen *bool
		switch k.Kind {
		case ast.ConAttrDeferrable:
			clause, family, seen = "DEFERRABLE", "DEFERRABLE/NOT DEFERRABLE", &deferrable
		case ast.ConAttrNotDeferrable:
			clause, family, seen = "NOT DEFERRABLE", "DEFERRABLE/NOT DEFERRABLE", &deferrable
		case ast.ConAttrDeferred:
			clause, family, seen = "INITIALLY DEFERRED", "INITIALLY IMMEDIATE/DEFERRED", &initially
		case ast.ConAttrImmediate:
			clause, family, seen = "INITIALLY IMMEDIATE", "INITIALLY IMMEDIATE/DEFERRED", &initially
		default:
			out = append(out, k)
			last, deferrable, initially = nil, false, false
			switch k.Kind {
			case ast.ConPrimary, ast.ConUnique, ast.ConForeign, ast.ConExclusion:
				last = &out[len(out)-1]
			}
			continue
		}
		switch {
		case last == nil:
			return nil, wrong("misplaced %s clause", clause)
		case *seen:
			return nil, wrong("multiple %s clauses not allowed", family)
		}
		*seen = true
		switch k.Kind {
		case ast.ConAttrDeferrable:
			last.Deferrable = true
		case ast.ConAttrDeferred:
			last.InitiallyDeferred = true
			last.Deferrable = last.Deferrable || !deferrable
		}
		if last.InitiallyDeferred && !last.Deferrable {
			return nil, wrong("constraint declared %s must be DEFERRABLE", "INITIALLY DEFERRED")
		}
	}
	return out, nil
}

// alterConstraint is ALTER TABLE … ALTER CONSTRAINT: whether and when a foreign key
// is checked at the end of the transaction.
func (e *Env) alterConstraint(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := constraintOf(t, cmd.Name)
	if k, at := partNamed(t, cmd.Name); c == nil && k != nil {
		from := k.Name
		for _, p := range k.Parts {
			if p.ID == k.Parts[at].Parent {
				from = p.Name
			}
		}
		return pgerr.Newf(pgerrcode.InternalError, "cannot alter constraint %q on relation %q", cmd.Name, t.Name).
			WithDetail("Constraint %q is derived from constraint %q of relation %q.", cmd.Name, from, t.Name).
			WithHint("You may alter the constraint it derives from, instead.")
	}
	if c == nil {
		return noConstraint(t, cmd.Name)
	}
	if c.Kind != catalog.ForeignConstraint {
		return pgerr.Newf(pgerrcode.WrongObjectType, "constraint %q of relation %q is not a foreign key constraint", cmd.Name, t.Name)
	}
	return e.putOff(ctx, t, c, cmd.Constraint.Deferrable, cmd.Constraint.InitiallyDeferred)
}

// putOff says of a constraint of t, a copy to change, and of those of partitions that are parts of
// it, whether and when it is checked at the end.
func (e *Env) putOff(ctx context.Context, t *catalog.Table, c *catalog.Constraint, deferrable, deferred bool) error {
	v := *c
	v.Deferrable, v.Deferred = deferrable, deferred
	replaceConstraint(t, &v)
	if err := e.putTable(t); err != nil {
		return err
	}
	for _, id := range t.Children {
		child, _ := e.Catalog.TableByID(id)
		i := slices.IndexFunc(child.Constraints, func(k *catalog.Constraint) bool { return k.Parent == c.ID })
		if i < 0 {
			continue
		}
		if err := e.own(ctx, child); err != nil {
			return err
		}
		child, _ = e.Catalog.TableByID(id)
		if err := e.putOff(ctx, copyTable(child), child.Constraints[i], deferrable, deferred); err != nil {
			return err
		}
	}
	return nil
}

// settled refuses a change of a table that the session is reading or writing, or checks of
// whose foreign keys are put off: they speak of the table as it was.
func (e *Env) settled(ctx context.Context, what string, t *catalog.Table) error {
	if t.Kind != catalog.KindView && e.InUse != nil && e.InUse(t.ID) {
		return pgerr.Newf(pgerrcode.ObjectInUse, "cannot %s %q because it is being used by active queries in this session", what, t.Name)
	}
	pending, err := executor.HasPutOff(ctx, e.Txn, e.Catalog, t.ID)
	if err != nil || !pending {
		return err
	}
	return pgerr.Newf(pgerrcode.ObjectInUse, "cannot %s %q because it has pending trigger events", what, t.Name)
}
