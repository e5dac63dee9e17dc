package define

import (
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
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
