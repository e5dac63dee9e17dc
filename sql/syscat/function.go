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

const (
	langSQL     catalog.ID = 14
	langPLpgSQL catalog.ID = 13563
)

// userProc is the row of pg_proc of a function that a user made.
func (r *rows) userProc(f *catalog.Function) {
	r.oid("oid", f.ID)
	r.text("proname", f.Name)
	r.oid("pronamespace", f.Schema)
	r.oid("proowner", f.Owner)
	r.oid("prolang", langSQL)
	switch f.Language {
	case "plpgsql":
		r.oid("prolang", langPLpgSQL)
	case "internal":
		r.oid("prolang", langInternal)
	}
	r.float("procost", f.Cost)
	r.float("prorows", f.Rows)
	r.oid("provariadic", 0)
	r.oid("prosupport", 0)
	r.char("prokind", f.Kind)
	r.bool("prosecdef", f.Definer)
	r.bool("proleakproof", f.Leakproof)
	r.bool("proisstrict", f.Strict)
	r.bool("proretset", f.RetSet)
	r.char("provolatile", f.Volatility)
	r.char("proparallel", f.Parallel)
	in := f.InputTypes()
	r.int("pronargs", int64(len(in)))
	r.int("pronargdefaults", int64(defaults(f)))
	r.oid("prorettype", f.RetID())
	vector(r, "proargtypes", in)
	r.userProcArgs(f)
	r.text("prosrc", f.Body)
	var config []string
	for _, s := range f.Settings {
		config = append(config, s.Name+"="+s.Value)
	}
	r.strs("proconfig", config)
	r.aclOf("proacl", catalog.FunctionClass, f.ID, f.Owner)
	if text := r.printer().FunctionBody(f); text != "" {
		r.text("prosqlbody", text)
	}
	r.aclOf("proacl", catalog.FunctionClass, f.ID, f.Owner)
	r.emit()
}

func defaults(f *catalog.Function) (n int) {
	for i := range f.Args {
		if f.Args[i].Default != "" {
			n++
		}
	}
	return n
}

func (r *rows) userProcArgs(f *catalog.Function) {
	var all []catalog.ID
	var names, texts []string
	var modes []byte
	outputs, named := false, false
	for i := range f.Args {
		a := &f.Args[i]
		if a.Mode == catalog.ArgVariadic {
			if info := types.Lookup(a.Type.OID); info != nil && info.IsArray {
				r.oid("provariadic", info.Elem)
			} else if a.Type.OID == types.AnyArrayOID {
				r.oid("provariadic", types.AnyElementOID)
			} else if a.Type.OID == types.AnyCompatibleArrayOID {
				r.oid("provariadic", types.AnyCompatibleOID)
			} else {
				r.oid("provariadic", types.AnyOID)
			}
		}
		all, names, modes = append(all, a.TypeID()), append(names, a.Name), append(modes, a.Mode)
		outputs, named = outputs || a.Mode != catalog.ArgIn, named || a.Name != ""
		if a.Default != "" {
			texts = append(texts, a.Default)
		}
	}
	if outputs {
		nums(r, "proallargtypes", all)
		r.list.Reset(types.CharOID)
		for _, m := range modes {
			r.list.Append(types.Int(int64(m)))
		}
		r.set("proargmodes", r.list.Array().Clone())
	}
	if named {
		r.strs("proargnames", names)
	}
	if len(texts) > 0 {
		r.text("proargdefaults", strings.Join(texts, ", "))
	}
}

// functionDepends is what pg_depend knows of functions.
func (r *rows) functionDepends(f *catalog.Function) {
	if f.Agg != nil {
		for _, id := range f.Agg.Uses() {
			if id >= catalog.DatabaseID {
				r.depend(classProc, f.ID, 0, classProc, id, 0, depNormal)
			}
		}
	}
	if f.PartOf != 0 {
		r.depend(classProc, f.ID, 0, classType, f.PartOf, 0, depInternal)
		return
	}
	r.depend(classProc, f.ID, 0, classNamespace, f.Schema, 0, depNormal)
	if f.Language == "plpgsql" { // the one language that is not of the system
		r.depend(classProc, f.ID, 0, classLanguage, langPLpgSQL, 0, depNormal)
	}
	seen := map[catalog.ID]bool{}
	of := func(t catalog.ID) {
		if info := types.Lookup(t); info != nil && info.IsArray && t >= types.FirstTypeOID {
			t = info.Elem
		}
		if t >= types.FirstTypeOID && !seen[t] {
			seen[t] = true
			r.depend(classProc, f.ID, 0, classType, t, 0, depNormal)
		}
	}
	for i := range f.Args {
		of(f.Args[i].TypeID())
	}
	of(f.RetID())
	if d, ok := r.env.(FunctionReader); ok && len(f.Statements) > 0 {
		for _, text := range f.Statements {
			for _, id := range d.FunctionCalls(text) {
				if id != f.ID {
					r.depend(classProc, f.ID, 0, classProc, id, 0, depNormal)
				}
			}
		}
		for _, id := range d.FunctionReads(f) {
			r.depend(classProc, f.ID, 0, classRelation, id, 0, depNormal)
		}
	}
}

// FunctionReader tells which relations the SQL of a function reads, where that is kept
// with its names resolved, and which functions of users stored SQL calls.
type FunctionReader interface {
	FunctionReads(f *catalog.Function) []catalog.ID
	FunctionCalls(text string) []catalog.ID
}

