// Package fault does to a running server what happens to servers: kill -9 in the
// middle of things, damaged files, signals, a second server on the same data. What
// was acknowledged must be there afterwards, nothing by halves, and nearest
// neighbours must be those of the rows.
package fault

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/tests/process"
)

func TestMain(m *testing.M) { process.Main(m) }

func mustExec(t testing.TB, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one runs a query of one row and one column.
func one[T any](t testing.TB, c *pgx.Conn, sql string, args ...any) (v T) {
	t.Helper()
	if err := c.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// vec is a vector of 8 dimensions as text, made of seed.
func vec(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 8))
	var b strings.Builder
	for i := range 8 {
		fmt.Fprintf(&b, "%c%.4f", "[,,,,,,,"[i], r.Float32())
	}
	return b.String() + "]"
}

// fill makes table v of n rows with ids from 1 and a vector index v_e.
func fill(t testing.TB, c *pgx.Conn, n int) {
	t.Helper()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	load(t, c, 1, n)
	mustExec(t, c, "create index v_e on v using hnsw (e vector_l2_ops)")
}

// load copies n rows with ids from first into v.
func load(t testing.TB, c *pgx.Conn, first, n int) {
	t.Helper()
	if _, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(copyText(first, n)), "copy v from stdin"); err != nil {
		t.Fatal(err)
	}
}

func copyText(first, n int) string {
	var b strings.Builder
	for id := first; id < first+n; id++ {
		fmt.Fprintf(&b, "%d\t%d\t%s\n", id, id%7, vec(uint64(id)))
	}
	return b.String()
}

type neighbour struct {
	id   int
	dist float64
}

