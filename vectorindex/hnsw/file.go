package hnsw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// The flat form of a graph is a header and sections, each starting at a
// multiple of 64 bytes, in this order: the centre of the codes, if the header says
// that there is one, the books of product quantization where codes are of that, code records, level-0 lists, node records, upper lists, vectors; all as in memory, little-endian. Sparse vectors are two
// sections: a u32 for each, its place, and then they themselves, one behind the
// other; place p is 8·p bytes after the start. The sizes follow from the header, so
// there is no offset to trust, but for places, which are checked.

const (
	fileMagic  = "LXHNSW\x00" // and the version
	headerSize = 128
)

// version is that of the flat form: 3 of product quantization, 2 of codes of 8 bits and of RaBitQ codes of 4, whose
// records have less padding than they had, 1 of all others, which are as they were.
func (h *header) version() byte {
	if h.opt.Coding == quant.CodingPQ {
		return 3
	}
	if h.opt.Coding == quant.CodingSQ8 || h.opt.Coding.Bits() == 4 {
		return 2
	}
	return 1
}

// header is the fixed part of the flat form.
type header struct {
	opt        Options
	n, slots   uint32
	units      uint32 // Sparse: places
	entry      uint64
	lost, norm float32
}

func (h *header) encode() []byte {
	b := make([]byte, headerSize)
	le := binary.LittleEndian
	copy(b, fileMagic)
	b[7] = h.version()
	le.PutUint32(b[8:], uint32(h.opt.Dims))
	le.PutUint32(b[12:], uint32(h.opt.Metric))
	le.PutUint32(b[16:], uint32(h.opt.M))
	le.PutUint32(b[20:], uint32(h.opt.EfConstruction))
	le.PutUint64(b[24:], h.opt.Seed)
	le.PutUint32(b[32:], h.n)
	le.PutUint32(b[36:], h.slots)
	le.PutUint64(b[40:], h.entry)
	le.PutUint32(b[48:], math.Float32bits(h.lost))
	le.PutUint32(b[52:], math.Float32bits(h.norm))
	b[56], b[57] = byte(h.opt.Coding), byte(h.opt.Element)
	if h.opt.Centre != nil {
		b[58] = 1
	}
	le.PutUint32(b[60:], h.units)
	return b
}

