package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/examples/glove/ownschema"
	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/host"
)

// home is where the benchmark works, on every server.
var home = ownschema.Schema{Name: "loxodb_bench", Mark: "made by LoxoDB's make bench, which drops what is in it"}

const table = "glove"

// result is what one server did; 0 is not measured.
type result struct {
	version, extension string
	settings           []setting
	copyRate           float64             // rows/s
	build              float64             // s
	rss                float64             // MiB
	points             [pointCount]float64 // reads/s
	pinned             string              // "" or why server and client could not be held on a core
	flat, heap         float64             // exact scans, MB/s of vectors
	bandwidth          float64             // MB/s that one core reads, by turns with flat
	way                string              // how these were read
	curve              []point
	at945, at97        point // of the graph
	graph, lists       byMethod
	pair               pair
	wire               float64 // µs at the median around a search
	inserts            inserts
}

type setting struct{ name, value string }

// told are the settings that decide a PostgreSQL server's figures.
var told = []string{"shared_buffers", "maintenance_work_mem", "max_parallel_maintenance_workers", "max_parallel_workers_per_gather",
	"fsync", "synchronous_commit", "full_page_writes", "wal_level", "max_wal_size"}

// server is what is measured.
type server struct {
	dsn string
	rss func() int64 // resident bytes, 0 if they cannot be seen
	pid int          // of the process that serves, 0: as pg_backend_pid() says
	own bool         // a LoxoDB
}

// pids are the processes that answer the client; an error if they are not to be seen.
func (s server) pids(c *client) ([]int, error) {
	if s.pid != 0 {
		return []int{s.pid}, nil
	}
	var pid int
	if err := c.prepare("pid", "SELECT pg_backend_pid() + $1::int"); err != nil {
		return nil, err
	}
	err := c.ask(newRequest("pid", make([]byte, 4)), func(f row) error {
		if v := f.next(); len(v) == 4 {
			pid = int(binary.BigEndian.Uint32(v))
		}
		return nil
	})
	if name, e := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); e != nil || !strings.HasPrefix(string(name), "postgres") {
		pid = math.MaxInt32 // of another machine: not to be seen
	}
	return []int{pid}, err
}

// run is one measurement of one server.
type run struct {
	*result
	c    *client
	d    *dataSet
	srv  server
	path ownschema.Path
	dial func() (*client, error) // another connection, within the schema
	say  func(string, ...any)
	near []*request // the queries, of rows inserted
}

// part is something that can be measured.
type part struct {
	name string
	do   func(*run) error
}

// parts are in the order in which they are measured.
var parts = []part{{"copy", (*run).load}, {"index", (*run).index}, {"knn", (*run).knn}, {"pair", (*run).connections}, {"wire", (*run).around}, {"insert", (*run).insert}, {"points", (*run).points}, {"lists", (*run).inverted}, {"scan", (*run).scans}}

// measure loads, indexes and asks one server. Of the parts, only those that want
// names are done; the load always is.
func measure(ctx context.Context, srv server, d *dataSet, want func(part string) bool) (*result, error) {
	control, err := pgx.Connect(ctx, srv.dsn)
	if err != nil {
		return nil, err
	}
	defer control.Close(context.WithoutCancel(ctx))
	r := &run{result: &result{}, d: d, srv: srv, say: func(f string, a ...any) { fmt.Printf("  "+f+"\n", a...) }}
	if err := r.describe(ctx, control); err != nil {
		return nil, err
	}
	if r.path, err = home.Enter(ctx, control); err != nil {
		return nil, err
	}
	if err := home.Clear(ctx, control, table, insertTable, tiny); err != nil {
		return nil, err
	}
	r.dial = func() (*client, error) {
		c, err := dial(ctx, srv.dsn)
		if err == nil {
			err = c.exec(r.path.Set())
		}
		return c, err
	}
	if r.c, err = r.dial(); err != nil {
		return nil, err
	}
	defer r.c.close()
	for _, p := range parts {
		if p.name != "copy" && !want(p.name) {
			continue
		}
		if err := p.do(r); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.c.close()
	return r.result, home.Leave(ctx, control, table, insertTable, tiny)
}

// describe notes what the server is.
func (r *run) describe(ctx context.Context, c *pgx.Conn) error {
	if err := c.QueryRow(ctx, "SELECT version()").Scan(&r.version); err != nil {
		return err
	}
	if !strings.Contains(r.version, "LoxoDB") == r.srv.own {
		return fmt.Errorf("%s is not what was expected here", r.version)
	}
	if r.srv.own {
		return nil
	}
	for _, name := range told {
		var v *string
		if err := c.QueryRow(ctx, "SELECT current_setting($1, true)", name).Scan(&v); err != nil {
			return err
		}
		if v != nil {
			r.settings = append(r.settings, setting{name, *v})
		}
	}
	return c.QueryRow(ctx, "SELECT coalesce(max(extversion), 'to be created') FROM pg_extension WHERE extname = 'vector'").Scan(&r.extension)
}

// load fills the table by COPY, encoded ahead.
func (r *run) load() error {
	if err := r.c.exec(fmt.Sprintf("CREATE TABLE %s (id bigint PRIMARY KEY, word text NOT NULL, embedding vector(%d) NOT NULL)", table, words.Dims)); err != nil {
		return err
	}
	messages := r.d.copyMessages()
	began := time.Now()
	tag, err := r.c.copyIn("COPY "+table+" FROM STDIN (FORMAT binary)", messages)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("COPY %d", r.d.N()); tag != want {
		return fmt.Errorf("the server says %q, not %q", tag, want)
	}
	r.copyRate = float64(r.d.N()) / took.Seconds()
	r.say("COPY %.0f rows/s", r.copyRate)
	return r.c.exec("ANALYZE " + table)
}

// index builds the graph.
func (r *run) index() error {
	began := time.Now()
	if err := r.c.exec("CREATE INDEX glove_hnsw ON " + table + " USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"); err != nil {
		return err
	}
	r.build = time.Since(began).Seconds()
	r.graph.build = r.build
	r.rss = float64(r.srv.rss()) / (1 << 20)
	r.say("index %.1f s; %.0f MiB resident", r.build, r.rss)
	return nil
}

// Kinds of point reads.
const (
	onceOneCore = iota
	onceFree
	againOneCore
	fewOneCore
	fewFree
	pointCount
)

const warmKeys = 1000

// points reads single rows by primary key in random order: rows that nobody has
// read, rows that were read before, and few rows often; with client and server
// held on one core, and placed by the scheduler.
func (r *run) points() error {
	if err := r.c.prepare("row", "SELECT id, word FROM "+table+" WHERE id = $1"); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(7, 0))
	once := rng.Perm(r.d.N())
	half := len(once) / 2
	few := make([]int, 0, half)
	for range half {
		few = append(few, once[rng.IntN(warmKeys)])
	}
	again := rng.Perm(r.d.N())[:half]
	pids, err := r.srv.pids(r.c)
	if err != nil {
		return err
	}
	undo, err := pin(pids...)
	if err != nil {
		r.pinned = err.Error()
		r.say("not held on one core: %v", err)
	} else {
		defer func() { undo() }()
		for _, p := range []struct {
			kind int
			keys []int
		}{{onceOneCore, once[:half]}, {againOneCore, again}, {fewOneCore, few}} {
			if err := r.timePoints(p.kind, p.keys); err != nil {
				return err
			}
		}
		undo()
		undo = func() {}
	}
	if err := r.timePoints(onceFree, once[half:]); err != nil {
		return err
	}
	return r.timePoints(fewFree, few)
}

