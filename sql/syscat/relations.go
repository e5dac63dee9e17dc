package syscat

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// relationData lists every relation of PostgreSQL 15's pg_catalog and
// information_schema: schema, name, OID, relkind, and its columns as
// name:type(typmod)! with ! for NOT NULL. Domains are given as their base type;
// types that LoxoDB has not (pg_lsn, inet, the planner's own) as text or bytea.
//
//go:embed data/relations.tsv
var relationData string

// ownData lists, in the same form, the relations that only LoxoDB has.
//
//go:embed data/loxodb_relations.tsv
var ownData string

// registry is every system relation, made once.
var registry = sync.OnceValue(loadRegistry)

type relations struct {
	list   []*Table // in OID order
	byName map[string]*Table
	byOID  map[catalog.ID]*Table
}

// Lookup finds a system relation by schema and name. All are tables made by
// code, those that PostgreSQL defines as views too: the second result is for
// views in SQL, of which there are none at present.
func Lookup(schema, name string) (*Table, *View) {
	if schema != "pg_catalog" && schema != "information_schema" {
		return nil, nil
	}
	return registry().byName[schema+"."+name], nil
}

// ByOID finds a system relation by its OID, nil when unknown.
func ByOID(id catalog.ID) *Table { return registry().byOID[id] }

// Tables lists every system relation in OID order. The slice must not be changed.
func Tables() []*Table { return registry().list }

// Views lists the system views that are SQL text.
func Views() []View { return nil }

func loadRegistry() *relations {
	r := &relations{byName: map[string]*Table{}, byOID: map[catalog.ID]*Table{}}
	for line := range strings.Lines(relationData + ownData) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		t := &Table{Schema: f[0], Name: f[1], OID: number(f[2]), Kind: f[3][0], attr: map[string]int{}}
		for i, c := range strings.Fields(f[4]) {
			t.Columns = append(t.Columns, column(c))
			t.attr[t.Columns[i].Name] = i
		}
		if g := generators[t.Schema+"."+t.Name]; g != nil {
			t.Rows = generate(t, g)
		}
		r.list = append(r.list, t)
		r.byName[t.Schema+"."+t.Name], r.byOID[t.OID] = t, t
	}
	return r
}

// column reads name:type(typmod)!.
func column(s string) Column {
	s, notNull := strings.CutSuffix(s, "!")
	name, rest, _ := strings.Cut(s, ":")
	typ, mod, ok := strings.Cut(rest, "(")
	c := Column{Name: name, NotNull: notNull, Type: types.Of(number(typ))}
	if ok {
		m, _ := strconv.Atoi(strings.TrimSuffix(mod, ")"))
		c.Type.Mod = int32(m)
	}
	return c
}

// number reads an OID of the embedded data.
func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return uint32(n)
}
