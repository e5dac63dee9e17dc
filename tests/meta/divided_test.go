package meta

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// layouts make a table p with the columns of t that has children, and in the last ones
// tell the column order of a child apart from its parent's.
var layouts = [][]string{
	{"CREATE TABLE p (LIKE t) PARTITION BY RANGE (a)", "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (MINVALUE) TO (3)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (3) TO (8)", "CREATE TABLE pd PARTITION OF p DEFAULT"},
	{"CREATE TABLE p (LIKE t) PARTITION BY LIST (f)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (true)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES IN (false, NULL)"},
	{"CREATE TABLE p (LIKE t) PARTITION BY HASH (id)", "CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 0)", "CREATE TABLE p3 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 2)",
		"ALTER TABLE p ADD PRIMARY KEY (id)"},
	{"CREATE TABLE p (LIKE t) PARTITION BY RANGE (a, c)", "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (MINVALUE, MINVALUE) TO (2, 5)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (2, 5) TO (9, MINVALUE) PARTITION BY LIST (f)",
		"CREATE TABLE p21 PARTITION OF p2 FOR VALUES IN (true)", "CREATE TABLE p22 PARTITION OF p2 DEFAULT",
		"CREATE TABLE pd PARTITION OF p DEFAULT"},
	{"CREATE TABLE p (LIKE t) PARTITION BY LIST (lower(b))", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a', 'ab', NULL)",
		"CREATE TABLE p2 (x int, e vector(3), f bool, d timestamptz, c numeric(8,2), b text, a int)", "ALTER TABLE p2 DROP COLUMN x",
		"DO_ID", "ALTER TABLE p ATTACH PARTITION p2 DEFAULT"},
	{"CREATE TABLE p (LIKE t)", "CREATE TABLE p1 (x int, f bool) INHERITS (p)", "CREATE TABLE p2 (y text DEFAULT 'own') INHERITS (p1)", "INHERITED"},
}

// TestDivided asks tables with children what it asks a table with the same rows.
func TestDivided(t *testing.T) {
	if *against != "" {
		t.Skip("the rows of one server are compared")
	}
	for n := range layouts {
		t.Run(fmt.Sprintf("layout=%d", n), func(t *testing.T) {
			d := open(t, uint64(n+100))
			d.divide(layouts[n])
			for range *asked * 2 {
				d.askBoth()
				d.nearestBoth()
				d.writeBoth()
				if t.Failed() {
					return
				}
			}
		})
	}
}

func (d *database) divide(layout []string) {
	key := d.ask("SELECT format_type(atttypid, -1) || CASE attcollation WHEN 0 THEN '' ELSE ' COLLATE \"C\"' END FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'id'")[0]
	inherited := false
	for _, sql := range layout {
		switch sql {
		case "DO_ID":
			d.must("ALTER TABLE p2 ADD COLUMN id " + key + " NOT NULL")
		case "INHERITED":
			inherited = true
		default:
			d.must(sql)
		}
	}
	if inherited {
		for i, table := range []string{"p", "p1", "p2"} {
			d.must(fmt.Sprintf("INSERT INTO %s (id, a, b, c, d, f, e) SELECT id, a, b, c, d, f, e FROM t WHERE id::text::int %% 3 = %d", table, i))
		}
	} else {
		d.must("INSERT INTO p SELECT * FROM t")
		d.index("p")
		d.must("CREATE INDEX ON p USING hnsw (e vector_l2_ops)")
	}
	d.index("p")
	if d.r.IntN(2) == 0 {
		d.must("ANALYZE p")
	}
}

// of puts t, or p under that name, in the places of a form.
func of(form string) (plain, divided string) {
	const place, bare = "@t", "@p"
	return strings.NewReplacer(place, "t", bare, "t").Replace(form), strings.NewReplacer(place, "p t", bare, "p").Replace(form)
}

// both asks a statement of t and of p.
func (d *database) both(form string) {
	d.t.Helper()
	sql, other := of(form)
	d.same(d.ask(sql), d.ask(other), "%s", other)
}

