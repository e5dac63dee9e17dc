package meta

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// refusals are what a change of the catalog may meet beside others: what it is about is gone, or
// there already, or something depends on it, or transactions wait for each other.
var refusals = []string{
	"42P01", "42P07", "42701", "42703", "42704", "42710", "42723", "42883", "42809", "42830", "42P16", "42P17",
	"42804", "0A000", "2BP01", "3F000", "42P06", "40P01", "25P02", "23502", "55006",
}

// TestChanges has sessions change one catalog at the same time, in transactions that end either
// way, and then starts the server again: what it reads from the store must be what the sessions
// were shown last, nothing may refer to what is not there, and every relation can be read.
func TestChanges(t *testing.T) {
	if *against != "" {
		t.Skip("the server is started again")
	}
	data := t.TempDir() + "/data"
	dsn, stop := serve(t, data)
	d := &database{t: t, c: dial(t, dsn)}
	for _, sql := range []string{
		"CREATE SCHEMA s1", "CREATE SCHEMA s2", "CREATE TYPE e1 AS ENUM ('a', 'b')", "CREATE DOMAIN d1 AS int CHECK (value < 1000)",
		"CREATE FUNCTION f1(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1'",
	} {
		d.must(sql)
	}
	var wg sync.WaitGroup
	for n := range 6 {
		s := &changer{conn: dial(t, dsn), r: rand.New(rand.NewPCG(uint64(n), *seed))}
		wg.Go(func() { s.run(t, 200) })
	}
	wg.Wait()
	before := d.facts()
	if len(before) < 20 {
		t.Errorf("only %d facts are left to compare", len(before))
	}
	stop()
	dsn, stop = serve(t, data)
	defer stop()
	d.c = dial(t, dsn)
	after := d.facts()
	for i := range max(len(before), len(after)) {
		if i >= len(before) || i >= len(after) || before[i] != after[i] {
			t.Fatalf("shown last:\n%s\nafter the restart:\n%s", before[min(i, len(before)):][:1], after[min(i, len(after)):][:1])
		}
	}
	for _, sql := range dangling {
		for _, x := range d.ask(sql) {
			t.Errorf("refers to what is not there: %s (%s)", x, sql)
		}
	}
	for _, v := range d.ask("SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'r') AND oid >= 16384 AND relnamespace::regnamespace::text IN ('public', 's1', 's2')") {
		d.must("SELECT * FROM " + v)
	}
}

// shown are facts that sessions see of the catalog.
var shown = []string{
	"SELECT 'class', oid, relnamespace::regnamespace, relname, relkind, reltype::regtype, relnatts FROM pg_class WHERE oid >= 16384",
	"SELECT 'column', attrelid::regclass, attnum, attname, atttypid::regtype, attnotnull FROM pg_attribute WHERE attrelid >= 16384",
	"SELECT 'default', adrelid::regclass, adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef",
	"SELECT 'constraint', oid, conname, conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384",
	"SELECT 'index', pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384",
	"SELECT 'view', oid::regclass, pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND oid >= 16384",
	"SELECT 'type', oid, typnamespace::regnamespace, typname, typarray::regtype FROM pg_type WHERE oid >= 16384",
	"SELECT 'function', oid, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace::regnamespace::text IN ('public', 's1', 's2')",
	"SELECT 'schema', oid, nspname, nspacl FROM pg_namespace WHERE nspname IN ('public', 's1', 's2')",
	"SELECT 'grant', oid::regclass, relacl FROM pg_class WHERE oid >= 16384",
	"SELECT 'inherits', inhrelid::regclass, inhparent::regclass FROM pg_inherits",
	"SELECT 'sequence', seqrelid::regclass, seqincrement FROM pg_sequence",
}

// dangling find what refers to what is not there.
var dangling = []string{
	"SELECT relname FROM pg_class c WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = c.relnamespace)",
	"SELECT typname FROM pg_type y WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = y.typnamespace)",
	"SELECT attname FROM pg_attribute a WHERE NOT attisdropped AND NOT EXISTS (SELECT FROM pg_type y WHERE y.oid = a.atttypid)",
	"SELECT conname FROM pg_constraint k WHERE confrelid <> 0 AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = k.confrelid)",
	"SELECT inhrelid FROM pg_inherits i WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = i.inhparent) OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = i.inhrelid)",
	"SELECT proname FROM pg_proc p WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = p.pronamespace) OR NOT EXISTS (SELECT FROM pg_type y WHERE y.oid = p.prorettype)",
	"SELECT relname FROM pg_class GROUP BY relnamespace, relname HAVING count(*) > 1",
	"SELECT typname FROM pg_type GROUP BY typnamespace, typname HAVING count(*) > 1",
}

