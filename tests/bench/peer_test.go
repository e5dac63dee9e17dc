package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnzip(t *testing.T) {
	pack := func(names ...string) string {
		path := filepath.Join(t.TempDir(), "x.whl")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for _, n := range names {
			w, err := z.Create(n)
			if err == nil {
				_, err = w.Write([]byte("of " + n))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		return path
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := unzip(pack("a/b/c", "d"), dir); err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"a/b/c", "d"} {
		if b, err := os.ReadFile(filepath.Join(dir, n)); err != nil || string(b) != "of "+n {
			t.Errorf("%s: %q, %v", n, b, err)
		}
	}
	if err := unzip(pack("e", "../out2/b"), dir); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Errorf("a path that leads out of the directory: %v", err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "out2")); err == nil {
		t.Error("a file was written outside")
	}
}
