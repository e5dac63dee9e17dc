package segfile

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

var rewrite = flag.Bool("rewrite", false, "rewrite golden files")

func writeSample(t testing.TB, fs vfs.FS, dir, name string) (size int64, sum uint32) {
	t.Helper()
	w, err := Create(context.Background(), fs, dir, name, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Section(1, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(9); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := w.Write(bytes.Repeat([]byte{byte(i)}, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if err := w.Section(4, nil); err != nil {
		t.Fatal(err)
	}
	size, sum, err = w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return size, sum
}

func TestRoundTrip(t *testing.T) {
	for name, fs := range map[string]vfs.FS{"disk": vfs.Default, "memory": vfs.NewMem()} {
		t.Run(name, func(t *testing.T) {
			dir := "d"
			if name == "disk" {
				dir = t.TempDir()
			}
			if err := fs.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			size, sum := writeSample(t, fs, dir, "f.seg")
			f, err := Open(context.Background(), fs, dir, "f.seg")
			if err != nil {
				t.Fatal(err)
			}
			if f.Size() != size || f.Sum() != sum || f.Tag() != 7 || f.Mapped() != (name == "disk") {
				t.Fatalf("size %d, sum %x, tag %d, mapped %v", f.Size(), f.Sum(), f.Tag(), f.Mapped())
			}
			if b, err := f.Section(1); err != nil || string(b) != "hello" {
				t.Fatalf("section 1: %q, %v", b, err)
			}
			if b, err := f.Section(9); err != nil || len(b) != 300 || b[299] != 2 {
				t.Fatalf("section 9: %d bytes, %v", len(b), err)
			}
			if b, err := f.Section(4); err != nil || len(b) != 0 || !f.Has(4) || f.Has(5) {
				t.Fatalf("section 4: %v, %v", b, err)
			}
			if _, err := f.Section(5); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("missing section: %v", err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Stat(fs.PathJoin(dir, "f.seg.tmp")); err == nil {
				t.Fatal("the temporary file is still there")
			}
		})
	}
}

// The bytes of version 1 must not change by accident.
func TestGolden(t *testing.T) {
	dir := t.TempDir()
	writeSample(t, vfs.Default, dir, "f.seg")
	got, err := os.ReadFile(filepath.Join(dir, "f.seg"))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "v1.seg")
	if *rewrite {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("the file differs from testdata/v1.seg: a format change needs a new version")
	}
}

// Every single damaged byte and every truncation must be noticed, except in
// padding, which nobody reads.
func TestEveryByteIsChecked(t *testing.T) {
	fs := vfs.NewMem()
	writeSample(t, fs, "", "f.seg")
	data := readAll(t, fs, "f.seg")
	inPadding := func(i int) bool {
		return i >= 64+5 && i < 128 || i >= 128+300 && i < 448 || i >= 448+96 && i < 576
	}
	for i := range data {
		bad := Aligned(len(data))
		copy(bad, data)
		bad[i] ^= 0x40
		if _, err := parse(context.Background(), bad, nil); errors.Is(err, ErrCorrupt) == inPadding(i) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for n := range len(data) {
		if _, err := parse(context.Background(), data[:n:n], nil); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
}

func readAll(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data := Aligned(int(st.Size()))
	if _, err := f.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWriterMisuse(t *testing.T) {
	fs := vfs.NewMem()
	w, err := Create(context.Background(), fs, "", "f", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Fatal("Write outside a section")
	}
	if w.End() == nil {
		t.Fatal("End outside a section")
	}
	if err := w.Section(1, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if w.Section(1, nil) == nil {
		t.Fatal("a section id was taken twice")
	}
	if err := w.Begin(2); err != nil {
		t.Fatal(err)
	}
	if w.Begin(3) == nil {
		t.Fatal("Begin inside a section")
	}
	if _, _, err := w.Finish(); err == nil {
		t.Fatal("Finish inside a section")
	}
	if names, _ := fs.List(""); len(names) != 0 {
		t.Fatalf("left behind: %v", names)
	}
}

// Whatever write operation fails, Finish reports it and leaves no named file.
func TestEveryFailureIsReported(t *testing.T) {
	for nth := int32(0); ; nth++ {
		mem := vfs.NewMem()
		inj := errorfs.OnIndex(nth)
		fs := errorfs.Wrap(mem, errorfs.ErrInjected.If(errorfs.And(errorfs.Writes, inj)))
		err := func() error {
			w, err := Create(context.Background(), fs, "", "f", 1)
			if err != nil {
				return err
			}
			if err := w.Section(1, make([]byte, 3*firstWrite)); err != nil {
				return errors.Join(err, w.Abort())
			}
			_, _, err = w.Finish()
			return err
		}()
		if inj.Load() >= 0 { // never fired: every operation was tried
			if err != nil {
				t.Fatalf("without a fault: %v", err)
			}
			if nth < 6 {
				t.Fatalf("only %d write operations", nth)
			}
			return
		}
		if err == nil {
			t.Fatalf("fault at operation %d was not reported", nth)
		}
	}
}

// A file that Finish reported durable survives any crash.
func TestCrashAfterFinish(t *testing.T) {
	fs := vfs.NewCrashableMem()
	_, sum := writeSample(t, fs, "", "f.seg")
	after := fs.CrashClone(vfs.CrashCloneCfg{})
	f, err := Open(context.Background(), after, "", "f.seg")
	if err != nil || f.Sum() != sum {
		t.Fatalf("after the crash: %v", err)
	}
}

func TestView(t *testing.T) {
	b := Aligned(16)
	b[4] = 3
	if v, err := View[uint32](b, 4); err != nil || v[1] != 3 {
		t.Fatalf("%v, %v", v, err)
	}
	if _, err := View[uint64](b, 3); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("wrong count: %v", err)
	}
	if _, err := View[uint32](b, -1); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("negative count: %v", err)
	}
	if !bytes.Equal(Bytes([]uint32{1, 2}), []byte{1, 0, 0, 0, 2, 0, 0, 0}) {
		t.Fatal("Bytes")
	}
}

func FuzzParse(f *testing.F) {
	fs := vfs.NewMem()
	writeSample(f, fs, "", "f.seg")
	sample := readAll(f, fs, "f.seg")
	f.Add(sample)
	f.Add(sample[:128])
	f.Fuzz(func(t *testing.T, b []byte) {
		data := Aligned(len(b))
		copy(data, b)
		file, err := parse(context.Background(), data, nil)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("unexpected error: %v", err)
			}
			return
		}
		for _, s := range file.sections {
			got, err := file.Section(s.id)
			if err != nil || checksum(got) != s.crc {
				t.Fatalf("section %d: %v", s.id, err)
			}
		}
	})
}

// pieces notes where the writes to the files that it creates begin, and how long they are.
type pieces struct {
	vfs.FS
	at   int
	seen [][2]int
}

type pieceFile struct {
	vfs.File
	p *pieces
}

func (p *pieces) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := p.FS.Create(name, category)
	return pieceFile{f, p}, err
}

func (f pieceFile) Write(b []byte) (int, error) {
	f.p.seen = append(f.p.seen, [2]int{f.p.at, len(b)})
	f.p.at += len(b)
	return f.File.Write(b)
}

// What a file has beyond its first large page is written a large page at a time.
func TestLargePagesAreWrittenWhole(t *testing.T) {
	fs := &pieces{FS: vfs.NewMem()}
	w, err := Create(context.Background(), fs, "", "f", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Section(1, make([]byte, 3*largePage+1000)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	large := 0
	for i, p := range fs.seen {
		at, n := p[0], p[1]
		switch {
		case n == largePage && at%largePage == 0:
			large++
		case at < largePage && n == firstWrite, i == len(fs.seen)-1:
		default:
			t.Errorf("%d bytes were written at %d", n, at)
		}
	}
	if large != 2 {
		t.Errorf("%d large pages were written whole, want 2: %v", large, fs.seen)
	}
}
