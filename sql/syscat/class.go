package syscat

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"sort"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_namespace":  namespaces,
	"pg_init_privs": initialRights,
	"pg_class":      classes,
	"pg_type":       pgTypes,
	"pg_enum":       enums,
	"pg_sequence":   sequences,
	"pg_rewrite":    rewrites,
})

func namespaces(r *rows) {
	put := func(id catalog.ID, name string, owner catalog.ID) {
		r.oid("oid", id)
		r.text("nspname", name)
		r.oid("nspowner", owner)
		r.aclOf("nspacl", catalog.SchemaClass, id, owner)
		r.emit()
	}
	for _, s := range allSchemas(r.cat) {
		put(s.ID, s.Name, s.Owner)
	}
}

// initialRights are what initdb has granted: pg_dump leaves it out.
func initialRights(r *rows) {
	bornInitialRights(r)
	for _, s := range allSchemas(r.cat) {
		if s.ID == catalog.InformationSchemaID { // it is made later
			continue
		}
		if l := catalog.InitialACL(catalog.Object{Class: catalog.SchemaClass, ID: s.ID}, s.Owner); l != nil {
			r.oid("objoid", s.ID)
			r.oid("classoid", classNamespace)
			r.int("objsubid", 0)
			r.char("privtype", 'i')
			r.acl("initprivs", l)
			r.emit()
		}
	}
}

