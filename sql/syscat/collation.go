package syscat

import (
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
)

var _ = register("pg_catalog", map[string]generator{"pg_collation": collations})

const classCollation catalog.ID = 3456

// bornCollations are those of PostgreSQL that have no order here.
var bornCollations = sync.OnceValue(func() (list [][]string) {
	ordered := map[uint32]bool{}
	for _, c := range collate.Builtins() {
		ordered[c.OID] = true
	}
	for _, f := range bornRows("pg_collation") {
		if !ordered[number(f[0])] {
			list = append(list, f)
		}
	}
	return list
})

var bornCollationRows fixedRows

func collations(r *rows) {
	r.fixed(&bornCollationRows, "", func(r *rows) { r.lines(bornCollations()) })
	for _, c := range r.cat.Collations() {
		r.oid("oid", c.ID)
		r.text("collname", c.Name)
		r.oid("collnamespace", c.Schema)
		r.oid("collowner", c.Owner)
		r.char("collprovider", c.Provider)
		r.bool("collisdeterministic", collate.Deterministic(c.Order))
		r.int("collencoding", int64(c.Encoding))
		for _, f := range [][2]string{{"collcollate", c.Collate}, {"collctype", c.Ctype}, {"collversion", c.Version}} {
			if f[1] != "" {
				r.text(f[0], f[1])
			}
		}
		if c.Provider == 'i' {
			r.text("colliculocale", c.ICULocale)
		}
		r.emit()
		if r.done() {
			return
		}
	}
}

// infoCollations lists them all.
func infoCollations(r *rows) {
	r.eachCollation(func(schema, _ catalog.ID, name string) {
		r.names("collation", schemaName(r.cat, schema), name)
		r.text("pad_attribute", "NO PAD")
		r.emit()
	})
}

// eachCollation calls f for every collation of texts in UTF-8, those included that have no
// order here.
func (r *rows) eachCollation(f func(schema, owner catalog.ID, name string)) {
	for _, c := range bornCollations() {
		f(catalog.PgCatalogID, catalog.BootstrapRoleID, c[1])
	}
	for _, c := range r.cat.Collations() {
		f(c.Schema, c.Owner, c.Name)
	}
}

var _ = register("information_schema", map[string]generator{"collation_character_set_applicability": infoCollationSets})

func infoCollationSets(r *rows) {
	r.eachCollation(func(schema, _ catalog.ID, name string) {
		r.names("collation", schemaName(r.cat, schema), name)
		r.text("character_set_name", "UTF8")
		r.emit()
	})
}

// collation is a collation's name as definitions write it.
func (p *Printer) collation(id catalog.ID) string {
	c, ok := p.Catalog.CollationByID(id)
	if !ok {
		return "?"
	}
	if c.Schema == catalog.PgCatalogID || c.Schema == catalog.PublicID {
		return p.ident(c.Name)
	}
	return p.ident(p.Catalog.SchemaName(c.Schema)) + "." + p.ident(c.Name)
}
