package importer

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file may begin with the mark of UTF-8, packed or not; one in UTF-16 is refused by name.
func TestMarks(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct {
		text, want string
		packed     bool
	}{
		{"\xef\xbb\xbfSELECT 1", "SELECT 1", false},
		{"\xef\xbb\xbfSELECT 1", "SELECT 1", true},
		{"\xef\xbb", "\xef\xbb", false},
		{"", "", true},
		{"\xff\xfeS\x00", "files in UTF-16 are not supported: make it UTF-8, or dump with --result-file", false},
		{"\xfe\xff\x00S", "files in UTF-16 are not supported: make it UTF-8, or dump with --result-file", true},
	} {
		d := dump{path: filepath.Join(dir, string(rune('a'+i)))}
		f, err := os.Create(d.path)
		if err != nil {
			t.Fatal(err)
		}
		w := io.WriteCloser(f)
		if c.packed {
			w = gzip.NewWriter(f)
		}
		_, err = io.Copy(w, strings.NewReader(c.text))
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		got := ""
		if r, _, closer, err := d.open(); err != nil {
			got = err.Error()
		} else {
			b, _ := io.ReadAll(r)
			closer.Close()
			got = string(b)
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
