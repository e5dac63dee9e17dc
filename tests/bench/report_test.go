package main

import (
	"strings"
	"testing"
	"time"
)

func sample() *result {
	return &result{
		version: "LoxoDB of the test", copyRate: 160_000, build: 12.34, rss: 1024, points: [pointCount]float64{onceOneCore: 24_999, fewFree: 50_000}, flat: 8500, heap: 500, bandwidth: 10_000, way: "reading",
		curve:   []point{{ef: 40, recall: .82, qps: 5500, p50: 160, p99: 300}},
		inserts: inserts{single: 2000, many: 40_000, idle: point{p50: 100, p99: 300}, bySingle: beside{point{p50: 120, p99: 600}, 900}, byMany: beside{point{p50: 300, p99: 1200}, 9000}},
		at945:   point{ef: 190, recall: .946, qps: 1520}, at97: point{ef: 320, recall: .9701, qps: 909},
		graph: byMethod{at95: point{ef: 195, qps: 1500}}, lists: byMethod{at95: point{ef: 50, qps: 9000}}, pair: pair{1000, 1790}, wire: 60,
	}
}

var bench1 = machine{date: time.Unix(0, 0), cpu: "a processor", cores: 2}

// cells are the fields of the table's row that begins with what.
func cells(t *testing.T, text, what string) []string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| "+what) {
			f := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			for i := range f {
				f[i] = strings.TrimSpace(f[i])
			}
			return f[1:]
		}
	}
	t.Fatalf("no line %q in:\n%s", what, text)
	return nil
}

