package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Roles are of no database, so nothing that one keeps can depend on them: PostgreSQL keeps no
// constant that is one (recordDependencyOnExpr).

// NoRoles refuses a constant role in an expression that is to be kept.
func NoRoles(e expr.Expr) (err error) {
	logical.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Const); ok {
			err = keepable(c, err)
		}
		return err == nil
	})
	return err
}

// NoRoles is that of the traced statement.
func (t *Trace) NoRoles() (err error) {
	for _, c := range t.constants {
		err = keepable(c, err)
	}
	return err
}

func keepable(c *expr.Const, err error) error {
	if err != nil || c.T.OID != types.RegroleOID || c.D.IsNull() {
		return err
	}
	return pgerr.New(pgerrcode.FeatureNotSupported, "constant of the type regrole cannot be used here")
}
