package builtin

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// recallDefaults are the queries and the k of vector_index_recall.
var recallDefaults = [2]int64{100, 10}

// indexRecall is vector_index_recall(index [, queries [, k]]).
func indexRecall(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	n := recallDefaults
	for i := range a[1:] {
		n[i] = a[1+i].Int()
	}
	r, err := s.VectorRecall(c.Context, catalog.ID(uint32(a[0].Int())), int(n[0]), int(n[1]))
	return types.Float(r), err
}
