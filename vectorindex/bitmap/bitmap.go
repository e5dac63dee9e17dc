// Package bitmap holds sets of row numbers: what a filter lets through to a
// vector search. It wraps 64-bit Roaring bitmaps and adds a membership probe that
// is cheap enough for the inside of a graph walk. It must not know vectors,
// indexes, SQL or storage.
package bitmap

import (
	"math/bits"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Bitmap is a set of row numbers. Reading is safe for concurrent use as long as
// nobody writes.
type Bitmap struct {
	rb    roaring64.Bitmap
	probe atomic.Pointer[Probe] // built by Probe, dropped by every write
}

// New returns an empty set.
func New() *Bitmap { return &Bitmap{} }

// Of returns the set of the given rows.
func Of(rows ...uint64) *Bitmap {
	b := New()
	b.rb.AddMany(rows)
	return b
}

// Add puts row into the set.
func (b *Bitmap) Add(row uint64) {
	b.rb.Add(row)
	b.probe.Store(nil)
}

// AddMany puts rows into the set; ascending runs are cheapest.
func (b *Bitmap) AddMany(rows []uint64) {
	b.rb.AddMany(rows)
	b.probe.Store(nil)
}

// AddRange puts the rows of [lo, hi) into the set.
func (b *Bitmap) AddRange(lo, hi uint64) {
	b.rb.AddRange(lo, hi)
	b.probe.Store(nil)
}

// Remove takes row out of the set.
func (b *Bitmap) Remove(row uint64) {
	b.rb.Remove(row)
	b.probe.Store(nil)
}

// Contains reports whether row is in the set. In a loop over many rows use Probe.
func (b *Bitmap) Contains(row uint64) bool { return b.rb.Contains(row) }

// Cardinality is the number of rows in the set.
func (b *Bitmap) Cardinality() uint64 { return b.rb.GetCardinality() }

// IsEmpty reports whether the set has no row.
func (b *Bitmap) IsEmpty() bool { return b.rb.IsEmpty() }

// And keeps only the rows that are also in o.
func (b *Bitmap) And(o *Bitmap) {
	b.rb.And(&o.rb)
	b.probe.Store(nil)
}

// Or adds the rows of o.
func (b *Bitmap) Or(o *Bitmap) {
	b.rb.Or(&o.rb)
	b.probe.Store(nil)
}

// AndNot removes the rows of o.
func (b *Bitmap) AndNot(o *Bitmap) {
	b.rb.AndNot(&o.rb)
	b.probe.Store(nil)
}

// Clone returns an independent copy.
func (b *Bitmap) Clone() *Bitmap {
	c := New()
	c.rb.Or(&b.rb)
	return c
}

// Reset empties the set.
func (b *Bitmap) Reset() {
	b.rb.Clear()
	b.probe.Store(nil)
}

// Bytes is the memory that the set holds, the probe's table included.
func (b *Bitmap) Bytes() int64 {
	n := int64(b.rb.GetSizeInBytes())
	if p := b.probe.Load(); p != nil {
		n += int64(len(p.words)) * 8
	}
	return n
}

// Iterate calls each with the rows in ascending order until it returns false.
func (b *Bitmap) Iterate(each func(row uint64) bool) {
	it := b.rb.Iterator()
	for it.HasNext() {
		if !each(it.Next()) {
			return
		}
	}
}

// Iter reads the rows in ascending order, many at a time. The zero Iter is empty.
type Iter struct {
	words []uint64 // of a dense set: what is left of its table ...
	base  uint64   // ... and the row of its first bit
	it    roaring64.ManyIntIterable64
}

// Iter opens an iterator before the first row. The set must not change while it
// is used. Of a set that has a probe with a table it allocates nothing.
func (b *Bitmap) Iter() Iter {
	if p := b.probe.Load(); p != nil && p.words != nil {
		// The table is read, not changed: the word at hand is masked by base.
		return Iter{words: p.words, base: p.base}
	}
	return Iter{it: b.rb.ManyIterator()}
}

// NextMany fills dst with the next rows and returns how many; 0 means the end.
func (it *Iter) NextMany(dst []uint64) int {
	if it.it != nil {
		return it.it.NextMany(dst)
	}
	n := 0
	for len(it.words) > 0 && n < len(dst) {
		w := it.words[0] >> (it.base & 63) // bits below base were handed out
		if w == 0 {
			it.words = it.words[1:]
			it.base = it.base&^63 + 64
			continue
		}
		skip := uint64(bits.TrailingZeros64(w))
		dst[n] = it.base + skip
		n++
		if it.base += skip + 1; it.base&63 == 0 {
			it.words = it.words[1:]
		}
	}
	return n
}

// A set gets a flat table for its probe when one bit for every row of its span
// costs at most probeBitsPerRow bits a row it holds (plus a small allowance), and
// never more than probeMaxBits in all.
const (
	probeBitsPerRow = 256
	probeSmallBits  = 1 << 19 // 64 KiB is always worth it
	probeMaxBits    = 1 << 30 // 128 MiB
)

// Probe answers membership in a few nanoseconds: one bit lookup for sets that
// are dense in their span, Roaring's search otherwise. It is a value: copy it
// into the loop's own scratch. It is valid until the set is next written.
type Probe struct {
	base  uint64
	words []uint64 // nil: ask rb
	rb    *roaring64.Bitmap
}

// Probe returns the set's probe; the first call after a write builds it.
func (b *Bitmap) Probe() Probe {
	if p := b.probe.Load(); p != nil {
		return *p
	}
	p := b.buildProbe()
	b.probe.Store(p)
	return *p
}

func (b *Bitmap) buildProbe() *Probe {
	p := &Probe{rb: &b.rb}
	card := b.rb.GetCardinality()
	if card == 0 {
		p.words = []uint64{0}
		return p
	}
	lo, hi := b.rb.Minimum(), b.rb.Maximum()
	lo &^= 63
	span := hi - lo
	limit := uint64(probeMaxBits)
	if hiBits, l := bits.Mul64(card, probeBitsPerRow); hiBits == 0 && l+probeSmallBits < limit {
		limit = l + probeSmallBits
	}
	if span >= limit {
		return p
	}
	p.base = lo
	p.words = make([]uint64, span/64+1)
	it := b.rb.ManyIterator()
	var buf [512]uint64
	for n := it.NextMany(buf[:]); n > 0; n = it.NextMany(buf[:]) {
		for _, r := range buf[:n] {
			p.words[(r-lo)>>6] |= 1 << ((r - lo) & 63)
		}
	}
	return p
}

// Contains reports whether row is in the set.
func (p *Probe) Contains(row uint64) bool {
	if p.words == nil {
		return p.rb.Contains(row)
	}
	off := row - p.base // wraps to a large number below base
	w := off >> 6
	return w < uint64(len(p.words)) && p.words[w]&(1<<(off&63)) != 0
}
