package opclass

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// dimensionsOf is what an error about differing dimensions calls them.
var dimensionsOf = map[dist.Element]string{dist.Float32: "vector dimensions", dist.Float16: "halfvec dimensions",
	dist.Int8: "int8vec dimensions", dist.Sparse: "sparsevec dimensions", dist.Bit: "bit lengths"}

// CheckDimensions refuses (22000) a value that has others than the index's space. A graph
// measures from the value to the row, as pgvector's does, and its message says so: valueFirst.
func CheckDimensions(space dist.Space, value types.Datum, valueFirst bool) error {
	n := space.Element.Dims(value.Bytes())
	if space.Element == dist.Bit {
		n, _ = types.BitsOf(value)
	}
	if n == space.Dims {
		return nil
	}
	left, right := space.Dims, n
	if valueFirst {
		left, right = right, left
	}
	return pgerr.Newf(pgerrcode.DataException, "different %s %d and %d", dimensionsOf[space.Element], left, right)
}
