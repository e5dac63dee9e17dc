package syscat

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// eachExtData goes through what ANALYZE found for statistics objects, for a table itself and
// for all below it.
func (r *rows) eachExtData(each func(t *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData, whole bool)) {
	for _, t := range r.cat.Tables() {
		s := r.cat.Stats(t.ID)
		if len(t.ExtStatistics) == 0 || s == nil {
			continue
		}
		for _, x := range t.ExtStatistics {
			if d := s.Ext[x.ID]; d != nil {
				each(t, x, d, false)
			}
			if s.Whole != nil && s.Whole.Ext[x.ID] != nil {
				each(t, x, s.Whole.Ext[x.ID], true)
			}
		}
	}
}

// extStatisticsData is pg_statistic_ext_data.
func extStatisticsData(r *rows) {
	r.eachExtData(func(_ *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData, whole bool) {
		r.oid("stxoid", x.ID)
		r.bool("stxdinherit", whole)
		r.extGroups("stxdndistinct", "stxddependencies", d)
		if d.Common != nil {
			r.set("stxdmcv", commonRows(d.Common).Datum())
		}
		r.emit()
	})
}

// extGroups stores what is known of groups of columns.
func (r *rows) extGroups(distinct, depend string, d *catalog.ExtStatisticsData) {
	var list []types.AttrGroup
	for _, g := range d.Distinct {
		list = append(list, types.AttrGroup{Attrs: g.Attrs, Value: float64(g.N)})
	}
	if list != nil {
		r.set(distinct, types.NDistinct(list))
	}
	list = nil
	for _, g := range d.Dependencies {
		list = append(list, types.AttrGroup{Attrs: g.Attrs, Value: g.Degree})
	}
	if list != nil {
		r.set(depend, types.Dependencies(list))
	}
}

func commonRows(c *catalog.CommonRows) *types.CommonRows {
	out := &types.CommonRows{Types: c.Types, Freqs: c.Freqs, Base: c.Base}
	for _, v := range c.Values {
		out.Values = append(out.Values, types.Bytes(v))
	}
	return out
}

// statsExt is pg_stats_ext: the same for the tables whose owner the user is.
func statsExt(r *rows) {
	r.eachExtData(func(t *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData, whole bool) {
		if !r.showsExt(t) {
			return
		}
		r.extNames(t, x)
		names := make([]string, len(x.Attrs))
		for i, a := range x.Attrs {
			names[i] = t.Columns[a-1].Name
		}
		if len(names) > 0 {
			r.strs("attnames", names)
		}
		if len(x.Exprs) > 0 {
			list := make([]string, len(x.Exprs))
			for i, e := range x.Exprs {
				list[i] = r.printer().expr(e)
			}
			r.strs("exprs", list)
		}
		r.kinds("kinds", x)
		r.bool("inherited", whole)
		r.extGroups("n_distinct", "dependencies", d)
		if d.Common != nil {
			r.common(d.Common)
		}
		r.emit()
	})
}

// showsExt reports a table whose statistics objects' data the user may see.
func (r *rows) showsExt(t *catalog.Table) bool {
	return r.cat.HasPrivsOf(r.user(), t.Owner) && !r.cat.RowSecurityFor(t, r.user())
}

// extNames sets the columns that name a statistics object.
func (r *rows) extNames(t *catalog.Table, x *catalog.ExtStatistics) {
	r.text("schemaname", r.cat.SchemaName(t.Schema))
	r.text("tablename", t.Name)
	r.text("statistics_schemaname", r.cat.SchemaName(x.Schema))
	r.text("statistics_name", x.Name)
	r.text("statistics_owner", roleName(r.cat, x.Owner))
}

// format is how the session shows values.
func (r *rows) format() *types.Format {
	if s, ok := r.env.(interface{ TextFormat() *types.Format }); ok {
		return s.TextFormat()
	}
	return types.DefaultFormat
}

// common stores the most common combinations of values.
func (r *rows) common(c *catalog.CommonRows) {
	values, nulls := commonRows(c).Shown(r.format())
	r.set("most_common_vals", values)
	r.set("most_common_val_nulls", nulls)
	for _, col := range []struct {
		name string
		list []float64
	}{{"most_common_freqs", c.Freqs}, {"most_common_base_freqs", c.Base}} {
		r.list.Reset(types.Float8OID)
		for _, f := range col.list {
			r.list.Append(types.Float(f))
		}
		r.set(col.name, r.list.Array().Clone())
	}
}

// statsExtExprs is pg_stats_ext_exprs, what ANALYZE found of statistics objects' expressions.
func statsExtExprs(r *rows) {
	r.eachExtData(func(t *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData, whole bool) {
		if !r.showsExt(t) {
			return
		}
		for i, e := range x.Exprs {
			if i >= len(d.Exprs) {
				break
			}
			r.extNames(t, x)
			r.text("expr", r.printer().expr(e))
			r.bool("inherited", whole)
			r.columnStats(d.Exprs[i].Type, &d.Exprs[i].ColumnStats)
			r.emit()
		}
	})
}

// kinds stores the kinds of a statistics object.
func (r *rows) kinds(col string, x *catalog.ExtStatistics) {
	r.list.Reset(types.CharOID)
	for _, k := range []byte(x.Kinds) {
		r.list.Append(types.Int(int64(k)))
	}
	r.set(col, r.list.Array().Clone())
}
