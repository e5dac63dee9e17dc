package sidecar

import (
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// newGraph returns an empty graph; capacity 0 lets it grow.
func newGraph(spec *vectorindex.Spec, capacity int) (*hnsw.Graph, error) {
	return hnsw.New(hnsw.Options{Dims: spec.Dims, Metric: spec.Metric, M: spec.M,
		EfConstruction: spec.EfConstruction, Capacity: capacity})
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

// openGraph opens the graph of a segment of n entries. What a walk touches is
// copied to memory; the vectors, which only re-ranking reads, stay in the file.
func openGraph(f *segfile.File, spec *vectorindex.Spec, n int) (*hnsw.Graph, dist.Rows, error) {
	b, err := f.Section(secGraph)
	if err != nil {
		return nil, dist.Rows{}, err
	}
	g, err := hnsw.Open(b, f.Mapped())
	if err != nil {
		return nil, dist.Rows{}, err
	}
	if o := g.Options(); o.Dims != spec.Dims || o.Metric != spec.Metric || g.Len() != n {
		return nil, dist.Rows{}, corruptf("graph of %d nodes, %d dimensions, %v; want %d, %d, %v",
			g.Len(), o.Dims, o.Metric, n, spec.Dims, spec.Metric)
	}
	// The vectors are the last section of the flat form, which hnsw.Open has
	// checked to have the length that n and dims give.
	raw := 4 * spec.Dims * n
	at := len(b) - (raw+63)&^63
	if at < 0 {
		return nil, dist.Rows{}, corruptf("graph of %d bytes", len(b))
	}
	rows := dist.FlatRows(b[at:at+raw], 4*spec.Dims)
	if n > 0 && rows.Record(0) != firstByte(g.Vector(0)) {
		return nil, dist.Rows{}, corruptf("the vectors are not where the graph has them")
	}
	return g, rows, nil
}