func neighbours(t testing.TB, c *pgx.Conn, sql string) []neighbour {
	t.Helper()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	got, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (n neighbour, err error) {
		var dist *float64
		err = r.Scan(&n.id, &dist)
		if n.dist = math.Inf(1); dist != nil { // NULL comes after all others
			n.dist = *dist
		}
		return n, err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// checkNeighbours walks the whole index, in distance order, and compares it with
// a sort of the rows: every row must come once, in its place.
func checkNeighbours(t testing.TB, c *pgx.Conn, where string) {
	t.Helper()
	checkOrder(t, c, fmt.Sprintf("e <-> '%s'", vec(1<<40)), where)
}

// checkOrder is checkNeighbours for any distance over table v that is NULL where e is.
func checkOrder(t testing.TB, c *pgx.Conn, order, where string) {
	t.Helper()
	mustExec(t, c, "set enable_seqscan = off")
	defer mustExec(t, c, "reset enable_seqscan")
	byIndex := fmt.Sprintf("select id, %[1]s from v %[2]s order by %[1]s limit 1000000", order, where)
	var plan []string
	rows, err := c.Query(t.Context(), "explain "+byIndex)
	if err == nil {
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "Index Scan using v_") {
		t.Fatalf("the plan does not use the vector index: %v\n%s", err, strings.Join(plan, "\n"))
	}
	got := neighbours(t, c, byIndex)
	and := "where e is not null"
	if where != "" {
		and = where + " and e is not null"
	}
	want := neighbours(t, c, fmt.Sprintf("select id, %[1]s from v %[2]s order by (%[1]s) + 0, id", order, and))
	byPlace := func(a, b neighbour) int { // rows of equal distance may come in any order
		if a.dist != b.dist {
			return 0
		}
		return a.id - b.id
	}
	got = got[:min(len(want), len(got))] // rows without a vector come last
	slices.SortStableFunc(got, byPlace)
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("place %d of %d (index gave %d): got %v, want %v", i, len(want), len(got), got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
		}
	}
}

// segments are the segment files of the data directory's vector indexes.
func segments(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "index", "*", "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Every kind of damage to a vector index's files is found at the start, named in
// the log, and repaired from the rows.
func TestDamagedSegment(t *testing.T) {
	damages := []struct {
		name string
		do   func(file string) error
	}{
		{"one byte changed", func(f string) error {
			b, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			b[len(b)/2] ^= 0x10
			return os.WriteFile(f, b, 0o600)
		}},
		{"cut short", func(f string) error { return os.Truncate(f, 1000) }},
		{"emptied", func(f string) error { return os.Truncate(f, 0) }},
		{"removed", os.Remove},
		{"directory removed", func(f string) error { return os.RemoveAll(filepath.Dir(f)) }},
	}
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	fill(t, c, 3000)
	mustExec(t, c, "create table part (id int primary key, e vector(8))")
	mustExec(t, c, "insert into part select id, e from v")
	mustExec(t, c, "create index part_e on part using hnsw (e vector_l2_ops) where id % 2 = 0")
	for _, d := range damages {
		// Changes that only the outbox has, before and after the damage.
		c = p.Connect()
		mustExec(t, c, "update v set e = '[9,9,9,9,9,9,9,9]' where id = 10")
		mustExec(t, c, "delete from v where id = (select max(id) from v)")
		p.Kill()
		files := segments(t, dir)
		if len(files) != 2 {
			t.Fatalf("segment files: %v", files)
		}
		for _, f := range files {
			if err := d.do(f); err != nil {
				t.Fatal(err)
			}
		}
		p = process.Start(t, dir)
		for _, index := range []string{"v_e", "part_e"} {
			if n := strings.Count(p.Log(), "vector index is damaged; building it anew from the rows\" index="+index); n != 1 {
				t.Errorf("%s: %s is named %d times in the log:\n%s", d.name, index, n, p.Log())
			}
		}
		c = p.Connect()
		checkNeighbours(t, c, "")
		if got := one[int](t, c, "select entries from loxodb_stat_vector_index where indexrelname = 'part_e'"); got != 1500 {
			t.Errorf("%s: the partial index has %d entries, want those of 1,500 rows", d.name, got)
		}
		// The repaired index takes changes and survives a restart without another repair.
		mustExec(t, c, "insert into v values (100000, 1, '[1,1,1,1,1,1,1,1]')")
		p.Stop()
		p = process.Start(t, dir)
		if strings.Contains(p.Log(), "damaged") {
			t.Errorf("%s: damaged again:\n%s", d.name, p.Log())
		}
		c = p.Connect()
		checkNeighbours(t, c, "")
		mustExec(t, c, "delete from v where id = 100000")
	}
}

// A server killed while it repairs an index repairs it at the next start.
func TestKillInRepair(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	fill(t, c, 20_000)
	p.Stop()
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
		for _, f := range segments(t, dir) {
			if err := os.Truncate(f, 100); err != nil {
				t.Fatal(err)
			}
		}
		cmd := process.Command(t, "start", "--listen", "127.0.0.1:0", "--data", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		p = process.Start(t, dir)
		c = p.Connect()
		checkNeighbours(t, c, "")
		p.Stop()
	}
}

// A COPY that was killed has put in nothing, one that was acknowledged everything.
func TestKillInCopy(t *testing.T) {
	const first, big = 2000, 60_000
	text := copyText(first+1, big) // more than a transaction keeps in memory
	for _, after := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond} {
		dir := t.TempDir() + "/data"
		p := process.Start(t, dir)
		c := p.Connect()
		fill(t, c, first)
		done := make(chan error, 1)
		go func() {
			_, err := c.PgConn().CopyFrom(context.Background(), strings.NewReader(text), "copy v from stdin")
			done <- err
		}()
		time.Sleep(after)
		p.Kill()
		acknowledged := <-done == nil
		p = process.Start(t, dir)
		c = p.Connect()
		switch n := one[int](t, c, "select count(*) from v"); {
		case acknowledged && n != first+big:
			t.Errorf("killed after %v: %d rows of an acknowledged COPY", after, n-first)
		case n != first && n != first+big:
			t.Errorf("killed after %v: %d rows, a part of the COPY", after, n-first)
		}
		checkNeighbours(t, c, "where id <= 3000")
		mustExec(t, c, "delete from v where id > $1", first)
		load(t, c, first+1, 100)
		checkNeighbours(t, c, "")
		p.Kill()
	}
}

// An index build that was killed leaves no index, no files, and a table that
// works; CREATE INDEX can be said again.
func TestKillInCreateIndex(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	fill(t, c, 30_000)
	mustExec(t, c, "drop index v_e")
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond} {
		done := make(chan error, 1)
		go func() {
			_, err := c.Exec(context.Background(), "create index v_e on v using hnsw (e vector_l2_ops)")
			done <- err
		}()
		time.Sleep(after)
		p.Kill()
		acknowledged := <-done == nil
		p = process.Start(t, dir)
		c = p.Connect()
		built := one[int](t, c, "select count(*) from pg_class where relname = 'v_e'") == 1
		if acknowledged && !built {
			t.Errorf("killed after %v: an acknowledged index is gone", after)
		}
		if files := segments(t, dir); !built && len(files) > 0 {
			t.Errorf("killed after %v: files of no index: %v", after, files)
		}
		if !built {
			mustExec(t, c, "create index v_e on v using hnsw (e vector_l2_ops)")
		}
		checkNeighbours(t, c, "")
		mustExec(t, c, "drop index v_e")
	}
}

// Writers are killed again and again while the index links, seals and merges;
// what each acknowledged is there, and the index agrees with the rows.
func TestKillInWrites(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	fill(t, p.Connect(), 3000)
	mustExec(t, p.Connect(), "create index v_parts on v using gin ((array[id % 50]))")
	const writers = 3
	state := make([]map[int]string, writers) // what each writer knows to be committed
	for w := range state {
		state[w] = map[int]string{}
	}
	for round := range 3 {
		var maybe [writers]func(map[int]string) // the change that was not acknowledged
		done := make(chan struct{})
		for w := range writers {
			c := p.Connect()
			go func() {
				defer func() { done <- struct{}{} }()
				maybe[w] = write(c, rand.New(rand.NewPCG(uint64(round), uint64(w))), 100_000*(w+1), state[w])
			}()
		}
		time.Sleep(700 * time.Millisecond)
		if round == 2 {
			p.Stop()
		} else {
			p.Kill()
		}
		for range writers {
			<-done
		}
		p = process.Start(t, dir)
		c := p.Connect()
		checkParts(t, c)
		for w := range writers {
			compare(t, c, 100_000*(w+1), state[w], maybe[w])
		}
		checkNeighbours(t, c, "")
	}
}

