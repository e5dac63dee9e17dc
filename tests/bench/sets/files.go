package sets

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
)

// maxFileDims is the most numbers that a vector of a file may have: what LoxoDB indexes.
const maxFileDims = 16_000

// FromFiles is a set in two files of the fvecs form (for each vector an int32 of how
// many numbers it has, then as many float32, all little-endian), said as
// name:metric:base:queries, for example texts:cosine:base.fvecs:query.fvecs. Its
// truth is kept in the cache like that of the others.
func FromFiles(said, cache string, say func(string)) (*Set, error) {
	part := strings.SplitN(said, ":", 4)
	if len(part) != 4 || part[0] == "" {
		return nil, fmt.Errorf("%q is not name:metric:base.fvecs:query.fvecs", said)
	}
	s := &Set{Name: part[0], Metric: Metric(part[1]), About: "vectors of a file"}
	if s.Metric != L2 && s.Metric != Cosine {
		return nil, fmt.Errorf("%q is no metric: %s or %s", part[1], L2, Cosine)
	}
	var err error
	if s.Dims, s.Base, err = readFvecs(part[2]); err != nil {
		return nil, err
	}
	dims, queries, err := readFvecs(part[3])
	if err != nil {
		return nil, err
	}
	if dims != s.Dims {
		return nil, fmt.Errorf("%s has vectors of %d numbers, %s of %d", part[2], s.Dims, part[3], dims)
	}
	for len(queries) > 0 {
		s.Queries = append(s.Queries, queries[:dims:dims])
		queries = queries[dims:]
	}
	if s.N() < K {
		return nil, fmt.Errorf("%s has %d vectors, fewer than the %d that are asked for", part[2], s.N(), K)
	}
	return s, s.Truth(cache, say)
}

// readFvecs reads vectors that all have as many numbers as the first.
func readFvecs(path string) (dims int, all []float32, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, err
	}
	if len(b) < 4 {
		return 0, nil, fmt.Errorf("%s has no vectors", path)
	}
	le := binary.LittleEndian
	first := le.Uint32(b)
	if first == 0 || first > maxFileDims {
		return 0, nil, fmt.Errorf("%s is no fvecs file: its first vector would have %d numbers", path, first)
	}
	dims = int(first)
	row := 4 + 4*dims
	if len(b)%row != 0 {
		return 0, nil, fmt.Errorf("%s ends within a vector", path)
	}
	all = make([]float32, 0, len(b)/row*dims)
	for n := 0; len(b) > 0; n, b = n+1, b[row:] {
		if le.Uint32(b) != first {
			return 0, nil, fmt.Errorf("%s: vector %d has %d numbers, the first %d", path, n, le.Uint32(b), dims)
		}
		for i := range dims {
			all = append(all, math.Float32frombits(le.Uint32(b[4+4*i:])))
		}
	}
	return dims, all, nil
}
