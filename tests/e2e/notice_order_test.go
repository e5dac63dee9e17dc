package e2e

import (
	"strings"
	"testing"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Notices come between the rows where they are raised; rows that are there only when a statement
// has run, those of RETURNING and EXECUTE, are described after its notices. The orders are
// PostgreSQL 15's.
func TestNoticesBetweenRows(t *testing.T) {
	c := wt.Login(t, start(t))
	run := func(sql string) string {
		t.Helper()
		c.Send(wt.Msg('Q', wt.Z(sql)))
		var kinds []string
		for _, m := range strings.Split(c.Until("Z"), "\n") {
			for _, f := range strings.Fields(m) {
				switch f[0] {
				case 'T', 'D', 'N', 'C', 'E':
					if len(f) == 1 || f[1] == '(' {
						kinds = append(kinds, f[:1])
					}
				}
			}
		}
		return strings.Join(kinds, "")
	}
	run("create function nf(a int) returns int language plpgsql as $$begin raise notice '%', a; return a; end$$")
	run("create table nt(a int)")
	run("insert into nt values (1), (2), (3)")
	run("prepare nn as select nf(a) from nt")
	for _, q := range []struct{ sql, want string }{
		{"select nf(g) from generate_series(1, 3) g", "TNDNDNDC"},
		{"select nf(a) from nt", "TNDNDNDC"},
		{"select a from nt where nf(a) > 1", "TNNDNDC"},
		{"select g from generate_series(1, 3) g where nf(g) > 1", "TNNDNDC"},
		{"select nf(g), nf(g + 10) from generate_series(1, 2) g", "TNNDNNDC"},
		{"select nf(g) from generate_series(1, 3) g limit 2", "TNDNDC"},
		{"select sum(nf(a)) from nt", "TNNNDC"},
		{"select nf(a) from nt order by 1 desc", "TNNNDDDC"},
		{"insert into nt select nf(4) returning nf(a)", "NNTDC"},
		{"execute nn", "NNNNTDDDDC"},
		{"with x as (update nt set a = nf(a) where a = 4 returning a) select * from x", "NTDC"},
	} {
		if got := run(q.sql); got != q.want {
			t.Errorf("%s: %s, want %s", q.sql, got, q.want)
		}
	}
}
