package words

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// numbers is a vector as the package writes it: its norm and the word's number follow.
func numbers(first float32, count int) string {
	parts := []string{fmt.Sprint(first)}
	for len(parts) < count {
		parts = append(parts, "0.5")
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func document() string {
	return `{"precision":8,"words":["the","\"",","],"vectors":{"the":` + numbers(1, Dims+2) +
		`,"\"":` + numbers(-2, Dims+2) + `,",":` + numbers(3e-5, Dims) + `},"unkVector":[0,0]}` + "\n"
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "words.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEach(t *testing.T) {
	var got []string
	err := Each(write(t, document()), func(w *Word) error {
		got = append(got, fmt.Sprint(w.Rank, w.Text, w.Vec[0], w.Vec[Dims-1], len(w.Vec)))
		return nil
	})
	want := []string{"1the1 0.5 100", "2\"-2 0.5 100", "3,3e-05 0.5 100"}
	if err != nil || strings.Join(got, ";") != strings.Join(want, ";") {
		t.Fatalf("%q, %v; want %q", got, err, want)
	}
	stop := errors.New("enough")
	if err := Each(write(t, document()), func(*Word) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("the caller's error is lost: %v", err)
	}
}

// TestTruncated cuts the file at every place: none may pass for a whole file.
func TestTruncated(t *testing.T) {
	whole := strings.TrimSpace(document())
	for n := range whole {
		err := Each(write(t, whole[:n]), func(*Word) error { return nil })
		if err == nil {
			t.Fatalf("the first %d of %d bytes pass for the whole: …%q", n, len(whole), whole[max(0, n-20):n])
		}
		if strings.Contains(err.Error(), "%!") {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`[]`, "[ instead of {"},
		{`{"words":[]}`, "no vectors"},
		{`{"vectors":[]}`, "[ instead of {"},
		{`{"vectors":{"a":[1,2,3]}}`, `"a" has 3 numbers, not 100`},
		{`{"vectors":{"a":"x"}}`, `the numbers of "a"`},
		{`{"vectors":{"a":` + numbers(1, Dims-1)[:8] + `,1e99` + strings.Repeat(",0", Dims) + `]}}`, "out of range"},
		{`{"vectors":{} ]`, "]"},
	} {
		err := Each(write(t, c.text), func(*Word) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: %v, want %q", c.text, err, c.want)
		}
	}
}

// TestReadIsWhole: a file of other words is not the data set.
func TestReadIsWhole(t *testing.T) {
	_, err := Read(write(t, document()), func(int64, int64, string) {})
	if err == nil || !strings.Contains(err.Error(), "has 3 words") {
		t.Fatal(err)
	}
}

func TestExtract(t *testing.T) {
	dir := t.TempDir()
	archive, path := filepath.Join(dir, "a.tgz"), filepath.Join(dir, "v.json")
	pack := func(name string, size int) {
		t.Helper()
		f, err := os.Create(archive)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		w := tar.NewWriter(z)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(size)}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	pack("package/other.json", 10)
	if err := extract(archive, path); err == nil || !strings.Contains(err.Error(), "holds no v.json") {
		t.Fatal(err)
	}
	pack("package/v.json", 100_000)
	if err := extract(archive, path); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || len(b) != 100_000 {
		t.Fatal(len(b), err)
	}
	// An archive cut short leaves nothing that a later run would take for the vectors.
	if err := errors.Join(os.Remove(path), os.Truncate(archive, 60)); err != nil {
		t.Fatal(err)
	}
	if err := extract(archive, path); err == nil {
		t.Fatal("a cut archive passes")
	}
	left, err := filepath.Glob(filepath.Join(dir, "v.json*"))
	if err != nil || len(left) != 0 {
		t.Fatal(left, err)
	}
}

// The server refuses a directory that holds something else; ./data is its default.
func TestCacheIsNotInTheServersDirectory(t *testing.T) {
	if top, _, _ := strings.Cut(CacheDir, "/"); top == "data" {
		t.Errorf("%s lies where make run keeps its data", CacheDir)
	}
}