func decodeHeader(b []byte) (h header, err error) {
	if len(b) < headerSize || string(b[:7]) != fileMagic {
		return h, fmt.Errorf("%w: no header of a known version", ErrCorrupt)
	}
	le := binary.LittleEndian
	metric := le.Uint32(b[12:])
	h = header{
		opt: Options{
			Dims: int(le.Uint32(b[8:])), Metric: dist.Metric(min(metric, 255)), M: int(le.Uint32(b[16:])),
			EfConstruction: int(le.Uint32(b[20:])), Seed: le.Uint64(b[24:]), Coding: quant.Coding(b[56]), Element: dist.Element(b[57]),
		},
		n: le.Uint32(b[32:]), slots: le.Uint32(b[36:]), units: le.Uint32(b[60:]), entry: le.Uint64(b[40:]),
		lost: math.Float32frombits(le.Uint32(b[48:])), norm: math.Float32frombits(le.Uint32(b[52:])),
	}
	if b[7] != h.version() {
		return h, fmt.Errorf("%w: version %d of %v codes", ErrCorrupt, b[7], h.opt.Coding)
	}
	if h.opt.M == 0 || h.opt.EfConstruction == 0 {
		return h, fmt.Errorf("%w: zero option", ErrCorrupt)
	}
	if b[58] > 1 {
		return h, fmt.Errorf("%w: centre %d", ErrCorrupt, b[58])
	}
	if err := h.opt.check(); err != nil {
		return h, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if b[58] == 1 {
		// Its content follows; the layout needs to know that there is one.
		if h.opt.Centre = make([]float32, h.opt.Dims); h.opt.Coding.Bits() == 0 {
			return h, fmt.Errorf("%w: centre of %v codes", ErrCorrupt, h.opt.Coding)
		}
	}
	if h.n > MaxNodes || uint64(h.slots) > uint64(h.n)*(maxLevel+1) {
		return h, fmt.Errorf("%w: %d nodes, %d upper lists", ErrCorrupt, h.n, h.slots)
	}
	if !(h.lost >= 0) || !(h.norm >= 0) {
		return h, fmt.Errorf("%w: negative error bound", ErrCorrupt)
	}
	return h, nil
}

// layout is where the sections lie.
type layout struct {
	centre, books, codes, links, nodes, upper, places, raw, end uint64
}

func (h *header) layout() layout {
	n, at := uint64(h.n), uint64(headerSize)
	place := func(size uint64) uint64 {
		start := at
		at += (size + 63) &^ 63
		return start
	}
	l := layout{
		centre: place(h.centreBytes()),
		books:  place(h.bookBytes()),
		codes:  place(n * uint64(h.stride())),
		links:  place(n * uint64(8*h.opt.M)),
		nodes:  place(n * nodeStride),
		upper:  place(uint64(h.slots) * uint64(4*h.opt.M)),
	}
	if h.opt.Element == dist.Sparse {
		l.places = place(4 * n)
		l.raw = place(8 * uint64(h.units))
	} else {
		l.raw = place(n * uint64(h.opt.space().Size()))
	}
	l.end = at
	return l
}

func (h *header) centreBytes() uint64 { return uint64(4 * len(h.opt.Centre)) }

// stride is the length of a code record: with product quantization always that of its codes.
func (h *header) stride() int {
	if h.opt.Coding == quant.CodingPQ {
		return quant.PQStride(h.opt.Dims)
	}
	return strideOf(&h.opt)
}

func (h *header) bookBytes() uint64 {
	if h.opt.Coding != quant.CodingPQ {
		return 0
	}
	return uint64(quant.BooksBytes(h.opt.Dims))
}

// readBooks reads the books from their section.
func (h *header) readBooks(b []byte) (err error) {
	if h.opt.Coding == quant.CodingPQ {
		if h.opt.Books, err = quant.ReadBooks(b[:h.bookBytes()], h.opt.Dims); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	return nil
}

// readCentre reads the centre from its section.
func (h *header) readCentre(b []byte) error {
	for i := range h.opt.Centre {
		x := binary.LittleEndian.Uint32(b[4*i:])
		if x&0x7f800000 == 0x7f800000 {
			return fmt.Errorf("%w: the centre is not finite", ErrCorrupt)
		}
		h.opt.Centre[i] = math.Float32frombits(x)
	}
	return nil
}

func (g *Graph) header() header {
	o := g.opt
	o.Capacity = 0
	h := header{opt: o, n: g.reserved.Load(), slots: g.slots, entry: g.entry.Load(), lost: g.lost.load(), norm: g.norm.load()}
	if o.Element == dist.Sparse {
		_, h.units = g.Vectors().Packed(h.n)
	}
	return h
}

// Size returns the number of bytes that WriteTo writes now.
func (g *Graph) Size() int64 {
	h := g.header()
	return int64(h.layout().end)
}

// WriteTo writes the flat form of the graph, after giving nodes that nothing links
// to a place in some list. Nothing may be reserved or linked meanwhile, searches may
// run, and every reserved node must be linked. A graph of product quantization must be coded
// first, see Coded.
func (g *Graph) WriteTo(w io.Writer) (int64, error) {
	if !littleEndian() {
		return 0, fmt.Errorf("hnsw: the flat form needs a little-endian machine")
	}
	if !g.readOnly {
		g.repair()
	}
	h, t := g.header(), g.tab.Load()
	if h.opt.Coding == quant.CodingPQ && h.opt.Books == nil {
		return 0, errUncoded
	}
	for ord := range h.n {
		if t.state(ord) == 0 {
			return 0, fmt.Errorf("hnsw: node %d was reserved but not linked", ord)
		}
	}
	f := &sectionWriter{w: w}
	f.write(h.encode())
	f.floats(h.opt.Centre)
	if h.opt.Books != nil {
		f.write(h.opt.Books.AppendTo(nil))
		f.pad(int64(h.bookBytes()))
	}
	f.rows(&t.codes, h.n, t.shift)
	f.rows(&t.links, h.n, t.shift)
	f.rows(&t.nodes, h.n, t.shift)
	u := g.upper.Load()
	f.rows(&u.rows, h.slots, u.shift)
	f.vectors(t, h.n)
	return f.n, f.err
}

// sectionWriter remembers the first error, and pads.
type sectionWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (f *sectionWriter) write(b []byte) {
	if f.err != nil {
		return
	}
	n, err := f.w.Write(b)
	f.n += int64(n)
	if err != nil {
		f.err = fmt.Errorf("hnsw: write graph: %w", err)
	}
}

// rows writes the first n records, a chunk at a time, and pads to 64.
func (f *sectionWriter) rows(r *dist.Rows, n uint32, shift uint) {
	size := int64(n) * int64(r.Stride())
	for at := uint32(0); at < n && f.err == nil; {
		count := n - at
		if shift < flat {
			count = min(count, 1<<shift)
		}
		f.write(unsafe.Slice((*byte)(r.Record(at)), int(count)*r.Stride()))
		at += count
	}
	f.pad(size)
}

// vectors writes those of the first n nodes.
func (f *sectionWriter) vectors(t *tables, n uint32) {
	if t.raw.Space.Element != dist.Sparse {
		f.rows(&t.raw.Rows, n, t.shift)
		return
	}
	places, units := t.raw.Packed(n)
	f.write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(places))), 4*n))
	f.pad(4 * int64(n))
	for ord := range n {
		f.write(t.vector(ord))
	}
	f.pad(8 * int64(units))
}

