package syscat

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

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
	if f.PartOf != 0 { // it makes values of the range type or of its multirange type
		r.depend(classProc, f.ID, 0, classType, f.RetID(), 0, depInternal)
	}
	r.depend(classProc, f.ID, 0, classNamespace, f.Schema, 0, depNormal)
	if f.Language == "plpgsql" { // the one language that is not of the system
		r.depend(classProc, f.ID, 0, classLanguage, langPLpgSQL, 0, depNormal)
	}
	seen := map[catalog.ID]bool{}
	of := func(t catalog.ID) {
		if info := types.Lookup(t); info != nil && info.IsArray && t >= types.FirstTypeOID && f.PartOf == 0 {
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
	reads, calls := r.functionUses(f)
	for _, id := range calls {
		r.depend(classProc, f.ID, 0, classProc, id, 0, depNormal)
	}
	for _, x := range reads {
		r.depend(classProc, f.ID, 0, classRelation, x.Table, x.Attr, depNormal)
	}
}

// FunctionReader tells which relations the SQL of a function reads, where that is kept
// with its names resolved, and which functions of users stored SQL calls
// and which types it converts to, the system's among them.
type FunctionReader interface {
	FunctionReads(f *catalog.Function) []Reading
	FunctionCalls(text string) []catalog.ID
	TypesNamed(text string) []catalog.ID
}

// functionUses are the relations and the functions of users that a function's arguments by
// default need, and its body where that is kept with its names resolved.
func (r *rows) functionUses(f *catalog.Function) (reads []Reading, calls []catalog.ID) {
	d, ok := r.env.(FunctionReader)
	if !ok {
		return nil, nil
	}
	texts := f.Statements
	if len(texts) > 0 {
		reads = d.FunctionReads(f)
	}
	for i := range f.Args {
		if text := f.Args[i].Default; text != "" {
			texts = append(texts[:len(texts):len(texts)], text)
			if d, ok := r.env.(Definer); ok {
				for _, id := range d.Regclasses(text) {
					reads = append(reads, Reading{Table: id})
				}
			}
		}
	}
	for _, text := range texts {
		for _, id := range d.FunctionCalls(text) {
			if id != f.ID && !slices.Contains(calls, id) {
				calls = append(calls, id)
			}
		}
	}
	return reads, calls
}

// callDepends is what pg_depend knows of the functions that a relation's SQL calls, and of
// the types that it names.
func (r *rows) callDepends(t *catalog.Table) {
	d, ok := r.env.(FunctionReader)
	if !ok {
		return
	}
	calls := func(class, id catalog.ID, text string) {
		if text == "" {
			return
		}
		if r.cat.HasFunctions() {
			for _, f := range d.FunctionCalls(text) {
				r.depend(class, id, 0, classProc, f, 0, depNormal)
			}
		}
		if !strings.Contains(text, "::") {
			return
		}
		for _, typ := range d.TypesNamed(text) {
			if typ >= types.FirstTypeOID || types.Extension(typ) != "" {
				r.depend(class, id, 0, classType, typ, 0, depNormal)
			}
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
	for _, p := range t.Policies {
		calls(classPolicy, p.ID, commaed(p.Using, p.Check))
	}
	for _, x := range t.Indexes {
		texts := []string{x.Where}
		for i := range x.Keys {
			texts = append(texts, x.Keys[i].Expr)
		}
		calls(classRelation, x.ID, commaed(texts...))
	}
}

// commaed are the texts that are not empty as one list.
func commaed(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), ", ")
}
