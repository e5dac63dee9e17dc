package catalog

import "testing"

// What the end of each definition asks, which foreign keys have parts, costs nothing where none
// refers to a table with partitions, however many tables there are.
func TestReferToPartitioned(t *testing.T) {
	s := NewSnapshot()
	for id := ID(1); id <= 3000; id++ {
		s.PutTable(&Table{ID: id, Name: string(rune(id)), Constraints: []*Constraint{{ID: 10000 + id, Kind: ForeignConstraint, RefTable: 1}}})
	}
	s.PutTable(&Table{ID: 4000, Name: "p", Partitioning: &Partitioning{Strategy: 'r'}})
	if n := testing.AllocsPerRun(10, func() {
		if len(s.ReferToPartitioned()) > 0 || len(s.Awaiting()) > 0 {
			t.Error("keys with parts, or that wait")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	refers := func(id ID) *Table {
		return &Table{ID: id, Name: "r" + string(rune(id)), Constraints: []*Constraint{{ID: 20000 + id, Kind: ForeignConstraint, RefTable: 4000}, {ID: 30000 + id, Kind: ForeignConstraint, RefTable: 4001}}}
	}
	s.PutTable(&Table{ID: 4001, Name: "q", Partitioning: &Partitioning{Strategy: 'r'}})
	s.PutTable(refers(5002))
	s.PutTable(refers(5001))
	if got := s.ReferToPartitioned(); len(got) != 2 || got[0].ID != 5001 || got[1].ID != 5002 {
		t.Errorf("%d tables", len(got))
	}
	s.RemoveTable(&Table{ID: 5001})
	s.RemoveTable(&Table{ID: 4000})
	if got := s.ReferToPartitioned(); len(got) != 1 || got[0].ID != 5002 {
		t.Errorf("%d tables are left", len(got))
	}
	w := &Table{ID: 6000, Name: "w", Constraints: []*Constraint{{ID: 1, Kind: AwaitingConstraint, Awaited: &Awaited{Table: "x"}}}}
	s.PutTable(w)
	if got := s.Awaiting(); len(got) != 1 || got[0] != w || len(s.AllConstraints(w)) != 0 {
		t.Errorf("%d tables wait", len(got))
	}
	s.PutTable(&Table{ID: 6000, Name: "w"})
	if len(s.Awaiting()) > 0 {
		t.Error("it waits for nothing")
	}
}
