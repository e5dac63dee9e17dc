package syscat

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// eachExtData goes through what ANALYZE found for statistics objects.
func (r *rows) eachExtData(each func(*catalog.Table, *catalog.ExtStatistics, *catalog.ExtStatisticsData)) {
	for _, t := range r.cat.Tables() {
		if len(t.ExtStatistics) == 0 {
			continue
		}
		s := r.cat.Stats(t.ID)
		if s == nil {
			continue
		}
		for _, x := range t.ExtStatistics {
			if d := s.Ext[x.ID]; d != nil {
				each(t, x, d)
			}
		}
	}
}

// extStatisticsData is pg_statistic_ext_data. There are no lists of most common values and
// no statistics of expressions.
func extStatisticsData(r *rows) {
	r.eachExtData(func(_ *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData) {
		r.oid("stxoid", x.ID)
		r.bool("stxdinherit", false)
		r.opt("stxdndistinct", distinctText(d.Distinct))
		r.opt("stxddependencies", dependenciesText(d.Dependencies))
		r.emit()
	})
}

// statsExt is pg_stats_ext: the same for the tables whose owner the user is.
func statsExt(r *rows) {
	user := r.user()
	r.eachExtData(func(t *catalog.Table, x *catalog.ExtStatistics, d *catalog.ExtStatisticsData) {
		if !r.cat.HasPrivsOf(user, t.Owner) || r.cat.RowSecurityFor(t, user) {
			return
		}
		r.text("schemaname", r.cat.SchemaName(t.Schema))
		r.text("tablename", t.Name)
		r.text("statistics_schemaname", r.cat.SchemaName(x.Schema))
		r.text("statistics_name", x.Name)
		r.text("statistics_owner", roleName(r.cat, x.Owner))
		names := make([]string, len(x.Attrs))
		for i, a := range x.Attrs {
			names[i] = t.Columns[a-1].Name
		}
		r.strs("attnames", names)
		r.kinds("kinds", x)
		r.bool("inherited", false)
		r.opt("n_distinct", distinctText(d.Distinct))
		r.opt("dependencies", dependenciesText(d.Dependencies))
		r.emit()
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

// distinctText is how a pg_ndistinct shows, "" for none.
func distinctText(list []catalog.GroupDistinct) string {
	items := make([]string, len(list))
	for i, g := range list {
		items[i] = `"` + attrsText(g.Attrs) + `": ` + strconv.FormatInt(g.N, 10)
	}
	return braced(items)
}

// dependenciesText is how a pg_dependencies shows, "" for none.
func dependenciesText(list []catalog.ColumnDependency) string {
	items := make([]string, len(list))
	for i, d := range list {
		last := len(d.Attrs) - 1
		items[i] = `"` + attrsText(d.Attrs[:last]) + " => " + attrsText(d.Attrs[last:]) + `": ` + strconv.FormatFloat(d.Degree, 'f', 6, 64)
	}
	return braced(items)
}

func braced(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func attrsText(attrs []int16) string {
	list := make([]string, len(attrs))
	for i, a := range attrs {
		list[i] = strconv.Itoa(int(a))
	}
	return strings.Join(list, ", ")
}
