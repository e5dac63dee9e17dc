package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// rowChecks are checks of row security, compiled.
type rowChecks struct {
	def   []physical.RowCheck
	conds []*expr.Program
}

func newRowChecks(def []physical.RowCheck) (c rowChecks, err error) {
	c.def = def
	for i := range def {
		p, err := expr.Compile(def[i].Cond)
		if err != nil {
			return c, err
		}
		c.conds = append(c.conds, p)
	}
	return c, nil
}

// refused is the error for a row for which a condition is not true; eval computes it.
func (c *rowChecks) refused(table string, eval func(*expr.Program) (types.Datum, error)) error {
	for i, p := range c.conds {
		d, err := eval(p)
		if err != nil {
			return err
		}
		if !d.IsNull() && d.Bool() {
			continue
		}
		what, which := "new row", ""
		if k := &c.def[i]; k.Kind == physical.TargetRow {
			what, which = "target row", " (USING expression)"
		} else if k.Kind == physical.ConflictRow {
			which = " (USING expression)"
		}
		if name := c.def[i].Name; name != "" {
			which = " \"" + name + "\"" + which
		}
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "%s violates row-level security policy%s for table %q", what, which, table)
	}
	return nil
}
