package sidecar_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
	"github.com/loxodb/loxodb/vectorindex/segfile"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// sealed returns a world with one segment, one delete file and an empty outbox,
// closed.
func sealed(t testing.TB, kind vectorindex.Kind) *world {
	return sealedOf(t, kind, dist.Space{Metric: dist.Cosine, Dims: 6})
}

func sealedOf(t testing.TB, kind vectorindex.Kind, s dist.Space) *world {
	t.Helper()
	return sealedSpec(t, vectorindex.Spec{Element: s.Element, Dims: s.Dims, Metric: s.Metric, Kind: kind, M: 4})
}

func sealedSpec(t testing.TB, spec vectorindex.Spec) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, rng: rand.New(rand.NewPCG(4, 4)), m: newModel(), fs: vfs.NewCrashableMem()}
	w.cfg = sidecar.Config{Spec: spec, GraphMin: 10, NoBackground: true}
	w.open()
	for i := range vectorindex.RowID(60) {
		w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{(i * 37) % 101: w.vec()})
	}
	if err := w.ix.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{37: nil, 74: nil})
	if err := errors.Join(w.ix.Flush(ctx), w.ix.Close()); err != nil {
		t.Fatal(err)
	}
	if len(w.m.marks) != 0 || len(w.m.manifest.Segments) != 1 || w.m.manifest.Segments[0].Dead != 2 {
		t.Fatalf("%d marks, manifest %+v", len(w.m.marks), w.m.manifest)
	}
	return w
}

// A file that is missing, cut or changed in any byte that matters is ErrCorrupt or
// an error of the file system, never a panic or a wrong answer.
func TestDamagedFiles(t *testing.T) {
	for _, s := range indextest.Spaces(6) {
		damage(t, sealedOf(t, vectorindex.HNSW, s))
		damage(t, sealedOf(t, vectorindex.IVF, s))
		damage(t, sealedOf(t, vectorindex.Flat, s))
	}
	for k := range vectorindex.IVF + 1 {
		damage(t, sealedSpec(t, vectorindex.Spec{Dims: 6, Kind: k, M: 4, Payloads: true}))
	}
}

// The same of graphs and lists that are searched by codes, whatever these are.
func TestDamagedCodes(t *testing.T) {
	codings := []quant.Coding{quant.CodingNone, quant.CodingSQ8, quant.CodingPQ}
	for bits := 1; bits <= 8; bits++ {
		codings = append(codings, quant.CodingRaBitQ(bits))
	}
	for _, c := range codings {
		for _, k := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.IVF} {
			if k == vectorindex.IVF && c == quant.CodingSQ8 {
				continue // lists have none
			}
			for _, m := range []dist.Metric{dist.L2, dist.Cosine} {
				damage(t, sealedSpec(t, vectorindex.Spec{Dims: 6, Kind: k, Metric: m, M: 4, Coding: c}))
			}
		}
	}
}

