package define

import (
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// What is looked at for each of many objects that one DROP takes away does not grow with their
// number, and is all that may depend on them.
func TestListedGrowsWithObjects(t *testing.T) {
	looked := func(n int) int {
		snap := catalog.NewSnapshot()
		for i := range n {
			id := catalog.ID(20000 + 10*i)
			snap.PutTable(&catalog.Table{ID: id, Schema: catalog.PublicID, Name: fmt.Sprintf("p#p%d", i), TypeID: id + 1, Kind: catalog.KindTable,
				Columns: []catalog.Column{{Num: 1, Name: "a", Type: types.Of(types.Int4OID), Default: fmt.Sprintf("((null)::%d.\"t%d\") is null", i, i)},
					{Num: 2, Name: "b", Type: types.T{OID: id + 2}}}})
		}
		l := list(snap)
		e := &Env{Catalog: snap, listed: l}
		for i := range n {
			of := catalog.ID(20000 + 10*i)
			e.tables(ofQueries)
			e.tables(ofTriggers)
			users := e.tables(usersOf(valueType{id: of + 2, array: of + 3, name: "none"}))
			named := e.tables(usersOf(valueType{id: 1, array: 2, name: fmt.Sprintf("t%d", i)}))
			if i > sortUsersFrom && (len(users) != 1 || users[0].ID != of || len(named) != 1 || named[0].ID != of) {
				t.Fatalf("table %d is used by %d and %d", i, len(users), len(named))
			}
		}
		return l.looked
	}
	few, many := looked(100), looked(400)
	if many > 5*few {
		t.Errorf("%d tables looked at for 100 objects, %d for 400", few, many)
	}
}
