package sidecar

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// Files of an index; the sections are described in FORMAT.md.
const (
	tagSegment segfile.Tag = 1
	tagDeletes segfile.Tag = 2

	secMeta        segfile.SectionID = 1
	secRows        segfile.SectionID = 2
	secEpochs      segfile.SectionID = 3
	secAdded       segfile.SectionID = 4
	secDeadOrds    segfile.SectionID = 5
	secDeadTS      segfile.SectionID = 6
	secSortedRows  segfile.SectionID = 7
	secSortedOrds  segfile.SectionID = 8
	secVectors     segfile.SectionID = 9
	secInvNorm     segfile.SectionID = 10
	secGraph       segfile.SectionID = 11
	secPlaces      segfile.SectionID = 12
	secLists       segfile.SectionID = 13
	secEfforts     segfile.SectionID = 14
	secPayloads    segfile.SectionID = 15
	secPayloadEnds segfile.SectionID = 16
)

// What a segment has beside its entries.
const (
	graphSection = 1
	listsSection = 2
)

// segmentMetaVersion 2 added the element type; version 1 is of float32.
const segmentMetaVersion = 2

// segmentHead is the meta section of a segment, fixed-size little endian.
type segmentHead struct {
	version, kind, metric, dims uint32
	m, ef, stride, graph        uint32
	number, entries, asOf       uint64
	maxAdded                    uint64
	element                     uint32 // and four zero bytes
}

const (
	segmentHeadBytes   = 8*4 + 4*8 + 8
	segmentHeadBytesV1 = segmentHeadBytes - 8
)

func (h *segmentHead) encode() []byte {
	b := make([]byte, 0, segmentHeadBytes)
	for _, v := range []uint32{h.version, h.kind, h.metric, h.dims, h.m, h.ef, h.stride, h.graph} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, v := range []uint64{h.number, h.entries, h.asOf, h.maxAdded} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return binary.LittleEndian.AppendUint64(b, uint64(h.element))
}

func (h *segmentHead) decode(b []byte) error {
	if len(b) != segmentHeadBytes && len(b) != segmentHeadBytesV1 {
		return corruptf("segment head of %d bytes", len(b))
	}
	for i, p := range []*uint32{&h.version, &h.kind, &h.metric, &h.dims, &h.m, &h.ef, &h.stride, &h.graph} {
		*p = binary.LittleEndian.Uint32(b[4*i:])
	}
	for i, p := range []*uint64{&h.number, &h.entries, &h.asOf, &h.maxAdded} {
		*p = binary.LittleEndian.Uint64(b[32+8*i:])
	}
	switch {
	case h.version == 1 && len(b) == segmentHeadBytesV1:
		h.element = uint32(dist.Float32)
		return nil
	case h.version == segmentMetaVersion && len(b) == segmentHeadBytes:
		h.element = uint32(min(binary.LittleEndian.Uint64(b[segmentHeadBytesV1:]), math.MaxUint32))
		return nil
	}
	return corruptf("segment version %d with a head of %d bytes; this program reads up to %d", h.version, len(b), segmentMetaVersion)
}

// writeSegment writes a part that no longer changes, but for deaths, as segment
// file number.
func (ix *Index) writeSegment(ctx context.Context, p *part, by structures, number, asOf uint64, m *meter) (SegmentMeta, error) {
	w, err := segfile.Create(ctx, ix.cfg.FS, ix.dir, segmentName(number), tagSegment)
	if err != nil {
		return SegmentMeta{}, err
	}
	n, expected := int64(p.n.Load()), max(p.bytes(), 1)
	before := int64(0)
	w.Small = ix.cfg.Budget != nil
	w.Written = func(bytes int64) {
		m.set(PhaseWrite, int64(float64(n)*min(1, float64(bytes)/float64(expected))), n)
		if p.scratch != nil {
			p.budget.touched(bytes - before)
		}
		before = bytes
	}
	w.Written(0)
	if err := ix.writeSections(w, p, by, number, asOf); err != nil {
		return SegmentMeta{}, errors.Join(err, w.Abort())
	}
	size, sum, err := w.Finish()
	if err != nil {
		return SegmentMeta{}, err
	}
	return SegmentMeta{Number: number, Entries: uint64(p.n.Load()), AsOf: asOf, Bytes: size, Sum: sum}, nil
}

