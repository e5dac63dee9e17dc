package ivf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// The flat form of an index is a header and sections, each starting at a multiple
// of 64 bytes, in this order: centroids, the books of product quantization where codes are
// of that, where each list begins (one uint32 more than
// lists), the ordinals list by list, their code records, of which each list has whole
// ones, their finer codes, if any, and the vectors by ordinal; all little-endian. Their sizes follow from the header, so there is no offset to
// trust. The groups of centroids, which only growing needs, are not kept.

const (
	fileMagic  = "LXIVF\x00\x00" // and the version
	headerSize = 64
)

// version is that of the flat form: 4 with books of product quantization, 3 of all others.
func (h *header) version() byte {
	if h.opt.Coding == quant.CodingPQ {
		return 4
	}
	return 3
}

// header is the fixed part of the flat form.
type header struct {
	opt      Options
	n, lists uint32
	records  uint32 // of codes
}

func (h *header) encode() []byte {
	b := make([]byte, headerSize)
	le := binary.LittleEndian
	copy(b, fileMagic)
	b[7] = h.version()
	le.PutUint32(b[8:], uint32(h.opt.Dims))
	b[12], b[13], b[14] = byte(h.opt.Metric), byte(h.opt.Coding), byte(h.opt.Element)
	le.PutUint32(b[16:], uint32(h.opt.Lists))
	le.PutUint32(b[20:], h.n)
	le.PutUint64(b[24:], h.opt.Seed)
	le.PutUint32(b[32:], h.lists)
	le.PutUint32(b[36:], h.records)
	return b
}

func decodeHeader(b []byte) (h header, err error) {
	if len(b) < headerSize || string(b[:7]) != fileMagic {
		return h, fmt.Errorf("%w: no header of a known version", ErrCorrupt)
	}
	le := binary.LittleEndian
	h = header{n: le.Uint32(b[20:]), lists: le.Uint32(b[32:]), records: le.Uint32(b[36:])}
	h.opt = Options{Dims: int(le.Uint32(b[8:])), Metric: dist.Metric(b[12]), Coding: quant.Coding(b[13]), Element: dist.Element(b[14]),
		Lists: int(le.Uint32(b[16:])), Seed: le.Uint64(b[24:])}
	if b[7] != h.version() {
		return h, fmt.Errorf("%w: version %d of %v codes", ErrCorrupt, b[7], h.opt.Coding)
	}
	if err := h.opt.check(); err != nil {
		return h, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if h.n > MaxEntries || h.lists == 0 || h.lists > MaxLists || h.lists > max(h.n, 1) {
		return h, fmt.Errorf("%w: %d entries in %d lists", ErrCorrupt, h.n, h.lists)
	}
	return h, nil
}

// layout is where the sections lie.
type layout struct {
	centroids, books, starts, ords, codes, fine, raw, end uint64
}

func (h *header) layout(s shape) layout {
	at := uint64(headerSize)
	place := func(size uint64) uint64 {
		start := at
		at += (size + 63) &^ 63
		return start
	}
	n, dims := uint64(h.n), uint64(h.opt.Dims)
	l := layout{
		centroids: place(uint64(h.lists) * 4 * dims),
		books:     place(h.bookBytes()),
		starts:    place(uint64(h.lists)*4 + 4),
		ords:      place(n * 4),
		codes:     place(uint64(h.records) * uint64(s.bytes)),
		fine:      place(n * uint64(s.fine)),
		raw:       place(n * uint64(h.opt.space().Size())),
	}
	l.end = at
	return l
}

// bookBytes is the length of the books, if there are any.
func (h *header) bookBytes() uint64 {
	if h.opt.Coding != quant.CodingPQ {
		return 0
	}
	return uint64(quant.BooksBytes(h.opt.Dims))
}

// Size returns the number of bytes that WriteTo writes now.
func (x *Index) Size() int64 {
	h := header{opt: x.opt, n: x.reserved.Load(), lists: uint32(max(1, x.Lists()))}
	if t := x.state.Load(); t != nil {
		_, h.records = t.starts()
	}
	return int64(h.layout(x.code.shape()).end)
}

// starts is where each list begins, and the end, and the number of code records.
func (t *trained) starts() (starts []uint32, records uint32) {
	if t.sealed != nil {
		return t.sealed.starts, t.sealed.records[t.count]
	}
	starts = make([]uint32, 1, len(t.lists)+1)
	for _, l := range t.lists {
		n := l.n.Load()
		starts = append(starts, starts[len(starts)-1]+n)
		records += l.shape.records(n)
	}
	return starts, records
}

// WriteTo writes the flat form of a trained index. Nothing may be reserved or linked
// meanwhile, searches may run, and every reserved entry must be linked.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	t := x.state.Load()
	switch {
	case !littleEndian():
		return 0, fmt.Errorf("ivf: the flat form needs a little-endian machine")
	case t == nil:
		return 0, fmt.Errorf("ivf: the index was not trained")
	}
	h := header{opt: x.opt, n: x.reserved.Load(), lists: uint32(t.count)}
	starts, records := t.starts()
	h.records = records
	if got := starts[t.count]; got != h.n {
		return 0, fmt.Errorf("ivf: %d entries are in lists, %d were reserved", got, h.n)
	}
	f := &sectionWriter{w: w}
	f.write(h.encode())
	f.write(dist.FloatBytes(t.centroids))
	f.pad()
	if c, ok := t.code.(pqCoder); ok {
		f.write(c.c.Books().AppendTo(nil))
		f.pad()
	}
	f.write(wordBytes(starts))
	f.pad()
	t.write(f)
	raw := x.Vectors()
	for ord := range h.n {
		f.write(raw.Bytes(ord))
	}
	f.pad()
	return f.n, f.err
}

