// Package sets has the real vectors that LoxoDB is measured with, each with
// queries that were held out and the true distance of every query's k-th
// neighbour. It fetches what it needs by package name and keeps it in a cache
// directory. It must not know servers or indexes.
package sets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/loxodb/loxodb/examples/glove/words"
)

const (
	K       = 10   // neighbours that are asked for
	Queries = 1000 // that are held out
)

// Metric is the order that a set is searched by.
type Metric string

const (
	Cosine Metric = "cosine"
	L2     Metric = "l2"
)

// Set is a set of vectors. Everything in it is shared and must not be changed.
type Set struct {
	Name    string
	About   string // where it comes from, a sentence
	Dims    int
	Metric  Metric
	Base    []float32 // N() vectors
	Queries [][]float32
	Kth     []float64 // by query, in the order of Distance; see Truth
}

// N is the number of vectors.
func (s *Set) N() int { return len(s.Base) / s.Dims }

// Vec is vector i.
func (s *Set) Vec(i int) []float32 { return s.Base[i*s.Dims : (i+1)*s.Dims] }

// Distance is what everything is judged by: plain float64, one component after
// the other, independent of what is measured. L2 is squared.
func (m Metric) Distance(a, b []float32) float64 {
	if m == L2 {
		var sum float64
		for i, x := range a {
			d := float64(x) - float64(b[i])
			sum += d * d
		}
		return sum
	}
	var dot, na, nb float64
	for i, x := range a {
		p, q := float64(x), float64(b[i])
		dot += p * q
		na += p * p
		nb += q * q
	}
	return 1 - dot/math.Sqrt(na*nb)
}

// Hit reports whether a distance counts as one of the k nearest of query q:
// recall is counted by distance, as there are ties, and what is measured computes
// in float32.
func (s *Set) Hit(q int, distance float64) bool { return distance <= s.Kth[q]*(1+1e-5) }

// Loader makes a set from what is in the cache directory, or fetches it.
type Loader func(cache string, say func(string)) (*Set, error)

// All are the sets by name, in the order in which they are measured.
var All = []struct {
	Name string
	Load Loader
}{
	{"glove", Glove},
	{"fashion", Fashion},
	{"patches", Patches},
}

// Load is the set of that name, with its truth.
func Load(name, cache string, say func(string)) (*Set, error) {
	for _, a := range All {
		if a.Name != name {
			continue
		}
		s, err := a.Load(cache, say)
		if err != nil {
			return nil, err
		}
		return s, s.Truth(cache, say)
	}
	return nil, fmt.Errorf("there is no set %q", name)
}

// Glove is word vectors: 340,479 of 100 numbers, by cosine.
func Glove(cache string, say func(string)) (*Set, error) {
	path, err := words.Fetch(cache, say)
	if err != nil {
		return nil, err
	}
	all, err := words.Read(path, func(int64, int64, string) {})
	if err != nil {
		return nil, err
	}
	s, _ := Split(all, Queries)
	return s, nil
}

// Split holds count words out as queries, always the same ones; texts are those of
// the words that stay.
func Split(all *words.Set, count int) (s *Set, texts []string) {
	rng := rand.New(rand.NewPCG(42, 0))
	held := map[int]bool{}
	for len(held) < count {
		held[rng.IntN(len(all.Texts))] = true
	}
	s = &Set{Name: "glove", About: "GloVe word vectors of the npm package " + words.Package, Dims: words.Dims, Metric: Cosine}
	for i, text := range all.Texts {
		if held[i] {
			s.Queries = append(s.Queries, slices.Clone(all.Vec(i)))
			continue
		}
		texts, s.Base = append(texts, text), append(s.Base, all.Vec(i)...)
	}
	return s, texts
}
