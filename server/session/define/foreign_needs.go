package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What MySQL keeps for foreign keys: the columns of one, and an index that begins with them.

// foreignOf is a foreign key of the table that a column is part of, nil if there is none.
func foreignOf(t *catalog.Table, column int16) *catalog.Constraint {
	for _, k := range t.Constraints {
		if k.Kind == catalog.ForeignConstraint && slices.Contains(k.Columns, column) {
			return k
		}
	}
	return nil
}

// needed reports an index that is the only one to begin with the columns of a foreign key.
func needed(t *catalog.Table, x *catalog.Index) bool {
	return slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignConstraint && serves(x, k) &&
			!slices.ContainsFunc(t.Indexes, func(y *catalog.Index) bool { return y != x && serves(y, k) })
	})
}

// serves reports an index that begins with the columns of a foreign key, in any order.
func serves(x *catalog.Index, k *catalog.Constraint) bool {
	n := len(k.Columns)
	if len(x.Keys) < n || x.IsVector() || x.IsInverted() || x.Where != "" {
		return false
	}
	return !slices.ContainsFunc(x.Keys[:n], func(y catalog.IndexKey) bool { return y.Attr == 0 || !slices.Contains(k.Columns, y.Attr) })
}

// columnNeeded refuses to drop a column of a foreign key, or one that a foreign key refers to.
func (e *Env) columnNeeded(t *catalog.Table, c *catalog.Column) error {
	if k := foreignOf(t, c.Num); k != nil {
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "Cannot drop column '%s': needed in a foreign key constraint '%s'", c.Name, k.Name)
	}
	for _, d := range e.referring(t, func(k *catalog.Constraint) bool { return slices.Contains(k.RefColumns, c.Num) }) {
		child, _ := e.Catalog.TableByID(d.id)
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "Cannot drop column '%s': needed in a foreign key constraint '%s' of table '%s'",
			c.Name, constraintByID(child, d.part).Name, child.Name)
	}
	return nil
}

// keyNeeded refuses to drop a key by which foreign keys find what they refer to.
func (e *Env) keyNeeded(t *catalog.Table, x *catalog.Index, key string) error {
	if len(e.referring(t, func(k *catalog.Constraint) bool { return k.Index == x.ID })) > 0 {
		return errKeyNeeded(key)
	}
	return nil
}

func errKeyNeeded(key string) error {
	return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "Cannot drop index '%s': needed in a foreign key constraint", key)
}
