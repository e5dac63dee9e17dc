package syscat

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{"pg_trigger": pgTriggers})

var _ = register("information_schema", map[string]generator{
	"triggers":                 infoTriggers,
	"triggered_update_columns": infoTriggerColumns,
})

const classTrigger catalog.ID = 2620

func pgTriggers(r *rows) {
	for _, t := range r.cat.Tables() {
		if r.done() {
			return
		}
		for _, g := range t.Triggers {
			r.userTrigger(t, g)
		}
		eachInternal(r.cat, t, func(own *catalog.Table, c *catalog.Constraint, i int) { r.internalTrigger(t, own, c, i) })
	}
}

// eachInternal calls each with the triggers on a table that stand for constraints. Those of a
// foreign key that looks after what is referred to are those of the whole key, once, and of its
// parts.
func eachInternal(cat *catalog.Snapshot, t *catalog.Table, each func(own *catalog.Table, c *catalog.Constraint, i int)) {
	cat.EachInternalTrigger(t, func(own *catalog.Table, c *catalog.Constraint, i int) {
		referenced := c.Kind == catalog.ForeignConstraint && (i == catalog.ReferencedDelete || i == catalog.ReferencedUpdate)
		if !referenced || c.Parent == 0 {
			each(own, c, i)
		}
	})
	cat.PartsOn(t, func(own *catalog.Table, _, part *catalog.Constraint) {
		each(own, part, catalog.ReferencedDelete)
		each(own, part, catalog.ReferencedUpdate)
	})
}

func (r *rows) userTrigger(t *catalog.Table, g *catalog.Trigger) {
	r.oid("oid", g.ID)
	r.oid("tgrelid", t.ID)
	r.oid("tgparentid", g.Parent)
	r.text("tgname", g.Name)
	r.oid("tgfoid", g.Function)
	r.int("tgtype", int64(g.Kind))
	r.char("tgenabled", byte(g.Enabled()))
	r.bool("tgisinternal", false)
	r.oid("tgconstrrelid", g.RefTable)
	r.oid("tgconstrindid", 0)
	r.oid("tgconstraint", g.Constraint)
	r.bool("tgdeferrable", g.Deferrable)
	r.bool("tginitdeferred", g.Deferred)
	r.int("tgnargs", int64(len(g.Args)))
	vector(r, "tgattr", g.Columns)
	var args strings.Builder
	for _, a := range g.Args {
		args.WriteString(a + "\x00")
	}
	r.set("tgargs", types.String(args.String()))
	r.opt("tgqual", g.When)
	r.opt("tgoldtable", g.OldTable)
	r.opt("tgnewtable", g.NewTable)
	r.emit()
}

// internalTrigger is the row of a trigger that stands for a constraint.
func (r *rows) internalTrigger(t, own *catalog.Table, c *catalog.Constraint, i int) {
	g := standIn(own, c, i)
	r.oid("oid", g.ID)
	r.oid("tgrelid", t.ID)
	r.oid("tgparentid", 0)
	if c.Kind == catalog.ForeignConstraint && c.Parent != 0 {
		r.oid("tgparentid", (&catalog.Constraint{ID: c.Parent}).TriggerID(i))
	}
	r.text("tgname", g.Name)
	r.oid("tgfoid", g.Function)
	r.int("tgtype", int64(g.Kind))
	r.char("tgenabled", byte(c.TriggerState(i)))
	r.bool("tgisinternal", true)
	r.oid("tgconstrrelid", g.RefTable)
	r.oid("tgconstrindid", c.Index)
	r.oid("tgconstraint", c.ID)
	r.bool("tgdeferrable", g.Deferrable)
	r.bool("tginitdeferred", g.Deferred)
	r.int("tgnargs", 0)
	vector(r, "tgattr", []int16(nil))
	r.set("tgargs", types.String(""))
	r.emit()
}

// deferrableFunction reports the functions of foreign keys that may run late: checks.
// What changes other rows does so at once.
func deferrableFunction(name string) bool {
	return strings.HasPrefix(name, "RI_FKey_check") || strings.HasPrefix(name, "RI_FKey_noaction")
}

// internalFunction is the function of a trigger that stands for a constraint.
func internalFunction(c *catalog.Constraint, i int) (string, catalog.TriggerKind) {
	if c.Kind != catalog.ForeignConstraint {
		return "unique_key_recheck", catalog.TriggerRow | catalog.TriggerInsert | catalog.TriggerUpdate
	}
	actions := map[byte]string{'r': "restrict", 'c': "cascade", 'n': "setnull", 'd': "setdefault"}
	action := func(b byte) string {
		if a := actions[b]; a != "" {
			return a
		}
		return "noaction"
	}
	switch i {
	case catalog.ReferencedDelete:
		return "RI_FKey_" + action(c.OnDelete) + "_del", catalog.TriggerRow | catalog.TriggerDelete
	case catalog.ReferencedUpdate:
		return "RI_FKey_" + action(c.OnUpdate) + "_upd", catalog.TriggerRow | catalog.TriggerUpdate
	case catalog.ReferringInsert:
		return "RI_FKey_check_ins", catalog.TriggerRow | catalog.TriggerInsert
	}
	return "RI_FKey_check_upd", catalog.TriggerRow | catalog.TriggerUpdate
}

