package syscat

import (
	"fmt"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_proc":      procs,
	"pg_operator":  operators,
	"pg_cast":      casts,
	"pg_aggregate": aggregates,
})

// installed reports whether an object in schema is to be shown, and where; those of
// extensions are when the extension is there.
func (r *rows) installed(schema, extension string) (catalog.ID, bool) {
	switch schema {
	case "pg_catalog", "":
		return catalog.PgCatalogID, true
	case "information_schema":
		return catalog.InformationSchemaID, true
	}
	e, ok := r.cat.Extension(extension)
	if !ok {
		return 0, false
	}
	return e.Schema, true
}

// extensionKeys tells apart what is kept by the extensions that are installed, and their
// schemas.
func (r *rows) extensionKeys() string {
	key := ""
	for _, e := range r.cat.Extensions() {
		key += fmt.Sprintln(e.Name, e.Schema)
	}
	return key
}

// Languages of pg_language.
const (
	langInternal catalog.ID = 12
	langC        catalog.ID = 13
)

// Functions, operators, casts and aggregates of PostgreSQL are born with a database;
// those of extensions and of LoxoDB are what the code has beside them.
var (
	bornProcRows      = bornWithRights("pg_proc", catalog.FunctionClass, "proacl")
	bornOperatorRows  = born("pg_operator")
	bornCastRows      = born("pg_cast")
	bornAggregateRows = born("pg_aggregate")

	procRows, operatorRows fixedRows
)

func procs(r *rows) {
	bornProcRows(r)
	r.withRights(catalog.FunctionClass, "proacl", func(r *rows) { r.fixed(&procRows, r.extensionKeys(), allProcs) })
	for _, f := range r.cat.AllFunctions() {
		if r.done() {
			return
		}
		r.userProc(f)
	}
}

func operators(r *rows) {
	bornOperatorRows(r)
	r.fixed(&operatorRows, r.extensionKeys(), allOperators)
}

func allProcs(r *rows) {
	for _, f := range builtin.AllFunctions() {
		ns, ok := r.installed(f.Schema, f.Extension)
		if !ok || bornProcs().byOID[f.OID] != nil {
			continue
		}
		if r.done() {
			return
		}
		r.procRow(f, ns)
	}
}

func (r *rows) procRow(f *builtin.Func, ns catalog.ID) {
	r.oid("oid", f.OID)
	r.text("proname", f.Name)
	r.oid("pronamespace", ns)
	r.oid("proowner", catalog.BootstrapRoleID)
	inC := f.Schema == "public" && f.Kind != 'a'
	r.oid("prolang", langInternal)
	if inC {
		r.oid("prolang", langC)
	}
	r.float("procost", 1)
	r.float("prorows", 0)
	if f.RetSet {
		r.float("prorows", 1000)
	}
	r.oid("provariadic", f.Variadic)
	r.oid("prosupport", 0)
	r.char("prokind", orByte(f.Kind, 'f'))
	r.bool("prosecdef", false)
	r.bool("proleakproof", f.Leakproof())
	r.bool("proisstrict", f.Strict)
	r.bool("proretset", f.RetSet)
	r.char("provolatile", f.Volatility)
	r.char("proparallel", 's')
	if inC && len(f.Args) == 1 && f.Args[0] == types.InternalOID {
		r.char("proparallel", 'u') // the default, which pgvector leaves there
	}
	r.int("pronargs", int64(len(f.Args)))
	r.int("pronargdefaults", int64(f.Defaults))
	r.oid("prorettype", f.Ret)
	vector(r, "proargtypes", f.Args)
	if len(f.OutTypes) > 0 {
		r.procOut(f)
	} else {
		r.strs("proargnames", f.ArgNames)
	}
	src := f.Src
	if src == "" {
		src = f.Name
	}
	if f.Kind == 'a' {
		src = "aggregate_dummy"
	}
	r.text("prosrc", src)
	if inC {
		r.text("probin", "$libdir/"+f.Extension)
	}
	r.emit()
}

