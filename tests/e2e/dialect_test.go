package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// The dialect is a setting: of a statement, of the connection string in both forms,
// and back.
func TestDialectIsASetting(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	for _, params := range []string{"&sql_dialect=tidb", "&options=-c%20sql_dialect%3Dtidb", "&sql_dialect=mysql"} {
		c := connect(t, addr, params)
		if got := one(t, c, "SELECT CONCAT(\"a\", 7 DIV 2, `x`) FROM (SELECT 'b' AS x) t"); got != "a3b" {
			t.Errorf("%s: %s", params, got)
		}
	}
	_, err := tryConnect(t, addr, "&sql_dialect=oracle")
	wantError(t, "an unknown dialect", err, "22023", `invalid value for parameter "sql_dialect": "oracle"`)

	c := connect(t, addr, "")
	if got := one(t, c, "show sql_dialect"); got != "postgres" {
		t.Errorf("by default: %s", got)
	}
	mustExec(t, c, "set sql_dialect = 'tidb'")
	if got := one(t, c, "SELECT @@sql_dialect"); got != "tidb" {
		t.Errorf("after SET: %s", got)
	}
	mustExec(t, c, "SET sql_dialect = 'postgres'")
	if got := one(t, c, `select "x" || 'y' from (select 'x' as x) t`); got != "xy" {
		t.Errorf("back again: %s", got)
	}
	// A rollback takes the dialect back as it takes every setting.
	mustExec(t, c, "begin")
	mustExec(t, c, "set local sql_dialect = 'tidb'")
	mustExec(t, c, "ROLLBACK")
	if got := one(t, c, "show sql_dialect"); got != "postgres" {
		t.Errorf("after a rollback: %s", got)
	}
}

// One text means two things: plans are cached by dialect.
func TestPlansAreCachedByDialect(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	const query = "SELECT 7 / 2"
	for range 3 {
		if got := one(t, pg, query); got != "3" {
			t.Errorf("PostgreSQL's division: %s", got)
		}
		if got := one(t, my, query); got != "3.5000" {
			t.Errorf("MySQL's division: %s", got)
		}
	}
}

// The extended protocol takes ? in the order of the text, or $n.
func TestDialectParameters(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "&sql_dialect=tidb")
	mustExec(t, c, "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10), v VECTOR(2))")
	mustExec(t, c, "INSERT INTO p (name, v) VALUES (?, ?), (?, ?)", "a", "[1,2]", "b", "[3,4]")
	for query, args := range map[string][]any{
		"SELECT name FROM p WHERE id > ? ORDER BY VEC_L2_DISTANCE(v, ?) LIMIT ?":   {int32(0), "[3,3]", int64(1)},
		"SELECT name FROM p WHERE id > $2 ORDER BY VEC_L2_DISTANCE(v, $1) LIMIT 1": {"[3,3]", int32(0)},
		"SELECT CONCAT(name, ?) FROM p WHERE name = ? AND ? = 'x'":                 {"", "b", "x"},
		"SELECT name FROM p HAVING name LIKE ? LIMIT ?, ?":                         {"b%", int64(0), int64(5)},
	} {
		var got string
		if err := c.QueryRow(t.Context(), query, args...).Scan(&got); err != nil || got != "b" {
			t.Errorf("%s: %q, %v", query, got, err)
		}
	}
	_, err := c.Exec(t.Context(), "SELECT ?, $2", "a", "b")
	wantError(t, "both", err, "42601", "parameters are written as ? or as $n, not both")
}

// MySQL's position of an error reaches the client counted in characters.
func TestDialectErrorPositions(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "&sql_dialect=tidb")
	for _, c1 := range []struct {
		query, code string
		position    int32
	}{
		{"SELECT 'é', FROM t", "42601", 13},
		{"SELECT 'éé', no_such FROM (SELECT 1) t", "42703", 14},
		{"SELECT 'é', MATCH (a) AGAINST ('b')", "0A000", 13},
	} {
		_, err := c.Exec(t.Context(), c1.query)
		if e := wantError(t, c1.query, err, c1.code, ""); e.Position != c1.position {
			t.Errorf("%s: position %d, not %d", c1.query, e.Position, c1.position)
		}
	}
}

