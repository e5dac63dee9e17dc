package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// orderingOperator is what ORDER BY … USING an operator asks for: the direction of the
// type's order, or that of texts by their bytes (text_pattern_ops).
func (b *binder) orderingOperator(o *ast.SortBy, t types.T) (desc, bytes bool, err error) {
	if o.UsingSchema != "" {
		if _, ok := b.schemaID(o.UsingSchema); !ok {
			return false, false, errAt(o.UsingPos, pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", o.UsingSchema)
		}
	}
	r, err := b.resolveOp(o.UsingSchema, o.Using, t.OID, t.OID)
	if err != nil {
		return false, false, atPos(err, o.UsingPos)
	}
	switch name := r.Op.Name; name {
	case "<", ">":
		if r.Op.Strategy != 0 {
			return name == ">", false, nil
		}
	case "~<~", "~>~":
		if r.Op.Left != types.TextOID && r.Op.Left != types.BpcharOID {
			return false, false, notYet(o.UsingPos, "ORDER BY USING "+name+" of type "+builtin.TypeName(t.OID))
		}
		switch t.OID {
		case types.TextOID, types.VarcharOID, types.BpcharOID:
			return name == "~>~", true, nil
		}
		return false, false, errAt(o.UsingPos, pgerrcode.UndefinedFunction, "operator requires run-time type coercion: %[1]s %[2]s %[1]s", builtin.TypeName(t.OID), name)
	case "*<", "*>":
		return false, false, notYet(o.UsingPos, "ORDER BY USING "+name)
	}
	return false, false, errAt(o.UsingPos, pgerrcode.WrongObjectType, "operator %s is not a valid ordering operator", o.Using).
		WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
}