// pad follows a section of size bytes with zeros up to a multiple of 64.
func (f *sectionWriter) pad(size int64) {
	var zero [64]byte
	f.write(zero[:-size&63])
}

// floats writes v and pads to 64.
func (f *sectionWriter) floats(v []float32) {
	if len(v) == 0 {
		return
	}
	row := dist.FlatRows(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v)), 4*len(v))
	f.rows(&row, 1, flat)
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// vectors views the vectors in the bytes of their sections.
func (h *header) vectors(places, raw []byte) (*dist.Vectors, error) {
	s := h.opt.space()
	if s.Element != dist.Sparse {
		v := dist.FlatVectors(s, raw, s.Size())
		return &v, nil
	}
	v, err := dist.FlatSparse(s, places[:4*uint64(h.n)], raw[:8*uint64(h.units)])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return &v, nil
}

// Open makes a read-only graph of the flat form in b, which is not trusted: every
// level, ordinal, list and chain is checked (ErrCorrupt). The raw vectors, used
// for re-ranking only, alias b, which must stay unchanged and in place as long as
// the graph is used. What the walk touches is copied, see Settle, when resident is set,
// and aliases b otherwise. Unaligned input is copied in any case.
func Open(b []byte, resident bool) (*Graph, error) { return OpenSeen(b, resident, nil) }

// OpenSeen is Open that tells look, if that is not nil, now and then how many bytes of b it
// has checked since the last time.
func OpenSeen(b []byte, resident bool, look func(bytes int64)) (*Graph, error) {
	if !littleEndian() {
		return nil, fmt.Errorf("hnsw: the flat form needs a little-endian machine")
	}
	h, err := decodeHeader(b)
	if err != nil {
		return nil, err
	}
	l := h.layout()
	if uint64(len(b)) != l.end {
		return nil, fmt.Errorf("%w: %d bytes, want %d", ErrCorrupt, len(b), l.end)
	}
	if err := errors.Join(h.readCentre(b[l.centre:]), h.readBooks(b[l.books:])); err != nil {
		return nil, err
	}
	aligned := uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63 == 0
	section := func(from, size uint64) []byte {
		s := b[from : from+size : from+size]
		if !aligned {
			return ownBytes(s)
		}
		return s
	}
	g := newGraph(h.opt)
	g.readOnly = true
	n, m := uint64(h.n), uint64(h.opt.M)
	t := &tables{m0: int(2 * m), shift: flat, limit: h.n}
	t.codes = dist.FlatRows(section(l.codes, n*uint64(h.stride())), h.stride())
	t.links = dist.FlatRows(section(l.links, n*8*m), int(8*m))
	t.nodes = dist.FlatRows(section(l.nodes, n*nodeStride), nodeStride)
	raw := section(l.raw, l.end-l.raw)
	var places []byte
	if h.opt.Element == dist.Sparse {
		places = section(l.places, l.raw-l.places)
	}
	if t.raw, err = h.vectors(places, raw); err != nil {
		return nil, err
	}
	u := &upperTable{m: h.opt.M, limit: h.slots, shift: flat}
	u.rows = dist.FlatRows(section(l.upper, uint64(h.slots)*4*m), int(4*m))
	g.tab.Store(t)
	g.upper.Store(u)
	g.reserved.Store(h.n)
	g.slots = h.slots
	g.entry.Store(h.entry)
	g.lost.raise(h.lost)
	g.norm.raise(h.norm)
	if err := g.validate(t, u, look); err != nil {
		return nil, err
	}
	if resident && aligned {
		g.Settle(nil)
	}
	return g, nil
}

// ownBytes is an aligned copy.
func ownBytes(b []byte) []byte {
	own := dist.Aligned(len(b))
	copy(own, b)
	return own
}
