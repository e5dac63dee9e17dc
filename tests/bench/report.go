package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

// machine is where the measurement ran.
type machine struct {
	date  time.Time
	cpu   string
	cores int
	// together and apart is how long two threads take to wake each other, there and
	// back, on one core and on two.
	together, apart time.Duration
	sql             *sqlResult   // nil: not measured
	bounded         *boundResult // nil: not measured
}

// reference stands where no live peer runs: another run, on a machine of the same
// kind, which this one cannot vouch for.
var reference = &result{
	copyRate: 289000, build: 93, graph: byMethod{build: 93},
	at945: point{recall: .948, qps: 304}, at97: point{recall: .972, qps: 182},
	curve: []point{{recall: .906, qps: 454}, {recall: .948, qps: 304}, {recall: .972, qps: 182}},
}

const referenceSource = "PostgreSQL 15 + pgvector 0.8.6, m = 16, ef_construction = 64, not measured in this run but in an earlier\n" +
	"one on two cores of the same kind: index build with two workers, COPY with fsync off (LoxoDB's is on)"

// line is a figure with what it is held against.
type line struct {
	what    string
	digits  int
	ours    float64
	other   float64 // 0: none
	less    bool    // less is better
	goal    string  // "": none
	limit   float64 // the goal's number
	unknown bool    // the goal depends on what was not measured
}

// ratio is how many times better ours is, for figures that both have.
func (l line) ratio() string {
	a, b := l.ours, l.other
	if l.less {
		a, b = b, a
	}
	if l.ours <= 0 || l.other <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", a/b)
}

func (l line) reached() string {
	switch {
	case l.goal == "":
		return ""
	case l.ours <= 0 || l.unknown:
		return "not measured"
	case l.less && l.ours <= l.limit, !l.less && l.ours >= l.limit:
		return "yes"
	}
	return "no"
}

// lines are the figures in the report's order; other is the peer or the reference.
func lines(ours, other *result) []line {
	scan := "≥ 85 % of memory bandwidth"
	if ours.bandwidth > 0 {
		scan = fmt.Sprintf("≥ 85 %% of %.0f", ours.bandwidth)
	}
	five := func(what string, a, b point) line {
		return line{what: what, ours: a.qps, other: b.qps, limit: 5 * b.qps, unknown: b.qps <= 0,
			goal: "≥ 5 × " + number(b.qps, 0)}
	}
	read := func(kind int) line {
		l := line{what: "point reads/s, " + pointNames[kind], ours: ours.points[kind], other: other.points[kind]}
		if kind == onceOneCore {
			l.goal, l.limit = "≥ 25000", 25_000
		}
		return l
	}
	ten := func(recall string, of func(*byMethod) point) line {
		a, _ := ours.fastest(of)
		b, _ := other.fastest(of)
		return line{what: "10 nearest, queries/s at recall ≥ " + recall + ", the faster kind of index", ours: a.qps, other: b.qps, limit: 10 * b.qps,
			unknown: b.qps <= 0, goal: "≥ 10 × " + number(b.qps, 0)}
	}
	rate := func(what string, a, b float64) line {
		return line{what: what, ours: a, other: b, limit: 5 * b, unknown: b <= 0, goal: "≥ 5 × " + number(b, 0)}
	}
	tail := func(what string, of func(*inserts) *beside) line {
		a, b := &ours.inserts, &other.inserts
		return line{what: "p99 of searches beside inserts, " + what + ", times that of searches alone", digits: 1, ours: a.tail(of(a)), other: b.tail(of(b)),
			less: true, goal: "≤ 3", limit: 3}
	}
	return []line{
		ten(".95", at95),
		ten(".99", at99),
		five("10 nearest, queries/s at recall ≥ .945, hnsw", ours.at945, other.at945),
		five("10 nearest, queries/s at recall ≥ .97, hnsw", ours.at97, other.at97),
		{what: "two connections, times one, each client held on a core of its own", digits: 2, ours: times(ours.pair), other: times(other.pair), goal: "≥ 1.8", limit: 1.8},
		{what: "wire and SQL around a search, µs at the median", ours: ours.wire, other: other.wire, less: true, goal: "≤ 60", limit: 60},
		{what: "index build, hnsw, s", digits: 1, ours: ours.build, other: other.build, less: true,
			goal: "≤ " + number(other.build, 1) + " / 6", limit: other.build / 6, unknown: other.build <= 0},
		{what: "index build, ivfflat, s", digits: 1, ours: ours.lists.build, other: other.lists.build, less: true},
		{what: "COPY, rows/s", ours: ours.copyRate, other: other.copyRate, goal: "≥ 150000", limit: 150_000},
		{what: "resident memory after the build, MiB", ours: ours.rss, other: other.rss, less: true, goal: "≤ 1024", limit: 1024},
		rate("inserts into an indexed table, a row a statement, rows/s", ours.inserts.single, other.inserts.single),
		rate(fmt.Sprintf("inserts into an indexed table, %d rows a statement, rows/s", insertBatch), ours.inserts.many, other.inserts.many),
		tail("a row a statement", func(i *inserts) *beside { return &i.bySingle }),
		tail(fmt.Sprintf("%d rows a statement", insertBatch), func(i *inserts) *beside { return &i.byMany }),
		read(onceOneCore),
		read(onceFree),
		read(againOneCore),
		read(fewOneCore),
		read(fewFree),
		{what: "exact scan over a flat index, MB/s of vectors", ours: ours.flat, other: other.flat, limit: .85 * ours.bandwidth,
			unknown: ours.bandwidth <= 0, goal: scan},
		{what: "exact scan over the table's rows, MB/s of vectors", ours: ours.heap, other: other.heap},
	}
}

