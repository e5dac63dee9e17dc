// Package recall holds searches through an index to how many of the true nearest
// rows they find: for every metric, under filters that pass many rows and few,
// and after most rows were replaced. It asks a server over the wire and computes
// the truth by itself, in float64. Whatever the recall, k rows must come back when
// k qualify, once each, in order, at their true distances.
package recall

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/server/boot"
)

const (
	dims    = 32
	rows    = 20_000
	queries = 60
	k       = 10
	seed    = 20260101
)

// floors are well below what is measured, so that chance does not break them, and
// well above what a broken graph reaches.
const (
	floor     = 0.95 // at the default effort, whatever the metric and the filter
	floorAt40 = 0.90
)

// metric is an operator with the distance that it computes.
type metric struct {
	op, class string
	distance  func(a, b []float32) float64
}

var metrics = []metric{
	{"<->", "vector_l2_ops", func(a, b []float32) float64 {
		var s float64
		for i := range a {
			d := float64(a[i]) - float64(b[i])
			s += d * d
		}
		return math.Sqrt(s)
	}},
	{"<#>", "vector_ip_ops", func(a, b []float32) float64 { return -dot(a, b) }},
	{"<=>", "vector_cosine_ops", func(a, b []float32) float64 { return 1 - dot(a, b)/math.Sqrt(dot(a, a)*dot(b, b)) }},
	{"<+>", "vector_l1_ops", func(a, b []float32) float64 {
		var s float64
		for i := range a {
			s += math.Abs(float64(a[i]) - float64(b[i]))
		}
		return s
	}},
}

func dot(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += float64(a[i]) * float64(b[i])
	}
	return s
}

// set is what the table holds: row i has id i and grp[i], nil vectors are gone.
type set struct {
	rng     *rand.Rand
	centres [][]float32
	vecs    [][]float32
	grp     []int
	queries [][]float32
}

// newSet draws clusters: real embeddings have them, and they are what a graph
// must find its way between.
func newSet() *set {
	s := &set{rng: rand.New(rand.NewPCG(seed, 0)), vecs: make([][]float32, rows), grp: make([]int, rows)}
	for range 300 {
		s.centres = append(s.centres, s.near(nil, 1))
	}
	for i := range s.vecs {
		s.vecs[i], s.grp[i] = s.draw(), s.rng.IntN(1000)
	}
	for range queries {
		s.queries = append(s.queries, s.draw())
	}
	return s
}

func (s *set) draw() []float32 { return s.near(s.centres[s.rng.IntN(len(s.centres))], 0.8) }

func (s *set) near(c []float32, spread float64) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(s.rng.NormFloat64() * spread)
		if c != nil {
			v[i] += c[i]
		}
	}
	return v
}

func vectorText(v []float32) string {
	var b strings.Builder
	for i, x := range v {
		b.WriteByte("[,"[min(i, 1)])
		b.WriteString(strconv.FormatFloat(float64(x), 'g', -1, 32))
	}
	return b.String() + "]"
}

// db is a server with the set in the table t.
type db struct {
	t   *testing.T
	dsn string
	c   *pgconn.PgConn
	*set
}

func open(t *testing.T) *db {
	srv, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir() + "/data", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	dsn := "postgres://postgres@" + srv.Addr().String() + "/postgres?sslmode=disable"
	c, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	d := &db{t, dsn, c, newSet()}
	d.exec(fmt.Sprintf("CREATE EXTENSION vector; CREATE TABLE t (id int PRIMARY KEY, grp int NOT NULL, e vector(%d))", dims))
	var text bytes.Buffer
	for i, v := range d.vecs {
		fmt.Fprintf(&text, "%d\t%d\t%s\n", i, d.grp[i], vectorText(v))
	}
	if _, err := c.CopyFrom(t.Context(), &text, "COPY t FROM STDIN"); err != nil {
		t.Fatal(err)
	}
	d.exec("ANALYZE t")
	return d
}

func (d *db) exec(sql string) []*pgconn.Result {
	d.t.Helper()
	res, err := d.c.Exec(d.t.Context(), sql).ReadAll()
	if err != nil {
		d.t.Fatalf("%.200s: %v", sql, err)
	}
	return res
}

func (d *db) index(m metric) {
	d.exec("DROP INDEX IF EXISTS t_e; CREATE INDEX t_e ON t USING hnsw (e " + m.class + ")")
	plan := d.exec("EXPLAIN SELECT id FROM t ORDER BY e " + m.op + " '" + vectorText(d.queries[0]) + "' LIMIT 10")[0]
	if !bytes.Contains(plan.Rows[1][0], []byte("using t_e")) {
		d.t.Fatalf("the index is not used: %s", plan.Rows[1][0])
	}
}