// A search by MySQL's distances is planned as its twin by operators is: with an
// index, with filters, with and without a name for the distance.
func TestNearestNeighboursPlanAlike(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, `CREATE TABLE docs (id INT PRIMARY KEY, kind INT, e VECTOR(8), KEY k (kind),
		VECTOR INDEX c ((VEC_COSINE_DISTANCE(e))), VECTOR INDEX l ((VEC_L2_DISTANCE(e))))`)
	mustExec(t, my, "CREATE TABLE kinds (id INT PRIMARY KEY, name VARCHAR(10))")
	mustExec(t, pg, "insert into kinds select i, 'k' || i from generate_series(0, 40) i")
	mustExec(t, pg, "insert into docs select i, i % 50, array(select (i * 7919 + j * 104729) % 1009 from generate_series(1, 8) j)::vector from generate_series(1, 3000) i")
	mustExec(t, pg, "analyze docs")
	mustExec(t, pg, "analyze kinds")
	const q = "'[1,2,3,4,5,6,7,8]'"
	for _, twins := range [][2]string{
		{"SELECT id FROM docs ORDER BY VEC_COSINE_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs order by e <=> " + q + " limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs order by e <-> " + q + " limit 5"},
		{"SELECT id FROM docs ORDER BY DISTANCE(e, STRING_TO_VECTOR(" + q + "), 'EUCLIDEAN') LIMIT 5", "select id from docs order by e <-> " + q + "::vector limit 5"},
		{"SELECT id, VEC_COSINE_DISTANCE(e, " + q + ") AS d FROM docs ORDER BY d LIMIT 5", "select id, e <=> " + q + " as d from docs order by d limit 5"},
		{"SELECT id FROM docs WHERE kind = 7 ORDER BY VEC_COSINE_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs where kind = 7 order by e <=> " + q + " limit 5"},
		{"SELECT id FROM docs WHERE VEC_L2_DISTANCE(e, " + q + ") < 100", "select id from docs where e <-> " + q + " < 100"},
		{"SELECT id, VEC_L2_DISTANCE(e, " + q + ") AS d FROM docs HAVING d < 100 ORDER BY d LIMIT 3", "select id, e <-> " + q + " as d from docs where e <-> " + q + " < 100 order by d limit 3"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(" + q + ", e) LIMIT 5", "select id from docs order by " + q + " <-> e limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, 0x0000803F0000004000004040000080400000A0400000C0400000E04000000041) LIMIT 5", "select id from docs order by e <-> " + q + " limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, CAST(" + q + " AS VECTOR(8))) LIMIT 5", "select id from docs order by e <-> " + q + "::vector(8) limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, " + q + ") DESC LIMIT 5", "select id from docs order by e <-> " + q + " desc nulls last limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_L1_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs order by e <+> " + q + " limit 5"},
		{"SELECT id FROM docs ORDER BY VEC_NEGATIVE_INNER_PRODUCT(e, " + q + ") LIMIT 2, 5", "select id from docs order by e <#> " + q + " limit 5 offset 2"},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 5 OFFSET 20", "select id from docs order by e <-> " + q + " limit 5 offset 20"},
		{"SELECT id FROM docs WHERE kind IN (1, 2, 3) AND id > 100 ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs where kind in (1, 2, 3) and id > 100 order by e <-> " + q + " limit 5"},
		{"SELECT id FROM docs WHERE kind BETWEEN 3 AND 5 OR kind IS NULL ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs where kind between 3 and 5 or kind is null order by e <-> " + q + " limit 5"},
		{"SELECT id FROM (SELECT id, kind FROM docs ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 40) t WHERE kind < 25", "select id from (select id, kind from docs order by e <-> " + q + " limit 40) t where kind < 25"},
		{"SELECT d.id FROM docs d JOIN kinds k ON d.kind = k.id WHERE k.name = 'k7' ORDER BY VEC_L2_DISTANCE(d.e, " + q + ") LIMIT 5", "select d.id from docs d join kinds k on d.kind = k.id where k.name = 'k7' order by d.e <-> " + q + " limit 5"},
		{"SELECT d.id, k.name FROM docs d LEFT JOIN kinds k ON d.kind = k.id ORDER BY VEC_L2_DISTANCE(d.e, " + q + ") LIMIT 5", "select d.id, k.name from docs d left join kinds k on d.kind = k.id order by d.e <-> " + q + " limit 5"},
		{"SELECT id FROM docs d WHERE EXISTS (SELECT 1 FROM kinds k WHERE k.id = d.kind AND k.name <> 'k1') ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 5", "select id from docs d where exists (select 1 from kinds k where k.id = d.kind and k.name <> 'k1') order by e <-> " + q + " limit 5"},
		{"SELECT k.id, (SELECT d.id FROM docs d WHERE d.kind = k.id ORDER BY VEC_L2_DISTANCE(d.e, " + q + ") LIMIT 1) AS n FROM kinds k WHERE k.id < 4", "select k.id, (select d.id from docs d where d.kind = k.id order by d.e <-> " + q + " limit 1) as n from kinds k where k.id < 4"},
		{"WITH near AS (SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, " + q + ") LIMIT 20), named AS (SELECT id FROM docs WHERE kind = 7 AND id < 500) SELECT COUNT(*) FROM (SELECT id FROM near UNION SELECT id FROM named) u",
			"with near as (select id from docs order by e <-> " + q + " limit 20), named as (select id from docs where kind = 7 and id < 500) select count(*) from (select id from near union select id from named) u"},
	} {
		a, b := lines(t, my, "EXPLAIN "+twins[0]), lines(t, pg, "explain "+twins[1])
		if a != b {
			t.Errorf("%s\n%s\n%s\n%s", twins[0], a, twins[1], b)
		}
		if a, b = lines(t, my, twins[0]), lines(t, pg, twins[1]); a != b {
			t.Errorf("%s\n%s\n%s\n%s", twins[0], a, twins[1], b)
		}
	}
	if plan := lines(t, my, "EXPLAIN SELECT id FROM docs ORDER BY VEC_COSINE_DISTANCE(e, "+q+") LIMIT 5"); !strings.Contains(plan, "docs_c") {
		t.Errorf("the index is not used:\n%s", plan)
	}
	mustExec(t, my, "SET @q = "+q)
	if plan := lines(t, my, "EXPLAIN SELECT id FROM docs ORDER BY VEC_COSINE_DISTANCE(e, @q) LIMIT 5"); !strings.Contains(plan, "docs_c") {
		t.Errorf("the index is not used with a variable:\n%s", plan)
	}
	near := "SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, "
	if a, b := lines(t, my, near+"@q) LIMIT 5"), lines(t, my, near+q+") LIMIT 5"); a != b || a == "" {
		t.Errorf("with a variable:\n%s\n%s", a, b)
	}
}

