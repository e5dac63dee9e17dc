package pebblekv

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
)

func benchKey(dst []byte, i int) []byte { return fmt.Appendf(dst[:0], "table/7/row/%09d", i) }

// benchEngine holds rows of 100 bytes, on tables when flushed.
func benchEngine(b *testing.B, rows int, flushed bool) *Engine {
	b.Helper()
	e, err := Open(b.TempDir(), Options{FS: vfs.Default})
	if err != nil {
		b.Fatal(err)
	}
	x := mustBegin(b, e)
	val := make([]byte, 100)
	for i := range rows {
		if err := x.Put(benchKey(nil, i), val); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := x.Commit(ctx); err != nil {
		b.Fatal(err)
	}
	x.Close()
	if flushed {
		if err := e.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := e.db.Compact(ctx, []byte{0}, []byte{tagData + 1, 0}, false); err != nil {
			b.Fatal(err)
		}
	}
	settle(b, e)
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	b.ReportAllocs()
	b.ResetTimer()
	return e
}

func BenchmarkGet(b *testing.B) {
	for _, flushed := range []bool{false, true} {
		b.Run(fmt.Sprintf("flushed=%v", flushed), func(b *testing.B) {
			e := benchEngine(b, 50_000, flushed)
			x := mustBegin(b, e)
			defer x.Close()
			var key []byte
			for b.Loop() {
				key = benchKey(key, rand.IntN(50_000))
				if _, ok, err := x.Get(ctx, key); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkBeginGetClose(b *testing.B) {
	e := benchEngine(b, 50_000, true)
	var key []byte
	for b.Loop() {
		x := mustBegin(b, e)
		key = benchKey(key, rand.IntN(50_000))
		if _, ok, err := x.Get(ctx, key); !ok || err != nil {
			b.Fatal(ok, err)
		}
		x.Close()
	}
}

// BenchmarkGetAfterCommit opens a view that no idle iterator can serve.
func BenchmarkGetAfterCommit(b *testing.B) {
	e := benchEngine(b, 50_000, true)
	var key []byte
	for b.Loop() {
		e.pipe.epoch.Add(1)
		x := mustBegin(b, e)
		key = benchKey(key, rand.IntN(50_000))
		if _, ok, err := x.Get(ctx, key); !ok || err != nil {
			b.Fatal(ok, err)
		}
		x.Close()
	}
}

func BenchmarkGetBatch(b *testing.B) {
	e := benchEngine(b, 50_000, true)
	x := mustBegin(b, e)
	defer x.Close()
	const n = 100
	keys := make([][]byte, n)
	b.ResetTimer()
	for b.Loop() {
		from := rand.IntN(50_000 - 3*n)
		for i := range keys {
			keys[i] = benchKey(keys[i], from+3*i)
		}
		found := 0
		if err := x.GetBatch(ctx, keys, func(_ int, val []byte) error { found += len(val); return nil }); err != nil || found != n*100 {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
}

func BenchmarkPutCommitNoSync(b *testing.B) {
	e := benchEngine(b, 1000, false)
	val := make([]byte, 100)
	var key []byte
	for i := 0; b.Loop(); i++ {
		x, err := e.Begin(ctx, kv.TxnOptions{NoSync: true})
		if err != nil {
			b.Fatal(err)
		}
		key = benchKey(key, i%100_000)
		if _, err := x.Lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
			b.Fatal(err)
		}
		if err := x.Put(key, val); err != nil {
			b.Fatal(err)
		}
		if _, err := x.Commit(ctx); err != nil {
			b.Fatal(err)
		}
		x.Close()
	}
}

func BenchmarkCommitSync(b *testing.B) {
	for _, workers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			e := benchEngine(b, 1000, false)
			b.SetParallelism(max(1, workers/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				key, val := []byte(nil), make([]byte, 100)
				for pb.Next() {
					x := mustBegin(b, e)
					key = benchKey(key, rand.IntN(1_000_000))
					if err := x.Put(key, val); err != nil {
						b.Error(err)
					}
					if _, err := x.Commit(ctx); err != nil {
						b.Error(err)
					}
					x.Close()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, c := range []struct {
		name             string
		flushed, reverse bool
	}{{"memtable", false, false}, {"tables", true, false}, {"reverse", true, true}} {
		b.Run(c.name, func(b *testing.B) {
			const rows = 200_000
			e := benchEngine(b, rows, c.flushed)
			x := mustBegin(b, e)
			defer x.Close()
			for b.Loop() {
				it, err := x.Scan(ctx, kv.Range{Reverse: c.reverse})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for it.Next() {
					n++
				}
				if it.Close(); n != rows {
					b.Fatal(n, it.Err())
				}
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkBulkLoad is one transaction of 300,000 rows of 400 bytes, without
// and with a lock on every key; rows/s leaves the final commit's fsync out.
func BenchmarkBulkLoad(b *testing.B) {
	for _, locked := range []bool{false, true} {
		b.Run(fmt.Sprintf("locked=%v", locked), func(b *testing.B) {
			const rows = 300_000
			val := make([]byte, 400)
			rng := rand.NewChaCha8([32]byte{})
			rng.Read(val)
			var peak uint64
			for b.Loop() {
				b.StopTimer()
				e, err := Open(b.TempDir(), Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				x := mustBegin(b, e)
				var key []byte
				for i := range rows {
					key = benchKey(key, i)
					if locked {
						if _, err := x.Lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
							b.Fatal(err)
						}
					}
					if err := x.Put(key, val); err != nil {
						b.Fatal(err)
					}
					if i%50_000 == 0 {
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak = max(peak, m.HeapAlloc)
					}
				}
				b.StopTimer()
				if _, err := x.Commit(ctx); err != nil {
					b.Fatal(err)
				}
				x.Close()
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(peak)/mib, "peak-heap-MiB")
		})
	}
}
