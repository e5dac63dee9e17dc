package sidecar

import (
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/quant"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// newGraph returns an empty graph that grows; vectors gives the memory of its vectors, nil
// = the heap.
func newGraph(spec *vectorindex.Spec, vectors func(n int) []byte) (*hnsw.Graph, error) {
	o := graphOptions(spec)
	o.Vectors = vectors
	return hnsw.New(o)
}

func graphOptions(spec *vectorindex.Spec) hnsw.Options {
	o := hnsw.Options{Dims: spec.Dims, Metric: spec.Metric, Element: spec.Element, M: spec.M,
		EfConstruction: spec.EfConstruction, Coding: spec.Coding}
	if !o.Coding.Serves(spec.Metric) {
		o.Coding = quant.CodingSQ8
	}
	return o
}

// writeGraph writes the graph's flat form, the vectors included, as a section.
func writeGraph(w *segfile.Writer, g *hnsw.Graph) error {
	if err := w.Begin(secGraph); err != nil {
		return err
	}
	if _, err := g.WriteTo(w); err != nil {
		return err
	}
	return w.End()
}

// openGraph opens the graph of a segment of n entries where it lies in the file.
func openGraph(f *segfile.File, spec *vectorindex.Spec, n int, b *Budget) (*hnsw.Graph, error) {
	flat, err := f.Section(secGraph)
	if err != nil {
		return nil, err
	}
	g, err := hnsw.OpenSeen(flat, false, b.touched)
	if err != nil {
		return nil, err
	}
	if s := g.Vectors().Space; s != spec.Space() || g.Len() != n {
		return nil, corruptf("graph of %d nodes of %v; want %d of %v", g.Len(), s, n, spec.Space())
	}
	return g, nil
}
