package e2e

import (
	"context"
	"testing"
)

// Documents of several vectors are ranked by MaxSim.
func TestMaxSim(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "d", "(id int primary key, v vector(2)[], h halfvec(2)[])")
	mustExec(t, c, `insert into d values (1, array['[1,0]', '[0,1]']::vector[], array['[1,0]']::halfvec[]), (2, array['[3,0]']::vector[], null),
		(3, array['[-1,0]', null, '[0,5]']::vector[], '{}'), (4, '{}', null), (5, null, null)`)
	for _, x := range []struct{ sql, want string }{
		{"select max_sim(v, array['[1,2]', '[2,0]']::vector[]) from d where id = 1", "4"},
		{"select v @# array['[1,2]', '[2,0]']::vector[] from d where id = 1", "-4"},
		{"select max_sim(h, array['[1,2]']::halfvec[]) from d where id = 1", "1"},
		{"select max_sim(v, '{}') from d where id = 4", "0"},
		{"select v @# array['[1,2]']::vector[] from d where id = 4", "Infinity"},
		{"select (v @# array['[1,2]']::vector[]) is null from d where id = 5", "t"},
		{"select array_agg(id order by v @# array['[1,2]', '[1,0]']::vector[]) from d where id < 5", "{3,2,1,4}"},
		{"select array(select id from d order by v @# array['[1,2]', '[1,0]']::vector[] limit 2)", "{3,2}"},
	} {
		if got := one(t, c, x.sql); got != x.want {
			t.Errorf("%s: %s, want %s", x.sql, got, x.want)
		}
	}
	_, err := c.Exec(context.Background(), "select v @# array['[1,2,3]']::vector[] from d")
	wantError(t, "other dimensions", err, "22000", "different vector dimensions 2 and 3")
}