// pointNames say what the kinds are.
var pointNames = [pointCount]string{
	onceOneCore:  "random rows of the table, each for the first time, client and server on one core",
	onceFree:     "random rows of the table, each for the first time, placed by the scheduler",
	againOneCore: "random rows read before, on one core",
	fewOneCore:   fmt.Sprintf("of %d rows, on one core", warmKeys),
	fewFree:      fmt.Sprintf("of %d rows, placed by the scheduler", warmKeys),
}

func (r *run) timePoints(kind int, keys []int) error {
	// The first reads bring the connection to speed.
	if err := r.read(slices.Repeat(keys[:1], 2000)); err != nil {
		return err
	}
	began := time.Now()
	if err := r.read(keys); err != nil {
		return err
	}
	r.result.points[kind] = float64(len(keys)) / time.Since(began).Seconds()
	r.say("point reads, %s: %.0f/s", pointNames[kind], r.result.points[kind])
	return nil
}

// read reads rows one by one and checks each answer.
func (r *run) read(keys []int) error {
	req := newRequest("row", make([]byte, 8))
	for _, i := range keys {
		req.put(uint64(i + 1))
		rows := 0
		err := r.c.ask(req, func(f row) error {
			rows++
			id, word := f.next(), f.next()
			if len(id) != 8 || binary.BigEndian.Uint64(id) != uint64(i+1) || string(word) != r.d.texts[i] {
				return fmt.Errorf("row %d: answered %x %q, not %q", i+1, id, word, r.d.texts[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
		if rows != 1 {
			return fmt.Errorf("row %d: %d rows", i+1, rows)
		}
	}
	return nil
}

// scans asks for neighbours without a graph: over the table's rows, and in LoxoDB
// through a flat index, which holds the vectors in memory.
func (r *run) scans() error {
	if err := r.c.exec("DROP INDEX IF EXISTS glove_hnsw"); err != nil {
		return err
	}
	var err error
	if r.heap, err = r.scan(20); err != nil {
		return err
	}
	r.say("exact scan over the table %.0f MB/s", r.heap)
	if !r.srv.own {
		return nil
	}
	if err := r.c.exec("CREATE INDEX glove_flat ON " + table + " USING flat (embedding vector_cosine_ops)"); err != nil {
		return err
	}
	return r.scanFlat()
}

// scanFlat reads through the flat index and through other memory by turns, as what a core
// reads in a second changes with what else the machine does. Medians.
func (r *run) scanFlat() error {
	memory := host.OpenMemory()
	defer memory.Close()
	var flat, all []float64
	for range 7 {
		b, way := memory.Bandwidth()
		f, err := r.scan(25)
		if err != nil {
			return err
		}
		flat, all, r.way = append(flat, f), append(all, b), way
	}
	r.flat, r.bandwidth = median(flat), median(all)
	r.say("exact scan over the flat index %.0f MB/s of %.0f that one core reads (%s)", r.flat, r.bandwidth, r.way)
	return nil
}

// scan is the median of three passes over the first queries.
func (r *run) scan(queries int) (float64, error) {
	if err := r.c.prepare("near", nearest); err != nil {
		return 0, err
	}
	p, err := r.passes(queries)
	if err != nil {
		return 0, err
	}
	if p.recall < 0.9999 {
		return 0, fmt.Errorf("an exact scan has recall %.4f", p.recall)
	}
	return p.qps * float64(r.d.N()) * words.Dims * 4 / 1e6, nil
}

// median of some values, of an even number the greater of the two.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
