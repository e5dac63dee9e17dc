package sets

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

const truthMagic = "LoxoDB bench truth 1\n"

// id is a hash of all that the truth depends on.
func (s *Set) id() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s%d %d %d %s\n", truthMagic, K, s.N(), len(s.Queries), s.Metric)
	var buf []byte
	put := func(v []float32) {
		buf = buf[:0]
		for _, f := range v {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(f))
		}
		h.Write(buf)
	}
	for i := range s.N() {
		put(s.Vec(i))
	}
	for _, q := range s.Queries {
		put(q)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Truth computes the true k-th distances by brute force, or reads those of an
// earlier run over the same data from dir.
func (s *Set) Truth(dir string, say func(string)) error {
	id := s.id()
	path := filepath.Join(dir, fmt.Sprintf("truth-%x.bin", id[:6]))
	if b, err := os.ReadFile(path); err == nil {
		if kth, ok := decodeTruth(b, id, len(s.Queries)); ok {
			s.Kth = kth
			return nil
		}
		say(path + " is not what it should be; computing it again")
	}
	say("computing the true neighbours of " + s.Name)
	s.Kth = s.bruteForce()
	if err := os.WriteFile(path+".part", encodeTruth(id, s.Kth), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// encodeTruth is the file: what it is, of which data, the distances, a checksum.
func encodeTruth(id [sha256.Size]byte, kth []float64) []byte {
	b := append([]byte(truthMagic), id[:]...)
	for _, v := range kth {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func decodeTruth(b []byte, id [sha256.Size]byte, n int) (kth []float64, ok bool) {
	head := append([]byte(truthMagic), id[:]...)
	if len(b) != len(head)+8*n+sha256.Size || !bytes.HasPrefix(b, head) {
		return nil, false
	}
	body := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.HasSuffix(b, sum[:]) {
		return nil, false
	}
	for at := len(head); at < len(body); at += 8 {
		kth = append(kth, math.Float64frombits(binary.LittleEndian.Uint64(b[at:])))
	}
	return kth, true
}

// bruteForce finds each query's k-th distance by looking at every vector.
func (s *Set) bruteForce() []float64 {
	kth := make([]float64, len(s.Queries))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			near := make([]float64, 0, K+1)
			for q := int(next.Add(1)) - 1; q < len(s.Queries); q = int(next.Add(1)) - 1 {
				near = near[:0]
				for i := range s.N() {
					v := s.Metric.Distance(s.Queries[q], s.Vec(i))
					if len(near) == K && v >= near[K-1] {
						continue
					}
					at, _ := slices.BinarySearch(near, v)
					near = slices.Insert(near, at, v)
					near = near[:min(len(near), K)]
				}
				kth[q] = near[len(near)-1]
			}
		})
	}
	wg.Wait()
	return kth
}