func (ix *Index) writeSections(w *segfile.Writer, p *part, by structures, number, asOf uint64) error {
	n := int(p.n.Load())
	spec := &ix.cfg.Spec
	head := segmentHead{version: segmentMetaVersion, kind: uint32(spec.Kind), metric: uint32(spec.Metric),
		dims: uint32(spec.Dims), m: uint32(spec.M), ef: uint32(spec.EfConstruction), stride: uint32(spec.Space().Size()),
		number: number, entries: uint64(n), asOf: asOf, maxAdded: p.maxAdded.Load(), element: uint32(spec.Element)}
	if by.graph != nil {
		head.graph = graphSection
	}
	if by.lists != nil {
		head.graph = listsSection
	}
	var deadOrds []uint32
	var deadTS []uint64
	p.dead.each(func(ord uint32, ts uint64) {
		deadOrds, deadTS = append(deadOrds, ord), append(deadTS, ts)
	})
	err := errors.Join(
		w.Section(secMeta, head.encode()),
		writeChunks(w, secRows, p.cols.rows, n),
		writeChunks(w, secEpochs, p.cols.epochs, n),
		writeChunks(w, secAdded, p.cols.added, n),
		w.Section(secDeadOrds, segfile.Bytes(deadOrds)),
		w.Section(secDeadTS, segfile.Bytes(deadTS)),
		writeOrder(w, p, n))
	if inv := p.view().InvNorm; spec.Space().Normed() {
		err = errors.Join(err, writeChunks(w, secInvNorm, inv, n))
	}
	if spec.Payloads {
		err = errors.Join(err, writePayloads(w, &p.cols.payloads, n))
	}
	if t := p.efforts.Load(); t != nil {
		err = errors.Join(err, w.Section(secEfforts, t.encode()))
	}
	if err != nil {
		return err
	}
	if by.graph != nil {
		return writeGraph(w, by.graph)
	}
	if by.lists != nil {
		return writeLists(w, by.lists)
	}
	return writeVectors(w, p, n)
}

// writeChunks writes the first n values of a chunked column.
func writeChunks[T segfile.Element](w *segfile.Writer, id segfile.SectionID, chunks [][]T, n int) error {
	if err := w.Begin(id); err != nil {
		return err
	}
	for i := 0; n > 0; i++ {
		c := chunks[i][:min(n, len(chunks[i]))]
		if _, err := w.Write(segfile.Bytes(c)); err != nil {
			return err
		}
		n -= len(c)
	}
	return w.End()
}

// writeOrder writes the entries' order by row, unless they are stored in it.
func writeOrder(w *segfile.Writer, p *part, n int) error {
	ords := make([]uint32, n)
	sorted := true
	for i := range ords {
		ords[i] = uint32(i)
		sorted = sorted && (i == 0 || p.cols.row(uint32(i-1)) <= p.cols.row(uint32(i)))
	}
	if sorted {
		return nil
	}
	slices.SortFunc(ords, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(p.cols.row(a), p.cols.row(b)), cmp.Compare(a, b))
	})
	rows := make([]uint64, n)
	for i, o := range ords {
		rows[i] = p.cols.row(o)
	}
	return errors.Join(w.Section(secSortedRows, segfile.Bytes(rows)), w.Section(secSortedOrds, segfile.Bytes(ords)))
}

func writeVectors(w *segfile.Writer, p *part, n int) error {
	if v := p.view(); v.Space.Element == dist.Sparse {
		places, _ := v.Packed(uint32(n))
		if err := w.Section(secPlaces, segfile.Bytes(places)); err != nil {
			return err
		}
	}
	if err := w.Begin(secVectors); err != nil {
		return err
	}
	for o := range uint32(n) {
		if _, err := w.Write(p.vector(o)); err != nil {
			return err
		}
	}
	return w.End()
}

