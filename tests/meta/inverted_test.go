package meta

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestInverted asks conditions that inverted indexes serve of a random table, with
// indexes and by reading every row, while the table changes: in the transaction that
// changes it, after a rollback, and in one whose view is older.
func TestInverted(t *testing.T) {
	first, n := uint64(1), *seeds
	if *seed != 0 {
		first, n = *seed, 1
	}
	for s := first; s < first+uint64(n); s++ {
		t.Run(fmt.Sprintf("seed=%d", s), func(t *testing.T) {
			i := &inverted{database: open(t, s)}
			i.must("CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE TABLE g (id int PRIMARY KEY, n int, tags text[], nums int[], doc jsonb, words tsvector, name text)")
			for _, x := range i.indexes() {
				if i.r.IntN(2) == 0 {
					i.must(x)
				}
			}
			i.insert(100 + i.r.IntN(400))
			for _, x := range i.indexes() {
				if i.r.IntN(2) == 0 {
					i.must(x)
				}
			}
			for range 4 {
				i.round()
			}
		})
	}
}

type inverted struct {
	*database
	ids int
}

// indexes are some of what can be made, with names of their own.
func (i *inverted) indexes() []string {
	return []string{
		"CREATE INDEX ON g USING gin (tags)", "CREATE INDEX ON g USING gin (nums)", "CREATE INDEX ON g USING gin (doc)",
		"CREATE INDEX ON g USING gin (doc jsonb_path_ops)", "CREATE INDEX ON g USING gin (words)",
		"CREATE INDEX ON g USING gin (tags, doc, words) WHERE n > 2", "CREATE INDEX ON g USING gin ((doc -> 'a'), nums)",
		"CREATE INDEX ON g USING gin (to_tsvector('simple', name)) WITH (fastupdate = off)", "CREATE INDEX ON g (n)",
		"CREATE INDEX ON g USING gin (name gin_trgm_ops)", "CREATE INDEX ON g USING gin (lower(name) gin_trgm_ops, tags)",
		"CREATE INDEX CONCURRENTLY ON g USING gin (string_to_array(name, ' '))",
	}
}

var terms = []string{"a", "b", "c", "ab", "abc", "x", "y", "zz"}

func (i *inverted) term() string { return terms[min(i.r.IntN(len(terms)), i.r.IntN(len(terms)))] }

// list is an array literal's body.
func (i *inverted) list(of func() string) string {
	var out []string
	for range i.r.IntN(4) {
		out = append(out, of())
	}
	return "{" + strings.Join(out, ",") + "}"
}

func (i *inverted) tags() string {
	return "'" + i.list(func() string {
		if i.r.IntN(9) == 0 {
			return "NULL"
		}
		return i.term()
	}) + "'"
}

func (i *inverted) nums() string {
	return "'" + i.list(func() string { return fmt.Sprint(i.r.IntN(12)) }) + "'"
}

func (i *inverted) doc() string { return "'" + i.json(2) + "'" }