// hasTriggers is pg_class.relhastriggers.
func hasTriggers(c *catalog.Snapshot, t *catalog.Table) bool {
	found := len(t.Triggers) > 0
	eachInternal(c, t, func(*catalog.Table, *catalog.Constraint, int) { found = true })
	return found
}

// triggerDepends emits what a table's triggers depend on.
func (r *rows) triggerDepends(t *catalog.Table) {
	for _, g := range t.Triggers {
		if g.Function >= catalog.DatabaseID {
			r.depend(classTrigger, g.ID, 0, classProc, g.Function, 0, depNormal)
		}
		r.depend(classTrigger, g.ID, 0, classRelation, t.ID, 0, depAuto)
		if g.Parent != 0 {
			r.depend(classTrigger, g.ID, 0, classTrigger, g.Parent, 0, depPartition)
			r.depend(classTrigger, g.ID, 0, classRelation, t.ID, 0, depSecond)
		}
		if g.RefTable != 0 {
			r.depend(classTrigger, g.ID, 0, classRelation, g.RefTable, 0, depAuto)
		}
		if g.Constraint != 0 {
			r.depend(classConstr, g.Constraint, 0, classTrigger, g.ID, 0, depInternal)
			r.depend(classConstr, g.Constraint, 0, classRelation, t.ID, 0, depAuto)
		}
		for _, a := range g.Columns {
			r.depend(classTrigger, g.ID, 0, classRelation, t.ID, a, depNormal)
		}
		r.exprDepends(classTrigger, g.ID, t, depNormal, g.When)
	}
	eachInternal(r.cat, t, func(_ *catalog.Table, c *catalog.Constraint, i int) {
		r.depend(classTrigger, c.TriggerID(i), 0, classConstr, c.ID, 0, depInternal)
	})
}

// TriggerDef is pg_get_triggerdef(trigger).
func (p *Printer) TriggerDef(id catalog.ID) (text string, ok bool) {
	for _, t := range p.Catalog.Tables() {
		for _, g := range t.Triggers {
			if g.ID == id {
				return p.triggerText(t, g), true
			}
		}
		eachInternal(p.Catalog, t, func(own *catalog.Table, c *catalog.Constraint, i int) {
			if c.TriggerID(i) == id {
				text, ok = p.triggerText(t, standIn(own, c, i)), true
			}
		})
		if ok {
			return text, ok
		}
	}
	return "", false
}

// standIn is the trigger that stands for a constraint, as a trigger.
func standIn(own *catalog.Table, c *catalog.Constraint, i int) *catalog.Trigger {
	function, kind := internalFunction(c, i)
	g := &catalog.Trigger{ID: c.TriggerID(i), Name: c.TriggerName(i), Kind: kind, Function: procOID(function),
		Constraint: c.ID, Deferrable: c.Deferrable, Deferred: c.Deferred}
	if c.Kind == catalog.ForeignConstraint {
		if g.RefTable = own.ID; i == catalog.ReferringInsert || i == catalog.ReferringUpdate {
			g.RefTable = c.RefTable
		}
		if !deferrableFunction(function) {
			g.Deferrable, g.Deferred = false, false
		}
	}
	return g
}

func (p *Printer) triggerText(t *catalog.Table, g *catalog.Trigger) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if g.Constraint != 0 {
		b.WriteString("CONSTRAINT ")
	}
	table := p.qualified(t.Schema, t.Name)
	if p.Pretty {
		table = p.relName(t.Schema, t.Name)
	}
	b.WriteString("TRIGGER " + p.ident(g.Name) + " " + timing(g) + " " + p.events(t, g) + " ON " + table + " ")
	if g.Constraint != 0 {
		b.WriteString(p.constraintClauses(g))
	}
	if g.OldTable != "" || g.NewTable != "" {
		b.WriteString("REFERENCING ")
		if g.OldTable != "" {
			b.WriteString("OLD TABLE AS " + p.ident(g.OldTable) + " ")
		}
		if g.NewTable != "" {
			b.WriteString("NEW TABLE AS " + p.ident(g.NewTable) + " ")
		}
	}
	b.WriteString("FOR EACH " + orientation(g) + " ")
	if g.When != "" {
		b.WriteString("WHEN (" + p.laid(g.When, Layout{Indent: 8}) + ") ")
	}
	b.WriteString(p.triggerAction(g))
	return b.String()
}

func timing(g *catalog.Trigger) string {
	switch {
	case g.Is(catalog.TriggerBefore):
		return "BEFORE"
	case g.Is(catalog.TriggerInstead):
		return "INSTEAD OF"
	}
	return "AFTER"
}