func TestGoals(t *testing.T) {
	text := report(sample(), nil, bench1)
	for what, want := range map[string]string{
		"10 nearest, queries/s at recall ≥ .95, the faster": "9000 – – ≥ 10 × – not measured",
		"two connections": "1.79 – – ≥ 1.8 no",
		"wire and SQL":    "60 – – ≤ 60 yes",
		"10 nearest, queries/s at recall ≥ .945": "1520 304 5.0 ≥ 5 × 304 yes",
		"10 nearest, queries/s at recall ≥ .97":  "909 182 5.0 ≥ 5 × 182 no",
		"index build, hnsw":                      "12.3 93.0 7.5 ≤ 93.0 / 6 yes",
		"COPY":                                   "160000 289000 0.6 ≥ 150000 yes",
		"resident":                               "1024 – – ≤ 1024 yes",
		"point reads/s, random rows of the table, each for the first time, client": "24999 – – ≥ 25000 no",
		"point reads/s, of 1000 rows, placed":                                      "50000 – –",
		"exact scan over a flat":                                                   "8500 – – ≥ 85 % of 10000 yes",
		"exact scan over the table":                                                "500 – –",
		"inserts into an indexed table, a row":                                     "2000 – – ≥ 5 × – not measured",
		"p99 of searches beside inserts, a row":                                    "2.0 – – ≤ 3 yes",
		"p99 of searches beside inserts, 100 rows":                                 "4.0 – – ≤ 3 no",
	} {
		if got := strings.TrimSpace(strings.Join(cells(t, text, what), " ")); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if want := "| LoxoDB | ivfflat | – | 9000 | ivfflat.probes = 50 | – |"; !strings.Contains(text, want) {
		t.Errorf("no %q in:\n%s", want, text)
	}
	if !strings.Contains(text, "Reference: PostgreSQL 15 + pgvector 0.8.6") || !strings.Contains(text, "not measured in this run") {
		t.Errorf("the reference does not say what it is:\n%s", text)
	}
}

// TestBounded: the figures of a server within a bound stand among the goals and by themselves.
func TestBounded(t *testing.T) {
	m := bench1
	m.bounded = &boundResult{rows: 1_000_000, dims: 128, copyRate: 300_000, build: 25, rest: 3, peak: 513, anonymous: 400, segments: 2,
		before: searched{.96, 900}, after: searched{.951, 1000}}
	text := report(sample(), nil, m)
	for what, want := range map[string]string{
		"server told 512 MiB, 1,000,000 × 128: resident": "513 – – ≤ 512 no",
		"server told 512 MiB, 1,000,000 × 128: of it":    "400 – – ≤ 512 yes",
		"server told 512 MiB, 1,000,000 × 128: index":    "25.0 – –",
		"server told 512 MiB, 1,000,000 × 128: recall":   "0.951 – – ≥ 0.95 yes",
		"segments then":        "2",
		"recall, queries/s at": "0.9510, 1000",
	} {
		if got := strings.TrimSpace(strings.Join(cells(t, text, what), " ")); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if text = report(nil, nil, m); !strings.Contains(text, "## Within 512 MiB") {
		t.Errorf("no chapter in:\n%s", text)
	}
}

// TestPeer: a peer's figures stand in the reference's place, what it lacks stays empty.
func TestPeer(t *testing.T) {
	peer := &result{version: "PostgreSQL of the test", extension: "0.8.0", settings: []setting{{"fsync", "on"}, {"shared_buffers", "2GB"}},
		copyRate: 80_000, inserts: inserts{single: 250, many: 500, idle: point{p99: 2000}, bySingle: beside{point: point{p99: 3000}}}, points: [pointCount]float64{onceOneCore: 12_500}, at945: point{ef: 150, recall: .9451, qps: 400, p50: 2000, p99: 3000}}
	text := report(sample(), peer, bench1)
	for what, want := range map[string]string{
		"inserts into an indexed table, a row":              "2000 250 8.0 ≥ 5 × 250 yes",
		"inserts into an indexed table, 100":                "40000 500 80.0 ≥ 5 × 500 yes",
		"p99 of searches beside inserts, a row":             "2.0 1.5 0.8 ≤ 3 yes",
		"10 nearest, queries/s at recall ≥ .95, the faster": "9000 – – ≥ 10 × – not measured",
		"two connections":                                   "1.79 – – ≥ 1.8 no",
		"wire and SQL":                                      "60 – – ≤ 60 yes",
		"10 nearest, queries/s at recall ≥ .945":            "1520 400 3.8 ≥ 5 × 400 no",
		"10 nearest, queries/s at recall ≥ .97":             "909 – – ≥ 5 × – not measured",
		"resident": "1024 – – ≤ 1024 yes",
		"point reads/s, random rows of the table, each for the first time, client": "24999 12500 2.0 ≥ 25000 no",
		"peer": "150 0.9451 400 2000 3000",
	} {
		if got := strings.Join(cells(t, text, what), " "); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	for _, want := range []string{"PostgreSQL of the test, pgvector 0.8.0; fsync = on, shared_buffers = 2GB."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for _, not := range []string{"Inf", "NaN", "eference", "0.8.6"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in:\n%s", not, text)
		}
	}
}

// TestCurveHasNoDoubles: an effort that was on the grid already is listed once.
func TestCurveHasNoDoubles(t *testing.T) {
	r := sample()
	r.curve = append(r.curve, r.at945)
	text := report(r, nil, bench1)
	if n := strings.Count(text, "| 190 |"); n != 1 {
		t.Fatalf("ef_search 190 comes %d times:\n%s", n, text)
	}
	if n := strings.Count(text, "| 320 |"); n != 1 {
		t.Fatalf("ef_search 320 comes %d times:\n%s", n, text)
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-only", "copy,points", "-peer", "host=x"})
	if err != nil || !o.wants("points") || o.wants("knn") || o.peer != "host=x" {
		t.Fatal(o, err)
	}
	if o, err = parse([]string{"-only", "sql"}); err != nil || o.vectors() || !o.wants("sql") || o.wants("knn") {
		t.Fatal(o, err)
	}
	if o, err = parse([]string{"-only", "memory,sql"}); err != nil || o.vectors() || !o.wants("memory") {
		t.Fatal(o, err)
	}
	if o, err = parse(nil); err != nil || !o.vectors() || !o.wants("sql") || !o.wants("knn") || !o.wants("scan") {
		t.Fatal(o, err)
	}
	for _, bad := range [][]string{{"db"}, {"-only", "knn"}, {"-only", "pair"}, {"-only", "copy,nothing"}, {"-only", ","}, {"-only", "copy", "-docs", "x"}, {"-nonsense"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestMedian(t *testing.T) {
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Fatal(m)
	}
}
