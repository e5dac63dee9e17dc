package feed

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// TestSpecCoding: what an index is searched by when it does not say, and that it gets
// what it says.
func TestSpecCoding(t *testing.T) {
	for _, c := range []struct {
		method, class string
		oid           types.OID
		dims          int32
		asked, want   string
	}{
		{"hnsw", "vector_l2_ops", types.VectorOID, 255, "", "sq8"},
		{"hnsw", "vector_l2_ops", types.VectorOID, 256, "", "rabitq4"},
		{"hnsw", "vector_cosine_ops", types.VectorOID, 1536, "", "rabitq4"},
		{"hnsw", "vector_l1_ops", types.VectorOID, 1536, "", "sq8"}, // RaBitQ has no L1
		{"hnsw", "halfvec_ip_ops", types.HalfvecOID, 768, "", "rabitq4"},
		{"hnsw", "vector_l2_ops", types.VectorOID, 1536, "sq8", "sq8"},
		{"hnsw", "vector_l2_ops", types.VectorOID, 100, "rabitq2", "rabitq2"},
		{"hnsw", "vector_l2_ops", types.VectorOID, 100, "pq", "pq"},
		{"ivfflat", "vector_l2_ops", types.VectorOID, 100, "PQ", "pq"},
		{"hnsw", "int8vec_l2_ops", types.Int8vecOID, 768, "", "sq8"}, // compared themselves
		{"ivf", "vector_l2_ops", types.VectorOID, 3, "", "rabitq4"},
		{"ivf", "vector_l2_ops", types.VectorOID, 768, "none", "none"},
	} {
		x := &catalog.Index{Method: c.method, Keys: []catalog.IndexKey{{OpClass: c.class, Type: types.T{OID: c.oid, Mod: c.dims}}}}
		if c.asked != "" {
			x.Options = catalog.Options{{Name: "quantization", Value: c.asked}}
		}
		spec, err := SpecOf(x)
		if err != nil || spec.Coding.String() != c.want {
			t.Errorf("%+v: %v, %v", c, spec.Coding, err)
		}
	}
}
