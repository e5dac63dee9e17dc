package sidecar_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// newWorld returns an open world with a background of its own.
func newWorld(t *testing.T, cfg sidecar.Config) *world {
	t.Helper()
	return newWorldAt(t, cfg, "")
}

// newWorldAt is newWorld with files in a directory of the disk, where they are mapped.
func newWorldAt(t *testing.T, cfg sidecar.Config, disk string) *world {
	t.Helper()
	w := &world{t: t, rng: rand.New(rand.NewPCG(8, 8)), m: newModel(), fs: vfs.NewCrashableMem(), disk: disk, cfg: cfg, rows: 100_000}
	if w.cfg.Spec.Dims == 0 {
		w.cfg.Spec = vectorindex.Spec{Dims: 8, M: 6, EfConstruction: 20}
	}
	w.open()
	return w
}

// Writers that call Throttle leave no more than the bound unlinked.
func TestThrottle(t *testing.T) {
	w := newWorld(t, sidecar.Config{TailEntries: 50, GraphMin: 20, HeadEntries: 1000})
	for range 300 {
		w.write(w.rows)
		for w.ix.Stats().Unindexed > 80 {
			if err := w.ix.Throttle(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := w.ix.GaveWay(); n != 0 {
		t.Errorf("linking gave way %d times, and nobody searched", n)
	}
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.ix.Throttle(context.Background()); !errors.Is(err, vectorindex.ErrClosed) {
		t.Fatalf("Throttle after Close: %v", err)
	}
}

// While searches come, writers leave few entries unlinked; those of a head that is too
// small for a graph are not waited for.
func TestThrottleWhileSearched(t *testing.T) {
	ctx := context.Background()
	small, tail, each := 2000, 50, 100
	if raceEnabled { // linking is ten times slower
		small, tail, each = 500, 20, 25
	}
	c := newClustered(64)
	ix, err := sidecar.Open(ctx, sidecar.Config{Spec: vectorindex.Spec{Dims: 64}, FS: vfs.NewMem(), Dir: "idx", Source: newModel(),
		TailEntries: 1 << 30, SearchedTail: tail, GraphMin: small})
	if err != nil {
		t.Fatal(err)
	}
	ix.RestShare(5)
	q := &vectorindex.Query{Vec: c.next(), K: 10}
	stop := make(chan struct{})
	var searches sync.WaitGroup
	searches.Go(func() {
		var buf [10]vectorindex.Hit
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				search(t, ix, q, buf[:])
			}
		}
	})
	rows := 0
	bring := func() {
		var ds []sidecar.Delta
		for range each {
			ds = append(ds, sidecar.Delta{Row: vectorindex.RowID(rows), Epoch: 1, Vec: c.next()})
			rows++
		}
		if err := errors.Join(ix.Throttle(ctx), ix.Apply(uint64(100+rows), ds)); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for rows < small-each {
		bring()
		time.Sleep(20 * time.Millisecond) // long enough in all for the searches to be noticed
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("writers waited %v for entries that nobody links", took)
	}
	for range 20 { // down to the bound
		bring()
	}
	for range 50 {
		bring()
		if n := ix.Stats().Unindexed; n > int64(tail+2*each) {
			t.Fatalf("%d entries wait for their links", n)
		}
	}
	paused := false
	for i := 0; i < 50 && !paused; i++ {
		bring()
		for ix.Stats().Unindexed > 0 {
			time.Sleep(time.Millisecond / 10)
		}
		paused = ix.Pause() > 0
	}
	if !paused {
		t.Error("writers leave no processor to searches")
	}
	if n := ix.GaveWay(); n == 0 || n > int64(rows) {
		t.Errorf("linking gave way %d times while %d rows came", n, rows)
	}
	close(stop)
	searches.Wait()
	for range 3 { // nobody searches any more
		time.Sleep(300 * time.Millisecond)
		bring()
	}
	for ix.Stats().Unindexed > 0 {
		time.Sleep(time.Millisecond)
	}
	if p := ix.Pause(); p > 0 {
		t.Errorf("a pause of %v for searches that do not come", p)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// stubborn is a model whose Seal fails for ever.
type stubborn struct{ *model }

func (stubborn) Seal(context.Context, []sidecar.Mark, sidecar.Manifest) (uint64, error) {
	return 0, errStorage
}

// While storage refuses to seal, nothing is lost, the error is reported, writers
// are held back, and Close does not hang.
func TestSealRefused(t *testing.T) {
	var reports atomic.Int64
	m := newModel()
	w := &world{t: t, rng: rand.New(rand.NewPCG(8, 8)), m: m, rows: 5000}
	w.cfg = sidecar.Config{Spec: vectorindex.Spec{Dims: 4}, FS: vfs.NewMem(), Dir: "idx", Source: stubborn{m}, HeadEntries: 20, GraphMin: 10,
		Report: func(err error) {
			if !errors.Is(err, errStorage) {
				t.Error(err)
			}
			reports.Add(1)
		}}
	ix, err := sidecar.Open(context.Background(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.ix = ix
	for range 60 {
		w.write(w.rows)
	}
	w.check()
	if err := ix.Flush(context.Background()); !errors.Is(err, errStorage) {
		t.Fatalf("Flush: %v", err)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ix.Throttle(done); !errors.Is(err, context.Canceled) {
		t.Fatalf("Throttle of a cancelled writer: %v", err)
	}
	w.check()
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
	if len(m.manifest.Segments) != 0 || len(m.marks) == 0 {
		t.Fatal("the marks must still be there")
	}
}

// Merges keep the number of segments logarithmic, and give space back once no
// snapshot needs the dead.
func TestMergeAndHorizon(t *testing.T) {
	w := newWorld(t, sidecar.Config{HeadEntries: 64, GraphMin: 16, NoBackground: false})
	w.rows = 500
	ctx := context.Background()
	for range 400 {
		w.write(w.rows)
	}
	if err := w.ix.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.ix.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	before := w.ix.Stats()
	if before.Dead == 0 || before.ValidFrom != 0 {
		t.Fatalf("without a horizon: %+v", before)
	}
	w.check()
	w.ix.Horizon(w.m.now)
	w.since = w.m.now
	if err := w.ix.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	after := w.ix.Stats()
	if after.Dead != 0 || after.Segments != 1 || after.ValidFrom == 0 || after.DiskBytes >= before.DiskBytes || after.Entries != before.Entries {
		t.Fatalf("before %+v, after %+v", before, after)
	}
	if _, err := w.ix.Search(ctx, &vectorindex.Query{Vec: w.vec(), AsOf: after.ValidFrom - 1}); !errors.Is(err, vectorindex.ErrTooOld) {
		t.Fatalf("a snapshot before the horizon: %v", err)
	}
	w.check()
	if names, _ := w.fs.List("idx"); len(names) != 1 {
		t.Fatalf("files %v", names)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// A staged build becomes visible with Install and leaves nothing after Abort; a
// discarded one leaves nothing either.
func TestStage(t *testing.T) {
	w := newWorld(t, sidecar.Config{NoBackground: true, GraphMin: 10})
	ctx := context.Background()
	var phases []string
	build := func() *sidecar.Built {
		t.Helper()
		b, err := w.ix.Build(ctx, w.m.now, func(_ context.Context, each func(*sidecar.Delta) error) error {
			for i := range vectorindex.RowID(600) {
				if err := each(&sidecar.Delta{Row: i, Epoch: 1, Vec: w.vec()}); err != nil {
					return err
				}
			}
			return nil
		}, sidecar.BuildOptions{Workers: 2, Total: 600, Progress: func(p sidecar.Progress) {
			if p.Done > p.Total || p.Share < 0 || p.Share > 1 {
				t.Errorf("%v: %d of %d, %v", p.Phase, p.Done, p.Total, p.Share)
			}
			if phase := p.Phase.String(); len(phases) == 0 || phases[len(phases)-1] != phase {
				phases = append(phases, phase)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if m := b.Meta(); len(m) != 1 || m[0].Entries != 600 || m[0].AsOf != w.m.now || m[0].Bytes == 0 {
			t.Fatalf("built %+v", m)
		}
		return b
	}
	build().Discard()
	st, err := build().Stage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	st.Abort()
	if names, _ := w.fs.List("idx"); len(names) != 0 || w.ix.Stats().Entries != 0 {
		t.Fatalf("left behind: %v", names)
	}
	if st, err = build().Stage(ctx); err != nil {
		t.Fatal(err)
	}
	if w.ix.Stats().Entries != 0 {
		t.Fatal("visible before Install")
	}
	if err := st.Install(); err != nil {
		t.Fatal(err)
	}
	m, err := w.ix.Manifest(ctx)
	if err != nil || len(m.Segments) != 1 || w.ix.Stats().Entries != 600 {
		t.Fatalf("after Install: %+v, %v", m, err)
	}
	if !strings.HasPrefix(strings.Join(phases, " "), "load ") || phases[len(phases)-1] != "write" {
		t.Fatalf("phases %v", phases)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is not a row is refused, and a build that fails leaves nothing.
func TestBuildErrors(t *testing.T) {
	w := newWorld(t, sidecar.Config{NoBackground: true, GraphMin: 4})
	ctx := context.Background()
	for name, rows := range map[string]sidecar.Rows{
		"reader": func(context.Context, func(*sidecar.Delta) error) error { return errStorage },
		"dimensions": func(_ context.Context, each func(*sidecar.Delta) error) error {
			return errors.Join(each(&sidecar.Delta{Row: 1, Epoch: 1, Vec: make([]byte, 32)}), each(&sidecar.Delta{Row: 2, Epoch: 1, Vec: make([]byte, 28)}))
		},
		"repeated row": func(_ context.Context, each func(*sidecar.Delta) error) error {
			return errors.Join(each(&sidecar.Delta{Row: 1, Epoch: 1, Vec: make([]byte, 32)}), each(&sidecar.Delta{Row: 2, Epoch: 1, Vec: make([]byte, 32)}), each(&sidecar.Delta{Row: 1, Epoch: 1, Vec: make([]byte, 32)}))
		},
	} {
		if _, err := w.ix.Build(ctx, w.m.now, rows, sidecar.BuildOptions{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if names, _ := w.fs.List("idx"); len(names) != 0 {
		t.Fatalf("left behind: %v", names)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// A delta that is no vector of the index is named, and the others are applied.
func TestApplyErrors(t *testing.T) {
	w := newWorld(t, sidecar.Config{NoBackground: true})
	err := w.ix.Apply(50, []sidecar.Delta{{Row: 1, Epoch: 1, Vec: make([]byte, 32)}, {Row: 2, Epoch: 1, Vec: make([]byte, 12)}})
	if !errors.Is(err, vectorindex.ErrQuery) || !strings.Contains(err.Error(), "row 2") {
		t.Fatalf("error %v", err)
	}
	if st := w.ix.Stats(); st.Entries != 1 || w.ix.Applied() != 50 {
		t.Fatalf("%+v", st)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestConfigErrors(t *testing.T) {
	good := sidecar.Config{Spec: vectorindex.Spec{Dims: 3}, FS: vfs.NewMem(), Dir: "x", Source: newModel()}
	for name, change := range map[string]func(*sidecar.Config){
		"no source":       func(c *sidecar.Config) { c.Source = nil },
		"no dimensions":   func(c *sidecar.Config) { c.Spec.Dims = 0 },
		"many dimensions": func(c *sidecar.Config) { c.Spec.Dims = 1 << 20 },
		"element":         func(c *sidecar.Config) { c.Spec.Element = 99 },
		"metric of bits":  func(c *sidecar.Config) { c.Spec.Metric = dist.Hamming },
		"metric":          func(c *sidecar.Config) { c.Spec.Metric = dist.Metric(99) },
		"kind":            func(c *sidecar.Config) { c.Spec.Kind = 7 },
		"m":               func(c *sidecar.Config) { c.Spec.M = 1 << 20 },
		"fan-in":          func(c *sidecar.Config) { c.FanIn = 1 },
		"head":            func(c *sidecar.Config) { c.HeadEntries = -1 },
	} {
		c := good
		change(&c)
		if _, err := sidecar.Open(context.Background(), c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
