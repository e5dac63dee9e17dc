package syscat

import (
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
)

// The catalog shows every vector operator class that is served as the table has it.
func TestVectorClasses(t *testing.T) {
	for _, c := range opclass.All() {
		row, ok := opClassOf(c.Method, c.Name, c.Key)
		if !ok || row.name != c.Name || row.input != c.Key || row.isDefault != c.Default {
			t.Errorf("%s of %s: pg_opclass has %+v", c.Name, c.Method, row)
		}
		op := builtin.ExactOperator(c.Operator, c.Key, c.Key)
		found := false
		for _, f := range fields("vector_amop") {
			if number(f[1]) == row.family && f[5] == "o" && op != nil && number(f[6]) == catalog.ID(op.OID) {
				found = true
			}
		}
		if !found {
			t.Errorf("%s of %s: pg_amop has no row of family %d that orders by %s", c.Name, c.Method, row.family, c.Operator)
		}
	}
}
