package sidecar_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// rowsOf streams n random rows.
func (w *world) rowsOf(n int) sidecar.Rows {
	return func(_ context.Context, each func(*sidecar.Delta) error) error {
		for i := range vectorindex.RowID(n) {
			if err := each(&sidecar.Delta{Row: i, Epoch: 1, Vec: w.vec()}); err != nil {
				return err
			}
		}
		return nil
	}
}

// phasesOf are the phases of a build of each kind, in the order in which they begin.
var phasesOf = map[vectorindex.Kind][]sidecar.Phase{
	vectorindex.HNSW: {sidecar.PhaseLoad, sidecar.PhaseLink, sidecar.PhaseMeasure, sidecar.PhaseWrite},
	vectorindex.IVF:  {sidecar.PhaseLoad, sidecar.PhaseTrain, sidecar.PhaseAssign, sidecar.PhaseMeasure, sidecar.PhaseWrite},
	vectorindex.Flat: {sidecar.PhaseLoad, sidecar.PhaseWrite},
}

// A build of several segments tells of every phase; the share of all work never falls
// and ends at 1, with the number of rows given and, once they are read, without.
func TestProgressShare(t *testing.T) {
	const n = 3000
	for kind, want := range phasesOf {
		for _, total := range []int64{n, 0} {
			w := newWorld(t, sidecar.Config{NoBackground: true, GraphMin: 100, SegmentEntries: 1400,
				Spec: vectorindex.Spec{Kind: kind, Dims: 8, M: 6, EfConstruction: 20}})
			var seen []sidecar.Phase
			last := -1.0
			b, err := w.ix.Build(t.Context(), w.m.now, w.rowsOf(n), sidecar.BuildOptions{Workers: 2, Total: total, Progress: func(p sidecar.Progress) {
				if len(seen) < len(want) && p.Phase == want[len(seen)] {
					seen = append(seen, p.Phase)
				}
				if p.Done > p.Total || p.Share < last || p.Share > 1 || total > 0 && p.Share < 0 {
					t.Errorf("kind %v, %d rows expected, %v: %d of %d, share %v after %v", kind, total, p.Phase, p.Done, p.Total, p.Share, last)
				}
				last = p.Share
			}})
			if err != nil {
				t.Fatal(err)
			}
			if len(seen) != len(want) || last < 0.999 {
				t.Errorf("kind %v, %d rows expected: phases %v, want %v; the last share is %v", kind, total, seen, want, last)
			}
			if len(b.Meta()) != 3 {
				t.Errorf("%d segments", len(b.Meta()))
			}
			b.Discard()
			if err := w.ix.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// counting counts the bytes written after a moment.
type counting struct {
	vfs.FS
	mu    sync.Mutex
	from  bool
	bytes int
	write func() // called at each write of a segment
}

type countingFile struct {
	vfs.File
	fs *counting
}

func (f *counting) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	if err != nil || !strings.Contains(name, ".seg") {
		return file, err
	}
	return countingFile{file, f}, nil
}

func (f countingFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	if f.fs.from {
		f.fs.bytes += len(p)
	}
	f.fs.mu.Unlock()
	if f.fs.write != nil {
		f.fs.write()
	}
	return f.File.Write(p)
}

// A build that is cancelled in any phase ends in that phase, after as much work as is
// done between two looks, and leaves no file.
func TestCancelInEveryPhase(t *testing.T) {
	const n = 6000
	for kind, all := range phasesOf {
		for _, at := range all {
			files := &counting{FS: vfs.NewMem()}
			w := &world{t: t, rng: rand.New(rand.NewPCG(3, 3)), m: newModel()}
			w.cfg = sidecar.Config{Spec: vectorindex.Spec{Kind: kind, Dims: 64, M: 4, EfConstruction: 10}, FS: files, Dir: "idx",
				Source: w.m, NoBackground: true}
			var err error
			if w.ix, err = sidecar.Open(t.Context(), w.cfg); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			after, later := 0, 0
			_, err = w.ix.Build(ctx, w.m.now, w.rowsOf(n), sidecar.BuildOptions{Workers: 2, Total: n, Progress: func(p sidecar.Progress) {
				switch {
				case ctx.Err() == nil && p.Phase == at:
					cancel()
					files.mu.Lock()
					files.from = true
					files.mu.Unlock()
				case ctx.Err() != nil && p.Phase == at:
					after++
				case ctx.Err() != nil:
					later++
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("kind %v, cancelled in %v: %v", kind, at, err)
			}
			if after > 4 || later > 0 || files.bytes > 0 {
				t.Errorf("kind %v, cancelled in %v: %d pieces of work of the phase and %d of later ones, %d bytes written afterwards",
					kind, at, after, later, files.bytes)
			}
			if names, _ := files.List("idx"); len(names) != 0 {
				t.Errorf("kind %v, cancelled in %v: left behind: %v", kind, at, names)
			}
			if err := w.ix.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A build that is cancelled while its file is written writes no more than a buffer.
func TestCancelInWrite(t *testing.T) {
	for kind := range phasesOf {
		ctx, cancel := context.WithCancel(t.Context())
		files := &counting{FS: vfs.NewMem()}
		writes := 0
		files.write = func() {
			if writes++; writes == 2 {
				cancel()
				files.from = true
			}
		}
		w := &world{t: t, rng: rand.New(rand.NewPCG(3, 3)), m: newModel()}
		w.cfg = sidecar.Config{Spec: vectorindex.Spec{Kind: kind, Dims: 256, M: 4, EfConstruction: 10}, FS: files, Dir: "idx",
			Source: w.m, NoBackground: true}
		var err error
		if w.ix, err = sidecar.Open(t.Context(), w.cfg); err != nil {
			t.Fatal(err)
		}
		_, err = w.ix.Build(ctx, w.m.now, w.rowsOf(3000), sidecar.BuildOptions{Workers: 2})
		if names, _ := files.List("idx"); !errors.Is(err, context.Canceled) || writes != 2 || files.bytes > 0 || len(names) > 0 {
			t.Errorf("kind %v: %v; %d writes, %d bytes written afterwards, left behind: %v", kind, err, writes, files.bytes, names)
		}
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
