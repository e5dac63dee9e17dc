package stats

import (
	"bytes"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// collatedColumn is the column whose texts' keys an expression gives, and their order.
func collatedColumn(e expr.Expr) (*expr.Column, *collate.Order) {
	call, ok := e.(*expr.Call)
	if !ok || call.Fn != builtin.CollationKey && call.Fn != builtin.Collated {
		return nil, nil
	}
	col, ok := strip(call.Args[0]).(*expr.Column)
	name, known := call.Args[1].(*expr.Const)
	if !ok || !known {
		return nil, nil
	}
	return col, collate.Of(string(name.D.Bytes()))
}

// keyBelow is the fraction of all rows whose text has a lesser key. Statistics are in
// the order of bytes, but the bounds of a histogram stand for equally many rows each in
// any order.
func keyBelow(st *catalog.ColumnStats, t types.T, o *collate.Order, key []byte) float64 {
	less := func(v []byte) bool {
		d, _, err := types.DecodeKey(types.Of(t.OID), v, false)
		return err == nil && bytes.Compare(o.AppendKey(nil, d.Bytes()), key) < 0
	}
	p, rest := 0.0, 1-st.NullFrac
	for i, v := range st.MCV {
		if i < len(st.MCF) {
			if rest -= st.MCF[i]; less(v) {
				p += st.MCF[i]
			}
		}
	}
	if len(st.Histogram) < 2 {
		return p + max(rest, 0)*DefaultIneq
	}
	n := 0
	for _, v := range st.Histogram {
		if less(v) {
			n++
		}
	}
	return p + max(rest, 0)*float64(n)/float64(len(st.Histogram))
}

// keyFraction is the fraction of all rows with common values whose key is the given one.
func keyFraction(st *catalog.ColumnStats, t types.T, o *collate.Order, key []byte) float64 {
	p := 0.0
	for i, v := range st.MCV {
		d, _, err := types.DecodeKey(types.Of(t.OID), v, false)
		if err == nil && i < len(st.MCF) && bytes.Equal(o.AppendKey(nil, d.Bytes()), key) {
			p += st.MCF[i]
		}
	}
	return p
}

// Grouped is the column whose values, or the keys of whose texts, an expression gives, nil for others.
func Grouped(e expr.Expr) *expr.Column {
	if c, ok := e.(*expr.Column); ok {
		return c
	}
	c, _ := collatedColumn(e)
	return c
}
