package meta

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/server/boot"
)

var (
	against = flag.String("against", "", "DSN of a server to ask instead of one started here")
	seeds   = flag.Int("seeds", 3, "how many random databases")
	seed    = flag.Uint64("seed", 0, "ask only the database of this seed")
	asked   = flag.Int("questions", 25, "questions of each kind and database")
)

// TestMeta fills random databases and asks each its questions.
func TestMeta(t *testing.T) {
	first, n := uint64(1), *seeds
	if *seed != 0 {
		first, n = *seed, 1
	}
	for s := first; s < first+uint64(n); s++ {
		t.Run(fmt.Sprintf("seed=%d", s), func(t *testing.T) {
			d := open(t, s)
			for _, q := range []struct {
				name string
				ask  func(*database)
			}{
				{"partition", (*database).partition},
				{"count", (*database).count},
				{"paths", (*database).paths},
				{"parameters", (*database).parameters},
				{"join", (*database).join},
				{"semijoin", (*database).semijoin},
				{"group", (*database).group},
				{"nearest", (*database).nearest},
				{"nearest of many", (*database).nearestOfMany},
			} {
				for range *asked {
					if q.ask(d); t.Failed() {
						t.Fatalf("%s failed; again with -seed %d", q.name, s)
					}
				}
			}
			d.uncommitted()
		})
	}
}

// database is a server with random tables t and u.
type database struct {
	t   *testing.T
	r   *rand.Rand
	c   *pgconn.PgConn
	dsn string
}

func open(t *testing.T, seed uint64) *database {
	dsn := *against
	if dsn == "" {
		var stop func()
		dsn, stop = serve(t, t.TempDir()+"/data")
		t.Cleanup(stop)
	}
	d := &database{t: t, r: rand.New(rand.NewPCG(seed, 0)), c: dial(t, dsn), dsn: dsn}
	d.must("DROP SCHEMA IF EXISTS loxodb_meta CASCADE", "CREATE SCHEMA loxodb_meta", "SET search_path = loxodb_meta, public", "SET timezone = 'UTC'",
		"CREATE EXTENSION IF NOT EXISTS vector")
	for _, table := range []string{"t", "u"} {
		d.must(schema(d.r, table, 20+d.r.IntN(600), table == "t")...)
		for range d.r.IntN(5) {
			d.index(table)
		}
		for range d.r.IntN(4) { // old versions, tombstones
			d.must(fmt.Sprintf("UPDATE %s SET a = a + 1, b = %s WHERE %s", table, columns[1].value(d.r), condition(d.r, "", 1)))
		}
		d.must(fmt.Sprintf("DELETE FROM %s WHERE a = %d", table, d.r.IntN(15)))
		if d.r.IntN(2) == 0 {
			d.must("ANALYZE " + table)
		}
		d.index(table)
	}
	return d
}

