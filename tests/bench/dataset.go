package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

const (
	queryCount = 1000
	k          = 10
)

// dataSet is what is loaded and asked for.
type dataSet struct {
	n       int
	base    []float32 // n vectors
	queries [][]float32
	kth     []float64 // distance of each query's k-th true neighbour
}

func (d *dataSet) vec(i int) []float32 { return d.base[i*words.Dims : (i+1)*words.Dims] }

// split holds queryCount words out, always the same ones.
func split(all *words.Set) *dataSet {
	rng := rand.New(rand.NewPCG(42, 0))
	held := map[int]bool{}
	for len(held) < queryCount {
		held[rng.IntN(len(all.Texts))] = true
	}
	d := &dataSet{}
	for i := range all.Texts {
		if held[i] {
			d.queries = append(d.queries, slices.Clone(all.Vec(i)))
			continue
		}
		d.base = append(d.base, all.Vec(i)...)
		d.n++
	}
	return d
}

// truth computes the true k-th distances by brute force, or reads them from an earlier run.
func (d *dataSet) truth(path string) error {
	if b, err := os.ReadFile(path); err == nil && len(b) == 8*len(d.queries) {
		for i := range d.queries {
			d.kth = append(d.kth, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
		return nil
	}
	d.kth = make([]float64, len(d.queries))
	var wg sync.WaitGroup
	work := make(chan int)
	for range runtime.NumCPU() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out := make([]float32, d.n)
			for q := range work {
				dist.Scan(dist.Cosine, d.queries[q], d.base, out)
				slices.Sort(out)
				d.kth[q] = float64(out[k-1])
			}
		}()
	}
	for q := range d.queries {
		work <- q
	}
	close(work)
	wg.Wait()
	var b []byte
	for _, v := range d.kth {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return os.WriteFile(path, b, 0o644)
}

// hit reports whether a returned distance is one of the k nearest: recall is counted by
// distance, as there are ties.
func (d *dataSet) hit(q int, distance float64) bool { return distance <= d.kth[q]*(1+1e-5)+1e-6 }
