package syscat

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("information_schema", map[string]generator{
	"routines":   infoRoutines,
	"parameters": infoParameters,
})

func specificName(f *catalog.Function) string { return fmt.Sprintf("%s_%d", f.Name, f.ID) }

// eachRoutine calls f for every function that the user may call or owns.
func (r *rows) eachRoutine(f func(v *viewer, x *catalog.Function)) {
	v := r.viewer()
	r.everyRoutine(func(x *catalog.Function) {
		if v.object(catalog.FunctionClass, x.ID, x.Owner, catalog.PrivExecute) {
			f(v, x)
		}
	})
}

// everyRoutine calls put for all functions there are, as if users had made them.
func (r *rows) everyRoutine(put func(x *catalog.Function)) {
	system := func(x *systemFunction) {
		if x != nil && !r.done() {
			x.Owner = catalog.BootstrapRoleID
			put(&x.Function)
		}
	}
	for _, row := range bornRows("pg_proc") {
		system(bornFunction(bornProcs().byOID[number(row[0])]))
	}
	p := r.printer()
	for _, x := range builtin.AllFunctions() {
		if bornProcs().byOID[x.OID] == nil {
			system(p.systemFunction(x.OID))
		}
	}
	for _, x := range r.cat.AllFunctions() {
		put(x)
	}
}

// routineType stores a type of a routine's argument or result in data_type and in the
// columns that name it.
func (r *rows) routineType(prefix string, id catalog.ID) {
	r.dataType(types.Of(id))
	if info := types.Lookup(id); info != nil {
		r.names(prefix, schemaName(r.cat, builtin.TypeSchema(r.cat, info)), info.Name)
		return
	}
	o, ok := ObjectByID(TypeClass, id) // one that has no values here
	if !ok {
		return
	}
	if r.text("data_type", o.Name); o.Elem != 0 {
		r.text("data_type", "ARRAY")
	}
	r.names(prefix, schemaName(r.cat, o.Schema), o.Name)
}

func infoRoutines(r *rows) {
	r.eachRoutine(func(v *viewer, f *catalog.Function) {
		schema := schemaName(r.cat, f.Schema)
		r.names("specific", schema, specificName(f))
		r.names("routine", schema, f.Name)
		switch {
		case f.IsProcedure():
			r.text("routine_type", "PROCEDURE")
		case f.Kind == 'f':
			r.text("routine_type", "FUNCTION")
		}
		if !f.IsProcedure() {
			r.routineType("type_udt", f.RetID())
			r.text("dtd_identifier", "0")
			r.yes("is_null_call", f.Strict)
		}
		r.text("routine_body", "EXTERNAL")
		if f.Language == "sql" {
			r.text("routine_body", "SQL")
		}
		if v.owns(f.Owner) {
			r.text("routine_definition", f.Body)
		}
		if f.Language == "c" {
			r.text("external_name", f.Body)
		}
		r.text("external_language", strings.ToUpper(f.Language))
		r.text("parameter_style", "GENERAL")
		r.yes("is_deterministic", f.Volatility == 'i')
		r.text("sql_data_access", "MODIFIES")
		r.text("schema_level_routine", "YES")
		r.int("max_dynamic_result_sets", 0)
		r.text("security_type", map[bool]string{true: "DEFINER", false: "INVOKER"}[f.Definer])
		r.text("as_locator", "NO")
		r.text("is_udt_dependent", "NO")
		r.emit()
	})
}

func infoParameters(r *rows) {
	modes := map[byte]string{'i': "IN", 'v': "IN", 'o': "OUT", 't': "OUT", 'b': "INOUT"}
	p := r.printer()
	r.eachRoutine(func(v *viewer, f *catalog.Function) {
		for i := range f.Args {
			a := &f.Args[i]
			r.names("specific", schemaName(r.cat, f.Schema), specificName(f))
			r.int("ordinal_position", int64(i+1))
			r.text("parameter_mode", modes[a.Mode])
			r.text("is_result", "NO")
			r.text("as_locator", "NO")
			r.opt("parameter_name", a.Name)
			r.routineType("udt", a.TypeID())
			r.text("dtd_identifier", strconv.Itoa(i+1))
			if a.Default != "" && v.owns(f.Owner) {
				r.text("parameter_default", p.expr(a.Default))
			}
			r.emit()
		}
	})
}
