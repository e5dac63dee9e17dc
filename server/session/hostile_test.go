package session

import (
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// hostile are statements of which each would take some gigabytes if it could. Those that PostgreSQL
// answers with little memory say how many rows come.
var hostile = []struct {
	sql  string
	rows int // -1: the memory has no room for it
}{
	{"SELECT length(concat(" + strings.Repeat("repeat(a, 10000000), ", 30) + "'')) FROM hostile", -1},
	{"SELECT count(*) FROM hostile WHERE length(repeat(a, 500000)) > 0", 1},
	{"SELECT count(*) FROM hostile WHERE length(repeat(a, 200000)) > 0 AND repeat(a, 200000) LIKE '%x%' AND (id > 3 OR repeat(a, 30000) > 'b')", 1},
	{"SELECT count(*) FROM hostile WHERE repeat(a, 300000) IN ('x', 'y')", 1},
	{"SELECT count(*) FROM hostile h WHERE (SELECT repeat(h.a, 300000)) > 'a'", 1},
	{"SELECT id FROM hostile ORDER BY repeat(a, 20000), id LIMIT 3", 3},
	{"SELECT sum(length(repeat(a, 300000))) FROM hostile", 1},
	{"SELECT count(*) FROM hostile GROUP BY repeat(a, 300000)", 7},
	{"SELECT array_agg(repeat(a, 500000)) FROM hostile", -1},
	{"SELECT string_agg(repeat(a, 500000), '') FROM hostile", -1},
	{"SELECT length(array(SELECT repeat('x', 2000000) FROM generate_series(1, 3000))::text)", -1},
	{"SELECT array_length(string_to_array(repeat('a,', 20000000), ','), 1)", -1},
	{"SELECT ('{' || repeat('1,', 30000000) || '1}')::int[] IS NULL", -1},
	{"WITH RECURSIVE r(n, s) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, s || s FROM r) SELECT max(length(s)) FROM r", -1},
	{"INSERT INTO written SELECT repeat('q', 15000000) FROM generate_series(1, 8)", 0},
	{"INSERT INTO written SELECT repeat(a, 300000) FROM hostile", 0},
	{"DO $$ DECLARE s text := 'x'; BEGIN LOOP s := s || s; END LOOP; END $$", -1},
}

// TestHostile has several sessions run them all at the same time, where the memory is small: what is
// alive stays within it, and who asks for too much gets an error.
func TestHostile(t *testing.T) {
	if testing.Short() || raceEnabled { // whose shadow of the memory is not the heap's
		t.Skip("computes gigabytes")
	}
	runtime.GC()
	const bound = 320 << 20
	was := debug.SetMemoryLimit(heldBytes() + bound)
	types.BoundMemory(heldBytes() + bound)
	most := heldBytes() + bound
	t.Cleanup(func() { debug.SetMemoryLimit(was); types.BoundMemory(was) })
	db := newDiskDB(t)
	s := openSession(t, db)
	simple(t, s, "SET loxodb.statement_memory = '32MB'; CREATE TABLE hostile (id int, a text); INSERT INTO hostile SELECT i, 'x' || i % 7 FROM generate_series(1, 600) i; CREATE TABLE written (a text)")
	var peak atomic.Int64
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			default:
				peak.Store(max(peak.Load(), heldBytes()))
				time.Sleep(time.Millisecond)
			}
		}
	}()
	var wg sync.WaitGroup
	for k := range 2 {
		s := openSession(t, db)
		wg.Go(func() {
			defer s.Close()
			simple(t, s, "SET loxodb.statement_memory = '32MB'")
			for i := range hostile {
				h := hostile[(i+5*k)%len(hostile)]
				_, err := run(s, h.sql)
				if e, ok := pgerr.As(err); err != nil && (!ok || e.Code != "53200" && e.Code != "54000") {
					t.Errorf("%s: %v", h.sql, err)
				}
			}
		})
	}
	wg.Wait()
	close(done)
	if peak.Load() > most+bound/2 { // what was not found to be dead yet counts
		t.Errorf("the heap held %d MB, of %d", peak.Load()>>20, most>>20)
	}
	if n := types.MostMemory(); n == 0 || n > most {
		t.Errorf("%d MB were allowed, of %d", n>>20, most>>20)
	}
	for _, h := range hostile { // alone, what can be answered is
		if _, err := run(s, h.sql); (err != nil) != (h.rows < 0) {
			t.Errorf("%s alone: %v; the heap holds %d MB", h.sql, err, heldBytes()>>20)
		}
	}
}

// newDiskDB has its files on the disk: in memory what sorts put into files would count.
func newDiskDB(t *testing.T) *Cluster {
	t.Helper()
	eng, err := pebblekv.Open(filepath.Join(t.TempDir(), "store"), pebblekv.Options{
		CacheBytes: 10 << 20, MemTableBytes: 3 << 20, SpillBytes: 5 << 20, Compactions: 1, Memory: types.Memory{}, // as the server has them
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{Engine: eng, FS: vfs.Default, Dir: t.TempDir(), Temp: t.TempDir(), Parser: pg.New(), Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(); _ = eng.Close() })
	return db
}

func openSession(t *testing.T, db *Cluster) backend.Session {
	t.Helper()
	s, err := db.Open(t.Context(), backend.Startup{User: "postgres", Database: "postgres"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func heldBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
