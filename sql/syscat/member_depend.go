package syscat

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Catalogs whose rows only depend on others.
const (
	classAmop   catalog.ID = 2602
	classAmproc catalog.ID = 2603
)

// memberDepends is what the objects of an extension depend on beside the extension. What
// every database is born with cannot be dropped, so nothing depends on it.
func (r *rows) memberDepends(e *catalog.Extension) {
	on := func(class, id, refClass, ref catalog.ID) {
		if ref >= types.VectorOID {
			r.depend(class, id, 0, refClass, ref, 0, depNormal)
		}
	}
	procOf := func(class, id catalog.ID, names ...string) {
		for i, n := range names {
			if !slices.Contains(names[:i], n) { // once, whatever it is needed for
				on(class, id, classProc, procOID(n))
			}
		}
	}
	for _, t := range types.All() {
		if types.Extension(t.OID) != e.Name {
			continue
		}
		if t.IsArray {
			r.depend(classType, t.OID, 0, classType, t.Elem, 0, depInternal)
		} else {
			r.depend(classType, t.OID, 0, classNamespace, e.Schema, 0, depNormal)
		}
		procOf(classType, t.OID, t.In, t.Out, t.Recv, t.Send, t.ModIn, t.ModOut)
	}
	for _, f := range builtin.AllFunctions() {
		if f.Extension != e.Name {
			continue
		}
		r.depend(classProc, f.OID, 0, classNamespace, e.Schema, 0, depNormal)
		seen := map[types.OID]bool{}
		for _, t := range append([]types.OID{f.Ret}, append(f.Args, f.OutTypes...)...) {
			if !seen[t] {
				seen[t] = true
				on(classProc, f.OID, classType, t)
			}
		}
	}
	for _, a := range builtin.AllAggregates() {
		if a.Func.Extension == e.Name {
			procOf(classProc, a.Func.OID, a.TransFn, a.FinalFn, a.CombineFn)
		}
	}
	for _, o := range builtin.AllOperators() {
		if o.Extension != e.Name {
			continue
		}
		r.depend(classOperator, o.OID, 0, classNamespace, e.Schema, 0, depNormal)
		if on(classOperator, o.OID, classType, o.Left); o.Right != o.Left {
			on(classOperator, o.OID, classType, o.Right)
		}
		if o.Ret != o.Left && o.Ret != o.Right {
			on(classOperator, o.OID, classType, o.Ret)
		}
		if o.Func != nil {
			on(classOperator, o.OID, classProc, o.Func.OID)
		}
	}
	for _, c := range builtin.AllCasts() {
		if castExtension(c) != e.Name {
			continue
		}
		if on(classCast, c.OID, classType, c.Source); c.Target != c.Source {
			on(classCast, c.OID, classType, c.Target)
		}
		if c.Func != nil {
			on(classCast, c.OID, classProc, c.Func.OID)
		}
	}
	r.methodDepends(e, on)
}

// methodDepends are those of access methods, operator families and classes.
func (r *rows) methodDepends(e *catalog.Extension, on func(class, id, refClass, ref catalog.ID)) {
	for _, f := range extensionRows(e.Name, "am") {
		on(classAm, number(f[0]), classProc, procOID(f[2]))
	}
	for _, f := range extensionRows(e.Name, "opfamily") {
		id, method := number(f[0]), number(f[1])
		r.depend(classOpfamily, id, 0, classNamespace, e.Schema, 0, depNormal)
		if method >= types.VectorOID {
			r.depend(classOpfamily, id, 0, classAm, method, 0, depAuto)
		}
	}
	type key struct {
		family catalog.ID
		input  types.OID
	}
	classes := map[key]catalog.ID{}
	for _, f := range extensionRows(e.Name, "opclass") {
		id, family, input := number(f[0]), number(f[5]), number(f[6])
		classes[key{family, input}] = id
		r.depend(classOpclass, id, 0, classNamespace, e.Schema, 0, depNormal)
		r.depend(classOpclass, id, 0, classOpfamily, family, 0, depAuto)
		on(classOpclass, id, classType, input)
	}
	member := func(class, id, family catalog.ID, input types.OID) {
		if c := classes[key{family, input}]; c != 0 {
			r.depend(class, id, 0, classOpclass, c, 0, depInternal)
		} else {
			r.depend(class, id, 0, classOpfamily, family, 0, depAuto)
		}
	}
	for _, f := range extensionRows(e.Name, "amop") {
		member(classAmop, number(f[0]), number(f[1]), number(f[2]))
		on(classAmop, number(f[0]), classOperator, number(f[6]))
	}
	for _, f := range extensionRows(e.Name, "amproc") {
		id, left, proc := number(f[0]), number(f[2]), number(f[5])
		if !isDigits(f[5]) {
			proc = procOID(f[5])
		}
		member(classAmproc, id, number(f[1]), left)
		on(classAmproc, id, classProc, proc)
		if fn := builtin.FuncByOID(proc); fn != nil && !takes(fn, left) {
			on(classAmproc, id, classType, left)
		}
	}
}

func takes(f *builtin.Func, t types.OID) bool {
	for _, a := range f.Args {
		if a == t {
			return true
		}
	}
	return f.Ret == t
}
