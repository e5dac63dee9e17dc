package sets

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func fvecs(t *testing.T, name string, rows ...[]float32) string {
	t.Helper()
	var b []byte
	for _, r := range rows {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(r)))
		for _, x := range r {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFromFiles(t *testing.T) {
	var rows [][]float32
	for i := range 12 {
		rows = append(rows, []float32{float32(i), 1, -0.5})
	}
	base, query := fvecs(t, "base", rows...), fvecs(t, "query", rows[3], []float32{20, 1, -0.5})
	s, err := FromFiles("mine:l2:"+base+":"+query, t.TempDir(), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "mine" || s.N() != 12 || s.Dims != 3 || len(s.Queries) != 2 || !slices.Equal(s.Vec(11), rows[11]) {
		t.Fatalf("%+v", s)
	}
	if want := []float64{36, 324}; !slices.Equal(s.Kth, want) {
		t.Errorf("the tenth distances are %v, want %v", s.Kth, want)
	}
}

func TestFromFilesRefuses(t *testing.T) {
	good := fvecs(t, "good", slices.Repeat([][]float32{{1, 2}}, 10)...)
	for said, want := range map[string]string{
		"mine:l2:" + good:              "is not name:metric",
		"mine:l7:" + good + ":" + good: "no metric",
		"mine:l2:" + good + ":" + fvecs(t, "q", []float32{1, 2, 3}):                       "of 3",
		"mine:l2:" + fvecs(t, "few", []float32{1, 2}) + ":" + good:                        "fewer than",
		"mine:l2:" + fvecs(t, "none") + ":" + good:                                        "no vectors",
		"mine:l2:" + fvecs(t, "x", []float32{1, 2}, []float32{1}):                         "is not name",
		"mine:l2:" + fvecs(t, "x", []float32{1, 2}, []float32{1}) + ":x":                  "within a vector",
		"mine:l2:" + fvecs(t, "x", []float32{1}, []float32{1}, []float32{1, 2, 3}) + ":x": "vector 2 has 3",
		"mine:l2:" + fvecs(t, "x", nil) + ":x":                                            "would have 0",
		"mine:l2:/nowhere/base:" + good:                                                   "no such file",
	} {
		if _, err := FromFiles(said, t.TempDir(), func(string) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", said, err, want)
		}
	}
}
