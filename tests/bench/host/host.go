// Package host says what machine a measurement runs on.
package host

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// CPU names the processor.
func CPU() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown processor"
}

// Bandwidth is how many MB one core reads from memory in a second, and by which
// way: the best of all passes of several readers over a GiB in large pages, each
// of which could read the caches several times as fast.
func Bandwidth() (best float64, way string) {
	buf, free := largePages(1 << 27)
	defer free()
	for i := range buf {
		buf[i] = uint64(i)
	}
	const dims = 1024
	floats := unsafe.Slice((*float32)(unsafe.Pointer(&buf[0])), 2*len(buf))
	query, out := make([]float32, dims), make([]float32, len(floats)/dims)
	var sink uint64
	for _, r := range []struct {
		way  string
		read func()
	}{
		{"loading one word of each 64-byte line", func() { sink += touch(buf) }},
		{fmt.Sprintf("SIMD dot products (%s) of %d numbers", dist.Tier(), dims), func() { dist.Scan(dist.InnerProduct, query, floats, out) }},
	} {
		for range 5 {
			began := time.Now()
			r.read()
			if rate := float64(8*len(buf)) / 1e6 / time.Since(began).Seconds(); rate > best {
				best, way = rate, r.way
			}
		}
	}
	if sink == 1 { // never: the words are used, so that they are read
		way += "."
	}
	return best, way
}

// touch adds one word of each cache line up, in four independent sums.
func touch(buf []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(buf) >= 32; buf = buf[32:] {
		x := (*[32]uint64)(buf)
		a, b, c, d = a+x[0], b+x[8], c+x[16], d+x[24]
	}
	return a + b + c + d
}