// callDepends is what pg_depend knows of the functions that a relation's SQL calls.
func (r *rows) callDepends(t *catalog.Table) {
	d, ok := r.env.(FunctionReader)
	if !ok || !r.cat.HasFunctions() {
		return
	}
	calls := func(class, id catalog.ID, text string) {
		if text == "" {
			return
		}
		for _, f := range d.FunctionCalls(text) {
			r.depend(class, id, 0, classProc, f, 0, depNormal)
		}
	}
	if t.HasQuery() {
		calls(classRewrite, t.ID, t.ViewSQL)
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped {
			calls(classAttrdef, c.DefaultID, c.Default)
		}
	}
	for _, k := range t.Constraints {
		calls(classConstr, k.ID, k.Expr)
	}
	for _, x := range t.Indexes {
		text := x.Where
		for i := range x.Keys {
			if x.Keys[i].Expr != "" && text != "" {
				text += ", "
			}
			text += x.Keys[i].Expr
		}
		calls(classRelation, x.ID, text)
	}
}

func specificName(f *catalog.Function) string { return fmt.Sprintf("%s_%d", f.Name, f.ID) }

func infoRoutines(r *rows) {
	put := func(schema, specific, name, kind string) {
		r.names("specific", schema, specific)
		r.names("routine", schema, name)
		r.text("routine_type", kind)
	}
	finish := func(body, text, language string, immutable bool, definer bool) {
		r.text("routine_body", body)
		r.text("routine_definition", text)
		r.text("external_language", strings.ToUpper(language))
		r.text("parameter_style", "GENERAL")
		r.yes("is_deterministic", immutable)
		r.text("sql_data_access", "MODIFIES")
		r.text("schema_level_routine", "YES")
		r.int("max_dynamic_result_sets", 0)
		r.text("security_type", map[bool]string{true: "DEFINER", false: "INVOKER"}[definer])
		r.text("as_locator", "NO")
		r.text("is_udt_dependent", "NO")
		r.emit()
	}
	result := func(t catalog.ID, strict bool) {
		r.dataType(types.Of(t))
		if info := types.Lookup(t); info != nil {
			r.text("type_udt_catalog", r.env.Database())
			r.text("type_udt_schema", schemaName(r.cat, info.Namespace))
			r.text("type_udt_name", info.Name)
		}
		r.text("dtd_identifier", "0")
		r.yes("is_null_call", strict)
	}
	for _, f := range builtin.AllFunctions() {
		ns, ok := r.installed(f.Schema, f.Extension)
		if !ok {
			continue
		}
		if r.done() {
			return
		}
		kind := "FUNCTION"
		if f.Kind == 'a' || f.Kind == 'w' {
			put(schemaName(r.cat, ns), fmt.Sprintf("%s_%d", f.Name, f.OID), f.Name, "")
			r.set("routine_type", types.Null)
		} else {
			put(schemaName(r.cat, ns), fmt.Sprintf("%s_%d", f.Name, f.OID), f.Name, kind)
		}
		result(f.Ret, f.Strict)
		language := "internal"
		if f.Schema == "public" && f.Kind != 'a' {
			language = "c"
		}
		finish("EXTERNAL", f.Src, language, f.Volatility == builtin.Immutable, false)
	}
	for _, f := range r.cat.AllFunctions() {
		kind, body := "FUNCTION", "EXTERNAL"
		if f.IsProcedure() {
			kind = "PROCEDURE"
		}
		if f.Language == "sql" {
			body = "SQL"
		}
		put(r.cat.SchemaName(f.Schema), specificName(f), f.Name, kind)
		if f.IsAggregate() {
			r.set("routine_type", types.Null)
		}
		if !f.IsProcedure() {
			result(f.RetID(), f.Strict)
		}
		finish(body, f.Body, f.Language, f.Volatility == 'i', f.Definer)
	}
}

func infoParameters(r *rows) {
	put := func(schema, specific string, n int, mode byte, name, def string, t catalog.ID) {
		r.names("specific", schema, specific)
		r.int("ordinal_position", int64(n))
		r.text("parameter_mode", map[byte]string{'i': "IN", 'v': "IN", 'o': "OUT", 't': "OUT", 'b': "INOUT"}[mode])
		r.text("is_result", "NO")
		r.text("as_locator", "NO")
		r.opt("parameter_name", name)
		r.dataType(types.Of(t))
		if info := types.Lookup(t); info != nil {
			r.names("udt", schemaName(r.cat, info.Namespace), info.Name)
		}
		r.text("dtd_identifier", strconv.Itoa(n))
		r.opt("parameter_default", def)
		r.emit()
	}
	for _, f := range builtin.AllFunctions() {
		ns, ok := r.installed(f.Schema, f.Extension)
		if !ok {
			continue
		}
		if r.done() {
			return
		}
		specific := fmt.Sprintf("%s_%d", f.Name, f.OID)
		for i, t := range f.Args {
			name := ""
			if i < len(f.ArgNames) {
				name = f.ArgNames[i]
			}
			put(schemaName(r.cat, ns), specific, i+1, 'i', name, "", t)
		}
		for i, t := range f.OutTypes {
			put(schemaName(r.cat, ns), specific, len(f.Args)+i+1, 'o', f.OutNames[i], "", t)
		}
	}
	p := r.printer()
	for _, f := range r.cat.AllFunctions() {
		for i := range f.Args {
			a := &f.Args[i]
			def := ""
			if a.Default != "" {
				def = p.expr(a.Default)
			}
			put(r.cat.SchemaName(f.Schema), specificName(f), i+1, a.Mode, a.Name, def, a.TypeID())
		}
	}
}
