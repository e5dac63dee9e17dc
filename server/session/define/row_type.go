package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// putTable stores a relation with the names of its row type.
func (e *Env) putTable(t *catalog.Table) error {
	old, known := e.Catalog.TableByID(t.ID)
	if known {
		if err := e.columnsGained(old, t); err != nil {
			return err
		}
	}
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

// notMemberOfItself refuses a type of a column that holds the row type of the relation that
// is to have the column, whatever lies between: arrays, ranges, domains, other relations' rows.
// Values of it would have no end, and so would every walk over its columns.
func (e *Env) notMemberOfItself(t *catalog.Table, of types.T) error {
	if info := types.Lookup(of.OID); info != nil && info.Range != nil {
		of = types.Of(info.Range.Elem)
	}
	if x, ok := e.Catalog.TypeByID(of.OID); ok && x.Kind == catalog.DomainType {
		return e.notMemberOfItself(t, x.Base)
	}
	r, ok := e.Catalog.RowType(of.OID)
	switch {
	case !ok:
		return nil
	case r.Table.ID == t.ID && t.ID != 0:
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "composite type %s cannot be made a member of itself", t.Shown)
	}
	for i := range r.Table.Columns {
		if c := &r.Table.Columns[i]; !c.Dropped {
			if err := e.notMemberOfItself(t, c.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowTypeUnread refuses to give a column of a table another type where stored text makes values
// of the table's row type: it was written for the values that there were.
func (e *Env) rowTypeUnread(t *catalog.Table) error {
	if !t.HasRowType() {
		return nil
	}
	x := rowTypeOf(t)
	users := e.typeUsers(t.TypeID)
	slices.SortStableFunc(users, func(a, b dependent) int { return int(int64(a.order) - int64(b.order)) })
	for _, u := range users {
		switch u.kind {
		case columnObject: // a generated one, others have the type (rowTypeFree)
			u.kind = defaultObject
		case tableObject:
			if v, _ := e.Catalog.TableByID(u.id); !v.HasQuery() || !e.castsTo(x, v.ViewSQL) {
				continue
			}
		case constraintObject, defaultObject, indexObject:
		default:
			continue
		}
		what := e.describe(u.object)
		if u.kind == tableObject {
			what = "rule _RETURN on " + what
		}
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter table \"%s\" because %s uses its row type", t.Name, what)
	}
	return nil
}
