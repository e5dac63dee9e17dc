package syscat

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_description":                  descriptions,
	"pg_shdescription":                sharedDescriptions,
	"pg_depend":                       depends,
	"pg_extension":                    extensions,
	"pg_available_extensions":         availableExtensions,
	"pg_available_extension_versions": availableVersions,
})

// OIDs of the catalogs that pg_description and pg_depend name.
const (
	classRelation  catalog.ID = 1259
	classType      catalog.ID = 1247
	classNamespace catalog.ID = 2615
	classAttrdef   catalog.ID = 2604
	classConstr    catalog.ID = 2606
	classRewrite   catalog.ID = 2618
	classExtension catalog.ID = 3079
	classAuthid    catalog.ID = 1260
	classDatabase  catalog.ID = 1262
	classPolicy    catalog.ID = 3256
	classLanguage  catalog.ID = 2612
)

func descriptions(r *rows) {
	put := func(id, class catalog.ID, sub int16, text string) {
		if text == "" {
			return
		}
		r.oid("objoid", id)
		r.oid("classoid", class)
		r.int("objsubid", int64(sub))
		r.text("description", text)
		r.emit()
	}
	r.bornWith(put)
	for _, s := range r.cat.Schemas() {
		put(s.ID, classNamespace, 0, s.Comment)
	}
	for _, t := range r.cat.Tables() {
		if t.Kind == catalog.KindComposite {
			put(t.TypeID, classType, 0, t.Comment)
		} else {
			put(t.ID, classRelation, 0, t.Comment)
		}
		for i := range t.Columns {
			if !t.Columns[i].Dropped {
				put(t.ID, classRelation, int16(i+1), t.Columns[i].Comment)
			}
		}
		for _, x := range t.Indexes {
			put(x.ID, classRelation, 0, x.Comment)
		}
		for _, c := range r.cat.AllConstraints(t) {
			put(c.ID, classConstr, 0, c.Comment)
		}
		for _, g := range t.Triggers {
			put(g.ID, classTrigger, 0, g.Comment)
		}
		for _, p := range t.Policies {
			put(p.ID, classPolicy, 0, p.Comment)
		}
		for _, x := range t.ExtStatistics {
			put(x.ID, classStatistics, 0, x.Comment)
		}
	}
	for _, c := range r.cat.UserCollations() {
		put(c.ID, classCollation, 0, c.Comment)
	}
	for _, t := range r.cat.Types() {
		put(t.ID, classType, 0, t.Comment)
		for _, c := range t.Checks {
			put(c.ID, classConstr, 0, c.Comment)
		}
	}
	for _, f := range r.cat.AllFunctions() {
		put(f.ID, classProc, 0, f.Comment)
	}
	for _, s := range r.cat.Sequences() {
		put(s.ID, classRelation, 0, s.Comment)
	}
	for _, e := range r.cat.Extensions() {
		put(e.ID, classExtension, 0, e.Comment)
		if e.ID == catalog.VectorExtensionID {
			for _, c := range builtin.ExtensionComments {
				put(c.ID, map[string]catalog.ID{"pg_type": classType, "pg_am": classAm}[c.Class], 0, c.Text)
			}
		}
	}
}

// bornWith emits the comments on what users have not made.
func (r *rows) bornWith(put func(id, class catalog.ID, sub int16, text string)) {
	_, vectors := r.cat.Extension("vector")
	for _, d := range builtin.Descriptions() {
		if !r.done() && (vectors || !d.Extension) {
			put(d.ID, d.Class, 0, d.Text)
		}
	}
}

func sharedDescriptions(r *rows) {
	put := func(id, class catalog.ID, text string) {
		if text != "" {
			r.oid("objoid", id)
			r.oid("classoid", class)
			r.text("description", text)
			r.emit()
		}
	}
	for _, x := range r.cat.Databases() {
		put(x.ID, classDatabase, x.Comment)
	}
	for _, x := range r.cat.Roles() {
		put(x.ID, classAuthid, x.Comment)
	}
}

// depend emits one dependency: class, object, column on class, object, column.
func (r *rows) depend(class, id catalog.ID, sub int16, refClass, ref catalog.ID, refSub int16, kind byte) {
	r.oid("classid", class)
	r.oid("objid", id)
	r.int("objsubid", int64(sub))
	r.oid("refclassid", refClass)
	r.oid("refobjid", ref)
	r.int("refobjsubid", int64(refSub))
	r.char("deptype", kind)
	r.emit()
}

// Kinds of pg_depend.
const (
	depNormal    = 'n'
	depAuto      = 'a'
	depInternal  = 'i'
	depExtension = 'e'
)

var bornDepends = born("pg_depend")