// So it is of prepared statements, with the parameters of both protocols.
func TestPreparedNeighboursPlanAlike(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg, my := connect(t, addr, ""), connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "CREATE TABLE docs (id INT PRIMARY KEY, kind INT, e VECTOR(3), KEY k (kind), VECTOR INDEX l ((VEC_L2_DISTANCE(e))))")
	mustExec(t, pg, "insert into docs select i, i % 50, array[i % 31, i % 37, i % 41]::vector from generate_series(1, 3000) i")
	mustExec(t, pg, "analyze docs")
	for _, c := range []struct {
		my, pg string
		args   []any
	}{
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, ?) LIMIT ?", "select id from docs order by e <-> $1 limit $2", []any{"[1,2,3]", int64(5)}},
		{"SELECT id FROM docs ORDER BY VEC_L2_DISTANCE(e, ?) LIMIT ?, ?", "select id from docs order by e <-> $1 limit $3 offset $2", []any{"[1,2,3]", int64(2), int64(5)}},
		{"SELECT id FROM docs WHERE kind = ? ORDER BY VEC_L2_DISTANCE(e, ?) LIMIT ?", "select id from docs where kind = $1 order by e <-> $2 limit $3", []any{int32(7), "[1,2,3]", int64(5)}},
		{"SELECT id, VEC_L2_DISTANCE(e, $1) AS d FROM docs WHERE kind > $2 HAVING d < $3 ORDER BY d LIMIT 3", "select id, e <-> $1 as d from docs where kind > $2 and e <-> $1 < $3 order by d limit 3", []any{"[1,2,3]", int32(7), 9.5}},
	} {
		for _, explain := range []string{"EXPLAIN ", ""} {
			a, b := lines(t, my, explain+c.my, c.args...), lines(t, pg, explain+c.pg, c.args...)
			if a != b || a == "" {
				t.Errorf("%s\n%s\n%s\n%s", c.my, a, c.pg, b)
			}
		}
	}
	mustExec(t, my, "PREPARE near FROM 'SELECT id FROM docs WHERE kind < ? ORDER BY VEC_L2_DISTANCE(e, ?) LIMIT ?'")
	mustExec(t, my, "SET @k = 9, @v = '[1,2,3]', @n = 4")
	mustExec(t, pg, "prepare near as select id from docs where kind < $1 order by e <-> $2 limit $3")
	if a, b := lines(t, my, "EXECUTE near USING @k, @v, @n"), lines(t, pg, "execute near(9, '[1,2,3]', 4)"); a != b || a == "" {
		t.Errorf("EXECUTE:\n%s\n%s", a, b)
	}
}

