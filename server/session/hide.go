package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// hide takes the values of keys out of an error about a constraint when the user may not
// read the columns, or policies decide which of the table's rows he sees. Of failing rows
// the writer shows no more than that.
func (s *Session) hide(err error) error {
	e, ok := pgerr.As(err)
	if !ok || e.Detail == "" || len(e.Code) != 5 || e.Code[:2] != "23" || e.Table == "" {
		return err
	}
	user := s.current()
	if user.Super || strings.HasPrefix(e.Detail, "Failing row contains ") {
		return err
	}
	snap := s.Catalog()
	if sc, ok := snap.Schema(e.Schema); ok {
		if t, ok := snap.Table(sc.ID, e.Table); ok {
			if of, attrs := keyShown(snap, t, e); snap.MayShow(of, user.ID, attrs) {
				return err
			}
		}
	}
	c := *e
	c.Detail = ""
	switch {
	case e.Code == pgerrcode.ExclusionViolation && strings.HasPrefix(e.Message, "could not create "):
		c.Detail = "Key conflicts exist."
	case e.Code == pgerrcode.ExclusionViolation:
		c.Detail = "Key conflicts with existing key."
	case e.Code == pgerrcode.ForeignKeyViolation:
		for _, words := range []string{" is not present in table ", " is still referenced from table "} {
			if i := strings.LastIndex(e.Detail, words); i >= 0 {
				c.Detail = "Key" + e.Detail[i:]
			}
		}
	}
	return &c
}

// keyShown finds which columns of which table the detail of an error shows.
func keyShown(snap *catalog.Snapshot, t *catalog.Table, e *pgerr.Error) (*catalog.Table, []int16) {
	if e.Constraint == "" && t.IsPartitioned() { // there is no partition for the key
		var attrs []int16
		for i := range t.Partitioning.Keys {
			attrs = append(attrs, t.Partitioning.Keys[i].Attr)
		}
		return t, attrs
	}
	for _, k := range t.Constraints {
		if k.Kind != catalog.ForeignConstraint || k.Name != e.Constraint &&
			!slices.ContainsFunc(k.Parts, func(p catalog.ForeignPart) bool { return p.Name == e.Constraint }) {
			continue
		}
		if p, ok := snap.TableByID(k.RefTable); ok && strings.Contains(e.Detail, " is still referenced from table ") {
			return p, k.RefColumns
		}
		return t, k.Columns
	}
	for _, x := range t.Indexes {
		if x.Name == e.Constraint {
			var attrs []int16
			for i := range x.Keys {
				attrs = append(attrs, x.Keys[i].Attr)
			}
			return t, attrs
		}
	}
	return t, nil
}
