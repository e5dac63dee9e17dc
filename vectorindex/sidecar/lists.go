package sidecar

import (
	"context"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
	"github.com/loxodb/loxodb/vectorindex/quant"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// An index of inverted lists has lists in its sealed segments only, found for each from
// its own entries when it is written; heads are scanned. So nothing is trained on what
// is no longer there, and an insertion costs a copy.

// listOptions are those of the lists of one segment.
func listOptions(spec *vectorindex.Spec) ivf.Options {
	o := ivf.Options{Dims: spec.Dims, Metric: spec.Metric, Element: spec.Element, Lists: spec.Lists, Coding: spec.Coding}
	if o.Coding == quant.CodingSQ8 { // lists have none
		o.Coding = vectorindex.DefaultCoding(spec.Kind, spec.Space())
	}
	if o.Coding == quant.CodingSQ8 || !o.Coding.Serves(spec.Metric) || spec.Element == dist.Bit {
		o.Coding = quant.CodingNone
	}
	return o
}

// listsOf puts the entries of a part that does not grow any more into lists; nil when
// the index has none, as of sparse vectors, or the part is too small for them.
func (ix *Index) listsOf(ctx context.Context, p *part, o *BuildOptions, m *meter) (*ivf.Index, error) {
	n := int(p.n.Load())
	if s := &ix.cfg.Spec; s.Kind != vectorindex.IVF || s.Element == dist.Sparse || n < ix.cfg.GraphMin {
		return nil, nil
	}
	bo := ivf.BuildOptions{Workers: max(o.Workers, ix.cfg.Workers), SampleBytes: int(o.Memory / 4)}
	bo.Training = func(done, total int) { m.part(PhaseTrain, done, total, int64(n)) }
	bo.Progress = func(done, total int) { m.set(PhaseAssign, int64(done), int64(n)) }
	return ivf.BuildOver(ctx, listOptions(&ix.cfg.Spec), p.view(), n, bo)
}

// writtenBytes is what an entry takes, beside what it takes in a part that grows, while the
// part is written: its codes and its number in lists, the latter twice, or its code where a
// graph has others while it grows.
func writtenBytes(spec *vectorindex.Spec) int64 {
	switch {
	case spec.Kind == vectorindex.IVF && spec.Element != dist.Sparse:
		return 4 + listOptions(spec).EntryBytes()
	case spec.Kind == vectorindex.HNSW && spec.Coding == quant.CodingPQ:
		return int64(hnsw.CodedBytes(spec.Dims))
	}
	return 0
}

// growBytes is what an entry takes in a part that grows and that is written, beside its
// vector and what it carries.
func growBytes(spec *vectorindex.Spec) int64 {
	const columns = 8 + 4 + 8
	if spec.Kind == vectorindex.HNSW {
		return columns + writtenBytes(spec) + graphOptions(spec).EntryBytes()
	}
	return columns + writtenBytes(spec)
}

// structures are what a part is searched by when it is sealed: a graph, lists, or nothing.
type structures struct {
	graph *hnsw.Graph
	lists *ivf.Index
}

// structuresOf makes what a part that does not grow any more is written with.
func (ix *Index) structuresOf(ctx context.Context, p *part, o *BuildOptions, m *meter) (s structures, err error) {
	n := int(p.n.Load())
	if g := p.graph(); g != nil && int(p.linked.Load()) == n && n >= ix.cfg.GraphMin {
		s.graph, err = g.Coded(ctx, max(o.Workers, ix.cfg.Workers), func(done, total int) { m.part(PhaseTrain, done, total, int64(n)) })
		return s, err
	}
	s.lists, err = ix.listsOf(ctx, p, o, m)
	return s, err
}

// writeLists writes the flat form of the lists, the vectors included, as a section.
func writeLists(w *segfile.Writer, x *ivf.Index) error {
	if err := w.Begin(secLists); err != nil {
		return err
	}
	if _, err := x.WriteTo(w); err != nil {
		return err
	}
	return w.End()
}

// openLists opens the lists of a segment of n entries where they lie in the file.
func openLists(f *segfile.File, spec *vectorindex.Spec, n int) (*ivf.Index, error) {
	b, err := f.Section(secLists)
	if err != nil {
		return nil, err
	}
	x, err := ivf.Open(b, false)
	if err != nil {
		return nil, err
	}
	if s := x.Vectors().Space; s != spec.Space() || x.Len() != n {
		return nil, corruptf("lists of %d entries of %v; want %d of %v", x.Len(), s, n, spec.Space())
	}
	return x, nil
}