func depends(r *rows) {
	bornDepends(r)
	r.toastDepends()
	for _, t := range r.cat.Tables() {
		if r.done() {
			return
		}
		r.tableDepends(t)
		r.callDepends(t)
	}
	for _, c := range r.cat.UserCollations() {
		r.depend(classCollation, c.ID, 0, classNamespace, c.Schema, 0, depNormal)
	}
	for _, x := range r.cat.DefaultRights() {
		if x.Schema != 0 {
			r.depend(classDefaultACL, x.ID, 0, classNamespace, x.Schema, 0, depAuto)
		}
	}
	for _, t := range r.cat.Types() {
		r.depend(classType, t.ID, 0, classNamespace, t.Schema, 0, depNormal)
		r.depend(classType, t.Array, 0, classType, t.ID, 0, depInternal)
		if t.Over != 0 {
			r.depend(classType, t.ID, 0, classType, t.Over, 0, depNormal)
		} else if t.Kind == catalog.DomainType && t.Base.OID >= types.FirstTypeOID {
			r.depend(classType, t.ID, 0, classType, t.Base.OID, 0, depNormal)
		}
		r.typeDepends(t)
		for _, c := range t.Checks {
			r.depend(classConstr, c.ID, 0, classType, t.ID, 0, depAuto)
		}
	}
	for _, f := range r.cat.AllFunctions() {
		r.functionDepends(f)
	}
	for _, s := range r.cat.Sequences() {
		r.depend(classRelation, s.ID, 0, classNamespace, s.Schema, 0, depNormal)
		if s.OwnerTable != 0 {
			kind := byte(depAuto)
			if s.Identity {
				kind = depInternal
			}
			r.depend(classRelation, s.ID, 0, classRelation, s.OwnerTable, s.OwnerAttr, kind)
		}
	}
	for _, e := range r.cat.Extensions() {
		if e.Schema != catalog.PgCatalogID {
			r.depend(classExtension, e.ID, 0, classNamespace, e.Schema, 0, depNormal)
		}
		members(e.Name, func(class, id catalog.ID) { r.depend(class, id, 0, classExtension, e.ID, 0, depExtension) })
		r.memberDepends(e)
	}
}

