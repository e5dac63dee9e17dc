package sidecar_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// clustered draws vectors around common centres, as embeddings lie.
type clustered struct {
	rng     *rand.Rand
	centres [][]float32
}

func newClustered(dims int) *clustered {
	c := &clustered{rng: rand.New(rand.NewPCG(5, 6))}
	for range 200 {
		c.centres = append(c.centres, c.around(make([]float32, dims), 1))
	}
	return c
}

func (c *clustered) around(centre []float32, width float32) []float32 {
	v := make([]float32, len(centre))
	for i := range v {
		v[i] = centre[i] + width*float32(c.rng.NormFloat64())
	}
	return v
}

func (c *clustered) next() []byte { return c.nextOf(dist.Space{}) }

// nextOf is next for any element type.
func (c *clustered) nextOf(s dist.Space) []byte {
	return indextest.Encode(s, c.around(c.centres[c.rng.IntN(len(c.centres))], 0.5))
}

// built opens an index and builds it in bulk with n rows.
func built(t testing.TB, spec vectorindex.Spec, n int, vec func() []byte) *sidecar.Index {
	t.Helper()
	ctx := context.Background()
	m := newModel()
	ix, err := sidecar.Open(ctx, sidecar.Config{Spec: spec, FS: vfs.Default, Dir: t.TempDir(), Source: m, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ix.Build(ctx, m.now, func(_ context.Context, each func(*sidecar.Delta) error) error {
		for i := range n {
			if err := each(&sidecar.Delta{Row: vectorindex.RowID(i), Epoch: 1, Vec: vec()}); err != nil {
				return err
			}
		}
		return nil
	}, sidecar.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = ix.Publish(ctx, b, func(_ context.Context, man sidecar.Manifest) error {
		m.manifest = man
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func search(t testing.TB, ix *sidecar.Index, q *vectorindex.Query, buf []vectorindex.Hit) int {
	s, err := ix.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.Next(context.Background(), buf[:q.K])
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	return n
}

// A search with warm pools allocates nothing, by graph or by scan, filtered or not.
func TestSearchDoesNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("the same in every tier")
	}
	if raceEnabled {
		t.Skip("pools lose objects at random under the race detector")
	}
	for _, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.Flat} {
		for _, s := range indextest.Spaces(16) {
			searchAllocations(t, vectorindex.Spec{Element: s.Element, Dims: s.Dims, Metric: s.Metric, Kind: kind, M: 8, EfConstruction: 16})
		}
	}
}

func searchAllocations(t *testing.T, spec vectorindex.Spec) {
	t.Helper()
	c := newClustered(16)
	next := func() []byte { return c.nextOf(spec.Space()) }
	ix := built(t, spec, 2200, next)
	if err := ix.Apply(100, []sidecar.Delta{{Row: 1 << 40, Epoch: 1, Vec: next()}, {Row: 5, Epoch: 9}}); err != nil {
		t.Fatal(err)
	}
	allow := bitmap.New()
	allow.AddRange(0, 1500)
	var buf [10]vectorindex.Hit
	few := bitmap.Of(1, 2, 3, 7, 100, 200, 300, 400, 500, 600, 2199)
	for _, q := range []*vectorindex.Query{{Vec: next(), K: 10}, {Vec: next(), K: 10, AsOf: 150, Allow: allow}, {Vec: next(), K: 10, Allow: few}} {
		got := testing.AllocsPerRun(100, func() {
			if search(t, ix, q, buf[:]) == 0 {
				t.Error("hits missing")
			}
		})
		if got > 0 {
			t.Errorf("kind %d, %v, filter %v: %v allocations", spec.Kind, spec.Space(), q.Allow != nil, got)
		}
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSearch(b *testing.B) {
	const n = 50_000
	c := newClustered(128)
	ix := built(b, vectorindex.Spec{Dims: 128, Metric: dist.L2}, n, c.next)
	var buf [10]vectorindex.Hit
	for _, percent := range []int{100, 50, 10, 1} {
		allow := bitmap.New()
		for i := range uint64(n) {
			if int(i*7919%100) < percent {
				allow.Add(i)
			}
		}
		if percent == 100 {
			allow = nil
		}
		b.Run(fmt.Sprintf("pass=%d%%", percent), func(b *testing.B) {
			queries := make([][]byte, 256)
			for i := range queries {
				queries[i] = c.next()
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				search(b, ix, &vectorindex.Query{Vec: queries[i&255], K: 10, Allow: allow}, buf[:])
			}
		})
	}
	if err := ix.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkApply(b *testing.B) {
	c := newClustered(128)
	m := newModel()
	ix, err := sidecar.Open(context.Background(), sidecar.Config{Spec: vectorindex.Spec{Dims: 128}, FS: vfs.NewMem(), Dir: "i", Source: m, NoBackground: true, HeadEntries: 1 << 22})
	if err != nil {
		b.Fatal(err)
	}
	v := c.next()
	for i := 0; b.Loop(); i++ {
		if err := ix.Apply(uint64(i+100), []sidecar.Delta{{Row: vectorindex.RowID(i), Epoch: 1, Vec: v}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIngest is one load of 120,000 rows in transactions of 100, with
// searches at its end: over head, frozen heads and segments as they lie then, and
// after everything is merged.
func BenchmarkIngest(b *testing.B) {
	const n = 120_000
	ctx := context.Background()
	c := newClustered(128)
	m := newModel()
	ix, err := sidecar.Open(ctx, sidecar.Config{Spec: vectorindex.Spec{Dims: 128}, Dir: b.TempDir(), Source: m, HeadEntries: 20_000})
	if err != nil {
		b.Fatal(err)
	}
	var buf [10]vectorindex.Hit
	measure := func(unit string) {
		start := time.Now()
		for range 500 {
			search(b, ix, &vectorindex.Query{Vec: c.next(), K: 10}, buf[:])
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/500, unit)
	}
	start := time.Now()
	for i := 0; i < n; i += 100 {
		var ds []sidecar.Delta
		for j := range 100 {
			ds = append(ds, sidecar.Delta{Row: vectorindex.RowID(i + j), Epoch: 1, Vec: c.next()})
		}
		if err := errors.Join(ix.Throttle(ctx), ix.Apply(uint64(100+i), ds)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(n/time.Since(start).Seconds(), "rows/s")
	b.Logf("after load: %+v", ix.Stats())
	measure("µs/live-search")
	start = time.Now()
	if err := ix.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s-flush")
	b.Logf("after flush: %+v", ix.Stats())
	measure("µs/flushed-search")
	start = time.Now()
	if err := ix.Compact(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s-compact")
	b.Logf("after compact: %+v", ix.Stats())
	measure("µs/merged-search")
	if err := ix.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSearchBesideIngest is searches while another goroutine brings 100 rows a
// transaction as fast as it may, into an index that has some.
func BenchmarkSearchBesideIngest(b *testing.B) {
	for _, tail := range []int{20_000, 4096, 1024, 512} {
		b.Run(fmt.Sprintf("tail=%d", tail), func(b *testing.B) { searchBesideIngest(b, tail) })
	}
}

func searchBesideIngest(b *testing.B, tail int) {
	ctx := context.Background()
	c := newClustered(100)
	vecs := make([][]byte, 100_000)
	for i := range vecs {
		vecs[i] = c.next()
	}
	ix, err := sidecar.Open(ctx, sidecar.Config{Spec: vectorindex.Spec{Dims: 100}, Dir: b.TempDir(), Source: newModel(), SearchedTail: tail})
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	bring := func() error {
		var ds []sidecar.Delta
		for range 100 {
			ds = append(ds, sidecar.Delta{Row: vectorindex.RowID(rows), Epoch: 1, Vec: vecs[rows%len(vecs)]})
			rows++
		}
		return errors.Join(ix.Throttle(ctx), ix.Apply(uint64(100+rows), ds))
	}
	for rows < 30_000 {
		if err := bring(); err != nil {
			b.Fatal(err)
		}
	}
	before, start := rows, time.Now()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := bring(); err != nil {
				done <- err
				return
			}
		}
	}()
	var buf [10]vectorindex.Hit
	var took []float64
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		search(b, ix, &vectorindex.Query{Vec: vecs[i*7919%len(vecs)], K: 10}, buf[:])
		took = append(took, float64(time.Since(began).Nanoseconds())/1e3)
	}
	close(stop)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(rows-before)/time.Since(start).Seconds(), "rows/s")
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "µs-p50")
	b.ReportMetric(took[len(took)*99/100], "µs-p99")
	if err := ix.Close(); err != nil {
		b.Fatal(err)
	}
}
