// Package host says what machine a measurement runs on.
package host

import (
	"fmt"
	"os"
	"slices"
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

// Memory is a GiB in large pages, to see how fast one core reads.
type Memory struct {
	words   []uint64
	free    func()
	readers []reader
	sink    uint64 // what was read is used, so that it is read
}

type reader struct {
	way  string
	read func()
}

// OpenMemory fills the memory; Close gives it back.
func OpenMemory() *Memory {
	m := &Memory{}
	m.words, m.free = largePages(1 << 27)
	for i := range m.words {
		m.words[i] = uint64(i)
	}
	const dims = 1024
	floats := unsafe.Slice((*float32)(unsafe.Pointer(&m.words[0])), 2*len(m.words))
	query, out := make([]float32, dims), make([]float32, len(floats)/dims)
	m.readers = []reader{
		{"loading one word of each 64-byte line", func() { m.sink += touch(m.words) }},
		{fmt.Sprintf("SIMD dot products (%s) of %d numbers", dist.Tier(), dims), func() { dist.Scan(dist.InnerProduct, query, floats, out) }},
	}
	return m
}

// Close gives the memory back.
func (m *Memory) Close() { m.free() }

// Bandwidth is how many MB one core reads in a second, and by which way: the best of
// several readers, which could read the caches several times as fast. Of each the median
// of three passes counts.
func (m *Memory) Bandwidth() (best float64, way string) {
	for _, r := range m.readers {
		var rates []float64
		for range 3 {
			began := time.Now()
			r.read()
			rates = append(rates, float64(8*len(m.words))/1e6/time.Since(began).Seconds())
		}
		slices.Sort(rates)
		if rates[1] > best {
			best, way = rates[1], r.way
		}
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