// procOut fills the columns of a function with OUT parameters.
func (r *rows) procOut(f *builtin.Func) {
	all := append(append([]uint32(nil), f.Args...), f.OutTypes...)
	nums(r, "proallargtypes", all)
	r.list.Reset(types.CharOID)
	names := make([]string, len(all))
	for i := range all {
		mode := byte('i')
		switch {
		case i >= len(f.Args):
			mode = 'o'
			if k := i - len(f.Args); k < len(f.OutNames) {
				names[i] = f.OutNames[k]
			}
		case i < len(f.ArgNames):
			names[i] = f.ArgNames[i]
		}
		r.list.Append(types.Int(int64(mode)))
	}
	r.set("proargmodes", r.list.Array().Clone())
	r.strs("proargnames", names)
}

func allOperators(r *rows) {
	for _, o := range builtin.AllOperators() {
		ns, ok := r.installed(o.Schema, o.Extension)
		if !ok || bornOperators().byOID[o.OID] != nil {
			continue
		}
		r.oid("oid", o.OID)
		r.text("oprname", o.Name)
		r.oid("oprnamespace", ns)
		r.oid("oprowner", catalog.BootstrapRoleID)
		r.char("oprkind", 'b')
		if o.Left == 0 {
			r.char("oprkind", 'l')
		}
		r.bool("oprcanmerge", o.Merges)
		r.bool("oprcanhash", o.Hashes)
		r.oid("oprleft", o.Left)
		r.oid("oprright", o.Right)
		r.oid("oprresult", o.Ret)
		r.oid("oprcom", operatorOID(o.Commutator, o.Right, o.Left))
		r.oid("oprnegate", operatorOID(o.Negator, o.Left, o.Right))
		r.oid("oprcode", 0)
		if o.Func != nil {
			r.oid("oprcode", o.Func.OID)
		}
		r.proc("oprrest", o.Restrict)
		r.proc("oprjoin", o.Join)
		r.emit()
	}
}

func operatorOID(name string, left, right types.OID) catalog.ID {
	if name == "" {
		return 0
	}
	if o := builtin.ExactOperator(name, left, right); o != nil {
		return o.OID
	}
	return 0
}

func casts(r *rows) {
	bornCastRows(r)
	for _, c := range builtin.AllCasts() {
		if _, ok := r.cat.Extension(castExtension(c)); !ok {
			continue
		}
		r.oid("oid", c.OID)
		r.oid("castsource", c.Source)
		r.oid("casttarget", c.Target)
		r.oid("castfunc", 0)
		if c.Func != nil {
			r.oid("castfunc", c.Func.OID)
		}
		r.char("castcontext", byte(c.Context))
		r.char("castmethod", c.Method)
		r.emit()
	}
	r.rangeCasts()
}

func aggregates(r *rows) {
	bornAggregateRows(r)
	for _, a := range builtin.AllAggregates() {
		if _, ok := r.installed(a.Func.Schema, a.Func.Extension); !ok || bornProcs().byOID[a.Func.OID] != nil {
			continue
		}
		r.oid("aggfnoid", a.Func.OID)
		r.char("aggkind", a.Kind)
		r.int("aggnumdirectargs", int64(a.DirectArgs))
		r.proc("aggtransfn", a.TransFn)
		r.proc("aggfinalfn", a.FinalFn)
		r.proc("aggcombinefn", a.CombineFn)
		r.zeros("aggserialfn", "aggdeserialfn", "aggmtransfn", "aggminvtransfn", "aggmfinalfn")
		r.bools(false, "aggfinalextra", "aggmfinalextra")
		r.char("aggfinalmodify", 'r')
		r.char("aggmfinalmodify", 'r')
		r.oid("aggsortop", a.SortOp)
		r.oid("aggtranstype", a.TransType)
		r.int("aggtransspace", int64(a.TransSpace))
		r.zeros("aggmtranstype", "aggmtransspace")
		r.opt("agginitval", a.InitVal)
		r.emit()
	}
	r.userAggregates()
}
