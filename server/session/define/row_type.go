package define

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// putTable stores a relation with the names of its row type.
func (e *Env) putTable(t *catalog.Table) error {
	old, known := e.Catalog.TableByID(t.ID)
	if t.TypeID == 0 {
		var err error
		if t.TypeID, err = e.edit.NewTypeID(); err != nil {
			return err
		}
		if t.ArrayID, err = e.edit.NewTypeID(); err != nil {
			return err
		}
	}
	if !known || old.Name != t.Name || old.Schema != t.Schema {
		if err := e.yieldArrayName(t.Schema, t.Name); err != nil {
			return err
		}
		t.ArrayName = e.arrayName(t.Schema, t.Name)
	}
	if t.Shown = e.shownType(t.Schema, t.Name); t.Temp {
		t.Shown = ast.QuoteIdent(t.Name)
	}
	return e.edit.PutTable(t)
}

// yieldArrayName gives an array type another name when a type or relation is to have
// its (moveArrayTypeName).
func (e *Env) yieldArrayName(schema catalog.ID, name string) error {
	id := e.Catalog.ArrayType(schema, name)
	if id == 0 {
		return nil
	}
	if r, ok := e.Catalog.RowType(id); ok {
		t := copyTable(r.Table)
		t.ArrayName = e.arrayName(schema, name)
		return e.edit.PutTable(t)
	}
	x, _ := e.Catalog.TypeByID(id)
	c := *x
	c.ArrayName = e.arrayName(schema, name)
	return e.edit.PutType(&c)
}
