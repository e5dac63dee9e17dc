package session

import (
	"fmt"
	"strings"
	"testing"
)

// The background replay measures an index that was searched, once for what was asked,
// and leaves one alone that was not.
func TestBackgroundReplay(t *testing.T) {
	s := newTestSession(t)
	simple(t, s, "CREATE EXTENSION vector")
	simple(t, s, "CREATE TABLE r (id int PRIMARY KEY, e vector(4))")
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf("(%d, '[%d,%d,%d,%d]')", i, i%13, i%37, i%101, i%7))
	}
	simple(t, s, "INSERT INTO r VALUES "+strings.Join(rows, ","))
	simple(t, s, "CREATE INDEX r_e ON r USING hnsw (e vector_l2_ops)")
	d := s.(*Session).db
	tab := d.store.Current().Tables()
	history := func() (n int) {
		for _, x := range tab {
			for _, i := range x.Indexes {
				n += len(system{s.(*Session)}.VectorRecalls(i.ID))
			}
		}
		return n
	}
	d.replayAll(t.Context())
	if n := history(); n != 0 {
		t.Errorf("%d measurements of an index that nobody asked", n)
	}
	for i := range 20 {
		simple(t, s, fmt.Sprintf("SELECT id FROM r ORDER BY e <-> '[%d,2,3,4]' LIMIT 3", i))
	}
	for range 2 {
		d.replayAll(t.Context())
		if n := history(); n != 1 {
			t.Errorf("%d measurements, want 1", n)
		}
	}
}
