// Package stats estimates how many rows pass a condition, from what ANALYZE
// found and from PostgreSQL's default guesses where it found nothing. It must not
// know cost, strategies or execution.
package stats

import (
	"math"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// PostgreSQL's guesses (selfuncs.h).
const (
	DefaultEq       = 0.005
	DefaultIneq     = 0.3333333333333333
	DefaultRange    = 0.005
	DefaultMatch    = 0.005
	DefaultMatching = 0.01
	DefaultNull     = 0.005
	DefaultBool     = 0.5
	DefaultUnknown  = 0.25
	// DefaultRows is the size of a table that was never analyzed.
	DefaultRows = 1000
	// defaultDistinct is the number of values assumed of a column without statistics.
	defaultDistinct = 200
	// defaultArray is the number of elements assumed of an unknown array.
	defaultArray = 10
)

// Column gives what is known of an input column; nil stats when nothing is.
// unique says that no two rows have the same value.
type Column func(index int) (c *catalog.ColumnStats, rows float64, unique bool)

// Estimator holds what an estimate may look at. Params may be nil while planning.
type Estimator struct {
	Col    Column
	Params []types.Datum
}

// Selectivity is the fraction of a table's rows that pass filter, whose columns
// are positions in attrs. params are the real parameter values, nil while planning.
func Selectivity(filter expr.Expr, attrs []int16, t *catalog.Table, s *catalog.TableStats, params []types.Datum) float64 {
	if filter == nil {
		return 1
	}
	e := Estimator{Params: params, Col: func(i int) (*catalog.ColumnStats, float64, bool) {
		if i < 0 || i >= len(attrs) {
			return nil, DefaultRows, false
		}
		return TableColumn(t, s, attrs[i])
	}}
	return e.Selectivity(filter)
}

// TableColumn is a Column answer for an attribute of a table.
func TableColumn(t *catalog.Table, s *catalog.TableStats, attr int16) (*catalog.ColumnStats, float64, bool) {
	rows := float64(DefaultRows)
	var c *catalog.ColumnStats
	if s != nil {
		rows, c = math.Max(s.Rows, 1), s.Columns[attr]
	}
	return c, rows, t != nil && IsUnique(t, attr)
}

// IsUnique reports a single-column unique key on the attribute.
func IsUnique(t *catalog.Table, attr int16) bool {
	if attr == catalog.RowIDAttr || attr > 0 && t.PrimaryAttr == attr {
		return true
	}
	for _, x := range t.Indexes {
		if x.Distinct() && x.Valid && len(x.Keys) == 1 && x.Keys[0].Attr == attr && x.Where == "" {
			return true
		}
	}
	return false
}

// Selectivity is the estimated fraction of rows for which e is true.
func (s *Estimator) Selectivity(e expr.Expr) float64 {
	switch x := e.(type) {
	case *expr.Const:
		if x.D.Bool() {
			return 1
		}
		return 0
	case *expr.And:
		return s.Conjunction(x.Args)
	case *expr.Or:
		p := 0.0
		for _, a := range x.Args {
			q := s.Selectivity(a)
			p = p + q - p*q
		}
		return p
	case *expr.Not:
		return clamp(1 - s.Selectivity(x.X))
	case *expr.IsNull:
		return s.isNull(x)
	case *expr.IsBool:
		p := s.Selectivity(x.X)
		if !x.Want {
			p = 1 - p
		}
		if x.Not {
			p = 1 - p
		}
		return clamp(p)
	case *expr.Column:
		return s.boolColumn(x)
	case *expr.Call:
		return s.call(x)
	case *expr.InList:
		return s.inList(x)
	case *expr.RowOrder: // as PostgreSQL, by the first columns
		return s.call(x.Pair(0))
	case *expr.AnyAll:
		return s.anyAll(x)
	case *expr.IsDistinct:
		p := s.equal(x.L, x.R)
		if !x.Not {
			p = 1 - p
		}
		return clamp(p)
	}
	return DefaultBool
}

func clamp(p float64) float64 { return math.Min(math.Max(p, 0), 1) }

// Conjunction is the fraction for which all of args are true: it multiplies, but takes two bounds on one expression as a range.
func (s *Estimator) Conjunction(args []expr.Expr) float64 {
	p := 1.0
	used := make([]bool, len(args))
	for i, a := range args {
		if used[i] {
			continue
		}
		lo, ok := a.(*expr.Call)
		if ok && isBound(lo) {
			for j := i + 1; j < len(args); j++ {
				hi, ok := args[j].(*expr.Call)
				if ok && !used[j] && isBound(hi) && opposite(lo, hi) {
					used[j] = true
					pl, ph := s.Selectivity(lo), s.Selectivity(hi)
					r := pl + ph - 1
					if pl == DefaultIneq && ph == DefaultIneq {
						r = DefaultRange
					}
					p *= math.Max(r, 1e-6)
					used[i] = true
					break
				}
			}
		}
		if !used[i] {
			p *= s.Selectivity(a)
		}
	}
	return p
}

func isBound(c *expr.Call) bool {
	return c.Op != nil && len(c.Args) == 2 && (c.Op.Strategy == 1 || c.Op.Strategy == 2 || c.Op.Strategy == 4 || c.Op.Strategy == 5)
}

func opposite(a, b *expr.Call) bool {
	ca, oa := compared(a.Args[0])
	cb, ob := compared(b.Args[0])
	return ca != nil && cb != nil && oa == ob && ca.Index == cb.Index && (a.Op.Strategy < 3) != (b.Op.Strategy < 3)
}

func (s *Estimator) isNull(x *expr.IsNull) float64 {
	p := DefaultNull
	if c, ok := strip(x.X).(*expr.Column); ok {
		if st, _, _ := s.Col(c.Index); st != nil {
			p = st.NullFrac
		}
	}
	if x.Not {
		return clamp(1 - p)
	}
	return p
}

func (s *Estimator) boolColumn(x *expr.Column) float64 {
	if st, _, _ := s.Col(x.Index); st != nil && x.T.OID == types.BoolOID {
		if p, ok := mcvFraction(st, types.AppendKey(nil, x.T, types.Bool(true), false)); ok {
			return p
		}
	}
	return DefaultBool
}

func (s *Estimator) call(x *expr.Call) float64 {
	if x.Op == nil || len(x.Args) != 2 {
		if x.Fn.RetSet {
			return 1
		}
		return DefaultIneq
	}
	if p, ok := s.ofParts(x); ok {
		return p
	}
	switch x.Op.Name {
	case "=":
		return s.equal(x.Args[0], x.Args[1])
	case "<>":
		return clamp(1 - s.equal(x.Args[0], x.Args[1]))
	case "<", "<=", ">", ">=":
		return s.compare(x)
	case "~~", "~", "~~*", "~*", "@>", "<@", "&&", "?", "?|", "?&", "@@", "@@@", "@?":
		return DefaultMatch
	case "!~~", "!~", "!~~*", "!~*":
		return 1 - DefaultMatch
	}
	if x.Op.Restrict == "matchingsel" {
		return DefaultMatching
	}
	return DefaultIneq
}

// strip removes relabelling.
func strip(e expr.Expr) expr.Expr {
	for {
		switch x := e.(type) {
		case *expr.Relabel:
			e = x.X
		case *expr.Cast:
			if !x.Implicit {
				return e
			}
			e = x.X
		default:
			return e
		}
	}
}

// value is the value of an expression known now: a constant or a given parameter.
func (s *Estimator) value(e expr.Expr) (types.Datum, types.T, bool) {
	switch x := strip(e).(type) {
	case *expr.Const:
		return x.D, x.T, true
	case *expr.Param:
		if x.N < len(s.Params) {
			return s.Params[x.N], x.T, true
		}
	}
	return types.Datum{}, types.T{}, false
}

// equal is the fraction of rows for which l = r.
func (s *Estimator) equal(l, r expr.Expr) float64 {
	lc, order := compared(l)
	rc, other := compared(r)
	lok, rok := lc != nil, rc != nil
	switch {
	case lok && rok:
		return 1 / math.Max(s.distinct(lc), s.distinct(rc))
	case rok:
		lc, r, order = rc, l, other
	case !lok:
		return DefaultEq
	}
	st, rows, unique := s.Col(lc.Index)
	d, t, known := s.value(r)
	if known && d.IsNull() {
		return 0
	}
	if unique {
		return 1 / math.Max(rows, 1)
	}
	if st == nil {
		if lc.T.OID == types.BoolOID {
			return DefaultBool
		}
		return math.Max(1/math.Max(rows, 1), math.Min(DefaultEq, 1))
	}
	if known && order != nil {
		if p := keyFraction(st, lc.T, order, d.Bytes()); p > 0 {
			return p
		}
	} else if known {
		if k, ok := keyOf(lc.T, t, d); ok {
			if p, ok := mcvFraction(st, k); ok {
				return p
			}
		}
	}
	rest := 1 - st.NullFrac
	for _, f := range st.MCF {
		rest -= f
	}
	n := s.distinct(lc) - float64(len(st.MCV))
	if n < 1 {
		n = 1
	}
	if !known && len(st.MCF) > 0 { // any value may come: the average over all values
		return clamp((1 - st.NullFrac) / math.Max(s.distinct(lc), 1))
	}
	return clamp(math.Max(rest, 0) / n)
}

// distinct is the number of values of a column.
func (s *Estimator) distinct(c *expr.Column) float64 {
	st, rows, unique := s.Col(c.Index)
	return Distinct(st, rows, unique, c.T)
}

// Distinct is the number of different values in a column of a table of rows.
func Distinct(st *catalog.ColumnStats, rows float64, unique bool, t types.T) float64 {
	switch {
	case unique:
		return math.Max(rows, 1)
	case st == nil && t.OID == types.BoolOID:
		return 2
	case st == nil || st.Distinct == 0:
		return math.Min(defaultDistinct, math.Max(rows, 1))
	case st.Distinct < 0:
		return math.Max(-st.Distinct*rows, 1)
	}
	return math.Max(st.Distinct, 1)
}

// keyOf encodes a value as the column's statistics do; ok false when the types differ too much.
func keyOf(col, t types.T, d types.Datum) ([]byte, bool) {
	if col.OID != t.OID && !(isInt(col.OID) && isInt(t.OID)) && !(isText(col.OID) && isText(t.OID)) {
		return nil, false
	}
	return types.AppendKey(nil, types.Of(col.OID), d, false), true
}

func isInt(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID || t == types.OidOID
}

func isText(t types.OID) bool {
	return t == types.TextOID || t == types.VarcharOID || t == types.NameOID
}
