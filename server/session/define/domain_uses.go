package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// domainFree refuses a new demand of a domain whose values are kept within others: in
// arrays, ranges and rows nobody looks for values that do not fulfil it.
func (e *Env) domainFree(d *catalog.Type) error {
	u := typeUse{e, e.typeShown(d.Schema, d.Name), map[catalog.ID]bool{}}
	if err := u.stored(d.Array); err != nil {
		return err
	}
	for _, t := range e.Catalog.Types() {
		if t.Kind == catalog.RangeType && t.Range.Subtype() == d.ID {
			if err := u.ranges(t); err != nil {
				return err
			}
		}
	}
	for _, t := range e.Catalog.Tables() {
		for i := range t.Columns {
			if c := &t.Columns[i]; !c.Dropped && c.Domain == d.ID && t.HasRowType() {
				if err := u.stored(t.TypeID); err != nil {
					return err
				}
			}
		}
	}
	for _, t := range e.Catalog.Types() {
		if t.Kind == catalog.DomainType && t.Over == d.ID {
			if err := e.domainFree(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// typeUse looks for columns with rows that hold values of a type.
type typeUse struct {
	e     *Env
	shown string
	seen  map[catalog.ID]bool
}

// stored refuses a type of which columns are, or what columns are of holds values.
func (u *typeUse) stored(id catalog.ID) error {
	if u.seen[id] {
		return nil
	}
	u.seen[id] = true // types come before columns, as in PostgreSQL
	if r, ok := u.e.Catalog.RowType(id); ok && r.Table.TypeID == id {
		if err := u.stored(r.Table.ArrayID); err != nil {
			return err
		}
	}
	for _, t := range u.e.Catalog.Types() {
		var err error
		switch {
		case t.ID == id && t.Array != id:
			err = u.stored(t.Array)
		case t.Kind == catalog.DomainType && (t.Over == id || t.Over == 0 && t.Base.OID == id):
			err = u.stored(t.ID)
		case t.Kind == catalog.RangeType && t.Range.Subtype() == id:
			err = u.ranges(t)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range u.e.Catalog.Tables() {
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Dropped || (c.Type.OID != id || c.Domain != 0) && c.Domain != id {
				continue
			}
			if t.IsStored() || t.IsPartitioned() {
				return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter type \"%s\" because column \"%s.%s\" uses it", u.shown, t.Name, c.Name)
			}
			if t.HasRowType() {
				if err := u.stored(t.TypeID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ranges is stored for a range type and its multirange type.
func (u *typeUse) ranges(t *catalog.Type) error {
	if err := u.stored(t.ID); err != nil {
		return err
	}
	return u.stored(t.Range.Multi)
}
