package sets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

func smallSet(n int) *words.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &words.Set{}
	for i := range n {
		s.Texts = append(s.Texts, fmt.Sprintf("word %d", i))
		for range words.Dims {
			s.Vecs = append(s.Vecs, float32(rng.NormFloat64()))
		}
	}
	return s
}

func TestSplit(t *testing.T) {
	all := smallSet(300)
	d, texts := Split(all, 40)
	if len(d.Queries) != 40 || len(texts) != 260 || d.N() != 260 || len(d.Base) != 260*words.Dims {
		t.Fatal(len(d.Queries), len(texts), d.N(), len(d.Base))
	}
	for i, text := range texts {
		var n int
		if _, err := fmt.Sscanf(text, "word %d", &n); err != nil || !slices.Equal(d.Vec(i), all.Vec(n)) {
			t.Fatalf("row %d: %q has another's vector", i, text)
		}
	}
	if _, again := Split(all, 40); !slices.Equal(again, texts) {
		t.Fatal("another split the second time")
	}
}

// TestBruteForce holds the loop against a sort by the library's own exact distance.
func TestBruteForce(t *testing.T) {
	d, _ := Split(smallSet(700), 20)
	copy(d.Vec(5), d.Queries[0]) // at distance 0, and twice
	copy(d.Vec(6), d.Queries[0])
	for q, kth := range d.bruteForce() {
		var all []float64
		for i := range d.N() {
			all = append(all, dist.Cosine.Exact(d.Queries[q], d.Vec(i)))
		}
		slices.Sort(all)
		if math.Abs(kth-all[K-1]) > 1e-12 {
			t.Fatalf("query %d: %v, not %v", q, kth, all[K-1])
		}
	}
}

func TestTruthIsKept(t *testing.T) {
	dir := t.TempDir()
	d, _ := Split(smallSet(200), 8)
	var said []string
	say := func(s string) { said = append(said, s) }
	if err := d.Truth(dir, say); err != nil || len(said) != 1 {
		t.Fatal(err, said)
	}
	first := d.Kth
	d.Kth, said = nil, nil
	if err := d.Truth(dir, say); err != nil || len(said) != 0 || !slices.Equal(d.Kth, first) {
		t.Fatal("the second run computes again or reads another truth:", err, said)
	}
	// One bit of the file, and it is not believed.
	files, _ := filepath.Glob(filepath.Join(dir, "truth-*.bin"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, len(truthMagic) + 3, len(truthMagic) + 40, len(whole) - 1} {
		bad := slices.Clone(whole)
		bad[at] ^= 1
		if _, ok := decodeTruth(bad, d.id(), 8); ok {
			t.Errorf("byte %d was changed and nobody notices", at)
		}
	}
	if _, ok := decodeTruth(whole[:len(whole)-8], d.id(), 8); ok {
		t.Error("a short file passes")
	}
	if _, ok := decodeTruth(whole, d.id(), 8); !ok {
		t.Error("the whole file does not pass")
	}
	// Other data have another truth.
	d.Base[77]++
	said = nil
	if err := d.Truth(dir, say); err != nil || len(said) != 1 {
		t.Fatal("the truth of other data was taken:", err, said)
	}
}

// TestL2 holds the squared distance against the library's own.
func TestL2(t *testing.T) {
	s := smallSet(2)
	if got, want := L2.Distance(s.Vec(0), s.Vec(1)), dist.L2.Exact(s.Vec(0), s.Vec(1)); math.Abs(got-want) > 1e-9*want {
		t.Fatalf("%v, want %v", got, want)
	}
}

// A descriptor is 128 bytes' worth of numbers of about one length, the same for the
// same numbers drawn, and none for an empty patch.
func TestDescriptor(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	picture := make([]byte, side*side)
	if got := descriptor(nil, picture, rng); got != nil {
		t.Fatalf("an empty picture has descriptor %v", got)
	}
	for i := range picture {
		picture[i] = byte(rng.IntN(256))
	}
	a := descriptor(nil, picture, rand.New(rand.NewPCG(4, 0)))
	b := descriptor(nil, picture, rand.New(rand.NewPCG(4, 0)))
	if len(a) != patchDims || !slices.Equal(a, b) {
		t.Fatal(len(a), a, b)
	}
	var sq float64
	for _, x := range a {
		if x != float32(math.Trunc(float64(x))) || x < 0 || x > 255 {
			t.Fatalf("component %v is no byte", x)
		}
		sq += float64(x) * float64(x)
	}
	if norm := math.Sqrt(sq); norm < .95*patchLevel || norm > 1.05*patchLevel {
		t.Fatalf("length %v, want about %v", norm, patchLevel)
	}
}

func TestImages(t *testing.T) {
	write := func(count, width int, pixels []byte) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, v := range []int{imageMagic, count, side, width} {
			_ = binary.Write(z, binary.BigEndian, uint32(v)) // into memory
		}
		_, _ = z.Write(pixels)
		z.Close()
		path := filepath.Join(t.TempDir(), "images.gz")
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pixels := bytes.Repeat([]byte{7, 9}, side*side)
	if got, err := images(write(2, side, pixels), 2); err != nil || !bytes.Equal(got, pixels) {
		t.Fatal(len(got), err)
	}
	for what, path := range map[string]string{"is not": write(3, side, pixels), "28": write(2, 27, pixels), "EOF": write(2, side, pixels[1:])} {
		if _, err := images(path, 2); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
