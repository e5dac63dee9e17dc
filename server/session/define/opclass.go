package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// keyClass checks the operator class that a btree key names.
func keyClass(el *ast.IndexElem, t types.T) error {
	if el.OpClass == nil {
		return nil
	}
	known, accepts := syscat.OpClassAccepts("btree", el.OpClass.Name, t.OID)
	if !known {
		return pgerr.Newf(pgerrcode.UndefinedObject, "operator class %q does not exist for access method \"btree\"", el.OpClass.Name)
	}
	if !accepts {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", el.OpClass.Name, types.FormatType(types.Of(t.OID)))
	}
	return nil
}

// orderedOptions checks the storage parameters of a btree index; they are kept
// and have no effect.
func orderedOptions(with []ast.Option) (catalog.Options, error) {
	for i := range with {
		if n := with[i].Namespace; n != "" {
			return nil, unknownNamespace(n)
		}
		switch strings.ToLower(with[i].Name) {
		case "fillfactor", "deduplicate_items":
		default:
			return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", with[i].Name)
		}
	}
	return tableOptions(with)
}

// knownTablespace refuses a tablespace that there is not.
func knownTablespace(name string) error {
	switch name {
	case "", "pg_default":
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "tablespace %q does not exist", name)
}
