package stats

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
)

// ofParts estimates a condition on what a value consists of, such as tags @> '{a}', by
// the statistics of parts; ok is false where there are none or it is no such condition.
func (s *Estimator) ofParts(x *expr.Call) (p float64, ok bool) {
	name, key, other := x.Op.Name, strip(x.Args[0]), x.Args[1]
	if _, ok := key.(*expr.Column); !ok {
		name, key, other = x.Op.Commutator, strip(x.Args[1]), x.Args[0]
	}
	col, ok := key.(*expr.Column)
	if !ok || name == "" || name == "<@" || name == "=" {
		return 0, false
	}
	class, ok := gin.Default(col.T)
	if !ok {
		return 0, false
	}
	st, rows, _ := s.Col(col.Index)
	d, t, known := s.value(other)
	if st == nil || st.PartCount == 0 || !known {
		return 0, false
	}
	op, ok := class.Op(name, col.T, types.Of(t.OID))
	if !ok {
		return 0, false
	}
	least := 1 / math.Max(rows, 1) / 2
	return math.Min(math.Max(fraction(st, class.Query(0, col.T, op, d, nil)), least), 1-st.NullFrac), true
}

// fraction is the share of rows that a search finds if parts do not depend on one another.
func fraction(st *catalog.ColumnStats, q *gin.Search) float64 {
	switch q.Kind {
	case gin.None:
		return 0
	case gin.All:
		return 1
	case gin.Prefix:
		return math.Min(20*float64(st.PartRest), DefaultMatch)
	case gin.Entry:
		if i, ok := slices.BinarySearch(st.Parts, gin.PartHash(q.Entry)); ok {
			return float64(st.PartFreqs[i])
		}
		return float64(st.PartRest)
	case gin.And:
		p := 1.0
		for _, a := range q.Args {
			p *= fraction(st, a)
		}
		return p
	}
	none := 1.0
	for _, a := range q.Args {
		none *= 1 - fraction(st, a)
	}
	return (1 - none) / float64(q.N)
}