func at95(m *byMethod) point { return m.at95 }
func at99(m *byMethod) point { return m.at99 }

// times is how many times one connection's queries two answered.
func times(p pair) float64 {
	if p.one <= 0 {
		return 0
	}
	return p.two / p.one
}

// kinds says which kind of index was the faster one, and what both gave.
func kinds(b *strings.Builder, ours, other *result, name string) {
	b.WriteString("\n| server | index | build, s | queries/s at recall ≥ .95 | at | queries/s at recall ≥ .99 | at |\n|---|---|---|---|---|---|---|\n")
	for _, r := range []struct {
		name string
		*result
	}{{"LoxoDB", ours}, {name, other}} {
		for _, m := range []struct {
			method
			*byMethod
		}{{graph, &r.graph}, {lists, &r.lists}} {
			fmt.Fprintf(b, "| %s | %s | %s |", r.name, m.name, number(m.build, 1))
			for _, p := range []point{m.at95, m.at99} {
				fmt.Fprintf(b, " %s | %s = %s |", number(p.qps, 0), m.setting, number(float64(p.ef), 0))
			}
			b.WriteByte('\n')
		}
	}
}

// report is the document. ours is nil when only SQL was measured, theirs when no peer ran.
func report(ours, theirs *result, m machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `make bench` on %s: %s, %d cores, %s. Every server is a process of its own with one\n"+
		"connection over loopback, fsync on. The client runs on the same cores. The index in process beside other libraries, and a\n"+
		"picture of what a query costs while its set grows, are in [engine.md](engine.md).\n",
		m.date.UTC().Format("2006-01-02"), m.cpu, m.cores, runtime.Version())
	if ours != nil {
		vectorReport(&b, ours, theirs, m)
	}
	if m.bounded != nil {
		memoryReport(&b, m.bounded)
	}
	if m.sql != nil {
		sqlReport(&b, m.sql)
	}
	return b.String()
}

