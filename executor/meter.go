package executor

import (
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// meter computes the value of a distance operator between vectors and one query
// from a stored datum, without a copy or a batch. Values are those of the operator.
type meter struct {
	space dist.Space
	query dist.Query
}

// newMeter is the meter of the search's key for query q, which is kept; nil when
// the key is not an operator that the vector engine knows on the column as it is stored.
func newMeter(n *physical.ExactSearch, q types.Datum) *meter {
	c, ok := n.Key.(*expr.Call)
	if !ok || q.IsNull() || c.Op == nil || c.Op.Left != c.Op.Right {
		return nil
	}
	stored := false
	for _, a := range c.Args {
		col, ok := a.(*expr.Column)
		stored = stored || ok && col.T.OID == c.Op.Left && n.Scan.Attrs[col.Index] == n.Attr
	}
	if !stored {
		return nil
	}
	classes := opclass.All()
	for i := range classes {
		if !classes[i].Orders(c.Op.Name, c.Op.Left) {
			continue
		}
		vec := q.Clone().Bytes()
		m := &meter{space: dist.Space{Element: classes[i].Element, Metric: classes[i].Metric}}
		m.space.Dims = m.space.Element.Dims(vec)
		if m.space.Validate() != nil || m.space.Check(vec) != nil {
			return nil
		}
		m.query.Reset(m.space, vec)
		return m
	}
	return nil
}

// distance is the distance of a stored vector; false when it has other dimensions.
func (m *meter) distance(datum []byte) (float64, bool) {
	if m.space.Element.Dims(datum) != m.space.Dims {
		return 0, false
	}
	d := m.query.Exact(datum)
	if m.space.Metric == dist.L2 {
		d = math.Sqrt(d)
	}
	return d, true
}