func orientation(g *catalog.Trigger) string {
	if g.Is(catalog.TriggerRow) {
		return "ROW"
	}
	return "STATEMENT"
}

// triggerEventNames are the events in the order in which PostgreSQL writes them.
var triggerEventNames = []struct {
	event catalog.TriggerKind
	name  string
}{{catalog.TriggerInsert, "INSERT"}, {catalog.TriggerDelete, "DELETE"}, {catalog.TriggerUpdate, "UPDATE"}, {catalog.TriggerTruncate, "TRUNCATE"}}

func (p *Printer) events(t *catalog.Table, g *catalog.Trigger) string {
	var l []string
	for _, e := range triggerEventNames {
		if !g.Is(e.event) {
			continue
		}
		s := e.name
		if e.event == catalog.TriggerUpdate && len(g.Columns) > 0 {
			s += " OF " + p.columnList(t, g.Columns)
		}
		l = append(l, s)
	}
	return strings.Join(l, " OR ")
}

func (p *Printer) constraintClauses(g *catalog.Trigger) (s string) {
	if ref, ok := p.Catalog.TableByID(g.RefTable); ok {
		s = "FROM " + p.relName(ref.Schema, ref.Name) + " "
	}
	if !g.Deferrable {
		s += "NOT "
	}
	s += "DEFERRABLE INITIALLY "
	if g.Deferred {
		return s + "DEFERRED "
	}
	return s + "IMMEDIATE "
}

func (p *Printer) triggerAction(g *catalog.Trigger) string {
	args := make([]string, len(g.Args))
	for i, a := range g.Args {
		args[i] = "'" + strings.ReplaceAll(a, "'", "''") + "'" // never as E'', which QuoteLiteral may take
	}
	return "EXECUTE FUNCTION " + p.functionName(g.Function) + "(" + strings.Join(args, ", ") + ")"
}

// functionName is a function's name, qualified unless it is visible.
func (p *Printer) functionName(id catalog.ID) string {
	if f := builtin.FuncByOID(id); f != nil {
		return p.ident(f.Name)
	}
	if f, ok := p.Catalog.FunctionByID(id); ok {
		if p.Function != nil {
			return p.Function(f)
		}
		return p.qualified(f.Schema, f.Name)
	}
	return "???"
}

// infoTriggers is information_schema.triggers: a row an event. TRUNCATE is none there.
func infoTriggers(r *rows) {
	defs, v := r.printer(), r.viewer()
	for _, t := range r.relations() {
		if len(t.Triggers) == 0 || !v.relation(t.ID, t.Owner, changeRights) {
			continue
		}
		order := map[catalog.TriggerKind]int64{}
		schema := r.cat.SchemaName(t.Schema)
		for _, e := range triggerEventNames[:3] {
			for _, g := range t.Triggers { // by name
				if !g.Is(e.event) {
					continue
				}
				k := e.event | g.Kind&(catalog.TriggerRow|catalog.TriggerBefore|catalog.TriggerInstead)
				order[k]++
				r.names("trigger", schema, g.Name)
				r.text("event_manipulation", e.name)
				r.text("event_object_catalog", r.env.Database())
				r.text("event_object_schema", schema)
				r.text("event_object_table", t.Name)
				r.int("action_order", order[k])
				if g.When != "" && v.owns(t.Owner) {
					r.text("action_condition", shownCondition(defs.triggerText(t, g)))
				}
				r.text("action_statement", defs.triggerAction(g))
				r.text("action_orientation", orientation(g))
				r.text("action_timing", timing(g))
				r.opt("action_reference_old_table", g.OldTable)
				r.opt("action_reference_new_table", g.NewTable)
				r.emit()
			}
		}
	}
}

// shownCondition takes a trigger's condition out of its definition as the view does: behind the
// last WHEN that is followed by a parenthesis, be it one of CASE.
func shownCondition(def string) string {
	const word, least = " WHEN (", 35
	def = def[:strings.LastIndex(def, ") EXECUTE FUNCTION")]
	if at := strings.LastIndex(def[:len(def)-1], word); at >= least {
		return def[at+len(word):]
	}
	return ""
}

func infoTriggerColumns(r *rows) {
	v := r.viewer()
	for _, t := range r.relations() {
		schema := r.cat.SchemaName(t.Schema)
		for _, g := range t.Triggers {
			cols := slices.Clone(g.Columns)
			slices.SortFunc(cols, cmp.Compare[int16])
			for _, a := range cols {
				if !v.column(t.ID, t.Owner, a, changeRights&columnRights) {
					continue
				}
				r.names("trigger", schema, g.Name)
				r.text("event_object_catalog", r.env.Database())
				r.text("event_object_schema", schema)
				r.text("event_object_table", t.Name)
				r.text("event_object_column", t.Columns[a-1].Name)
				r.emit()
			}
		}
	}
}
