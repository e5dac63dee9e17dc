package syscat

import (
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// information_schema shows a user what he owns, by himself or by his roles, or has rights
// on: each relation says which.

// viewer is who looks at information_schema.
type viewer struct {
	cat    *catalog.Snapshot
	user   catalog.ID
	super  bool
	owners map[catalog.ID]bool // those that owns was asked about
}

func (r *rows) viewer() *viewer {
	v := &viewer{cat: r.cat, user: r.user(), owners: map[catalog.ID]bool{}}
	v.super = r.cat.Super(v.user)
	return v
}

// owns reports that the viewer has the rights of an owner (pg_has_role with USAGE).
func (v *viewer) owns(owner catalog.ID) bool {
	if v.super {
		return true
	}
	own, known := v.owners[owner]
	if !known {
		own = v.cat.HasPrivsOf(v.user, owner)
		v.owners[owner] = own
	}
	return own
}

// Rights that make columns, and relations with such columns, visible.
const (
	columnRights = catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivReferences
	// Of constraints and triggers learn only those who can do more than read.
	changeRights = catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivDelete | catalog.PrivTruncate | catalog.PrivReferences | catalog.PrivTrigger
)

// relation reports one of the rights on a relation, or on one of its columns, as far as
// columns have such.
func (v *viewer) relation(id, owner catalog.ID, rights catalog.Priv) bool {
	o := catalog.Object{Class: catalog.RelationClass, ID: id}
	if v.owns(owner) || v.cat.Allowed(o, owner, v.user, rights) != 0 {
		return true
	}
	held := func(l catalog.ACL) bool {
		return l != nil && v.cat.Held(l, owner, v.user, rights&columnRights, false) != 0
	}
	if x := v.cat.RightsOf(o); x != nil {
		for _, l := range x.Columns {
			if held(l) {
				return true
			}
		}
	}
	return held(v.cat.ColumnACL(id, 1)) // where the system grants columns, this one is among them
}

// table is relation with any right at all.
func (v *viewer) table(id, owner catalog.ID) bool {
	return v.relation(id, owner, catalog.RelationClass.All())
}

// column reports one of the rights on a column or on its whole relation.
func (v *viewer) column(id, owner catalog.ID, attr int16, rights catalog.Priv) bool {
	if v.owns(owner) || v.cat.Allowed(catalog.Object{Class: catalog.RelationClass, ID: id}, owner, v.user, rights) != 0 {
		return true
	}
	l := v.cat.ColumnACL(id, attr)
	return l != nil && v.cat.Held(l, owner, v.user, rights, false) != 0
}

// object reports ownership or one of the rights on an object of another class.
func (v *viewer) object(class catalog.ObjClass, id, owner catalog.ID, rights catalog.Priv) bool {
	return v.owns(owner) || v.cat.Allowed(catalog.Object{Class: class, ID: id}, owner, v.user, rights) != 0
}

// systemRelations are what a database is born with, with columns, keys and indexes.
func systemRelations() (list []*catalog.Table) {
	for _, t := range Tables() {
		if of := bornTables()[t.OID]; of != nil {
			list = append(list, of)
		}
	}
	return list
}

// everyRelation is relations, after the system's own.
func (r *rows) everyRelation() []*catalog.Table {
	return append(systemRelations(), r.relations()...)
}

// domains are those that a database is born with and those of users.
func (r *rows) domains() []*catalog.Type {
	list := bornDomains()
	for _, d := range r.cat.Types() {
		if d.Kind == catalog.DomainType {
			list = append(list[:len(list):len(list)], d)
		}
	}
	return list
}

// bornDomains are the domains that a database is born with.
var bornDomains = sync.OnceValue(func() (list []*catalog.Type) {
	for _, f := range bornRows("pg_type") {
		if f[bornTypeKind] != "d" {
			continue
		}
		d := &catalog.Type{ID: number(f[0]), Schema: number(f[2]), Name: f[1], Kind: catalog.DomainType, Owner: catalog.BootstrapRoleID,
			Base: types.T{OID: number(f[25]), Mod: int32(signed(f[26]))}, Collation: number(f[28])}
		if f[30] != noValue {
			d.Default = f[30]
		}
		for _, k := range bornRows("pg_constraint") {
			if number(k[8]) == d.ID {
				d.Checks = append(d.Checks, &catalog.Constraint{ID: number(k[0]), Name: k[1], Kind: catalog.CheckConstraint, Validated: true, Expr: k[25]})
			}
		}
		list = append(list, d)
	}
	return list
})
