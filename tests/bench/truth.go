package main

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

// cosine is the distance that everything is judged by: plain float64, one
// component after the other, independent of what is measured.
func cosine(a, b []float32) float64 {
	var dot, na, nb float64
	for i, x := range a {
		p, q := float64(x), float64(b[i])
		dot += p * q
		na += p * p
		nb += q * q
	}
	return 1 - dot/math.Sqrt(na*nb)
}

// cut is the greatest distance that counts as one of the k nearest: recall is
// counted by distance, as there are ties, and servers compare float32.
func cut(kth float64) float64 { return kth * (1 + 1e-5) }

const truthMagic = "LoxoDB bench truth 1\n"

// id is a hash of all that the truth depends on.
func (d *dataSet) id() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s%d %d %d cosine\n", truthMagic, k, d.n(), len(d.queries))
	var buf []byte
	put := func(v []float32) {
		buf = buf[:0]
		for _, f := range v {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(f))
		}
		h.Write(buf)
	}
	for i := range d.n() {
		put(d.vec(i))
	}
	for _, q := range d.queries {
		put(q)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// truth computes the true k-th distances by brute force, or reads those of an
// earlier run over the same data from dir.
func (d *dataSet) truth(dir string, say func(string)) error {
	id := d.id()
	path := filepath.Join(dir, fmt.Sprintf("truth-%x.bin", id[:6]))
	if b, err := os.ReadFile(path); err == nil {
		if kth, ok := decodeTruth(b, id, len(d.queries)); ok {
			d.kth = kth
			return nil
		}
		say(path + " is not what it should be; computing it again")
	}
	say("computing the true neighbours")
	d.kth = d.bruteForce()
	if err := os.WriteFile(path+".part", encodeTruth(id, d.kth), 0o644); err != nil {
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
func (d *dataSet) bruteForce() []float64 {
	kth := make([]float64, len(d.queries))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			near := make([]float64, 0, k+1)
			for q := int(next.Add(1)) - 1; q < len(d.queries); q = int(next.Add(1)) - 1 {
				near = near[:0]
				for i := range d.n() {
					v := cosine(d.queries[q], d.vec(i))
					if len(near) == k && v >= near[k-1] {
						continue
					}
					at, _ := slices.BinarySearch(near, v)
					near = slices.Insert(near, at, v)
					near = near[:min(len(near), k)]
				}
				kth[q] = near[len(near)-1]
			}
		})
	}
	wg.Wait()
	return kth
}