func damage(t *testing.T, w *world) {
	t.Helper()
	names, err := w.fs.List("idx")
	if err != nil || len(names) != 2 {
		t.Fatalf("files %v, %v", names, err)
	}
	for _, name := range names {
		whole := readFile(t, w.fs, name)
		for i := 0; i < len(whole); i += 97 {
			bad := slices.Clone(whole)
			bad[i] ^= 0xff
			w.tryOpen(name, bad)
			w.tryOpen(name, whole[:i])
		}
		w.tryOpen(name, nil)
		if err := w.fs.Remove(w.fs.PathJoin("idx", name)); err != nil {
			t.Fatal(err)
		}
		if ix, err := sidecar.Open(context.Background(), w.cfg); !errors.Is(err, sidecar.ErrCorrupt) {
			t.Fatalf("without %s: %v, %v", name, ix, err)
		}
		writeFile(t, w.fs, name, whole)
	}
	w.open()
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// tryOpen opens the index with other bytes in a file: an error, or right answers.
func (w *world) tryOpen(name string, data []byte) {
	w.t.Helper()
	writeFile(w.t, w.fs, name, data)
	w.cfg.FS, w.cfg.Source, w.cfg.Dir = w.fs, w.m, "idx"
	ix, err := sidecar.Open(context.Background(), w.cfg)
	if err != nil {
		if !errors.Is(err, sidecar.ErrCorrupt) {
			w.t.Fatalf("%s: %v", name, err)
		}
		return
	}
	w.ix = ix // the damage was in padding
	w.check()
	if err := ix.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func readFile(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(fs.PathJoin("idx", name))
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, st.Size())
	if _, err := f.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, fs vfs.FS, name string, data []byte) {
	t.Helper()
	f, err := fs.Create(fs.PathJoin("idx", name), vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(slices.Clone(data)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Sections with valid checksums but other content, as somebody might craft them:
// Open refuses them, or searches stay within bounds and end.
func FuzzSegment(f *testing.F) {
	f.Add(uint8(0), uint8(1), uint16(5), []byte{1, 2, 3})
	f.Add(uint8(1), uint8(9), uint16(50), []byte{255, 255})
	f.Add(uint8(0), uint8(11), uint16(40), []byte{7, 0, 0, 0})
	f.Add(uint8(0), uint8(7), uint16(8), []byte{0})
	f.Add(uint8(2), uint8(11), uint16(60), []byte{7, 0, 0, 0})
	f.Add(uint8(3), uint8(12), uint16(8), []byte{1, 0, 0, 0})
	f.Add(uint8(3), uint8(9), uint16(4), []byte{0, 9})
	f.Add(uint8(3), uint8(1), uint16(64), []byte{3})
	f.Add(uint8(2), uint8(13), uint16(70), []byte{7, 0, 0, 0})
	worlds := []*world{sealed(f, vectorindex.HNSW), sealed(f, vectorindex.Flat), sealed(f, vectorindex.IVF)}
	for _, k := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.Flat, vectorindex.IVF} {
		worlds = append(worlds, sealedOf(f, k, dist.Space{Element: dist.Sparse, Dims: 6}), sealedOf(f, k, dist.Space{Element: dist.Bit, Metric: dist.Jaccard, Dims: 6}))
	}
	worlds = append(worlds, sealedSpec(f, vectorindex.Spec{Dims: 6, M: 4, Payloads: true}))
	f.Add(uint8(9), uint8(15), uint16(3), []byte{1})
	f.Add(uint8(9), uint8(16), uint16(4), []byte{1, 2})
	f.Fuzz(func(t *testing.T, which, id uint8, at uint16, xor []byte) {
		w := *worlds[int(which)%len(worlds)]
		w.t = t
		meta := w.m.manifest.Segments[0]
		meta.Deletes = 0
		w.fs = vfs.NewCrashableMem()
		if err := w.fs.MkdirAll("idx", 0o700); err != nil {
			t.Fatal(err)
		}
		meta.Bytes, meta.Sum = forge(t, worlds[int(which)%len(worlds)].fs, w.fs, segfile.SectionID(id), int(at), xor)
		w.m = &model{now: w.m.now, manifest: sidecar.Manifest{Generation: 1, Next: 100, Segments: []sidecar.SegmentMeta{meta}}}
		w.cfg.FS, w.cfg.Source, w.cfg.Dir = w.fs, w.m, "idx"
		ix, err := sidecar.Open(context.Background(), w.cfg)
		if err != nil {
			return
		}
		defer ix.Close()
		s, err := ix.Search(context.Background(), &vectorindex.Query{Vec: indextest.Encode(w.cfg.Spec.Space(), make([]float32, 6)), K: 5})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var buf [16]vectorindex.Hit
		for total := 0; ; {
			n, err := s.Next(context.Background(), buf[:])
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			if total += n; total > int(meta.Entries) {
				t.Fatalf("%d hits from %d entries", total, meta.Entries)
			}
		}
	})
}

// forge copies the segment of one disk to another with a section changed, under
// fresh checksums.
func forge(t *testing.T, from, to vfs.FS, id segfile.SectionID, at int, xor []byte) (int64, uint32) {
	t.Helper()
	names, err := from.List("idx")
	if err != nil {
		t.Fatal(err)
	}
	name := names[slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(n, ".seg") })]
	in, err := segfile.Open(context.Background(), from, "idx", name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := segfile.Create(context.Background(), to, "idx", name, in.Tag())
	if err != nil {
		t.Fatal(err)
	}
	for s := segfile.SectionID(1); s < 20; s++ {
		if !in.Has(s) {
			continue
		}
		b, err := in.Section(s)
		if err != nil {
			t.Fatal(err)
		}
		b = slices.Clone(b)
		for i, x := range xor {
			if s == id && at+i < len(b) {
				b[at+i] ^= x
			}
		}
		if err := out.Section(s, b); err != nil {
			t.Fatal(err)
		}
	}
	size, sum, err := out.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return size, sum
}

func FuzzManifest(f *testing.F) {
	m := sidecar.Manifest{Generation: 3, Next: 9, ValidFrom: 77, Segments: []sidecar.SegmentMeta{
		{Number: 4, Entries: 10, AsOf: 80, Bytes: 4096, Sum: 5, Deletes: 8, DeletesSum: 6, Dead: 2}, {Number: 5}}}
	f.Add(m.Marshal(nil))
	empty := sidecar.Manifest{}
	f.Add(empty.Marshal([]byte{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got sidecar.Manifest
		if err := got.Unmarshal(b); err != nil {
			if !errors.Is(err, sidecar.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if again := got.Marshal(nil); !slices.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}

// Files that no manifest names are removed; others in the directory stay.
func TestOrphans(t *testing.T) {
	w := sealed(t, vectorindex.HNSW)
	for _, name := range []string{"000000000099.seg", "000000000098.del", "000000000097.seg.tmp", "notes.txt"} {
		writeFile(t, w.fs, name, []byte("x"))
	}
	w.open()
	names, err := w.fs.List("idx")
	if err != nil || len(names) != 3 || !slices.Contains(names, "notes.txt") {
		t.Fatalf("files %v, %v", names, err)
	}
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}