// lines are a query's rows, one a line; with arguments it goes by the extended protocol.
func lines(t *testing.T, c *pgx.Conn, sql string, args ...any) string {
	t.Helper()
	mode := pgx.QueryExecModeSimpleProtocol
	if len(args) > 0 {
		mode = pgx.QueryExecModeDescribeExec
	}
	rows, err := c.Query(context.Background(), sql, append([]any{mode}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		vals, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, vals...)
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", sql, rows.Err())
	}
	return b.String()
}

// What ALTER DATABASE and ALTER ROLE say is what later sessions begin with: the more
// special wins, the connection string wins over all, and RESET goes back to it.
func TestSettingsOfRolesAndDatabases(t *testing.T) {
	onlyHere(t)
	srv := startAt(t, t.TempDir()+"/data")
	addr := srv.Addr().String()
	c := connect(t, addr, "")
	dialect := func(params string) string {
		t.Helper()
		c := connect(t, addr, params)
		return one(t, c, "select current_setting('sql_dialect')")
	}
	mustExec(t, c, "alter database postgres set sql_dialect = 'tidb'")
	if got := one(t, c, "show sql_dialect"); got != "postgres" {
		t.Errorf("the session that said it: %s", got)
	}
	if got := dialect(""); got != "tidb" {
		t.Errorf("a later session: %s", got)
	}
	if got := dialect("&sql_dialect=postgres"); got != "postgres" {
		t.Errorf("a session that asks for another: %s", got)
	}
	mustExec(t, c, "alter role postgres set sql_dialect to postgres")
	if got := dialect(""); got != "postgres" {
		t.Errorf("the role's own: %s", got)
	}
	if got := one(t, c, "select string_agg(setrole || ' ' || setconfig::text, ', ' order by setrole) from pg_db_role_setting"); got != "0 {sql_dialect=tidb}, 10 {sql_dialect=postgres}" {
		t.Errorf("pg_db_role_setting: %s", got)
	}
	mustExec(t, c, "alter role postgres in database postgres set sql_dialect to 'tidb'")
	if got := dialect(""); got != "tidb" {
		t.Errorf("the role's in the database: %s", got)
	}
	mustExec(t, c, "alter role postgres in database postgres reset all")
	mustExec(t, c, "alter role postgres reset sql_dialect")
	mustExec(t, c, "alter database postgres reset all")
	mustExec(t, c, "alter role all set statement_timeout = '3s'")
	if got := dialect(""); got != "postgres" {
		t.Errorf("after RESET: %s", got)
	}
	later := connect(t, addr, "")
	mustExec(t, later, "set statement_timeout = '1s'")
	mustExec(t, later, "reset statement_timeout")
	if got := one(t, later, "show statement_timeout"); got != "3s" {
		t.Errorf("RESET goes back to %s", got)
	}
	for sql, code := range map[string]string{
		"alter role postgres set sql_dialect = 'oracle'":      "22023",
		"alter role postgres set no_such_thing = 1":           "42704",
		"alter role nobody set sql_dialect = 'tidb'":          "42704",
		"alter database other set sql_dialect = 'tidb'":       "3D000",
		"alter role postgres in database other reset all":     "3D000",
		"alter database postgres set server_version = 'mine'": "55P02",
	} {
		_, err := c.Exec(t.Context(), sql)
		wantError(t, sql, err, code, "")
	}
}