func (r *rows) tableDepends(t *catalog.Table) {
	for _, p := range t.Policies {
		r.depend(classPolicy, p.ID, 0, classRelation, t.ID, 0, depAuto)
		r.exprDepends(classPolicy, p.ID, t, depNormal, p.Using, p.Check)
	}
	switch {
	case t.Kind == catalog.KindComposite:
		r.depend(classType, t.TypeID, 0, classNamespace, t.Schema, 0, depNormal)
		r.depend(classRelation, t.ID, 0, classType, t.TypeID, 0, depInternal)
	default:
		r.depend(classRelation, t.ID, 0, classNamespace, t.Schema, 0, depNormal)
		if t.TypeID != 0 {
			r.depend(classType, t.TypeID, 0, classRelation, t.ID, 0, depInternal)
		}
	}
	if t.OfType != 0 {
		r.depend(classRelation, t.ID, 0, classType, t.OfType, 0, depNormal)
	}
	r.parentDepends(t)
	r.statisticsDepends(t)
	if t.IsPartitioned() {
		for _, a := range r.partitionColumns(t) {
			r.depend(classRelation, t.ID, a, classRelation, t.ID, 0, depInternal)
		}
	}
	if t.HasRowType() {
		r.depend(classType, t.ArrayID, 0, classType, t.TypeID, 0, depInternal)
	}
	if t.HasQuery() {
		r.depend(classRewrite, t.ID, 0, classRelation, t.ID, 0, depInternal)
		r.depend(classRewrite, t.ID, 0, classRelation, t.ID, 0, depNormal) // as OLD and NEW
		if d, ok := r.env.(Definer); ok {
			for _, x := range d.ViewReads(t) {
				r.depend(classRewrite, t.ID, 0, classRelation, x.Table, x.Attr, depNormal)
			}
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped {
			r.columnDepends(t, c, int16(i+1))
		}
	}
	for _, k := range r.cat.AllConstraints(t) {
		for _, a := range k.Columns {
			r.depend(classConstr, k.ID, 0, classRelation, t.ID, a, depAuto)
		}
		if x := t.Index(k.Index); x != nil && x.Constraint == k.ID {
			for _, a := range x.Include {
				r.depend(classConstr, k.ID, 0, classRelation, t.ID, a, depAuto)
			}
		}
		switch {
		case k.Parent == 0:
		case !slices.Contains(t.Constraints, k): // of a key to a partitioned table
			r.depend(classConstr, k.ID, 0, classConstr, k.Parent, 0, depInternal)
		default:
			r.depend(classConstr, k.ID, 0, classConstr, k.Parent, 0, depPartition)
			r.depend(classConstr, k.ID, 0, classRelation, t.ID, 0, depSecond)
		}
		r.exprDepends(classConstr, k.ID, t, depNormal, k.Expr)
		for _, a := range k.RefColumns {
			r.depend(classConstr, k.ID, 0, classRelation, k.RefTable, a, depNormal)
		}
		if k.Kind == catalog.ForeignConstraint && k.Index != 0 {
			r.depend(classConstr, k.ID, 0, classRelation, k.Index, 0, depNormal)
		}
	}
	r.triggerDepends(t)
	for _, x := range t.Indexes {
		r.indexDepends(t, x)
	}
}

// columnDepends is what pg_depend knows of a column and its default.
func (r *rows) columnDepends(t *catalog.Table, c *catalog.Column, at int16) {
	if typ := max(c.Type.OID, c.Domain); typ >= types.FirstTypeOID || types.Extension(typ) != "" {
		r.depend(classRelation, t.ID, at, classType, typ, 0, depNormal)
	}
	switch {
	case c.Default == "":
		return
	case c.Generated != 0:
		r.depend(classAttrdef, c.DefaultID, 0, classRelation, t.ID, at, depInternal)
		r.exprDepends(classAttrdef, c.DefaultID, t, depNormal, c.Default)
		return
	}
	r.depend(classAttrdef, c.DefaultID, 0, classRelation, t.ID, at, depAuto)
	if c.SequenceID != 0 && c.Identity == 0 {
		r.depend(classAttrdef, c.DefaultID, 0, classRelation, c.SequenceID, 0, depNormal)
	} else if d, ok := r.env.(Definer); ok {
		for _, id := range d.Regclasses(c.Default) {
			r.depend(classAttrdef, c.DefaultID, 0, classRelation, id, 0, depNormal)
		}
	}
}

// exprDepends is what pg_depend knows of the columns of a table that expressions read.
func (r *rows) exprDepends(class, id catalog.ID, t *catalog.Table, kind byte, texts ...string) {
	d, ok := r.env.(Definer)
	if !ok {
		return
	}
	var seen []int16
	for _, text := range texts {
		if text == "" {
			continue
		}
		for _, a := range d.Columns(text, t) {
			if !slices.Contains(seen, a) {
				seen = append(seen, a)
				r.depend(class, id, 0, classRelation, t.ID, a, kind)
			}
		}
	}
}

// indexDepends is what pg_depend knows of an index.
func (r *rows) indexDepends(t *catalog.Table, x *catalog.Index) {
	var classes []catalog.ID
	for i := range x.Keys {
		k := &x.Keys[i]
		if c, ok := opClassOf(x.AccessMethod(), k.OpClass, k.Type.OID); ok && c.oid >= types.VectorOID && !slices.Contains(classes, c.oid) {
			classes = append(classes, c.oid)
			r.depend(classRelation, x.ID, 0, classOpclass, c.oid, 0, depNormal)
		}
	}
	texts := []string{x.Where}
	var attrs []int16
	for i := range x.Keys {
		if a := x.Keys[i].Attr; a != 0 {
			attrs = append(attrs, a)
		} else {
			texts = append(texts, x.Keys[i].Expr)
		}
	}
	if attrs = append(attrs, x.Include...); x.Constraint != 0 {
		r.depend(classRelation, x.ID, 0, classConstr, x.Constraint, 0, depInternal)
		attrs = nil // the constraint's
	} else if len(attrs) == 0 {
		attrs = []int16{0}
	}
	for _, a := range attrs {
		r.depend(classRelation, x.ID, 0, classRelation, t.ID, a, depAuto)
	}
	r.exprDepends(classRelation, x.ID, t, depAuto, texts...)
}

func extensions(r *rows) {
	for _, e := range r.cat.Extensions() {
		r.oid("oid", e.ID)
		r.text("extname", e.Name)
		r.oid("extowner", catalog.BootstrapRoleID)
		r.oid("extnamespace", e.Schema)
		r.bool("extrelocatable", e.Schema != catalog.PgCatalogID)
		r.text("extversion", e.Version)
		r.emit()
	}
}

func availableExtensions(r *rows) {
	for _, k := range shownExtensions() {
		r.text("name", k.Name)
		r.text("default_version", k.Version)
		if e, ok := r.cat.Extension(k.Name); ok {
			r.text("installed_version", e.Version)
		}
		r.text("comment", k.Comment)
		r.emit()
	}
}

func availableVersions(r *rows) {
	for _, k := range shownExtensions() {
		e, ok := r.cat.Extension(k.Name)
		r.text("name", k.Name)
		r.text("version", k.Version)
		r.bool("installed", ok && e.Version == k.Version)
		r.bool("superuser", true)
		if k.Name == "plpgsql" {
			r.text("schema", "pg_catalog")
		}
		r.bool("trusted", k.Trusted)
		r.bool("relocatable", k.Relocatable)
		r.text("comment", k.Comment)
		r.emit()
	}
}
