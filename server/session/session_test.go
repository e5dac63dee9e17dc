package session

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// newTestSession opens a session on a database in memory.
func newTestSession(t testing.TB) backend.Session {
	t.Helper()
	ctx := context.Background()
	fs := vfs.NewMem()
	eng, err := pebblekv.Open("store", pebblekv.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(ctx, Config{Engine: eng, FS: fs, Dir: "index", Parser: pg.New(), Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Open(ctx, backend.Startup{User: "postgres", Database: "postgres"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// simple runs a query string to its end and returns the rows of the last result as text.
func simple(t testing.TB, s backend.Session, query string) [][]string {
	t.Helper()
	rows, err := run(s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

// run is simple for what may fail.
func run(s backend.Session, query string) ([][]string, error) {
	ctx := context.Background()
	n, err := s.Simple(ctx, query)
	var rows [][]string
	for i := 0; i < n && err == nil; i++ {
		var p backend.Portal
		if p, err = s.SimpleNext(ctx, i); err != nil {
			break
		}
		rows = rows[:0]
		for {
			b, e := p.Pull(ctx, 0)
			if err = e; b == nil || err != nil {
				break
			}
			for _, r := range b.Sel {
				var row []string
				for k := range b.Cols {
					if b.Cols[k].Null[r] {
						row = append(row, "NULL")
						continue
					}
					row = append(row, string(types.AppendText(nil, p.Columns()[k].Type, b.Cols[k].Datum(int(r)), s.TextFormat())))
				}
				rows = append(rows, row)
			}
		}
	}
	if e := s.SimpleEnd(ctx, err != nil); err == nil {
		err = e
	}
	return rows, err
}

// runPrepared executes a prepared statement through the extended protocol and counts its rows.
func runPrepared(s backend.Session, name string, arg []byte) (int, error) {
	ctx := context.Background()
	formats, args := [1]int16{1}, [1][]byte{arg}
	if err := s.Bind(ctx, "", name, formats[:], args[:], formats[:]); err != nil {
		return 0, err
	}
	p, err := s.Portal(ctx, "")
	if err != nil {
		return 0, err
	}
	rows := 0
	for {
		b, err := p.Pull(ctx, 0)
		if err != nil {
			return rows, err
		}
		if b == nil {
			break
		}
		rows += b.Len()
	}
	return rows, s.Sync(ctx)
}

// TestHotPathAllocations is the gate on what a prepared statement allocates from
// Bind to Sync. The figures are what is left today, not a goal.
func TestHotPathAllocations(t *testing.T) {
	s := newTestSession(t)
	simple(t, s, "CREATE EXTENSION vector; CREATE TABLE h (id bigint PRIMARY KEY, v vector(8) NOT NULL, name text)")
	for i := range 200 {
		simple(t, s, fmt.Sprintf("INSERT INTO h VALUES (%d, '[%d,1,2,3,4,5,6,7]', 'n')", i, i))
	}
	simple(t, s, "CREATE INDEX ON h USING hnsw (v vector_l2_ops)")
	ctx := context.Background()
	vec := make([]byte, 4, 36)
	binary.BigEndian.PutUint16(vec, 8)
	for i := range 8 {
		vec = binary.BigEndian.AppendUint32(vec, math.Float32bits(float32(i)))
	}
	for _, c := range []struct {
		name, query string
		arg         []byte
		rows        int
		limit       float64
	}{
		{"point", "SELECT name FROM h WHERE id = $1", binary.BigEndian.AppendUint64(nil, 7), 1, 9},
		{"nearest", "SELECT id FROM h ORDER BY v <-> $1 LIMIT 10", vec, 10, 12},
	} {
		if err := s.Parse(ctx, c.name, c.query, nil); err != nil {
			t.Fatal(err)
		}
		var failed error
		run := func() {
			if n, err := runPrepared(s, c.name, c.arg); err != nil || n != c.rows {
				failed = fmt.Errorf("%d rows, want %d: %w", n, c.rows, err)
			}
		}
		for range 20 {
			run()
			s.(*Session).db.rows.Wait()
		}
		got := testing.AllocsPerRun(200, run)
		if failed != nil {
			t.Fatalf("%s: %v", c.name, failed)
		}
		t.Logf("%s: %.1f allocations", c.name, got)
		if got > c.limit && !raceEnabled { // counted where nothing else allocates; the queries run either way
			t.Errorf("%s: %.1f allocations from Bind to Sync, at most %v expected", c.name, got, c.limit)
		}
	}
}

// BenchmarkNearest is a prepared nearest-neighbour query from Bind to Sync.
func BenchmarkNearest(b *testing.B) {
	s := newTestSession(b)
	simple(b, s, "CREATE EXTENSION vector; CREATE TABLE h (id bigint PRIMARY KEY, v vector(8) NOT NULL)")
	for i := range 200 {
		simple(b, s, fmt.Sprintf("INSERT INTO h VALUES (%d, '[%d,1,2,3,4,5,6,7]')", i, i))
	}
	simple(b, s, "CREATE INDEX ON h USING hnsw (v vector_l2_ops)")
	vec := make([]byte, 36)
	binary.BigEndian.PutUint16(vec, 8)
	if err := s.Parse(context.Background(), "q", "SELECT id FROM h ORDER BY v <-> $1 LIMIT 10", nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := runPrepared(s, "q", vec); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPointRead is a prepared read of a row by its key from Bind to Sync: of few
// rows, which are in the cache, and of many, each after all others.
func BenchmarkPointRead(b *testing.B) {
	const rows = 100_000
	s := newTestSession(b)
	simple(b, s, "CREATE TABLE h (id bigint PRIMARY KEY, name text)")
	simple(b, s, fmt.Sprintf("INSERT INTO h SELECT i, md5(i::text) FROM generate_series(1, %d) AS g(i)", rows))
	simple(b, s, "VACUUM h")
	if err := s.Parse(context.Background(), "q", "SELECT id, name FROM h WHERE id = $1", nil); err != nil {
		b.Fatal(err)
	}
	arg := make([]byte, 8)
	for _, of := range []int{100, rows} {
		b.Run(fmt.Sprintf("rows=%d", of), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				binary.BigEndian.PutUint64(arg, uint64(i*7919%of+1))
				if n, err := runPrepared(s, "q", arg); err != nil || n != 1 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
