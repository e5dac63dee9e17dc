package pebblekv

import (
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// BenchmarkLevels is a transaction that reads four rows and writes one, alone, at each
// isolation level: only SERIALIZABLE pays for what it notes.
func BenchmarkLevels(b *testing.B) {
	for name, level := range map[string]kv.Isolation{
		"read committed": kv.ReadCommitted, "repeatable read": kv.RepeatableRead, "serializable": kv.Serializable,
	} {
		b.Run(name, func(b *testing.B) {
			e := benchEngine(b, 50_000, true)
			val := make([]byte, 100)
			var key []byte
			for b.Loop() {
				x, err := e.Begin(ctx, kv.TxnOptions{Isolation: level, NoSync: true})
				if err != nil {
					b.Fatal(err)
				}
				for range 4 {
					key = benchKey(key, rand.IntN(50_000))
					if _, _, err := x.Get(ctx, key); err != nil {
						b.Fatal(err)
					}
				}
				if err := x.Put(key, val); err != nil {
					b.Fatal(err)
				}
				if _, err := x.Commit(ctx); err != nil {
					b.Fatal(err)
				}
				if err := x.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
