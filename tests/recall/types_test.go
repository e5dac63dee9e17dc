package recall

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// typed is a column of another type than vector, made of the vector e of a row.
type typed struct {
	name, column, value string
	methods             []string
	ops                 [][2]string // operator and class
}

var typedColumns = []typed{
	{"halfvec", "halfvec(32)", "e::halfvec(32)", []string{"hnsw", "ivfflat", "ivf"},
		[][2]string{{"<->", "halfvec_l2_ops"}, {"<#>", "halfvec_ip_ops"}, {"<=>", "halfvec_cosine_ops"}}},
	{"int8vec", "int8vec(32)", "(SELECT array_agg(greatest(-127, least(127, round(x * 30)))::int) FROM unnest(e::real[]) x)::int8vec", []string{"hnsw", "ivf"},
		[][2]string{{"<->", "int8vec_l2_ops"}, {"<=>", "int8vec_cosine_ops"}}},
	{"sparsevec", "sparsevec(32)", "(SELECT array_agg(CASE WHEN abs(x) > 1 THEN x ELSE 0 END) FROM unnest(e::real[]) x)::vector::sparsevec", []string{"hnsw"},
		[][2]string{{"<->", "sparsevec_l2_ops"}, {"<#>", "sparsevec_ip_ops"}, {"<+>", "sparsevec_l1_ops"}}},
	{"bits", "bit(64)", "(binary_quantize(e) || binary_quantize(e * e - (array_fill(1, ARRAY[32])::vector)))::bit(64)", []string{"hnsw", "ivfflat"},
		[][2]string{{"<~>", "bit_hamming_ops"}, {"<%>", "bit_jaccard_ops"}}},
}

// distances asks for the k nearest of each query, as distances.
func (d *db) distances(op string, queries []string) [][]float64 {
	d.t.Helper()
	var out [][]float64
	for _, q := range queries {
		var list []float64
		for _, row := range d.exec(fmt.Sprintf("SELECT v %[1]s '%[2]s' FROM u ORDER BY v %[1]s '%[2]s' LIMIT %[3]d", op, q, k))[0].Rows {
			x, err := strconv.ParseFloat(string(row[0]), 64)
			if err != nil {
				d.t.Fatal(err)
			}
			list = append(list, x)
		}
		out = append(out, list)
	}
	return out
}

// found is the share of the k nearest that an index finds, ties counted as found.
func (d *db) found(op string, queries []string) float64 {
	d.t.Helper()
	d.exec("SET enable_indexscan = off")
	exact := d.distances(op, queries)
	d.exec("RESET enable_indexscan; SET enable_seqscan = off")
	plan := d.exec(fmt.Sprintf("EXPLAIN SELECT FROM u ORDER BY v %s '%s' LIMIT %d", op, queries[0], k))[0]
	if !strings.Contains(string(plan.Rows[1][0]), "using u_v") {
		d.t.Fatalf("the index is not used: %s", plan.Rows[1][0])
	}
	got := d.distances(op, queries)
	d.exec("RESET enable_seqscan")
	hits, want := 0, 0
	for i, list := range exact {
		if len(got[i]) != len(list) {
			d.t.Fatalf("%d rows; %d qualify", len(got[i]), len(list))
		}
		last := math.Inf(-1)
		for _, x := range got[i] {
			if x < last {
				d.t.Fatalf("%v after %v", x, last)
			}
			if last = x; x <= list[len(list)-1] {
				hits++
			}
			want++
		}
	}
	return float64(hits) / float64(want)
}

// Each type and metric has its recall when the index is built over rows, when rows come
// one after another into an index without any, and when most are gone again.
func TestRecallOfTypes(t *testing.T) {
	d := open(t)
	for _, c := range typedColumns {
		d.exec(fmt.Sprintf("DROP TABLE IF EXISTS src; CREATE TABLE src (id int, v %s); INSERT INTO src SELECT id, %s FROM t WHERE id < 4000", c.column, c.value))
		var queries []string
		for _, row := range d.exec("SELECT v FROM src WHERE id % 130 = 7")[0].Rows {
			queries = append(queries, string(row[0]))
		}
		for _, method := range c.methods {
			for _, op := range c.ops {
				if method == "ivfflat" && op[1] == "bit_jaccard_ops" {
					continue // pgvector has no such class
				}
				what := method + ", " + c.name + " " + op[0]
				create := "CREATE INDEX u_v ON u USING " + method + " (v " + op[1] + ")"
				d.exec("DROP TABLE IF EXISTS u; CREATE TABLE u (LIKE src); INSERT INTO u SELECT * FROM src; ANALYZE u;" + create)
				d.floor(what+", built", d.found(op[0], queries), floor-0.02)
				d.exec("DROP TABLE u; CREATE TABLE u (LIKE src);" + create)
				for at := 0; at < 4000; at += 500 {
					d.exec(fmt.Sprintf("INSERT INTO u SELECT * FROM src WHERE id >= %d AND id < %d", at, at+500))
				}
				d.exec("ANALYZE u")
				d.floor(what+", inserted", d.found(op[0], queries), floor-0.02)
				d.exec("DELETE FROM u WHERE id > 1600")
				d.exec("VACUUM u")
				d.floor(what+", after DELETE and VACUUM", d.found(op[0], queries), floor-0.02)
			}
		}
	}
}

// Graphs of few links over bits that lie anywhere find most of the nearest once three
// quarters of the rows are gone and VACUUM has written the index anew. Jaccard distances of
// such bits hardly differ: pgvector finds .72 of the 20 nearest by them, and .88 by Hamming's.
func TestRecallOfFewLinks(t *testing.T) {
	const dims, rows, asked = 52, 10000, 100
	d := open(t)
	d.exec(fmt.Sprintf("SELECT setseed(.25); CREATE TABLE src AS SELECT i AS id, (random() * 2 ^ %[1]d)::bigint::bit(%[1]d) AS v FROM generate_series(1, %[2]d) i", dims, rows+asked))
	var queries []string
	for _, row := range d.exec(fmt.Sprintf("SELECT v FROM src WHERE id > %d", rows))[0].Rows {
		queries = append(queries, string(row[0]))
	}
	d.exec("SET hnsw.ef_search = 100")
	for _, c := range []struct {
		op, class string
		least     float64
	}{{"<~>", "bit_hamming_ops", .86}, {"<%>", "bit_jaccard_ops", .69}} {
		d.exec(fmt.Sprintf("DROP TABLE IF EXISTS u; CREATE TABLE u AS SELECT * FROM src WHERE id <= %d", rows))
		d.exec("CREATE INDEX u_v ON u USING hnsw (v " + c.class + ") WITH (m = 4, ef_construction = 8)")
		d.exec(fmt.Sprintf("DELETE FROM u WHERE id > %d", rows/4))
		d.floor(c.op+", after DELETE", d.found(c.op, queries), c.least)
		d.exec("VACUUM u")
		d.floor(c.op+", after VACUUM", d.found(c.op, queries), c.least)
	}
}
