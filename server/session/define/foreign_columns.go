package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// comparableKey refuses a foreign key of t whose columns have other types than those of the key
// that it refers to, so that they are not compared by the key's order. The constraint has the name
// given, or is to have it.
func comparableKey(t, parent *catalog.Table, c *catalog.Constraint, name string) error {
	for i, a := range c.Columns {
		from, to := t.Columns[a-1].Type, parent.Columns[c.RefColumns[i]-1].Type
		if from.OID == to.OID {
			continue
		}
		if _, err := builtin.ResolveOp("", "=", to.OID, from.OID); err != nil ||
			!builtin.CanCoerce(from.OID, to.OID, builtin.Implicit) && !(isInteger(from.OID) && isInteger(to.OID)) {
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "foreign key constraint %q cannot be implemented", name).
				WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", t.Columns[a-1].Name,
					parent.Columns[c.RefColumns[i]-1].Name, types.TypeName(from.OID), types.TypeName(to.OID))
		}
	}
	return nil
}

// comparableKeys is comparableKey of all foreign keys with columns of a table that have other
// types now, or that refer to them.
func (e *Env) comparableKeys(table catalog.ID, cmds []ast.AlterCmd) error {
	t, _ := e.Catalog.TableByID(table)
	changed := func(of catalog.ID, attrs []int16) bool {
		return of == t.ID && slices.ContainsFunc(attrs, func(a int16) bool {
			return slices.ContainsFunc(cmds, func(cmd ast.AlterCmd) bool { return cmd.Name == t.Columns[a-1].Name })
		})
	}
	for _, u := range e.Catalog.Tables() {
		for _, k := range u.Constraints {
			if k.Kind != catalog.ForeignConstraint || !changed(u.ID, k.Columns) && !changed(k.RefTable, k.RefColumns) {
				continue
			}
			parent, _ := e.Catalog.TableByID(k.RefTable)
			if err := comparableKey(u, parent, k, k.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// generatedKey refuses the actions of a foreign key that would write a generated column.
func generatedKey(t *catalog.Table, c *catalog.Constraint) error {
	for _, a := range c.Columns {
		if t.Columns[a-1].Generated == 0 {
			continue
		}
		switch ast.RefAction(c.OnUpdate) {
		case ast.Cascade, ast.SetNull, ast.SetDefault:
			return pgerr.New(pgerrcode.SyntaxError, "invalid ON UPDATE action for foreign key constraint containing generated column")
		}
		switch ast.RefAction(c.OnDelete) {
		case ast.SetNull, ast.SetDefault:
			return pgerr.New(pgerrcode.SyntaxError, "invalid ON DELETE action for foreign key constraint containing generated column")
		}
	}
	return nil
}