func (d *database) facts() (out []string) {
	for _, sql := range shown {
		rows := d.ask(sql)
		slices.Sort(rows)
		out = append(out, rows...)
	}
	return out
}

// changer is a session that changes the catalog.
type changer struct {
	conn *pgconn.PgConn
	r    *rand.Rand
}

// run makes transactions of one change alone, or of some of which those that fail, and some
// others, are taken back.
func (c *changer) run(t *testing.T, transactions int) {
	for range transactions {
		if c.r.IntN(3) == 0 {
			c.exec(t, c.change())
			continue
		}
		c.exec(t, "BEGIN")
		for range 1 + c.r.IntN(5) {
			c.exec(t, "SAVEPOINT s")
			if !c.exec(t, c.change()) || c.r.IntN(6) == 0 {
				c.exec(t, "ROLLBACK TO s")
			}
		}
		c.exec(t, []string{"COMMIT", "COMMIT", "ROLLBACK"}[c.r.IntN(3)])
	}
}

func (c *changer) exec(t *testing.T, sql string) bool {
	_, err := c.conn.Exec(t.Context(), sql).ReadAll()
	var e *pgconn.PgError
	if err != nil && (!errors.As(err, &e) || !slices.Contains(refusals, e.Code)) {
		t.Errorf("%s: %v", sql, err)
	}
	return err == nil
}

// change is a change of something that other sessions change, too.
func (c *changer) change() string {
	schema := func() string { return []string{"public", "public", "s1", "s2"}[c.r.IntN(4)] }
	name := func(kind string, n int) string { return fmt.Sprintf("%s.%s%d", schema(), kind, 1+c.r.IntN(n)) }
	table := func() string { return name("t", 4) }
	column := func() string { return fmt.Sprintf("c%d", 1+c.r.IntN(4)) }
	typ := func() string { return []string{"int", "text", "e1", "d1", "s1.e2", "t1[]"}[c.r.IntN(6)] }
	cascade := []string{"", " CASCADE"}[c.r.IntN(2)]
	switch c.r.IntN(22) {
	case 0, 1, 2:
		return fmt.Sprintf("CREATE TABLE %s (id serial PRIMARY KEY, c1 int, c2 %s DEFAULT NULL, c3 int DEFAULT f1(1))", table(), typ())
	case 3:
		return "DROP TABLE " + table() + cascade
	case 4, 5:
		return fmt.Sprintf("CREATE VIEW %s AS SELECT id, c1, f1(c1) AS f FROM %s", name("v", 3), table())
	case 6:
		return "DROP VIEW " + name("v", 3) + cascade
	case 7:
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", table(), column(), typ())
	case 8:
		return fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s%s", table(), column(), cascade)
	case 9:
		return fmt.Sprintf("ALTER TABLE %s RENAME TO t%d", table(), 1+c.r.IntN(4))
	case 10:
		return fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (c1) REFERENCES %s", table(), table())
	case 11:
		return fmt.Sprintf("CREATE INDEX i%d ON %s (c1)", 1+c.r.IntN(5), table())
	case 12:
		return "DROP INDEX " + name("i", 5)
	case 13:
		return fmt.Sprintf("ALTER TABLE %s SET SCHEMA %s", table(), schema())
	case 14:
		return []string{"CREATE TYPE s1.e2 AS ENUM ('x')", "DROP TYPE s1.e2" + cascade, "DROP DOMAIN d1" + cascade, "CREATE DOMAIN d1 AS int"}[c.r.IntN(4)]
	case 15:
		return []string{"DROP SCHEMA s2" + cascade, "CREATE SCHEMA s2", "CREATE SCHEMA s2"}[c.r.IntN(3)]
	case 16:
		return []string{"DROP FUNCTION f1(int)" + cascade, "CREATE FUNCTION f1(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2'"}[c.r.IntN(2)]
	case 17:
		return fmt.Sprintf("TRUNCATE %s CASCADE", table())
	case 18:
		return fmt.Sprintf("GRANT SELECT ON %s TO PUBLIC", table())
	case 19:
		return fmt.Sprintf("CREATE TABLE %s (CHECK (c1 > 0)) INHERITS (%s)", name("k", 2), table())
	case 20:
		return fmt.Sprintf("ANALYZE %s", table())
	}
	return fmt.Sprintf("COMMENT ON TABLE %s IS 't1 or v1'", table())
}
