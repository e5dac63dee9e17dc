package sidecar

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// payloads are the bytes that entries carry, by ordinal; the zero value is of entries
// that carry none. A head keeps a slice for each entry in chunks as its other columns
// (see columns), a sealed segment all in one piece of its file.
type payloads struct {
	chunks [][][]byte // nil: of a segment, or none are carried
	held   *atomic.Int64

	ends []uint64 // of a segment: where each entry's bytes end in blob
	blob []byte
}

// payloadBytes is what a slice of a head takes beside its bytes.
const payloadBytes = 24

// carry makes room for the payloads of a head; capacity as in newHead.
func (c *payloads) carry(capacity int) {
	c.chunks = make([][][]byte, (capacity+1<<headShift-1)>>headShift)
	c.held = new(atomic.Int64)
}

// putPayload copies the payload of the next entry, ord. Apply lock.
func (c *payloads) putPayload(ord uint32, b []byte) {
	if c.held == nil {
		return
	}
	i, j := int(ord>>headShift), ord&(1<<headShift-1)
	if j == 0 {
		if i == len(c.chunks) { // only in a private part, see newHead
			c.chunks = append(c.chunks, nil)
		}
		c.chunks[i] = make([][]byte, 1<<headShift)
	}
	c.chunks[i][j] = slices.Clone(b)
	c.held.Add(int64(len(b)) + payloadBytes)
}

// payload is what entry ord carries, nil where entries carry nothing.
func (c *payloads) payload(ord uint32) []byte {
	switch {
	case c.held != nil:
		return c.chunks[ord>>headShift][ord&(1<<headShift-1)]
	case c.ends == nil:
		return nil
	}
	from, to := uint64(0), c.ends[ord]
	if ord > 0 {
		from = c.ends[ord-1]
	}
	return c.blob[from:to:to]
}

// appendBlock appends the payloads of the entries [lo, hi) to dst.
func (c *payloads) appendBlock(dst [][]byte, lo, hi uint32) [][]byte {
	if c.ends == nil {
		for o := lo; o < hi; o++ {
			dst = append(dst, c.payload(o))
		}
		return dst
	}
	from := uint64(0)
	if lo > 0 {
		from = c.ends[lo-1]
	}
	for _, to := range c.ends[lo:hi] {
		dst = append(dst, c.blob[from:to:to])
		from = to
	}
	return dst
}

// payloadTest is the scratch of a search that tests payloads, kept from search to search.
type payloadTest struct {
	marks  [][]uint64 // of the parts of the search, [:used] of them
	used   int
	block  [][]byte
	passed []uint16
}

func (t *payloadTest) reset() {
	t.used = 0
	clear(t.block[:cap(t.block)])
}

// bits returns n cleared bits that are the caller's until reset.
func (t *payloadTest) bits(n uint32) []uint64 {
	if t.used == len(t.marks) {
		t.marks = append(t.marks, nil)
	}
	words := int(n+63) / 64
	m := slices.Grow(t.marks[t.used][:0], words)[:words]
	clear(m)
	t.marks[t.used] = m
	t.used++
	return m
}

// testPart marks those of the first n entries of a part whose payloads pass the query's
// test, and puts into s how many they are and their share.
func (s *searcher) testPart(p *part, n uint32) []uint64 {
	t := &s.testing
	marks := t.bits(n)
	count := 0
	for lo := uint32(0); lo < n; lo += vectorindex.TestBlock {
		hi := min(lo+vectorindex.TestBlock, n)
		t.block = p.cols.appendBlock(t.block[:0], lo, hi)
		t.passed = s.test(t.block, t.passed[:0])
		count += len(t.passed)
		for _, i := range t.passed {
			o := lo + uint32(i)
			marks[o>>6] |= 1 << (o & 63)
		}
	}
	s.card, s.pass = count, float64(count)/float64(n)
	return marks
}

// marked lists the marked ordinals.
func (s *searcher) marked(marks []uint64) []uint32 {
	ords := s.listScratch()
	for w, m := range marks {
		for ; m != 0; m &= m - 1 {
			ords = append(ords, uint32(w*64+bits.TrailingZeros64(m)))
		}
	}
	s.spare[len(s.spare)-1].scratch = ords
	return ords
}

// bytes is the memory of a head's payloads.
func (c *payloads) bytes() int64 {
	if c.held == nil {
		return 0
	}
	return c.held.Load()
}

// writePayloads writes the payloads of the first n entries.
func writePayloads(w *segfile.Writer, c *payloads, n int) error {
	ends := make([]uint64, n)
	at := uint64(0)
	if err := w.Begin(secPayloads); err != nil {
		return err
	}
	for o := range uint32(n) {
		b := c.payload(o)
		if _, err := w.Write(b); err != nil {
			return err
		}
		at += uint64(len(b))
		ends[o] = at
	}
	if err := w.End(); err != nil {
		return err
	}
	return w.Section(secPayloadEnds, segfile.Bytes(ends))
}

// readPayloads views the payloads of a segment of n entries where they lie in the file.
func (c *payloads) readPayloads(f *segfile.File, n int) error {
	blob, err := f.Section(secPayloads)
	if err != nil {
		return err
	}
	ends, err := column[uint64](f, secPayloadEnds, n)
	if err != nil {
		return err
	}
	last := uint64(0)
	for i, e := range ends {
		if e < last {
			return corruptf("payload of entry %d ends before it begins", i)
		}
		last = e
	}
	if last != uint64(len(blob)) {
		return corruptf("payloads of %d bytes in a section of %d", last, len(blob))
	}
	c.blob, c.ends = blob, ends
	return nil
}