// allSchemas are the catalog's schemas and the system's own, in OID order.
func allSchemas(c *catalog.Snapshot) []*catalog.Schema {
	list := append([]*catalog.Schema(nil), c.Schemas()...)
	for id, name := range map[catalog.ID]string{catalog.PgCatalogID: "pg_catalog", catalog.PgToastID: "pg_toast",
		catalog.InformationSchemaID: "information_schema"} {
		if _, ok := c.SchemaByID(id); !ok {
			list = append(list, &catalog.Schema{ID: id, Name: name, Owner: catalog.BootstrapRoleID})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

// schemaName names a schema as definitions do, the system's own included.
func schemaName(c *catalog.Snapshot, id catalog.ID) string {
	switch id {
	case catalog.PgCatalogID:
		return "pg_catalog"
	case catalog.InformationSchemaID:
		return "information_schema"
	case catalog.PgToastID:
		return "pg_toast"
	}
	return c.NameForTemp(id)
}

// class is what differs between the rows of pg_class.
type class struct {
	id, schema, typ, owner, am, file catalog.ID
	of                               catalog.ID // the type of a typed table
	toast, frozen                    catalog.ID
	name                             string
	kind, persistence, ident         byte
	natts, checks                    int
	pages                            int64
	tuples                           float64
	hasIndex, hasRules, hasTriggers  bool
	unpopulated                      bool
	hasChildren                      bool
	bound                            string
	rowSecurity, forced              bool
	acl                              catalog.ACL
	options                          catalog.Options
}

func (r *rows) class(c class) {
	r.oid("oid", c.id)
	r.text("relname", c.name)
	r.oid("relnamespace", c.schema)
	r.oid("reltype", c.typ)
	r.oid("relowner", c.owner)
	r.oid("relam", c.am)
	r.oid("relfilenode", c.file)
	r.int("relpages", c.pages)
	r.float("reltuples", c.tuples)
	r.oid("reloftype", c.of)
	r.zeros("reltablespace", "relallvisible", "relrewrite", "relminmxid")
	r.oid("reltoastrelid", c.toast)
	if r.oid("relfrozenxid", c.frozen); c.frozen != 0 {
		r.int("relminmxid", 1)
	}
	r.bool("relhasindex", c.hasIndex)
	r.char("relpersistence", c.persistence)
	r.char("relkind", c.kind)
	r.int("relnatts", int64(c.natts))
	r.int("relchecks", int64(c.checks))
	r.bool("relhasrules", c.hasRules)
	r.bool("relhastriggers", c.hasTriggers)
	r.bools(false, "relisshared")
	r.bool("relrowsecurity", c.rowSecurity)
	r.bool("relforcerowsecurity", c.forced)
	r.acl("relacl", c.acl)
	r.bool("relhassubclass", c.hasChildren)
	r.bool("relispartition", c.bound != "")
	if c.bound != "" && c.bound != "index" {
		r.text("relpartbound", c.bound)
	}
	r.bool("relispopulated", !c.unpopulated)
	r.char("relreplident", c.ident)
	r.strs("reloptions", optionList(c.options))
	r.emit()
}

// optionList is reloptions: name=value.
func optionList(list catalog.Options) []string {
	var out []string
	for _, o := range list {
		out = append(out, o.Name+"="+o.Value)
	}
	return out
}

var (
	bornInitialRights = born("pg_init_privs")
	bornClassRows     = bornWithRights("pg_class", catalog.RelationClass, "relacl")
	bornTypeRows      = bornWithRights("pg_type", catalog.TypeClass, "typacl")
	bornRewrites      = born("pg_rewrite")
)

// ownClasses are the rows about the system relations that only LoxoDB has.
func ownClasses(r *rows) {
	for _, t := range Tables() {
		if !t.Own {
			continue
		}
		c := class{id: t.OID, schema: schemaID(t.Schema), owner: catalog.BootstrapRoleID, name: t.Name, kind: t.Kind,
			persistence: 'p', ident: 'n', natts: len(t.Columns), tuples: -1, hasRules: t.Kind == 'v'}
		if t.Kind == 'r' {
			c.am, c.file = catalog.HeapAmID, t.OID
		}
		r.class(c)
	}
}

// bornClasses emits the relations that a database is born with.
func (r *rows) bornClasses() {
	out, at, frozen := r.out, r.t.attr["relfrozenxid"], types.Int(int64(r.frozenXID()))
	r.out = func(row []types.Datum) error {
		if row[at].Int() == 0 {
			return out(row)
		}
		copy(r.row, row)
		r.row[at] = frozen
		return out(r.row)
	}
	bornClassRows(r)
	r.out = out
	r.clear()
}

func classes(r *rows) {
	r.bornClasses()
	ownClasses(r)
	r.toastClasses()
	for _, t := range r.cat.Tables() {
		if r.done() {
			return
		}
		r.tableClass(t)
		for _, x := range t.Indexes {
			r.indexClass(t, x)
		}
	}
	for _, s := range r.cat.Sequences() {
		live := byte('p')
		if s.Temp {
			live = 't'
		} else if s.Unlogged {
			live = 'u'
		}
		r.class(class{id: s.ID, schema: s.Schema, owner: s.Owner, name: s.Name, kind: 'S', persistence: live,
			ident: 'n', natts: 3, pages: 1, tuples: 1, file: s.ID, acl: r.cat.ACLOf(catalog.Object{Class: catalog.SequenceClass, ID: s.ID}, s.Owner)})
	}
}

func (r *rows) tableClass(t *catalog.Table) {
	c := class{id: t.ID, schema: t.Schema, typ: t.TypeID, owner: t.Owner, name: t.Name, kind: t.RelKind(),
		persistence: persistence(t), ident: 'n', of: t.OfType, natts: len(t.Columns), tuples: -1, hasIndex: len(t.Indexes) > 0,
		options: t.Options, rowSecurity: t.RowSecurity, forced: t.ForceRowSecurity,
		acl: r.cat.ACLOf(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner)}
	switch t.Kind {
	case catalog.KindView:
		c.hasRules, c.hasTriggers = true, len(t.Triggers) > 0
		r.class(c)
		return
	case catalog.KindComposite:
		r.class(c)
		return
	}
	c.am, c.file, c.ident, c.frozen = catalog.HeapAmID, t.Storage, 'd', r.frozenXID()
	if t.ReplicaIdentity != 0 {
		c.ident = t.ReplicaIdentity
	}
	if HasToast(t) {
		c.toast, _ = toastOids(t)
	}
	if c.hasChildren, c.bound = len(t.Children) > 0, BoundText(r.cat, t); t.IsPartitioned() {
		c.am, c.file, c.frozen = 0, 0, 0
	}
	c.hasRules, c.unpopulated = t.Kind == catalog.KindMatView, t.Unpopulated
	for _, k := range t.Constraints {
		if k.Kind == catalog.CheckConstraint {
			c.checks++
		}
	}
	c.hasTriggers = hasTriggers(r.cat, t)
	if s := r.cat.Stats(t.ID); s != nil {
		c.tuples, c.pages = float64(float32(s.Rows)), s.Pages
	}
	r.class(c)
}

func persistence(t *catalog.Table) byte {
	switch {
	case t.Temp:
		return 't'
	case t.Unlogged:
		return 'u'
	}
	return 'p'
}

func sequences(r *rows) {
	for _, s := range r.cat.Sequences() {
		r.oid("seqrelid", s.ID)
		r.oid("seqtypid", s.Type)
		r.int("seqstart", s.Start)
		r.int("seqincrement", s.Increment)
		r.int("seqmax", s.Max)
		r.int("seqmin", s.Min)
		r.int("seqcache", s.Cache)
		r.bool("seqcycle", s.Cycle)
		r.emit()
	}
}

// rewrites are the ON SELECT rules of views; a rule has its view's OID, as no
// other object of pg_rewrite exists.
func rewrites(r *rows) {
	bornRewrites(r)
	for _, t := range r.cat.Tables() {
		if !t.HasQuery() {
			continue
		}
		r.oid("oid", t.ID)
		r.text("rulename", "_RETURN")
		r.oid("ev_class", t.ID)
		r.char("ev_type", '1')
		r.char("ev_enabled", 'O')
		r.bool("is_instead", true)
		r.text("ev_qual", "<>")
		r.text("ev_action", t.ViewSQL)
		r.emit()
	}
}

func pgTypes(r *rows) {
	bornTypeRows(r)
	for _, t := range types.All() {
		if x, ok := r.cat.Extension(types.Extension(t.OID)); ok {
			r.typeRow(t, 0, catalog.BootstrapRoleID)
			r.oid("typnamespace", x.Schema)
			r.emit()
		}
	}
	for _, t := range r.cat.Tables() {
		row, ok := r.cat.RowType(t.TypeID)
		if !ok {
			continue
		}
		r.typeRow(row.Infos[0], t.ID, t.Owner)
		r.aclOf("typacl", catalog.TypeClass, t.TypeID, t.Owner)
		r.emit()
		r.pgType(row.Infos[1], 0, t.Owner)
	}
	r.userTypes()
}

// userTypes are the types that users made, with the array types over them.
func (r *rows) userTypes() {
	for _, t := range r.cat.Types() {
		for _, i := range t.Infos() {
			r.typeRow(i, 0, t.Owner)
			if i.OID == t.ID {
				r.aclOf("typacl", catalog.TypeClass, t.ID, t.Owner)
			}
			if i.OID == t.Array && t.Kind == catalog.DomainType && t.Collation != 0 {
				r.oid("typcollation", t.Collation)
			}
			if i.OID == t.ID && t.Kind == catalog.DomainType {
				r.domainColumns(t)
			}
			r.emit()
		}
	}
}

// enums are the labels of enums.
func enums(r *rows) {
	for _, t := range r.cat.Types() {
		if t.Enum == nil {
			continue
		}
		for _, l := range t.Enum.Labels {
			r.oid("oid", l.OID)
			r.oid("enumtypid", t.ID)
			r.float("enumsortorder", types.EnumPlace(l.Value))
			r.text("enumlabel", l.Name)
			r.emit()
		}
	}
}

// pgType emits a type; of composites the relation and the owner follow.
func (r *rows) pgType(t *types.Info, rel ...catalog.ID) {
	r.typeRow(t, rel...)
	r.emit()
}

// domainColumns stores what a domain's row has beside its base type's.
func (r *rows) domainColumns(d *catalog.Type) {
	r.bool("typnotnull", d.NotNull)
	if base := types.Lookup(d.Base.OID); base != nil {
		r.proc("typanalyze", analyzer(base))
	}
	if d.Collation != 0 {
		r.oid("typcollation", d.Collation)
	}
	r.oid("typbasetype", d.Base.OID)
	if d.Over != 0 {
		r.oid("typbasetype", d.Over)
	} else {
		r.int("typtypmod", int64(d.Base.Mod))
	}
	r.int("typndims", int64(d.NDims))
	if d.Default != "" {
		r.text("typdefault", r.printer().expr(d.Default))
		r.text("typdefaultbin", d.Default)
	}
}

// analyzer is the function that ANALYZE takes for a type's values, "" for the usual one.
func analyzer(t *types.Info) string {
	switch {
	case t.IsArray:
		return "array_typanalyze"
	case t.Type == 'r':
		return "range_typanalyze"
	case t.Type == 'm':
		return "multirange_typanalyze"
	}
	return ""
}

func (r *rows) typeRow(t *types.Info, rel ...catalog.ID) {
	r.oid("oid", t.OID)
	r.text("typname", t.Name)
	r.oid("typnamespace", t.Namespace)
	r.oid("typowner", catalog.BootstrapRoleID)
	r.oid("typrelid", 0)
	if len(rel) == 2 {
		r.oid("typrelid", rel[0])
		r.oid("typowner", rel[1])
	}
	r.int("typlen", int64(t.Len))
	r.bool("typbyval", t.ByVal)
	r.char("typtype", t.Type)
	r.char("typcategory", t.Category)
	r.bool("typispreferred", t.Preferred)
	r.bool("typisdefined", true)
	r.char("typdelim", t.Delim)
	r.oid("typelem", t.Elem)
	r.oid("typarray", t.Array)
	r.oid("typsubscript", 0)
	if t.IsArray {
		r.proc("typsubscript", "array_subscript_handler")
	}
	r.proc("typanalyze", analyzer(t))
	r.proc("typinput", t.In)
	r.proc("typoutput", t.Out)
	r.proc("typreceive", t.Recv)
	r.proc("typsend", t.Send)
	r.proc("typmodin", t.ModIn)
	r.proc("typmodout", t.ModOut)
	r.char("typalign", t.Align)
	r.char("typstorage", t.Storage)
	r.bool("typnotnull", false)
	r.zeros("typbasetype", "typndims")
	r.int("typtypmod", -1)
	r.oid("typcollation", t.Collation)
}
