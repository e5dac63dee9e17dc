package session

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A build tells pages of a table that was never analyzed, too: clients divide by them.
func TestPagesExpected(t *testing.T) {
	table := &catalog.Table{Columns: []catalog.Column{
		{Type: types.Of(types.Int4OID)},
		{Type: types.T{OID: types.VectorOID, Mod: 1000}},
		{Type: types.T{OID: types.VectorOID, Mod: 1000}, Dropped: true},
	}}
	for _, c := range []struct {
		st         *catalog.TableStats
		rows, want int64
	}{
		{&catalog.TableStats{Pages: 7}, 1000, 7},
		{nil, 0, 0},
		{nil, 1, 1},
		{nil, 8192, 24 + 4 + 4*1000 + 8},
	} {
		if got := pagesExpected(c.st, table, c.rows); got != c.want {
			t.Errorf("%+v, %d rows: %d pages, want %d", c.st, c.rows, got, c.want)
		}
	}
}
