package e2e

import (
	"context"
	"strings"
	"testing"
)

// The coding of a vector index is a storage parameter; answers do not depend on it.
func TestQuantization(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "q", "(id int primary key, e vector(8), b bit(8))")
	mustExec(t, c, `insert into q select i, array[(i * 37) % 997, (i * 91) % 991, (i * 53) % 983, i % 7, i % 11, (i * i) % 101, i % 13, 1]::real[]::vector,
		(i % 256)::bit(8) from generate_series(1, 3000) i`)
	const query = "select id from q order by e <-> '[500,500,500,0,0,0,0,0]' limit 10"
	want := contents(t, c, query)
	for _, method := range []string{"hnsw", "ivf", "ivfflat"} {
		for _, coding := range []string{"none", "sq8", "rabitq1", "RaBitQ4", "rabitq8", "pq"} {
			if coding == "sq8" && method != "hnsw" {
				continue
			}
			mustExec(t, c, "create index qi on q using "+method+" (e vector_l2_ops) with (quantization = '"+coding+"')")
			def := one(t, c, "select pg_get_indexdef('qi'::regclass)")
			text := coding
			if coding == "none" || coding == "RaBitQ4" { // a keyword; capitals
				text = "'" + coding + "'"
			}
			if !strings.HasSuffix(def, "WITH (quantization="+text+")") {
				t.Errorf("definition %s", def)
			}
			mustExec(t, c, "set ivfflat.probes = 200")
			if got := contents(t, c, query); got != want {
				t.Errorf("%s, %s: %s, want %s", method, coding, got, want)
			}
			mustExec(t, c, "alter index qi set (quantization = 'rabitq2')")
			mustExec(t, c, "reindex index qi")
			if got := contents(t, c, query); got != want {
				t.Errorf("%s, %s and then rabitq2: %s, want %s", method, coding, got, want)
			}
			mustExec(t, c, "drop index qi")
		}
	}
}

func TestQuantizationErrors(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	makeTable(t, c, "q", "(id int primary key, e vector(8), b bit(8))")
	const values = `"rabitq1", "rabitq2", "rabitq3", "rabitq4", "rabitq5", "rabitq6", "rabitq7", "rabitq8", and "pq".`
	for _, x := range []struct{ sql, code, message, detail string }{
		{"hnsw (e vector_l2_ops) with (quantization = 'pq8')", "22023", `invalid value for enum option "quantization": pq8`,
			`Valid values are "none", "sq8", ` + values},
		{"ivf (e vector_l2_ops) with (quantization = sq8)", "22023", `invalid value for enum option "quantization": sq8`,
			`Valid values are "none", ` + values},
		{"flat (e vector_l2_ops) with (quantization = sq8)", "22023", `unrecognized parameter "quantization"`, ""},
		{"hnsw (e vector_l1_ops) with (quantization = rabitq4)", "0A000", `operator class "vector_l1_ops" does not support quantization "rabitq4"`, ""},
		{"hnsw (e vector_l1_ops) with (quantization = pq)", "0A000", `operator class "vector_l1_ops" does not support quantization "pq"`, ""},
		{"ivf (b bit_hamming_ops) with (quantization = 'PQ')", "0A000", `operator class "bit_hamming_ops" does not support quantization "pq"`, ""},
		{"hnsw (b bit_hamming_ops) with (quantization = sq8)", "0A000", `operator class "bit_hamming_ops" does not support quantization "sq8"`, ""},
	} {
		_, err := c.Exec(context.Background(), "create index on q using "+x.sql)
		if e := wantError(t, x.sql, err, x.code, x.message); e != nil && e.Detail != x.detail {
			t.Errorf("%s: detail %s, want %s", x.sql, e.Detail, x.detail)
		}
	}
	mustExec(t, c, "create index on q using hnsw (b bit_hamming_ops) with (quantization = none)")
}
