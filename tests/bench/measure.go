package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/examples/glove/words"
)

// result is what one server did.
type result struct {
	version                            string
	copyRate, build, rss, points, scan float64
	curve                              []point
}

type point struct {
	effort                string
	recall, qps, p50, p99 float64
}

// measure loads, indexes and asks one server.
func measure(ctx context.Context, dsn string, d *dataSet, rss func() int64) (*result, error) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	r := &result{}
	if err := c.QueryRow(ctx, "SELECT version()").Scan(&r.version); err != nil {
		return nil, err
	}
	steps := []func(context.Context, *pgx.Conn, *dataSet) error{r.load, r.index, r.search, r.point, r.exact}
	for i, step := range steps {
		if err := step(ctx, c, d); err != nil {
			return nil, err
		}
		if i == 1 {
			r.rss = float64(rss()) / (1 << 20)
		}
	}
	return r, nil
}

func execute(ctx context.Context, c *pgx.Conn, sql string) error {
	if _, err := c.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (r *result) load(ctx context.Context, c *pgx.Conn, d *dataSet) error {
	for _, sql := range []string{"CREATE EXTENSION IF NOT EXISTS vector", "DROP TABLE IF EXISTS bench",
		"CREATE TABLE bench (id bigint PRIMARY KEY, category int NOT NULL, embedding vector(100) NOT NULL)"} {
		if err := execute(ctx, c, sql); err != nil {
			return err
		}
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, binaryRows(d), "COPY bench FROM STDIN (FORMAT binary)")
	if err != nil {
		return err
	}
	r.copyRate = float64(tag.RowsAffected()) / time.Since(began).Seconds()
	fmt.Printf("  COPY %.0f rows/s\n", r.copyRate)
	return execute(ctx, c, "ANALYZE bench")
}

// binaryRows streams the table in COPY's binary format.
func binaryRows(d *dataSet) io.Reader {
	r, w := io.Pipe()
	go func() {
		block := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
		for i := range d.n {
			block = append(block, 0, 3, 0, 0, 0, 8)
			block = binary.BigEndian.AppendUint64(block, uint64(i+1))
			block = append(block, 0, 0, 0, 4)
			block = binary.BigEndian.AppendUint32(block, uint32(i%100))
			block = binary.BigEndian.AppendUint32(block, 4+4*words.Dims)
			block = appendVector(block, d.vec(i))
			if len(block) >= 64<<10 {
				if _, err := w.Write(block); err != nil {
					return
				}
				block = block[:0]
			}
		}
		_, _ = w.Write(append(block, 0xff, 0xff))
		w.Close()
	}()
	return r
}

// appendVector is the wire's binary form of a vector.
func appendVector(dst []byte, v []float32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(v)))
	dst = append(dst, 0, 0)
	for _, f := range v {
		dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(f))
	}
	return dst
}

func (r *result) index(ctx context.Context, c *pgx.Conn, _ *dataSet) error {
	began := time.Now()
	if err := execute(ctx, c, "CREATE INDEX bench_hnsw ON bench USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"); err != nil {
		return err
	}
	r.build = time.Since(began).Seconds()
	fmt.Printf("  index %.1f s\n", r.build)
	return nil
}

// search asks all queries at several efforts; the first pass warms up.
func (r *result) search(ctx context.Context, c *pgx.Conn, d *dataSet) error {
	for _, ef := range []int{0, 40, 100, 200, 300, 400} {
		effort := "default"
		if ef > 0 {
			effort = fmt.Sprint(ef)
			if err := execute(ctx, c, "SET hnsw.ef_search = "+effort); err != nil {
				return err
			}
		}
		if _, err := c.Prepare(ctx, "near", "SELECT id, embedding <=> $1 FROM bench ORDER BY embedding <=> $1 LIMIT 10"); err != nil {
			return err
		}
		var p point
		for range 2 {
			var err error
			if p, err = askAll(ctx, c, d); err != nil {
				return err
			}
		}
		p.effort = effort
		r.curve = append(r.curve, p)
		fmt.Printf("  ef_search %-7s recall %.4f, %.0f queries/s\n", p.effort, p.recall, p.qps)
		if err := c.Deallocate(ctx, "near"); err != nil {
			return err
		}
	}
	return nil
}

func askAll(ctx context.Context, c *pgx.Conn, d *dataSet) (point, error) {
	formats := []int16{1}
	var arg []byte
	hits := 0
	took := make([]time.Duration, 0, len(d.queries))
	began := time.Now()
	for q, vec := range d.queries {
		arg = appendVector(arg[:0], vec)
		start := time.Now()
		rows := c.PgConn().ExecPrepared(ctx, "near", [][]byte{arg}, formats, formats)
		for rows.NextRow() {
			if d.hit(q, math.Float64frombits(binary.BigEndian.Uint64(rows.Values()[1]))) {
				hits++
			}
		}
		if _, err := rows.Close(); err != nil {
			return point{}, err
		}
		took = append(took, time.Since(start))
	}
	total := time.Since(began)
	slices.Sort(took)
	micros := func(i int) float64 { return float64(took[i].Nanoseconds()) / 1e3 }
	return point{
		recall: float64(hits) / float64(k*len(d.queries)), qps: float64(len(d.queries)) / total.Seconds(),
		p50: micros(len(took) / 2), p99: micros(len(took) * 99 / 100),
	}, nil
}

// point reads rows by primary key.
func (r *result) point(ctx context.Context, c *pgx.Conn, d *dataSet) error {
	if _, err := c.Prepare(ctx, "row", "SELECT id, category FROM bench WHERE id = $1"); err != nil {
		return err
	}
	formats := []int16{1}
	const n = 100_000
	began := time.Now()
	for i := range n {
		if i == n/5 { // the first part warms up
			began = time.Now()
		}
		arg := binary.BigEndian.AppendUint64(nil, uint64(i*7%d.n+1))
		if _, err := c.PgConn().ExecPrepared(ctx, "row", [][]byte{arg}, formats, formats).Close(); err != nil {
			return err
		}
	}
	r.points = n * 4 / 5 / time.Since(began).Seconds()
	fmt.Printf("  point reads %.0f/s\n", r.points)
	return nil
}

// exact scans every vector for each query: through a flat index where there is one.
func (r *result) exact(ctx context.Context, c *pgx.Conn, d *dataSet) error {
	if strings.Contains(r.version, "LoxoDB") {
		if err := execute(ctx, c, "DROP INDEX bench_hnsw"); err != nil {
			return err
		}
		if err := execute(ctx, c, "CREATE INDEX bench_flat ON bench USING flat (embedding vector_cosine_ops)"); err != nil {
			return err
		}
	} else if err := execute(ctx, c, "SET enable_indexscan = off"); err != nil {
		return err
	}
	if _, err := c.Prepare(ctx, "near", "SELECT id, embedding <=> $1 FROM bench ORDER BY embedding <=> $1 LIMIT 10"); err != nil {
		return err
	}
	few := *d
	few.queries = d.queries[:50]
	p, err := askAll(ctx, c, &few)
	if err != nil {
		return err
	}
	if p.recall < 0.9999 {
		return fmt.Errorf("the exact scan has recall %.4f", p.recall)
	}
	r.scan = p.qps * float64(d.n) * words.Dims * 4 / 1e6
	fmt.Printf("  exact scan %.0f MB/s\n", r.scan)
	return nil
}
