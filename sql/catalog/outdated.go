package catalog

import (
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// Read is a relation as a view found it. Who changes a relation changes the views
// that read it, too, or is refused, but sees no temporary views of other sessions:
// those must notice themselves that their text does not mean any more what it meant.
type Read struct {
	Table, Schema ID
	Name          string
	columns       []readColumn
}

type readColumn struct {
	name string
	typ  types.T
}

// ReadOf notes the relation as it is.
func ReadOf(t *Table) Read {
	r := Read{Table: t.ID, Schema: t.Schema, Name: t.Name}
	for i := range t.Columns {
		c := readColumn{t.Columns[i].Name, t.Columns[i].Type}
		if t.Columns[i].Dropped {
			c = readColumn{}
		}
		r.columns = append(r.columns, c)
	}
	return r
}

// same reports that the relation is what it was but for columns added since.
func (r *Read) same(o *Read) bool {
	return r.Table == o.Table && r.Schema == o.Schema && r.Name == o.Name &&
		len(r.columns) <= len(o.columns) && slices.Equal(r.columns, o.columns[:len(r.columns)])
}

// Outdated names a relation that a temporary view reads and that has become another
// one, or is gone; "" if there is none.
func (s *Snapshot) Outdated(view *Table) string {
	for i := range view.Reads {
		r := &view.Reads[i]
		t, ok := s.TableByID(r.Table)
		if !ok {
			return r.Name
		}
		if now := ReadOf(t); !r.same(&now) {
			return r.Name
		}
	}
	return ""
}
