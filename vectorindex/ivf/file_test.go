package ivf

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

func flatten(t testing.TB, x *Index) []byte {
	t.Helper()
	var buf bytes.Buffer
	n, err := x.WriteTo(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(buf.Len()) || n != x.Size() {
		t.Fatalf("wrote %d bytes, said %d and %d", buf.Len(), n, x.Size())
	}
	return buf.Bytes()
}

func reopened(t testing.TB, x *Index) *Index {
	t.Helper()
	y, err := Open(flatten(t, x), true)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func TestFlatFormRoundTrip(t *testing.T) {
	vecs := clustered(20, 900, 20)
	vecs[9] = make([]float32, 20)
	for m, c := range shapes() {
		x := buildOf(t, Options{Dims: 20, Metric: m, Coding: c, Lists: 20}, vecs)
		form := flatten(t, x)
		shifted := append(make([]byte, 1, len(form)+1), form...)[1:]
		for _, b := range [][]byte{form, shifted} {
			for _, resident := range []bool{false, true} {
				y, err := Open(b, resident)
				if err != nil {
					t.Fatal(err)
				}
				if y.Len() != x.Len() || y.Lists() != x.Lists() || !bytes.Equal(flatten(t, y), form) {
					t.Fatal("the opened index differs")
				}
				if _, err := y.Add(dist.FloatBytes(vecs[0])); !errors.Is(err, ErrReadOnly) {
					t.Fatal(err)
				}
				for _, q := range vecs[:5] {
					a, b := search(t, x, q, Params{K: 5}), search(t, y, q, Params{K: 5})
					same := slices.EqualFunc(drain(t, a, 30), drain(t, b, 30), func(a, b Hit) bool {
						return a.Ord == b.Ord && (a.Dist == b.Dist || a.Dist != a.Dist)
					})
					if !same {
						t.Fatalf("%v, %v: results differ", m, c)
					}
					a.Close()
					b.Close()
				}
			}
		}
	}
}

// TestOpenSurvivesDamage flips bytes: opening either fails or gives an index that can
// be drained without a fault.
func TestOpenSurvivesDamage(t *testing.T) {
	vecs := clustered(22, 120, 6)
	for m, c := range shapes() {
		good := flatten(t, buildOf(t, Options{Dims: 6, Metric: m, Coding: c, Lists: 7}, vecs))
		if _, err := Open(good[:len(good)-1], false); !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(9, 9))
		refused := 0
		for range 200 {
			bad := slices.Clone(good)
			for range 1 + r.IntN(3) {
				bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
			}
			if !opened(t, bad) {
				refused++
			}
		}
		if refused == 0 {
			t.Error("no damage was noticed")
		}
	}
}

// TestOpenRefusesOlderVersions: their codes lie otherwise.
func TestOpenRefusesOlderVersions(t *testing.T) {
	form := flatten(t, buildOf(t, Options{Dims: 6, Coding: quant.CodingRaBitQ(4), Lists: 7}, clustered(24, 60, 6)))
	form[7]--
	if _, err := Open(form, false); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
}

// opened opens b and, when that works, takes everything.
func opened(t testing.TB, b []byte) bool {
	x, err := Open(b, false)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		return false
	}
	s := search(t, x, make([]float32, x.Options().Dims), Params{K: 3, Probes: 2})
	defer s.Close()
	hits, got := make([]Hit, 50), 0
	for {
		n, err := s.Next(t.Context(), hits)
		if err != nil {
			t.Fatal(err)
		}
		if got += n; n == 0 {
			break
		}
	}
	if got != x.Len() {
		t.Fatalf("%d of %d entries", got, x.Len())
	}
	return true
}

func FuzzOpen(f *testing.F) {
	vecs := clustered(23, 40, 4)
	for m, c := range shapes() {
		f.Add(flatten(f, buildOf(f, Options{Dims: 4, Metric: m, Coding: c, Lists: 4}, vecs)))
	}
	f.Add([]byte(fileMagic))
	f.Fuzz(func(t *testing.T, b []byte) { opened(t, b) })
}
