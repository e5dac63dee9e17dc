package syscat

import "github.com/loxodb/loxodb/sql/catalog"

var _ = register("information_schema", map[string]generator{
	"routine_column_usage":   infoRoutineColumns,
	"routine_routine_usage":  infoRoutineRoutines,
	"routine_sequence_usage": infoRoutineSequences,
	"routine_table_usage":    infoRoutineTables,
	"view_routine_usage":     infoViewRoutines,
})

// routineReads calls put for each relation, or column of one, that a routine of users needs
// and whose owner the user is.
func (r *rows) routineReads(put func(f *catalog.Function, x Reading)) {
	user := r.user()
	for _, f := range r.cat.AllFunctions() {
		if r.done() {
			return
		}
		reads, _ := r.functionUses(f)
		for _, x := range reads {
			owner := catalog.ID(0)
			if t, ok := r.cat.TableByID(x.Table); ok {
				owner = t.Owner
			} else if s, ok := r.cat.SequenceByID(x.Table); ok {
				owner = s.Owner
			}
			if owner != 0 && r.cat.HasPrivsOf(user, owner) {
				put(f, x)
			}
		}
	}
}

// routine stores a routine's names, by which it is told apart and by which it is called.
func (r *rows) routine(f *catalog.Function) {
	schema := r.cat.SchemaName(f.Schema)
	r.names("specific", schema, specificName(f))
	r.names("routine", schema, f.Name)
}

func infoRoutineColumns(r *rows) {
	r.routineReads(func(f *catalog.Function, x Reading) {
		t, ok := r.cat.TableByID(x.Table)
		if !ok || t.Kind == catalog.KindMatView {
			return
		}
		if c := t.Column(x.Attr); c != nil {
			r.routine(f)
			r.names("table", r.cat.SchemaName(t.Schema), t.Name)
			r.text("column_name", c.Name)
			r.emit()
		}
	})
}

func infoRoutineTables(r *rows) {
	type use struct{ routine, table catalog.ID }
	seen := map[use]bool{}
	r.routineReads(func(f *catalog.Function, x Reading) {
		t, ok := r.cat.TableByID(x.Table)
		if !ok || t.Kind == catalog.KindMatView || seen[use{f.ID, t.ID}] {
			return
		}
		seen[use{f.ID, t.ID}] = true
		r.routine(f)
		r.names("table", r.cat.SchemaName(t.Schema), t.Name)
		r.emit()
	})
}

func infoRoutineSequences(r *rows) {
	r.routineReads(func(f *catalog.Function, x Reading) {
		if s, ok := r.cat.SequenceByID(x.Table); ok {
			r.routine(f)
			r.names("sequence", r.cat.SchemaName(s.Schema), s.Name)
			r.emit()
		}
	})
}

// isRoutine tells functions and procedures from aggregates and window functions.
func isRoutine(f *catalog.Function) bool { return f.Kind == 'f' || f.Kind == 'p' }

func infoRoutineRoutines(r *rows) {
	for _, f := range r.cat.AllFunctions() {
		if r.done() {
			return
		}
		_, calls := r.functionUses(f)
		for _, id := range calls {
			g, ok := r.cat.FunctionByID(id)
			if !ok || !isRoutine(f) || !isRoutine(g) || !r.cat.HasPrivsOf(r.user(), g.Owner) {
				continue
			}
			r.names("specific", r.cat.SchemaName(f.Schema), specificName(f))
			r.names("routine", r.cat.SchemaName(g.Schema), specificName(g))
			r.emit()
		}
	}
}

// infoViewRoutines are the functions of users that views call.
func infoViewRoutines(r *rows) {
	d, ok := r.env.(FunctionReader)
	if !ok || !r.cat.HasFunctions() {
		return
	}
	for _, v := range r.relations() {
		if v.Kind != catalog.KindView || r.done() {
			continue
		}
		for _, id := range d.FunctionCalls(v.ViewSQL) {
			f, ok := r.cat.FunctionByID(id)
			if !ok || !r.cat.HasPrivsOf(r.user(), f.Owner) {
				continue
			}
			r.names("table", r.cat.SchemaName(v.Schema), v.Name)
			r.names("specific", r.cat.SchemaName(f.Schema), specificName(f))
			r.emit()
		}
	}
}
