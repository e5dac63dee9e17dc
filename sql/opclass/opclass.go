// Package opclass is the table of vector operator classes: which access method
// orders which type by which operator, and what the vector engine calls the
// distance. DDL, planner, executor, storage and the system catalog read it, so
// that a new type of vectors is a few lines here. It must not know syntax,
// plans or rows.
package opclass

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Class is an operator class of a vector access method. Its one operator is
// strategy 1 of its family, which orders by distance.
type Class struct {
	Name     string
	Method   string       // access method
	Key      types.OID    // the type of the indexed value
	Operator string       // of two values of the type
	Element  dist.Element // what the engine calls the type
	Metric   dist.Metric
	Default  bool // the class of a key that names none
}

// Orders reports whether the class searches for ORDER BY key op value.
func (c *Class) Orders(op string, key types.OID) bool { return c.Operator == op && c.Key == key }

// line is one name of the table with the access methods that have it.
type line struct {
	name     string
	key      types.OID
	element  dist.Element
	operator string
	metric   dist.Metric
	in       []member
}

type member struct {
	method    string
	isDefault bool
}

// lines are the classes that the engine serves: pgvector's of hnsw and ivfflat,
// and the same for flat and ivf. The rows of pg_opclass agree with them (sql/syscat).
var lines = []line{
	{"vector_l2_ops", types.VectorOID, dist.Float32, "<->", dist.L2, []member{{"hnsw", false}, {"ivfflat", true}, {"flat", true}, {"ivf", true}}},
	{"vector_ip_ops", types.VectorOID, dist.Float32, "<#>", dist.InnerProduct, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"vector_cosine_ops", types.VectorOID, dist.Float32, "<=>", dist.Cosine, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"vector_l1_ops", types.VectorOID, dist.Float32, "<+>", dist.L1, []member{{"hnsw", false}, {"flat", false}, {"ivf", false}}},
	{"halfvec_l2_ops", types.HalfvecOID, dist.Float16, "<->", dist.L2, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", true}, {"ivf", true}}},
	{"halfvec_ip_ops", types.HalfvecOID, dist.Float16, "<#>", dist.InnerProduct, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"halfvec_cosine_ops", types.HalfvecOID, dist.Float16, "<=>", dist.Cosine, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"halfvec_l1_ops", types.HalfvecOID, dist.Float16, "<+>", dist.L1, []member{{"hnsw", false}, {"flat", false}, {"ivf", false}}},
	{"int8vec_l2_ops", types.Int8vecOID, dist.Int8, "<->", dist.L2, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", true}, {"ivf", true}}},
	{"int8vec_ip_ops", types.Int8vecOID, dist.Int8, "<#>", dist.InnerProduct, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"int8vec_cosine_ops", types.Int8vecOID, dist.Int8, "<=>", dist.Cosine, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", false}, {"ivf", false}}},
	{"int8vec_l1_ops", types.Int8vecOID, dist.Int8, "<+>", dist.L1, []member{{"hnsw", false}, {"flat", false}, {"ivf", false}}},
	{"sparsevec_l2_ops", types.SparsevecOID, dist.Sparse, "<->", dist.L2, []member{{"hnsw", false}, {"flat", true}}},
	{"sparsevec_ip_ops", types.SparsevecOID, dist.Sparse, "<#>", dist.InnerProduct, []member{{"hnsw", false}, {"flat", false}}},
	{"sparsevec_cosine_ops", types.SparsevecOID, dist.Sparse, "<=>", dist.Cosine, []member{{"hnsw", false}, {"flat", false}}},
	{"sparsevec_l1_ops", types.SparsevecOID, dist.Sparse, "<+>", dist.L1, []member{{"hnsw", false}, {"flat", false}}},
	{"bit_hamming_ops", types.BitOID, dist.Bit, "<~>", dist.Hamming, []member{{"hnsw", false}, {"ivfflat", false}, {"flat", true}, {"ivf", true}}},
	{"bit_jaccard_ops", types.BitOID, dist.Bit, "<%>", dist.Jaccard, []member{{"hnsw", false}, {"flat", false}, {"ivf", false}}},
}

var classes = expand()

func expand() (out []Class) {
	for _, l := range lines {
		for _, m := range l.in {
			out = append(out, Class{Name: l.name, Method: m.method, Key: l.key, Operator: l.operator,
				Element: l.element, Metric: l.metric, Default: m.isDefault})
		}
	}
	return out
}

// All lists every class. The caller must not change it.
func All() []Class { return classes }

// ByName finds a class of an access method.
func ByName(method, name string) (*Class, bool) {
	for i := range classes {
		if c := &classes[i]; c.Method == method && c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// Default finds the class of keys of a type that name none.
func Default(method string, key types.OID) (*Class, bool) {
	for i := range classes {
		if c := &classes[i]; c.Default && c.Method == method && c.Key == key {
			return c, true
		}
	}
	return nil, false
}

// Of is the class of a vector index's key; ok is false for other indexes.
func Of(x *catalog.Index) (*Class, bool) {
	if !x.IsVector() || len(x.Keys) != 1 {
		return nil, false
	}
	return ByName(x.Method, x.Keys[0].OpClass)
}

// Distance reports an operator that some class orders by, given its left type.
func Distance(op string, key types.OID) bool {
	for i := range classes {
		if classes[i].Orders(op, key) {
			return true
		}
	}
	return false
}
