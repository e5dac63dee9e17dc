package opclass

import (
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

func TestTable(t *testing.T) {
	named := map[string]bool{}
	defaults := map[string]string{}
	for _, c := range All() {
		if named[c.Method+" "+c.Name] {
			t.Errorf("%s has %s twice", c.Method, c.Name)
		}
		named[c.Method+" "+c.Name] = true
		if o := builtin.ExactOperator(c.Operator, c.Key, c.Key); o == nil || o.Ret != types.Float8OID {
			t.Errorf("%s: no operator %s of type %d that returns a distance", c.Name, c.Operator, c.Key)
		}
		if !c.Metric.Valid() {
			t.Errorf("%s: metric %v", c.Name, c.Metric)
		}
		if !(&catalog.Index{Method: c.Method}).IsVector() {
			t.Errorf("%s: %s is no vector access method", c.Name, c.Method)
		}
		if c.Default {
			k := c.Method + " " + types.FormatType(types.Of(c.Key))
			if defaults[k] != "" {
				t.Errorf("two default classes of %s: %s and %s", k, defaults[k], c.Name)
			}
			defaults[k] = c.Name
		}
	}
	if c, ok := Default("ivfflat", types.VectorOID); !ok || c.Name != "vector_l2_ops" {
		t.Errorf("ivfflat's default class is %v", c)
	}
	if _, ok := Default("hnsw", types.VectorOID); ok {
		t.Error("hnsw has a default class; pgvector's has none")
	}
	if _, ok := ByName("ivfflat", "vector_l1_ops"); ok {
		t.Error("ivfflat has vector_l1_ops; pgvector's has not")
	}
}
