package syscat

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{"pg_range": ranges})

var bornRanges = born("pg_range")

// ranges are the range types of the system and of users.
func ranges(r *rows) {
	bornRanges(r)
	for _, t := range r.cat.Types() {
		if t.Kind != catalog.RangeType {
			continue
		}
		r.oid("rngtypid", t.ID)
		r.oid("rngsubtype", t.Range.Subtype())
		r.oid("rngmultitypid", t.Range.Multi)
		r.oid("rngcollation", t.Range.Collation)
		r.oid("rngsubopc", t.Range.OpClass)
		r.oid("rngcanonical", 0)
		r.oid("rngsubdiff", t.Range.Diff)
		r.emit()
	}
}

// rangeCasts are the casts from ranges of users to their multiranges.
func (r *rows) rangeCasts() {
	maker := r.rangeMakers()
	for _, t := range r.cat.Types() {
		if t.Kind != catalog.RangeType {
			continue
		}
		r.oid("oid", t.Range.Cast)
		r.oid("castsource", t.ID)
		r.oid("casttarget", t.Range.Multi)
		r.oid("castfunc", maker[t.ID])
		r.char("castcontext", byte(builtin.Explicit))
		r.char("castmethod", 'f')
		r.emit()
	}
}

// rangeMakers are the functions that make a multirange of a range, by range type.
func (r *rows) rangeMakers() map[catalog.ID]catalog.ID {
	maker := map[catalog.ID]catalog.ID{}
	for _, f := range r.cat.AllFunctions() {
		if f.PartOf != 0 && f.Body == "multirange_constructor1" {
			maker[f.PartOf] = f.ID
		}
	}
	return maker
}

// typeDepends is what pg_depend knows of a type that a user made.
func (r *rows) typeDepends(t *catalog.Type) {
	if t.Kind == catalog.MultirangeType {
		r.depend(classType, t.ID, 0, classType, t.Range.Range, 0, depInternal)
	}
	if t.Kind == catalog.RangeType {
		r.depend(classCast, t.Range.Cast, 0, classType, t.ID, 0, depInternal)
		r.depend(classCast, t.Range.Cast, 0, classType, t.Range.Multi, 0, depInternal)
		if maker := r.rangeMakers()[t.ID]; maker != 0 {
			r.depend(classCast, t.Range.Cast, 0, classProc, maker, 0, depInternal)
		}
		if sub := t.Range.Subtype(); sub >= types.FirstTypeOID {
			r.depend(classType, t.ID, 0, classType, sub, 0, depNormal)
		}
		if t.Range.Diff >= catalog.DatabaseID {
			r.depend(classType, t.ID, 0, classProc, t.Range.Diff, 0, depNormal)
		}
	}
}

// DefaultClass is the operator class that a type has without naming one, 0 for none.
func DefaultClass(method string, t types.OID) catalog.ID {
	c, _ := opClassOf(method, "", t)
	return c.oid
}

// IsDefaultClass reports an operator class that compares as the default one does: it,
// or one of its family.
func IsDefaultClass(method, name string, t types.OID) bool {
	own, _ := opClassOf(method, "", t)
	c, ok := opClassOf(method, name, t)
	return ok && c.family == own.family
}
