package syscat

import "github.com/loxodb/loxodb/sql/catalog"

// userAggregates are the rows of pg_aggregate of aggregates that users made.
func (r *rows) userAggregates() {
	for _, f := range r.cat.AllFunctions() {
		a := f.Agg
		if a == nil {
			continue
		}
		m := a.Moving
		if m == nil {
			m = &catalog.Moving{FinalModify: a.FinalModify}
		}
		r.oid("aggfnoid", f.ID)
		r.char("aggkind", a.Kind)
		r.int("aggnumdirectargs", int64(a.Direct))
		for _, c := range []struct {
			column string
			id     catalog.ID
		}{
			{"aggtransfn", a.Trans}, {"aggfinalfn", a.Final}, {"aggcombinefn", a.Combine}, {"aggserialfn", a.Serial}, {"aggdeserialfn", a.Deserial},
			{"aggmtransfn", m.Trans}, {"aggminvtransfn", m.Inverse}, {"aggmfinalfn", m.Final},
			{"aggsortop", a.SortOp}, {"aggtranstype", a.TransType.OID}, {"aggmtranstype", m.TransType.OID},
		} {
			r.oid(c.column, c.id)
		}
		r.bools(a.FinalExtra, "aggfinalextra")
		r.bools(m.FinalExtra, "aggmfinalextra")
		r.char("aggfinalmodify", a.FinalModify)
		r.char("aggmfinalmodify", m.FinalModify)
		r.int("aggtransspace", int64(a.Space))
		r.int("aggmtransspace", int64(m.Space))
		if a.Init != nil {
			r.text("agginitval", *a.Init)
		}
		if m.Init != nil {
			r.text("aggminitval", *m.Init)
		}
		r.emit()
	}
}