// write inserts, updates and deletes rows above base until the connection breaks,
// keeping state as acknowledged. It returns what the last statement would have done.
func write(c *pgx.Conn, r *rand.Rand, base int, state map[int]string) func(map[int]string) {
	for i := 0; ; i++ {
		id, v := base+r.IntN(3000), vec(r.Uint64())
		sql, do := "insert into v values ($1, 0, $2::text::vector) on conflict (id) do update set e = excluded.e", func(m map[int]string) { m[id] = v }
		args := []any{id, v}
		if r.IntN(4) == 0 {
			sql, do, args = "delete from v where id = $1", func(m map[int]string) { delete(m, id) }, args[:1]
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_, err := c.Exec(ctx, sql, args...)
		cancel()
		if err != nil {
			return do
		}
		do(state)
	}
}

// compare compares the rows of a writer with what it knows.
func compare(t *testing.T, c *pgx.Conn, base int, want map[int]string, maybe func(map[int]string)) {
	t.Helper()
	rows, err := c.Query(t.Context(), "select id, e::text from v where id >= $1 and id < $1 + 100000", base)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]string{}
	var id int
	var e string
	if _, err := pgx.ForEachRow(rows, []any{&id, &e}, func() error { got[id] = e; return nil }); err != nil {
		t.Fatal(err)
	}
	if same(got, want) {
		return
	}
	maybe(want)
	if !same(got, want) {
		t.Errorf("the rows from %d are not those that were acknowledged: %d rows, want %d", base, len(got), len(want))
	}
}

// checkParts compares what the inverted index finds with what a reading of all rows does.
func checkParts(t *testing.T, c *pgx.Conn) {
	t.Helper()
	for part := range 50 {
		mustExec(t, c, "set enable_seqscan = off")
		got := one[int](t, c, "select count(*) from v where array[id % 50] @> array[$1::int]", part)
		mustExec(t, c, "reset enable_seqscan")
		if want := one[int](t, c, "select count(*) from v where id % 50 = $1::int", part); got != want {
			t.Errorf("part %d: the inverted index has %d rows, the table %d", part, got, want)
		}
	}
}

// same compares rows; vectors are compared as numbers, for 0.5000 prints as 0.5.
func same(got, want map[int]string) bool {
	if len(got) != len(want) {
		return false
	}
	for id, e := range want {
		if !sameVector(got[id], e) {
			return false
		}
	}
	return true
}

func sameVector(a, b string) bool {
	as, bs := strings.Split(strings.Trim(a, "[]"), ","), strings.Split(strings.Trim(b, "[]"), ",")
	return slices.EqualFunc(as, bs, func(x, y string) bool {
		var f, g float32
		_, err1 := fmt.Sscan(x, &f)
		_, err2 := fmt.Sscan(y, &g)
		return err1 == nil && err2 == nil && f == g
	})
}

// SIGTERM lets a running statement finish and leaves little to do for the next start.
func TestTermination(t *testing.T) {
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := p.Connect()
	mustExec(t, c, "create table v (id int primary key, grp int not null, e vector(8))")
	mustExec(t, c, "create index v_e on v using hnsw (e vector_l2_ops)")
	load(t, c, 1, 5000)
	done := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), "insert into v select 10000, 1, '[1,2,3,4,5,6,7,8]'::vector from pg_sleep(1)")
		done <- err
	}()
	waitUntil(t, p.Connect(), "select exists (select from pg_stat_activity where state = 'active' and query like 'insert%')")
	p.Stop()
	if err := <-done; err != nil {
		t.Errorf("the running statement: %v", err)
	}
	if n := len(segments(t, dir)); n != 1 {
		t.Errorf("%d segment files after a clean stop, want the new rows in one", n)
	}
	p = process.Start(t, dir)
	c = p.Connect()
	if n := one[int](t, c, "select count(*) from v"); n != 5001 {
		t.Errorf("%d rows", n)
	}
	if n := one[int](t, c, "select head_entries from loxodb_stat_vector_index"); n != 0 {
		t.Errorf("%d entries to link again after a clean stop", n)
	}
	checkNeighbours(t, c, "")
}

// waitUntil polls a query until it answers true.
func waitUntil(t testing.TB, c *pgx.Conn, sql string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if one[bool](t, c, sql) {
			return
		}
	}
	t.Fatalf("never true: %s", sql)
}