// serve starts a server on a directory.
func serve(t *testing.T, data string) (dsn string, stop func()) {
	srv, err := boot.Start(t.Context(), boot.Options{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	return "postgres://postgres@" + srv.Addr().String() + "/postgres?sslmode=disable", func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
}

// dial connects until the test ends.
func dial(t *testing.T, dsn string) *pgconn.PgConn {
	c, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// index makes an index, or none when its condition is not immutable.
func (d *database) index(table string) {
	sql := index(d.r, table, table == "t")
	var e *pgconn.PgError
	if _, err := d.c.Exec(d.t.Context(), sql).ReadAll(); err != nil && (!errors.As(err, &e) || e.Code != "42P17") {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

func (d *database) must(statements ...string) {
	d.t.Helper()
	for _, sql := range statements {
		if _, err := d.c.Exec(d.t.Context(), sql).ReadAll(); err != nil {
			d.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// ask returns the rows of a query, in its order.
func (d *database) ask(sql string) []string {
	d.t.Helper()
	res, err := d.c.Exec(d.t.Context(), sql).ReadAll()
	if err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return rows(res[len(res)-1])
}

func rows(res *pgconn.Result) []string {
	out := make([]string, len(res.Rows))
	for i, row := range res.Rows {
		fields := make([]string, len(row))
		for j, f := range row {
			if fields[j] = string(f); f == nil {
				fields[j] = "NULL"
			}
		}
		out[i] = strings.Join(fields, "|")
	}
	return out
}

// same fails unless both have the same rows, in any order.
func (d *database) same(a, b []string, how string, args ...any) {
	d.t.Helper()
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	if !slices.Equal(x, y) {
		d.t.Errorf("%s\n%d rows: %s\n%d rows: %s", fmt.Sprintf(how, args...), len(x), cut(x), len(y), cut(y))
	}
}

func cut(rows []string) string {
	s := strings.Join(rows, " ; ")
	if len(s) > 1000 {
		s = s[:1000] + " …"
	}
	return s
}

func (d *database) condition(prefix string) string { return condition(d.r, prefix, d.r.IntN(4)) }

// partition: every row makes a condition true, false or unknown, and one of them.
func (d *database) partition() {
	p, q := d.condition(""), d.condition("")
	const list = "SELECT id, a, b, c, d, f FROM t WHERE "
	all := d.ask(list + q)
	var parts []string
	for _, form := range []string{"(%s)", "NOT (%s)", "(%s) IS NULL"} {
		parts = append(parts, d.ask(list+"("+q+") AND "+fmt.Sprintf(form, p))...)
	}
	d.same(all, parts, "%s%s\npartitioned by %s", list, q, p)
	// … and so with one statement of three.
	union := fmt.Sprintf("%[1]s(%[2]s) AND (%[3]s) UNION ALL %[1]s(%[2]s) AND NOT (%[3]s) UNION ALL %[1]s(%[2]s) AND (%[3]s) IS NULL", list, q, p)
	d.same(all, d.ask(union), "%s", union)
}

// count: a condition counts the rows that it is true for.
func (d *database) count() {
	p := d.condition("")
	where := "SELECT count(*) FROM t WHERE " + p
	sum := "SELECT coalesce(sum(((" + p + ") IS TRUE)::int), 0) FROM t"
	d.same(d.ask(where), d.ask(sum), "%s\n%s", where, sum)
}

// paths: no access path changes the answer.
func (d *database) paths() {
	sql := fmt.Sprintf("SELECT id, a, b FROM t WHERE %s ORDER BY a, b DESC, id LIMIT %d OFFSET %d", d.condition(""), 1+d.r.IntN(40), d.r.IntN(3))
	want := d.ask(sql)
	for _, set := range []string{"enable_indexscan = off", "enable_seqscan = off"} {
		d.must("SET " + set)
		got := d.ask(sql)
		d.must("RESET " + strings.Fields(set)[0])
		if !slices.Equal(got, want) {
			d.t.Errorf("%s\nas planned: %s\nwith %s: %s", sql, cut(want), set, cut(got))
		}
	}
	hidden := strings.Replace(sql, "FROM t", "FROM (SELECT * FROM t OFFSET 0) t", 1)
	if got := d.ask(hidden); !slices.Equal(got, want) {
		d.t.Errorf("%s: %s\n%s: %s", sql, cut(want), hidden, cut(got))
	}
}

// parameters: a parameter means what its literal means.
func (d *database) parameters() {
	c := columns[d.r.IntN(len(columns))]
	op, v := c.compares[d.r.IntN(len(c.compares))], c.value(d.r)
	before, rest := "SELECT id FROM t WHERE "+c.name+" "+op+" ", " AND ("+d.condition("")+")"
	var arg []byte
	if v != "NULL" {
		arg = []byte(strings.Trim(v, "'"))
	}
	res := d.c.ExecParams(d.t.Context(), before+"$1"+rest, [][]byte{arg}, nil, nil, nil).Read()
	if res.Err != nil {
		d.t.Fatalf("%s$1%s: %v", before, rest, res.Err)
	}
	d.same(rows(res), d.ask(before+v+rest), "%s%s%s", before, v, rest)
}

// join: an inner join is the product under its condition, and an outer one adds
// the rows without a partner.
func (d *database) join() {
	on := "t." + []string{"a = u.a", "b = u.b", "a = u.a AND t.f = u.f", "c < u.c", "a = u.a + 1", "b = u.b AND t.a > u.a"}[d.r.IntN(6)]
	where := d.condition([]string{"t.", "u."}[d.r.IntN(2)])
	inner := fmt.Sprintf("SELECT t.id, u.id FROM t JOIN u ON %s WHERE %s", on, where)
	product := fmt.Sprintf("SELECT t.id, u.id FROM t, u WHERE (%s) AND (%s)", where, on)
	hidden := fmt.Sprintf("SELECT t.id, u.id FROM (SELECT * FROM t OFFSET 0) t CROSS JOIN (SELECT * FROM u OFFSET 0) u WHERE (%s) AND (%s)", where, on)
	d.same(d.ask(inner), d.ask(product), "%s\n%s", inner, product)
	d.same(d.ask(inner), d.ask(hidden), "%s\n%s", inner, hidden)
	p := d.condition("u.")
	left := fmt.Sprintf("SELECT t.id, u.id FROM t LEFT JOIN u ON %s AND (%s)", on, p)
	parts := fmt.Sprintf("SELECT t.id, u.id FROM t JOIN u ON %[1]s AND (%[2]s) UNION ALL SELECT t.id, NULL FROM t WHERE NOT EXISTS (SELECT FROM u WHERE %[1]s AND (%[2]s))", on, p)
	d.same(d.ask(left), d.ask(parts), "%s\n%s", left, parts)
	right := fmt.Sprintf("SELECT t.id, u.id FROM u RIGHT JOIN t ON %s AND (%s)", on, p)
	d.same(d.ask(left), d.ask(right), "%s\n%s", left, right)
}

// semijoin: IN, EXISTS, = ANY and a join over distinct values are one question;
// NOT IN over values that are not null is their opposite.
func (d *database) semijoin() {
	key := []string{"a", "b", "c"}[d.r.IntN(3)]
	p, q := d.condition("t."), d.condition("u.")
	forms := []string{
		"SELECT t.id FROM t WHERE (%[2]s) AND t.%[1]s IN (SELECT u.%[1]s FROM u WHERE %[3]s)",
		"SELECT t.id FROM t WHERE (%[2]s) AND EXISTS (SELECT 1 FROM u WHERE u.%[1]s = t.%[1]s AND (%[3]s))",
		"SELECT t.id FROM t WHERE (%[2]s) AND t.%[1]s = ANY (ARRAY(SELECT u.%[1]s FROM u WHERE %[3]s))",
		"SELECT t.id FROM t JOIN (SELECT DISTINCT u.%[1]s k FROM u WHERE %[3]s) x ON x.k = t.%[1]s WHERE %[2]s",
		"SELECT t.id FROM t WHERE (%[2]s) AND (SELECT count(*) FROM u WHERE u.%[1]s = t.%[1]s AND (%[3]s)) > 0",
		"SELECT t.id FROM t WHERE (%[2]s) EXCEPT SELECT t.id FROM t WHERE (%[2]s) AND t.%[1]s NOT IN (SELECT u.%[1]s FROM u WHERE (%[3]s) AND u.%[1]s IS NOT NULL) EXCEPT " +
			"SELECT t.id FROM t WHERE (%[2]s) AND t.%[1]s IS NULL",
	}
	first := fmt.Sprintf(forms[0], key, p, q)
	want := d.ask(first)
	for _, f := range forms[1:] {
		sql := fmt.Sprintf(f, key, p, q)
		d.same(want, d.ask(sql), "%s\n%s", first, sql)
	}
}

// group: groups are the distinct values with their rows counted one by one.
func (d *database) group() {
	key, p := []string{"a", "b", "f", "a % 3", "lower(b)"}[d.r.IntN(5)], d.condition("")
	grouped := fmt.Sprintf("SELECT %[1]s, count(*), count(c), min(a), max(b), sum(c) FROM t WHERE %[2]s GROUP BY %[1]s", key, p)
	single := fmt.Sprintf("SELECT DISTINCT k, (SELECT count(*) FROM t WHERE (%[2]s) AND %[1]s IS NOT DISTINCT FROM k), "+
		"(SELECT count(c) FROM t WHERE (%[2]s) AND %[1]s IS NOT DISTINCT FROM k), (SELECT min(a) FROM t WHERE (%[2]s) AND %[1]s IS NOT DISTINCT FROM k), "+
		"(SELECT max(b) FROM t WHERE (%[2]s) AND %[1]s IS NOT DISTINCT FROM k), (SELECT sum(c) FROM t WHERE (%[2]s) AND %[1]s IS NOT DISTINCT FROM k) "+
		"FROM (SELECT %[1]s AS k FROM t WHERE %[2]s) x", key, p)
	d.same(d.ask(grouped), d.ask(single), "%s\n%s", grouped, single)
	window := fmt.Sprintf("SELECT DISTINCT %[1]s, count(*) OVER w, count(c) OVER w, min(a) OVER w, max(b) OVER w, sum(c) OVER w FROM t WHERE %[2]s WINDOW w AS (PARTITION BY %[1]s)", key, p)
	d.same(d.ask(grouped), d.ask(window), "%s\n%s", grouped, window)
}

// nearest: the k nearest are the first k of all rows sorted by distance. Tables
// are so small that every search is exact; rows of one distance may change places.
func (d *database) nearest() {
	m, q, k := metrics[d.r.IntN(len(metrics))], vectorText(d.r), 1+d.r.IntN(30)
	where := ""
	if d.r.IntN(4) > 0 {
		where = " WHERE " + d.condition("")
	}
	dist := fmt.Sprintf("e %s '%s'", m.op, q)
	if d.r.IntN(3) == 0 {
		dist = fmt.Sprintf("'%s' %s e", q, m.op)
	}
	if d.r.IntN(3) == 0 {
		bound := fmt.Sprintf("%s %s %g", dist, []string{"<", "<="}[d.r.IntN(2)], float64(d.r.IntN(40)-8)/4)
		if d.r.IntN(2) == 0 {
			bound = fmt.Sprintf("%g > %s", float64(d.r.IntN(40)-8)/4, dist)
		}
		if where == "" {
			where = " WHERE " + bound
		} else {
			where += " AND " + bound
		}
	}
	search := fmt.Sprintf("SELECT id, %[1]s FROM t%[2]s ORDER BY %[1]s LIMIT %[3]d", dist, where, k)
	sorted := fmt.Sprintf("SELECT id, %[1]s FROM (SELECT * FROM t OFFSET 0) t%[2]s ORDER BY (%[1]s) + 0", dist, where)
	got, all := d.ask(search), d.ask(sorted)
	if len(got) != min(k, len(all)) {
		d.t.Errorf("%s\n%d rows; %d qualify", search, len(got), len(all))
		return
	}
	have := map[string]bool{}
	for _, row := range all {
		have[row] = true
	}
	for i, row := range got {
		if distance(row) != distance(all[i]) || !have[row] {
			d.t.Errorf("%s\nrow %d is %s; sorted it is %s\n%s\n%s", search, i, row, all[i], cut(got), cut(all))
			return
		}
		delete(have, row)
	}
}

// nearestOfMany: the nearest rows of many queries, asked for in one statement, with helpers
// and without, are those of each query asked for alone.
func (d *database) nearestOfMany() {
	m, k := metrics[d.r.IntN(len(metrics))], 1+d.r.IntN(5)
	where := ""
	if d.r.IntN(3) > 0 {
		where = " WHERE " + d.condition("t.")
		if d.r.IntN(3) == 0 {
			where = " WHERE t.a > q.n"
		}
	}
	var values []string
	var queries []string
	for i := range 5 + d.r.IntN(60) {
		v := "'" + vectorText(d.r) + "'"
		if d.r.IntN(20) == 0 {
			v = "NULL"
		}
		queries = append(queries, v)
		values = append(values, fmt.Sprintf("(%d, %s::vector(%d))", i, v, dims))
	}
	from := "(VALUES " + strings.Join(values, ", ") + ") q(n, v)"
	inner := fmt.Sprintf("SELECT t.e %[1]s q.v AS d FROM t%[2]s ORDER BY t.e %[1]s q.v LIMIT %[3]d", m.op, where, k)
	forms := []string{
		fmt.Sprintf("SELECT q.n, x.d FROM %s CROSS JOIN LATERAL (%s) x", from, inner),
		fmt.Sprintf("SELECT q.n, unnest(ARRAY(%s)) FROM %s", inner, from),
	}
	var want []string
	for i, v := range queries {
		alone := strings.NewReplacer("q.v", v+"::vector(3)", "q.n", fmt.Sprint(i)).Replace(inner)
		for _, row := range d.ask(alone) {
			want = append(want, fmt.Sprintf("%d|%s", i, row))
		}
	}
	for _, form := range forms {
		for _, helpers := range []int{0, 4} {
			d.must(fmt.Sprintf("SET max_parallel_workers_per_gather = %d", helpers))
			if got := d.ask(form); !slices.Equal(got, want) {
				d.t.Errorf("%s\nwith %d helpers: %s\none by one: %s", form, helpers, cut(got), cut(want))
			}
		}
	}
	d.must("RESET max_parallel_workers_per_gather")
}

func distance(row string) string { return row[strings.LastIndexByte(row, '|')+1:] }

// uncommitted: a transaction sees its own changes as everybody does after it.
func (d *database) uncommitted() {
	questions := make([]string, 20)
	for i := range questions {
		m := metrics[d.r.IntN(len(metrics))]
		questions[i] = fmt.Sprintf("SELECT e %[1]s '%[2]s', count(*) OVER () FROM t WHERE %[3]s ORDER BY e %[1]s '%[2]s' LIMIT 7", m.op, vectorText(d.r), d.condition(""))
		if i%2 == 0 {
			questions[i] = "SELECT id, a, b FROM t WHERE " + d.condition("") + " ORDER BY id"
		}
	}
	d.must("BEGIN")
	for i := range 30 {
		d.must(fmt.Sprintf("UPDATE t SET e = '%s', a = %d WHERE %s", vectorText(d.r), d.r.IntN(10), condition(d.r, "", 2)),
			fmt.Sprintf("INSERT INTO t (id, a, b, e) VALUES ('%d', 5, 'ab', '%s')", 100000+i, vectorText(d.r)))
		if i%7 == 3 {
			d.must("SAVEPOINT s", "DELETE FROM t WHERE f", "ROLLBACK TO s")
		}
	}
	before := make([][]string, len(questions))
	for i, q := range questions {
		before[i] = d.ask(q)
	}
	d.must("COMMIT")
	for i, q := range questions {
		if got := d.ask(q); !slices.Equal(got, before[i]) {
			d.t.Errorf("%s\nin the transaction: %s\nafter it: %s", q, cut(before[i]), cut(got))
		}
	}
}
