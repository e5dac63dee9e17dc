package catalog

import (
	"sort"
	"sync"

	"github.com/loxodb/loxodb/sql/collate"
)

// Collation is an order of text. Immutable.
type Collation struct {
	ID, Schema ID
	Name       string
	Owner      ID
	Provider   byte // d, c or i
	Encoding   int
	Collate    string `json:",omitempty"`
	Ctype      string `json:",omitempty"`
	ICULocale  string `json:",omitempty"`
	Version    string `json:",omitempty"`
	Order      string // as package collate names it
	Comment    string `json:",omitempty"`
}

// builtinCollations are those of pg_catalog, in OID order.
var builtinCollations = sync.OnceValue(func() (out struct {
	list   []*Collation
	mysql  []*Collation
	byID   map[ID]*Collation
	byName map[string]*Collation
}) {
	out.byID, out.byName = map[ID]*Collation{}, map[string]*Collation{}
	for _, b := range collate.Builtins() {
		c := &Collation{ID: b.OID, Schema: PgCatalogID, Name: b.Name, Owner: BootstrapRoleID, Provider: b.Provider,
			Encoding: b.Encoding, Collate: b.Collate, Ctype: b.Type, ICULocale: b.ICU, Order: b.Order}
		if b.Provider == 'i' {
			c.Version = collate.Version
		}
		out.list = append(out.list, c)
		out.byID[c.ID], out.byName[c.Name] = c, c
	}
	for _, m := range collate.MySQLCollations() {
		c := &Collation{ID: m.OID, Schema: PgCatalogID, Name: m.Name, Owner: BootstrapRoleID, Provider: 'c',
			Encoding: 6, Collate: m.Name, Ctype: m.Name, Order: m.Order}
		out.mysql = append(out.mysql, c)
		out.byID[c.ID], out.byName[c.Name] = c, c
	}
	return out
})

// Collation finds a collation by name.
func (s *Snapshot) Collation(schema ID, name string) (*Collation, bool) {
	if schema == PgCatalogID {
		c, ok := builtinCollations().byName[name]
		return c, ok
	}
	for _, c := range s.shared.collations {
		if c.Schema == schema && c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// CollationByID finds a collation by OID.
func (s *Snapshot) CollationByID(id ID) (*Collation, bool) {
	if c, ok := builtinCollations().byID[id]; ok {
		return c, true
	}
	c, ok := s.shared.collations[id]
	return c, ok
}

// UserCollations lists those that users made, in OID order.
func (s *Snapshot) UserCollations() []*Collation {
	var l []*Collation
	for _, c := range s.shared.collations {
		l = append(l, c)
	}
	sort.Slice(l, func(i, j int) bool { return l[i].ID < l[j].ID })
	return l
}

// Collations lists all; of MySQL's, which clients of PostgreSQL do not expect, those that
// something uses.
func (s *Snapshot) Collations() []*Collation {
	l := builtinCollations().list
	l = append(l[:len(l):len(l)], s.usedOfMySQL()...)
	return append(l, s.UserCollations()...)
}

// usedOfMySQL are MySQL's collations that columns, keys, domains and ranges have.
func (s *Snapshot) usedOfMySQL() []*Collation {
	used := map[ID]bool{}
	for _, t := range s.Tables() {
		for i := range t.Columns {
			used[t.Columns[i].Collation] = true
		}
		for _, x := range t.Indexes {
			for i := range x.Keys {
				used[x.Keys[i].Collation] = true
			}
		}
	}
	for _, t := range s.Types() {
		used[t.Collation] = true
	}
	var l []*Collation
	for _, c := range builtinCollations().mysql {
		if used[c.ID] {
			l = append(l, c)
		}
	}
	return l
}

// FindCollation finds a collation by its name in the first schema of a path that has
// it; pg_catalog comes first where the path does not name it.
func (s *Snapshot) FindCollation(path []string, name string) (*Collation, bool) {
	for _, p := range path {
		if sc, ok := s.Schema(p); ok {
			if c, ok := s.Collation(sc.ID, name); ok {
				return c, true
			}
		}
	}
	return nil, false
}

// PutCollation adds or replaces a collation; RemoveCollation removes one.
func (s *Snapshot) PutCollation(x *Collation) { s.edit(false).collations[x.ID] = x }
func (s *Snapshot) RemoveCollation(id ID)     { delete(s.edit(false).collations, id) }