// openSegment opens a segment file and checks everything that it says against
// the manifest, the index's spec and itself. The part has one reference, and no memory
// of its own before it is settled.
func (ix *Index) openSegment(ctx context.Context, meta SegmentMeta) (*part, error) {
	name := segmentName(meta.Number)
	f, err := segfile.Open(ctx, ix.cfg.FS, ix.dir, name)
	if err != nil {
		return nil, classify(err)
	}
	p := &part{file: f, number: meta.Number, meta: meta, budget: ix.cfg.Budget}
	if p.budget != nil {
		f.SmallPages()
		p.budget.keep(f)
	}
	if err := ix.readSegment(p); err != nil {
		p.budget.drop(f)
		return nil, errors.Join(fmt.Errorf("%s: %w", name, classify(err)), f.Close())
	}
	f.Forget()
	p.remove = func() { ix.removeFile(name) }
	p.refs.Store(1)
	return p, nil
}

// classify marks corruption found by lower layers, and files that the manifest
// names and that are gone, as this package's.
func classify(err error) error {
	if (isCorruption(err) || errors.Is(err, fs.ErrNotExist)) && !errors.Is(err, ErrCorrupt) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

func (ix *Index) readSegment(p *part) error {
	f := p.file
	if f.Tag() != tagSegment || f.Sum() != p.meta.Sum || f.Size() != p.meta.Bytes {
		return corruptf("the file is not the one of the manifest (sum %08x, want %08x)", f.Sum(), p.meta.Sum)
	}
	b, err := f.Section(secMeta)
	if err != nil {
		return err
	}
	var h segmentHead
	if err := h.decode(b); err != nil {
		return err
	}
	if err := ix.checkHead(&h, &p.meta); err != nil {
		return err
	}
	n := int(h.entries)
	rows, err1 := column[uint64](f, secRows, n)
	epochs, err2 := column[uint32](f, secEpochs, n)
	added, err3 := column[uint64](f, secAdded, n)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	p.cols = columns{shift: flatShift, mask: math.MaxUint32,
		rows: [][]uint64{rows}, epochs: [][]uint32{epochs}, added: [][]uint64{added}}
	if ix.cfg.Spec.Payloads {
		if err := p.cols.readPayloads(f, n); err != nil {
			return err
		}
	}
	p.dead = newTombs(n)
	p.maxAdded.Store(h.maxAdded)
	p.n.Store(uint32(n))
	if err := p.readOrder(rows, n); err != nil {
		return err
	}
	if err := p.readDead(f, n); err != nil {
		return err
	}
	if f.Has(secEfforts) {
		b, err := f.Section(secEfforts)
		if err != nil {
			return err
		}
		p.efforts.Store(decodeEfforts(b))
	}
	return p.readVectors(&ix.cfg.Spec, &h)
}

func (ix *Index) checkHead(h *segmentHead, meta *SegmentMeta) error {
	spec := &ix.cfg.Spec
	size := spec.Space().Size()
	switch {
	case h.kind != uint32(spec.Kind) || h.metric != uint32(spec.Metric) || h.dims != uint32(spec.Dims) || h.element != uint32(spec.Element):
		return corruptf("segment of kind %d, metric %d, %d dimensions of type %d; the index has %d, %d, %d, %d",
			h.kind, h.metric, h.dims, h.element, spec.Kind, spec.Metric, spec.Dims, spec.Element)
	case h.number != meta.Number || h.entries != meta.Entries || h.entries > maxEntries:
		return corruptf("segment %d of %d entries; the manifest says %d of %d", h.number, h.entries, meta.Number, meta.Entries)
	case int(h.stride) < size || int(h.stride) > size+64 || h.graph > listsSection:
		return corruptf("stride %d, graph %d", h.stride, h.graph)
	case h.graph == graphSection && spec.Kind != vectorindex.HNSW || h.graph == listsSection && spec.Kind != vectorindex.IVF:
		return corruptf("a segment of kind %d has structure %d", spec.Kind, h.graph)
	}
	return nil
}

func column[T segfile.Element](f *segfile.File, id segfile.SectionID, n int) ([]T, error) {
	b, err := f.Section(id)
	if err != nil {
		return nil, err
	}
	return segfile.View[T](b, n)
}

// readOrder reads or derives the order by row and checks that it is one.
func (p *part) readOrder(rows []uint64, n int) error {
	if !p.file.Has(secSortedOrds) {
		p.sorted = rowOrder{rows: rows}
		if !slices.IsSorted(rows) {
			return corruptf("rows are not in order")
		}
		return nil
	}
	sorted, err1 := column[uint64](p.file, secSortedRows, n)
	ords, err2 := column[uint32](p.file, secSortedOrds, n)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	seen := make([]uint64, (n+63)/64)
	for i, o := range ords {
		if int(o) >= n || seen[o>>6]>>(o&63)&1 != 0 || rows[o] != sorted[i] || i > 0 && sorted[i] < sorted[i-1] {
			return corruptf("order by row is wrong at %d", i)
		}
		seen[o>>6] |= 1 << (o & 63)
	}
	p.sorted = rowOrder{rows: sorted, ords: ords}
	return nil
}

// readDead adds the deaths that a segment or delete file lists.
func (p *part) readDead(f *segfile.File, n int) error {
	b1, err1 := f.Section(secDeadOrds)
	b2, err2 := f.Section(secDeadTS)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	ords, err1 := segfile.View[uint32](b1, len(b1)/4)
	tss, err2 := segfile.View[uint64](b2, len(ords))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for i, o := range ords {
		if int(o) >= n || tss[i] == 0 {
			return corruptf("death of entry %d of %d at %d", o, n, tss[i])
		}
		p.dead.set(o, tss[i])
	}
	return nil
}

// readVectors binds the vectors: those inside the graph, or the file's own.
func (p *part) readVectors(spec *vectorindex.Spec, h *segmentHead) error {
	n := int(h.entries)
	var view dist.Vectors
	switch h.graph {
	case listsSection:
		x, err := openLists(p.file, spec, n)
		if err != nil {
			return err
		}
		p.vecs.lists, view = x, *x.Vectors()
		p.linked.Store(uint32(n))
	case graphSection:
		g, err := openGraph(p.file, spec, n, p.budget)
		if err != nil {
			return err
		}
		p.vecs.graph, view = g, *g.Vectors()
		p.linked.Store(uint32(n))
	default:
		var err error
		if view, err = ownVectors(p.file, spec.Space(), n, int(h.stride)); err != nil {
			return err
		}
	}
	if spec.Space().Normed() {
		inv, err := column[float32](p.file, secInvNorm, n)
		if err != nil {
			return err
		}
		view.InvNorm, view.InvShift = [][]float32{inv}, flatShift
	}
	p.vecs.file = &view
	return nil
}

// ownVectors views the vectors of a file without a graph.
func ownVectors(f *segfile.File, s dist.Space, n, stride int) (dist.Vectors, error) {
	b, err := f.Section(secVectors)
	if err != nil {
		return dist.Vectors{}, err
	}
	if s.Element == dist.Sparse {
		places, err := column[uint32](f, secPlaces, n)
		if err != nil {
			return dist.Vectors{}, err
		}
		v, err := dist.FlatSparse(s, segfile.Bytes(places), b)
		if err != nil {
			return v, corruptf("%v", err)
		}
		return v, nil
	}
	if len(b) != n*stride {
		return dist.Vectors{}, corruptf("%d bytes of vectors; want %d entries of %d", len(b), n, stride)
	}
	return dist.FlatVectors(s, b, stride), nil
}

// removeFile removes a file that no manifest names any more. A failure leaves an
// orphan, which the next Open removes.
func (ix *Index) removeFile(name string) {
	if err := ix.cfg.FS.Remove(ix.cfg.FS.PathJoin(ix.dir, name)); err != nil {
		ix.cfg.Report(fmt.Errorf("sidecar: remove %s: %w", name, err))
	}
}
