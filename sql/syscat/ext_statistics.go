package syscat

import (
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_statistic_ext":      extStatistics,
	"pg_statistic_ext_data": extStatisticsData,
	"pg_stats_ext":          statsExt,
	"pg_stats_ext_exprs":    statsExtExprs,
})

// extStatistics are the statistics objects.
func extStatistics(r *rows) {
	for _, t := range r.cat.Tables() {
		for _, x := range t.ExtStatistics {
			r.oid("oid", x.ID)
			r.oid("stxrelid", t.ID)
			r.text("stxname", x.Name)
			r.oid("stxnamespace", x.Schema)
			r.oid("stxowner", x.Owner)
			r.int("stxstattarget", int64(x.Target)-1)
			vector(r, "stxkeys", x.Attrs)
			r.kinds("stxkind", x)
			r.opt("stxexprs", strings.Join(x.Exprs, ", "))
			r.emit()
		}
	}
}

// statisticsDepends is what pg_depend knows of a table's statistics objects.
func (r *rows) statisticsDepends(t *catalog.Table) {
	for _, x := range t.ExtStatistics {
		r.depend(classStatistics, x.ID, 0, classNamespace, x.Schema, 0, depNormal)
		for _, a := range x.Attrs {
			r.depend(classStatistics, x.ID, 0, classRelation, t.ID, a, depAuto)
		}
		if len(x.Attrs) == 0 {
			r.depend(classStatistics, x.ID, 0, classRelation, t.ID, 0, depAuto)
		}
		r.exprDepends(classStatistics, x.ID, t, depAuto, x.Exprs...)
	}
}

// describeStatistics names a statistics object, "" for none.
func (p *Printer) describeStatistics(id catalog.ID) string {
	_, x := p.Catalog.ExtStatisticsByID(id)
	if x == nil {
		return ""
	}
	return "statistics object " + p.relName(x.Schema, x.Name)
}

// statisticsKinds are the names of kinds, in the order in which they are shown.
var statisticsKinds = []struct {
	kind byte
	name string
}{{'d', "ndistinct"}, {'f', "dependencies"}, {'m', "mcv"}}

// StatisticsDef is pg_get_statisticsobjdef, or with columns alone
// pg_get_statisticsobjdef_columns; ok is false when there is no such object.
func (p *Printer) StatisticsDef(id catalog.ID, columns bool) (text string, ok bool) {
	t, x := p.Catalog.ExtStatisticsByID(id)
	if x == nil {
		return "", false
	}
	var parts []string
	for _, a := range x.Attrs {
		parts = append(parts, p.ident(t.Columns[a-1].Name))
	}
	for _, e := range x.Exprs {
		shown := p.flat(e)
		if !looksLikeCall(shown) {
			shown = "(" + shown + ")"
		}
		parts = append(parts, shown)
	}
	list := strings.Join(parts, ", ")
	if columns {
		return list, true
	}
	var kinds []string
	for _, k := range statisticsKinds {
		if strings.IndexByte(x.Kinds, k.kind) >= 0 {
			kinds = append(kinds, k.name)
		}
	}
	text = "CREATE STATISTICS " + p.qualified(x.Schema, x.Name)
	if len(kinds) > 0 && len(kinds) < len(statisticsKinds) {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	return text + " ON " + list + " FROM " + p.relName(t.Schema, t.Name), true
}