// write writes the ordinals and the codes, list by list.
func (t *trained) write(f *sectionWriter) {
	if x := t.sealed; x != nil {
		for _, section := range [][]byte{wordBytes(x.ords), x.codeBytes(), x.fineBytes()} {
			f.write(section)
			f.pad()
		}
		return
	}
	section := func(part func(l *list, v *listView, at uint32, ords []uint32) []byte) {
		for _, l := range t.lists {
			v := l.view.Load()
			v.each(l.n.Load(), func(at uint32, ords []uint32) { f.write(part(l, v, at, ords)) })
		}
		f.pad()
	}
	section(func(_ *list, _ *listView, _ uint32, ords []uint32) []byte { return wordBytes(ords) })
	section(func(l *list, v *listView, at uint32, ords []uint32) []byte {
		return rowBytes(&v.codes, at/l.shape.entries, l.shape.records(uint32(len(ords))))
	})
	section(func(_ *list, v *listView, at uint32, ords []uint32) []byte {
		return rowBytes(&v.fine, at, uint32(len(ords)))
	})
}

// sectionWriter remembers the first error, and pads.
type sectionWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (f *sectionWriter) write(b []byte) {
	if f.err != nil || len(b) == 0 {
		return
	}
	n, err := f.w.Write(b)
	f.n += int64(n)
	if err != nil {
		f.err = fmt.Errorf("ivf: write lists: %w", err)
	}
}

func (f *sectionWriter) pad() {
	var zero [64]byte
	f.write(zero[:-f.n&63])
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// wordBytes views words as bytes.
func wordBytes(v []uint32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}

// words views bytes, aligned to 4, as words.
func words(b []byte) []uint32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// Open makes a read-only index of the flat form in b, which is not trusted: every
// count, ordinal and centroid is checked (ErrCorrupt). Codes and vectors alias b, which
// must stay unchanged and in place as long as the index is used; what is scanned often
// is copied, see Settle, when resident is set. Unaligned input is copied whole.
func Open(b []byte, resident bool) (*Index, error) {
	if !littleEndian() {
		return nil, fmt.Errorf("ivf: the flat form needs a little-endian machine")
	}
	h, err := decodeHeader(b)
	if err != nil {
		return nil, err
	}
	x := newIndex(h.opt)
	form := x.code.shape()
	l := h.layout(form)
	if uint64(len(b)) != l.end {
		return nil, fmt.Errorf("%w: %d bytes, want %d", ErrCorrupt, len(b), l.end)
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63 != 0 {
		own := dist.Aligned(len(b))
		copy(own, b)
		b, resident = own, false
	}
	x.readOnly = true
	n, dims := uint64(h.n), uint64(h.opt.Dims)
	centroids := dist.Floats(b[l.centroids : l.centroids+uint64(h.lists)*4*dims])
	for _, c := range centroids {
		if math.Float32bits(c)&0x7f800000 == 0x7f800000 {
			return nil, fmt.Errorf("%w: a centroid is not finite", ErrCorrupt)
		}
	}
	starts := words(b[l.starts : l.starts+uint64(h.lists)*4+4])
	ords := words(b[l.ords : l.ords+n*4])
	if err := validate(starts, ords, h.n); err != nil {
		return nil, err
	}
	codes := b[l.codes : l.codes+uint64(h.records)*uint64(form.bytes)]
	fine := b[l.fine : l.fine+n*uint64(form.fine)]
	size := h.opt.space().Size()
	raw := dist.FlatVectors(h.opt.space(), b[l.raw:l.raw+n*uint64(size)], size)
	x.fixed = &raw
	x.reserved.Store(h.n)
	t := newTrained(x, centroids, nil)
	code := x.code
	if h.opt.Coding == quant.CodingPQ {
		books, err := quant.ReadBooks(b[l.books:l.books+h.bookBytes()], h.opt.Dims)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		code = newPQCoder(&h.opt, books)
	}
	t.use(code)
	if t.sealed, err = newSealed(starts, ords, codes, fine, form); err != nil {
		return nil, err
	}
	x.state.Store(t)
	if resident {
		x.Settle()
	}
	return x, nil
}

// Settle copies the codes of an opened index out of the bytes that it was given.
// Searches may run meanwhile. Settle and Unsettle are called by turns, one at a time.
func (x *Index) Settle() {
	x.lent = x.state.Load()
	t := *x.lent
	t.sealed = t.sealed.settled()
	x.state.Store(&t)
}

// Unsettle gives the copies up: codes are scanned in the bytes that the index was given.
// Searches may run meanwhile; those that have begun keep the copies until they end.
func (x *Index) Unsettle() {
	x.state.Store(x.lent)
	x.lent = nil
}

// validate checks that the lists hold each ordinal once.
func validate(starts, ords []uint32, n uint32) error {
	last := len(starts) - 1
	if starts[0] != 0 || starts[last] != n {
		return fmt.Errorf("%w: lists from %d to %d of %d", ErrCorrupt, starts[0], starts[last], n)
	}
	for i, at := range starts[1:] {
		if at < starts[i] {
			return fmt.Errorf("%w: list %d ends at %d, begins at %d", ErrCorrupt, i, at, starts[i])
		}
	}
	seen := make([]uint64, (n+63)/64)
	for i, o := range ords {
		if o >= n || seen[o>>6]>>(o&63)&1 != 0 {
			return fmt.Errorf("%w: place %d has ordinal %d of %d", ErrCorrupt, i, o, n)
		}
		seen[o>>6] |= 1 << (o & 63)
	}
	return nil
}
