package stats

import (
	"bytes"
	"math"
	"sort"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

func mcvFraction(st *catalog.ColumnStats, key []byte) (float64, bool) {
	for i, v := range st.MCV {
		if bytes.Equal(v, key) && i < len(st.MCF) {
			return st.MCF[i], true
		}
	}
	return 0, false
}

// compare is the fraction for col < value and the like.
func (s *Estimator) compare(x *expr.Call) float64 {
	col, order := compared(x.Args[0])
	other, name := x.Args[1], x.Op.Name
	if col == nil {
		if col, order = compared(x.Args[1]); col == nil {
			return DefaultIneq
		}
		other, name = x.Args[0], flip[name]
	}
	st, _, _ := s.Col(col.Index)
	d, t, known := s.value(other)
	if known && d.IsNull() {
		return 0
	}
	if st == nil || !known {
		return DefaultIneq
	}
	below := 0.0
	if order != nil {
		below = keyBelow(st, col.T, order, d.Bytes())
	} else if key, ok := keyOf(col.T, t, d); ok {
		below = fractionBelow(st, key, name == "<=" || name == ">")
	} else {
		return DefaultIneq
	}
	if name == ">" || name == ">=" {
		below = 1 - st.NullFrac - below
	}
	return math.Min(math.Max(below, 1e-6), 1)
}

// compared is the column that a side of a comparison is, or whose texts' keys it is.
func compared(e expr.Expr) (*expr.Column, *collate.Order) {
	if col, ok := strip(e).(*expr.Column); ok {
		return col, nil
	}
	return collatedColumn(e)
}

var flip = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// fractionBelow is the fraction of all rows with a value below key (or equal to it).
func fractionBelow(st *catalog.ColumnStats, key []byte, orEqual bool) float64 {
	p, mcv := 0.0, 0.0
	for i, v := range st.MCV {
		if i >= len(st.MCF) {
			break
		}
		mcv += st.MCF[i]
		if c := bytes.Compare(v, key); c < 0 || c == 0 && orEqual {
			p += st.MCF[i]
		}
	}
	rest := math.Max(1-st.NullFrac-mcv, 0)
	n := len(st.Histogram)
	if n < 2 {
		if mcv > 0 {
			return p + rest*DefaultIneq
		}
		return rest * DefaultIneq
	}
	i := sort.Search(n, func(i int) bool { return bytes.Compare(st.Histogram[i], key) >= 0 })
	switch {
	case i == 0:
		return p
	case i == n:
		return p + rest
	}
	within := between(st.Histogram[i-1], st.Histogram[i], key)
	return p + rest*(float64(i-1)+within)/float64(n-1)
}

// between places key between two histogram bounds, by the first bytes in which they differ.
func between(lo, hi, key []byte) float64 {
	i := 0
	for i < len(lo) && i < len(hi) && lo[i] == hi[i] {
		i++
	}
	num := func(b []byte) float64 {
		v := 0.0
		for j := i; j < i+8; j++ {
			v *= 256
			if j < len(b) {
				v += float64(b[j])
			}
		}
		return v
	}
	l, h, k := num(lo), num(hi), num(key)
	if h <= l {
		return 0.5
	}
	return clamp((k - l) / (h - l))
}

func (s *Estimator) inList(x *expr.InList) float64 {
	p := 0.0
	for _, v := range x.List {
		p += s.equal(x.L, v)
	}
	if p = clamp(p); x.Not {
		return 1 - p
	}
	return p
}

func (s *Estimator) anyAll(x *expr.AnyAll) float64 {
	eq := x.Op.Name == "="
	n := float64(defaultArray)
	if d, t, ok := s.value(x.R); ok {
		if d.IsNull() {
			return 0
		}
		if t.IsArray() {
			n = float64(types.ArrayLen(d))
		}
	}
	switch {
	case eq && !x.All:
		return clamp(n * s.equal(x.L, &expr.Param{N: math.MaxInt32, T: x.L.Type()}))
	case x.Op.Name == "<>" && x.All:
		return clamp(1 - n*s.equal(x.L, &expr.Param{N: math.MaxInt32, T: x.L.Type()}))
	}
	return DefaultIneq
}