// recall asks all queries for the rows with grp < below and checks each answer.
func (d *db) recall(m metric, below int) float64 {
	d.t.Helper()
	hits, want := 0, 0
	for _, q := range d.queries {
		res := d.exec(fmt.Sprintf("SELECT id, e %[1]s '%[2]s' FROM t WHERE grp < %[3]d ORDER BY e %[1]s '%[2]s' LIMIT %[4]d", m.op, vectorText(q), below, k))[0]
		truth := d.truth(m, q, below)
		if len(res.Rows) != min(k, len(truth)) {
			d.t.Fatalf("%s, grp < %d: %d rows; %d qualify", m.op, below, len(res.Rows), len(truth))
		}
		last, seen := math.Inf(-1), map[int]bool{}
		for _, row := range res.Rows {
			id, dist := d.check(m, q, row, below)
			if dist < last || seen[id] {
				d.t.Fatalf("%s, grp < %d: row %d at %v after one at %v, or twice", m.op, below, id, dist, last)
			}
			last, seen[id] = dist, true
			if dist <= truth[len(res.Rows)-1]+1e-5*math.Abs(truth[len(res.Rows)-1]) {
				hits++
			}
		}
		want += len(res.Rows)
	}
	return float64(hits) / float64(max(want, 1))
}

// check holds one row of an answer to what the table has.
func (d *db) check(m metric, q []float32, row [][]byte, below int) (id int, dist float64) {
	d.t.Helper()
	id, err1 := strconv.Atoi(string(row[0]))
	dist, err2 := strconv.ParseFloat(string(row[1]), 64)
	if err1 != nil || err2 != nil || id < 0 || id >= len(d.vecs) || d.vecs[id] == nil || d.grp[id] >= below {
		d.t.Fatalf("%s, grp < %d: answered %s", m.op, below, row)
	}
	if true := m.distance(q, d.vecs[id]); math.Abs(dist-true) > 1e-5*(1+math.Abs(true)) {
		d.t.Fatalf("%s: row %d is at %v; answered %v", m.op, id, true, dist)
	}
	return id, dist
}

// truth is the distances of the rows that qualify, nearest first.
func (d *db) truth(m metric, q []float32, below int) []float64 {
	var all []float64
	for i, v := range d.vecs {
		if v != nil && d.grp[i] < below {
			all = append(all, m.distance(q, v))
		}
	}
	slices.Sort(all)
	return all
}

// churn replaces two thirds of the rows' vectors and removes some, in small
// transactions, as an application would.
func (d *db) churn() {
	for at := 0; at < rows; at += 500 {
		var b strings.Builder
		b.WriteString("BEGIN;")
		for i := at; i < at+500; i++ {
			switch d.rng.IntN(6) {
			case 0:
				fmt.Fprintf(&b, "DELETE FROM t WHERE id = %d;", i)
				d.vecs[i] = nil
			case 1, 2, 3, 4:
				d.vecs[i] = d.draw()
				fmt.Fprintf(&b, "UPDATE t SET e = '%s' WHERE id = %d;", vectorText(d.vecs[i]), i)
			}
		}
		d.exec(b.String() + "COMMIT")
	}
}

func (d *db) floor(what string, got, least float64) {
	d.t.Helper()
	d.t.Logf("%s: recall %.4f", what, got)
	if got < least {
		d.t.Errorf("%s: recall %.4f; want at least %.2f", what, got, least)
	}
}

// targets holds searches to the recall that they were told to reach, of so many of 1,000
// rows each. 600 answers tell no finer difference than the slack.
func (d *db) targets(m metric, belows ...int) {
	d.t.Helper()
	for _, target := range []float64{0.8, 0.95, 0.99, 1} {
		d.exec(fmt.Sprintf("SET loxodb.target_recall = %v", target))
		least := target - (1-target)/4 - 0.015
		if target == 1 {
			least = 1
		}
		for _, below := range belows {
			d.floor(fmt.Sprintf("%s of %.1f %% of the rows, target %v", m.op, float64(below)/10, target), d.recall(m, below), least)
		}
	}
	d.exec("RESET loxodb.target_recall")
}

// Lists reach their targets, too.
func TestRecallOfLists(t *testing.T) {
	d := open(t)
	m := metrics[0]
	d.exec("CREATE INDEX t_e ON t USING ivf (e " + m.class + ")")
	d.targets(m, 1000, 100)
}

// Codes of product quantization are learned from the vectors of each segment: what they
// leave out must not be missed, whatever the metric, the filter and the history.
func TestRecallOfProductQuantization(t *testing.T) {
	d := open(t)
	index := func(using string, m metric) {
		d.exec("DROP INDEX IF EXISTS t_e; CREATE INDEX t_e ON t USING " + using + " (e " + m.class + ") WITH (quantization = pq)")
	}
	for _, m := range metrics[:3] {
		index("ivf", m)
		for _, below := range []int{1000, 100, 10} {
			d.floor(fmt.Sprintf("lists, %s of %.1f %% of the rows", m.op, float64(below)/10), d.recall(m, below), floor-0.02)
		}
	}
	m := metrics[0]
	d.targets(metrics[2], 1000, 100)
	index("hnsw", m)
	d.targets(m, 1000, 100, 30)
	d.churn()
	d.exec("VACUUM t")
	for _, below := range []int{1000, 100, 10} {
		d.floor(fmt.Sprintf("%s of %.1f %% of the rows after churn", m.op, float64(below)/10), d.recall(m, below), floor-0.02)
	}
}

