package session

import (
	"fmt"
	"testing"
)

// Statistics follow the data without ANALYZE: after 50 changed rows and a tenth
// of the table.
func TestAutoAnalyze(t *testing.T) {
	s := newTestSession(t)
	db := s.(*Session).db
	want := func(what, rows, changed string) {
		t.Helper()
		db.analyzeStale(t.Context())
		got := simple(t, s, "select n_live_tup, n_mod_since_analyze from pg_stat_user_tables where relname = 'aa'")
		if fmt.Sprint(got) != fmt.Sprintf("[[%s %s]]", rows, changed) {
			t.Errorf("%s: live and changed rows %v, want %s %s", what, got, rows, changed)
		}
	}
	simple(t, s, "create table aa (id int primary key, v int)")
	want("an empty table", "0", "0")
	simple(t, s, "insert into aa select i, i % 3 from generate_series(1, 49) i")
	want("too few", "49", "49")
	simple(t, s, "insert into aa select i, i % 3 from generate_series(50, 1000) i")
	want("enough", "1000", "0")
	if got := simple(t, s, "select n_distinct from pg_stats where tablename = 'aa' and attname = 'v'"); fmt.Sprint(got) != "[[3]]" {
		t.Errorf("distinct values: %v", got)
	}
	simple(t, s, "update aa set v = 0 where id <= 149")
	want("less than 50 and a tenth", "1000", "149")
	simple(t, s, "begin; delete from aa; rollback")
	want("rolled back", "1000", "149")
	simple(t, s, "delete from aa where id = 1")
	want("50 and a tenth", "999", "0")
	simple(t, s, "update aa set v = 0; analyze aa")
	want("after ANALYZE", "999", "0")
	simple(t, s, "truncate aa; drop table aa")
	db.analyzeStale(t.Context())
}