func (d *database) askBoth() {
	p, q := d.condition("t."), d.condition("u.")
	key := []string{"a", "b", "c", "f"}[d.r.IntN(4)]
	forms := []string{
		"SELECT id, a, b, c, d, f FROM @t WHERE %[2]s",
		"SELECT count(*), sum(a), min(b), max(c), min(a), max(a) FROM @t WHERE %[2]s",
		"SELECT t.%[1]s, count(*) FROM @t WHERE %[2]s GROUP BY 1",
		"SELECT t.id, u.id FROM @t JOIN u ON t.%[1]s = u.%[1]s WHERE (%[2]s) AND (%[3]s)",
		"SELECT t.id, u.id FROM u LEFT JOIN (SELECT * FROM @t WHERE %[2]s) t ON t.a = u.a WHERE %[3]s",
		"SELECT u.id, (SELECT count(*) FROM @t WHERE t.a = u.a AND (%[2]s)) FROM u WHERE %[3]s",
		"SELECT id FROM @t WHERE %[1]s IN (SELECT u.%[1]s FROM u WHERE %[3]s) AND (%[2]s)",
		"SELECT id FROM @t WHERE a = ANY (ARRAY[1, 4, 7]) AND (%[2]s)",
		"SELECT DISTINCT %[1]s FROM @t WHERE %[2]s",
	}
	d.both(fmt.Sprintf(forms[d.r.IntN(len(forms))], key, p, q))
	form := fmt.Sprintf("SELECT id, a, b FROM @t WHERE %s ORDER BY %s, id LIMIT %d OFFSET %d", p, []string{"a", "a DESC", "b, a", "c DESC NULLS LAST"}[d.r.IntN(4)], 1+d.r.IntN(40), d.r.IntN(3))
	sql, other := of(form)
	for _, set := range []string{"", "enable_seqscan", "enable_partition_pruning"} {
		if set != "" {
			d.must("SET " + set + " = off")
		}
		if a, b := d.ask(sql), d.ask(other); !slices.Equal(a, b) {
			d.t.Errorf("%s (%s off)\n%s\n%s", other, set, cut(a), cut(b))
		}
		if set != "" {
			d.must("RESET " + set)
		}
	}
}

// nearestBoth: tables are so small that every search is exact; the distances are the same.
func (d *database) nearestBoth() {
	m, k := metrics[d.r.IntN(len(metrics))], 1+d.r.IntN(30)
	dist := fmt.Sprintf("e %s '%s'", m.op, vectorText(d.r))
	form := fmt.Sprintf("SELECT %[1]s FROM @t WHERE %[2]s ORDER BY %[1]s LIMIT %[3]d", dist, d.condition("t."), k)
	if d.r.IntN(3) == 0 {
		form = fmt.Sprintf("SELECT %[1]s FROM @t ORDER BY %[1]s LIMIT %[2]d", dist, k)
	}
	sql, other := of(form)
	if a, b := d.ask(sql), d.ask(other); !slices.Equal(a, b) {
		d.t.Errorf("%s\n%s\n%s", other, cut(a), cut(b))
	}
}

// writeBoth changes both tables in the same way.
func (d *database) writeBoth() {
	p := d.condition("t.")
	set := []string{"a = t.a + 4", "f = NOT t.f", "b = 'a' || coalesce(t.b, '')", "c = t.c - 3, a = NULL", "e = '[1,2,3]'", "f = NULL, a = 5"}[d.r.IntN(6)]
	forms := []string{
		"UPDATE @t SET %[1]s WHERE %[2]s RETURNING t.id, t.a, t.b, t.f",
		"DELETE FROM @t WHERE %[2]s RETURNING id, a",
		"UPDATE @t SET %[1]s FROM u WHERE t.a = u.a AND u.id = (SELECT min(v.id) FROM u v WHERE v.a = u.a) AND (%[2]s) RETURNING t.id, t.a, u.id",
		"MERGE INTO @t USING (SELECT DISTINCT a AS k FROM u) s ON t.a = s.k WHEN MATCHED AND (%[2]s) THEN UPDATE SET %[1]s WHEN MATCHED AND t.f THEN DELETE WHEN MATCHED THEN DO NOTHING",
		"WITH x AS (DELETE FROM @t WHERE %[2]s RETURNING *) INSERT INTO @p SELECT * FROM x RETURNING id, a, b, c, d, f",
	}
	sql, other := of(fmt.Sprintf(forms[d.r.IntN(len(forms))], set, p))
	d.must("BEGIN")
	d.same(d.ask(sql), d.ask(other), "%s", other)
	d.same(d.ask("SELECT id, a, b, c, d, f, e FROM t"), d.ask("SELECT id, a, b, c, d, f, e FROM p"), "after %s", other)
	d.must([]string{"ROLLBACK", "ROLLBACK", "COMMIT"}[d.r.IntN(3)])
}