// Under a filter that is tested on the rows that a walk finds, the last row that is
// wanted lies far among the nearest, where coarse codes miss most.
func TestRecallOfCoarseCodesUnderFilters(t *testing.T) {
	d := open(t)
	m := metrics[0]
	d.exec("CREATE INDEX t_e ON t USING hnsw (e " + m.class + ") WITH (quantization = rabitq2)")
	d.targets(m, 1000, 50, 20)
}

func TestRecall(t *testing.T) {
	d := open(t)
	for _, m := range metrics {
		d.index(m)
		d.floor(m.op, d.recall(m, 1000), floor)
		d.exec("SET hnsw.ef_search = 40")
		d.floor(m.op+" at ef_search 40", d.recall(m, 1000), floorAt40)
		d.exec("RESET hnsw.ef_search")
		for _, below := range []int{500, 100, 10, 1, 0} {
			d.floor(fmt.Sprintf("%s of %.1f %% of the rows", m.op, float64(below)/10), max(d.recall(m, below), float64(1-min(below, 1))), floor)
		}
	}
	m := metrics[0]
	d.index(m)
	d.targets(m, 1000, 100)
	d.churn()
	for _, below := range []int{1000, 100, 10} {
		d.floor(fmt.Sprintf("%s of %.1f %% of the rows after churn", m.op, float64(below)/10), d.recall(m, below), floor)
	}
	after := d.recall(m, 1000)
	d.index(m)
	if fresh := d.recall(m, 1000); after < fresh-0.02 {
		t.Errorf("recall %.4f after churn; a fresh index has %.4f", after, fresh)
	}
}

// replaceAll updates every vector and deletes half of the rows.
func (d *db) replaceAll() {
	d.t.Helper()
	for at := 0; at < rows; at += 1000 {
		var b strings.Builder
		b.WriteString("BEGIN;")
		for i := at; i < at+1000; i++ {
			d.vecs[i] = d.draw()
			fmt.Fprintf(&b, "UPDATE t SET e = '%s' WHERE id = %d;", vectorText(d.vecs[i]), i)
		}
		d.exec(b.String() + "COMMIT")
	}
	d.exec("DELETE FROM t WHERE id % 2 = 1")
	for i := 1; i < rows; i += 2 {
		d.vecs[i] = nil
	}
}

// stat is a column of the index's statistics.
func (d *db) stat(column string) float64 {
	d.t.Helper()
	text := d.exec("SELECT " + column + " FROM loxodb_stat_vector_index WHERE indexrelname = 't_e'")[0].Rows[0][0]
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// After every row was updated and half of them deleted, background work alone brings
// the dead share below the bound; VACUUM leaves nothing dead. Then memory and disk are
// those of a fresh build, but for what is not sealed yet, and so is the recall.
func TestChurnOfEverything(t *testing.T) {
	for _, method := range []string{"hnsw", "ivf"} {
		d := open(t)
		for range 5 * queries { // 1 point is 36 of 3,600 answers
			d.queries = append(d.queries, d.draw())
		}
		m := metrics[0]
		create := "CREATE INDEX t_e ON t USING " + method + " (e " + m.class + ")"
		d.exec(create)
		d.replaceAll()
		const headShare, few = 0.5, 2048
		for tries := 0; ; tries++ {
			dead, entries := d.stat("dead"), d.stat("entries")
			if entries == rows/2 && (dead < few || dead <= headShare*(entries+dead)) {
				break
			}
			if tries == 1200 {
				t.Fatalf("%s: %v dead beside %v entries, for ever", method, dead, entries)
			}
			time.Sleep(100 * time.Millisecond)
		}
		settled := d.recall(m, 1000)
		d.exec("VACUUM (INDEX_CLEANUP ON) t")
		if share := d.stat("dead_share"); share != 0 {
			t.Errorf("%s: dead share %v after VACUUM", method, share)
		}
		d.exec("VACUUM FULL t")
		memory, disk, after := d.stat("memory_bytes"), d.stat("disk_bytes"), d.recall(m, 1000)
		d.exec("DROP INDEX t_e; " + create)
		fresh := d.recall(m, 1000)
		t.Logf("%s: recall %.4f when settled, %.4f after VACUUM FULL, %.4f fresh; memory %.0f and %.0f, disk %.0f and %.0f",
			method, settled, after, fresh, memory, d.stat("memory_bytes"), disk, d.stat("disk_bytes"))
		if min(settled, after) < fresh-0.01 {
			t.Errorf("%s: recall %.4f and %.4f after churn; a fresh index has %.4f", method, settled, after, fresh)
		}
		if most := 1.05 * d.stat("memory_bytes"); memory > most {
			t.Errorf("%s: %.0f bytes of memory after churn and VACUUM FULL; want at most %.0f", method, memory, most)
		}
		if most := 1.05 * d.stat("disk_bytes"); disk > most {
			t.Errorf("%s: %.0f bytes on disk after churn and VACUUM FULL; want at most %.0f", method, disk, most)
		}
	}
}
