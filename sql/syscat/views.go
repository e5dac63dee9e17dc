package syscat

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_tables":    pgTables,
	"pg_indexes":   pgIndexes,
	"pg_views":     pgViews,
	"pg_matviews":  pgMatViews,
	"pg_rules":     pgRules,
	"pg_sequences": pgSequences,
})

// roleName is pg_get_userbyid.
func roleName(c *catalog.Snapshot, id catalog.ID) string {
	if x, ok := c.RoleByID(id); ok {
		return x.Name
	}
	return ""
}

func pgTables(r *rows) {
	owner := roleName(r.cat, catalog.BootstrapRoleID)
	for _, t := range Tables() {
		if t.Kind == 'r' {
			of := bornTables()[t.OID]
			r.opt("tablespace", bornTablespace(t.OID))
			r.pgTable(t.Schema, t.Name, owner, of != nil && len(of.Indexes) > 0, false, false, false)
		}
	}
	for _, t := range r.cat.Tables() {
		if t.Kind == catalog.KindTable {
			r.pgTable(r.cat.SchemaName(t.Schema), t.Name, roleName(r.cat, t.Owner), len(t.Indexes) > 0,
				false, hasTriggers(r.cat, t), t.RowSecurity)
		}
	}
}

func (r *rows) pgTable(schema, name, owner string, indexes, rules, triggers, rowSecurity bool) {
	r.text("schemaname", schema)
	r.text("tablename", name)
	r.text("tableowner", owner)
	r.bool("hasindexes", indexes)
	r.bool("hasrules", rules)
	r.bool("hastriggers", triggers)
	r.bool("rowsecurity", rowSecurity)
	r.emit()
}

// bornTablespace is where what a database is born with is kept: "" is the database's own
// tablespace.
func bornTablespace(id catalog.ID) string {
	const place = 8 // of reltablespace in a row of pg_class
	o := bornClasses().byOID[id]
	if o == nil || o.row[place] == "0" {
		return ""
	}
	for _, f := range bornRows("pg_tablespace") {
		if f[0] == o.row[place] {
			return f[1]
		}
	}
	return ""
}

func pgIndexes(r *rows) {
	defs := r.printer()
	put := func(t *catalog.Table) {
		for _, x := range t.Indexes {
			def, _ := defs.IndexDef(x.ID, 0)
			r.text("schemaname", schemaName(r.cat, t.Schema))
			r.text("tablename", t.Name)
			r.text("indexname", x.Name)
			r.opt("tablespace", bornTablespace(x.ID))
			r.text("indexdef", def)
			r.emit()
		}
	}
	for _, t := range Tables() {
		if of := bornTables()[t.OID]; of != nil {
			put(of)
		}
	}
	for _, t := range r.cat.Tables() {
		put(t)
	}
}

func pgViews(r *rows) {
	defs := r.printer()
	owner := roleName(r.cat, catalog.BootstrapRoleID)
	for _, t := range Tables() {
		if t.Kind == 'v' {
			r.text("schemaname", t.Schema)
			r.text("viewname", t.Name)
			r.text("viewowner", owner)
			r.emit()
		}
	}
	for _, t := range r.cat.Tables() {
		if t.Kind == catalog.KindView {
			def, _ := defs.ViewDef(t.ID, 0)
			r.text("schemaname", r.cat.SchemaName(t.Schema))
			r.text("viewname", t.Name)
			r.text("viewowner", roleName(r.cat, t.Owner))
			r.text("definition", def)
			r.emit()
		}
	}
}

func pgMatViews(r *rows) {
	defs := r.printer()
	for _, t := range r.cat.Tables() {
		if t.Kind != catalog.KindMatView {
			continue
		}
		def, _ := defs.ViewDef(t.ID, 0)
		r.text("schemaname", r.cat.SchemaName(t.Schema))
		r.text("matviewname", t.Name)
		r.text("matviewowner", roleName(r.cat, t.Owner))
		r.bool("hasindexes", len(t.Indexes) > 0)
		r.bool("ispopulated", !t.Unpopulated)
		r.text("definition", def)
		r.emit()
	}
}

// pgRules shows no row: the view leaves out the _RETURN rules, and there are no
// others.
func pgRules(*rows) {}

func pgSequences(r *rows) {
	live, _ := r.env.(Live)
	for _, s := range r.cat.Sequences() {
		r.text("schemaname", r.cat.SchemaName(s.Schema))
		r.text("sequencename", s.Name)
		r.text("sequenceowner", roleName(r.cat, s.Owner))
		r.oid("data_type", s.Type)
		r.int("start_value", s.Start)
		r.int("min_value", s.Min)
		r.int("max_value", s.Max)
		r.int("increment_by", s.Increment)
		r.bool("cycle", s.Cycle)
		r.int("cache_size", s.Cache)
		o := catalog.Object{Class: catalog.SequenceClass, ID: s.ID}
		if live != nil && r.cat.Allowed(o, s.Owner, r.user(), catalog.PrivSelect|catalog.PrivUsage) != 0 {
			if last, called, ok := live.SequenceValue(r.ctx, s.ID); ok && called {
				r.set("last_value", types.Int(last))
			}
		}
		r.emit()
	}
}