// vectorReport is the part about vectors, and the table of all goals.
func vectorReport(b *strings.Builder, ours, theirs *result, m machine) {
	fmt.Fprintf(b, "Statements are prepared, values binary. GloVe: %d vectors of %d numbers, cosine, %d held-out words as queries, k = %d.\n"+
		"Recall is counted by distances that the client computes in float64, and every answer is checked.\n\n",
		words.Count-sets.Queries, words.Dims, sets.Queries, k)
	fmt.Fprintf(b, "LoxoDB: %s, settings as they come.\n\n", ours.version)
	other, name := theirs, "peer"
	if theirs == nil {
		other, name = reference, "reference"
		fmt.Fprintf(b, "Reference: %s.\n\n", referenceSource)
	} else {
		fmt.Fprintf(b, "Peer, in the same run: %s, pgvector %s; %s.\n\n", theirs.version, theirs.extension, settingList(theirs.settings))
	}
	fmt.Fprintf(b, "| what | LoxoDB | %s | times better | goal | reached |\n|---|---|---|---|---|---|\n", name)
	for _, l := range slices.Concat(lines(ours, other), memoryLines(m.bounded), sqlLines(m.sql)) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", l.what, number(l.ours, l.digits), number(l.other, l.digits), l.ratio(), l.goal, l.reached())
	}
	b.WriteString("\nThe index is built with m = 16, ef_construction = 64 on both sides.")
	if ours.bandwidth > 0 {
		fmt.Fprintf(b, " By turns with the exact scan one core read\nmemory at %.0f MB/s (%s, 1 GiB).", ours.bandwidth, ours.way)
	}
	b.WriteByte('\n')
	if m.apart > 0 {
		fmt.Fprintf(b, "Two threads that wake each other by turns take %.1f µs there and back on one core here, and %.1f µs on two: what\n"+
			"point reads placed by the scheduler show is mostly whether it puts client and server on one core.\n",
			float64(m.together.Nanoseconds())/1e3, float64(m.apart.Nanoseconds())/1e3)
	}
	if i := ours.inserts; i.idle.p99 > 0 {
		fmt.Fprintf(b, "Inserts go to a table of %d rows with an index of default parameters; the last must be found at once. In LoxoDB,\n"+
			"searches took %.0f µs (p50) and %.0f µs (p99) alone, %.0f and %.0f µs beside %.0f rows a second, a row a statement, and\n"+
			"%.0f and %.0f µs beside %.0f rows a second, %d rows a statement: as many as one connection could insert.\n", insertBefore, i.idle.p50, i.idle.p99,
			i.bySingle.p50, i.bySingle.p99, i.bySingle.rate, i.byMany.p50, i.byMany.p99, i.byMany.rate, insertBatch)
	}
	curves(b, ours, other, name)
	kinds(b, ours, other, name)
}

// number is a figure, or a dash for what was not measured.
func number(v float64, digits int) string {
	if v <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.*f", digits, v)
}

func settingList(all []setting) string {
	var out []string
	for _, s := range all {
		out = append(out, s.name+" = "+s.value)
	}
	return strings.Join(out, ", ")
}

// curves is recall against speed of every server.
func curves(b *strings.Builder, ours, other *result, name string) {
	b.WriteString("\n| server | ef_search | recall | queries/s | p50 µs | p99 µs |\n|---|---|---|---|---|---|\n")
	for _, r := range []struct {
		name string
		*result
	}{{"LoxoDB", ours}, {name, other}} {
		all := r.curve
		if r.result != reference {
			all = append(all[:len(all):len(all)], r.at945, r.at97)
		}
		for i, p := range all {
			if p.qps <= 0 || r.result != reference && i >= len(r.curve) && contains(r.curve, p.ef) {
				continue
			}
			ef, recall := number(float64(p.ef), 0), 4
			if r.result == reference {
				recall = 3
			}
			fmt.Fprintf(b, "| %s | %s | %.*f | %.0f | %s | %s |\n", r.name, ef, recall, p.recall, p.qps, number(p.p50, 0), number(p.p99, 0))
		}
	}
}

func contains(curve []point, ef int) bool {
	for _, p := range curve {
		if p.ef == ef {
			return true
		}
	}
	return false
}
