package syscat

import (
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

func init() { types.SetSystemRows(rowType) }

// rowTypes are the row types that were asked for, with the array types: *types.Info by number.
var rowTypes sync.Map

// Columns of pg_type in its rows.
const (
	typrelid = 11
	typelem  = 13
	typarray = 14
)

// bornRowType is the row of the composite type that a number means, itself or as its
// elements; nil for other numbers.
func bornRowType(oid types.OID) *bornObject {
	o := bornTypes().byOID[oid]
	if o != nil && o.row[typelem] != "0" {
		o = bornTypes().byOID[number(o.row[typelem])]
	}
	if o == nil || o.row[typrelid] == "0" {
		return nil
	}
	return o
}

// isRowType is for what makes the registry of relations, which a row type must not be asked
// of meanwhile.
func isRowType(oid types.OID) bool { return bornRowType(oid) != nil }

// rowType is the type of a system relation's rows or the array type over it, nil for
// other numbers.
func rowType(oid types.OID) *types.Info {
	if i, ok := rowTypes.Load(oid); ok {
		return i.(*types.Info)
	}
	o := bornRowType(oid)
	if o == nil {
		return nil
	}
	t := ByOID(number(o.row[typrelid]))
	arrays := bornTypes().byOID[number(o.row[typarray])]
	if t == nil || arrays == nil {
		return nil
	}
	c := &types.Composite{Fields: make([]types.Field, len(t.Columns))}
	for i := range t.Columns {
		c.Fields[i] = types.Field{Name: t.Columns[i].Name, T: t.Columns[i].Type}
	}
	shown := t.Name
	if o.schema != catalog.PgCatalogID {
		shown = t.Schema + "." + shown
	}
	row, array := types.CompositeInfo(o.oid, arrays.oid, o.schema, o.name, arrays.name, shown, c)
	for _, i := range []*types.Info{row, array} {
		rowTypes.LoadOrStore(i.OID, i)
	}
	i, _ := rowTypes.Load(oid)
	return i.(*types.Info)
}

// RowTypeNamed finds the row type of a system relation, or the array type over one, by its
// name in a schema; nil for other names.
func RowTypeNamed(schema, name string) *types.Info {
	if schema != "pg_catalog" && schema != "information_schema" {
		return nil
	}
	for _, o := range bornTypes().byName[name] {
		if (o.schema == catalog.PgCatalogID) != (schema == "pg_catalog") {
			continue
		}
		if i := rowType(o.oid); i != nil {
			return i
		}
	}
	return nil
}