func (i *inverted) json(depth int) string {
	if depth == 0 || i.r.IntN(4) == 0 {
		return []string{fmt.Sprint(i.r.IntN(4)), `"` + i.term() + `"`, "true", "null"}[i.r.IntN(4)]
	}
	var out []string
	object := i.r.IntN(3) > 0
	for range 1 + i.r.IntN(3) {
		v := i.json(depth - 1)
		if object {
			v = `"` + i.term() + `": ` + v
		}
		out = append(out, v)
	}
	if object {
		return "{" + strings.Join(out, ",") + "}"
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (i *inverted) words() string {
	var out []string
	for range i.r.IntN(5) {
		out = append(out, fmt.Sprintf("%s:%d%s", i.term(), 1+i.r.IntN(5), []string{"", "A", "C"}[i.r.IntN(3)]))
	}
	return "'" + strings.Join(out, " ") + "'"
}

func (i *inverted) query() string {
	q := i.term() + []string{"", "", ":*", ":A"}[i.r.IntN(4)]
	for range i.r.IntN(3) {
		q += []string{" & ", " | ", " <-> ", " & !", " <2> "}[i.r.IntN(5)] + i.term()
	}
	return "'" + q + "'::tsquery"
}

func (i *inverted) name() string {
	var out []string
	for range i.r.IntN(4) {
		out = append(out, i.term())
	}
	return "'" + strings.Join(out, " ") + "'"
}

func (i *inverted) orNull(v string) string {
	if i.r.IntN(12) == 0 {
		return "NULL"
	}
	return v
}

func (i *inverted) insert(rows int) {
	var list []string
	for range rows {
		i.ids++
		list = append(list, fmt.Sprintf("(%d, %d, %s, %s, %s, %s, %s)", i.ids, i.r.IntN(10), i.orNull(i.tags()), i.orNull(i.nums()),
			i.orNull(i.doc()), i.orNull(i.words()), i.orNull(i.name())))
	}
	i.must("INSERT INTO g VALUES " + strings.Join(list, ", "))
}

// condition is one that an index may serve, or several.
func (i *inverted) condition(depth int) string {
	if depth > 0 && i.r.IntN(2) == 0 {
		return "(" + i.condition(depth-1) + ")" + []string{" AND ", " OR "}[i.r.IntN(2)] + "(" + i.condition(depth-1) + ")"
	}
	path := func() string {
		return fmt.Sprintf("'$.%s%s %s'", i.term(), []string{"", ".*", "." + i.term(), "[*]"}[i.r.IntN(4)],
			[]string{"== " + fmt.Sprint(i.r.IntN(4)), `== "` + i.term() + `"`, "> 1", `starts with "a"`}[i.r.IntN(4)])
	}
	switch i.r.IntN(16) {
	case 0, 1:
		return "tags " + []string{"@>", "<@", "&&", "="}[i.r.IntN(4)] + " " + i.tags()
	case 2:
		return i.tags() + "::text[] " + []string{"@>", "<@", "&&", "="}[i.r.IntN(4)] + " tags"
	case 3:
		return "nums " + []string{"@>", "<@", "&&", "="}[i.r.IntN(4)] + " " + i.nums()
	case 4:
		return "doc @> " + i.doc()
	case 5:
		return "doc " + []string{"?|", "?&"}[i.r.IntN(2)] + " " + i.tags()
	case 6:
		return "doc @@ " + path()
	case 7:
		return fmt.Sprintf("doc @? '$.%s ? (@.%s == \"%s\" || @ > %d)'", i.term(), i.term(), i.term(), i.r.IntN(4))
	case 8:
		return "words @@ " + i.query()
	case 9:
		return fmt.Sprintf("doc -> 'a' @> %s AND nums && %s", i.doc(), i.nums())
	case 10, 11:
		return "name " + []string{"LIKE", "ILIKE", "~", "~*"}[i.r.IntN(4)] + fmt.Sprintf(" '%s%s %s%s'", []string{"", "%", ".*"}[i.r.IntN(3)], i.term(), i.term(), []string{"", "%", "+"}[i.r.IntN(3)])
	case 12, 13:
		return "name " + []string{"%", "%>", "%>>", "="}[i.r.IntN(4)] + " " + i.name()
	case 14:
		return fmt.Sprintf("to_tsvector('simple', name) @@ %s", i.query())
	}
	return fmt.Sprintf("string_to_array(name, ' ') && %s AND n %s %d", i.tags(), []string{">", "<", "="}[i.r.IntN(3)], i.r.IntN(10))
}

// agree compares the indexes' answers with a reading of all rows.
func (i *inverted) agree(c *pgconn.PgConn, questions int) {
	for range questions {
		sql := "SELECT id, tags, doc, words FROM g WHERE " + i.condition(2)
		if i.r.IntN(4) == 0 {
			sql += " AND n > 2"
		}
		asked := func(set string) []string {
			res, err := c.Exec(i.t.Context(), set+"; "+sql).ReadAll()
			if err != nil {
				i.t.Fatalf("%s: %v", sql, err)
			}
			return rows(res[len(res)-1])
		}
		want := asked("SET enable_bitmapscan = off; SET enable_indexscan = off; SET enable_seqscan = on")
		for _, set := range []string{"SET enable_bitmapscan = on; SET enable_indexscan = on; SET enable_seqscan = off", "SET enable_seqscan = on"} {
			i.same(want, asked(set), "%s\n%s", set, sql)
		}
		if i.t.Failed() {
			i.t.FailNow()
		}
	}
}

// round changes the table in a transaction that is rolled back or not, beside one whose
// view is older.
func (i *inverted) round() {
	old, err := pgconn.Connect(i.t.Context(), i.dsn)
	if err != nil {
		i.t.Fatal(err)
	}
	defer old.Close(context.Background())
	if _, err := old.Exec(i.t.Context(), "SET search_path = loxodb_meta, public; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM g").ReadAll(); err != nil {
		i.t.Fatal(err)
	}
	i.agree(i.c, 10)
	i.must("BEGIN")
	i.insert(1 + i.r.IntN(50))
	for _, set := range []string{"tags = " + i.tags(), "doc = " + i.doc() + ", n = n + 1", "words = " + i.words() + ", nums = nums || 5", "name = name || ' a'", "id = -id"} {
		if i.r.IntN(3) > 0 {
			i.must(fmt.Sprintf("UPDATE g SET %s WHERE n %% 4 = %d", set, i.r.IntN(4)))
		}
	}
	i.must("SAVEPOINT s", fmt.Sprintf("DELETE FROM g WHERE n = %d", i.r.IntN(10)))
	i.agree(i.c, 5)
	i.must("ROLLBACK TO s", fmt.Sprintf("DELETE FROM g WHERE id %% 20 = %d", i.r.IntN(20)))
	i.agree(i.c, 5)
	i.must([]string{"COMMIT", "COMMIT", "ROLLBACK"}[i.r.IntN(3)])
	i.agree(old, 10)
	i.agree(i.c, 10)
	if i.r.IntN(2) == 0 {
		i.must("ANALYZE g")
	}
}
